"""Asking a WSGI application in this process."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import unquote_to_bytes

from werkzeug.datastructures import Headers
from werkzeug.test import create_environ, run_wsgi_app

from .. import messages
from ..messages import Received, Request, Response
from . import THREAD


class Wsgi:
    """Asks from a thread of its own, as a server would: here there may be a request or a running loop already.

    :param application: as a web server calls it.
    """

    def __init__(self, application: Any) -> None:
        self.application = application

    def send(self, request: Request) -> Response:
        """Return the answer to a request."""
        received = Received()
        # A daemon, because a view that never ends cannot be stopped.
        thread = threading.Thread(target=self._ask, args=(request, received), name=THREAD, daemon=True)
        thread.start()
        thread.join(messages.TIMEOUT)
        return received.answer(request)

    def _ask(self, request: Request, received: Received) -> None:
        target = request.target
        path, _, query = target.partition("?")
        environ = create_environ(
            base_url=request.base + "/", method=request.method, headers=request.headers, data=request.body
        )
        environ.update(
            PATH_INFO=unquote_to_bytes(path).decode("latin-1"), REQUEST_URI=target, RAW_URI=target, QUERY_STRING=query
        )
        try:
            chunks, status, answered = run_wsgi_app(self.application, environ)
            received.begin(int(status.split()[0]), answered)
            try:
                for chunk in chunks:
                    received.body += chunk
            finally:
                if hasattr(chunks, "close"):
                    chunks.close()
        except BaseException:  # which Flask lets through in debug and testing mode, and SystemExit always
            received.begin(500, Headers())

    def close(self) -> None:
        """Do nothing: nothing was started."""
