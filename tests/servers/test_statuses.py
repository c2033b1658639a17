"""Which status a URL gets, by method; and that all other routes stay as they were."""

import functools
import gc
import itertools

import dash
import flask
import pytest
from werkzeug.routing import BaseConverter, Map, Rule

from dash_true404 import enable_true_404
from dash_true404.servers.errors import PageNotFound

from ..apps import Unmerged, app_on, found_on, make_app, make_true_app, new_server, register
from ..client import FOUND, METHODS, UNKNOWN, ask, by_method, status, statuses
from ..oracle import plain_flask, rendered_page

WERKZEUG = ["flask", pytest.param("quart", marks=pytest.mark.asgi)]


def test_an_unknown_url_is_404_for_every_method(backend):
    app = app_on(backend, "/", "/a", "/t/<x>", "/caf%C3%A9", not_found_page=True)
    enable_true_404(app)
    urls = ["/zz", "/zz/", "/a/zz", "/a/b", "/A", "/%61", "/t", "/t/", "/caf%c3%a9", "/not-found-404", "/favicon.ico"]
    urls += ["/robots.txt", "/wp-login.php", "/_dash-nope", "/_dash-layout/", "/assets", "/assets/", "/.", "/a;x"]
    urls += ["/_dash-component-suites", "/%0A", "/a%0Ab", "/%00", "/%FF"]
    due = dict.fromkeys(urls, UNKNOWN)
    if backend == "fastapi":  # which itself redirects to a route of Dash's
        due["/_dash-layout/"] = dict.fromkeys(METHODS, 307)
    assert {url: by_method(app, url) for url in urls} == due


def test_a_page_is_found_and_other_methods_are_405(backend):
    app = app_on(backend, "/", "/a", "/t/<x>", "/caf%C3%A9")
    enable_true_404(app)
    for url in ("/", "/a", "/a/", "/a//", "/a?x=/zz", "/t/1", "/t/1/2", "/t/1/", "/t/%20", "/caf%C3%A9"):
        assert by_method(app, url) == found_on(backend), url
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            assert ask(app, url, method).allow == ({"GET"} if backend == "fastapi" else {"GET", "HEAD", "OPTIONS"})


def test_root_is_404_without_a_home_page():
    assert by_method(make_true_app("/a"), "/") == UNKNOWN


def test_root_is_found_by_a_template_that_takes_everything():
    assert by_method(make_true_app("/<anything>"), "/") == FOUND


def test_a_url_that_another_rule_takes_with_other_methods_is_405():
    app = make_true_app("/")
    for method in ("GET", "HEAD"):
        answer = ask(app, "/_dash-update-component", method)
        assert answer.status == 405
        assert answer.allow == {"POST", "OPTIONS"}


def test_a_users_rule_for_another_method_beside_a_page_keeps_both():
    app = make_app("/", "/contact")
    app.server.add_url_rule("/contact", "contact", lambda: "sent", methods=["POST"])
    enable_true_404(app)
    assert by_method(app, "/contact") == {**FOUND, "POST": 200}
    assert ask(app, "/contact", "PUT").allow == {"GET", "HEAD", "OPTIONS", "POST"}


def test_a_users_rule_without_get_is_405_as_in_plain_flask():
    app = make_app("/")
    app.server.add_url_rule("/api/<int:n>", "api", lambda n: "done", methods=["PUT", "DELETE"])
    enable_true_404(app)
    assert by_method(app, "/api/1") == {**dict.fromkeys(METHODS, 405), "PUT": 200, "DELETE": 200, "OPTIONS": 200}
    assert ask(app, "/api/1").allow == {"PUT", "DELETE", "OPTIONS"}
    assert by_method(app, "/api/x") == UNKNOWN


def test_the_users_converters_are_known_where_a_rule_begins_like_a_url():
    class Colour(BaseConverter):
        regex = "red|blue"

    app = make_app("/")
    app.server.url_map.converters["colour"] = Colour
    app.server.add_url_rule("/paint/<colour:c>", "paint", lambda c: c, methods=["POST"])
    enable_true_404(app)
    assert (status(app, "/paint/red"), status(app, "/paint/green")) == (405, 404)


def test_slashes_are_not_merged_where_the_user_has_them_kept():
    server = Unmerged("server")
    app = make_app("/", "/a/b", server=server)
    server.add_url_rule("/api/x", "api", lambda: "x")
    enable_true_404(app)
    assert by_method(app, "/a//b") == by_method(app, "/api//x") == UNKNOWN


