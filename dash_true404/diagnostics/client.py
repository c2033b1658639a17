"""Asking a Dash app in this process, without a port, with request targets exactly as they are given."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent import futures
from types import TracebackType
from typing import Any, NamedTuple, Protocol
from urllib.parse import unquote, unquote_to_bytes

import dash
from flask.app import Flask
from werkzeug.datastructures import Headers
from werkzeug.test import create_environ, run_wsgi_app

_HOST = "localhost"
_THREAD = "dash-true404 client"
# Seconds; for an app that hangs.
_TIMEOUT = 20


class NoAnswerError(Exception):
    """The app did not answer, or did not start; its text is for the person who asked."""


class Response(NamedTuple):
    """What a server answered; status 500 also stands for an exception that it let through.

    Of a response that does not end, such as a stream of events, the data is what came in time.
    """

    status_code: int
    headers: Headers
    data: bytes

    @property
    def text(self) -> str:
        """The data as text, in the response's own charset."""
        charset = self.headers.get("Content-Type", "").partition("charset=")[2].partition(";")[0].strip('" ')
        try:
            return self.data.decode(charset or "utf-8", "replace")
        except LookupError:
            return self.data.decode("utf-8", "replace")

    @property
    def location(self) -> str | None:
        """Where a redirect leads to; None if there is no ``Location`` header."""
        return self.headers.get("Location")

    def json(self) -> Any:
        """Return what the data holds as JSON.

        :raises ValueError: if it isn't JSON.
        """
        return json.loads(self.data)


