"""What plain Flask or Quart would say of a URL: the server's rules without Dash's index and catch-all."""

from __future__ import annotations

import re
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, MapAdapter, RequestRedirect, Rule

from ..core.paths import encoded
from ..dash_internals.routes import CATCH_ALL
from .prefilter import Prefilter

MANY_SLASHES = re.compile("/{2,}")


class RulesWithoutDash:
    """The rules of a server that are not the index or the catch-all of a Dash app.

    :param server: the Flask or Quart server.
    """

    def __init__(self, server: Any) -> None:
        self._server = server
        self._made_of = 0
        self._map = Map()
        self._prefilter = Prefilter((), "<")

    def rule_out(self, decoded: str) -> bool:
        """Tell, without matching, that none of these rules matches a path or redirects it; False says nothing."""
        if self._made_of != len(self._server.view_functions):
            self._refresh()
        return self._prefilter.rule_out(decoded)

    def bind(self, urls: MapAdapter) -> MapAdapter:
        """Have a request's adapter look for these rules alone."""
        if self._made_of != len(self._server.view_functions):
            self._refresh()
        urls.map = self._map
        return urls

    def _refresh(self) -> None:
        urls = self._server.url_map
        # To the constructor, for on Werkzeug 2.2 the matcher does not learn of what is set later.
        names = ("default_subdomain", "strict_slashes", "merge_slashes", "redirect_defaults", "host_matching")
        others = type(urls)(**{name: getattr(urls, name) for name in names})
        others.converters = urls.converters
        own = dashs_rules(urls)
        for rule in urls.iter_rules():
            if rule.rule != rule.endpoint or rule.rule not in own:
                others.add(_unbound(rule))
        self._map, self._prefilter = others, Prefilter((rule.rule for rule in others.iter_rules()), "<")
        self._made_of = len(self._server.view_functions)


def dashs_rules(urls: Map) -> set[str]:
    """Return the index and the catch-all of each Dash app on a server; the endpoints have the same names."""
    own = {rule.rule for rule in urls.iter_rules() if rule.rule == rule.endpoint}
    # A catch-all without an index is a route of dash.hooks, which are named like Dash's own.
    indexes = {rule for rule in own if rule + CATCH_ALL in own}
    return indexes | {rule + CATCH_ALL for rule in indexes}


def match_get(urls: MapAdapter) -> tuple[Rule | None, str | None]:
    """Return the rule that matches a request's path for GET, and where to it redirects first, if it does."""
    path = urls.path_info
    if urls.map.merge_slashes:
        path = MANY_SLASHES.sub("/", path)
    for redirected in (None, path, f"{path}/"):
        try:
            rule, _ = urls.match(redirected, method="GET", return_rule=True, websocket=False)
        except RequestRedirect:
            continue
        except HTTPException:
            break
        return rule, redirected and encoded(redirected)
    return None, None


def _unbound(rule: Rule) -> Rule:
    try:
        return rule.empty()
    except TypeError:  # Quart's rules take fewer arguments than Werkzeug's, from which they come
        return Rule(rule.rule, websocket=rule.websocket, **rule.get_empty_kwargs())