def test_a_rule_that_comes_while_the_server_runs_counts():
    app = make_true_app("/")
    assert status(app, "/late") == 404
    app.server.url_map.add(Rule("/late", endpoint="late", methods=["POST"]))
    app.server.view_functions["late"] = lambda: "late"
    assert (status(app, "/late"), status(app, "/late", "POST")) == (405, 200)


def test_a_404_leaves_nothing_for_the_garbage_collector():
    app = make_true_app("/")
    gc.collect()
    gc.disable()
    try:
        assert status(app, "/zz") == 404
        assert not [thing for thing in gc.get_objects() if isinstance(thing, PageNotFound)]
    finally:
        gc.enable()


def test_the_rules_are_read_once_by_many_requests(monkeypatch):
    app = make_true_app("/")
    rules, reads = app.server.url_map.iter_rules, []
    status(app, "/zz")
    monkeypatch.setattr(app.server.url_map, "iter_rules", lambda *args: reads.append(args) or rules(*args))
    for url in ("/zz", "/_dash-nope", "/zz//a"):
        assert by_method(app, url) == UNKNOWN
    assert reads == []


def test_a_route_of_the_users_that_shows_dashs_index_is_left_alone():
    app = make_app("/a", url_base_pathname="/dash/")
    register("/t/<x>", exists=lambda x: False)
    enable_true_404(app)
    app.server.add_url_rule("/", "start", lambda: app.server.view_functions["/dash/"]())
    app.server.add_url_rule("/index.html", endpoint="/dash/")
    app.server.add_url_rule("/dash/t/1", endpoint="/dash/")
    assert [status(app, url) for url in ("/", "/index.html", "/dash/t/1")] == [200, 200, 200]
    assert (status(app, "/dash/"), status(app, "/dash/t/2")) == (404, 404)


def test_a_404_handler_of_the_users_that_shows_dashs_index_is_left_alone():
    app = make_app("/a", url_base_pathname="/dash/")
    enable_true_404(app)
    app.server.register_error_handler(404, lambda error: app.server.view_functions["/dash/"]())
    assert [status(app, url) for url in ("/zz", "/dash/zz")] == [200, 200]


def test_an_app_that_strips_more_from_paths_than_dash_is_understood():
    class Translated(dash.Dash):
        def strip_relative_path(self, path):
            stripped = super().strip_relative_path(path).lower()
            return stripped[3:] if stripped[:3] in ("en/", "de/") else stripped

    app = Translated(__name__, use_pages=True, pages_folder="", url_base_pathname="/app/")
    app.layout = dash.page_container
    register("/about")
    register("/t/<x>")
    enable_true_404(app)
    for url in ("/app/about", "/app/en/About", "/app/de/t/1"):
        assert (status(app, url), rendered_page(app, url) is not None) == (200, True)
    for url in ("/app/fr/about", "/app/en"):
        assert (status(app, url), rendered_page(app, url)) == (404, None)


@pytest.mark.parametrize("is_enabled", ["before", "after"])
@pytest.mark.parametrize("is_named", [True, False])
def test_a_decorator_around_strip_relative_path_is_understood(is_enabled, is_named):
    app = make_app("/b")
    if is_enabled == "before":
        enable_true_404(app)
    strip = app.strip_relative_path

    def without_tenant(path):
        return strip(path).partition("/")[2]

    app.strip_relative_path = functools.wraps(strip)(without_tenant) if is_named else without_tenant
    if is_enabled == "after":
        enable_true_404(app)
    for url, due in ("/acme/b", 200), ("/acme/c", 404), ("/b", 404):
        assert (status(app, url), rendered_page(app, url) is not None) == (due, due == 200)


@pytest.mark.parametrize("backend", WERKZEUG)
@pytest.mark.parametrize("paths", [("/", "/a"), ("/a",)])
def test_the_root_without_its_slash_is_the_home_page_where_slashes_are_not_strict(backend, paths):
    answers = []
    for enable in (lambda app: None, enable_true_404):
        server = new_server(backend)
        server.url_map.strict_slashes = False
        app = make_app(*paths, server=server, url_base_pathname="/app/")
        enable(app)
        answers.append([by_method(app, url) for url in ("/app", "/app/", "/app/a", "/app/a/")])
    bare, true = answers
    assert true == (bare if "/" in paths else [UNKNOWN, UNKNOWN, *bare[2:]])
    assert (rendered_page(app, "/app") is not None) == ("/" in paths)


