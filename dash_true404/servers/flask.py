"""Flask: its views, its error handlers and its responses."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ClassVar

import dash
import flask
from dash.exceptions import DependencyException
from flask.app import Flask
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.wrappers import Response

from ..core.paths import wsgi_path
from ..dash_internals.router import is_shell, rendering, shell
from . import EXTENSION
from .errors import PageNotFound, users_handler_now
from .templates import FlaskTemplates
from .werkzeug import View, WerkzeugServer


class FlaskPageNotFound(PageNotFound):
    """Raised for a URL that is no page; its response is the app's 404 page."""

    def get_response(self, *_: Any, **__: Any) -> Response:
        """Return the 404 page."""
        adapter: FlaskServer = flask.current_app.extensions[EXTENSION]
        response = adapter.not_found(self.endpoint, adapter.asked())
        assert response is not None  # there is an app that this error is of
        return response


class FlaskServer(WerkzeugServer):
    """True 404s on a Flask server."""

    framework: ClassVar[Any] = flask
    templates_class = FlaskTemplates
    not_found_error = FlaskPageNotFound

    @staticmethod
    def can_wait(app: dash.Dash) -> bool:
        """Tell whether a page's ``exists`` may be async."""
        return False

    @staticmethod
    def has_served(server: Flask) -> bool:
        """Tell whether a server is known to have answered requests."""
        # Flask < 2.2 does not refuse set-up methods by itself; Flask 2.3 dropped both names.
        return hasattr(Flask, "before_first_request") and bool(getattr(server, "got_first_request", False))

    def before_request(self) -> None:
        """Look at a request before its view does."""
        self.prepare()

    def path(self, request: Any) -> str:
        """Return a request's path as the browser holds it."""
        return wsgi_path(request.environ)

    def accept(self, request: Any) -> str:
        """Return a request's Accept header."""
        return str(request.environ.get("HTTP_ACCEPT", ""))

    def page_or_404(self, endpoint: str, view: View) -> View:
        """Return Dash's view for a page, and for everything else an error raised."""
        call = self._callable(view)

        @functools.wraps(view)
        def page_or_404(*args: Any, **kwargs: Any) -> Any:
            request = self.asked()
            site = self.site_behind(endpoint, request)
            if site is None:
                return call(*args, **kwargs)
            path = self.path(request)
            verdict = site.verdict(path)
            refusal = None if verdict.is_page else self.refusal(site, request, path)
            response = None
            if not self.is_open(site, endpoint, is_reached=True):
                # A guard that wraps Dash's view answers first. Only an answer of Dash's is replaced.
                with rendering(verdict.is_found if not site.report_only else lambda: True):
                    response = self._server.make_response(call(*args, **kwargs))
                content = None if response.is_streamed else response.get_data()
                if not is_shell(response.status_code, content):
                    return response
            refusal = refusal or self.redirect(verdict, request)
            if refusal is None and not verdict.exists:
                refusal = self.not_found_error(site.index_rule)
            refusal = self.unless_reported(site, request, refusal)
            if refusal is not None:
                try:
                    raise refusal
                finally:
                    del refusal  # or this frame and the error, which holds it, would wait for the garbage collector
            return call(*args, **kwargs) if response is None else response

        return page_or_404

    def bundle_or_404(self, endpoint: str, view: View) -> View:
        """Return Dash's view for a component bundle, and an error raised for one that there is not."""
        call = self._callable(view)

        @functools.wraps(view)
        def bundle_or_404(*args: Any, **kwargs: Any) -> Any:
            try:
                return call(*args, **kwargs)
            except DependencyException:
                if self._sites[endpoint].report_only:
                    raise
                raise self.not_found_error(endpoint) from None

        return bundle_or_404

    def handle(self, error: HTTPException) -> Any:
        """Answer an error of ours: by the user's handler, or by the app's 404 page."""
        request = self.asked()
        handler = users_handler_now(self._server, request, error)
        if handler:
            return self._callable(handler)(error)
        return self.not_found(error.endpoint, request) if isinstance(error, PageNotFound) else error.get_response()

    def handle_every_404(self, error: HTTPException) -> Any:
        """Answer any other 404 of the server."""
        request = self.asked()
        handler = users_handler_now(self._server, request, NotFound())
        if handler:
            return self._callable(handler)(error)
        if error.response is not None:  # abort(404, response=...), or abort(response)
            return error
        return self.not_found(None, request) or error

    def not_found(self, endpoint: str | None, request: Any) -> Response | None:
        """Return the answer to a URL that is no page.

        :param endpoint: whose app answers; None: whichever app answers every 404 of the server, if one does.
        """
        response: Response
        site = self.site_to_answer(endpoint, request)
        if site is None:
            return None
        if not self.is_shell_due(site, endpoint, request):
            response = self.response(None if self.is_json_due(request) else site.answer.html())
            return response
        try:
            page = self._server.make_response(site.answer.or_built_in(lambda: shell(site), HTTPException))
        except HTTPException as aborted:
            response = aborted.get_response(request.environ)
            return response
        response = self.finished(page)
        return response

    def _callable(self, function: Callable[..., Any]) -> Callable[..., Any]:
        # Views and handlers may be async (Flask >= 2.0).
        ensure: Callable[..., Callable[..., Any]] = getattr(self._server, "ensure_sync", lambda plain: plain)
        return ensure(function)
