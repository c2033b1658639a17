"""Asking a live site over HTTP, one connection for each request."""

from __future__ import annotations

import functools
import ssl
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers

from .. import messages
from ..messages import NoAnswerError, Request, Response

# Index pages with the layouts of all pages in them can be large; more is not a page.
_MOST_BYTES = 20_000_000


class Network:
    """Asks one live site.

    :param site: ``scheme://host``, where it is connected to; None: wherever a request's base says.
    """

    application = None

    def __init__(self, site: str | None = None) -> None:
        self._site = site

    def send(self, request: Request) -> Response:
        """Return the answer to a request."""
        try:
            connection = self._connect(self._site or request.base)
            try:
                connection.putrequest(request.method, request.target, skip_host=True)
                for name, value in self._list_headers(request):
                    connection.putheader(name, value.encode("latin-1", "replace"))
                connection.endheaders(request.body or None)
                response: HTTPResponse = connection.getresponse()
                return Response(response.status, Headers(response.getheaders()), response.read(_MOST_BYTES))
            finally:
                connection.close()
        except (OSError, HTTPException, UnicodeError) as error:
            raise NoAnswerError(_explain_error(error)) from error

    def _list_headers(self, request: Request) -> list[tuple[str, str]]:
        headers = Headers(request.headers)
        base = urlsplit(request.base)
        headers.setdefault("Host", base.netloc)
        headers.setdefault("Connection", "close")
        if request.body or request.method in ("POST", "PUT", "PATCH"):
            headers["Content-Length"] = str(len(request.body))
        if self._site and urlsplit(self._site).scheme != base.scheme:
            # Somebody who asks an app behind its proxy says what the proxy would say.
            headers.setdefault("X-Forwarded-Proto", base.scheme)
        return list(headers)

    def _connect(self, site: str) -> HTTPConnection:
        parts = urlsplit(site)
        host = parts.hostname or ""
        if parts.scheme == "https":
            return HTTPSConnection(host, parts.port, timeout=messages.TIMEOUT, context=_make_context())
        return HTTPConnection(host, parts.port, timeout=messages.TIMEOUT)

    def close(self) -> None:
        """Do nothing: each connection is closed by itself."""


@functools.cache  # reading all the certificates that are trusted takes longer than asking
def _make_context() -> ssl.SSLContext:
    return ssl.create_default_context()


def _explain_error(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, TimeoutError):
        return f"no answer within {messages.TIMEOUT} seconds"
    if isinstance(error, ssl.SSLError):
        return f"no TLS there ({error.reason or error}), perhaps it is http:// only"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"it does not speak HTTP ({error!r})"
