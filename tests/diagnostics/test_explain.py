"""explain(): for each way a URL gets lost, the layer, the words that help, and that what they suggest is true."""

import json
import os
import re
import sys
import textwrap
from pathlib import Path

import dash
import flask
import jsonschema
import pytest
from click.testing import CliRunner
from dash import html
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Response

from dash_true404 import enable_true_404
from dash_true404.cli import main
from dash_true404.diagnostics.client import Client
from dash_true404.diagnostics.explain import explain
from dash_true404.diagnostics.inspected_app import NotReadyError
from dash_true404.diagnostics.settings import Visitor

from ..apps import ON_WERKZEUG, Unmerged, app_on, make_app, make_true_app, register, wrap_dashs_views
from ..scale import EXAMPLES


def true_app_on(backend, *paths, **options):
    app = app_on(backend, *paths, **options)
    enable_true_404(app)
    return app


def suggested(explanation):
    """Return the URL that the first hint says is answered, and how."""
    url, status = re.search(r"(\S+) is answered (\d+)", explanation.hints[0]).groups()
    return url, int(status)


def assert_suggests(app, url, meant, words, layer="routing", method="GET"):
    """Check that the first hint names the URL that was meant, why, and that it is really answered so."""
    with Client(app) as client:
        found = explain(app, url, method, client)
        assert found.layer == layer, found.text()
        assert words in found.hints[0]
        there, status = suggested(found)
        assert there == meant
        assert client.ask(there, method).status_code == status == 200
        # To be sure that the hint is what makes the difference.
        assert client.ask(url, method).status_code == found.status == 404
    return found


_SCHEMA = Path(explain.__code__.co_filename).parent / "schemas" / "explain.json"
VALIDATOR = jsonschema.Draft202012Validator(json.loads(_SCHEMA.read_text("utf-8")))
THIS_FILE = os.path.relpath(__file__)


# What is found


def test_a_page_is_named_with_its_variables(backend):
    found = explain(true_app_on(backend, "/", "/t/<x>"), "/t/a%20b?day=1")
    assert found[:-1] == (
        "/t/a%20b?day=1",
        "GET",
        200,
        "page",
        "Page 'm_47_t_47__60_x_62_' (/t/<x>) matches it, with x='a%20b'.",
        [],
        "passed on",
        "page",
        True,
    )


def test_dashs_own_and_assets_are_routes(backend, tmp_path):
    (tmp_path / "a.txt").write_text("x")
    app = true_app_on(backend, "/", assets_folder=str(tmp_path))
    own = explain(app, "/_dash-layout")
    assert (own.layer, own.verdict) == ("route", "Dash's own rule /_dash-layout matches it.")
    assert "Dash's rule for assets" in explain(app, "/assets/a.txt").verdict
    missing = explain(app, "/assets/b.txt")
    assert (missing.status, missing.layer) == (404, "route")
    assert str(tmp_path) in missing.hints[0]


def test_a_view_that_says_404_itself_is_named():
    app = make_true_app("/")

    @app.server.route("/gone")
    def gone():
        flask.abort(404)

    found, line = explain(app, "/gone"), gone.__code__.co_firstlineno
    assert (found.status, found.layer) == (404, "route")
    assert found.verdict == f"The rule /gone (gone) matches it, and its view `gone` ({THIS_FILE}:{line}) answers 404."


def test_a_view_that_might_change_something_is_not_called():
    app, called = make_true_app("/"), []
    app.server.add_url_rule("/send", "send", lambda: called.append(1) or "", methods=["GET", "DELETE"])
    found = explain(app, "/send", "delete")
    VALIDATOR.validate(found.as_dict())
    assert found.answerer is None
    assert (found.status, found.layer, called) == (0, "route", [])
    assert found.text().startswith("DELETE /send: not asked (route)")
    assert explain(app, "/send").status == 200
    assert called == [1, 1]  # untraced, and traced


def test_a_view_that_might_change_something_is_not_called_for_a_url_that_is_near():
    app, called = make_true_app("/"), []
    app.server.add_url_rule("/send", "send", lambda: called.append(1) or "", methods=["DELETE"])
    found = explain(app, "/Send", "DELETE")
    assert (found.status, called) == (404, [])
    assert "/send is matched by the rule of endpoint send" in found.hints[0]


def test_a_guard_in_front_of_a_page_is_told_from_the_page():
    app = make_true_app("/", "/a")
    app.server.before_request(lambda: flask.redirect("/login"))
    found = explain(app, "/a")
    assert (found.layer, found.status) == ("in front", 302)
    assert "before_request" in found.verdict
    assert "/login" in found.verdict


def test_a_server_error_is_told():
    app = make_true_app("/")
    app.server.add_url_rule("/boom", "boom", lambda: 1 / 0)
    found = explain(app, "/boom")
    assert (found.layer, found.status) == ("route", 500)
    assert "its view `<lambda>`" in found.verdict
    assert "raises ZeroDivisionError in" in found.verdict


def test_a_redirect_to_a_page_and_one_to_a_placeholder():
    app = make_app("/")
    register("/new", redirect_from=["/old"])
    register("/t/<x>", redirect_from=["/ts"])
    enable_true_404(app)
    good = explain(app, "/old")
    assert (good.layer, good.status, good.hints) == ("route", 301, [])
    bad = explain(app, "/ts")
    assert "/t/none is only Dash's placeholder for /t/<x>" in bad.hints[0]


def test_redirect_slashes_is_named():
    app = make_app("/", "/a")
    enable_true_404(app, redirect_slashes=True)
    found = explain(app, "/a/")
    assert (found.layer, found.status) == ("page", 308)
    assert "redirect_slashes" in found.verdict


def test_a_page_behind_another_is_named():
    app = make_true_app("/", "/t/<x>", "/t/new")
    found = explain(app, "/t/new")
    assert "(/t/<x>) matches it, with x='new'" in found.verdict
    assert found.hints[0].startswith("Page 'm_47_t_47_new' has this path too")


def test_another_dash_app_on_the_server_is_named():
    server = flask.Flask(__name__)
    make_app("/", server=server, url_base_pathname="/other/")
    app = make_app("/", "/a", server=server)
    enable_true_404(app)
    found = explain(app, "/other/x")
    assert found.layer == "route"
    assert "Another Dash app on the server" in found.verdict


def test_a_mount_inside_the_server_is_named():
    app = make_true_app("/")
    app.server.wsgi_app = DispatcherMiddleware(app.server.wsgi_app, {"/other": Response("theirs")})
    found = explain(app, "/other/x")
    assert (found.layer, found.status, found.verdict) == ("route", 200, "The mount /other/<path:path> matches it.")


# Routing


def test_letter_case(backend):
    found = assert_suggests(true_app_on(backend, "/", "/about"), "/About", "/about", "letter case")
    assert found.verdict == "No page and no rule of the server matches it."


