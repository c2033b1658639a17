"""explain() names who answered, on each server: for each way to answer in front of Dash, the exact sentence."""

import functools
import os
import queue
import random
import re
import sys
import threading
from types import FunctionType

import dash
import pytest
import wrapt

from dash_true404 import enable_true_404
from dash_true404.diagnostics.answerers import UNSEEN, ask, find_answerer, werkzeug
from dash_true404.diagnostics.answerers.answerer import SERVER
from dash_true404.diagnostics.answerers.steps import Step
from dash_true404.diagnostics.answerers.trace import Trace
from dash_true404.diagnostics.client import Client
from dash_true404.diagnostics.explain import explain

from ..apps import BACKENDS, app_on, register, web_of

FILE = os.path.relpath(__file__)
PAGE = "Page 'm_47_a' matches it"
NOTHING = "No page and no rule of the server matches it"
#: What was said once, and is wrong in all of these cases.
WRONG = (
    "lacks '/static'",
    "lacks '/user'",
    "with other slashes",
    "no rule takes it",
    "seems to answer",
    "may have answered",
    "comes first",
    "something has taken it out",
    "mends it",
    "a guard, middleware or an error handler",
    "something in front of it",
)


#: On FastAPI, Dash 4.2 answers every error itself, and does not show it to anybody.
IS_FAILURE_DASHS = dash.__version__.startswith(("4.2.", "4.3."))
#: Further words by which something in front is named.
MORE = (" but the function", " but the status was changed", " but it was answered inside", " but a before_request")


def at(function, line=0):
    """Return how a function, or a line of it, is named."""
    code = function.__code__ if type(function) is FunctionType else type(function).__call__.__code__
    name = code.co_name if type(function) is FunctionType else type(function).__name__
    return f"`{name}` ({FILE}:{code.co_firstlineno + line})"


@pytest.fixture
def measured(monkeypatch):
    """Have coverage see what runs within the profile function, where Python switches measuring off.

    Where coverage measures, each event is looked at in another thread, while the one that is looked at waits.
    """
    if sys.gettrace() is None:
        yield
        return
    events, ends, look = queue.SimpleQueue(), queue.SimpleQueue(), Trace._look

    def work():
        while (event := events.get()) is not None:
            try:
                ends.put(look(*event))
            except BaseException as error:
                ends.put(error)

    others = []

    def look_in_thread(self, frame, event, value):
        if event not in ("call", "return"):  # of functions in C, to which nothing is done: once is enough
            others.append(event)
            if len(others) > 1:
                return
        events.put((self, frame, event, value))
        error = ends.get()
        if error is not None:
            raise error

    monkeypatch.setattr(Trace, "_look", look_in_thread)
    thread = threading.Thread(target=work)
    thread.start()
    yield
    events.put(None)
    thread.join()


#: By server: each is given an app with the page /a and its framework, before or after enable_true_404(), and returns
#: the sentence for each URL.
CASES: list = []


def case(*backends, when="after", is_async=False):
    def add(function):
        for backend in backends:
            # Flask calls async functions only with what dash[async] brings, too.
            marks = [pytest.mark.asgi] if is_async or backend != "flask" else []
            CASES.append(pytest.param(backend, when, function, id=f"{function.__name__}-{backend}", marks=marks))
        return function

    return add


BOTH = ("flask", "quart")


@case(*BOTH)
def a_before_request_that_redirects(app, web):
    def deny():
        return web.redirect("/login")

    @app.server.before_request
    def need_login():
        return deny()

    said = f"before_request {at(need_login)} redirects to /login"
    said += f", made by {at(deny, 1)}" if web.__name__ == "flask" else ""
    return {"/a": f"{PAGE}, but {said}.", "/zz": f"{NOTHING}, but {said}."}


@case(*BOTH)
def a_before_request_that_aborts(app, web):
    def deny():
        web.abort(403)

    @app.server.before_request
    def need_login():
        deny()

    return {"/a": f"{PAGE}, but before_request {at(need_login)} answers 403, made by {at(deny, 1)}."}


@case(*BOTH, is_async=True)
def an_async_before_request(app, web):
    @app.server.before_request
    async def need_login():
        return "no", 401

    return {"/a": f"{PAGE}, but before_request {at(need_login)} answers 401."}


