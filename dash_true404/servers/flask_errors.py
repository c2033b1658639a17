"""What the Flask adapter raises, and who may answer it: the user's own error handlers first, Dash's never."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import flask
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.wrappers import Response

#: Under this name the adapter is found in ``server.extensions``.
EXTENSION = "dash_true404"


class PageNotFound(NotFound):
    """Raised for a URL that is no page; its response is the app's 404 page.

    :param endpoint: one of the endpoints of the app that answers.
    """

    def __init__(self, endpoint: str) -> None:
        super().__init__()
        self.args = (endpoint,)  # so that it can be pickled, as extensions that cache views do
        self._endpoint = endpoint

    def get_response(self, *_: Any, **__: Any) -> Response:
        """Return the 404 page."""
        response: Response = flask.current_app.extensions[EXTENSION].not_found(self._endpoint)
        return response


class PageMethodNotAllowed(MethodNotAllowed):
    """Raised for a URL of a Dash app that other methods are meant for."""


def handle(error: HTTPException) -> Any:
    """Answer one of the above.

    In debug mode Dash registers an ``errorhandler(Exception)`` that makes a 500 of every error without a handler
    of its own. So these two have one: it hands on to the user's handler, or lets the error answer for itself.
    """
    handler = _handler_of(type(error).__mro__[1])
    return handler(error) if handler else error.get_response()


def answer_every_404(server: flask.Flask) -> None:
    """Let the adapter answer the server's other 404s too, unless the user has a handler for them, now or later."""
    found = _users_handler(server, NotFound)
    if found is None or found[0] is not NotFound:
        server.register_error_handler(404, _handle_every_404)


def _handle_every_404(error: HTTPException) -> Any:
    handler = _handler_of(NotFound)
    if handler:
        return handler(error)
    if error.response is not None:  # abort(404, response=...), or abort(response)
        return error
    return flask.current_app.extensions[EXTENSION].not_found(None) or error


def generic_handler_warning(server: flask.Flask) -> list[str]:
    """Return a warning if the user's handler for any exception takes the 404s too, else nothing."""
    found = _users_handler(server, NotFound)
    if found is None or found[0] is not Exception:
        return []
    return [
        "errorhandler(Exception) takes this server's 404s too, for there is none for 404 or HTTPException: "
        "unknown URLs get the status that it returns, often 500. Register an errorhandler(404) as well."
    ]


def ensure_sync(server: flask.Flask, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a view or handler of the user's such that it can be called, also if it is async (Flask >= 2.0)."""
    ensure: Callable[..., Callable[..., Any]] = getattr(server, "ensure_sync", lambda plain: plain)
    return ensure(function)


def _handler_of(error: type[HTTPException]) -> Callable[..., Any] | None:
    server, request = flask.current_app, flask.request
    found = _users_handler(server, error, getattr(request, "blueprints", None) or filter(None, [request.blueprint]))
    return ensure_sync(server, found[1]) if found else None


def _users_handler(
    server: flask.Flask, error: type[HTTPException], blueprints: Iterable[str] = ()
) -> tuple[type[BaseException], Callable[..., Any]] | None:
    """Return the user's own handler for an error, found as Flask finds it, and the class that it is registered for."""
    # Flask calls error_handler_spec internal, but no public name tells the user's handlers from Dash's.
    spec = server.error_handler_spec
    for code, name in itertools.product((error.code, None), (*blueprints, None)):
        for error_class in error.__mro__:
            handler = spec.get(name, {}).get(code, {}).get(error_class)
            if handler and handler is not _handle_every_404 and not _is_dashs(handler):
                return error_class, handler
    return None


def _is_dashs(handler: Callable[..., Any]) -> bool:
    return (getattr(handler, "__module__", None) or "").partition(".")[0] == "dash"
