"""Flask: what it shares with Quart, with nothing to wait for."""

from __future__ import annotations

from typing import Any, ClassVar

import flask
from dash.exceptions import DependencyException
from werkzeug.wrappers import Response

from ..core.paths import wsgi_readings
from ..core.site import Site
from ..dash_internals.first_request import spare_loops
from ..dash_internals.index_page import rendering
from . import EXTENSION
from .decisions import Decision
from .errors import PageNotFound
from .werkzeug import WerkzeugServer
from .werkzeug_decisions import View
from .werkzeug_steps import Call, as_function, run


class FlaskPageNotFound(PageNotFound):
    """Raised for an unknown URL; its response is the app's 404 page."""

    def get_response(self, *_: Any, **__: Any) -> Response:
        """Return the 404 page."""
        adapter: FlaskServer = flask.current_app.extensions[EXTENSION]
        return adapter.response_of(self)


class FlaskServer(WerkzeugServer):
    """True 404s on a Flask server."""

    framework: ClassVar[Any] = flask
    can_wait = False
    not_found_error = FlaskPageNotFound
    as_function = staticmethod(as_function)
    run = staticmethod(run)
    spare_hooks = staticmethod(spare_loops)

    def _callable(self, function: View) -> View:
        callable_: View = self._server.ensure_sync(function)
        return callable_

    def response_of(self, error: PageNotFound) -> Response:
        """Return the 404 page for an error."""
        request = self.framework.request._get_current_object()
        answer = self._answer_not_found(self._sites[error.endpoint], error.in_app, request)
        response: Response = self._server.make_response(answer())
        return response

    def _paths(self, request: Any) -> tuple[str, ...]:
        return wsgi_readings(request.environ)

    def _accept(self, request: Any) -> str:
        return str(request.environ.get("HTTP_ACCEPT", ""))

    def _exists(self, decision: Decision) -> bool:
        site, found = decision.site, decision.found
        return site is None or found.match is None or site.exists.ask(found.match, *found.others)

    def _guarded(self, view: Call, decision: Decision, exists: Call) -> tuple[Response, bytes | None]:
        is_reporting = decision.site is not None and decision.site.is_report_only
        with rendering(lambda: is_reporting or (decision.found.is_page and exists())):
            response = self._server.make_response(view())
        return response, None if response.is_streamed else response.get_data()

    def _bundle(self, view: Call, prefix: str) -> Any:
        try:
            return view()
        except DependencyException as fault:
            raise self._bundle_error(prefix, fault) from None

    def _page(self, site: Site) -> Any:
        return self._response(site.not_found_page.html())
