"""What gunicorn and uvicorn take, the commands take: each Dash app in it is found, below its mount."""

from __future__ import annotations

import functools
import importlib
import json
import sys

import dash
import flask
import pytest
from a2wsgi import WSGIMiddleware
from click.testing import CliRunner
from dash import html
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from dash_true404 import enable_true_404
from dash_true404.cli import main
from dash_true404.diagnostics.client import Client
from dash_true404.diagnostics.find_apps import FoundApp, choose_app, find_apps, is_application
from dash_true404.diagnostics.load import LoadError, load_apps
from dash_true404.diagnostics.settings import Visitor

from ..apps import app_on, make_app, register


def mounted_app(prefix, *paths, backend="flask"):
    """Return an app that is made to be mounted."""
    return app_on(backend, *paths, requests_pathname_prefix=prefix, routes_pathname_prefix="/")


def where(thing):
    return [(found.app, found.mount, found.prefix) for found in find_apps(thing)]


class Holder:
    """As Vizro's dashboard is: it holds the app, and hands requests on."""

    def __init__(self, app):
        self.dash = app
        self.__name = "holder"

    def __call__(self, environ, start_response):
        return self.dash.server(environ, start_response)


class Silent:
    """Holds the app, and is nothing that a server could call."""

    def __init__(self, app):
        self.app = app


def test_an_object_that_holds_an_app_is_taken():
    app = make_app("/a")
    enable_true_404(app)
    holder = Holder(app)
    assert find_apps(holder) == [FoundApp(app, holder)]
    assert find_apps(Silent(app)) == [FoundApp(app, app.server)]
    with Client(app, application=holder) as client:
        assert [client.ask(url).status_code for url in ("/a", "/b")] == [200, 404]


def test_a_server_has_all_of_its_apps(backend):
    app = app_on(backend)
    assert where(app.server) == [(app, "", "/")]
    if backend == "quart":  # where Dash has one app only
        return
    other = dash.Dash("other", server=app.server, url_base_pathname="/other/")
    assert where(app.server) == [(app, "", "/"), (other, "", "/other/")]
    assert where(app) == [(app, "", "/")]


def test_a_dispatcher_has_each_app_below_its_mount():
    site = flask.Flask("site")
    shop, cellar = mounted_app("/shop/"), mounted_app("/shop/cellar/")
    dispatcher = DispatcherMiddleware(site, {"/shop": shop.server, "/shop/cellar": ProxyFix(cellar.server)})
    assert where(dispatcher) == [(shop, "/shop", "/shop/"), (cellar, "/shop/cellar", "/shop/cellar/")]
    site.wsgi_app = DispatcherMiddleware(site.wsgi_app, {"/shop": shop.server})
    assert where(site) == [(shop, "/shop", "/shop/")]
    assert where(DispatcherMiddleware(site, {"/plain": make_app().server}))[-1][1:] == ("/shop", "/shop/")


@pytest.mark.asgi
def test_starlettes_mounts_have_each_app_below_its_mount():
    fastapi, starlette = importlib.import_module("fastapi"), importlib.import_module("starlette.applications")
    routing = importlib.import_module("starlette.routing")
    shop, cellar = mounted_app("/shop/"), mounted_app("/cellar/", backend="fastapi")
    server = fastapi.FastAPI()
    server.mount("/shop", WSGIMiddleware(shop.server))
    assert where(server) == [(shop, "/shop", "/shop/")]
    outer = starlette.Starlette(routes=[routing.Mount("/deep", routes=[routing.Mount("/cellar", cellar.server)])])
    assert where(outer) == [(cellar, "/deep/cellar", "/deep/cellar/cellar/")]


@pytest.mark.asgi
def test_a_session_is_that_of_what_the_app_is_mounted_on():
    fastapi, responses = importlib.import_module("fastapi"), importlib.import_module("starlette.responses")
    sessions, shop = importlib.import_module("starlette.middleware.sessions"), mounted_app("/shop/", "/", "/cart")
    enable_true_404(shop)
    server = fastapi.FastAPI()
    server.mount("/shop", WSGIMiddleware(shop.server))

    @server.middleware("http")
    async def needs_user(request, call_next):
        return await call_next(request) if "user" in request.session else responses.RedirectResponse("/login")

    server.add_middleware(sessions.SessionMiddleware, secret_key="secret")
    (found,) = find_apps(server)
    visitor = Visitor(login="tests.login_apps:set_user")
    with Client(found.app, application=found.application, mount=found.mount) as client:
        assert client.ask("/cart").location == "/login"
    with Client(found.app, visitor, application=found.application, mount=found.mount) as client:
        assert [client.ask(url).status_code for url in ("/", "/cart", "/nope")] == [200, 200, 404]


def test_functions_and_middleware_hand_on():
    app = make_app()
    server = app.server

    def closure(environ, start_response):
        return server(environ, start_response)

    def waiting(environ, start_response):
        return later(environ, start_response)

    assert where(closure) == [(app, "", "/")]
    assert where(functools.partial(Holder.__call__, Holder(app))) == [(app, "", "/")]
    assert where(Holder(app).__call__) == [(app, "", "/")]
    assert where(waiting) == []
    later = server
    assert where(waiting) == [(app, "", "/")]


def test_proxies_for_a_request_are_passed_over():
    app = make_app()

    def application(environ, start_response):
        print(flask.request, flask.current_app)
        return flask.request.app(environ, start_response) or app.server(environ, start_response)

    proxied = Silent(app)
    proxied.first = flask.request
    assert where(application) == where(proxied) == [(app, "", "/")]


def test_what_is_far_inside_is_not_looked_for():
    app = make_app()
    inside = functools.reduce(lambda thing, _: Silent(thing), range(20), app)
    assert find_apps(inside) == []


