"""list_routes(): every URL that a server answers, and marks at what no visitor ever gets."""

import importlib
import json
import re
from pathlib import Path

import dash
import flask
import jsonschema
import pytest
from a2wsgi import WSGIMiddleware
from click.testing import CliRunner
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Response

from dash_true404 import enable_true_404
from dash_true404.cli import main
from dash_true404.diagnostics.client import Client
from dash_true404.diagnostics.explain import explain
from dash_true404.diagnostics.find_apps import find_apps
from dash_true404.diagnostics.routes import list_routes

from ..apps import app_on, make_app, make_true_app, register


def page_at(app, path):
    (line,) = [page for page in list_routes(app).pages if page.path == path]
    return line


def test_a_function_given_as_paths_is_told_of():
    app = make_app("/")
    enable_true_404(app, paths=lambda path: path == "/a")
    assert list_routes(app).all_others == (
        "All other URLs are 404, unless the function given as paths= says that they are pages."
    )
    assert explain(app, "/a").verdict.startswith("The page /a of paths= matches it")


@pytest.mark.parametrize("prefix", ["/", "/d/"])
def test_pages_and_rules_are_all_there_and_what_is_said_of_them_is_true(backend, prefix):
    app = app_on(backend, "/", "/a", url_base_pathname=prefix)
    register("/t/<x>", exists=lambda x: x == "1", module="pages.t")
    enable_true_404(app)
    with Client(app) as client:
        listing = list_routes(app, client)
        assert [(page.path, page.module, page.exists, page.problems) for page in listing.pages] == [
            (prefix, "m_47_", False, []),
            (f"{prefix}a", "m_47_a", False, []),
            (f"{prefix}t/<x>", "pages.t", True, []),
        ]
        rules = {rule.path: rule for rule in listing.rules}
        assert rules[f"{prefix}_dash-layout"].kind == "dash"
        assert "POST" in rules[f"{prefix}_dash-update-component"].methods
        for rule in listing.rules:
            if not re.search("[<{]", rule.path):
                expected = rule.kind != "websocket" and "GET" in rule.methods
                assert (client.ask(rule.path).status_code == 200) is expected
        assert client.ask("/no-such").status_code == 404
        below = "" if prefix == "/" else f" below {prefix}"
        assert listing.text().endswith(f"All other URLs{below} are 404.")


def test_redirects_are_with_their_pages(backend):
    app = app_on(backend, "/")
    register("/new", redirect_from=["/old", "/older"])
    enable_true_404(app)
    line = page_at(app, "/new")
    assert sorted((redirect.path, redirect.to, redirect.problem) for redirect in line.redirects) == [
        ("/old", "/new", None),
        ("/older", "/new", None),
    ]
    assert "/old" not in {rule.path for rule in list_routes(app).rules}


def test_a_redirect_into_nothing_is_marked():
    app = make_app("/", url_base_pathname="/d/")
    register("/new", redirect_from=["/old"])
    enable_true_404(app)
    with Client(app) as client:
        found = list_routes(app, client)
        redirects = [*found.lost_redirects, *(r for page in found.pages for r in page.redirects)]
        (redirect,) = redirects
        assert (client.ask(redirect.to).status_code == 404) is bool(redirect.problem)
        assert bool(redirect.problem) is (redirect.to == "/d/d/new")  # as some versions of Dash 4 write it


def test_a_redirect_to_a_page_that_was_taken_out_is_marked():
    app = make_app("/")
    register("/new", redirect_from=["/old"])
    enable_true_404(app)
    dash.page_registry.pop("m_47_new")
    (redirect,) = list_routes(app).lost_redirects
    assert redirect == ("/old", "/new", "no page and no rule is at /new")
    assert "/old  /new ! no page and no rule is at /new" in list_routes(app).text()


def test_a_redirect_to_a_placeholder_is_marked():
    app = make_app("/")
    register("/t/<x>", redirect_from=["/old"])
    enable_true_404(app)
    (redirect,) = page_at(app, "/t/<x>").redirects
    assert redirect.to == "/t/none"
    assert "placeholder" in redirect.problem


@pytest.mark.parametrize(("path", "better"), [("/café", "/caf%C3%A9"), ("/a b/<x>", "/a%20b/<x>")])
def test_a_page_that_no_browser_can_reach_is_marked(path, better):
    app = make_true_app("/", path, better.replace("<x>", "<y>"))
    assert page_at(app, path).problems == [f"no browser can reach it: register {better} instead"]
    assert page_at(app, better.replace("<x>", "<y>")).problems == []