@pytest.mark.parametrize("backend", WERKZEUG)
def test_a_rule_of_the_users_for_dashs_view_may_have_any_variables(backend):
    names, answers = ("self", "endpoint", "view"), []
    for enable in (lambda app: None, enable_true_404):
        app = app_on(backend, "/")
        for name in names:
            app.server.add_url_rule(f"/{name}/<{name}>", endpoint="/")
        enable(app)
        answers.append(statuses(app, *(f"/{name}/x" for name in names)))
    bare, true = answers
    assert true == bare


def test_a_map_of_the_users_may_take_less_than_werkzeugs():
    class Plain(Map):
        def __init__(self, host_matching=False):
            super().__init__(host_matching=host_matching)

    class Server(flask.Flask):
        url_map_class = Plain

    server = Server(__name__)
    server.add_url_rule("/api/<x>", "api", lambda x: x, methods=["POST"])
    app = make_app("/", server=server)
    enable_true_404(app)
    assert [status(app, "/api/1", method) for method in ("GET", "POST", "PUT")] == [405, 200, 405]


def test_rules_for_websockets_and_with_slashes_of_their_own_get_what_plain_flask_would_say():
    def server_with_rules():
        server = flask.Flask(__name__)
        server.add_url_rule("/ws", "ws", lambda: "", websocket=True)
        server.add_url_rule("/deep/<path:p>", "deep", lambda p: "", methods=["POST"], merge_slashes=False)
        return server

    app = make_app("/", server=server_with_rules())
    enable_true_404(app)
    plain = server_with_rules()
    for url in ("/ws", "/deep/a", "/deep//a"):
        for method in ("GET", "HEAD", "POST", "PUT"):
            assert status(app, url, method) == status(plain, url, method), (method, url)


def test_a_class_that_was_patched_before_the_package_was_imported_is_understood(monkeypatch):
    original = dash.Dash.strip_relative_path
    monkeypatch.setattr(dash.Dash, "strip_relative_path", lambda self, path: original(self, path).removeprefix("de/"))
    app = make_true_app("/b")
    assert (status(app, "/de/b"), status(app, "/fr/b")) == (200, 404)


