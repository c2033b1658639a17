"""Flask's routing: where a URL that is no page is told from one that is, for each method.

GET and HEAD are decided in the views of Dash's two rules, after all guards. Other methods never reach a view:
there the routing result is restated, which Flask raises once all ``before_request`` functions have run.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
from collections.abc import Callable
from typing import Any

import dash
import flask
from flask import request
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import MapAdapter, RequestRedirect, Rule
from werkzeug.wrappers import Response

from ..answers import HEADERS, log_once, logger
from ..paths import browser_path
from ..site import Site
from .flask_errors import PageMethodNotAllowed, PageNotFound, generic_handler_warning, handle

_EXTENSION = "dash_true404"
_DASH_FOLDER = os.path.join(os.path.dirname(dash.__file__), "")
# Dash cannot start in the browser without it, so every shell has it, whatever the user made of index_string.
_SHELL_MARK = b'id="_dash-config"'
# No page has this path, and no browser can send it.
_NO_PAGE = "/\0"
_MANY_SLASHES = re.compile("/{2,}")


class FlaskServer:
    """True 404s on a Flask server, for all Dash apps on it that asked for them."""

    def __init__(self, server: flask.Flask) -> None:
        self._server = server
        self._sites: dict[str, Site] = {}
        self._views: dict[str, Callable[..., Any]] = {}
        self._guarded: set[str] = set()
        self._started = False

    @classmethod
    def of(cls, server: flask.Flask) -> FlaskServer:
        """Return the adapter of a server, connected to it on first use.

        :raises RuntimeError: if the server has answered requests already.
        """
        adapter: FlaskServer = server.extensions.get(_EXTENSION) or cls(server)
        try:
            if adapter._started or _has_served(server):
                raise AssertionError
            if _EXTENSION not in server.extensions:
                server.before_request(adapter._before_request)
        except AssertionError:  # which is what a set-up method of Flask >= 2.2 raises
            raise RuntimeError(
                "enable_true_404() came after the server's first request, when its routes are settled. "
                "Call it where the app is made, before the server runs."
            ) from None
        for error in (PageNotFound, PageMethodNotAllowed):
            server.register_error_handler(error, handle)
        server.extensions[_EXTENSION] = adapter
        return adapter

    def add(self, site: Site) -> None:
        """Let an app tell the truth; in place of what was said of the same app before."""
        for endpoint in (site.index_rule, site.catch_all_rule):
            self._sites[endpoint] = site
            if endpoint not in self._views:
                view = self._server.view_functions[endpoint]
                if not _is_dashs_own(view, site.app):
                    self._guarded.add(endpoint)
                self._views[endpoint] = self._server.view_functions[endpoint] = self._page_or_404(endpoint, view)

    def _page_or_404(self, endpoint: str, view: Callable[..., Any]) -> Callable[..., Any]:
        call = getattr(self._server, "ensure_sync", lambda f: f)(view)  # Flask >= 2.0

        @functools.wraps(view)
        def page_or_404(*args: Any, **kwargs: Any) -> Any:
            site, rule = self._sites[endpoint], request.url_rule
            refusal = self._refusal(site, rule) if rule and not site.is_page(_path()) else None
            if refusal is None:
                return call(*args, **kwargs)
            if endpoint in self._guarded:  # a guard that wraps Dash's view answers first
                response = self._server.make_response(call(*args, **kwargs))
                if response.status_code != 200 or response.is_streamed or _SHELL_MARK not in response.get_data():
                    return response
            raise refusal

        return page_or_404

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
                rule, _ = self._adapter().match(method="GET", return_rule=True)
        site = self._sites.get(rule.endpoint) if rule else None
        if rule is None or site is None:
            return
        # A guard around the view never sees these methods, so they must not tell strangers what is a page.
        is_open = (
            rule.endpoint not in self._guarded
            and self._server.view_functions[rule.endpoint] is self._views[rule.endpoint]
        )
        if is_open and not site.is_page(_path()):
            request.routing_exception = self._refusal(site, rule)
        elif isinstance(error, MethodNotAllowed):
            request.routing_exception = PageMethodNotAllowed(error.valid_methods)

    def _refusal(self, site: Site, rule: Rule) -> HTTPException | None:
        """Return what Flask would say without the catch-all; None if another rule would take the request."""
        adapter = self._adapter()
        path = "/" + adapter.path_info.lstrip("/")
        if "//" in path and self._server.url_map.merge_slashes:
            path = _MANY_SLASHES.sub("/", path)
            merged = self._for_merged_slashes(site, adapter, path)
            if merged is not None:
                return merged
        allowed: set[str] = set()
        for method in set(adapter.allowed_methods(path)) - set(rule.methods or ()):
            with contextlib.suppress(HTTPException):
                other, _ = adapter.match(path, method=method, return_rule=True)
                allowed |= other.methods or {method}
        if request.method in allowed:
            return None
        return PageMethodNotAllowed(sorted(allowed)) if allowed else PageNotFound(lambda: self._not_found(site))

    def _for_merged_slashes(self, site: Site, adapter: MapAdapter, path: str) -> HTTPException | None:
        """Return what Werkzeug does with a path that only matches once its slashes are merged."""
        try:
            endpoint, _ = adapter.match(path, method="GET")
        except HTTPException as redirect:
            return redirect if request.routing_exception is None else None
        if endpoint in self._sites and not site.is_page(_MANY_SLASHES.sub("/", _path())):
            return None
        if isinstance(request.routing_exception, MethodNotAllowed):
            return PageMethodNotAllowed(request.routing_exception.valid_methods)
        return RequestRedirect(adapter.make_redirect_url(path, adapter.query_args))

    def _adapter(self) -> MapAdapter:
        adapter = self._server.create_url_adapter(request)
        assert adapter is not None  # it is made for the request that is being served
        return adapter

    def _not_found(self, site: Site) -> Response:
        # Dash's view never sees other methods than these, and whoever sends them starts no app.
        in_app = request.method in ("GET", "HEAD") and site.is_answered_in_app()
        body = site.answer.or_built_in(lambda: _shell(site)) if in_app else site.answer.html()
        response = self._server.make_response(body)
        response.status_code = 404
        response.headers.update(HEADERS)
        return response

    def _start(self) -> None:
        self._started = True
        messages = generic_handler_warning(self._server)
        for site in self._sites.values():
            try:
                endpoint, _ = self._adapter().match(site.prefix, method="GET")
                messages += site.warnings(answers_root=endpoint == site.index_rule)
            except Exception as error:  # a warning less is no reason to fail the visitor
                log_once("The pages could not be checked for mistakes.", error)
        for message in dict.fromkeys(messages):
            logger.warning(message)


def _has_served(server: flask.Flask) -> bool:
    # Flask < 2.2 does not refuse set-up methods by itself; Flask 2.3 dropped both names.
    return hasattr(flask.Flask, "before_first_request") and bool(getattr(server, "got_first_request", False))


def _is_dashs_own(view: Callable[..., Any], app: dash.Dash) -> bool:
    """Tell Dash's view from a guard around it; functools.wraps copies the name and module, not the code."""
    code = getattr(view, "__code__", None)
    return (
        code is not None
        and code.co_filename.startswith(_DASH_FOLDER)
        and getattr(app.index, "__func__", None) is dash.Dash.index
    )


def _path() -> str:
    environ = request.environ
    target = environ.get("REQUEST_URI") or environ.get("RAW_URI") or ""
    sent = (target, environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", ""))
    return browser_path(*(text.encode("latin-1", "replace") for text in sent))


def _shell(site: Site) -> Any:
    """Return the app's index page, with the meta tags that Dash gives to a URL that is no page."""
    index: Callable[[], Any] = site.app.index
    path, url = request.path, request.url
    request.path, request.url = _NO_PAGE, site.home
    try:
        return index()
    finally:
        request.path, request.url = path, url