def test_duplicates_and_pages_behind_a_template_are_marked():
    app = make_app("/", "/a", "/t/<x>", "/t/new")
    register("/a", module="z_again")
    register("/t/<other>", module="other")
    enable_true_404(app)
    first, second = [page for page in list_routes(app).pages if page.path == "/a"]
    assert first.problems == []
    assert second.problems == ["a duplicate of page 'm_47_a': Dash fails over that at its first request"]
    assert page_at(app, "/t/<x>").problems == []
    behind = "never drawn: page 'm_47_t_47__60_x_62_' (/t/<x>) matches it first"
    assert page_at(app, "/t/new").problems == [behind]
    assert page_at(app, "/t/<other>").problems == [behind]


def test_a_page_behind_a_rule_is_marked():
    app = make_true_app("/", "/a")
    app.server.add_url_rule("/a", "mine", lambda: "x")
    assert page_at(app, "/a").problems == ["never reached: the rule /a (mine) matches it first"]


def test_the_not_found_page_is_no_page():
    app = make_true_app("/", not_found_page=True)
    assert [page.path for page in list_routes(app).pages] == ["/"]


def test_paths_are_pages_without_a_module():
    app = make_app(use_pages=False)
    enable_true_404(app, paths=["/", "/r/<year>"])
    assert [(page.path, page.module, page.problems) for page in list_routes(app).pages] == [
        ("/", None, []),
        ("/r/<year>", None, []),
    ]


def test_blueprints_and_mounts_are_listed():
    app = make_app("/")
    blueprint = flask.Blueprint("api", __name__, url_prefix="/api")
    blueprint.add_url_rule("/send", "send", lambda: "x", methods=["POST"])
    app.server.register_blueprint(blueprint)
    enable_true_404(app)
    app.server.wsgi_app = DispatcherMiddleware(app.server.wsgi_app, {"/other": Response("theirs")})
    rules = {rule.path: rule for rule in list_routes(app).rules}
    assert rules["/api/send"][1:5] == (("POST", "OPTIONS"), "api.send", "route", "api")
    assert rules["/other/<path:path>"].kind == "mount"
    assert re.search(r"^api\.send +POST +/api/send$", list_routes(app).text(), re.M)


if hasattr(dash, "hooks"):  # they came with Dash 3.0

    def test_routes_from_dash_hooks_are_routes(monkeypatch):
        monkeypatch.setitem(dash.hooks._ns, "routes", [])
        for name in ("hooked", "hooked/<path:path>"):
            dash.hooks.route(name)(lambda path="": path)
        kinds = {rule.path: rule.kind for rule in list_routes(make_true_app("/")).rules}
        assert kinds["/hooked"] == kinds["/hooked/<path:path>"] == "route"


@pytest.mark.asgi
def test_fastapi_routers_and_mounts_are_listed():
    import fastapi

    app = app_on("fastapi", "/")
    outer, inner, sub = fastapi.APIRouter(prefix="/api"), fastapi.APIRouter(prefix="/in"), fastapi.FastAPI()
    inner.add_api_route("/{n}", lambda n: n, methods=["PUT"], name="inner")
    sub.add_api_route("/hello", lambda: 1, name="hello")
    outer.include_router(inner)
    app.server.include_router(outer, prefix="/v1")
    app.server.mount("/sub", sub)
    enable_true_404(app)
    rules = {rule.path: rule for rule in list_routes(app).rules}
    assert rules["/v1/api/in/{n}"][1:4] == (("PUT",), "inner", "route")
    assert rules["/sub/hello"].endpoint == "hello"
    assert rules["/sub/{path:path}"].kind == "mount"
    assert "/{path:path}" not in rules  # Dash's, and ours


def test_soft_404s_are_told(backend):
    assert "are 200 (no enable_true_404(app)): soft 404s" in list_routes(app_on(backend, "/")).text()
    app = app_on(backend, "/")
    enable_true_404(app, report_only=True)
    assert "are 200 (report_only=True): soft 404s" in list_routes(app).text()


@pytest.fixture
def command(write_module):
    """Run the command line on a module named market, as its users do."""
    write_module(
        "market",
        "import dash\nfrom dash_true404 import enable_true_404\n"
        "app = dash.Dash(__name__, use_pages=True, pages_folder='')\n"
        "app.layout = dash.page_container\n"
        "dash.register_page('about', path='/about', layout='x', redirect_from=['/who'])\n"
        "dash.register_page('late', path='/about', layout='x')\n"
        "enable_true_404(app)\nearly = dash.Dash(__name__, server=False)\n",
    )
    return lambda *args: CliRunner().invoke(main, ["routes", *args])