def test_letter_case_leaves_the_variables_as_they_are(backend):
    assert_suggests(true_app_on(backend, "/", "/t/<x>"), "/T/Aa", "/t/Aa", "letter case")


def test_percent_encoding(backend):
    assert_suggests(true_app_on(backend, "/", "/about"), "/%61bout", "/about", "percent-encoding")


def test_a_page_registered_decoded_can_be_reached_once_it_is_registered_as_the_hint_says():
    app = make_true_app("/", "/café")
    (hint,) = explain(app, "/café").hints
    better = re.search(r"Register path='(\S+)'", hint).group(1)
    register(better)
    assert explain(app, "/café").layer == "page"


def test_doubled_slash():
    server = Unmerged(__name__)
    app = make_app("/", server=server)
    server.add_url_rule("/x/<int:n>", "x", lambda n: "x")
    enable_true_404(app)
    assert_suggests(app, "/x//1", "/x/1", "doubled slash")


def test_a_doubled_slash_that_the_server_takes_out():
    app = make_true_app("/")
    app.server.add_url_rule("/x/<int:n>", "x", lambda n: "x")
    found = explain(app, "/x//1")
    assert (found.status, found.layer) == (308, "route")
    assert "with other slashes" in found.verdict


def test_trailing_slash():
    app = make_true_app("/")
    app.server.add_url_rule("/users", "users", lambda: "x")
    assert_suggests(app, "/users/", "/users", "It has one slash too many at the end")


def test_a_rule_that_ends_in_a_slash_redirects():
    app = make_true_app("/")
    app.server.add_url_rule("/users/", "users", lambda: "x")
    found = explain(app, "/users")
    assert (found.layer, found.status) == ("route", 308)
    assert "slash" in found.verdict


@pytest.mark.parametrize(("url", "words"), [("/a", "lacks the app's prefix"), ("/d/d/a", "stands in it twice")])
def test_the_apps_prefix(backend, url, words):
    app = true_app_on(backend, "/", "/a", url_base_pathname="/d/")
    found = assert_suggests(app, url, "/d/a", words)
    assert [hint for hint in found.hints if "is not in dash.page_registry" in hint] == []


def blueprint_app():
    app = make_app("/")
    api = flask.Blueprint("api", __name__, url_prefix="/api")
    api.add_url_rule("/users/<int:n>", "user", lambda n: "x")
    inner = flask.Blueprint("inner", __name__, url_prefix="/v1")
    inner.add_url_rule("/ping", "ping", lambda: "x")
    api.register_blueprint(inner)
    twice = flask.Blueprint("twice", __name__, url_prefix="/two")
    twice.add_url_rule("/two/x", "x", lambda: "x")
    app.server.register_blueprint(api)
    app.server.register_blueprint(twice)
    enable_true_404(app)
    return app


@pytest.mark.parametrize(
    ("url", "meant", "words"),
    [
        ("/users/3", "/api/users/3", "lacks '/api', the prefix of Blueprint 'api'"),
        ("/api/api/users/3", "/api/users/3", "has '/api' twice, the prefix of Blueprint 'api'"),
        ("/ping", "/api/v1/ping", "lacks '/api/v1', the prefix of Blueprint 'api.inner'"),
        ("/two/x", "/two/two/x", "The rule /two/two/x has '/two' twice"),
        ("/API/users/3", "/api/users/3", "letter case"),
    ],
)
def test_blueprint_prefixes(url, meant, words):
    assert_suggests(blueprint_app(), url, meant, words)


@pytest.mark.parametrize(
    ("url", "needed"),
    [("/t", "/t/<x>"), ("/t/", "/t/<x>"), ("/r/2024", "/r/2024/<month>"), ("/r", "/r/<year>/<month>")],
)
def test_a_missing_path_variable(backend, url, needed):
    app = true_app_on(backend, "/", "/t/<x>", "/r/<year>/<month>")
    found = explain(app, url)
    assert (found.status, found.layer) == (404, "routing")
    assert "lacks a value" in found.hints[0]
    assert found.hints[0].endswith(f"matches {needed}.")
    assert explain(app, re.sub("<.*?>", "1", needed)).status == 200


@pytest.mark.parametrize(
    ("rule", "url", "variable", "value"),
    [
        ("/i/<int:n>", "/i/x", "<int:n>", "x"),
        ("/i/<int(max=5):n>/z", "/i/9/z", "<int(max=5):n>", "9"),
        ("/i/<name>", "/i/a/b", "<name>", "a/b"),
        ("/i/<int:n>/<name>", "/i/caf%C3%A9/b", "<int:n>", "café"),
        ("/i/<any(a, b):what>", "/i/c", "<any(a, b):what>", "c"),
    ],
)
def test_a_converter_that_refuses_the_value(rule, url, variable, value):
    app = make_true_app("/")
    app.server.add_url_rule(rule, "rule", lambda **_: "x")
    found = explain(app, url)
    assert (found.status, found.layer) == (404, "routing")
    assert f"The rule {rule} (rule) has this shape, but {variable} does not match {value!r}." in found.hints[0]


@pytest.mark.parametrize("is_true", [True, False])
def test_another_method(is_true):
    app = make_app("/")
    app.server.add_url_rule("/send", "send", lambda: "x", methods=["POST", "PUT"])
    if is_true:
        enable_true_404(app)
    found = explain(app, "/send")
    assert (found.status, found.layer) == (405 if is_true else 200, "routing")
    assert "the rule /send (send) accepts POST and PUT, not GET" in found.hints[0]
    if is_true:
        allow = re.search(r"Allow: (.*)\.$", found.verdict).group(1)
        assert set(allow.split(", ")) == {"POST", "PUT", "OPTIONS"}


def test_other_methods_of_a_page():
    found = explain(make_true_app("/", "/a"), "/a", "POST")
    assert (found.status, found.layer) == (405, "routing")
    assert found.verdict == "Page 'm_47_a' matches this path, but a page does not accept POST."


@pytest.mark.parametrize(
    ("backend", "method"),
    [
        ("flask", "POST"),
        *(pytest.param("fastapi", method, marks=pytest.mark.asgi) for method in ("POST", "HEAD", "OPTIONS")),
    ],
)
def test_a_page_whose_exists_no_other_method_asks_is_not_said_to_be_there(backend, method):
    app = app_on(backend, "/")
    register("/t/<x>", exists=exists)
    enable_true_404(app)
    found = explain(app, "/t/no", method)
    assert (found.status, found.is_found) == (405, False)
    assert found.verdict.endswith(f" (/t/<x>) matches this path, but a page does not accept {method}.")


@ON_WERKZEUG
@pytest.mark.parametrize(("path", "is_found"), [("/t/no", None), ("/t/yes", None), ("/", True)])
def test_options_of_a_page_with_exists_tell_nothing_of_it(backend, path, is_found):
    app = app_on(backend, "/")
    register("/t/<x>", exists=exists)
    enable_true_404(app)
    found = explain(app, path, "OPTIONS")
    assert (found.status, found.is_found) == (200, is_found)
    asked = f"exists(x={path[3:]!r}) was not called: OPTIONS is answered without it. Ask with GET."
    assert found.hints == ([] if is_found else [asked])


