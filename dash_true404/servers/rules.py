"""What plain Flask or Quart would say of a URL: the server's rules without Dash's index and catch-all."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import Any

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import Map, MapAdapter, RequestRedirect, Rule, WebsocketMismatch

from ..core.paths import encoded
from ..core.site import CATCH_ALL
from .errors import PageMethodNotAllowed
from .prefilter import Beginnings

_MANY_SLASHES = re.compile("/{2,}")


class OtherRules:
    """The rules of a server that are not the index or the catch-all of a Dash app.

    :param server: the Flask or Quart server.
    """

    def __init__(self, server: Any) -> None:
        self._server = server
        self._made: tuple[int, Map, Beginnings] | None = None

    def adapter(self, request: Any) -> MapAdapter:
        """Return all rules of the server, bound to a request."""
        adapter: MapAdapter = self._server.create_url_adapter(request)
        return adapter

    def rule_out(self, request: Any, path: str) -> bool:
        """Tell, without matching, that none of these rules takes a request or redirects it; False says nothing.

        :param path: the path as the browser holds it.
        """
        return "//" not in path and self._others()[1].rule_out(request.path)

    def taken_for_get(self, request: Any) -> tuple[Rule, str | None]:
        """Return the rule that takes a request's path for GET, and where to it redirects first, if it does.

        :raises HTTPException: if none does.
        """
        adapter = self.adapter(request)
        path = adapter.path_info
        if self._server.url_map.merge_slashes:
            path = _MANY_SLASHES.sub("/", path)
        for redirected in (None, path, f"{path}/"):
            with contextlib.suppress(RequestRedirect):
                rule, _ = adapter.match(redirected, method="GET", return_rule=True, websocket=False)
                return rule, redirected and encoded(redirected)
        raise NotFound

    def refusal(self, request: Any, is_page: Callable[[str], bool], path: str) -> HTTPException | None:
        """Return what Flask would raise for a request; None if one of these rules takes it.

        :param is_page: tells whether a path is a page's, for which a plain Flask app would have a route.
        :param path: the path as the browser holds it, known to be no page's.
        """
        adapter = self.adapter(request)
        adapter.map, _ = self._others()
        try:
            adapter.match()
        except RequestRedirect as redirect:
            return redirect
        except HTTPException as error:
            refusal = PageMethodNotAllowed(error.valid_methods) if isinstance(error, MethodNotAllowed) else error
            decoded = "/" + adapter.path_info.lstrip("/")
            # Slashes at the start are one to Werkzeug, but not to Dash in the browser.
            merged = encoded(_MANY_SLASHES.sub("/", decoded)) if "//" in decoded else "/" + path.lstrip("/")
            if merged == path or not self._server.url_map.merge_slashes or not is_page(merged):
                return refusal
            stays = request.routing_exception
            if isinstance(stays, MethodNotAllowed):
                return PageMethodNotAllowed(stays.valid_methods)
            if isinstance(stays, WebsocketMismatch):
                return stays
            return RequestRedirect(adapter.make_redirect_url(merged, adapter.query_args))
        return None

    def _others(self) -> tuple[Map, Beginnings]:
        if self._made is None or self._made[0] != len(self._server.view_functions):
            urls = self._server.url_map
            own = {rule.rule for rule in urls.iter_rules() if rule.rule == rule.endpoint}
            # A catch-all without an index is a route of dash.hooks, which are named like Dash's own.
            indexes = {rule for rule in own if rule + CATCH_ALL in own}
            left_out = indexes | {rule + CATCH_ALL for rule in indexes}
            others = type(urls)(host_matching=urls.host_matching)
            for name in ("converters", "default_subdomain", "strict_slashes", "merge_slashes", "redirect_defaults"):
                setattr(others, name, getattr(urls, name))
            for rule in urls.iter_rules():
                if rule.rule != rule.endpoint or rule.rule not in left_out:
                    others.add(_unbound(rule))
            beginnings = Beginnings((rule.rule for rule in others.iter_rules()), "<")
            self._made = (len(self._server.view_functions), others, beginnings)
        return self._made[1:]


def _unbound(rule: Rule) -> Rule:
    try:
        return rule.empty()
    except TypeError:  # Quart's rules take fewer arguments than Werkzeug's, from which they come
        return Rule(rule.rule, websocket=rule.websocket, **rule.get_empty_kwargs())