class Door:
    """A guard that can be called."""

    def __call__(self, *_):
        return "no", 401


@case(*BOTH)
def a_guard_that_is_an_object(app, _):
    door = Door()
    app.server.before_request(door)
    return {"/a": f"{PAGE}, but before_request {at(door)} answers 401."}


@case(*BOTH)
def a_guard_that_is_a_partial(app, _):
    def deny(status):
        return "no", status

    app.server.before_request(functools.partial(deny, 418))
    return {"/a": f"{PAGE}, but before_request {at(deny)} answers 418."}


@case("flask")
def a_guard_that_is_written_in_c(app, _):
    app.server.before_request({"x": "no"}.copy)
    return {"/a": f"{PAGE}, but a before_request function that I could not see answers 200."}


@case(*BOTH)
def a_guard_that_decorators_are_around(app, _):
    @wrapt.decorator
    def pass_on(wrapped, _, args, kwargs):
        return wrapped(*args, **kwargs)

    def same(function):
        @functools.wraps(function)
        def around():
            return function()

        same.around = around
        return around

    def need_login():
        return "no", 401

    app.server.before_request(same(need_login))
    said = f"before_request {at(same.around)} answers 401"
    said += f", made by {at(need_login, 1)}" if app.server.name and _.__name__ == "flask" else ""
    return {"/a": f"{PAGE}, but {said}."}


@case(*BOTH)
def a_wrapt_decorator_that_refuses_is_not_taken_for_what_it_is_around(app, web):
    def need_login(wrapped, _, args, kwargs):
        return "no", 401

    def view():
        return "never"

    app.server.add_url_rule("/mine", "mine", wrapt.decorator(need_login)(view))
    return {"/mine": f"The rule /mine (mine) matches it, and its view {at(need_login)} answers 401."}


def wrap_views(app, wrapper):
    for endpoint in ("/", "/<path:path>"):
        app.server.view_functions[endpoint] = wrapper(app.server.view_functions[endpoint])


def refuse_around(app, view_of):
    """Put a function around Dash's views that lets nobody in, and return what is said then.

    :param view_of: decorates it, and is given the view.
    """

    def need_login(view):
        @view_of(view)
        def around(*args, **kwargs):
            return "no", 401

        need_login.around = around
        return around

    wrap_views(app, need_login)
    said = f"but the function {at(need_login.around)} around Dash's view answers 401."
    return {"/a": f"{PAGE}, {said}", "/zz": f"{NOTHING}, {said}"}


@case("flask", when="before")
def a_function_around_dashs_views(app, _):
    return refuse_around(app, functools.wraps)


@case("flask", when="never")
def a_function_around_the_views_of_plain_dash(app, _):
    return refuse_around(app, lambda view: lambda around: around)


@case("quart", when="before")
def an_async_function_around_dashs_views(app, web):
    def need_login(view):
        @functools.wraps(view)
        async def around(*args, **kwargs):
            return web.redirect("/login")

        need_login.around = around
        return around

    wrap_views(app, need_login)
    said = f"but the function {at(need_login.around)} around Dash's view redirects to /login."
    return {"/a": f"{PAGE}, {said}", "/zz": f"{NOTHING}, {said}"}


@case("flask", when="before")
def a_replaced_index(app, _):
    def index(*args, **kwargs):
        return "no", 403

    app.index = index
    app.server.view_functions["/<path:path>"] = lambda path: app.index()
    return {"/a": f"{PAGE}, but the function {{}} around Dash's view answers 403, made by {at(index, 1)}."}


@case(*BOTH)
def a_view(app, web):
    def gone():
        web.abort(404)

    def fail():
        return 1 / 0

    def moved():
        return web.redirect("/a")

    for view in (gone, fail, moved):
        app.server.add_url_rule(f"/{view.__name__}", view.__name__, view)
    failed = f"its view {at(fail)} raises ZeroDivisionError in {at(fail, 1)}."
    return {
        "/gone": f"The rule /gone (gone) matches it, and its view {at(gone)} answers 404.",
        "/fail": f"The rule /fail (fail) matches it, but {failed}",
        "/moved": f"The rule /moved (moved) matches it, and its view {at(moved)} redirects to /a.",
    }


