"""Flask: what it shares with Quart, with nothing to wait for."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ClassVar

import dash
import flask
from dash.exceptions import DependencyException
from werkzeug.wrappers import Response

from ..core.not_found_page import PROBLEM, PROBLEM_TYPE
from ..core.paths import wsgi_path, wsgi_readings
from ..core.site import Site
from ..dash_internals.first_request import spare_loops
from ..dash_internals.index_page import rendering
from . import EXTENSION
from .decisions import Decision
from .errors import PageNotFound
from .templates import FlaskTemplates
from .werkzeug import Steps, WerkzeugServer
from .werkzeug_decisions import View


class FlaskPageNotFound(PageNotFound):
    """Raised for an unknown URL; its response is the app's 404 page."""

    def get_response(self, *_: Any, **__: Any) -> Response:
        """Return the 404 page."""
        adapter: FlaskServer = flask.current_app.extensions[EXTENSION]
        return adapter.response_of(self)


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
    def run(steps: Steps) -> Any:
        """Call what the steps yield, one after the other, and return what they return."""
        result = None
        while True:
            try:
                step = steps.send(result)
            except StopIteration as done:
                return done.value
            result = step()  # not within the steps: a StopIteration of the user's would become a RuntimeError

    def as_function(self, steps: Callable[..., Steps], like: View | None = None) -> View:
        """Return a function that calls what the steps yield, and raises the error or returns the answer of theirs."""
        run = self.run

        @functools.wraps(like or steps)
        def function(*args: Any, **kwargs: Any) -> Any:
            refusal, answer = run(steps(*args, **kwargs))
            if refusal is None:
                return answer
            try:
                raise refusal
            finally:
                del refusal  # or this frame and the error, which holds it, would wait for the garbage collector

        return function

    def callable(self, function: View) -> View:
        """Return a function of the user's, plain or async, as the server calls it."""
        callable_: View = self._server.ensure_sync(function)
        return callable_

    def spare_hooks(self, functions: list[Callable[[], Any]]) -> None:
        """Have Dash's own ``before_request`` functions cost nothing once they have done their work."""
        spare_loops(functions, self._server.ensure_sync)

    def response_of(self, error: PageNotFound) -> Response:
        """Return the 404 page that an error stands for."""
        request = self.framework.request._get_current_object()
        answer = self.run(self.answer_not_found(self._sites[error.endpoint], error.in_app, request))
        response: Response = self._server.make_response(answer)
        return response

    def paths(self, request: Any) -> tuple[str, ...]:
        """Return a request's path as the browser holds it, and what else it may be."""
        path = wsgi_path(request.environ)
        return wsgi_readings(request.environ, path) if "%" in path else (path,)

    def accept(self, request: Any) -> str:
        """Return a request's Accept header."""
        return str(request.environ.get("HTTP_ACCEPT", ""))

    def exists(self, decision: Decision) -> bool:
        """Tell whether what a page is about exists: call its ``exists``."""
        site, found = decision.site, decision.found
        return site is None or found.match is None or site.exists.ask(found.match, found.others)

    def guarded(self, call: View, decision: Decision, exists: Callable[[], bool]) -> tuple[Response, bytes | None]:
        """Return the response of Dash's view behind the user's guard, and its content if it is there already."""
        is_reporting = decision.site is not None and decision.site.is_report_only
        with rendering(lambda: is_reporting or (decision.found.is_page and exists())):
            response = self._server.make_response(call())
        return response, None if response.is_streamed else response.get_data()

    def bundle(self, call: View) -> Any:
        """Return Dash's answer to a component bundle, or the error that it raises for one that does not exist."""
        try:
            return call()
        except DependencyException as error:
            return error

    def static_answer(self, site: Site | None) -> Any:
        """Return the response with the 404 page of a site; with a problem in JSON for None."""
        return self.response(PROBLEM, PROBLEM_TYPE) if site is None else self.response(site.not_found_page.html())
