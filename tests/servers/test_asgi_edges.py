"""What an attack on the Quart and FastAPI adapters found; each docstring says what was wrong."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from typing import Any

import dash
import pytest
from dash import html
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.routing import APIRoute
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from dash_true404 import IN_APP, enable_true_404

from ..apps import forget_last_app, make_app, register
from ..client import ask, ask_asgi, navigate, statuses

both = pytest.mark.parametrize("backend", ["quart", "fastapi"])


def guarded(*dependencies: Any, pages: tuple[str, ...] = ("/", "/a"), page: Any = None) -> dash.Dash:
    app = make_app(*pages, server=FastAPI(dependencies=[Depends(d) for d in dependencies]))
    enable_true_404(app, page)
    return app


# --- false 404s ---


@pytest.mark.parametrize("has_pages", [True, False])
@pytest.mark.parametrize("enabled", ["/", "/two/"])
def test_another_app_on_the_server_that_did_not_ask(enabled, has_pages):
    """False 404: an app that is not enabled, beside one that is, lost all pages but its root."""
    forget_last_app()
    server = FastAPI()
    other = {"/": "/two/", "/two/": "/"}[enabled]
    apps = {}
    for prefix in (enabled, other):  # the one made last has Dash's catch-all
        use_pages = has_pages or prefix == enabled
        apps[prefix] = dash.Dash(
            f"p{len(prefix)}", server=server, use_pages=use_pages, pages_folder="", url_base_pathname=prefix
        )
        apps[prefix].layout = html.Div(dash.page_container if use_pages else "routes by hand")
    register("/")
    register("/a")
    enable_true_404(apps[enabled])
    assert statuses(server, other, f"{other}a") == [200, 200]  # as bare


@both
def test_absolute_form(backend):
    """False 404: 'GET http://host/a HTTP/1.1' to a page (hypercorn, uvicorn's h11: scope["path"] is the whole URL)."""
    app = make_app("/", "/a", backend=backend)
    enable_true_404(app)
    assert ask(app.server, "http://localhost/a").status == 200


def test_a_target_that_is_no_path_on_fastapi():
    """Soft 404: what is neither a path nor in absolute form ('GET foo HTTP/1.1') was answered with the home page."""
    app = make_app("/", "/a", backend="fastapi")
    enable_true_404(app)
    assert statuses(app, "foo", "@", "a") == [404, 404, 404]


def test_a_url_that_only_decodes_to_the_root():
    """Soft 404: the home page at '/dash%2F', where Dash draws none."""
    app = make_app("/", "/a", backend="fastapi", url_base_pathname="/dash/")
    enable_true_404(app)
    assert statuses(app, "/dash/", "/dash", "/dash%2F", "/dash/%0A") == [200, 307, 404, 404]


def test_the_root_without_its_slash():
    """False 404: where the server redirects no slashes, Dash draws the home page at '/dash', and bare Dash says 200."""
    app = make_app("/", "/a", server=FastAPI(redirect_slashes=False), url_base_pathname="/dash/")
    enable_true_404(app)
    assert statuses(app, "/dash") == [200]


@pytest.mark.filterwarnings("ignore:.*root_path")
def test_a_root_path_that_ends_in_a_slash():
    """False 404: Starlette takes a root_path with a slash at its end for none; asgi_readings() takes it off."""
    app = make_app("/", "/a", server=FastAPI(root_path="/proxy/"), url_base_pathname="/proxy/")
    enable_true_404(app)
    assert statuses(app, "/proxy/a", "/proxy/") == [200, 200]


@pytest.mark.filterwarnings("ignore:.*root_path")
def test_a_page_that_begins_like_the_root_path():
    """False 404: FastAPI(root_path="/proxy") behind a proxy that strips it: a page '/proxy/x' arrives as that."""
    app = make_app(
        "/",
        "/proxy/x",
        server=FastAPI(root_path="/proxy"),
        requests_pathname_prefix="/proxy/",
        routes_pathname_prefix="/",
    )
    enable_true_404(app)
    assert statuses(app, "/", "/proxy/x") == [200, 200]


def test_a_middleware_that_matches_routes_before_another_sets_the_root_path():
    """False 404: the verdict kept in the scope (by OpenTelemetry's or Prometheus' route.matches()) is not made anew."""
    app = make_app("/", "/a", backend="fastapi", requests_pathname_prefix="/p/", routes_pathname_prefix="/")
    enable_true_404(app)

    def middleware(change: Any) -> Any:
        def outer(app: Any) -> Any:
            async def run(scope: Any, receive: Any, send: Any) -> None:
                if scope["type"] == "http":
                    change(scope)
                await app(scope, receive, send)

            return run

        return outer

    app.server.add_middleware(middleware(lambda scope: scope.update(root_path="/p")))
    app.server.add_middleware(middleware(lambda scope: [route.matches(scope) for route in app.server.routes]))
    assert statuses(app, "/p/a") == [200]


def test_a_default_of_the_users_router():
    """False 404: server.router.default, which answers what no route takes, is never asked below an app's prefix."""
    server = FastAPI()

    async def old_site(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("old")(scope, receive, send)

    server.router.default = old_site
    app = make_app("/", server=server)
    enable_true_404(app)
    assert ask(server, "/old", lifespan=False).body == b"old"  # as bare, and as plain FastAPI


# --- told to strangers ---


def test_a_guard_in_the_route_class():
    """Leak: a guard in server.router.route_class, which is around Dash's index and catch-all, is not asked at all."""

    class GuardedRoute(APIRoute):
        def get_route_handler(self) -> Any:
            handler = super().get_route_handler()

            async def guard(request: Request) -> Any:
                if "x-user" not in request.headers:
                    raise HTTPException(401)
                return await handler(request)

            return guard

    server = FastAPI()
    server.router.route_class = GuardedRoute
    app = make_app("/", "/a", server=server)
    enable_true_404(app)
    assert statuses(app, "/", "/a", "/zz") == [401, 401, 401]  # as bare
    assert {ask(server, url, "POST").status for url in ("/a", "/zz")} == {405}


def test_a_dependency_that_reads_the_path_parameters():
    """Leak: a dependency that guards by path_params["path"], which Dash's catch-all gives, lets everyone through."""

    async def guard(request: Request) -> None:
        if request.path_params.get("path", "").startswith("/admin"):
            raise HTTPException(401)

    assert statuses(guarded(guard, pages=("/", "/admin")), "/", "/admin") == [200, 401]


def test_an_unregistered_bundle_is_answered_with_the_shell():
    """Leak: with IN_APP, a missing bundle gets the app's shell, though middleware lets bundles through for all."""
    app = make_app("/", backend="fastapi")
    enable_true_404(app, IN_APP)

    @app.server.middleware("http")
    async def guard(request: Request, call_next: Any) -> Any:
        if request.url.path.startswith("/_dash-component-suites/"):
            return await call_next(request)
        return PlainTextResponse("who?", 401)

    assert b"_dash-config" not in ask(app.server, "/_dash-component-suites/nope/x.js").body


@pytest.mark.parametrize("when", ["before", "at start-up"])
def test_a_guard_around_the_apps_of_the_routes(when):
    """Leak: guards put around route.app of all routes, as with Quart's view_functions, are bypassed."""

    def wrap(server: FastAPI) -> None:
        for route in server.routes:
            if isinstance(route, Route):

                async def guard(scope: Any, receive: Any, send: Any, inner: Any = route.app) -> None:
                    await PlainTextResponse("who?", 401)(scope, receive, send)

                route.app = guard

    @asynccontextmanager
    async def lifespan(server: FastAPI) -> Any:
        if when == "at start-up":
            wrap(server)
        yield

    app = make_app("/", "/a", server=FastAPI(lifespan=lifespan))
    if when == "before":
        wrap(app.server)
    enable_true_404(app)
    assert statuses(app, "/") == [401]  # as bare


# --- exceptions, hangs, 500 and 422 ---


def test_exists_that_raises_stop_iteration_on_quart():
    """Hang (Python < 3.12): next(a for a in ASSETS if a == x) finds nothing, and the visitor waits for ever."""
    app = make_app("/", backend="quart")
    register("/t/<x>", exists=lambda x: next(i for i in () if i == x))
    enable_true_404(app)

    async def ask_in_time() -> int:
        return (await asyncio.wait_for(ask_asgi(app.server, "/t/1", "GET"), 60)).status

    assert asyncio.run(ask_in_time()) == 200


@both
def test_an_exists_whose_own_task_is_cancelled(backend):
    """No answer: CancelledError from within exists (a shared task, a pool) is no Exception; the page is not found."""

    async def exists(x: str) -> bool:
        task = asyncio.ensure_future(asyncio.sleep(9))
        await asyncio.sleep(0)
        task.cancel()
        return await task

    app = make_app("/", backend=backend)
    register("/t/<x>", exists=exists)
    enable_true_404(app)
    assert statuses(app, "/t/1") == [200]


@pytest.mark.parametrize("where", ["middleware", "dependency"])
def test_the_route_in_the_scope(where):
    """500: scope["route"], which FastAPI sets for Dash's catch-all (metrics, logging), is not there."""

    async def dependency(request: Request) -> None:
        assert request.scope["route"].path

    if where == "dependency":
        app = guarded(dependency)
    else:
        app = guarded()

        @app.server.middleware("http")
        async def label(request: Request, call_next: Any) -> Any:
            response = await call_next(request)
            response.headers["x-route"] = request.scope["route"].path
            return response

    assert statuses(app, "/", "/a") == [200, 200]


def test_a_dependency_that_reads_the_routes_dependencies():
    """500 on '/': fastapi-limiter looks for itself in route.dependencies of the route whose path is the URL's."""

    async def limiter(request: Request) -> None:
        for route in request.app.routes:
            if route.path == request.scope["path"] and request.method in route.methods:
                assert isinstance(route.dependencies, list)

    assert statuses(guarded(limiter), "/", "/a") == [200, 200]


def test_a_dependency_with_a_parameter_named_path():
    """422 on every page: the dependency's ``path`` is a path parameter of ours, which never gets a value."""

    async def log(path: str = "") -> None:
        pass

    assert statuses(guarded(log), "/", "/a") == [200, 200]


@pytest.mark.parametrize("turns_into", [HTTPException(500, "database"), None])
def test_a_dependency_with_yield_that_turns_errors_into_others(turns_into):
    """500 for unknown URLs: our 404 is raised through dependencies with yield, which plain FastAPI never runs there."""

    async def session() -> Any:
        try:
            yield
        except Exception:
            if turns_into:
                raise turns_into from None

    assert statuses(guarded(session), "/a", "/zz") == [200, 404]


def test_a_lazy_object_among_the_globals():
    """RuntimeError at the call: isinstance() over the module's globals asks lazy proxies for their class."""

    class Lazy:
        @property
        def __class__(self) -> Any:
            raise RuntimeError("working outside of context")

    module = sys.modules["tests.apps"]
    module.lazy = Lazy()
    try:
        enable_true_404(make_app("/", backend="fastapi"))
    finally:
        del module.lazy


# --- soft 404s ---


def test_a_mount_that_comes_at_start_up():
    """Soft 404: a Mount("/") added in the lifespan, after Dash's catch-all, makes every unknown URL 200."""

    @asynccontextmanager
    async def lifespan(server: FastAPI) -> Any:
        server.mount("/", FastAPI())
        yield

    app = make_app("/", "/a", server=FastAPI(lifespan=lifespan))
    enable_true_404(app)
    assert statuses(app, "/a", "/zz") == [200, 404]


@both
def test_an_exists_that_returns_a_coroutine_without_being_async(backend):
    """Soft 404 in navigation: lambda x: look_up(x) of an async def is 404 on a load, but was drawn in the app."""

    async def look_up(x: str) -> bool:
        return x == "1"

    app = make_app("/", backend=backend)
    register("/t/<x>", exists=lambda x: look_up(x), layout=lambda x="", **_: html.Div(f"page {x}"))
    enable_true_404(app)
    assert statuses(app, "/t/2") == [404]
    assert navigate(app, "/t/2")["children"]["props"]["children"] == "404 - Page not found"


# --- other ---


def test_everywhere_keeps_headers_that_describe_another_body():
    """A wrong Content-Type and Content-Length: those of the user's HTTPException go out with our HTML page."""
    app = make_app("/", backend="fastapi")
    enable_true_404(app, everywhere=True)

    def gone() -> None:
        raise HTTPException(404, headers={"content-type": "application/xml", "content-length": "3"})

    app.server.add_api_route("/gone", gone)
    answer = ask(app.server, "/gone")
    assert answer.headers["content-type"].startswith("text/html")
    assert int(answer.headers["content-length"]) == len(answer.body)


def test_everywhere_replaces_headers_in_any_case_and_adds_to_vary():
    app = make_app("/", backend="fastapi")
    enable_true_404(app, everywhere=True)

    def gone() -> None:
        raise HTTPException(404, headers={"cache-control": "max-age=60", "vary": "Cookie", "x-item": "1"})

    app.server.add_api_route("/gone", gone)
    fields = [(name.lower(), value) for name, value in ask(app.server, "/gone").fields]
    assert [value for name, value in fields if name == "cache-control"] == ["no-cache"]
    assert [value for name, value in fields if name == "vary"] == ["Cookie", "Accept"]
    assert ("x-item", "1") in fields
