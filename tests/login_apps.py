"""Apps that are not open to everybody, on each server, and the visitors that they let in."""

from __future__ import annotations

import base64
import importlib
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import dash
import flask
from dash import dcc, html

from dash_true404 import enable_true_404
from dash_true404.diagnostics.settings import STRANGER, Visitor

from .apps import app_on, register

#: Where a log-in at an identity provider would begin.
PROVIDER = "https://login.example.org/authorize?client_id=1"
#: Where a dead link leads to, on the page ``/sales`` of each app.
DEAD = "/salse"
_SECRET = "a secret key for tests"


class Visit(NamedTuple):
    """One request, as all servers have it."""

    path: str
    scheme: str
    host: str
    headers: Any
    session: Any


class Refusal(NamedTuple):
    """What a guard answers."""

    status: int
    headers: dict[str, str]


class LoginApp(NamedTuple):
    """An app with a guard."""

    make: Callable[[str], dash.Dash]
    """Returns it on a server."""
    visitor: Visitor
    """Sees all of it."""
    is_closed: bool
    """Whether a stranger sees nothing."""
    live_visitor: Visitor | None
    """Sees all of it over the network, where no proxy stands in front; None if nobody can."""


def log_in(client: Any) -> None:
    """Log in by the form of session_app."""
    assert client.get("/").location.startswith("/login")
    assert client.post("/login", data={"name": "ann", "password": "secret"}).status_code == 302


def set_user(client: Any) -> None:
    """Log in to provider_app."""
    client.set_session(user="ann")


def fail(client: Any) -> None:
    """Log in with a wrong password, and notice it."""
    status = client.post("/login", data={"name": "ann", "password": "wrong"}).status_code
    raise RuntimeError(f"the form answers {status}")


def session_app(backend: str, **options: Any) -> dash.Dash:
    """Return an app behind a form, with a "Log out" link on each page and a page that logs out when it is drawn."""
    app = _app(backend, dcc.Link("Log out", href="/logout"), **options)
    register("/account/sign-out", layout=lambda **_: html.Div("Goodbye"))
    _guard(app.server, backend, _needs_user("/login"))
    _add_form(app.server, backend)
    enable_true_404(app)
    return app


def basic_app(backend: str, **options: Any) -> dash.Dash:
    """Return an app behind Basic authentication."""
    due = "Basic " + base64.b64encode(b"ann:secret").decode()

    def needs_password(visit: Visit) -> Refusal | None:
        is_known = visit.headers.get("Authorization") == due
        return None if is_known else Refusal(401, {"WWW-Authenticate": 'Basic realm="app"'})

    return _guarded_app(backend, needs_password, **options)


def provider_app(backend: str, **options: Any) -> dash.Dash:
    """Return an app that sends strangers to an identity provider on another host."""
    return _guarded_app(backend, _needs_user(PROVIDER), **options)


def https_app(backend: str, **options: Any) -> dash.Dash:
    """Return an app that is there for https only."""

    def needs_tls(visit: Visit) -> Refusal | None:
        is_secure = visit.scheme == "https" or visit.headers.get("X-Forwarded-Proto") == "https"
        return None if is_secure else Refusal(301, {"Location": f"https://{visit.host}{visit.path}"})

    return _guarded_app(backend, needs_tls, **options)


def trusted_app(backend: str, **options: Any) -> dash.Dash:
    """Return an app that answers on one host only."""
    app = _app(backend, **options)
    if backend == "fastapi":
        middleware = importlib.import_module("starlette.middleware.trustedhost")
        app.server.add_middleware(middleware.TrustedHostMiddleware, allowed_hosts=["*.example.org"])
    else:
        app.server.config["TRUSTED_HOSTS"] = [".example.org"]
        # Old versions of both have the setting and do not heed it.
        _guard(app.server, backend, lambda visit: None if visit.host.endswith("example.org") else Refusal(400, {}))
    enable_true_404(app)
    return app


def bots_app(backend: str, **options: Any) -> dash.Dash:
    """Return an app that is 404 to what doesn't call itself a browser."""

    def needs_browser(visit: Visit) -> Refusal | None:
        return None if "Mozilla" in (visit.headers.get("User-Agent") or "") else Refusal(404, {})

    return _guarded_app(backend, needs_browser, **options)