def test_the_command_prints_tables_of_80_columns(command):
    result = command("market:app")
    assert result.exit_code == 0
    assert max(map(len, result.output.splitlines())) <= 80
    assert "/about  late ! a duplicate of page 'about'" in result.output
    assert "/who  /about" in result.output
    assert "\x1b" not in result.output


def test_the_command_prints_json(command):
    found = json.loads(command("market:app", "--format", "json").output)
    schema = Path(list_routes.__code__.co_filename).parent / "schemas" / "routes.json"
    jsonschema.validate(found, json.loads(schema.read_text("utf-8")), jsonschema.Draft202012Validator)
    about, late = found["pages"]
    assert about["redirects"] == [{"path": "/who", "to": "/about", "problem": None}]
    assert late["problems"][0].startswith("a duplicate")
    layout = next(rule for rule in found["rules"] if rule["path"] == "/_dash-layout")
    assert layout.pop("problem") is None
    assert layout == {
        "path": "/_dash-layout",
        "methods": ["GET", "HEAD", "OPTIONS"],
        "endpoint": "/_dash-layout",
        "kind": "dash",
        "blueprint": None,
    }


@pytest.mark.parametrize("name", ["no_such:app", "market:no_such", "market:dash", "market", "market:early"])
def test_the_command_ends_with_2_and_one_message(command, name):
    result = command(name)
    assert result.exit_code == 2
    assert result.output.count("Error: ") == 1
    assert "Traceback" not in result.output


def test_a_redirect_behind_a_guard_is_marked():
    app = make_app("/")
    register("/new", redirect_from=["/old"])
    enable_true_404(app)
    app.server.before_request(lambda: ("log in", 401))
    (redirect,) = list_routes(app).lost_redirects
    assert (redirect.path, redirect.to, redirect.problem) == ("/old", None, "it answers 401, and leads nowhere")


def test_a_template_that_does_not_match_itself_is_marked():
    app = make_true_app("/", "/f[0]/<x>")
    assert page_at(app, "/f[0]/<x>").problems == ["not matched by its own URL"]


@pytest.mark.asgi
def test_a_route_of_an_unknown_kind_is_passed_over():
    from starlette.routing import BaseRoute, Match

    class Silent(BaseRoute):
        def matches(self, scope):
            return Match.NONE, {}

    app = app_on("fastapi", "/")
    before = list_routes(app).rules
    app.server.router.routes.append(Silent())
    assert list_routes(app).rules == before


def test_a_rule_that_dashs_own_hide_is_marked(backend):
    app = app_on(backend, "/home")
    enable_true_404(app)
    if backend == "fastapi":
        app.server.add_api_route("/", lambda: "mine", name="mine")
    else:
        app.server.add_url_rule("/", "mine", lambda: "mine")
    app.server.add_url_rule("/ok", "ok", lambda: "ok") if backend != "fastapi" else None
    listing = list_routes(app)
    rules = {rule["endpoint"]: rule["problem"] for rule in listing.as_dict()["rules"]}
    hidden = "never reached: Dash's own rules match its URLs first"
    assert rules["mine"] == (None if explain(app, "/").layer == "route" else hidden)
    assert (f"/ ! {hidden[:13]}" in listing.text()) is (rules["mine"] is not None)
    assert rules.get("ok") is None


def test_a_broad_rule_that_dashs_catch_all_hides_is_told():
    server = flask.Flask("site")
    server.add_url_rule("/<path:p>", "site", lambda p: p)
    app = make_app("/", server=server, url_base_pathname="/dash/")
    enable_true_404(app)
    assert list_routes(app).all_others == (
        "All other URLs below /dash/ are 404. There the rule /<path:p> (site) is never reached, because Dash's "
        "catch-all comes first."
    )


def mount_by_werkzeug(app):
    return DispatcherMiddleware(flask.Flask("site"), {"/shop": app.server})


def mount_on_starlette(app):
    site = importlib.import_module("starlette.applications").Starlette()
    site.mount("/shop", WSGIMiddleware(app.server))
    return site