def test_options_of_a_page_with_exists_without_true_404s():
    app = make_app("/")
    register("/t/<x>", exists=exists)
    assert explain(app, "/t/no", "OPTIONS").is_found is explain(app, "/t/no").is_found is True


def exists(x):
    if x == "boom":
        raise KeyError(x)
    return {"no": False, "none": None}.get(x, True)


def test_exists_said_no(backend):
    app = app_on(backend, "/")
    register("/t/<x>", exists=exists)
    enable_true_404(app)
    found = explain(app, "/t/no")
    assert (found.status, found.layer) == (404, "routing")
    assert "its exists(x='no') returned False" in found.verdict
    assert "unquote" not in found.text()
    assert explain(app, "/t/yes").hints == []
    assert app.use_pages
    assert dash.page_registry["m_47_t_47__60_x_62_"]["exists"] is exists  # watching it has left nothing behind


@pytest.mark.asgi
@pytest.mark.parametrize("backend", ["quart", "fastapi"])
def test_an_async_exists_said_no(backend):
    async def exists_async(x):
        return exists(x)

    app = app_on(backend, "/")
    register("/t/<x>", exists=exists_async)
    enable_true_404(app)
    assert "returned False" in explain(app, "/t/no").verdict
    assert "KeyError" in explain(app, "/t/boom").hints[0]


def test_exists_that_wants_an_encoded_value():
    app = make_app("/")
    register("/t/<x>", exists=lambda x: x == "a b")
    enable_true_404(app)
    assert any("unquote" in hint for hint in explain(app, "/t/a%20b").hints)


def test_exists_that_raised_or_returned_none_twice():
    app = make_app("/")
    register("/t/<x>", exists=exists)
    enable_true_404(app)
    for _ in range(2):  # the log tells of it once a minute
        found = explain(app, "/t/boom")
        assert (found.status, found.layer) == (200, "page")
        assert "exists(x='boom') failed with KeyError: 'boom'" in found.hints[0]
    assert "returned None" in explain(app, "/t/none").hints[0]


@pytest.mark.parametrize(
    ("url", "meant"), [("/repotrs", "/reports"), ("/statoin/x", "/station/x"), ("/d/_dash-layuot", None)]
)
def test_misspelt(url, meant):
    app = make_true_app("/", "/reports", "/station/<name>")
    if meant:
        assert_suggests(app, url, meant, "misspelt")
    else:
        assert "misspelt" not in explain(app, url).text()


def test_a_redirect_is_suggested_by_name_unless_it_leads_nowhere():
    app = make_app("/")
    register("/new", redirect_from=["/earlier"])
    enable_true_404(app)
    assert explain(app, "/earlir").hints == [
        "It may be misspelt: /earlier is answered 301 by Dash's redirect. Ask for that one."
    ]
    del dash.page_registry["m_47_new"]
    assert "Nothing is near it" in explain(app, "/earlir").hints[0]
    app.server.before_request_funcs[None] = [lambda: flask.redirect("https://example.org/")]
    assert "/earlier is matched by Dash's redirect" in explain(app, "/earlir").hints[0]


def test_the_icon_that_browsers_ask_for_is_not_misspelt():
    (hint,) = explain(make_true_app("/"), "/favicon.ico").hints
    assert hint == "Browsers ask for this icon by themselves. Serve one by a route of your own, or leave it a 404."


def test_below_a_page():
    app = make_true_app("/", "/trips")
    (hint,) = explain(app, "/trips/no").hints
    register(re.search("path_template='(.*)'", hint).group(1))
    assert explain(app, "/trips/no").layer == "page"


def test_nothing_near():
    found = explain(make_true_app("/", "/a"), "/wp-login.php")
    assert (found.status, found.layer) == (404, "routing")
    assert "Nothing is near it" in found.hints[0]


# Apps that do not tell the truth, or not the whole


def test_a_soft_404_is_named_and_the_hint_makes_it_a_404(backend):
    app = app_on(backend, "/", "/about")
    found = explain(app, "/About")
    assert (found.status, found.layer) == (200, "routing")
    assert "a soft 404" in found.verdict
    assert "letter case" in found.hints[0]
    assert "enable_true_404(app)" in found.hints[-1]
    again = true_app_on(backend, "/", "/about")
    assert explain(again, "/About").status == 404


def test_a_method_that_dashs_catch_all_refuses_is_no_url_that_is_there():
    found = explain(make_app("/"), "/zz", "POST")
    assert found.status == 405
    assert "No page and no rule" in found.verdict


def test_exists_without_true_404s():
    app = make_app("/")
    register("/t/<x>", exists=exists)
    found = explain(app, "/t/no")
    assert (found.status, found.layer) == (200, "page")
    assert "is not called" in found.hints[0]


def test_report_only():
    app = make_app("/")
    register("/t/<x>", exists=exists)
    enable_true_404(app, report_only=True)
    assert "report_only" in explain(app, "/zz").hints[-1]
    assert "report_only" in explain(app, "/t/no").hints[0]


def test_an_error_handler_that_answers_200():
    app = make_true_app("/")
    app.server.register_error_handler(404, lambda error: "sorry")
    found = explain(app, "/zz")
    assert found.status == 200
    assert "your errorhandler(404)" in found.verdict


@ON_WERKZEUG
def test_the_sites_own_404_page_is_no_news_outside_of_the_app_either(backend, tmp_path):
    app = true_app_on(backend, "/", url_base_pathname="/dash/", assets_folder=str(tmp_path))
    app.server.register_error_handler(404, lambda error: ("nothing here", 404))
    for url in ("/nope", "/dash/nope"):
        found = explain(app, url)
        assert (found.status, found.layer) == (404, "routing")
        assert found.verdict == "No page and no rule of the server matches it."
    missing = explain(app, "/dash/assets/nope.css")
    assert missing.layer == "route"
    assert missing.hints[0].startswith(f"There is no such file in {tmp_path}")


def test_an_error_handler_that_answers_200_outside_of_the_app():
    app = make_true_app("/", url_base_pathname="/dash/")
    app.server.register_error_handler(404, lambda error: "sorry")
    found = explain(app, "/nope")
    assert (found.layer, found.is_found) == ("in front", False)
    assert found.verdict.endswith("answers 200: return a status.")


def test_an_error_handler_that_answers_500():
    app = make_true_app("/")
    app.server.register_error_handler(Exception, lambda error: ("sorry", 500))
    found = explain(app, "/zz")
    assert found.status == 500
    assert "your errorhandler(Exception)" in found.verdict
    assert found.hints == ["It gets the server's 404s too. Register an errorhandler(404) as well."]