_LOGGED_IN = Visitor(login="tests.login_apps:log_in")
#: All of them, by what they want.
LOGIN_APPS = {
    "session": LoginApp(session_app, _LOGGED_IN, True, _LOGGED_IN),
    "basic": LoginApp(basic_app, Visitor(user="ann:secret"), True, Visitor(user="ann:secret")),
    "provider": LoginApp(provider_app, Visitor(login="tests.login_apps:set_user"), True, None),
    "https": LoginApp(https_app, STRANGER, False, Visitor(base_url="https://127.0.0.1/")),
    "trusted": LoginApp(trusted_app, STRANGER, False, Visitor(base_url="http://www.example.org/")),
    "bots": LoginApp(bots_app, STRANGER, False, STRANGER),
}


def _app(backend: str, *links: Any, **options: Any) -> dash.Dash:
    app = app_on(backend, **options)
    register("/", layout=html.Div([dcc.Link("Sales", href="/sales"), *links]))
    register("/sales", layout=html.Div([dcc.Link("Sales", href=DEAD), *links]))
    if backend != "fastapi":
        app.server.secret_key = _SECRET
    return app


def _guarded_app(backend: str, guard: Callable[[Visit], Refusal | None], **options: Any) -> dash.Dash:
    app = _app(backend, **options)
    _guard(app.server, backend, guard)
    enable_true_404(app)
    return app


def _needs_user(login_page: str) -> Callable[[Visit], Refusal | None]:
    def needs_user(visit: Visit) -> Refusal | None:
        if visit.path.startswith(("/account/sign-out", "/logout")):
            visit.session.clear()
        is_open = visit.session.get("user") == "ann" or visit.path == login_page
        return None if is_open else Refusal(302, {"Location": login_page})

    return needs_user


def _guard(server: Any, backend: str, guard: Callable[[Visit], Refusal | None]) -> None:
    if backend == "flask":
        server.before_request(lambda: _answer(flask, guard))
    elif backend == "quart":
        quart = importlib.import_module("quart")

        async def guard_on_quart() -> Any:
            return _answer(quart, guard)

        server.before_request(guard_on_quart)
    else:
        _guard_fastapi(server, guard)


def _answer(framework: Any, guard: Callable[[Visit], Refusal | None]) -> Any:
    request = framework.request
    visit = Visit(request.path, request.scheme, request.host, request.headers, framework.session)
    refusal = guard(visit)
    return None if refusal is None else ("", refusal.status, refusal.headers)


def _guard_fastapi(server: Any, guard: Callable[[Visit], Refusal | None]) -> None:
    responses = importlib.import_module("starlette.responses")
    sessions = importlib.import_module("starlette.middleware.sessions")

    async def guard_on_fastapi(request: Any, call_next: Any) -> Any:
        url = request.url
        refusal = guard(Visit(url.path, url.scheme, url.netloc, request.headers, request.session))
        return await call_next(request) if refusal is None else responses.Response("", *refusal)

    server.middleware("http")(guard_on_fastapi)
    server.add_middleware(sessions.SessionMiddleware, secret_key=_SECRET)


def _add_form(server: Any, backend: str) -> None:
    def log_in(fields: dict[str, list[str]], session: Any) -> Refusal:
        if fields.get("password") != ["secret"]:
            return Refusal(403, {})
        session["user"] = fields["name"][0]
        return Refusal(302, {"Location": "/"})

    if backend == "fastapi":
        responses = importlib.import_module("starlette.responses")
        request_type = importlib.import_module("starlette.requests").Request

        async def form_on_fastapi(request: Any) -> Any:
            if request.method == "GET":
                return responses.HTMLResponse("<form method=post>")
            return responses.Response("", *log_in(parse_qs((await request.body()).decode()), request.session))

        form_on_fastapi.__annotations__["request"] = request_type
        server.add_api_route("/login", form_on_fastapi, methods=["GET", "POST"])
        server.add_api_route("/logout", lambda: "bye")
        return

    def form_on_flask() -> Any:
        if flask.request.method == "GET":
            return "<form method=post>"
        refusal = log_in(dict(flask.request.form.lists()), flask.session)
        return "", refusal.status, refusal.headers

    async def form_on_quart() -> Any:
        quart = importlib.import_module("quart")
        if quart.request.method == "GET":
            return "<form method=post>"
        refusal = log_in(dict((await quart.request.form).lists()), quart.session)
        return "", refusal.status, refusal.headers

    form = form_on_flask if backend == "flask" else form_on_quart
    server.add_url_rule("/login", "login", form, methods=["GET", "POST"])
    server.add_url_rule("/logout", "logout", lambda: "bye")
