"""What Flask and Quart share: what was decided for a request (``werkzeug_decisions``) is carried out.

GET and HEAD are answered in the views of Dash's two rules, after all guards. Other methods never reach a view:
there the routing result is restated, which the server raises once all ``before_request`` functions have run.
"""

from __future__ import annotations

import functools
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any, ClassVar

import dash
from dash.exceptions import DependencyException
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect, WebsocketMismatch

from ..core.logs import log_warnings
from ..core.not_found_page import HEADERS, prefers_json
from ..core.site import Site, everywhere_site
from ..dash_internals.index_page import is_dashs_answer, shell
from ..dash_internals.navigation import root_url
from ..dash_internals.routes import BUNDLES
from . import EXTENSION
from .decisions import Decision, Outcome, Reason
from .errors import PageMethodNotAllowed, PageNotFound, generic_handler_warning, users_handler
from .hidden_rules import warn_of_hidden_rules
from .templates import FlaskTemplates
from .werkzeug_decisions import View, WerkzeugDecisions

#: A function of ours that yields what is to be called next, is sent what that returned, and raises nothing: it returns
#: an error to raise, or None and an answer. What it yields is the user's or the server's, and is called outside.
Steps = Generator[Callable[[], Any], Any, Any]

# Looked up once, for on Python 3.11 a member of an enum takes four times as long as a name.
_PASS_ON, _NOT_FOUND = Outcome.PASS_ON, Outcome.NOT_FOUND


