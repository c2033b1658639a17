"""How a request comes to an app: in this process, by WSGI or ASGI, or over the network."""

from __future__ import annotations

import inspect
from typing import Any, Protocol

from ..messages import Request, Response


class Transport(Protocol):
    """Carries requests to one app."""

    application: Any
    """What is asked in this process; None for a live site."""

    def send(self, request: Request) -> Response:
        """Return the answer to a request.

        :raises NoAnswerError: if nothing comes.
        """

    def close(self) -> None:
        """Stop what was started."""


def is_asgi(application: Any) -> bool:
    """Tell whether an application speaks ASGI: it is called with three arguments, to be awaited."""
    if inspect.iscoroutinefunction(application) or inspect.iscoroutinefunction(type(application).__call__):
        return True
    try:
        return len(inspect.signature(application).parameters) == 3
    except (TypeError, ValueError):  # what is written in C tells nothing
        return False
