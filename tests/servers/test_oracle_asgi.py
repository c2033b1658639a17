"""The same on Quart and FastAPI: generated apps, URLs and methods against Dash's router and a plain app of the server
with one route for each page.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import dash
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from quart import Quart

from dash_true404 import enable_true_404
from dash_true404.core.paths import reencoded

from ..apps import make_app, register
from ..client import METHODS, ask, ask_all
from ..generated import EXISTS, page_paths, prefixes, repeatable, templates, urls
from ..oracle import due, is_page, leads_to_a_page, plain_werkzeug, unclear, views
from ..oracle_fastapi import is_page as is_page_on_fastapi
from ..oracle_fastapi import plain_fastapi
from ..scale import EXAMPLES

pytestmark = pytest.mark.slow

SHARE = EXAMPLES // 2

compared: dict[str, int] = {"quart": 0, "fastapi": 0}

RULES = [
    ("/api/<int:n>", ("GET", "POST")),
    ("/api/<int:n>", ("POST",)),
    ("/a/<path:rest>", ("PUT",)),
    ("/users/", ("GET",)),
    ("/users/<name>/", ("GET", "DELETE")),
    ("/b", ("POST",)),
]

generated_apps = given(
    prefixes,
    st.lists(page_paths, max_size=5, unique_by=lambda p: p.strip("/")),
    st.lists(templates.filter(lambda t: "<" in t), max_size=2, unique=True),
    st.lists(st.sampled_from(RULES), max_size=3, unique=True),
    st.lists(urls, min_size=15, max_size=30, unique=True),
    st.booleans(),
    st.randoms(),
)


def generated_app(backend: str, prefix: str, pages: list[str], random: Any) -> dash.Dash:
    """Return an app with pages in any order, of which some do not always exist."""
    dash.page_registry.clear()
    app = make_app(backend=backend, url_base_pathname=prefix)
    random.shuffle(pages)
    for order, path in enumerate(pages):
        register(path, module=f"m{order}", order=order, exists=random.choice([*map(as_async, EXISTS), *EXISTS]))
    return app


def as_async(exists: Any) -> Any:
    async def asked(**variables: str) -> bool:
        return exists(**variables)

    return exists and asked


def to_ask(prefix: str, asked: list[str], pages: list[str]) -> list[str]:
    """Return the URLs to ask for, those of pages and some outside the prefix included."""
    below = prefix.rstrip("/")
    inside = [*asked, *pages, "/"]
    sendable = [below + url for url in inside if url.isascii() and not {" ", "<"} & {*url} and url[:2] != "//"]
    return [*dict.fromkeys(sendable), *(url for url in ("/zz", "/api/7", "/users", "/v1.0") if prefix != "/")]


def skipped(pages: list[str], below: str, found: dict[str, Any]) -> Any:
    """Return what tells whether the oracles cannot say what a URL is due: see the test on Flask."""
    proxied = {reencoded(below + path) for path in pages if "%" in path}
    proxied_templates = any("%" in page and "<" in page for page in pages)
    decoded = {unquote(url.partition("?")[0]).rstrip("/") for url in found}

    conflicting = unclear(found)

    def is_skipped(url: str) -> bool:
        path = url.partition("?")[0]
        if url in found:
            return "//" in path or url in conflicting
        return path.rstrip("/") in proxied or proxied_templates or unquote(path).rstrip("/") in decoded

    return is_skipped


def to_compare(urls: list[str], is_skipped: Any) -> list[tuple[str, str]]:
    """Return the questions for both; what needs Dash's own middleware, its callbacks, is none for the plain app."""
    asked = [(url, method) for url in urls if not is_skipped(url) for method in METHODS]
    return [(url, method) for url, method in asked if method != "POST" or "_dash-update-component" not in url]


@repeatable(SHARE)
@generated_apps
def test_on_quart(prefix, paths, some_templates, some_rules, asked, redirect_slashes, random):
    pages = [*paths, *some_templates]
    app = generated_app("quart", prefix, pages, random)
    for number, (rule, methods) in enumerate(some_rules):
        app.server.add_url_rule(rule, f"user {number}", lambda **_: "200", methods=list(methods))
    enable_true_404(app, redirect_slashes=redirect_slashes)

    urls = to_ask(prefix, asked, pages)
    found = {url: due(app, url, redirect_slashes) for url in urls if is_page(app, url.partition("?")[0])}
    plain = plain_werkzeug(Quart("plain", static_folder=None), app, views(found))
    is_skipped = skipped(pages, prefix.rstrip("/"), found)
    questions = to_compare(urls, is_skipped)
    for (url, method), ours, theirs in zip(
        questions, ask_all(app.server, questions), ask_all(plain, questions), strict=True
    ):
        if method == "OPTIONS" and theirs.status == 200:
            assert ours.status == 200, (method, url)
        elif (ours.status, theirs.status) == (405, 404) and ask(plain, url).location.rstrip("/"):
            pass  # the slashless form of a rule that ends in a slash stays 405 for other methods (FACTS)
        elif theirs.status == 404 and leads_to_a_page(app, url.partition("?")[0]):
            assert ours.status == (308 if method in ("GET", "HEAD", "OPTIONS") else 405), (method, url)
        else:
            assert ours.status == theirs.status, (method, url)
            assert ours.location == theirs.location, (method, url)
            if method in ("GET", "HEAD"):
                assert ours.allow == theirs.allow, (method, url)
            compared["quart"] += 1


def add_rules(server: FastAPI, rules: list[tuple[str, tuple[str, ...]]]) -> None:
    async def answer() -> str:
        return "200"

    for rule, methods in rules:
        path = rule.replace("<int:n>", "{n:int}").replace("<path:rest>", "{rest:path}").replace("<name>", "{name}")
        server.add_api_route(path, answer, methods=list(methods))


@repeatable(SHARE)
@generated_apps
def test_on_fastapi(prefix, paths, some_templates, some_rules, asked, redirect_slashes, random):
    pages = [*paths, *some_templates]
    app = generated_app("fastapi", prefix, pages, random)
    before = random.choice([True, False])
    if before:
        add_rules(app.server, some_rules)
    routes = list(app.server.router.routes)
    enable_true_404(app, redirect_slashes=redirect_slashes)
    if not before:
        add_rules(app.server, some_rules)
    urls = to_ask(prefix, asked, pages)
    found = {url: due(app, url, redirect_slashes) for url in urls if is_page_on_fastapi(app, url.partition("?")[0])}
    plain = plain_fastapi(routes, prefix, found)
    if not before:
        add_rules(plain, some_rules)
    is_skipped = skipped(pages, prefix.rstrip("/"), found)
    questions = to_compare(urls, is_skipped)
    lifespan = random.choice([True, False])
    for (url, method), ours, theirs in zip(
        questions, ask_all(app.server, questions, lifespan=lifespan), ask_all(plain, questions), strict=True
    ):
        assert ours.status == theirs.status, (method, url)
        assert ours.location == theirs.location, (method, url)
        assert ours.allow == theirs.allow, (method, url)
        compared["fastapi"] += 1


@pytest.mark.parametrize("backend", compared)
def test_enough_cases_were_compared(backend):
    assert compared[backend] >= 60 * SHARE
