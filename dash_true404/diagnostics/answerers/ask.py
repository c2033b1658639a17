"""A request is asked untraced, then traced; the trace is believed only if both answers are the same."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

from ..client import Client, NoAnswerError, Response
from ..transports import is_asgi
from .answerer import UNSEEN, Answerer
from .in_transit import Head, Sent, note_sent
from .werkzeug import WerkzeugTrace

if TYPE_CHECKING:
    from .starlette import StarletteTrace


def find_answerer(client: Client, target: str, method: str, answer: Response | None = None) -> Answerer:
    """Return who answers a request.

    ::

        find_answerer(client, "/reports", "GET").name

    :param client: of an app in this process.
    :param target: path and query, percent-encoded.
    :param method: the HTTP method; the request is sent twice.
    :param answer: what came for it untraced, if it was asked already.
    """
    with client.frozen_cookies():
        answer = answer or client.ask(target, method)
        try:
            watch = _Watch(_trace(client.server))
            with client.through(watch):
                traced = client.ask(target, method)
        except (NoAnswerError, *_MISSING):
            return UNSEEN
    if (traced.status_code, traced.location) != (answer.status_code, answer.location):
        return Answerer("differs", str(traced.status_code))
    return watch.find_answerer()


# What looking for a private name raises in a version of a framework that has no such name.
_MISSING = (ImportError, AttributeError, StopIteration)


def _trace(server: Any) -> WerkzeugTrace | StarletteTrace:
    if hasattr(server, "url_map"):
        return WerkzeugTrace(server)
    from .starlette import StarletteTrace

    return StarletteTrace(server)


class _Watch:
    """Our middleware for one request.

    :param server: looks on while the server answers.
    """

    def __init__(self, server: WerkzeugTrace | StarletteTrace) -> None:
        self._server = server
        self._sent: Sent | None = None

    def __call__(self, application: Any) -> Any:
        """Return what is called in an application's place."""
        return self._as_asgi(application) if is_asgi(application) else self._as_wsgi(application)

    def find_answerer(self) -> Answerer:
        """Return who answered."""
        if self._sent is None or self._server.trace.is_broken:
            return UNSEEN
        return self._server.find_answerer(self._sent)

    def _as_wsgi(self, application: Any) -> Any:
        def call(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
                location = next((value for name, value in headers if name.lower() == "location"), None)
                head = Head(int(status.split()[0]), location)
                self._sent = note_sent(head, sys._getframe(1), call.__code__, lambda value: value is environ)
                return start_response(status, headers, *rest)

            with self._server.trace.watching():
                answer: Iterable[bytes] = application(environ, start)
            return answer

        return call

    def _as_asgi(self, application: Any) -> Any:
        async def call(scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
            async def send_noted(message: Any) -> None:
                if message["type"] == "http.response.start":
                    named = {name.lower(): value.decode("latin-1") for name, value in message["headers"]}
                    head = Head(message["status"], named.get(b"location"))
                    self._sent = note_sent(head, sys._getframe(1), call.__code__, _is_scope)
                await send(message)

            with self._server.trace.watching():
                await application(scope, receive, send_noted)

        return call


def _is_scope(value: Any) -> bool:
    return isinstance(value, dict) and value.get("type") == "http" and "query_string" in value
