"""Sessions, made as an app's own server makes them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from .login import LoginError
from .messages import Request
from .transports import Transport, is_asgi, list_middleware
from .transports.asgi import Asgi

_LIVE = "set_session() works in this process only: on a live site, post the form of the login page."
_NONE = (
    "The app has no session that set_session() could set. It works on Flask and Quart with a secret_key, and with "
    "Starlette's SessionMiddleware."
)


def make_session(
    servers: Sequence[Any], transport: Transport, request: Request, values: Mapping[str, Any]
) -> list[str]:
    """Return the ``Set-Cookie`` headers of a session that has the given values, besides those that it had.

    :param servers: what a request passes, the app's own server last; none for a live site.
    :param transport: carries requests to them.
    :param request: of the visitor, with the cookies.
    :param values: what the session is to hold.
    :raises LoginError: if there is no session that could be set.
    """
    if not servers:
        raise LoginError(_LIVE)
    server = next((one for one in servers if any(list_middleware(one, "SessionMiddleware"))), servers[-1])
    try:
        if not hasattr(server, "session_interface"):
            return _ask_middleware(server, transport, request, values)
        if isinstance(transport, Asgi) and is_asgi(server):
            cookies: list[str] = transport.wait_for(_save_on_quart(server, request, values))
            return cookies
        return _save_on_flask(server, request, values)
    except (RuntimeError, TypeError, ValueError) as error:
        raise LoginError(f"set_session() failed: {error}") from error


def _save_on_flask(server: Any, request: Request, values: Mapping[str, Any]) -> list[str]:
    interface, response = server.session_interface, server.response_class()
    with server.test_request_context(request.target, base_url=request.base, headers=request.headers) as context:
        session = interface.open_session(server, context.request)
        _update(interface, session, values)
        interface.save_session(server, session, response)
    found: list[str] = response.headers.getlist("Set-Cookie")
    return found


async def _save_on_quart(server: Any, request: Request, values: Mapping[str, Any]) -> list[str]:
    interface, response = server.session_interface, server.response_class("")
    scheme, _, host = request.base.partition("://")
    headers = [*((name, value) for name, value in request.headers if name.lower() != "host"), ("Host", host)]
    async with server.test_request_context(request.target, headers=dict(headers), scheme=scheme) as context:
        session = await _wait(interface.open_session(server, context.request))
        _update(interface, session, values)
        await _wait(interface.save_session(server, session, response))
    found: list[str] = response.headers.getlist("Set-Cookie")
    return found


async def _wait(result: Any) -> Any:
    return await result if inspect.isawaitable(result) else result


def _update(interface: Any, session: Any, values: Mapping[str, Any]) -> None:
    if session is None or interface.is_null_session(session):
        raise LoginError(_NONE)
    session.update(values)


def _ask_middleware(server: Any, transport: Transport, request: Request, values: Mapping[str, Any]) -> list[str]:
    """Let the server's own session middleware write the cookie, around an application that fills the session."""
    middleware = next(list_middleware(server, "SessionMiddleware"), None)
    if middleware is None or not isinstance(transport, Asgi):
        raise LoginError(_NONE)
    kind, args, options = middleware

    async def fill(scope: dict[str, Any], _: Any, send: Any) -> None:
        scope["session"].update(values)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    answer = transport.send(request, kind(fill, *args, **options))
    cookies = answer.headers.getlist("Set-Cookie")
    if not cookies:
        raise LoginError(f"set_session() failed: {kind.__name__} sets no cookie for these values.")
    return cookies
