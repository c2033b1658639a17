"""What is asked and what is answered, whatever lies between."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from werkzeug.datastructures import Headers

#: Seconds; for an app that hangs.
TIMEOUT = 20
#: The statuses of a guard, or of a server that is busy: they are no fault of the URL's.
GUARDED = frozenset({401, 403, 407, 429})


class NoAnswerError(Exception):
    """The app did not answer, or did not start; its text is for the person who asked."""


class Request(NamedTuple):
    """One question."""

    base: str
    """``scheme://host``, with a port if there is one."""
    target: str
    """Path and query, exactly as they are sent."""
    method: str
    headers: Headers
    body: bytes


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


class Received:
    """What has come of an answer so far."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.headers = Headers()
        self.body = b""

    def begin(self, status: int, headers: Headers) -> None:
        """Take the status and the headers."""
        self.headers, self.status = headers, status

    def answer(self, request: Request) -> Response:
        """Return it as an answer.

        :raises NoAnswerError: if there is none.
        """
        if self.status is None:
            raise NoAnswerError(f"The app has not answered {request.method} {request.target} within {TIMEOUT} seconds.")
        return Response(self.status, self.headers, self.body)
