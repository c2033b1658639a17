"""What the Flask adapter raises, and who may answer it: the user's own error handlers first, Dash's never."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flask
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.wrappers import Response


class PageNotFound(NotFound):
    """Raised for a URL that is no page; its response is the app's 404 page."""

    def __init__(self, respond: Callable[[], Response]) -> None:
        super().__init__()
        self._respond = respond

    def get_response(self, *_: Any, **__: Any) -> Response:
        """Return the 404 page."""
        return self._respond()


class PageMethodNotAllowed(MethodNotAllowed):
    """Raised for a URL of a Dash app that other methods are meant for."""


def handle(error: HTTPException) -> Any:
    """Answer one of the above.

    In debug mode Dash registers an ``errorhandler(Exception)`` that makes a 500 of every error without a handler
    of its own. So these two have one: it hands on to the user's handler, or lets the error answer for itself.
    """
    server = flask.current_app
    found = _users_handler(server, type(error).__mro__[1])
    if found is None:
        return error.get_response()
    _, handler = found
    return getattr(server, "ensure_sync", lambda f: f)(handler)(error)  # Flask >= 2.0


def generic_handler_warning(server: flask.Flask) -> list[str]:
    """Return a warning if the user's handler for any exception takes the 404s too, else nothing."""
    found = _users_handler(server, NotFound)
    if found is None or found[0] is not Exception:
        return []
    return [
        "errorhandler(Exception) takes this server's 404s too, for there is none for 404 or HTTPException: "
        "unknown URLs get the status that it returns, often 500. Register an errorhandler(404) as well."
    ]


def _users_handler(
    server: flask.Flask, error: type[HTTPException]
) -> tuple[type[BaseException], Callable[..., Any]] | None:
    """Return the user's own handler for an error, found as Flask finds it, and the class that it is registered for."""
    # Flask calls error_handler_spec internal, but no public name tells the user's handlers from Dash's.
    handlers = server.error_handler_spec[None]
    for code in (error.code, None):
        for error_class in error.__mro__:
            handler = handlers.get(code, {}).get(error_class)
            if handler and handler.__module__.partition(".")[0] != "dash":
                return error_class, handler
    return None