@pytest.mark.parametrize("mount", [mount_by_werkzeug, pytest.param(mount_on_starlette, marks=pytest.mark.asgi)])
def test_below_a_mount_urls_are_those_that_browsers_ask_for(mount):
    app = make_app("/", "/trips", requests_pathname_prefix="/shop/", routes_pathname_prefix="/")
    register("/new", redirect_from=["/old"])
    app.server.add_url_rule("/api", "api", lambda: "api")
    app.server.add_url_rule("/<path:anything>", "hidden", lambda anything: anything)
    enable_true_404(app)
    (found,) = find_apps(mount(app))
    with Client(app, application=found.application, mount=found.mount) as client:
        listing = list_routes(app, client)
    assert [page.path for page in listing.pages] == ["/shop/", "/shop/new", "/shop/trips"]
    rules = {rule["path"]: rule["problem"] for rule in listing.as_dict()["rules"]}
    assert all(path.startswith("/shop/") for path in rules)
    assert rules["/shop/api"] is None
    assert rules["/shop/<path:anything>"].startswith("never reached")
    redirects = [*listing.lost_redirects, *(redirect for page in listing.pages for redirect in page.redirects)]
    urls = [*(page.path for page in listing.pages), *(path for path in rules if "<" not in path)]
    with Client(app, application=found.application) as visitor:
        # Dash-update-component accepts POST only.
        assert {url for url in urls if visitor.ask(url).status_code != 200} == {"/shop/_dash-update-component"}
        for redirect in redirects:
            location = visitor.ask(redirect.path).location
            assert redirect.to == location
            is_there = visitor.ask(location).status_code == 200 and not location.startswith("/shop/shop/")
            assert (redirect.problem is None) is is_there
    assert listing.all_others.startswith("All other URLs below /shop/ are 404. There the rule /<path:anything>")
    assert "Browsers ask for" not in listing.all_others


def test_soft_404s_are_below_the_mount():
    app = make_app("/", requests_pathname_prefix="/shop/", routes_pathname_prefix="/")
    with Client(app, application=mount_by_werkzeug(app), mount="/shop") as client:
        assert list_routes(app, client).all_others == (
            "All other URLs below /shop/ are 200 (no enable_true_404(app)): soft 404s."
        )


def test_a_redirect_out_of_the_app_is_not_below_its_mount():
    app = make_app("/", requests_pathname_prefix="/shop/", routes_pathname_prefix="/")
    register("/new", redirect_from=["/old"])
    enable_true_404(app)
    app.server.before_request(lambda: flask.redirect("/login") if "old" in flask.request.path else None)
    (found,) = find_apps(mount_by_werkzeug(app))
    with Client(app, application=found.application, mount=found.mount) as client:
        (redirect,) = list_routes(app, client).lost_redirects
    assert redirect[1:] == ("/login", "no page and no rule is at /login")


@pytest.mark.parametrize("prefix", ["/", "/d/"])
@pytest.mark.parametrize("mount", [mount_by_werkzeug, pytest.param(mount_on_starlette, marks=pytest.mark.asgi)])
def test_an_app_that_is_not_made_for_its_mount_is_told_how(mount, prefix):
    def list_mounted(**prefixes):
        app = make_true_app("/", **prefixes)
        (found,) = find_apps(mount(app))
        with Client(app, application=found.application, mount=found.mount) as client:
            return list_routes(app, client).all_others

    text = list_mounted(url_base_pathname=prefix)
    assert (
        f"It is mounted at /shop, and made with requests_pathname_prefix={prefix!r}: browsers ask for {prefix} where "
        f"it is at /shop{prefix}."
    ) in text
    assert text.endswith("If a proxy in front changes the prefix, that is meant.")
    requests, routes = re.search("Make it with requests_pathname_prefix='(.*)' and routes_.*='(.*)'", text).groups()
    assert list_mounted(requests_pathname_prefix=requests, routes_pathname_prefix=routes) == (
        f"All other URLs below /shop{prefix} are 404."
    )


def test_a_mounted_app_behind_a_proxy():
    app = make_true_app("/", requests_pathname_prefix="/p/shop/", routes_pathname_prefix="/")
    with Client(app, application=mount_by_werkzeug(app), mount="/shop") as client:
        assert list_routes(app, client).all_others == (
            "All other URLs below /shop/ are 404. Browsers ask for /p/shop/ where it says /shop/: the app is made for "
            "a proxy that changes the prefix."
        )


def test_what_a_proxy_changes_is_said_once():
    app = make_true_app("/", "/a", requests_pathname_prefix="/p/q/", routes_pathname_prefix="/q/")
    assert list_routes(app).all_others == (
        "All other URLs below /q/ are 404. Browsers ask for /p/q/ where it says /q/: the app is made for a proxy that "
        "changes the prefix."
    )