@case("flask")
def a_method_view(app, _):
    import flask.views

    class Item(flask.views.MethodView):
        def get(self):
            flask.abort(410)

    app.server.add_url_rule("/item", view_func=Item.as_view("item"))
    return {"/item": f"The rule /item (item) matches it, but its view {at(Item.get)} answers 410."}


@case(*BOTH)
def a_blueprint(app, web):
    api = web.Blueprint("api", __name__, url_prefix="/api")

    @api.before_request
    def need_key():
        return "no", 401

    api.add_url_rule("/x", "x", lambda: "x")
    app.server.register_blueprint(api)
    return {"/api/x": f"The rule /api/x (api.x) matches it, but before_request {at(need_key)} answers 401."}


@case(*BOTH)
def error_handlers(app, web):
    def sorry(error):
        return "sorry"

    def gone(error):
        return "gone", 410

    def every(error):
        return "failed", 500

    def look(error):
        return error

    def view():
        web.abort(410)

    def fail():
        return 1 / 0

    for key, handler in ((404, sorry), (410, gone), (ArithmeticError, every), (418, look)):
        app.server.register_error_handler(key, handler)
    app.server.add_url_rule("/view", "view", view)
    app.server.add_url_rule("/fail", "fail", fail)
    app.server.add_url_rule("/tea", "tea", tea := lambda: web.abort(418))
    rule = "The rule {0} ({1}) matches it, "
    return {
        "/zz": f"{NOTHING}, but your errorhandler(404) {at(sorry)} answers 200: return a status.",
        "/view": rule.format("/view", "view")
        + f"but your errorhandler(410) {at(gone)} answers 410, after its view {at(view)} raised Gone.",
        "/fail": rule.format("/fail", "fail")
        + f"but your errorhandler(ArithmeticError) {at(every)} answers 500, after its view {at(fail)} raised "
        "ZeroDivisionError.",
        "/tea": rule.format("/tea", "tea") + f"but its view {at(tea)} answers 418.",
    }


@case(*BOTH, is_async=True)
def an_async_error_handler(app, _):
    async def sorry(error):
        return "sorry"

    app.server.register_error_handler(404, sorry)
    return {"/zz": f"{NOTHING}, but your errorhandler(404) {at(sorry)} answers 200: return a status."}


@case(*BOTH)
def a_handler_for_every_exception(app, _):
    def every(error):
        return "failed", 500

    app.server.register_error_handler(Exception, every)
    return {"/zz": f"{NOTHING}, but your errorhandler(Exception) {at(every)} answers 500."}


@case(*BOTH)
def a_handler_of_500(app, _):
    def sorry(error):
        return "sorry", 503

    def fail():
        return 1 / 0

    app.server.register_error_handler(500, sorry)
    app.server.add_url_rule("/fail", "fail", fail)
    said = f"your errorhandler(500) {at(sorry)} answers 503, after its view {at(fail)} raised ZeroDivisionError."
    return {"/fail": f"The rule /fail (fail) matches it, but {said}"}


@case(*BOTH)
def an_own_404_page_is_no_news(app, _):
    app.server.register_error_handler(404, lambda error: ("mine", 404))
    return {"/zz": f"{NOTHING}."}


@case(*BOTH)
def an_after_request_that_edits_an_answer(app, _):
    @app.server.after_request
    def look(response):
        return response

    @app.server.after_request
    def edit(response):
        response.status_code = 418
        return response

    said = f"but after_request {at(edit)} turns"
    return {"/a": f"{PAGE}, {said} 200 into 418.", "/zz": f"{NOTHING}, {said} 404 into 418."}


@case(*BOTH, is_async=True)
def an_after_request_that_makes_an_answer(app, _):
    @app.server.after_request
    async def replace(response):
        return app.server.response_class("no", 451)

    return {"/a": f"{PAGE}, but after_request {at(replace)} turns 200 into 451."}


