"""Asking an ASGI application in this process, between its start-up and its shutdown."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from concurrent import futures
from typing import Any
from urllib.parse import unquote, urlsplit

from werkzeug.datastructures import Headers

from .. import messages
from ..messages import NoAnswerError, Received, Request, Response
from . import THREAD

_PORTS = {"http": 80, "https": 443}


class Asgi:
    """Speaks ASGI from a thread with a loop of its own, because there may be a running one here already.

    :param application: as a web server calls it.
    :raises NoAnswerError: if its start-up fails.
    """

    def __init__(self, application: Any) -> None:
        self.application = application
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=THREAD, daemon=True)
        self._thread.start()
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        try:
            failure = self.wait_for(self._start())
        except futures.TimeoutError:
            failure = f"it has not ended within {messages.TIMEOUT} seconds"
        if failure:
            self._end()
            raise NoAnswerError(f"The start-up of the app's server failed: {failure}")

    def _run(self) -> None:
        while True:
            try:
                return self._loop.run_forever()
            except (SystemExit, KeyboardInterrupt):  # asyncio lets a view's end the loop, and tells who awaits it too
                continue

    def wait_for(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Return what a coroutine returns in the application's loop."""
        waiting = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return waiting.result(messages.TIMEOUT)
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
        self._running: asyncio.Task[None] = asyncio.create_task(self.application(scope, self._incoming.get, send))
        self._running.add_done_callback(lambda _: done.set())  # a server without lifespan ends here
        await self._incoming.put({"type": "lifespan.startup"})
        await done.wait()
        return failure

    async def _stop(self) -> None:
        await self._incoming.put({"type": "lifespan.shutdown"})
        await asyncio.gather(self._running, return_exceptions=True)  # it may end by a CancelledError of its own
        await asyncio.get_running_loop().shutdown_default_executor()

    def close(self) -> None:
        """Shut the application down."""
        with contextlib.suppress(futures.TimeoutError):
            self.wait_for(self._stop())
        self._end()

    async def _cancel(self) -> None:
        left = (asyncio.all_tasks() | {self._running}) - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _end(self) -> None:
        # What hangs would be reported as destroyed by Python, at some later time and to whoever looks on.
        with contextlib.suppress(futures.TimeoutError):
            self.wait_for(self._cancel())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(messages.TIMEOUT)
        if not self._thread.is_alive():
            self._loop.close()

    def send(self, request: Request, application: Any = None) -> Response:
        """Return the answer to a request.

        :param request: the question.
        :param application: asked instead of the one that was started.
        """
        received = Received()
        try:
            self.wait_for(_ask(application or self.application, request, received))
        except futures.TimeoutError:
            pass
        except KeyboardInterrupt:
            raise
        except BaseException:  # which the frameworks let through after they have answered, or in testing mode
            received.begin(500, Headers())
        return received.answer(request)


async def _ask(application: Any, request: Request, received: Received) -> None:
    path, _, query = request.target.partition("?")
    base = urlsplit(request.base)
    named = {"content-length": str(len(request.body)), "host": base.netloc}
    sent = [*request.headers, *(item for item in named.items() if item[0] not in request.headers)]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": base.scheme,
        "path": unquote(path),
        "raw_path": path.encode("latin-1", "replace"),
        "root_path": "",
        "query_string": query.encode("latin-1", "replace"),
        "headers": [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in sent],
        "client": ("127.0.0.1", 1),
        "server": (base.hostname, base.port or _PORTS[base.scheme]),
        "state": {},
    }
    incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    await incoming.put({"type": "http.request", "body": request.body, "more_body": False})

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            named = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]]
            received.begin(message["status"], Headers(named))
        else:
            received.body += message.get("body", b"")
            if not message.get("more_body"):
                await incoming.put({"type": "http.disconnect"})  # which Quart waits for from 0.23 on

    await application(scope, incoming.get, send)
