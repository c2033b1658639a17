"""Flask's routing: where a URL that is no page is told from one that is, for each method.

GET and HEAD are decided in the views of Dash's two rules, after all guards. Other methods never reach a view:
there the routing result is restated, which Flask raises once all ``before_request`` functions have run.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable
from typing import Any

from dash.exceptions import DependencyException
from flask import request
from flask.app import Flask
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from ..answers import HEADERS, PROBLEM, PROBLEM_TYPE, prefers_json
from ..logs import log_once, logger
from ..paths import browser_path
from ..router import rendering
from ..site import Site, Verdict, is_dashs_own
from .flask_errors import (
    EXTENSION,
    PageMethodNotAllowed,
    PageNotFound,
    answer_every_404,
    ensure_sync,
    generic_handler_warning,
    handle,
)
from .flask_rules import OtherRules

# Dash cannot start in the browser without it, so every shell has it, whatever the user made of index_string.
_SHELL_MARK = b"_dash-config"
_URL_OF_THE_PAGE = re.compile(r'(?<=<meta property="twitter:url" content=")[^"]*')

View = Callable[..., Any]


class FlaskServer:
    """True 404s on a Flask server, for all Dash apps on it that asked for them."""

    def __init__(self, server: Flask) -> None:
        self._server = server
        self._sites: dict[str, Site] = {}
        self._views: dict[str, View] = {}
        self._guarded: set[str] = set()
        self._others = OtherRules(server)
        self._started = False

    @classmethod
    def of(cls, server: Flask) -> FlaskServer:
        """Return the adapter of a server, connected to it on first use.

        :raises RuntimeError: if the server has answered requests already.
        """
        adapter: FlaskServer = server.extensions.get(EXTENSION) or cls(server)
        try:
            if adapter._started or _has_served(server):
                raise AssertionError
            if EXTENSION not in server.extensions:
                server.before_request(adapter._before_request)
                for error in (PageNotFound, PageMethodNotAllowed):
                    server.register_error_handler(error, handle)
                server.extensions[EXTENSION] = adapter
        except AssertionError:  # which is what a set-up method of Flask >= 2.2 raises
            raise RuntimeError(
                "enable_true_404() came after the server's first request, when its routes are settled. "
                "Call it where the app is made, before the server runs."
            ) from None
        return adapter

    def add(self, site: Site) -> None:
        """Let an app tell the truth; in place of what was said of the same app before."""
        wrappers = {
            site.index_rule: self._page_or_404,
            site.catch_all_rule: self._page_or_404,
            site.bundles_rule: self._bundle_or_404,
        }
        for endpoint, wrapped in wrappers.items():
            self._sites[endpoint] = site
            if endpoint in self._server.view_functions and endpoint not in self._views:
                view = self._server.view_functions[endpoint]
                if not is_dashs_own(view):
                    self._guarded.add(endpoint)
                self._views[endpoint] = self._server.view_functions[endpoint] = wrapped(endpoint, view)
        if site.options.everywhere and not site.report_only:
            answer_every_404(self._server)

    def _page_or_404(self, endpoint: str, view: View) -> View:
        call = ensure_sync(self._server, view)

        @functools.wraps(view)
        def page_or_404(*args: Any, **kwargs: Any) -> Any:
            site, rule = self._sites[endpoint], request.url_rule
            if rule is None or rule.rule != endpoint:  # a route of the user's that shows this view
                return call(*args, **kwargs)
            path = _path()
            verdict = site.verdict(path)
            refusal = None if verdict.is_page else self._refusal(site, path)
            response = None
            if not self._is_open(site, endpoint):
                # A guard that wraps Dash's view answers first. Only an answer of Dash's is replaced.
                with rendering(verdict.is_found if not site.report_only else lambda: True):
                    response = self._server.make_response(call(*args, **kwargs))
                if response.status_code != 200 or response.is_streamed or _SHELL_MARK not in response.get_data():
                    return response
            refusal = self._or_report(site, refusal or self._late_refusal(site, verdict))
            if refusal is not None:
                raise refusal
            return call(*args, **kwargs) if response is None else response

        return page_or_404

    def _bundle_or_404(self, endpoint: str, view: View) -> View:
        call = ensure_sync(self._server, view)

        @functools.wraps(view)
        def bundle_or_404(*args: Any, **kwargs: Any) -> Any:
            try:
                return call(*args, **kwargs)
            except DependencyException:
                if self._sites[endpoint].report_only:
                    raise
                raise PageNotFound(endpoint) from None

        return bundle_or_404

    def _before_request(self) -> None:
        if not self._started:
            self._start()
        if request.method not in ("GET", "HEAD"):
            self._restate()

    def _restate(self) -> None:
        """Replace the routing result of a method that Dash's two rules do not take, without raising it."""
        error, rule = request.routing_exception, request.url_rule
        if isinstance(error, MethodNotAllowed):
            with contextlib.suppress(HTTPException):
                rule, _ = self._others.adapter().match(method="GET", return_rule=True)
        site = self._sites.get(rule.endpoint) if rule else None
        if rule is None or site is None or rule.rule not in (site.index_rule, site.catch_all_rule):
            return
        path, refusal = _path(), None
        # A guard around the view never sees these methods, so they must not tell strangers what is a page.
        if self._is_open(site, rule.endpoint) and not site.verdict(path).is_page:
            refusal = self._or_report(site, self._refusal(site, path))
        if refusal is not None:
            request.routing_exception = refusal
        elif isinstance(error, MethodNotAllowed) and not site.report_only:
            request.routing_exception = PageMethodNotAllowed(error.valid_methods)

    def _is_open(self, site: Site, endpoint: str) -> bool:
        """Tell whether nothing of the user's stands between a request and Dash's own index page."""
        is_outermost = self._server.view_functions[endpoint] is self._views[endpoint]
        # To the view itself, a guard around it has already answered.
        is_reached = request.method in ("GET", "HEAD")
        return endpoint not in self._guarded and is_dashs_own(site.app.index) and (is_outermost or is_reached)

    def _refusal(self, site: Site, path: str) -> HTTPException | None:
        """Return what Flask would say without Dash's catch-all; None if another rule would take the request."""
        refusal = self._others.refusal(lambda other: site.verdict(other).is_page, path)
        return PageNotFound(site.index_rule) if isinstance(refusal, NotFound) else refusal

    def _late_refusal(self, site: Site, verdict: Verdict) -> HTTPException | None:
        """Return what keeps a request from a page that there is: its slashes, or that it does not exist."""
        own_path = verdict.own_path()
        if own_path is not None:
            query = request.environ.get("QUERY_STRING", "")
            return RequestRedirect(own_path + ("?" + query if query else ""))
        return None if verdict.exists else PageNotFound(site.index_rule)

    def _or_report(self, site: Site, refusal: HTTPException | None) -> HTTPException | None:
        if refusal is None or not site.report_only:
            return refusal
        site.report(refusal.code, request.method, _path(), request.referrer)
        return None

    def not_found(self, endpoint: str | None) -> Response | None:
        """Return the answer to a URL that is no page.

        :param endpoint: whose app answers; None: whichever app answers every 404 of the server, if one does.
        """
        if endpoint is None:
            everywhere = [site for site in self._sites.values() if site.options.everywhere and not site.report_only]
            below = [site for site in everywhere if request.path.startswith(site.prefix)]
            if not everywhere:
                return None
            site = max(below or everywhere, key=lambda site: len(site.prefix))
        else:
            site = self._sites[endpoint]
        # The shell holds all layouts. Only a URL of the app's own has passed the guards in front of them, and Dash's
        # view never sees other methods than these.
        may_be_in_app = endpoint == site.index_rule and request.method in ("GET", "HEAD")
        if prefers_json(request.headers.get("Accept", "")):
            response = self._server.make_response(PROBLEM)
            response.content_type = PROBLEM_TYPE
        elif may_be_in_app and site.is_answered_in_app():
            try:
                response = self._server.make_response(site.answer.or_built_in(lambda: _shell(site), HTTPException))
            except HTTPException as aborted:
                return aborted.get_response(request.environ)
        else:
            response = self._server.make_response(site.answer.html())
        response.status_code = 404
        response.headers.update(HEADERS)
        return response

    def _start(self) -> None:
        self._started = True
        messages: list[str] = []
        try:
            messages += generic_handler_warning(self._server)
            for site in self._sites.values():
                endpoint = None
                with contextlib.suppress(HTTPException):  # a foreign host, or a redirect
                    endpoint, _ = self._others.adapter().match(site.prefix, method="GET")
                messages += site.warnings(answers_root=endpoint == site.index_rule)
        except Exception as error:  # a warning less is no reason to fail the visitor
            log_once("The pages could not be checked for mistakes.", error)
        for message in dict.fromkeys(messages):
            logger.warning(message)


def _has_served(server: Flask) -> bool:
    # Flask < 2.2 does not refuse set-up methods by itself; Flask 2.3 dropped both names.
    return hasattr(Flask, "before_first_request") and bool(getattr(server, "got_first_request", False))


def _path() -> str:
    environ = request.environ
    # In an ASGI app, a2wsgi has neither of WSGI's names for the path as it was sent, but ASGI's.
    raw_path: bytes = environ.get("asgi.scope", {}).get("raw_path") or b""
    target = environ.get("REQUEST_URI") or environ.get("RAW_URI") or raw_path.decode("latin-1")
    sent = (target, environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", ""))
    return browser_path(*(text.encode("latin-1", "replace") for text in sent))


def _shell(site: Site) -> Any:
    """Return the app's index page, with the meta tags that Dash gives to a URL that is no page."""
    index: Callable[[], Any] = site.app.index
    with rendering(lambda: False):
        shell = index()
    return _URL_OF_THE_PAGE.sub(site.home, shell) if isinstance(shell, str) else shell