@case("flask")
def wsgi_middleware(app, _):
    from werkzeug.wrappers import Response

    class Wall:
        def __init__(self, inner):
            self.inner = inner

        def __call__(self, environ, start_response):
            if environ["PATH_INFO"] == "/a":
                return Response("no", 403)(environ, start_response)
            return self.inner(environ, start_response)

    def soften(inner):
        def call(environ, start_response):
            def start(status, headers, exc_info=None):
                return start_response("200 OK" if status.startswith("404") else status, headers, exc_info)

            soften.start = start
            return inner(environ, start)

        return call

    app.server.wsgi_app = soften(Wall(app.server.wsgi_app))
    explain(app, "/")  # so that the inner function is there
    line = Wall.__call__.__code__.co_firstlineno
    return {
        "/a": f"{PAGE}, but middleware `Wall` ({FILE}:{line}) answers 403.",
        "/zz": f"{NOTHING}, but middleware {at(soften.start)} turns 404 into 200.",
    }


@case("flask")
def another_app_inside_a_middleware(app, _):
    import flask

    other = flask.Flask("other")
    other.add_url_rule("/zz", "zz", lambda: "other's")

    def switch(inner):
        def call(environ, start_response):
            asked = inner if environ["PATH_INFO"] == "/" else other
            return asked(environ, start_response)

        switch.call = call
        return call

    app.server.wsgi_app = switch(app.server.wsgi_app)
    other.register_error_handler(404, lambda error: ("other's", 418))
    said = f"but it was answered inside middleware {at(switch.call)}: the answer is"
    return {"/zz": f"{NOTHING}, {said} 200.", "/yy": f"{NOTHING}, {said} 418."}


@case("flask")
def a_handler_that_nobody_registered(app, _):
    def sorry(error):
        return "sorry"

    app.server._find_error_handler = lambda error, *blueprints: sorry
    app.server.add_url_rule("/fail", "fail", fail := lambda: 1 / 0)
    said = f"but your errorhandler {at(sorry)} answers 200: return a status, after its view {at(fail)} raised"
    return {"/fail": f"The rule /fail (fail) matches it, {said} ZeroDivisionError."}


@case("quart")
def a_guard_that_has_a_function_called_in_a_thread(app, _):
    def deny():
        return "no", 401

    @app.server.before_request
    async def need_login():
        return await app.server.ensure_async(deny)()

    return {"/a": f"{PAGE}, but before_request {at(need_login)} answers 401, made by {at(deny)}."}


@case("flask")
def an_overridden_step_cannot_be_seen(app, _):
    change = app.server.process_response

    def process_response(response):
        response.status_code = 418
        return change(response)

    app.server.process_response = process_response
    return {"/a": f"{PAGE}, but the answer is 418, and I could not see who answered."}


@case("flask")
def answers_that_differ(app, _):
    answers = iter(range(400, 500))
    app.server.before_request(lambda: ("no", next(answers)))
    return {
        "/a": f"{PAGE}, but the answer is 400, and asked again it is 401: the two differ, so it is unknown who "
        "answered."
    }


@case("flask")
def a_mount(app, _):
    from werkzeug.middleware.dispatcher import DispatcherMiddleware
    from werkzeug.wrappers import Response

    app.server.wsgi_app = DispatcherMiddleware(app.server.wsgi_app, {"/sub": Response("no", 404)})
    return {"/sub/x": "The mount /sub/<path:path> matches it, and the answer is 404."}


@case("flask")
def a_redirect_to_another_host(app, web):
    @app.server.before_request
    def move():
        return web.redirect(f"https://example.org{web.request.path}?moved")

    said = f"but before_request {at(move)} redirects to another host: https://example.org/a?moved."
    return {"/a": f"{PAGE}, {said}"}


@case("quart")
def asgi_middleware(app, _):
    return {
        "/a": f"{PAGE}, but middleware {add_pure_middleware(app, 'asgi_app')} answers 403.",
    }


def add_pure_middleware(app, name):
    class Wall:
        def __init__(self, app):
            self.inner = app

        async def __call__(self, scope, receive, send):
            if scope["type"] == "http" and scope["path"] == "/a":
                await send({"type": "http.response.start", "status": 403, "headers": []})
                await send({"type": "http.response.body", "body": b""})
            else:
                await self.inner(scope, receive, send)

    if name == "asgi_app":
        app.server.asgi_app = Wall(app.server.asgi_app)
    else:
        app.server.add_middleware(Wall)
    return f"`Wall` ({FILE}:{Wall.__call__.__code__.co_firstlineno})"


