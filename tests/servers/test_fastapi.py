"""What is FastAPI's own: middleware, dependencies, handlers, routers, templates and websockets."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import functools
import logging
import sys

import dash
import pytest
import wrapt
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response, WebSocket
from fastapi.dependencies.utils import get_parameterless_sub_dependant
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.routing import Match, Route

from dash_true404 import IN_APP, enable_true_404
from dash_true404.dash_internals.index_page import current_request
from dash_true404.diagnostics.routes import list_routes
from dash_true404.servers.fastapi_routes import dashs_bundles, dashs_index, is_catch_all

from .. import apps
from ..apps import make_app, register
from ..client import METHODS, ask, ask_all, receive_text, statuses

BUILT_IN = b"This page does not exist"
URLS = ("/", "/a", "/zz", "/t/1", "/t")
AUTH = {"x-user": "me"}


app_with = functools.partial(apps.app_with, backend="fastapi")


@pytest.mark.parametrize("when", ["before", "after"])
def test_middleware_answers_known_and_unknown_urls_alike(when):
    def add(app):
        @app.server.middleware("http")
        async def guard(request, call_next):
            return await call_next(request) if "x-user" in request.headers else PlainTextResponse("who?", 401)

    app = app_with(add, when)
    for method in METHODS:
        assert {a.status for a in ask_all(app.server, [(url, method) for url in URLS])} == {401}
    assert statuses(app, *URLS, headers=AUTH) == [200, 200, 404, 200, 404]


@pytest.mark.parametrize("page", [None, IN_APP])
@pytest.mark.parametrize("lifespan", [True, False])
def test_the_apps_dependencies_answer_known_and_unknown_urls_alike(page, lifespan):
    runs = []

    async def guard(request: Request):
        runs.append(request.url.path)
        if "x-user" not in request.headers:
            raise HTTPException(401)

    app = app_with(lambda app: None, page=page, server=FastAPI(dependencies=[Depends(guard)]))
    for method in METHODS:
        answers = ask_all(app.server, [(url, method) for url in URLS], lifespan=lifespan)
        # Other methods never meet a dependency, so they tell nothing.
        assert {a.status for a in answers} == {401 if method == "GET" else 405}
    runs.clear()
    assert statuses(app, *URLS, headers=AUTH, lifespan=lifespan) == [200, 200, 404, 200, 404]
    assert runs == list(URLS)


def test_a_guard_in_the_index_of_the_app_answers_known_and_unknown_urls_alike():
    def guard(app):
        index = app.index

        def guarded(*args, **kwargs):
            if "x-user" not in app.backend.request_adapter().headers:
                raise HTTPException(401)
            return index(*args, **kwargs)

        app.index = guarded

    app = app_with(guard)
    for method in METHODS:
        answers = ask_all(app.server, [(url, method) for url in URLS])
        assert {answer.status for answer in answers} == {401 if method == "GET" else 405}
    assert statuses(app, *URLS, headers=AUTH) == [200, 200, 404, 200, 404]


def test_several_apps_on_one_server():
    """On Quart, Dash itself cannot: the endpoints of its websockets clash."""
    one = make_app("/", "/a", backend="fastapi", url_base_pathname="/one/")
    two = dash.Dash("two", server=one.server, use_pages=True, pages_folder="", url_base_pathname="/two/")
    two.layout = dash.html.Div(dash.page_container)
    enable_true_404(one)
    enable_true_404(two)
    urls = ("/one/", "/one/a", "/one/zz", "/two/", "/two/a", "/two/zz", "/zz")
    assert statuses(one, *urls) == [200, 200, 404, 200, 200, 404, 404]


def test_an_app_below_another_is_asked_for_its_own_pages():
    inner = make_app("/a", backend="fastapi", requests_pathname_prefix="/in/", routes_pathname_prefix="/")
    enable_true_404(inner)
    outer = dash.Dash("outer", backend="fastapi", use_pages=True, pages_folder="")
    outer.layout = dash.page_container
    outer.server.mount("/in", inner.server)
    enable_true_404(outer)
    answers = ask_all(outer.server, [(url, "GET") for url in ("/a", "/zz", "/in/a", "/in/zz", "/in/in/a")])
    assert [answer.status for answer in answers] == [200, 404, 200, 404, 404]


def test_mounted_in_a_bigger_app_its_pages_are_found_which_plain_dash_loses():
    for enabled, expected in ((False, [200, 404, 404, 404]), (True, [200, 200, 404, 404])):
        dash.page_registry.clear()
        app = make_app("/", "/a", backend="fastapi", url_base_pathname="/dash/")
        if enabled:
            enable_true_404(app)
        bigger = FastAPI()
        bigger.mount("/", app.server)
        answers = ask_all(bigger, [(url, "GET") for url in ("/dash/", "/dash/a", "/dash/zz", "/zz")])
        assert [answer.status for answer in answers] == expected


def who():
    raise HTTPException(401)


class WhoRoute(APIRoute):
    def get_route_handler(self):
        return lambda _: who()


def assign(router):
    router.dependencies = [Depends(who)]


def append(router):
    router.dependencies.append(Depends(who))


def set_class(router):
    router.route_class = WhoRoute


@pytest.mark.parametrize("change", [assign, append, set_class])
@pytest.mark.parametrize("when", ["before", "after"])
def test_guards_that_the_router_gets_late_are_those_of_dashs_catch_all_only(change, when):
    app = app_with(lambda app: change(app.server.router), when)
    assert statuses(app, *URLS) == [200, 401, 401, 401, 401]  # Dash's index has been there before
    assert {ask(app.server, url, "POST").status for url in URLS} == {405}


def test_guards_that_change_while_it_runs_count_for_the_next_request():
    app = app_with(lambda app: append(app.server.router))
    assert statuses(app, "/a", lifespan=False) == [401]
    app.server.router.dependencies.clear()
    assert statuses(app, "/a", "/zz", lifespan=False) == [200, 404]


def test_a_dependency_can_be_overridden_in_tests():
    async def guard():
        raise HTTPException(401)

    server = FastAPI(dependencies=[Depends(guard)])
    app = app_with(lambda app: None, server=server)
    assert statuses(app, "/zz") == [401]
    server.dependency_overrides[guard] = lambda: None
    assert statuses(app, "/zz", "/a") == [404, 200]


def test_exists_is_asked_after_the_dependencies():
    asked = []

    async def guard(request: Request):
        if "x-user" not in request.headers:
            raise HTTPException(401)

    app = make_app("/", server=FastAPI(dependencies=[Depends(guard)]))
    register("/t/<x>", exists=lambda x: asked.append(x) or x == "1")
    enable_true_404(app)
    assert statuses(app, "/t/1") == [401]
    assert asked == []
    assert statuses(app, "/t/1", "/t/2", headers=AUTH) == [200, 404]


@pytest.mark.parametrize("when", ["before", "after"])
def test_routes_routers_and_mounts_of_the_users_stay_as_they_are(when):
    def add(app):
        router = APIRouter(prefix="/shop")
        router.add_api_route("/{n:int}", lambda n: n, methods=["GET", "PUT"])
        router.add_api_route("/all/", lambda: "all")
        app.server.include_router(router)
        app.server.add_api_route("/api", lambda: "api")
        other = FastAPI()
        other.add_api_route("/x", lambda: "x")
        app.server.mount("/other", other)

    app = app_with(add, when)
    plain = FastAPI()
    add(type("App", (), {"server": plain}))
    urls = [
        "/shop/1",
        "/shop/x",
        "/shop/all/",
        "/shop/all",
        "/api",
        "/api/",
        "/other/x",
        "/other/zz",
        "/docs",
        "/docs/",
    ]
    urls += ["/redoc", "/nope"]
    questions = [(url, method) for url in urls for method in METHODS]
    for question, ours, theirs in zip(
        questions, ask_all(app.server, questions), ask_all(plain, questions), strict=True
    ):
        assert ours.status == theirs.status, question
        assert ours.headers.get("location") == theirs.headers.get("location"), question
        assert set(ours.headers.get("allow", "").split(", ")) == set(theirs.headers.get("allow", "").split(", "))


def test_the_schema_is_that_of_the_users_routes():
    app = app_with(lambda app: app.server.add_api_route("/api", lambda: "api"))
    assert list(app.server.openapi()["paths"]) == ["/api"]
    assert b"swagger" in ask(app.server, "/docs").body


def test_a_route_of_the_users_for_the_same_url_keeps_its_turn():
    bare = make_app("/", "/a", backend="fastapi")
    bare.server.add_api_route("/a", lambda: "mine")
    assert b"mine" in ask(bare.server, "/a").body
    dash.page_registry.clear()
    app = app_with(lambda app: app.server.add_api_route("/a", lambda: "mine"))
    assert b"mine" in ask(app.server, "/a").body


def test_those_who_list_the_routes_find_names_and_paths():
    app = app_with(lambda app: None)
    assert all(route.path and route.name for route in app.server.routes)
    assert app.server.url_path_for("openapi") == "/openapi.json"


@pytest.mark.parametrize("error", [404, StarletteHTTPException])
@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("everywhere", [True, False])
def test_the_users_own_handler_wins(error, is_async, when, everywhere):
    async def handler(request, error):
        return JSONResponse({"mine": error.status_code}, error.status_code)

    def plain(request, error):
        return JSONResponse({"mine": error.status_code}, error.status_code)

    app = make_app("/", backend="fastapi")
    if when == "before":
        app.server.add_exception_handler(error, handler if is_async else plain)
    enable_true_404(app, everywhere=everywhere)
    if when == "after":
        app.server.add_exception_handler(error, handler if is_async else plain)
    app.server.add_api_route("/gone", missing)
    for url in ("/zz", "/gone"):
        answer = ask(app.server, url)
        assert (answer.status, answer.body) == (404, b'{"mine":404}')


def missing():
    raise HTTPException(404, "no such item", headers={"X-Item": "1"})


def test_other_404s_keep_what_they_say_unless_everywhere():
    for everywhere in (False, True):
        dash.page_registry.clear()
        app = make_app("/", backend="fastapi")
        app.server.add_api_route("/gone", missing)
        enable_true_404(app, everywhere=everywhere)
        answer = ask(app.server, "/gone")
        assert (BUILT_IN in answer.body) == everywhere
        assert (b"no such item" in answer.body) != everywhere
        assert (answer.status, answer.headers["x-item"]) == (404, "1")


def test_an_error_handler_for_any_exception_does_not_take_404s():
    app = app_with(lambda app: app.server.add_exception_handler(Exception, lambda r, e: PlainTextResponse("", 500)))
    assert statuses(app, "/zz", "/a") == [404, 200]


@pytest.mark.parametrize("where", ["state", "module"])
@pytest.mark.parametrize("is_async", [True, False])
def test_the_users_templates_are_rendered_with_what_they_give(tmp_path, monkeypatch, where, is_async):
    import jinja2

    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(tmp_path), enable_async=is_async)
    templates = Jinja2Templates(env=environment, context_processors=[lambda request: {"extra": request.method}])
    (tmp_path / "404.html").write_text("{{ home }} {{ extra }} {{ request.url.path }}")
    app = make_app("/", backend="fastapi", url_base_pathname="/dash/")
    if where == "state":
        app.server.state.templates = templates
    else:
        monkeypatch.setattr(sys.modules[app.config.name], "templates", templates, raising=False)
    enable_true_404(app)
    assert ask(app.server, "/dash/zz").body == b"/dash/ GET /dash/zz"
    (tmp_path / "404.html").write_text("edited")
    assert ask(app.server, "/dash/zz").body == b"edited"
    (tmp_path / "404.html").unlink()
    assert ask(app.server, "/dash/zz").body == b"edited"


def test_a_template_with_a_mistake_is_refused(tmp_path):
    (tmp_path / "404.html").write_text("{% broken")
    app = make_app("/", backend="fastapi")
    app.server.state.templates = Jinja2Templates(tmp_path)
    with pytest.raises(ValueError, match="isn't a valid Jinja template"):
        enable_true_404(app)
    with pytest.raises(FileNotFoundError, match=str(tmp_path)):
        enable_true_404(app, "nowhere.html")


def test_websockets_work_as_without_us():
    def add(app):
        @app.server.websocket("/echo")
        async def echo(socket: WebSocket):
            await socket.accept()
            await socket.send_text("hello")
            await socket.close()

    for when in ("before", "after"):
        dash.page_registry.clear()
        app = app_with(add, when)
        assert asyncio.run(receive_text(app.server, "/echo")) == "hello"
        assert asyncio.run(receive_text(app.server, "/zz")) is None
    assert statuses(app, "/echo") == [404]


def test_after_the_start_is_too_late():
    app = make_app("/", backend="fastapi")
    ask(app.server, "/")
    with pytest.raises(RuntimeError, match="after the server's first request"):
        enable_true_404(app)


def test_dash_4_3_0_is_refused(monkeypatch):
    monkeypatch.setattr(dash, "__version__", "4.3.0")
    with pytest.raises(RuntimeError, match="Update Dash"):
        enable_true_404(make_app("/", backend="fastapi"))


def test_below_a_mount_of_another_fastapi_app():
    app = make_app("/", "/caf%C3%A9", backend="fastapi", requests_pathname_prefix="/dash/", routes_pathname_prefix="/")
    enable_true_404(app)
    outer = FastAPI()
    outer.mount("/dash", app.server)
    answers = ask_all(
        outer, [(url, "GET") for url in ("/dash/", "/dash/caf%C3%A9", "/dash/zz", "/zz", "/dash/caf%c3%a9")]
    )
    assert [a.status for a in answers] == [200, 200, 404, 404, 404]
    assert [BUILT_IN in a.body for a in answers] == [False, False, True, False, True]


def test_dash_tells_its_index_page_the_request_by_a_private_name():
    """If this fails, Dash has renamed what router.current_request relies on."""
    request = Request({"type": "http", "headers": [], "method": "GET", "path": "/"})
    app = make_app("/", backend="fastapi")
    with current_request(request):
        assert app.backend.request_adapter().path == "/"
    with pytest.raises(RuntimeError):
        app.backend.request_adapter()


def test_dashs_routes_are_where_we_look_for_them():
    """If this fails, Dash has changed what the adapter relies on: its index, its bundles and its late catch-all."""
    bare = make_app("/", "/a", backend="fastapi", url_base_pathname="/dash/")
    routes = bare.server.router.routes
    assert dashs_index(bare.server, "/dash/").methods == {"GET"}
    assert "{package_name}" in dashs_bundles(bare.server, "/dash/").path
    assert not any(map(is_catch_all, routes))
    assert statuses(bare, "/dash/", "/dash/a", "/zz", lifespan=False) == [200, 404, 404]
    bare.server.middleware_stack = None
    assert statuses(bare, "/dash/", "/dash/a", "/dash/zz", "/zz") == [200, 200, 200, 200]
    assert is_catch_all(routes[-1])


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_routes_take_by_more_than_their_path_is_left_to_them(when, tmp_path):
    class AnyShop(Route):
        def matches(self, scope):
            return (Match.FULL, {}) if scope["path"].endswith(".shop") else (Match.NONE, {})

    async def answer(request):
        return PlainTextResponse("mine")

    router = APIRouter(prefix="/included")
    router.add_api_route("/{name}", lambda name: name)
    (tmp_path / "index.html").write_text("built")

    def add_shops(app):
        app.server.router.routes.insert(0, AnyShop("/never", answer))

    def add_router(app):
        app.server.include_router(router)

    def add_mount(app):
        app.server.mount("/files", StaticFiles(directory=tmp_path))

    def add_default(app):
        async def default(scope, receive, send):
            await PlainTextResponse("nobody", 418)(scope, receive, send)

        app.server.router.default = default

    assert statuses(app_with(add_shops, when), "/my.shop", "/zz") == [200, 404]
    assert statuses(app_with(add_router, when), "/included/x", "/included", "/zz") == [200, 404, 404]
    assert statuses(app_with(add_mount, when), "/files/index.html", "/files/zz", "/zz") == [200, 404, 404]
    assert statuses(app_with(add_default, when), "/zz", "/a") == [418, 200]


def test_a_frontend_answers_its_urls(tmp_path):
    """If this fails, FastAPI keeps the routes of frontend(), which are in no public list, under another name."""
    (tmp_path / "index.html").write_text("built")
    has_frontends = hasattr(FastAPI, "frontend")
    app = app_with(lambda app: app.server.frontend("/site", directory=tmp_path) if has_frontends else None)
    assert statuses(app, "/site/index.html", "/zz") == [200 if has_frontends else 404, 404]
    assert hasattr(app.server.router, "_low_priority_routes") == has_frontends


def test_a_route_that_is_added_while_the_server_runs_is_found():
    app = app_with(lambda app: None)

    @app.server.get("/add")
    async def add():
        app.server.add_api_route("/late/{name}", lambda name: name)

    assert statuses(app, "/late/x", "/add", "/late/x", "/zz") == [404, 200, 200, 404]


def test_a_login_form_in_place_of_the_index_is_the_answer_for_known_and_unknown_urls():
    def guard(app):
        index = app.index

        def guarded(*args, **kwargs):
            is_known = "x-user" in app.backend.request_adapter().headers
            return index(*args, **kwargs) if is_known else "log in"

        app.index = guarded

    app = app_with(guard)
    answers = ask_all(app.server, [(url, "GET") for url in URLS])
    assert {(answer.status, answer.body) for answer in answers} == {(200, b"log in")}
    assert statuses(app, *URLS, headers=AUTH) == [200, 200, 404, 200, 404]


def test_a_redirect_to_a_route_with_a_slash_is_reported_as_such(caplog):
    app = make_app("/", backend="fastapi")
    app.server.add_api_route("/users/", lambda: "x")
    enable_true_404(app, report_only=True)
    assert statuses(app, "/users") == [200]
    assert "Would be 307: GET /users (referrer: none)" in caplog.messages


def test_a_route_of_bundles_that_the_user_has_wrapped_stays_as_it_is():
    def wrap(app):
        bundles = dashs_bundles(app.server, "/")

        async def guarded(request: Request):
            return PlainTextResponse("no scripts today", 503)

        routes = app.server.router.routes
        routes[routes.index(bundles)] = Route(bundles.path, guarded)

    app = app_with(wrap, "before")
    assert statuses(app, "/_dash-component-suites/dash/x.js", "/a", "/zz") == [503, 200, 404]


def test_a_server_without_lifespan_is_as_bare_where_it_only_reports():
    questions = [("/api/y", "GET"), ("/api/x/", "POST"), ("/api/x", "GET"), ("/zz", "GET"), ("/zz", "POST")]

    def answers(**options):
        app = make_app("/", server=FastAPI())
        app.server.get("/api/y/")(lambda: "y")
        app.server.post("/api/x")(lambda: "x")
        if options:
            enable_true_404(app, **options)
        return [answer.status for answer in ask_all(app.server, questions, lifespan=False)]

    assert answers(report_only=True) == answers() == [307, 307, 405, 404, 404]


@pytest.mark.parametrize("when", ["before", "after"])
def test_who_asks_all_routes_finds_the_one_that_answers(when):
    """429 for routes that are exempt: slowapi takes the last route that is sure to be meant."""

    def add(app):
        app.server.post("/api")(lambda: "x")
        app.server.mount("/files", StaticFiles(directory="tests"))

    app = app_with(add, when)
    assert ask(app.server, "/api", "POST").status == 200
    for path, method in ("/api", "POST"), ("/files/x", "HEAD"), ("/files/x", "POST"):
        scope = {"type": "http", "path": path, "method": method, "root_path": "", "headers": []}
        sure = [route.path for route in app.server.routes if route.matches(dict(scope))[0] is Match.FULL]
        assert sure == [path.removesuffix("/x")]


def labels_of(server, path, method):
    """Return what the Prometheus instrumentator, and others that ask all routes, label a request with."""
    scope = {"type": "http", "path": path, "method": method, "root_path": "", "headers": []}
    matches = [(route.matches(dict(scope))[0], route.path) for route in server.routes]
    full = next((path for match, path in matches if match is Match.FULL), None)
    partial = [path for match, path in matches if match is Match.PARTIAL]
    return full, partial


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("prefix", ["/", "/dash/"])
def test_pages_and_wrong_methods_have_the_labels_that_plain_dash_gives_them(when, prefix):
    def add(app):
        app.server.get("/api/hello")(lambda: "x")
        app.server.get("/api/{item}")(lambda item: item)

    asked = [(f"{prefix}a", "GET"), (f"{prefix}a", "POST"), (f"{prefix}t/1", "GET"), (prefix, "GET"), (prefix, "POST")]
    asked += [(path, method) for path in ("/api/hello", "/api/1") for method in METHODS]
    bare = make_app("/", "/a", "/t/<x>", backend="fastapi", url_base_pathname=prefix)
    add(bare)
    ask(bare.server, "/")  # Dash adds its catch-all
    expected = [labels_of(bare.server, *question) for question in asked]
    dash.page_registry.clear()
    true = app_with(add, when, url_base_pathname=prefix)
    answers = ask_all(true.server, asked)
    for question, answer, (full, partial) in zip(asked, answers, expected, strict=True):
        full_of_ours, partial_of_ours = labels_of(true.server, *question)
        assert full_of_ours == full, question
        assert set(partial_of_ours) == set(partial) or full, question
        assert partial_of_ours[:1] == partial[:1] or full, question
        if question[0].startswith("/api") and question[1] != "GET":
            assert (answer.status, answer.allow) == (405, {"GET"}), question


def test_a_wrong_method_on_a_route_behind_dashs_own_names_the_methods_of_that_route():
    """Plain Dash answers in its place, and allows GET."""
    app = app_with(lambda app: None)
    app.server.get("/add")(lambda: app.server.post("/late")(lambda: "x") and "added")
    answers = ask_all(app.server, [("/add", "GET"), ("/late", "PUT"), ("/late", "POST"), ("/late", "GET")])
    assert [answer.status for answer in answers] == [200, 405, 200, 405]
    assert [answers[1].allow, answers[3].allow] == [{"POST"}, {"POST"}]


# What people do to Dash's own routes


def test_a_dependency_may_read_what_routes_of_fastapi_have():
    def guard(request: Request):
        if "admin" in request.scope["route"].tags:
            raise HTTPException(401)

    app = app_with(lambda app: None, server=FastAPI(dependencies=[Depends(guard)]))
    for lifespan in (True, False):
        assert statuses(app, *URLS, lifespan=lifespan) == [200, 200, 404, 200, 404]


def test_routes_can_be_copied():
    app = app_with(lambda app: None)
    copied = [copy.copy(route).path for route in app.server.routes]  # which asks for names that no route has
    assert copied == [route.path for route in app.server.routes]


async def refuse(scope, receive, send):
    await PlainTextResponse("who?", 401)(scope, receive, send)


def one_after_the_other(server):
    """Put two apps on a server, each with true 404s before the next one is made; the second has no pages of its own."""
    for prefix in ("/x/", "/y/"):
        app = make_app(url_base_pathname=prefix, server=server)
        enable_true_404(app)
    register("/")
    register("/a")
    return server


def test_every_index_keeps_what_is_around_it():
    server = one_after_the_other(FastAPI())
    for route in server.routes:
        if isinstance(route, APIRoute) and route.path in ("/x/", "/y/"):
            route.app = refuse
    assert statuses(server, "/x/", "/y/", "/x/a", "/y/a", "/y/zz") == [401, 401, 200, 200, 404]


def test_every_index_has_its_own_guards():
    server = one_after_the_other(FastAPI())
    append(server.router)
    assert statuses(server, "/x/", "/y/", "/x/a", "/y/a", "/y/zz") == [200, 200, 401, 401, 401]


def at_start_up(change):
    @contextlib.asynccontextmanager
    async def lifespan(server):
        for route in server.routes:
            if isinstance(route, APIRoute):
                change(route)
        yield

    return FastAPI(lifespan=lifespan)


def depend(route):
    dependant = get_parameterless_sub_dependant(depends=Depends(who), path=route.path_format)
    route.dependant.dependencies.append(dependant)


def wrap(route):
    route.app = refuse


def test_dependencies_that_routes_get_at_start_up_guard_unknown_urls_too():
    app = app_with(lambda app: None, server=at_start_up(depend))
    assert statuses(app, *URLS) == [401] * 5
    assert {ask(app.server, url, "POST").status for url in URLS} == {405}


def test_what_is_put_around_dashs_catch_all_at_start_up_guards_the_pages():
    app = make_app("/", "/a", "/t/<x>", server=at_start_up(wrap))
    register("/e/<x>", exists=lambda x: x == "1")
    enable_true_404(app, redirect_slashes=True)
    assert statuses(app, "/", "/a", "/a/", "/t/1", "/e/1", "/e/2", "/zz") == [401] * 6 + [404]


class NewResponse(APIRoute):
    def get_route_handler(self):
        handler = super().get_route_handler()

        async def handle(request):
            response = await handler(request)
            return Response(response.body, response.status_code, dict(response.headers))

        return handle


class NewRequest(APIRoute):
    def get_route_handler(self):
        handler = super().get_route_handler()

        async def handle(request):
            return await handler(Request(dict(request.scope), request.receive))

        return handle


@pytest.mark.parametrize("route_class", [NewResponse, NewRequest])
@pytest.mark.parametrize("lifespan", [True, False])
def test_a_class_of_routes_may_make_requests_and_responses_of_its_own(route_class, lifespan):
    server = FastAPI()
    server.router.route_class = route_class
    app = make_app("/", "/a", "/t/<x>", server=server)
    server.post("/api")(lambda: "x")
    enable_true_404(app, redirect_slashes=True)
    asked = (*URLS, "/a/", "/api")
    assert statuses(app, *asked, lifespan=lifespan) == [200, 200, 404, 200, 404, 308, 405]
    assert BUILT_IN in ask(server, "/zz", lifespan=lifespan).body


def test_routes_from_dash_hooks_are_not_taken_for_dashs_own(monkeypatch):
    monkeypatch.setitem(dash.hooks._ns, "routes", [])

    def index(path=""):
        return "hooked"

    dash.hooks.route("{path:path}", methods=("POST",))(index)
    for name in ("docs", "files/", "more/{path:path}"):
        dash.hooks.route(name)(index)
    app = make_app("/a", server=FastAPI())
    enable_true_404(app)
    assert {ask(app.server, url, "POST").status for url in ("/", "/x", "/a")} == {200}
    assert statuses(app, "/a", "/docs", "/files/", "/more/x", "/zz", "/docs-zz") == [200, 200, 200, 200, 405, 405]
    kinds = {rule.path: rule.kind for rule in list_routes(app).rules}
    assert {kinds[path] for path in ("/docs", "/files/", "/more/{path:path}")} == {"route"}


def let_through(endpoint):
    @functools.wraps(endpoint)
    async def wrapper(*args, **kwargs):
        return await endpoint(*args, **kwargs)

    return wrapper


def guard_endpoint(endpoint):
    @functools.wraps(endpoint)
    async def guarded(**kwargs):
        (request,) = kwargs.values()
        return await endpoint(**kwargs) if "x-user" in request.headers else JSONResponse({"who": "?"}, 401)

    return guarded


def log_in(endpoint):
    @functools.wraps(endpoint)
    async def guarded(**kwargs):
        (request,) = kwargs.values()
        return await endpoint(**kwargs) if "x-user" in request.headers else {"log": "in"}

    return guarded


def guard_by_proxy(endpoint):
    @wrapt.decorator
    async def guard(wrapped, instance, args, kwargs):
        (request,) = kwargs.values()
        if "x-user" not in request.headers:
            raise HTTPException(401)
        return await wrapped(*args, **kwargs)

    return guard(endpoint)


def server_with(wrap, only=""):
    """Return a server that puts something around what every new route of Dash's calls, as an extension may."""

    class Server(FastAPI):
        def add_api_route(self, path, endpoint, **options):
            is_dashs = path.endswith(only) and endpoint.__name__ in ("index", "catchall")
            super().add_api_route(path, wrap(endpoint) if is_dashs else endpoint, **options)

    return Server()


