"""Asking an app in this process, with as little around it as can be."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.test import create_environ

Call = Callable[[], object]


def wsgi(app: Any, path: str, status: int, method: str = "GET", **options: Any) -> Call:
    """Return a function that asks a WSGI app once.

    :param status: what it has to answer; checked once, now.
    :param options: of Werkzeug's ``create_environ``.
    """
    environ = create_environ(path, "http://localhost", method=method, **options)
    sent = environ["wsgi.input"].read()
    answered = ""

    def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
        nonlocal answered
        answered = status

    def ask() -> None:
        body = app({**environ, "wsgi.input": io.BytesIO(sent)}, start_response)
        for _ in body:
            pass
        if hasattr(body, "close"):
            body.close()

    ask()
    assert answered.startswith(str(status)), f"{method} {path} is {answered}, not {status}"
    return ask


class Asgi:
    """An event loop in which ASGI apps are started and asked."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._apps: list[tuple[asyncio.Task[None], asyncio.Queue[dict[str, Any]]]] = []

    def start(self, app: Any) -> Any:
        """Start an app as a server does, and return it."""

        async def start() -> None:
            incoming, started = asyncio.Queue[dict[str, Any]](), asyncio.Event()

            async def send(message: dict[str, Any]) -> None:
                started.set()

            scope = {"type": "lifespan", "asgi": {"version": "3.0"}}
            self._apps.append((asyncio.create_task(app(scope, incoming.get, send)), incoming))
            await incoming.put({"type": "lifespan.startup"})
            await started.wait()

        self._loop.run_until_complete(start())
        return app

    def call(self, app: Any, path: str, status: int) -> Call:
        """Return a function that asks an app once.

        :param status: what it has to answer; checked once, now.
        """
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(b"host", b"localhost")],
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
        }
        answered = 0

        async def once() -> None:
            is_asked, ended = False, asyncio.Event()

            async def receive() -> dict[str, Any]:
                nonlocal is_asked
                if is_asked:
                    await ended.wait()
                    return {"type": "http.disconnect"}
                is_asked = True
                return {"type": "http.request", "body": b"", "more_body": False}

            async def send(message: dict[str, Any]) -> None:
                nonlocal answered
                answered = message.get("status", answered)
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    ended.set()

            await app(dict(scope), receive, send)

        def ask() -> None:
            self._loop.run_until_complete(once())

        ask()
        assert answered == status, f"{path} is {answered}, not {status}"
        return ask

    def close(self) -> None:
        """Shut all apps down."""

        async def stop() -> None:
            for task, incoming in self._apps:
                await incoming.put({"type": "lifespan.shutdown"})
                await task

        self._loop.run_until_complete(stop())
        self._loop.close()


@contextmanager
def asgi() -> Iterator[Asgi]:
    """Return a loop for ASGI apps, which is closed in the end."""
    loop = Asgi()
    try:
        yield loop
    finally:
        loop.close()