# FastAPI


@case("fastapi")
def pure_asgi_middleware(app, _):
    return {"/a": f"{PAGE}, but middleware {add_pure_middleware(app, '')} answers 403."}


@case("fastapi")
def pure_asgi_middleware_that_changes_a_status(app, _):
    def soften(app):
        async def call(scope, receive, send):
            async def change(message):
                if message["type"] == "http.response.start" and message["status"] == 404:
                    message["status"] = 200
                await send(message)

            soften.change = change
            await app(scope, receive, change)

        return call

    app.server.add_middleware(soften)
    explain(app, "/")
    return {"/zz": f"{NOTHING}, but middleware {at(soften.change)} turns 404 into 200.", "/a": f"{PAGE}."}


@case("fastapi")
def pure_asgi_middleware_with_a_response_of_starlettes(app, web):
    class Wall:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            is_http = scope["type"] == "http"
            await (web.Response("no", 403) if is_http else self.app)(scope, receive, send)

    app.server.add_middleware(Wall)
    return {"/a": f"{PAGE}, but middleware `Wall` ({FILE}:{Wall.__call__.__code__.co_firstlineno}) answers 403."}


@case("fastapi")
def middleware_by_functions(app, web):
    from starlette.middleware.base import BaseHTTPMiddleware

    def make():
        return web.Response("no", 403)

    @app.server.middleware("http")
    async def wall(request, call_next):
        if request.url.path == "/a":
            return make()
        response = await call_next(request)
        response.status_code = 418 if response.status_code == 404 else response.status_code
        return response

    class Wall(BaseHTTPMiddleware):
        async def dispatch(self, request, call_next):
            return web.Response("no", 402) if request.url.path == "/" else await call_next(request)

    app.server.add_middleware(Wall)
    line = Wall.dispatch.__code__.co_firstlineno
    return {
        "/a": f"{PAGE}, but middleware {at(wall)} answers 403, made by {at(make, 1)}.",
        "/": f"Page 'm_47_' matches it, but middleware `Wall` ({FILE}:{line}) answers 402.",
        "/zz": f"{NOTHING}, but the status was changed after the router, from 404 to 418, by one of: `Wall`, "
        f"{at(wall)}.",
    }


@case("fastapi")
def one_middleware_by_a_function_changes_a_status(app, _):
    @app.server.middleware("http")
    async def soften(request, call_next):
        response = await call_next(request)
        response.status_code = 200
        return response

    return {"/zz": f"{NOTHING}, but middleware {at(soften)} turns 404 into 200.", "/a": f"{PAGE}."}


@case("fastapi")
def middleware_that_starlette_brings(app, _):
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    app.server.add_middleware(TrustedHostMiddleware, allowed_hosts=[])
    return {"/a": f"{PAGE}, but middleware `TrustedHostMiddleware` answers 400."}


@case("fastapi")
def middleware_that_fails(app, _):
    @app.server.middleware("http")
    async def fail(request, call_next):
        return 1 / 0

    return {"/a": f"{PAGE}, but middleware {at(fail)} raises ZeroDivisionError in {at(fail, 2)}."}


def with_dependency(dependency):
    """Return an app whose routes all have a dependency."""
    import fastapi

    server = fastapi.FastAPI(dependencies=[fastapi.Depends(dependency)])
    return dash.Dash(__name__, server=server, use_pages=True, pages_folder="", assets_folder="no-assets")


@case("fastapi", when="never")
def dependencies(app, web):
    from fastapi.security import HTTPBasic

    def deny():
        raise web.HTTPException(401)

    def need_login():
        deny()

    async def need_key():
        raise web.HTTPException(403)

    app.server.add_api_route("/mine", lambda: 1, name="mine", dependencies=[web.Depends(need_login)])
    app.server.add_api_route("/key", lambda: 1, name="key", dependencies=[web.Depends(need_key)])
    app.server.add_api_route("/basic", lambda: 1, name="basic", dependencies=[web.Depends(HTTPBasic())])
    enable_true_404(app)
    rule = "The rule {0} ({1}) matches it, but "
    return {
        "/mine": rule.format("/mine", "mine") + f"dependency {at(need_login)} answers 401, made by {at(deny, 1)}.",
        "/key": rule.format("/key", "key") + f"dependency {at(need_key)} answers 403.",
        "/basic": rule.format("/basic", "basic") + "dependency `HTTPBasic` answers 401.",
    }