class WerkzeugServer(ABC):
    """True 404s on a Flask or Quart server, for all Dash apps on it that asked for them.

    :param server: the server.
    """

    variable_start = "<"

    #: The framework's module, for its ``request``.
    framework: ClassVar[Any]

    #: The framework's templates.
    templates_class: ClassVar[type[FlaskTemplates]]

    #: What is raised for an unknown URL.
    not_found_error: ClassVar[type[PageNotFound]]

    def __init__(self, server: Any) -> None:
        self._server = server
        self._decisions = WerkzeugDecisions(server)
        self._sites = self._decisions.sites
        self._started = False

    @staticmethod
    def installed(server: Any) -> Any:
        """Return the adapter that serves on a server; None if no app on it is enabled."""
        return server.extensions.get(EXTENSION)

    @property
    def sites(self) -> Iterable[Site]:
        """The apps that tell the truth."""
        return self._sites.values()

    @staticmethod
    def has_routes(app: dash.Dash) -> bool:
        """Tell whether a Dash app has put its routes on its server."""
        return app.config.routes_pathname_prefix in app.server.view_functions

    @classmethod
    def templates(cls, app: dash.Dash) -> FlaskTemplates:
        """Return the templates of an app's server."""
        return cls.templates_class(app.server, functools.partial(root_url, app))

    def enable(self, site: Site) -> None:
        """Let an app tell the truth; in place of what was said of the same app before.

        :raises RuntimeError: if the server has answered requests already.
        """
        server = self._server
        try:
            if EXTENSION not in server.extensions:
                server.before_request(self.before_request)
                # In debug mode Dash registers an errorhandler(Exception) that makes a 500 of every error without a
                # handler of its own. So ours have one.
                handle = self.as_function(self.answer_error)
                for error in (self.not_found_error, PageMethodNotAllowed):
                    server.register_error_handler(error, handle)
                server.extensions[EXTENSION] = self
            elif self._started:
                raise AssertionError
        except AssertionError:  # which is what a set-up method of the server raises
            raise RuntimeError(
                "enable_true_404() came after the server's first request, when its routes are settled. "
                "Call it where the app is made, before the server runs."
            ) from None
        bundles = site.prefix + BUNDLES
        if site.prefix not in self._sites and bundles in server.view_functions:
            server.view_functions[bundles] = self._view_of_ours(
                self.answer_bundle, site.prefix, server.view_functions[bundles]
            )
        self._decisions.add(site, functools.partial(self._view_of_ours, self.answer_view))
        if site.options.everywhere and not site.is_report_only:
            found = users_handler(server, NotFound)
            if found is None or found[0] is not NotFound:
                server.register_error_handler(404, self.as_function(self.answer_every_404))

    def _view_of_ours(self, steps: Callable[..., Steps], endpoint: str, view: View) -> View:
        return self.as_function(functools.partial(steps, endpoint, self.callable(view)), view)

    def decide_for(self, path: str, method: str) -> Decision:
        """Return what a request would get; nothing of the user's is called."""
        return self._decisions.decide_for(path, method)

    def decisions_including(self, site: Site) -> WerkzeugDecisions:
        """Return decisions as they would be if an app were enabled too."""
        return self._decisions.including(site)

    @abstractmethod
    def as_function(self, steps: Callable[..., Steps], like: View | None = None) -> View:
        """Return a function that calls what the steps yield, raises the error that they return, or returns the answer.

        :param like: the view in whose place it is.
        """

    @abstractmethod
    def callable(self, function: View) -> View:
        """Return a function of the user's, plain or async, as the server calls it."""

    @abstractmethod
    def spare_hooks(self, functions: list[Callable[[], Any]]) -> None:
        """Have Dash's own ``before_request`` functions cost nothing once they have done their work."""

    @abstractmethod
    def paths(self, request: Any) -> tuple[str, ...]:
        """Return a request's path as the browser holds it, and what else it may be."""

    @abstractmethod
    def accept(self, request: Any) -> str:
        """Return a request's Accept header."""

    @abstractmethod
    def exists(self, decision: Decision) -> Any:
        """Tell whether what a page is about exists: call its ``exists``."""

    @abstractmethod
    def guarded(self, call: View, decision: Decision, exists: Callable[[], Any]) -> Any:
        """Return the response of Dash's view behind the user's guard, and its content if it is there already."""

    @abstractmethod
    def bundle(self, call: View) -> Any:
        """Return Dash's answer to a component bundle, or the error that it raises for one that does not exist."""

    @abstractmethod
    def static_answer(self, site: Site | None) -> Any:
        """Return the response with the 404 page of a site; with a problem in JSON for None."""

    def response(self, body: bytes | str, mimetype: str = "text/html") -> Any:
        """Return the response to an unknown URL."""
        return self._server.response_class(body, 404, HEADERS, mimetype=mimetype)

    def before_request(self) -> Any:
        """Do, before a request is served, what cannot be done in a view: see to other methods than GET and HEAD."""
        if not self._started:
            self._start()
        request = self.framework.request._get_current_object()
        if request.method in ("GET", "HEAD") and request.routing_exception is None:
            return
        decision = self._decisions.decide(request, *self.paths(request))
        refusal = self._refusal(decision, request)
        if refusal is not None:
            request.routing_exception = refusal

    def answer_view(self, endpoint: str, view: View, *args: Any, **kwargs: Any) -> Steps:
        """Answer in place of Dash's view: return an error to raise, or None and an answer.

        :param endpoint: the view's. Where another rule of the user's shows that view, it is called as it is.
        :param view: Dash's, with what it is called with.
        """
        request = self.framework.request._get_current_object()
        if request.url_rule is None or request.url_rule.rule != endpoint:
            return None, (yield functools.partial(view, *args, **kwargs))
        decision = self._decisions.decide(request, *self.paths(request))
        response = None
        if decision.guard_first or decision.found.asks_exists:
            exists = functools.cache(functools.partial(self.exists, decision))
            if decision.guard_first:
                # A guard that wraps Dash's view answers first. Only an answer of Dash's is replaced.
                response, content = yield functools.partial(
                    self.guarded, functools.partial(view, *args, **kwargs), decision, exists
                )
                if not (yield functools.partial(is_dashs_answer, decision.site, response.status_code, content)):
                    return None, response
            if decision.reason is Reason.PAGE and decision.found.asks_exists and not (yield exists):
                decision = decision._replace(outcome=Outcome.NOT_FOUND, reason=Reason.NOT_THERE)
        refusal = self._refusal(decision, request)
        if refusal is None and response is None:
            response = yield functools.partial(view, *args, **kwargs)
        return refusal, response

    def _refusal(self, decision: Decision, request: Any) -> HTTPException | None:
        """Return what is raised for a decision; None where the request is passed on.

        An app that only reports does so, and passes on.
        """
        site = decision.site
        if site is None or decision.outcome is _PASS_ON:
            return None
        if site.is_report_only:
            if decision.reason not in (Reason.METHOD, Reason.GUARDED):
                site.report(decision.status, request.method, decision.path, request.referrer)
            return None
        if decision.outcome is _NOT_FOUND:
            return self.not_found_error(
                site.prefix, decision.found.is_answered_in_app and request.method in ("GET", "HEAD")
            )
        if decision.outcome is Outcome.REDIRECT:
            return RequestRedirect(decision.location)
        return PageMethodNotAllowed(decision.allow) if decision.allow else WebsocketMismatch()

    def answer_bundle(self, prefix: str, view: View, *args: Any, **kwargs: Any) -> Steps:
        """Answer in place of Dash's view of component bundles, which fails for one that does not exist."""
        answer = yield functools.partial(self.bundle, functools.partial(view, *args, **kwargs))
        if not isinstance(answer, DependencyException):
            return None, answer
        return answer if self._sites[prefix].is_report_only else self.not_found_error(prefix), None

    def answer_error(self, error: HTTPException) -> Steps:
        """Answer an error of ours: by the user's handler, or by the app's 404 page."""
        request = self.framework.request._get_current_object()
        error_class = NotFound if isinstance(error, NotFound) else MethodNotAllowed
        found, answer = users_handler(self._server, error_class, request.blueprints), error
        if found is not None:
            answer = yield functools.partial(self.callable(found[1]), error)
        if not isinstance(error, PageNotFound):
            return None, answer
        # A handler may give the error back, alone or with a status of its own.
        with_more = answer[1:] if isinstance(answer, tuple) and answer and answer[0] is error else None
        if answer is not error and with_more is None:
            return None, answer
        page = yield from self.answer_not_found(self._sites[error.endpoint], error.in_app, request)
        return None, page if with_more is None else (page, *with_more)

    def answer_every_404(self, error: HTTPException) -> Steps:
        """Answer any other 404 of the server: by the user's handler, or by the app that answers everywhere."""
        request = self.framework.request._get_current_object()
        found = users_handler(self._server, NotFound, request.blueprints)
        if found is not None:
            return None, (yield functools.partial(self.callable(found[1]), error))
        site = everywhere_site(self._sites.values(), request.path)
        if site is None or error.response is not None:  # abort(404, response=...), or abort(response)
            return None, error
        return None, (yield from self.answer_not_found(site, False, request))

    def answer_not_found(self, site: Site, in_app: bool, request: Any) -> Steps:
        """Return the answer to an unknown URL.

        :param in_app: whether by the app's own shell. It holds all layouts, so only a URL that has passed the guards in
            front of them gets it.
        """
        is_json = prefers_json(self.accept(request))
        if is_json or not in_app:
            return (yield functools.partial(self.static_answer, None if is_json else site))
        page = yield functools.partial(self._shell, site)
        if isinstance(page, HTTPException):
            return page
        response = yield functools.partial(self._server.make_response, page)
        response.status_code = 404
        response.headers.update(HEADERS)
        return response

    @staticmethod
    def _shell(site: Site) -> Any:
        try:
            return site.not_found_page.or_built_in(lambda: shell(site), HTTPException)
        except HTTPException as aborted:
            return aborted

    def _start(self) -> None:
        self._started = True
        self.spare_hooks(self._server.before_request_funcs[None])
        log_warnings(self._warnings())
        log_warnings(self._decisions.guards(), logging.INFO)

    def _warnings(self) -> Iterator[str]:
        yield from generic_handler_warning(self._server)
        for site in dict.fromkeys(self._sites.values()):
            yield from site.warnings(answers_root=self.decide_for(site.prefix, "GET").site is site)
        decide = functools.partial(self.decide_for, method="GET")
        yield from warn_of_hidden_rules(self._decisions.server_rules(), self._sites.values(), decide)
