"""Werkzeug's routing, which Flask and Quart share: where a URL that is no page is told from one that is.

GET and HEAD are decided in the views of Dash's two rules, after all guards. Other methods never reach a view:
there the routing result is restated, which the server raises once all ``before_request`` functions have run.
"""

from __future__ import annotations

import contextlib
import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

import dash
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect, WebsocketMismatch

from ..core.logs import log_warnings
from ..core.not_found_page import HEADERS, PROBLEM, PROBLEM_TYPE, prefers_json
from ..core.paths import printable
from ..core.site import Site, Verdict, everywhere_site, is_dashs_own, root_url, site_below
from . import EXTENSION
from .errors import PageMethodNotAllowed, PageNotFound, generic_handler_warning, users_handler
from .rules import OtherRules
from .templates import FlaskTemplates

View = Callable[..., Any]


class WerkzeugServer(ABC):
    """True 404s on a Flask or Quart server, for all Dash apps on it that asked for them.

    :param server: the server.
    """

    variable_start = "<"

    #: The framework's module, for its ``request``.
    framework: ClassVar[Any]

    #: The framework's templates.
    templates_class: ClassVar[type[FlaskTemplates]]

    #: What is raised for a URL that is no page.
    not_found_error: ClassVar[type[PageNotFound]]

    def __init__(self, server: Any) -> None:
        self._server = server
        self._sites: dict[str, Site] = {}
        self._views: dict[str, View] = {}
        self._guarded: set[str] = set()
        self._others = OtherRules(server)
        self._started = False

    @staticmethod
    def has_routes(app: dash.Dash) -> bool:
        """Tell whether a Dash app has put its routes on its server."""
        return app.config.routes_pathname_prefix in app.server.view_functions

    @classmethod
    def templates(cls, app: dash.Dash) -> FlaskTemplates:
        """Return the templates of an app's server."""
        return cls.templates_class(app.server, functools.partial(root_url, app))

    @classmethod
    def enable(cls, site: Site) -> None:
        """Let an app tell the truth; in place of what was said of the same app before.

        :raises RuntimeError: if the server has answered requests already.
        """
        server = site.app.server
        adapter = server.extensions.get(EXTENSION) or cls(server)
        try:
            if adapter._started or cls.has_served(server):
                raise AssertionError
            if EXTENSION not in server.extensions:
                server.before_request(adapter.before_request)
                for error in (cls.not_found_error, PageMethodNotAllowed):
                    server.register_error_handler(error, adapter.handle)
                server.extensions[EXTENSION] = adapter
        except AssertionError:  # which is what a set-up method of Flask >= 2.2 raises
            raise RuntimeError(
                "enable_true_404() came after the server's first request, when its routes are settled. "
                "Call it where the app is made, before the server runs."
            ) from None
        adapter._add(site)

    @property
    def sites(self) -> Iterable[Site]:
        """The apps that tell the truth."""
        return self._sites.values()

    @staticmethod
    def has_served(server: Any) -> bool:
        """Tell whether a server is known to have answered requests."""
        return False

    def _add(self, site: Site) -> None:
        wrappers = {
            site.index_rule: self.page_or_404,
            site.catch_all_rule: self.page_or_404,
            site.bundles_rule: self.bundle_or_404,
        }
        for endpoint, wrapped in wrappers.items():
            self._sites[endpoint] = site
            if endpoint in self._server.view_functions and endpoint not in self._views:
                view = self._server.view_functions[endpoint]
                if not is_dashs_own(view):
                    self._guarded.add(endpoint)
                self._views[endpoint] = self._server.view_functions[endpoint] = wrapped(endpoint, view)
        if site.options.everywhere and not site.report_only:
            found = users_handler(self._server, NotFound)
            if found is None or found[0] is not NotFound:
                self._server.register_error_handler(404, self.handle_every_404)

    @abstractmethod
    def before_request(self) -> Any:
        """Look at a request before its view does."""

    @abstractmethod
    def path(self, request: Any) -> str:
        """Return a request's path as the browser holds it."""

    @abstractmethod
    def accept(self, request: Any) -> str:
        """Return a request's Accept header."""

    @abstractmethod
    def page_or_404(self, endpoint: str, view: View) -> View:
        """Return Dash's view for a page, and for everything else an error raised."""

    @abstractmethod
    def bundle_or_404(self, endpoint: str, view: View) -> View:
        """Return Dash's view for a component bundle, and an error raised for one that there is not."""

    @abstractmethod
    def handle(self, error: HTTPException) -> Any:
        """Answer an error of ours.

        In debug mode Dash registers an ``errorhandler(Exception)`` that makes a 500 of every error without a handler
        of its own. So ours have one: it hands on to the user's handler, or answers.
        """

    @abstractmethod
    def handle_every_404(self, error: HTTPException) -> Any:
        """Answer any other 404 of the server."""

    def asked(self) -> Any:
        """Return the request that is being served; the framework's ``request`` looks for it at each attribute."""
        return self.framework.request._get_current_object()

    def site_behind(self, endpoint: str, request: Any) -> Site | None:
        """Return the app that a view of Dash's is asked for; None where a route of the user's shows that view."""
        rule = request.url_rule
        return self._sites[endpoint] if rule is not None and rule.rule == endpoint else None

    def prepare(self) -> None:
        """Do, before a request is served, what cannot be done in a view."""
        if not self._started:
            self._start()
        request = self.asked()
        if request.method not in ("GET", "HEAD") or request.routing_exception is not None:
            self._restate(request)

    def _restate(self, request: Any) -> None:
        """Replace, without raising it, the routing result of what does not reach the views of Dash's two rules.

        They do not take its method, nor WebSockets, or they would take it once its slashes are others.
        """
        error, rule, redirected = request.routing_exception, request.url_rule, None
        if isinstance(error, (MethodNotAllowed, RequestRedirect, WebsocketMismatch)):
            with contextlib.suppress(HTTPException):
                rule, redirected = self._others.taken_for_get(request)
        site = self._sites.get(rule.endpoint) if rule else None
        if rule is None or site is None or rule.rule not in (site.index_rule, site.catch_all_rule):
            return
        path, refusal = self.path(request), None
        # A guard around the view never sees these requests, so they must not tell strangers what is a page.
        if self.is_open(site, rule.endpoint, is_reached=False) and not site.verdict(redirected or path).is_page:
            refusal = self.unless_reported(site, request, self.refusal(site, request, path))
        if refusal is not None:
            request.routing_exception = refusal
        elif isinstance(error, MethodNotAllowed) and not site.report_only:
            request.routing_exception = PageMethodNotAllowed(error.valid_methods)

    def is_open(self, site: Site, endpoint: str, *, is_reached: bool) -> bool:
        """Tell whether nothing of the user's stands between a request and Dash's own index page.

        :param is_reached: whether the request has come to our view, so that a guard around that has let it through.
        """
        is_outermost = is_reached or self._server.view_functions[endpoint] is self._views[endpoint]
        return is_outermost and endpoint not in self._guarded and is_dashs_own(site.app.index)

    def refusal(self, site: Site, request: Any, path: str) -> HTTPException | None:
        """Return what the server would say without Dash's catch-all; None if another rule would take the request."""
        if self._others.rule_out(request, path):
            return self.not_found_error(site.index_rule)
        refusal = self._others.refusal(request, self._is_page, path)
        return self.not_found_error(site.index_rule) if isinstance(refusal, NotFound) else refusal

    def _is_page(self, path: str) -> bool:
        site = site_below(self._sites.values(), path)
        return site is not None and site.verdict(path).is_page

    def redirect(self, verdict: Verdict, request: Any) -> HTTPException | None:
        """Return what leads to a page's own path, if its URL is another one."""
        own_path = verdict.own_path()
        if own_path is None:
            return None
        query = printable(request.query_string)
        return RequestRedirect(own_path + ("?" + query if query else ""))

    def unless_reported(self, site: Site, request: Any, refusal: HTTPException | None) -> HTTPException | None:
        """Return a refusal; None where the app only reports, which this does."""
        if refusal is None or not site.report_only:
            return refusal
        site.report(refusal.code, request.method, self.path(request), request.referrer)
        return None

    def site_to_answer(self, endpoint: str | None, request: Any) -> Site | None:
        """Return the app that answers a URL that is no page.

        :param endpoint: one of the app's endpoints; None: whichever app answers every 404 of the server, if one does.
        """
        return self._sites[endpoint] if endpoint else everywhere_site(self._sites.values(), request.path)

    def is_shell_due(self, site: Site, endpoint: str | None, request: Any) -> bool:
        """Tell whether the app's own shell is the answer.

        It holds all layouts. Only a URL of the app's own has passed the guards in front of them, and Dash's view
        never sees other methods than GET and HEAD.
        """
        is_own = endpoint == site.index_rule and request.method in ("GET", "HEAD")
        return is_own and site.is_answered_in_app() and not self.is_json_due(request)

    def is_json_due(self, request: Any) -> bool:
        """Tell whether the client would rather have JSON."""
        return prefers_json(self.accept(request))

    def response(self, html: bytes | str | None) -> Any:
        """Return the answer to a URL that is no page.

        :param html: the page; None for a client that would rather have JSON.
        """
        body, mimetype = (PROBLEM, PROBLEM_TYPE) if html is None else (html, "text/html")
        return self._server.response_class(body, 404, HEADERS, mimetype=mimetype)

    @staticmethod
    def finished(shell: Any) -> Any:
        """Return the app's shell, a response, as the answer to a URL that is no page."""
        shell.status_code = 404
        shell.headers.update(HEADERS)
        return shell

    def _start(self) -> None:
        self._started = True
        log_warnings(self._warnings())

    def _warnings(self) -> Iterator[str]:
        yield from generic_handler_warning(self._server)
        for site in self._sites.values():
            endpoint = None
            with contextlib.suppress(HTTPException):  # a foreign host, or a redirect
                endpoint, _ = self._others.adapter(self.asked()).match(site.prefix, method="GET")
            yield from site.warnings(answers_root=endpoint == site.index_rule)