@case("fastapi")
def views(app, web):
    def gone():
        raise web.HTTPException(404)

    async def fail():
        return 1 / 0

    def moved():
        return web.responses.RedirectResponse("/a")

    async def small():
        return web.responses.JSONResponse({}, 418)

    for view in (gone, fail, moved, small):
        app.server.add_api_route(f"/{view.__name__}", view, name=view.__name__)
    app.server.add_api_route("/made", gone_too := lambda: {}, name="made", status_code=404)
    failed = f"its view {at(fail)} raises ZeroDivisionError in {at(fail, 1)}."
    failed = "the answer is 500." if IS_FAILURE_DASHS else failed
    return {
        "/gone": f"The rule /gone (gone) matches it, and its view {at(gone)} answers 404.",
        "/fail": f"The rule /fail (fail) matches it, but {failed}",
        "/moved": f"The rule /moved (moved) matches it, and its view {at(moved)} redirects to /a.",
        "/small": f"The rule /small (small) matches it, but its view {at(small)} answers 418.",
        "/made": f"The rule /made (made) matches it, and its view {at(gone_too)} answers 404.",
    }


@case("fastapi", when="before")
def exception_handlers(app, web):
    def sorry(request, error):
        return web.responses.PlainTextResponse("sorry")

    async def gone(request, error):
        return web.responses.PlainTextResponse("gone", 410)

    async def every(request, error):
        return web.responses.PlainTextResponse("failed", 500)

    def view():
        raise web.HTTPException(410)

    def fail():
        return 1 / 0

    for key, handler in ((404, sorry), (410, gone), (Exception, every)):
        app.server.add_exception_handler(key, handler)
    app.server.add_api_route("/view", view, name="view")
    app.server.add_api_route("/fail", fail, name="fail")
    failed = f"your errorhandler(Exception) {at(every)} answers 500, after its view {at(fail)} raised "
    failed = "the answer is 500." if IS_FAILURE_DASHS else f"{failed}ZeroDivisionError."
    return {
        "/zz": f"{NOTHING}, but your errorhandler(404) {at(sorry)} answers 200: return a status.",
        "/view": f"The rule /view (view) matches it, but your errorhandler(410) {at(gone)} answers 410, after its view "
        f"{at(view)} raised HTTPException.",
        "/fail": f"The rule /fail (fail) matches it, but {failed}",
    }


@case("fastapi")
def mounts(app, web):
    sub = web.FastAPI()
    sub.add_api_route("/hello", lambda: 1)
    app.server.mount("/sub", sub)
    return {
        "/sub/hello": "The mount /sub/{path:path} matches it.",
        "/sub/no": "The mount /sub/{path:path} matches it, and the answer is 404.",
    }


@case("fastapi")
def a_handler_that_is_not_registered_any_more(app, web):
    async def gone(request, error):
        return web.responses.PlainTextResponse("gone", 410)

    def view():
        raise web.HTTPException(410)

    app.server.add_exception_handler(410, gone)
    app.server.add_api_route("/view", view, name="view")
    explain(app, "/")
    app.server.exception_handlers.pop(410)
    said = f"but your errorhandler {at(gone)} answers 410, after its view {at(view)} raised HTTPException."
    return {"/view": f"The rule /view (view) matches it, {said}"}


@case("fastapi")
def an_error_of_fastapis_that_middleware_lets_through(app, web):
    add_pure_middleware(app, "")
    app.server.user_middleware.append(app.server.user_middleware.pop(0))  # the innermost, inside Dash's
    app.server.add_api_route("/bad", lambda: "x", name="bad", response_model=int)
    app.server.add_api_route("/users/", lambda: "x", name="users")
    return {
        "/bad": "The rule /bad (bad) matches it, but the answer is 500.",
        "/users": "A page or a rule has it with other slashes: the server redirects to /users/.",
    }