def test_an_app_without_pages():
    app = make_app(use_pages=False)
    assert "has no pages" in explain(app, "/zz").verdict
    app = make_app(use_pages=False)
    enable_true_404(app, paths=["/", "/reports/<year>"])
    assert explain(app, "/reports/2024").verdict == "The page /reports/<year> of paths= matches it, with year='2024'."
    assert explain(app, "/zz").status == 404


@pytest.mark.parametrize("prefix", ["/", "/dash/"])
def test_the_home_of_an_app_without_pages_is_found(backend, prefix):
    app = app_on(backend, use_pages=False, url_base_pathname=prefix)
    found = explain(app, f"{prefix}?day=1")
    assert (found.status, found.layer, found.is_found, found.hints) == (200, "page", True, [])
    assert found.verdict == "It is the home of an app without pages: Dash answers with its layout."
    assert explain(app, f"{prefix}zz").is_found is False
    assert explain(app, prefix, "POST").verdict.endswith(": Dash answers with its layout, but the answer is 405.")


def test_a_rule_at_the_home_of_an_app_without_pages_is_the_rule():
    server = flask.Flask("site")
    server.add_url_rule("/", "home", lambda: "home")
    assert explain(make_app(use_pages=False, server=server), "/").verdict == "The rule / (home) matches it."


def test_a_guard_of_an_app_without_pages_is_told_from_its_home():
    app = make_app(use_pages=False)
    app.server.before_request(lambda: flask.abort(401))
    found = explain(app, "/")
    assert (found.layer, found.is_found) == ("in front", None)
    assert found.verdict.startswith("It is the home of an app without pages: Dash answers with its layout, but before_")


# Loading


@pytest.fixture
def pages(tmp_path, monkeypatch):
    """A folder for pages, and a function that writes a page into it."""
    folder = tmp_path / "pages"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    modules = set(sys.modules)

    def write(name, text=""):
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(textwrap.dedent(text) + '\nlayout = "x"\n')
        return str(folder)

    yield write
    for name in set(sys.modules) - modules:
        if name.startswith("pages"):
            del sys.modules[name]


CALL = "import dash\ndash.register_page(__name__)"
AT_TOP = "import dash\ndash.register_page(__name__, path='/special')"


@pytest.mark.parametrize(
    ("name", "text", "url", "words"),
    [
        ("my_page.py", "", "/my-page", "pages/my_page.py never calls register_page"),
        ("my_page.py", "from dash import register_page", "/my-page", "but never calls it"),
        ("_my_page.py", CALL, "/my-page", "pages/_my_page.py is skipped"),
        (".my_page.py", CALL, "/my-page", "Rename it to my_page.py"),
        ("_more/my_page.py", CALL, "/more/my-page", "Rename it to more/my_page.py"),
        ("x.py", "import dash\nif False:\n    dash.register_page(__name__)", "/x", "only within 'if False:' (line 2)"),
        (
            "x.py",
            "import dash\ntry:\n    import nope\n    dash.register_page('m', path='/a')\nexcept ImportError:\n    pass",
            "/a",
            "only within 'try:' (line 2)",
        ),
        (
            "x.py",
            "import dash\nif False:\n    dash.register_page('m', path_template='/i/<n>')",
            "/i/3",
            "within 'if False:'",
        ),
        ("_x.py", AT_TOP, "/special", "is skipped"),
    ],
)
def test_a_file_that_makes_no_page(pages, name, text, url, words):
    folder = pages(name, text)
    app = make_true_app("/", pages_folder=folder)
    found = explain(app, url)
    assert (found.status, found.layer) == (404, "loading")
    assert words in found.hints[0]
    assert "pages" not in explain(app, "/nothing-of-that").text().replace("No page", "")


def test_a_file_makes_a_page_once_it_is_renamed_as_the_hint_says(pages, tmp_path):
    folder = pages("_my_page.py", CALL)
    (hint,) = explain(make_true_app("/", pages_folder=folder), "/my-page").hints
    (tmp_path / "pages" / "_my_page.py").rename(tmp_path / "pages" / re.search(r"Rename it to (\S+)\.$", hint).group(1))
    assert explain(make_true_app(pages_folder=folder), "/my-page").layer == "page"


def test_a_file_that_is_there_since_the_app_was_made(pages):
    app = make_true_app("/", pages_folder=pages("ok.py", CALL))
    pages("late.py", CALL)
    found = explain(app, "/late")
    assert found.layer == "loading"
    assert "has not been imported" in found.hints[0]


def test_a_file_that_is_no_python(pages):
    app = make_true_app("/", pages_folder=pages("ok.py", CALL))
    pages("late.py", "def (")
    found = explain(app, "/late")
    assert found.layer == "loading"
    assert "line 1" in found.hints[0]


def test_a_page_that_was_taken_out(pages):
    app = make_true_app("/", pages_folder=pages("ok.py", CALL))
    dash.page_registry.pop(next(module for module in dash.page_registry if module.endswith("ok")))
    assert "any more" in explain(app, "/ok").hints[0]