def test_an_app_is_chosen_by_its_prefix():
    shop, cellar = mounted_app("/shop/"), mounted_app("/shop/cellar/")
    apps = [FoundApp(shop, None, "/shop"), FoundApp(cellar, None, "/shop/cellar")]
    assert [choose_app(apps, path) for path in ("/shop", "/shop/a", "/shop/cellar/", "/shop/cellar")] == [
        apps[0],
        apps[0],
        apps[1],
        apps[1],
    ]
    assert choose_app(apps, "/shopping") is None
    below = FoundApp(dash.Dash("b", url_base_pathname="/b/"), None, "/site")
    assert choose_app([home := FoundApp(make_app(), None), *apps, below], "/site/about") is below
    assert choose_app([home, *apps, below], "/sites") is home
    home = FoundApp(make_app(), None)
    assert choose_app([home, *apps], "/shopping") is home
    assert choose_app([FoundApp(dash.Dash("b", url_base_pathname="/b/"), None)], "/a") is not None


def _untold():
    pass


_untold.__signature__ = "not told"


@pytest.mark.parametrize(
    ("thing", "is_one"),
    [
        (lambda environ, start_response: None, True),
        (lambda scope, receive, send: None, True),
        (lambda: None, False),
        (lambda name="app", *, broken=False: None, False),
        (lambda *args: None, False),
        (Holder, False),
        (Holder(None), True),
        (functools.partial(lambda a, environ, start_response: None, 1), True),
        (type("AnyArguments", (), {"__call__": lambda self, *args, **options: None})(), True),
        (1, False),
        (dict.fromkeys, False),
        (_untold, False),
    ],
)
def test_an_application_takes_a_request(thing, is_one):
    assert is_application(thing) is is_one


MODULE = """
import flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from tests.apps import make_app, register
from tests.diagnostics.test_find_apps import Holder, mounted_app
from dash_true404 import enable_true_404

shop = mounted_app("/shop/", "/", "/cart")
enable_true_404(shop)
site = DispatcherMiddleware(flask.Flask("site"), {"/shop": shop.server})
holder = Holder(shop)
empty = Holder(None)

def application(environ, start_response):
    return holder(environ, start_response)
"""


@pytest.fixture
def module(write_module):
    write_module("mounted_module", MODULE)
    return "mounted_module"


def run(*arguments):
    result = CliRunner().invoke(main, arguments)
    return result.exit_code, result.output


@pytest.mark.parametrize("name", ["holder", "application", "shop"])
def test_the_commands_take_objects_and_functions(module, name):
    status, output = run("check", f"{module}:{name}")
    assert (status, "no findings" in output) == (0, True)
    assert run("explain", f"{module}:{name}", "/cart")[0] == 0
    assert load_apps(f"{module}:{name}")[0].app is sys.modules[module].shop


def test_an_object_is_never_to_be_called(module):
    with pytest.raises(LoadError) as raised:
        load_apps(f"{module}:empty")
    assert str(raised.value) == (
        "'mounted_module:empty' isn't a Dash app but an object of type Holder. There is no Dash app in it. Its module "
        "has mounted_module:shop."
    )


def test_a_mounted_app_is_asked_through_what_it_is_mounted_on(module):
    status, output = run("explain", f"{module}:site", "/shop/cart", "https://shop.example/shop/nope?x=1")
    assert status == 1
    assert "GET /cart: 200 (page)" in output
    assert "GET /nope?x=1: 404" in output
    assert output.count("Note: The Dash app is mounted at /shop, which is left out") == 1
    assert run("explain", f"{module}:site", "/shop/")[0] == 0
    status, output = run("explain", f"{module}:site", "/elsewhere")
    assert (status, output) == (2, "Error: /elsewhere is outside of all Dash apps here: /shop/\n")
    status, output = run("explain", f"{module}:site", "/shop/cart", "/elsewhere", "/shop/nope")
    assert status == 2
    assert [line for line in output.splitlines() if line.startswith("GET ")] == [
        "GET /cart: 200 (page)",
        "GET /nope: 404 (routing)",
    ]
    assert "Note: /elsewhere is outside of all Dash apps here: /shop/\n" in output
    status, output = run("check", f"{module}:site")
    assert (status, "no findings" in output) == (0, True)


def test_all_apps_of_a_server_are_checked_and_listed(tmp_path, monkeypatch):
    home = make_app(url_base_pathname="/home/")
    register("/", layout=html.Div())
    enable_true_404(home)
    other = dash.Dash("other", server=home.server, url_base_pathname="/other/")
    other.layout = html.Div()
    site = type(sys)("site_with_two")
    site.server = home.server
    monkeypatch.setitem(sys.modules, "site_with_two", site)
    status, output = run("check", "site_with_two:server")
    assert status == 1
    assert "site_with_two:server at /home/: no findings." in " ".join(output.split())
    assert "site_with_two:server at /other/: " in output
    status, output = run("check", "site_with_two:server", "--format", "json")
    assert [report["app"] for report in json.loads(output)] == [
        "site_with_two:server at /home/",
        "site_with_two:server at /other/",
    ]
    assert "::error" in run("check", "site_with_two:server", "--format", "github")[1]
    status, output = run("routes", "site_with_two:server")
    assert output.startswith("site_with_two:server at /home/\n\nPages\n")
    assert len(json.loads(run("routes", "site_with_two:server", "--format", "json")[1])) == 2
    assert "GET /other/: 200" in run("explain", "site_with_two:server", "/other/")[1]
    status, output = run("explain", "site_with_two:server", "/home/nope", "/other/")
    assert status == 1
    assert "GET /home/nope: 404" in output
    assert "GET /other/: 200" in output