@case("fastapi")
def a_pure_asgi_route(app, _):
    from starlette.routing import Mount, Route

    class Endpoint:
        async def __call__(self, scope, receive, send):
            await send({"type": "http.response.start", "status": 418, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    class Sender:
        async def __call__(self, scope, receive, send):
            await web_of("fastapi").Response("x", 418)(scope, receive, send)

    async def refuse(scope, receive, send):
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    routes = [Route("/pure", Endpoint()), Route("/sender", Sender()), Mount("/sub", refuse)]
    app.server.router.routes[:0] = routes
    return {
        "/pure": f"The rule /pure (Endpoint) matches it, but its view {at(Endpoint())} answers 418.",
        "/sender": f"The rule /sender (Sender) matches it, but its view {at(Sender())} answers 418.",
        "/sub/x": "The mount /sub/{path:path} matches it, and the answer is 404.",
    }


@case("fastapi")
def a_static_mount(app, _):
    from starlette.staticfiles import StaticFiles

    app.server.mount("/files", StaticFiles(directory=os.path.dirname(__file__)))
    return {
        f"/files/{os.path.basename(__file__)}": "The mount /files/{path:path} matches it.",
        "/files/no": "The mount /files/{path:path} matches it, and the answer is 404.",
    }


@case("fastapi")
def middleware_that_passes_a_body_on_in_a_response_of_its_own(app, web):
    @app.server.middleware("http")
    async def copy(request, call_next):
        response = await call_next(request)
        return web.Response(b"copied", response.status_code)

    return {"/zz": f"{NOTHING}.", "/a": f"{PAGE}."}


@case("fastapi")
def middleware_around_the_whole_stack(app, _):
    from starlette.middleware.base import BaseHTTPMiddleware

    async def soften(request, call_next):
        response = await call_next(request)
        response.status_code = 200
        return response

    build = app.server.build_middleware_stack
    app.server.build_middleware_stack = lambda: BaseHTTPMiddleware(build(), soften)
    return {"/zz": f"{NOTHING}, but the answer is 200, and I could not see who answered."}


@case("flask")
def a_redirect_by_an_after_request(app, web):
    @app.server.after_request
    def move(response):
        return web.redirect("/login")

    return {"/a": f"{PAGE}, but after_request {at(move)} redirects to /login."}


@case("fastapi")
def a_middleware_function_that_is_not_async_of_python(app, web):
    from starlette.middleware.base import BaseHTTPMiddleware

    class Wall(BaseHTTPMiddleware):
        """Has its answer made by Starlette."""

    async def dispatch(request, call_next):
        return RESPONSES[0]

    RESPONSES[:] = [web.Response("no", 403)]
    app.server.add_middleware(Wall, dispatch=dispatch)
    return {"/a": f"{PAGE}, but middleware {at(dispatch)} answers 403."}


RESPONSES: list = []


@case("flask")
def a_response_in_place_of_the_server(app, _):
    from werkzeug.wrappers import Response

    app.server.wsgi_app = Response("no", 403)
    return {"/a": f"{PAGE}, but the answer is 403, and I could not see who answered."}


@pytest.mark.usefixtures("measured")
@pytest.mark.parametrize(("backend", "when", "prepare"), CASES)
def test_who_answered_is_named(backend, when, prepare):
    app, web = app_on(backend, "/", "/a"), web_of(backend)
    if when == "after":
        enable_true_404(app)
    sentences = prepare(app, web)
    if when == "before":
        enable_true_404(app)
    for url, sentence in sentences.items():
        found = explain(app, url)
        start, _, end = sentence.partition("{}")
        assert found.verdict.startswith(start), found.text()
        assert found.verdict.endswith(end), found.text()
        assert sentence == start or len(found.verdict) > len(sentence)
        said = " ".join([found.verdict, *found.hints]).replace(sentence, "")
        assert not [words for words in WRONG if words in said], said
        parts = (" but before_request", " but after_request", " but your", " but dependency", " but middleware")
        assert (found.layer == "in front") is any(part in found.verdict for part in (*parts, *MORE)), found.text()


METHODS = ("GET", "GET", "GET", "HEAD", "OPTIONS", "POST", "PUT")
PATHS = ("/", "/a", "/a/", "/zz", "/t/x", "/t/no", "/mine", "/fail", "/moved", "/gone", "/_dash-layout", "/%61", "//a")


def busy_app(backend):
    """Return an app with much of what may answer."""
    app, web = app_on(backend, "/", "/a"), web_of(backend)
    register("/t/<x>", exists=lambda x: x != "no")
    enable_true_404(app)
    server = app.server
    if backend == "fastapi":

        @server.middleware("http")
        async def look(request, call_next):
            if request.query_params.get("x") == "guard":
                return web.Response("no", 403)
            return await call_next(request)

        def gone():
            raise web.HTTPException(410)

        add = server.add_api_route
    else:

        def look():
            return ("no", 403) if web.request.args.get("x") == "guard" else None

        async def look_async():
            return look()

        server.before_request(look if backend == "flask" else look_async)

        @server.before_request
        def look_too():
            return web.redirect("/login") if web.request.args.get("x") == "login" else None

        @server.after_request
        def edit(response):
            response.headers["X-Edited"] = "yes"
            return response

        server.register_error_handler(410, lambda error: ("gone", 410))

        def gone():
            web.abort(410)

        add = server.add_url_rule
    add("/mine", endpoint=lambda: "mine") if backend == "fastapi" else add("/mine", "mine", lambda: "mine")
    add("/gone", endpoint=gone) if backend == "fastapi" else add("/gone", "gone", gone)
    fail = lambda: 1 / 0  # noqa: E731
    add("/fail", endpoint=fail) if backend == "fastapi" else add("/fail", "fail", fail)
    return app


def without_id(data):
    """Return Dash's shell without the id that is new in each."""
    return re.sub(rb'"end_id":"[^"]*"', b"", data)


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_trace_changes_no_answer(backend, caplog):
    caplog.set_level("CRITICAL")
    app, chance = busy_app(backend), random.Random(404)
    with Client(app) as client:
        client.ask("/")
        for _ in range(300):
            path, method = chance.choice(PATHS), chance.choice(METHODS)
            target = path + chance.choice(("", "", "?x=guard", "?x=login", "?y=%20"))
            headers = {"Accept": chance.choice(("text/html", "application/json", "*/*"))}
            plain = client.ask(target, method, headers)
            with client.through(ask._Watch(ask._trace(app.server))):
                traced = client.ask(target, method, headers)
            assert traced.status_code == plain.status_code, (method, target)
            assert sorted(traced.headers) == sorted(plain.headers), (method, target)
            assert without_id(traced.data) == without_id(plain.data), (method, target)
            assert sys.getprofile() is None


@pytest.mark.parametrize("backend", BACKENDS)
def test_without_a_private_name_nobody_is_seen(backend, monkeypatch):
    app = app_on(backend, "/")
    if backend == "fastapi":
        from fastapi import routing

        monkeypatch.delattr(routing, "run_endpoint_function")
        monkeypatch.delitem(sys.modules, "dash_true404.diagnostics.answerers.starlette", raising=False)
    else:
        kind = next(kind for kind in type(app.server).__mro__ if "handle_exception" in vars(kind))
        monkeypatch.delattr(kind, "handle_exception")
    with Client(app) as client:
        assert find_answerer(client, "/", "GET") == UNSEEN


def test_without_asgiref_nothing_runs_elsewhere_on_flask(monkeypatch):
    monkeypatch.delitem(sys.modules, "asgiref.sync", raising=False)
    assert dict(werkzeug._find_elsewhere("flask")) == {}


@pytest.mark.usefixtures("measured")
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_trace_that_fails_spares_the_request(backend, monkeypatch):
    app = app_on(backend, "/")
    monkeypatch.setattr(Trace, "_look_at_call", lambda *_: 1 / 0)
    with Client(app) as client:
        assert find_answerer(client, "/", "GET") == UNSEEN
        assert explain(app, "/", client=client).hints == ["The answer is 200, and I could not see who answered."]


@pytest.mark.asgi
def test_a_response_that_the_router_itself_sends_is_the_servers():
    from starlette.routing import Router

    from dash_true404.diagnostics.answerers import starlette

    assert starlette._find_caller([Step(Router.__call__.__code__, 1)]) == SERVER