@pytest.mark.parametrize("lifespan", [True, False])
def test_a_wrapper_around_what_dashs_routes_call_is_seen_through(lifespan, caplog):
    caplog.set_level(logging.INFO, "dash_true404")
    app = app_with(lambda app: None, server=server_with(let_through))
    asked = [*((url, "GET") for url in URLS), ("/zz", "POST"), ("/a", "POST")]
    answers = ask_all(app.server, asked, lifespan=lifespan)
    assert [answer.status for answer in answers] == [200, 200, 404, 200, 404, 405, 405]
    (said,) = [record for record in caplog.records if "wrapper" in record.message]
    assert (said.levelno, f"{__file__}:" in said.message) == (logging.INFO, True)


@pytest.mark.parametrize("guard", [guard_endpoint, guard_by_proxy, log_in])
@pytest.mark.parametrize("lifespan", [True, False])
@pytest.mark.parametrize("page", [None, IN_APP])
def test_a_guard_around_what_dashs_routes_call_answers_known_and_unknown_urls_alike(guard, lifespan, page):
    app = app_with(lambda app: None, page=page, server=server_with(guard))
    for method in METHODS:
        answers = ask_all(app.server, [(url, method) for url in URLS], lifespan=lifespan)
        assert len({(answer.status, answer.body, frozenset(answer.allow)) for answer in answers}) == 1, method
    assert ask(app.server, "/zz").status == (200 if guard is log_in else 401)
    assert statuses(app, *URLS, headers=AUTH, lifespan=lifespan) == [200, 200, 404, 200, 404]


def test_a_guard_around_one_of_dashs_functions_guards_its_urls_only():
    app = app_with(lambda app: None, server=server_with(guard_endpoint, only="{path:path}"))
    assert statuses(app, *URLS) == [200, 401, 401, 401, 401]
    assert statuses(app, *URLS, headers=AUTH) == [200, 200, 404, 200, 404]
    dash.page_registry.clear()
    app = app_with(lambda app: None, server=server_with(guard_endpoint, only="/"))
    assert statuses(app, *URLS) == [401, 200, 404, 200, 404]
    assert statuses(app, *URLS, headers=AUTH) == [200, 200, 404, 200, 404]
