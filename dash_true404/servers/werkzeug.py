"""What Flask and Quart share: carrying out what ``werkzeug_decisions`` decides.

GET and HEAD are answered in the views of Dash's two rules, after all guards. Other methods never reach a view: for them
the routing exception is replaced, which the server raises after all ``before_request`` functions.
"""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import dash
from dash.exceptions import DependencyException
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect, WebsocketMismatch

from ..core.not_found_page import HEADERS, PROBLEM, PROBLEM_TYPE, prefers_json
from ..core.site import Site, everywhere_site
from ..dash_internals.index_page import is_dashs_answer, shell
from ..dash_internals.navigation import root_url
from ..dash_internals.routes import BUNDLES
from . import EXTENSION
from .adapter import Adapter
from .decisions import DASHS_405, NOT_FOUND, PAGE, PASS_ON, Decision, Outcome, Reason
from .errors import PageMethodNotAllowed, PageNotFound, generic_handler_warning, users_handler
from .templates import FlaskTemplates
from .werkzeug_decisions import View, WerkzeugDecisions
from .werkzeug_steps import Call, Steps, same, throw


class WerkzeugServer(Adapter):
    """True 404s on a Flask or Quart server.

    :param server: the server.
    """

    variable_start = "<"

    #: The framework's module, for its ``request`` and ``render_template``.
    framework: ClassVar[Any]

    #: What is raised for an unknown URL.
    not_found_error: ClassVar[type[PageNotFound]] = PageNotFound

    #: Those of ``werkzeug_steps`` and ``first_request`` that call, or those that await.
    as_function: ClassVar[Any]
    run: ClassVar[Any]
    spare_hooks: ClassVar[Any]

    decisions: WerkzeugDecisions

    def __init__(self, server: Any) -> None:
        super().__init__(WerkzeugDecisions(server))
        self._server = server
        self._sites = self.decisions.sites
        self._started = False

    @staticmethod
    def installed(server: Any) -> Any:
        """Return the adapter that serves on a server; None if no app on it is enabled."""
        return server.extensions.get(EXTENSION)

    @staticmethod
    def has_routes(app: dash.Dash) -> bool:
        """Tell whether a Dash app has put its routes on its server."""
        return app.config.routes_pathname_prefix in app.server.view_functions

    @classmethod
    def templates(cls, app: dash.Dash) -> FlaskTemplates:
        """Return the templates of an app's server."""
        return FlaskTemplates(app.server, functools.partial(root_url, app), cls.framework.render_template)

    def enable(self, site: Site) -> None:
        """Enable an app, instead of its earlier site if it is enabled already.

        :raises RuntimeError: if the server has answered requests already.
        """
        server = self._server
        try:
            if EXTENSION not in server.extensions:
                server.before_request(self.before_request)
                # In debug mode Dash registers an errorhandler(Exception) that turns every error without a handler of
                # its own into a 500. So ours have one.
                handle = self.as_function(self._answer_error, self._answer_error)
                for error in (self.not_found_error, PageMethodNotAllowed):
                    server.register_error_handler(error, handle)
                server.extensions[EXTENSION] = self
            elif self._started:
                raise AssertionError
        except AssertionError:  # which the server's set-up methods raise
            raise RuntimeError(
                "enable_true_404() came after the server's first request, when its routes are settled. "
                "Call it where the app is made, before the server runs."
            ) from None
        bundles = site.prefix + BUNDLES
        if site.prefix not in self._sites and bundles in server.view_functions:
            server.view_functions[bundles] = self._view_of_ours(
                self._answer_bundle, site.prefix, server.view_functions[bundles]
            )
        self.decisions.add(site, functools.partial(self._view_of_ours, self._answer_view))
        if site.options.everywhere and not site.is_report_only:
            found = users_handler(server, NotFound)
            if found is None or found[0] is not NotFound:
                server.register_error_handler(404, self.as_function(self._answer_every_404, self._answer_every_404))

    def _view_of_ours(self, answer: Callable[..., Call], endpoint: str, view: View) -> View:
        ours: View = self.as_function(functools.partial(answer, endpoint, self._callable(view)), view)
        return ours

    @abstractmethod
    def _callable(self, function: View) -> View:
        """Return a function of the user's, plain or async, in the form that the server calls."""

    @abstractmethod
    def _paths(self, request: Any) -> tuple[str, ...]:
        """Return a request's path as the browser holds it, and its other possible readings."""

    @abstractmethod
    def _accept(self, request: Any) -> str:
        """Return a request's Accept header."""

    @abstractmethod
    def _exists(self, decision: Decision) -> Any:
        """Call the ``exists`` of the page that was found."""

    @abstractmethod
    def _guarded(self, view: Call, decision: Decision, exists: Call) -> Any:
        """Return the response of Dash's guarded view, and its content unless it is streamed."""

    @abstractmethod
    def _bundle(self, view: Call, prefix: str) -> Any:
        """Return Dash's answer to a component bundle; raise an error of ours for one that does not exist."""

    @abstractmethod
    def _page(self, site: Site) -> Any:
        """Return the response with the 404 page of a site."""

    def _response(self, body: bytes | str, content_type: str = "text/html; charset=utf-8") -> Any:
        """Return the response to an unknown URL."""
        return self._server.response_class(body, 404, HEADERS, content_type=content_type)

    def before_request(self) -> Any:
        """Refuse methods other than GET and HEAD, which never reach a view."""
        if not self._started:
            self._start()
        request = self.framework.request._get_current_object()
        if request.method in ("GET", "HEAD") and request.routing_exception is None:
            return
        decision = self.decisions.decide(request, *self._paths(request))
        refusal = self._refusal(decision, request)
        if refusal is not None:
            request.routing_exception = refusal

    def _answer_view(self, endpoint: str, view: View, /, *args: Any, **kwargs: Any) -> Call:
        """Answer in place of one of Dash's views.

        :param endpoint: the view's. If the user has given the view another rule, it is called as it is there.
        """
        call = functools.partial(view, *args, **kwargs)
        request = self.framework.request._get_current_object()
        if request.url_rule is None or request.url_rule.rule != endpoint:
            return call
        decision = self.decisions.decide(request, *self._paths(request))
        if decision.guard_first or decision.found.asks_exists:
            return functools.partial(self.run, self._answer_once_asked(decision, request, call))
        refusal = self._refusal(decision, request)
        return call if refusal is None else functools.partial(throw, refusal)

    def _answer_once_asked(self, decision: Decision, request: Any, view: Call) -> Steps:
        """Answer after a guard around Dash's view, or the page's ``exists``."""
        exists = functools.cache(functools.partial(self._exists, decision))
        if decision.guard_first:
            response, content = yield functools.partial(self._guarded, view, decision, exists)
            view = functools.partial(same, response)
            # Only an answer of Dash's is replaced.
            if not (yield functools.partial(is_dashs_answer, decision.site, response.status_code, content)):
                return view
        if decision.reason is PAGE and decision.found.asks_exists and not (yield exists):
            decision = decision._replace(outcome=NOT_FOUND, reason=Reason.NOT_THERE)
        refusal = self._refusal(decision, request)
        return view if refusal is None else functools.partial(throw, refusal)

    def _refusal(self, decision: Decision, request: Any) -> HTTPException | None:
        """Return what is raised for a decision; None if the request is passed on.

        With ``report_only``, every request is.
        """
        site = decision.site
        if site is None or decision.outcome is PASS_ON:
            return None
        if site.is_report_only:
            if decision.reason not in DASHS_405:
                site.report(decision.status, request.method, decision.path, request.referrer)
            return None
        if decision.outcome is NOT_FOUND:
            return self.not_found_error(
                site.prefix, decision.found.is_answered_in_app and request.method in ("GET", "HEAD")
            )
        if decision.outcome is Outcome.REDIRECT:
            return RequestRedirect(decision.location)
        return PageMethodNotAllowed(decision.allow) if decision.allow else WebsocketMismatch()

    def _answer_bundle(self, prefix: str, view: View, /, *args: Any, **kwargs: Any) -> Call:
        """Answer in place of Dash's view of component bundles, which fails if there is no such bundle."""
        return functools.partial(self._bundle, functools.partial(view, *args, **kwargs), prefix)

    def _bundle_error(self, prefix: str, fault: DependencyException) -> Exception:
        """Return what is raised for a component bundle that does not exist."""
        return fault if self._sites[prefix].is_report_only else self.not_found_error(prefix)

    def _answer_error(self, error: HTTPException) -> Call:
        """Answer an error of ours: with the user's handler, or with the app's 404 page."""
        request = self.framework.request._get_current_object()
        error_class = NotFound if isinstance(error, NotFound) else MethodNotAllowed
        found = users_handler(self._server, error_class, request.blueprints)
        handle = functools.partial(self._callable(found[1]) if found else same, error)
        if not isinstance(error, PageNotFound):
            return handle
        answer = self._answer_not_found(self._sites[error.endpoint], error.in_app, request)
        return answer if found is None else functools.partial(self.run, self._handle_first(error, handle, answer))

    @staticmethod
    def _handle_first(error: PageNotFound, handle: Call, answer: Call) -> Steps:
        """Answer with the user's handler, which may return the error itself, alone or with another status."""
        handled = yield handle
        if handled is error:
            return answer
        if isinstance(handled, tuple) and handled and handled[0] is error:
            handled = ((yield answer), *handled[1:])
        return functools.partial(same, handled)

    def _answer_every_404(self, error: HTTPException) -> Call:
        """Answer any other 404 of the server: with the user's handler, or for the app that answers everywhere."""
        request = self.framework.request._get_current_object()
        found = users_handler(self._server, NotFound, request.blueprints)
        site = everywhere_site(self._sites.values(), request.path)
        if found is not None:
            return functools.partial(self._callable(found[1]), error)
        if site is None or error.response is not None:  # abort(404, response=...), or abort(response)
            return functools.partial(same, error)
        return self._answer_not_found(site, False, request)

    def _answer_not_found(self, site: Site, in_app: bool, request: Any) -> Call:
        """Answer an unknown URL.

        :param in_app: whether with the app's own shell. It contains all layouts, so only a request that has passed the
            guards in front of them gets it.
        """
        if prefers_json(self._accept(request)):
            return functools.partial(self._response, PROBLEM, PROBLEM_TYPE)
        if not in_app:
            return functools.partial(self._page, site)
        return functools.partial(self.run, self._answer_in_app(site))

    def _answer_in_app(self, site: Site) -> Steps:
        answer = yield functools.partial(self._shell, site)
        if not isinstance(answer, HTTPException):
            answer = yield functools.partial(self._server.make_response, answer)
            answer.status_code = 404
            answer.headers.update(HEADERS)
        return functools.partial(same, answer)

    @staticmethod
    def _shell(site: Site) -> Any:
        try:
            return site.not_found_page.html(lambda: shell(site), HTTPException)
        except HTTPException as aborted:
            return aborted

    def _start(self) -> None:
        self._started = True
        self.spare_hooks(self._server.before_request_funcs[None], self._callable)
        self._log_at_start()

    def _warnings(self) -> Iterator[str]:
        yield from generic_handler_warning(self._server)
        yield from super()._warnings()