def test_a_page_file_that_fails_to_import_is_shown_with_the_users_traceback(pages, tmp_path, monkeypatch):
    pages("bad.py", CALL + "\n1 / 0")
    (tmp_path / "failing_app.py").write_text("import dash\napp = dash.Dash(__name__, use_pages=True)\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    result = CliRunner().invoke(main, ["explain", "failing_app:app", "/bad"])
    assert result.exit_code == 2
    assert "bad.py" in result.output
    assert "ZeroDivisionError" in result.output


def test_a_page_of_another_app():
    make_app("/", "/a")
    app = dash.Dash(__name__, use_pages=False, pages_folder="", assets_folder="no-assets")
    app.layout = dash.html.Div()
    enable_true_404(app, paths=["/"])
    found = explain(app, "/a")
    assert (found.status, found.layer) == (404, "loading")
    assert "for another app" in found.hints[0]
    assert "use_pages=True" in found.hints[0]


@pytest.fixture
def own(monkeypatch):
    """Make a value a variable of this module."""
    return lambda name, value: monkeypatch.setitem(globals(), name, value)


@pytest.fixture
def lost_blueprint(own):
    """A Blueprint that this module has under the name ``lost``."""
    blueprint = flask.Blueprint("lost_api", __name__)
    blueprint.add_url_rule("/lost/<int:n>", "item", lambda n: "x")
    own("lost", blueprint)
    return blueprint


@pytest.mark.parametrize(("url", "prefix"), [("/lost/3", None), ("/api/lost/3", "/api")])
def test_a_blueprint_that_was_never_registered(lost_blueprint, url, prefix):
    found = explain(make_true_app("/"), url)
    assert (found.status, found.layer) == (404, "loading")
    assert f"Blueprint 'lost_api' ({__name__}:lost) exists, but was never registered" in found.hints[0]
    assert (
        f"register_blueprint(lost, url_prefix={prefix!r})" if prefix else "register_blueprint(lost)"
    ) in found.hints[0]
    app = make_true_app("/")
    app.server.register_blueprint(lost_blueprint, url_prefix=prefix)
    assert explain(app, url).status == 200


@pytest.mark.usefixtures("lost_blueprint")
def test_asking_leaves_a_blueprint_as_it_was(own):
    late = flask.Blueprint("late", __name__)
    own("late", late)
    late.add_url_rule("/late", "late", lambda: "x")
    assert explain(make_true_app("/"), "/late").layer == "loading"
    late.add_url_rule("/later", "later", lambda: "x")  # which Flask refuses once it was registered
    assert explain(make_true_app("/"), "/lost/x").layer == "routing"  # <int:n> does not take it


def test_a_blueprint_of_another_server(own):
    other, there = flask.Flask("other"), flask.Blueprint("there", __name__)
    own("other", other)
    own("there", there)
    there.add_url_rule("/there", "there", lambda: "x")
    other.register_blueprint(there)
    assert "is registered on another server" in explain(make_true_app("/"), "/there").hints[0]


def test_blueprints_that_are_registered_or_cannot_be(own):
    used, picky = flask.Blueprint("used", __name__), flask.Blueprint("picky", __name__)
    used.add_url_rule("/used/<int:n>", "used", lambda n: "x")
    picky.add_url_rule("/used/<x>", "picky", lambda x: x)
    picky.record(lambda state: state.app.config["NEEDED"])
    own("used", used)
    own("picky", picky)
    app = make_app("/")
    app.server.register_blueprint(used)
    enable_true_404(app)
    assert explain(app, "/used/x").layer == "routing"


@pytest.mark.asgi
def test_a_blueprint_of_quart_that_was_never_registered(own):
    import quart

    unused = quart.Blueprint("unused", __name__)
    own("unused", unused)
    unused.add_url_rule("/unused", "unused", lambda: "x")
    found = explain(true_app_on("quart", "/"), "/unused")
    assert found.layer == "loading"
    assert "Blueprint 'unused'" in found.hints[0]


# Deployment


def test_a_prefix_that_the_proxy_should_take_off(backend):
    app = true_app_on(backend, "/", "/a", requests_pathname_prefix="/d/", routes_pathname_prefix="/")
    found = assert_suggests(app, "/d/a", "/a", "made for a proxy", layer="deployment")
    assert len(found.hints) == 1
    (hint,) = explain(app, "/a").hints
    assert "Browsers ask for /d/a" in hint


def test_a_prefix_that_the_app_does_not_have(backend):
    assert_suggests(true_app_on(backend, "/", "/a"), "/d/a", "/a", "Without '/d' it is there", layer="deployment")


def test_a_prefix_that_was_taken_off():
    app = make_true_app("/", "/a", url_base_pathname="/d/")
    hint = explain(app, "/a").hints[1]
    assert "something has taken that off" in hint
    found = re.search("routes_pathname_prefix=('.*?') and requests_pathname_prefix=('.*?')", hint).groups()
    routes, requests = (text.strip("'") for text in found)
    app = make_true_app("/", "/a", routes_pathname_prefix=routes, requests_pathname_prefix=requests)
    assert explain(app, "/a").layer == "page"


def test_script_name(monkeypatch):
    monkeypatch.setenv("SCRIPT_NAME", "/d")
    right = explain(make_true_app("/", "/a", requests_pathname_prefix="/d/", routes_pathname_prefix="/"), "/d/a")
    assert right.layer == "deployment"
    assert any("arrives as /a, and /a is answered 200" in hint for hint in right.hints)
    wrong = explain(make_true_app("/", "/a", url_base_pathname="/d/"), "/d/a")
    assert wrong.layer == "page"
    assert "arrives as /a, and nothing matches that" in wrong.hints[0]


def test_application_root():
    app = make_true_app("/", "/a")
    app.server.config["APPLICATION_ROOT"] = "/d"
    assert_suggests(app, "/d/a", "/a", "APPLICATION_ROOT='/d' only tells Flask how to write URLs", layer="deployment")


# FastAPI's routers and mounts


def fastapi_app():
    import fastapi

    app = app_on("fastapi", "/")
    router, sub = fastapi.APIRouter(prefix="/api"), fastapi.FastAPI()
    router.add_api_route("/users/{n:int}", lambda n: n, name="user")
    router.add_api_route("/send", lambda: 1, methods=["POST"], name="send")
    sub.add_api_route("/hello", lambda: 1)
    app.server.include_router(router, prefix="/v1")
    app.server.mount("/sub", sub)
    enable_true_404(app)
    return app


@pytest.mark.asgi
def test_fastapi_included_router():
    app = fastapi_app()
    assert explain(app, "/v1/api/users/3").verdict == "The rule /v1/api/users/{n:int} (user) matches it."
    refused = explain(app, "/v1/api/users/x")
    assert (refused.status, refused.layer) == (404, "routing")
    assert "{n:int} does not match 'x'" in refused.hints[0]
    with Client(app) as client:
        there, _ = suggested(explain(app, "/api/users/3", client=client))
        # FastAPI's own answer says that the parameter is no query: the lambda has no type.
        assert client.ask(there).status_code == 200
    assert "accepts POST, not GET" in explain(app, "/v1/api/send").hints[0]


@pytest.mark.asgi
def test_fastapi_mount():
    app = fastapi_app()
    assert explain(app, "/sub/hello").status == 200
    missing = explain(app, "/sub/no")
    assert (missing.status, missing.layer) == (404, "route")
    assert "The mount /sub/{path:path}" in missing.verdict


@pytest.mark.asgi
def test_fastapi_router_that_was_never_included(own):
    import fastapi

    unused = fastapi.APIRouter(prefix="/unused")
    own("unused", unused)
    unused.add_api_route("/{x}", lambda x: x)
    app = true_app_on("fastapi", "/")
    found = explain(app, "/v1/unused/3")
    assert found.layer == "loading"
    assert "prefix='/v1'" in found.hints[0]
    app = app_on("fastapi", "/")
    app.server.include_router(unused, prefix="/v1")
    enable_true_404(app)
    assert explain(app, "/v1/unused/3").status == 200


@pytest.mark.asgi
def test_fastapi_router_that_would_not_help(own):
    import fastapi

    used, unused = fastapi.APIRouter(), fastapi.APIRouter()
    used.add_api_route("/used", lambda: 1)
    unused.add_api_route("/unused", lambda: 1, methods=["POST"])
    unused.add_api_route("/other/{x}/y", lambda x: x)
    app = app_on("fastapi", "/")
    app.server.include_router(used)
    enable_true_404(app)
    own("used", used)
    own("unused", unused)
    for url in ("/v1/used", "/unused", "/other/1"):
        assert explain(app, url).layer != "loading"


@pytest.mark.asgi
def test_fastapi_pages_take_no_head():
    found = explain(true_app_on("fastapi", "/", "/a"), "/a", "HEAD")
    assert (found.status, found.layer) == (405, "routing")
    assert "a page does not accept HEAD" in found.verdict


# Any URL, and the command


def test_no_url_makes_it_fail(backend):
    app = true_app_on(backend, "/", "/t/<x>", "/f[0]/<a>", "/p+/<a>", url_base_pathname="/d/")

    with Client(app) as client:

        @settings(max_examples=EXAMPLES // 2, deadline=None, suppress_health_check=list(HealthCheck))
        @given(
            st.text() | st.sampled_from(["http://[", "//", "", "?", "#", "/%", "\ud800", "/d/p+/x", "/a/../b", "\\"])
        )
        def ask(url):
            for text in (url, "/d/t/" + url):
                found = explain(app, text, client=client)
                told = json.loads(json.dumps(found.as_dict()))
                VALIDATOR.validate(told)
                assert found.layer in ("page", "route", "routing", "loading", "deployment")
                assert found.verdict
                assert found.text()

        ask()


def test_full_urls_lose_host_and_fragment():
    app = make_true_app("/", "/a")
    assert explain(app, "https://example.org:8050/a?x=1#top").url == "/a?x=1"
    assert explain(app, "https://example.org").url == "/"
    assert explain(app, "a").url == "/a"


@pytest.mark.parametrize("url", ["/./trips", "/x/../trips", "/%2e%2E/x/.%2e/trips?a=/../b", "/../trips"])
def test_dots_are_resolved_as_browsers_do(url):
    found = explain(make_true_app("/", "/trips"), url)
    assert found.url == "/trips" + url.partition("trips")[2]
    assert (found.layer, found.hints) == ("page", [])


@pytest.mark.parametrize("url", ["/go?to=https://example.org/x", "/web/https://example.org/x"])
def test_a_url_within_a_url_stays(url):
    assert explain(make_true_app("/"), url).url == url


def test_the_text_is_80_columns_wide_and_breaks_no_url():
    app = make_app("/")
    register("/a-very-long-path/" + "of-many-words-" * 6, module="long")
    enable_true_404(app)
    url = "/A-very-long-path/" + "of-many-words-" * 6
    text = explain(app, url).text()
    assert url.lower() in text.lower().split()
    assert max(len(line) for line in text.splitlines() if url.lower() not in line.lower()) <= 80
    assert max(map(len, explain(app, "/t").text().splitlines())) <= 80


def test_an_app_that_is_not_on_its_server_yet():
    with pytest.raises(ValueError, match=r"app\.init_app\(server\)"):
        explain(dash.Dash(__name__, server=False), "/")


@pytest.fixture
def command(write_module):
    """Run the command line on a module named shop, as its users do."""
    write_module(
        "shop",
        "import dash\nfrom dash_true404 import enable_true_404\n"
        "app = dash.Dash(__name__, use_pages=True, pages_folder='')\n"
        "app.layout = dash.page_container\n"
        "dash.register_page('about', path='/about', layout='x')\n"
        "enable_true_404(app)\nearly = dash.Dash(__name__, server=False)\n",
    )
    return lambda *args: CliRunner().invoke(main, ["explain", *args])


def test_the_command_prints_text(command):
    result = command("shop:app", "https://example.org/About")
    assert result.exit_code == 1
    assert result.output.startswith("GET /About: 404 (routing)\n\n")
    assert "/about is answered 200" in result.output
    assert "\x1b" not in result.output


def test_whether_it_is_found():
    app = make_app("/", "/a")
    register("/t/<x>", exists=lambda x: x != "no")
    enable_true_404(app)
    server = app.server
    for name, location in [("a", "/a"), ("zz", "/zz"), ("away", "https://example.org/"), ("again", "/to-again")]:
        server.add_url_rule(f"/to-{name}", name, lambda location=location: flask.redirect(location))
    server.add_url_rule("/to-away-by-here", "by", lambda: flask.redirect("/to-away"))
    server.add_url_rule("/send", "send", lambda: flask.abort(500), methods=["GET", "POST"])
    found = {"/a": True, "/t/1": True, "/t/no": False, "/zz": False, "/to-a": True, "/to-zz": False, "/send": False}
    found |= {"/to-away": None, "/to-away-by-here": None, "/to-again": False}
    assert {url: explain(app, url).is_found for url in found} == found
    assert explain(app, "/send", "POST").is_found  # it is not asked
    assert explain(make_app("/"), "/zz").is_found is False  # a soft 404


@pytest.mark.parametrize(("url", "status"), [("/about", 0), ("/zz", 1), ("/out", 2)])
def test_the_commands_exit_status_tells_whether_it_is_found(command, tmp_path, url, status):
    with (tmp_path / "shop.py").open("a") as file:
        file.write("import flask\napp.server.add_url_rule('/out', 'out', lambda: flask.redirect('//example.org/'))\n")
    assert command("shop:app", url).exit_code == status


def test_the_command_prints_json(command):
    result = command("shop:app", "/about", "--method", "post", "--format", "json")
    found = json.loads(result.output)
    assert list(found) == [
        "url",
        "method",
        "status",
        "layer",
        "verdict",
        "hints",
        "outcome",
        "reason",
        "is_found",
        "answerer",
    ]
    VALIDATOR.validate(found)
    assert (found["method"], found["status"]) == ("POST", 405)
    assert (found["outcome"], found["reason"]) == ("405", "method")


@pytest.mark.parametrize("name", ["no_such:app", "shop:no_such", "shop:dash", "shop", "shop:early"])
def test_the_command_ends_with_2_and_one_message(command, name):
    result = command(name, "/")
    assert result.exit_code == 2
    assert result.output.count("Error: ") == 1
    assert "Traceback" not in result.output


# What stands in front of the app


def test_behind_a_login_what_is_near_is_named_by_the_decision():
    app = make_true_app("/", "/about", "/sales")
    app.server.before_request(lambda: flask.redirect("/login"))
    found = explain(app, "/About")
    assert found.hints[0].startswith("Only the letter case differs: /about is matched by page 'm_47_about'.")
    assert explain(app, "/About").is_found is None
    hint, advice = explain(app, "/salse").hints
    assert "log in with --login" in advice
    assert hint == "It may be misspelt: /sales is matched by page 'm_47_sales'. Ask for that one."


def keep_out(status):
    def guard():
        if flask.session.get("user") != "ann":
            return flask.redirect(f"/login?next={flask.request.path}") if status == 302 else flask.abort(status)

    return guard


@pytest.mark.parametrize("status", [302, 401, 403])
@pytest.mark.parametrize("has_handler", [False, True])
def test_what_a_guard_keeps_from_a_stranger_is_not_said_to_be_found_or_not(status, has_handler):
    app = make_true_app("/", "/about")
    app.server.secret_key = "s"
    app.server.before_request(keep_out(status))
    if has_handler:
        for code in (401, 403):
            app.server.register_error_handler(code, lambda error: ("no", error.code))
    found = explain(app, "/zz")
    assert (found.status, found.is_found) == (status, None)
    assert found.hints == [
        "Whether it is found was not seen, because that answered first. If it is a log-in, log in with --login, --user "
        "or --header."
    ]
    known = explain(app, "/about")
    assert (known.layer, known.is_found) == ("in front", None)
    assert known.verdict.startswith("Page 'm_47_about' matches it, but ")
    assert known.hints == found.hints


def test_a_guard_is_not_taken_for_the_page_that_it_guards():
    app = make_true_app("/", "/admin")
    app.server.before_request(lambda: flask.redirect("/login") if flask.request.path == "/admin" else None)
    hint = explain(app, "/adminx").hints[0]
    assert hint == "It may be misspelt: /admin is matched by page 'm_47_admin', and answered 302. Ask for that one."


@pytest.mark.parametrize("url", ["/nope", "/about", "/"])
def test_what_an_error_handler_does_with_a_guards_refusal_is_the_guards(url):
    app = make_true_app("/", "/about")
    app.server.before_request(lambda: flask.abort(401) if "X-User" not in flask.request.headers else None)
    app.server.register_error_handler(401, lambda error: flask.redirect("/login"))
    app.server.add_url_rule("/login", "login", lambda: "<form>")
    found = explain(app, url)
    assert (found.status, found.layer, found.is_found) == (302, "in front", None)
    with Client(app, Visitor(headers=(("X-User", "ann"),))) as client:
        assert explain(app, url, client=client).is_found is (url != "/nope")


def test_an_error_handler_of_what_a_view_refuses_is_no_guard():
    app = make_true_app("/")
    app.server.add_url_rule("/mine", "mine", lambda: flask.abort(401))
    app.server.register_error_handler(401, lambda error: flask.redirect("/login"))
    app.server.add_url_rule("/login", "login", lambda: "<form>")
    assert explain(app, "/mine").is_found is True


def test_where_a_guard_answers_exists_was_not_called():
    app = make_app("/")
    register("/item/<id>", exists=lambda id: id == "1")
    enable_true_404(app)
    app.server.before_request(lambda: flask.redirect("/login") if flask.request.path != "/login" else None)
    app.server.add_url_rule("/login", "login", lambda: "<form>")
    found = explain(app, "/item/2")
    assert (found.layer, found.is_found) == ("in front", None)
    assert found.hints[0] == "exists(id='2') was not called."


@pytest.mark.parametrize("url", ["/members", "/members/", "/members/a"])
def test_a_guard_for_all_that_begins_alike(url):
    app = make_true_app("/")
    app.server.before_request(lambda: flask.redirect("/login") if flask.request.path.startswith("/members") else None)
    app.server.add_url_rule("/login", "login", lambda: "<form>")
    assert explain(app, url).is_found is None
    assert explain(app, "/zz").is_found is False


def test_a_guard_for_one_page_keeps_it_from_a_stranger():
    app = make_true_app("/", "/admin", "/about")

    @app.server.before_request
    def guard():
        if flask.request.path == "/admin":
            return flask.redirect("/login")
        if flask.request.path.endswith("/about/"):
            return flask.redirect("/about")
        return flask.redirect("/new") if flask.request.path == "/old" else None

    app.server.add_url_rule("/login", "login", lambda: "<form>")
    app.server.add_url_rule("/new", "new", lambda: "new")
    app.server.add_url_rule("/old", "old", lambda: "old")
    found = {"/admin": None, "/about/": True, "/old": True}
    assert {url: explain(app, url).is_found for url in found} == found


@pytest.mark.parametrize("url", ["/nope", "/about", "/"])
def test_a_guard_that_answers_200(url):
    app = make_true_app("/", "/about")

    @app.server.before_request
    def guard():
        return None if "X-User" in flask.request.headers else f"<h1>Please log in</h1> {object()}"

    assert explain(app, url).is_found is None


def test_what_a_guard_serves_is_found_unless_it_serves_all_else_too():
    app = make_app("/", "/about")  # whose 200 for unknown URLs is Dash's
    app.server.before_request(lambda: "served" if flask.request.path in ("/about", "/x.md") else None)
    for url in ("/about", "/x.md"):
        assert explain(app, url).is_found is True


def log_in_badly(client):
    client.set_session(user="bob")


def log_in_well(client):
    client.set_session(user="ann")


@pytest.mark.parametrize(
    ("visitor", "is_found", "advice"),
    [
        (Visitor(login=f"{__name__}:log_in_well"), False, None),
        (
            Visitor(login=f"{__name__}:log_in_badly"),
            None,
            f"--login {__name__}:log_in_badly was called, but the guard still answers.",
        ),
        (
            Visitor(user="me:secret"),
            None,
            "The guard does not accept this visitor: look at --user and --header, or log in with --login.",
        ),
    ],
)
def test_a_visitor_whom_the_guard_does_not_accept_is_told_so(visitor, is_found, advice):
    app = make_true_app("/")
    app.server.secret_key = "s"
    app.server.before_request(keep_out(302))
    with Client(app, visitor) as client:
        found = explain(app, "/zz", client=client)
    assert found.is_found is is_found
    assert (advice is None) is (is_found is False)
    if advice:
        assert found.hints[-1] == advice


def test_a_guard_for_one_url_keeps_nothing_from_a_stranger():
    """It redirects an old URL, and bars one: no log-in would show more."""
    app = make_true_app("/", "/new")

    @app.server.before_request
    def guard():
        if flask.request.path == "/old":
            return flask.redirect("/new")
        return flask.abort(403) if flask.request.path == "/wp-login.php" else None

    assert explain(app, "/old").is_found is True
    assert explain(app, "/wp-login.php").is_found is False


def test_a_redirect_of_every_other_url_by_a_guard_goes_elsewhere_each():
    app = make_true_app("/", "/new/a")
    app.server.before_request(
        lambda: flask.redirect("/new" + flask.request.path) if "/new" not in flask.request.path else None
    )
    assert explain(app, "/a").is_found is True
    assert explain(app, "/b").is_found is False


def test_a_guard_around_the_views_refuses_other_methods_everywhere():
    app = make_app("/", "/a")
    wrap_dashs_views(app)
    enable_true_404(app)
    found = explain(app, "/zz", "POST")
    assert (found.status, found.layer) == (405, "routing")
    assert "these are 405 everywhere and tell strangers nothing" in found.hints[-1]


# Further apps, prefixes and servers


def two_apps():
    """Return an app, and another one below it on the same server, each with a page."""
    app = make_app("/", "/a")
    other = dash.Dash("other", server=app.server, url_base_pathname="/other/", use_pages=True, pages_folder="")
    other.layout = html.Div(dash.page_container)
    return app, other


def test_a_page_of_another_app_on_the_server_is_suggested():
    app = make_app("/a", url_base_pathname="/dash/")
    make_app(server=app.server, url_base_pathname="/other/")
    enable_true_404(app)
    assert any(
        "Another Dash app is on this server, at '/other/': /other/a is answered 200" in hint
        for hint in explain(app, "/a").hints
    )


def test_a_404_of_another_app_is_its_own():
    app, other = two_apps()
    enable_true_404(app)
    enable_true_404(other)
    found = explain(app, "/other/zz")
    assert (found.status, found.layer) == (404, "route")
    assert found.hints == ["It is another Dash app. Name that one, to have it explained."]


def test_two_prefixes_are_no_matter_for_rules_and_for_what_is_nowhere():
    app = make_true_app("/", "/a", requests_pathname_prefix="/d/", routes_pathname_prefix="/")
    for url in ("/_dash-layout", "/d/nowhere"):
        assert "made for a proxy" not in explain(app, url).text()


def test_an_app_on_an_unknown_server_cannot_be_asked():
    app = make_app("/")
    app.server = object()
    with pytest.raises(NotReadyError, match="knows Flask, Quart and FastAPI"):
        explain(app, "/")


def test_a_missing_variable_of_what_does_not_take_the_method_is_no_help():
    assert "lacks a value" not in explain(make_true_app("/", "/t/<x>"), "/t", "POST").text()


@pytest.mark.asgi
def test_below_a_root_path():
    from fastapi import FastAPI

    app = make_app("/", server=FastAPI())
    app.server.root_path = "/root"  # as an argument it is deprecated
    app.server.add_api_route("/users", lambda: "x")
    enable_true_404(app)
    found = explain(app, "/root/users")
    assert (found.status, found.layer, found.verdict) == (200, "route", "The rule /users (<lambda>) matches it.")


# Files and Blueprints that are none of the URL's


def test_a_page_file_of_an_app_without_pages(pages):
    app = dash.Dash("without_pages", pages_folder=pages("my_page.py", CALL), use_pages=False)
    app.layout = html.Div()
    assert any(
        "pages/my_page.py is not read: the app is made without pages" in hint for hint in explain(app, "/my-page").hints
    )


def test_a_broken_file_of_another_page_is_not_told(pages):
    app = make_true_app("/", pages_folder=pages("ok.py", CALL))
    pages("broken.py", "def (")
    assert "broken" not in explain(app, "/zz").text()
    assert "broken" in explain(app, "/broken").text()


def test_a_blueprint_that_cannot_be_tried_is_passed_over():
    tied = flask.Blueprint("tied", __name__)
    tied.add_url_rule("/tied", "tied", lambda: "x")
    tied.record(lambda state: state.app.config["ONLY_THERE"])
    assert "tied'" not in explain(make_true_app("/"), "/tied").text()


def test_a_page_that_is_registered_with_the_apps_prefix():
    app = make_true_app("/", "/intranet/sales", url_base_pathname="/intranet/")
    found = assert_suggests(app, "/intranet/sales", "/intranet/intranet/sales", "begins with the app's prefix")
    assert "Register the page without the prefix." in found.hints[0]


def test_the_apps_root_without_its_slash(backend):
    found = explain(true_app_on(backend, "/", "/a", url_base_pathname="/d/"), "/d")
    assert (found.status, found.reason) == (307 if backend == "fastapi" else 308, "slashes")
    assert found.verdict.startswith("A page or a rule has it with other slashes: the server redirects to ")


def test_a_redirect_to_https_is_followed():
    app = make_true_app("/", "/about")

    @app.server.before_request
    def be_secure():
        return None if flask.request.is_secure else flask.redirect(f"https://localhost{flask.request.path}")

    found = explain(app, "/About")
    assert found.verdict == "No page and no rule of the server matches it."
    assert found.hints[0].startswith("Only the letter case differs: /about is answered 200 by page 'm_47_about'.")


def test_a_redirect_to_https_with_another_path_is_called_that():
    app = make_true_app("/", "/about")

    @app.server.before_request
    def be_secure():
        return None if flask.request.is_secure else flask.redirect("https://localhost/secure")

    found = explain(app, "/about")
    line = be_secure.__code__.co_firstlineno
    assert found.verdict == (
        f"Page 'm_47_about' matches it, but before_request `be_secure` ({THIS_FILE}:{line}) redirects to https: "
        "https://localhost/secure."
    )
    assert (found.layer, found.is_found) == ("in front", None)


@pytest.mark.parametrize("is_enabled", [True, False])
def test_a_rule_that_dashs_catch_all_hides_is_named(is_enabled):
    server = flask.Flask("site")
    server.add_url_rule("/<path:p>", "site", lambda p: p)
    app = make_app("/", server=server, url_base_pathname="/dash/")
    if is_enabled:
        enable_true_404(app)
    found = explain(app, "/dash/nope")
    assert found.status == (404 if is_enabled else 200)
    assert "No page matches it, and Dash's catch-all hides the rule /<path:p> (site) from it" in found.verdict
    assert ("soft 404" in found.verdict) is not is_enabled


def test_what_matches_anything_is_not_near():
    app = make_app("/", "/a", "/user/<name>")
    app.server.add_url_rule("/api/<int:n>", "item", lambda n: "x")
    app.server.add_url_rule("/<owner>/<repo>", "repo", lambda owner, repo: "x")
    enable_true_404(app)
    for url in ("/wp-login.php", "/dash/wp-login.php/x", "/3"):
        found = explain(app, url)
        assert (found.status, found.hints[0][:18]) == (404, "Nothing is near it"), found.text()


@pytest.mark.parametrize(("url", "meant"), [("/button", "/components/button"), ("/docs/button", "/components/button")])
def test_the_same_name_in_another_folder(url, meant):
    assert_suggests(make_true_app("/", "/components/button"), url, meant, "The same name is in another folder")


def test_an_error_handler_that_answers_200_makes_no_rule_near():
    app = make_true_app("/")
    app.server.register_error_handler(404, lambda error: "sorry")
    assert "is answered" not in explain(app, "/Static/nope.md").text()
    app = make_true_app("/")
    app.server.before_request(lambda: "text" if flask.request.path.endswith(".md") else None)
    found = explain(app, "/nope.md")
    assert "before_request `<lambda>`" in found.verdict
    assert (found.layer, found.hints, found.is_found) == ("in front", [], True)


def test_a_guard_that_says_404_to_all_hides_no_page():
    app = make_true_app("/", "/about")
    app.server.before_request(lambda: flask.abort(404))
    found = explain(app, "/About")
    assert "before_request `<lambda>`" in found.verdict
    assert found.hints[0].startswith("Only the letter case differs: /about is matched by page 'm_47_about'.")
    assert "before_request `<lambda>`" in explain(app, "/about").verdict


def test_letter_case_where_paths_is_a_function():
    app = make_app(use_pages=False)
    enable_true_404(app, paths=lambda path: path in ("/", "/a"))
    assert_suggests(app, "/A", "/a", "letter case")
    assert "Nothing is near it" in explain(app, "/b").hints[0]
