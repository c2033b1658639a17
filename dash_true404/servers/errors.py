"""The errors of the Flask and Quart adapters, which the user's own handlers answer first, and Dash's never."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

Handler = Callable[[Any], Any]


class PageNotFound(NotFound):
    """Raised for an unknown URL; its response is the app's 404 page.

    :param endpoint: one of the endpoints of the app that answers.
    :param in_app: whether it answers with its own shell.
    """

    def __init__(self, endpoint: str, in_app: bool = False) -> None:
        super().__init__()
        self.args = (endpoint, in_app)  # so that it can be pickled, as extensions that cache views do
        self.endpoint = endpoint
        self.in_app = in_app


class PageMethodNotAllowed(MethodNotAllowed):
    """Raised for a URL of a Dash app that only has other methods."""


def generic_handler_warning(server: Any) -> list[str]:
    """Return a warning if the user's handler for any exception handles 404s too, else nothing."""
    found = users_handler(server, NotFound)
    if found is None or found[0] is not Exception:
        return []
    return [
        "errorhandler(Exception) handles this server's 404s too, because there is none for 404 or HTTPException: "
        "unknown URLs get the status that it returns, often 500. Register an errorhandler(404) as well."
    ]


def users_handler(
    server: Any, error: type[HTTPException], blueprints: Iterable[str | None] = ()
) -> tuple[type[BaseException], Handler] | None:
    """Return the class that the user's handler for an error is registered for, and the handler, as Flask finds it."""
    # Flask documents error_handler_spec as internal, but nothing public distinguishes the user's handlers from Dash's.
    specs = server.error_handler_spec
    for code in (error.code, None):
        for name in (*blueprints, None):
            handlers = specs[name].get(code) if name in specs else None
            if not handlers:
                continue
            for error_class in error.__mro__:
                if error_class in handlers and _is_users(handlers[error_class]):
                    return error_class, handlers[error_class]
    return None


def _is_users(handler: Handler) -> bool:
    package = (getattr(handler, "__module__", None) or "").partition(".")[0]
    return package not in ("dash", __name__.partition(".")[0])