class _Transport(Protocol):
    server: Any

    def ask(self, target: str, method: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Ask a question."""

    def close(self) -> None:
        """Stop what was started."""


class Client:
    """Asks a Dash app, on any of its servers; on Quart and FastAPI between their start-up and shutdown.

    ::

        with Client(app) as client:
            client.ask("/caf%C3%A9?x=1").status

    :param app: the Dash app.
    """

    def __init__(self, app: dash.Dash) -> None:
        self._transport: _Transport = _Wsgi(app.server) if isinstance(app.server, Flask) else _Asgi(app.server)

    def __enter__(self) -> Client:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Shut the app's server down."""
        self._transport.close()

    @contextlib.contextmanager
    def through(self, middleware: Callable[[Any], Any]) -> Iterator[None]:
        """Send the requests within through a middleware in front of the server: WSGI on Flask, else ASGI.

        :param middleware: called with the server; returns what is called in its place.
        """
        server = self._transport.server
        self._transport.server = middleware(server)
        try:
            yield
        finally:
            self._transport.server = server

    def ask(
        self, target: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Response:
        """Return the answer to one request.

        :param target: path and query, as a browser sends them: percent-encoded.
        :param method: the HTTP method.
        :param headers: further request headers.
        :param body: the request's content.
        :raises NoAnswerError: if nothing comes.
        """
        return self._transport.ask(target, method, {"Host": _HOST, **(headers or {})}, body)


class _Wsgi:
    """Asks from a thread of its own, as a server would: here there may be a request or a running loop already."""

    def __init__(self, server: Any) -> None:
        self.server = server

    def ask(self, target: str, method: str, headers: Mapping[str, str], body: bytes) -> Response:
        received = _Received()
        # A daemon, for a view that never ends cannot be stopped.
        thread = threading.Thread(
            target=self._ask, args=(target, method, headers, body, received), name=_THREAD, daemon=True
        )
        thread.start()
        thread.join(_TIMEOUT)
        return received.answer(method, target)

    def _ask(self, target: str, method: str, headers: Mapping[str, str], body: bytes, received: _Received) -> None:
        path, _, query = target.partition("?")
        environ = create_environ(method=method, headers=Headers(list(headers.items())), data=body)
        environ.update(
            PATH_INFO=unquote_to_bytes(path).decode("latin-1"), REQUEST_URI=target, RAW_URI=target, QUERY_STRING=query
        )
        try:
            chunks, status, answered = run_wsgi_app(self.server, environ)
            received.begin(int(status.split()[0]), answered)
            try:
                for chunk in chunks:
                    received.body += chunk
            finally:
                if hasattr(chunks, "close"):
                    chunks.close()
        except Exception:  # which Flask lets through in debug and testing mode
            received.begin(500, Headers())

    def close(self) -> None:
        pass


class _Received:
    """What has come of an answer so far."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.headers = Headers()
        self.body = b""

    def begin(self, status: int, headers: Headers) -> None:
        """Take the status and the headers."""
        self.headers, self.status = _drop_host(headers), status

    def answer(self, method: str, target: str) -> Response:
        """Return it as an answer.

        :raises NoAnswerError: if there is none.
        """
        if self.status is None:
            raise NoAnswerError(f"The app has not answered {method} {target} within {_TIMEOUT} seconds.")
        return Response(self.status, self.headers, self.body)


class _Asgi:
    """Speaks ASGI from a thread with a loop of its own, for there may be a running one here already."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=_THREAD, daemon=True)
        self._thread.start()
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        try:
            failure = self._wait_for(self._start())
        except futures.TimeoutError:
            failure = f"it has not ended within {_TIMEOUT} seconds"
        if failure:
            self._end()
            raise NoAnswerError(f"The start-up of the app's server failed: {failure}")

    def _wait_for(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        waiting = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return waiting.result(_TIMEOUT)
        except futures.TimeoutError:
            waiting.cancel()
            raise

    async def _start(self) -> str | None:
        done = asyncio.Event()
        failure: str | None = None

        async def send(message: dict[str, Any]) -> None:
            nonlocal failure
            if message["type"] == "lifespan.startup.failed":
                failure = (message.get("message") or "it does not say why").strip().splitlines()[-1]
            done.set()

        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        self._running: asyncio.Task[None] = asyncio.create_task(self.server(scope, self._incoming.get, send))
        self._running.add_done_callback(lambda _: done.set())  # a server without lifespan ends here
        await self._incoming.put({"type": "lifespan.startup"})
        await done.wait()
        return failure

    async def _stop(self) -> None:
        await self._incoming.put({"type": "lifespan.shutdown"})
        await asyncio.gather(self._running, return_exceptions=True)  # it may end by a CancelledError of its own
        await asyncio.get_running_loop().shutdown_default_executor()

    def close(self) -> None:
        with contextlib.suppress(futures.TimeoutError):
            self._wait_for(self._stop())
        self._end()

    async def _cancel(self) -> None:
        left = (asyncio.all_tasks() | {self._running}) - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _end(self) -> None:
        # What hangs would be reported as destroyed by Python, at some later time and to whoever looks on.
        with contextlib.suppress(futures.TimeoutError):
            self._wait_for(self._cancel())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_TIMEOUT)
        if not self._thread.is_alive():
            self._loop.close()

    def ask(self, target: str, method: str, headers: Mapping[str, str], body: bytes) -> Response:
        received = _Received()
        try:
            self._wait_for(self._ask(target, method, headers, body, received))
        except futures.TimeoutError:
            pass
        except Exception:  # which the frameworks let through after they have answered, or in testing mode
            received.begin(500, Headers())
        return received.answer(method, target)

    async def _ask(
        self, target: str, method: str, headers: Mapping[str, str], body: bytes, received: _Received
    ) -> None:
        path, _, query = target.partition("?")
        named = {"content-length": str(len(body)), **headers}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode("latin-1", "replace"),
            "root_path": "",
            "query_string": query.encode("latin-1", "replace"),
            "headers": [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in named.items()],
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
            "state": {},
        }
        incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        await incoming.put({"type": "http.request", "body": body, "more_body": False})

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                named = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]]
                received.begin(message["status"], Headers(named))
            else:
                received.body += message.get("body", b"")
                if not message.get("more_body"):
                    await incoming.put({"type": "http.disconnect"})  # which Quart waits for from 0.23 on

        await self.server(scope, incoming.get, send)


def _drop_host(headers: Headers) -> Headers:
    # Starlette, and Werkzeug before 2.1, write the host into it; the path alone says the same (RFC 9110, 10.2.2).
    location = headers.get("Location", "")
    if location.startswith(f"http://{_HOST}/"):
        headers["Location"] = location[len(f"http://{_HOST}") :]
    return headers