@pytest.mark.parametrize(
    ("page", "target", "due"),
    [
        ("/caf%C3%A9", "/caf%C3%A9", 200),
        ("/caf%C3%A9", "/caf%c3%a9", 404),
        ("/café", "/caf%C3%A9", 404),
        ("/sp ace", "/sp%20ace", 404),
        ("/enc%20oded", "/enc%20oded", 200),
        ("/a", "/%61", 404),
        ("/a/b", "/a%2Fb", 404),
        ("/a%2Fb", "/a%2Fb", 200),
        ("/R%26D", "/R&D", 200),
        ("/R%26D", "/R%26D", 200),
        ("/R&D", "/R%26D", 404),
        ("/a|b^c", "/a|b^c", 200),
        ("/a|b^c", "/a%7Cb%5Ec", 200),
        ("/caf%C3%A9/<x>", "/caf%C3%A9/%2F", 200),
        ("/100%", "/100%", 200),
        ("/100%25", "/100%25", 200),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_raw_path_decides(page, target, due, method):
    assert status(make_true_app("/", page), target, method) == (405 if (method, due) == ("POST", 200) else due)


@pytest.mark.parametrize(
    ("target", "due"), [("/caf%C3%A9", 200), ("/a", 200), ("/zz", 404), ("/it%27s", 200), ("/a|b^c", 200)]
)
def test_a_server_that_does_not_tell_the_raw_path_gets_the_browsers_form(target, due):
    assert status(make_true_app("/caf%C3%A9", "/a", "/it's", "/a|b^c"), target, told_as=()) == due


def test_a_path_without_its_slash_is_taken_as_flask_takes_it():
    app = make_true_app("/a")
    assert status(app, "a") == 200
    assert status(app, "zz") == 404


def test_gunicorns_raw_uri_and_an_absolute_form_are_understood():
    app = make_true_app("/caf%C3%A9")
    assert status(app, "/caf%C3%A9?x=1", told_as=["RAW_URI"]) == 200
    assert status(app, "/caf%C3%A9", environ={"REQUEST_URI": "http://host/caf%C3%A9"}) == 200
    assert status(app, "/%63af%C3%A9", told_as=["RAW_URI"]) == 404


@pytest.mark.parametrize(("sent", "due"), [(b"/m/caf%C3%A9", 200), (b"/m/%63af%C3%A9", 404), (None, 200)])
def test_in_an_asgi_app_the_path_as_it_was_sent_is_in_the_scope(sent, due):
    """Where a2wsgi leaves it."""
    app = make_true_app("/caf%C3%A9", routes_pathname_prefix="/", requests_pathname_prefix="/m/")
    scope = {"raw_path": sent}
    assert status(app, "/caf%C3%A9", root_path="/m", told_as=(), environ={"asgi.scope": scope}) == due


@pytest.mark.parametrize("template", ["/f[0]/<a>", "/p+/<a>", "/(/<a>", "/x*y/<a>", "/[/<a>", "/a{2}/<b>", "/q?/<a>"])
def test_odd_templates_never_give_a_500(template):
    app = make_true_app("/", template, "/z/<late>")
    for url in (template.replace("<a>", "x").replace("<b>", "x"), "/p+/", "/(/x", "/zz", "/f0/x", "/z/1"):
        assert all(code < 500 for code in by_method(app, url).values()), url


def test_dashs_own_routes_and_the_assets_stay_as_they_are(tmp_path):
    (tmp_path / "style.css").write_text("a {}")
    bare = make_app("/", "/a", assets_folder=str(tmp_path))
    true = make_true_app("/", "/a", assets_folder=str(tmp_path))
    urls = ["/_dash-layout", "/_dash-dependencies", "/_reload-hash", "/_favicon.ico", "/assets/style.css"]
    urls += ["/assets/none.css"]
    for url in urls:
        assert by_method(true, url) == by_method(bare, url), url


def test_redirects_into_pages_stay_as_they_are(backend):
    app = app_on(backend, "/")
    register("/new", redirect_from=["/old", "/older/"])
    enable_true_404(app)
    answer = ask(app, "/old")
    assert (answer.status, answer.location) == (301, "/new")
    assert status(app, "/older") == (307 if backend == "fastapi" else 308)
    assert status(app, "/old", "POST") == 405
    assert status(app, "/old/") == (307 if backend == "fastapi" else 404)


def blueprints():
    outer, inner = flask.Blueprint("outer", __name__), flask.Blueprint("inner", __name__)
    outer.add_url_rule("/o/<int:n>", "o", lambda n: "o")
    inner.add_url_rule("/i/", "i", lambda: "i")
    outer.register_blueprint(inner, url_prefix="/inner")
    return outer


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_users_rules_and_blueprints_stay_as_they_are(when):
    app, bare = make_app("/"), make_app("/")

    def add_rules(server):
        server.register_blueprint(blueprints(), url_prefix="/bp")
        server.add_url_rule("/users/<name>/", "users", lambda name: name)
        server.add_url_rule("/teapot", "teapot", lambda: ("", 418), methods=["GET", "POST"])
        server.add_url_rule("/gone", "gone", lambda: flask.abort(404))

    add_rules(bare.server)
    if when == "before":
        add_rules(app.server)
    enable_true_404(app)
    if when == "after":
        add_rules(app.server)
    for url in ("/bp/o/1", "/bp/inner/i/", "/bp/inner/i", "/users/x/", "/users/x", "/teapot", "/gone", "/static/x"):
        if status(bare, url) != 200 or b"_dash-config" not in ask(bare, url).body:
            assert by_method(app, url) == by_method(bare, url), url
    assert by_method(app, "/bp/o/x") == UNKNOWN
    assert b"This page does not exist" not in ask(app, "/gone").body


def test_slashes_are_merged_as_in_plain_flask():
    app = make_app("/", "/a/b")
    app.server.add_url_rule("/api/x", "api", lambda: "x", methods=["GET"])
    app.server.add_url_rule("/post/x", "post", lambda: "x", methods=["POST"])
    app.server.add_url_rule("/slash/x/", "slash", lambda: "x")
    enable_true_404(app)
    for url, location in (("/a//b?q=1", "/a/b?q=1"), ("/api//x", "/api/x"), ("/slash//x", "/slash/x/")):
        answer = ask(app, url)
        assert answer.status == 308, url
        assert answer.headers["Location"] == "http://localhost" + location
    assert status(app, "/post//x") == status(plain_flask(app, {}), "/post//x") == 405
    assert by_method(app, "/zz//x") == UNKNOWN


def test_rules_that_redirect_stay_as_they_are():
    app, bare = make_app("/a"), make_app("/a")
    for server in (app.server, bare.server):
        server.add_url_rule("/old/", "old", redirect_to="/a")
    enable_true_404(app)
    for url in ("/old", "/old/"):
        assert by_method(app, url) == by_method(bare, url), url
        assert status(app, url) in (301, 302, 308), url


def test_slashes_are_merged_to_what_is_percent_encoded_again():
    app = make_true_app("/100%25/caf%C3%A9")
    assert ask(app, "/100%25//caf%C3%A9").headers["Location"] == "http://localhost/100%25/caf%C3%A9"


def test_a_websocket_handshake_is_answered_as_in_plain_flask():
    app = make_app("/a", "/a/b")
    app.server.add_url_rule("/api", "api", lambda: "x")
    enable_true_404(app)
    plain = plain_flask(app, {"/a": lambda: "page", "/a/b": lambda: "page"})
    handshake = {"Connection": "upgrade", "Upgrade": "websocket"}
    for url, method in itertools.product(("/a", "/api", "/zz", "/zz//a", "/a//b"), ("GET", "POST")):
        due = status(plain, url, method, headers=handshake)
        assert status(app, url, method, headers=handshake) == due, (url, method)


if hasattr(dash, "hooks"):  # they came with Dash 3.0

    def test_a_catch_all_from_dash_hooks_is_a_route_like_any(monkeypatch):
        monkeypatch.setitem(dash.hooks._ns, "routes", [])
        dash.hooks.route("hooked/<path:path>", methods=("POST",))(lambda path: path)
        app = make_true_app("/")
        assert by_method(app, "/hooked/x") == {**dict.fromkeys(METHODS, 405), "POST": 200, "OPTIONS": 200}
        assert by_method(app, "/zz") == UNKNOWN

    def test_routes_from_dash_hooks_stay_as_they_are(monkeypatch):
        monkeypatch.setitem(dash.hooks._ns, "routes", [])
        dash.hooks.route("hooked", methods=("GET", "POST"))(lambda: "hooked")
        assert by_method(make_true_app("/"), "/hooked") == {**FOUND, "POST": 200}


def test_pages_registered_replaced_and_removed_later_count_from_the_next_request_on(backend):
    app = app_on(backend, "/", "/a")
    enable_true_404(app)
    assert status(app, "/late") == 404
    register("/late")
    assert status(app, "/late") == 200
    register("/moved", module="m_47_late")
    assert (status(app, "/late"), status(app, "/moved")) == (404, 200)
    dash.page_registry.pop("m_47_late")
    assert status(app, "/moved") == 404
    dash.page_registry.pop("m_47_a")
    assert status(app, "/a") == 404


def test_pages_from_a_pages_folder(tmp_path, monkeypatch):
    folder = tmp_path / "pages"
    (folder / "sub").mkdir(parents=True)
    text = "import dash\nfrom dash import html\ndash.register_page(__name__{})\nlayout = html.Div()\n"
    (folder / "home.py").write_text(text.format(", path='/'"))
    (folder / "sub" / "deep_page.py").write_text(text.format(""))
    (folder / "item.py").write_text(text.format(", path_template='/item/<item_id>'"))
    (folder / "not_found_404.py").write_text(text.format(""))
    (folder / "_hidden.py").write_text(text.format(""))
    app = make_true_app(pages_folder=str(folder))
    assert {url: status(app, url) for url in ("/", "/sub/deep-page", "/item/1", "/item", "/hidden")} == {
        "/": 200,
        "/sub/deep-page": 200,
        "/item/1": 200,
        "/item": 404,
        "/hidden": 404,
    }
    assert status(app, "/not-found-404") == 404


def test_a_doubled_slash_within_a_page_is_taken_out_as_for_a_route():
    app = make_true_app("/", "/a/b")
    assert by_method(app, "/a//b") == {**dict.fromkeys(METHODS, 405), **dict.fromkeys(("GET", "HEAD", "OPTIONS"), 308)}
