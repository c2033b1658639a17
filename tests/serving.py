"""Serving an app on 127.0.0.1, for tests that ask it as a live site."""

from __future__ import annotations

import contextlib
import importlib
import threading
from collections.abc import Iterator
from http.server import HTTPServer
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from .client import is_asgi


class QuietHandler(WSGIRequestHandler):
    """Logs nothing."""

    def log(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def serve(application: Any) -> Iterator[str]:
    """Serve a WSGI or ASGI application; yields its URL, without slash."""
    with _serve_asgi(application) if is_asgi(application) else _serve_wsgi(application) as port:
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def _serve_wsgi(application: Any) -> Iterator[int]:
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=HTTPServer.serve_forever, args=(server, 0.01), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def _serve_asgi(application: Any) -> Iterator[int]:
    uvicorn = importlib.import_module("uvicorn")
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="critical", ws="none"))
    started, startup = threading.Event(), server.startup

    async def start_up(*args: Any, **options: Any) -> None:
        try:
            await startup(*args, **options)
        finally:
            started.set()

    server.startup = start_up
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        assert started.wait(60)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
