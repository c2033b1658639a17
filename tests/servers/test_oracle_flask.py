"""Generated pages, templates, rules, URLs and methods against both oracles: Dash's router says which URLs are pages,
and a plain Flask app with one route for each of these says what they and all others get.
"""

from urllib.parse import unquote

import dash
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dash_true404 import enable_true_404
from dash_true404.core.paths import reencoded

from ..apps import WITHOUT_THREADS, make_app, register
from ..client import METHODS, ask, status
from ..generated import EXISTS, page_paths, prefixes, repeatable, templates, urls
from ..oracle import due, is_left_to_dash, is_page, leads_to_a_page, plain_flask, unclear, views
from ..scale import EXAMPLES

pytestmark = pytest.mark.slow

compared: list[tuple[str, str]] = []

rules = st.sampled_from(
    [
        ("/api/<int:n>", ("GET", "POST")),
        ("/api/<int:n>", ("POST",)),
        ("/a/<path:rest>", ("PUT",)),
        ("/users/", ("GET",)),
        ("/users/<name>/", ("GET", "DELETE")),
        ("/b", ("POST",)),
        ("/ab/<float:x>", ("GET",)),
    ]
)


@repeatable(EXAMPLES)
@given(
    prefixes,
    st.lists(page_paths, max_size=5, unique_by=lambda p: p.strip("/")),
    st.lists(templates.filter(lambda t: "<" in t), max_size=2, unique=True),
    st.lists(rules, max_size=3, unique=True),
    st.lists(urls, min_size=15, max_size=30, unique=True),
    st.booleans(),
    st.booleans(),
    st.randoms(),
)
def test_every_url_and_method_gets_what_plain_flask_would_say(
    prefix, paths, some_templates, some_rules, asked, not_found_page, redirect_slashes, random
):
    dash.page_registry.clear()
    threads = {} if random.random() < 0.1 else WITHOUT_THREADS
    app = make_app(not_found_page=not_found_page, url_base_pathname=prefix, **threads)
    pages = [*paths, *some_templates]
    random.shuffle(pages)
    for order, path in enumerate(pages):
        register(path, module=f"m{order}", order=order, exists=random.choice(EXISTS))
    for number, (rule, methods) in enumerate(some_rules):
        app.server.add_url_rule(rule, f"user {number}", lambda **_: "200", methods=list(methods))
    enable_true_404(app, redirect_slashes=redirect_slashes)

    below = prefix.rstrip("/")
    asked = [
        below + url for url in [*asked, *paths, "/"] if url.isascii() and " " not in url and not url.startswith("//")
    ]
    outside = [url for url in ("/", "/zz", "/api/7", "/users", "/v1.0") if prefix != "/"]
    found = {u: due(app, u, redirect_slashes) for u in asked if is_page(app, u.partition("?")[0])}
    # A proxy's form of a page counts as the page, which Dash's router cannot know (FACTS: nginx re-encodes).
    proxied = {reencoded(below + path) for path in pages if "%" in path}
    proxied_templates = any("%" in template for template in some_templates)
    decoded = {unquote(url.partition("?")[0]).rstrip("/") for url in found}
    conflicting = unclear(found)
    plain = plain_flask(app, views(found))

    for url in [*asked, *outside]:
        path = url.partition("?")[0]
        if url not in found and (path.rstrip("/") in proxied or proxied_templates):
            continue
        if url not in found and unquote(path).rstrip("/") in decoded:
            # Flask routes decoded paths, so its app cannot have a page /a%2Fb without a page /a/b.
            assert not is_left_to_dash(app, path) or status(app, url) == 404
            continue
        # No rule of Flask's can have doubled slashes while it merges them.
        if url in found and ("//" in path or url in conflicting):
            assert status(app, url) == found[url][0]
            continue
        for method in METHODS:
            ours, theirs = ask(app, url, method), ask(plain, url, method)
            if method == "POST" and theirs.status == 200 and "_dash-update-component" in path:
                assert ours.status not in (404, 405)  # the callback itself refuses an empty request
                continue
            if method == "OPTIONS" and theirs.status == 200:
                assert ours.status == 200, (method, url)
                continue
            if (ours.status, theirs.status) == (405, 404) and is_known_remainder(app, path):
                continue
            if theirs.status == 404 and leads_to_a_page(app, path):
                assert ours.status == (308 if method in ("GET", "HEAD", "OPTIONS") else 405), (method, url)
                continue
            assert ours.status == theirs.status, (method, url)
            assert ours.location == theirs.location, (method, url)
            if method in ("GET", "HEAD"):  # other rules' own 405s keep the Allow that bare Dash gives them
                assert ours.allow == theirs.allow, (method, url)
            compared.append((method, url))


def test_enough_cases_were_compared():
    """More than 15,000 in CI; a case is one URL asked with one method, and what the test above skips does not count."""
    assert len(compared) >= 80 * EXAMPLES


def is_known_remainder(app, path):
    """The slashless form of a rule that ends in a slash stays 405 for other methods (FACTS)."""
    return any(rule.rule.endswith("/") for rule in app.server.url_map.iter_rules()) and (status(app, path) == 308)
