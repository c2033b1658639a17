"""How a request comes to an app: in this process, by WSGI or ASGI, or over the network."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from ..messages import Request, Response

#: The name of our threads.
THREAD = "dash-true404 client"


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
    return count_arguments(application) == 3


def list_middleware(server: Any, name: str) -> Iterator[tuple[type, Sequence[Any], Mapping[str, Any]]]:
    """Yield the class and the arguments of a Starlette server's middleware, as it was added.

    :param server: any.
    :param name: of its class, or of one that it is derived from.
    """
    for added in getattr(server, "user_middleware", ()):
        kinds = getattr(added.cls, "__mro__", ())  # it may be a function
        if any(kind.__name__ == name for kind in kinds):
            # Starlette called them options until 0.35.
            yield added.cls, getattr(added, "args", ()), getattr(added, "kwargs", None) or getattr(added, "options", {})


def count_arguments(function: Any) -> int | None:
    """Return how many arguments something has to be called with; None if that cannot be told.

    >>> count_arguments(lambda environ, start_response, debug=False: None)
    2
    """
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # what is written in C may tell nothing
        return None
    if any(one.kind is one.VAR_POSITIONAL for one in parameters):
        return None
    by_position = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(one.default is one.empty and one.kind in by_position for one in parameters)
