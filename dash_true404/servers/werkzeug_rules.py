"""The server's rules without Dash's index and catch-all: what plain Flask or Quart would match."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urlsplit

from werkzeug.exceptions import HTTPException, MethodNotAllowed
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
        self._dashs: set[str] = set()
        self._rules: list[Rule] = []
        self._prefilter = Prefilter((), "<")
        # By which of the rules are left out: the rules, and their numbers by the copies in the map.
        self._maps: dict[frozenset[int], tuple[Map, dict[int, int]]] = {}

    def rule_out(self, decoded: str) -> bool:
        """Tell whether certainly none of these rules matches a path or redirects it."""
        if self._made_of != len(self._server.view_functions):
            self._refresh()
        return self._prefilter.rule_out(decoded)

    def for_get(self) -> list[Rule]:
        """Return those that match GET and are meant for all hosts."""
        if self._made_of != len(self._server.view_functions):
            self._refresh()
        return [
            rule
            for rule in self._rules
            if "GET" in (rule.methods or ()) and not (rule.host or rule.subdomain or rule.websocket)
        ]

    def bind(self, urls: MapAdapter) -> tuple[set[str], Rule | None]:
        """Bind a request's adapter to these rules, without those that Dash's rules hide at its path.

        Dash's view got the request, so all other rules that match the path for GET are hidden, directly or by a
        redirect that leads back to Dash. Return which methods are left, besides OPTIONS, and the first hidden rule.
        """
        if self._made_of != len(self._server.view_functions):
            self._refresh()
        hidden: list[int] = []
        methods: set[str] = set()
        while True:
            urls.map, numbers = self._without(frozenset(hidden))
            rule: Rule | None
            try:
                rule, _ = urls.match(method="GET", return_rule=True, websocket=False)
            except RequestRedirect as redirect:
                target = _path_below_mount(urls, redirect.new_url)
                if self._is_reached(urls, target):
                    methods = {"GET"}
                    break
                rule, _ = match_get(urls, target)
            except MethodNotAllowed as error:
                methods = {*(error.valid_methods or ())} - {"OPTIONS"}
                break
            except HTTPException:
                break
            # There always is a rule at the target of a redirect; if there were not, all rules would count as hidden.
            hidden += range(len(self._rules)) if rule is None else [numbers[id(rule)]]
        return methods, self._rules[hidden[0]] if hidden else None

    def _is_reached(self, urls: MapAdapter, path: str) -> bool:
        """Tell whether GET of a path is matched by one of these rules on the server as it is."""
        urls.map, here = self._server.url_map, urls.map
        rule, _ = match_get(urls, path)
        urls.map = here
        return rule is not None and (rule.rule != rule.endpoint or rule.rule not in self._dashs)

    def _refresh(self) -> None:
        urls = self._server.url_map
        self._dashs = dashs_rules(urls)
        # A rule with redirect_to needs no view, so what it matches never comes to Dash's view.
        self._rules = [
            rule
            for rule in urls.iter_rules()
            if rule.redirect_to is None and (rule.rule != rule.endpoint or rule.rule not in self._dashs)
        ]
        self._prefilter, self._maps = Prefilter((rule.rule for rule in self._rules), "<"), {}
        self._made_of = len(self._server.view_functions)

    def _without(self, hidden: frozenset[int]) -> tuple[Map, dict[int, int]]:
        made = self._maps.get(hidden)
        if made is None:
            urls = self._server.url_map
            # Passed to the constructor, because on Werkzeug 2.2 the matcher ignores what is set later.
            names = ("default_subdomain", "strict_slashes", "merge_slashes", "redirect_defaults", "host_matching")
            settings = {name: getattr(urls, name) for name in names}
            try:
                rules = type(urls)(**settings)
            except TypeError:  # a class of the user's takes what Flask passes to it, which is less
                rules = Map(**settings)
            rules.converters = urls.converters
            numbers = {}
            for number, rule in enumerate(self._rules):
                if number not in hidden:
                    copy = _unbound(rule)
                    numbers[id(copy)] = number
                    rules.add(copy)
            if len(self._maps) >= MOST_MAPS:
                self._maps.clear()
            made = self._maps[hidden] = rules, numbers
        return made


# How many combinations of hidden rules are kept; most sites have a few.
MOST_MAPS = 50


def dashs_rules(urls: Map) -> set[str]:
    """Return the index and the catch-all of each Dash app on a server; the endpoints have the same names."""
    own = {rule.rule for rule in urls.iter_rules() if rule.rule == rule.endpoint}
    # A catch-all without an index is a route of dash.hooks, whose names look like Dash's own.
    indexes = {rule for rule in own if rule + CATCH_ALL in own}
    return indexes | {rule + CATCH_ALL for rule in indexes}


def match_get(urls: MapAdapter, path: str | None = None) -> tuple[Rule | None, str | None]:
    """Return the rule that matches a path for GET, and the path that it redirects to first, if it does.

    :param path: None: the request's.
    """
    asked = urls.path_info if path is None else path
    redirected = None
    while True:
        try:
            rule, _ = urls.match(redirected or asked, method="GET", return_rule=True, websocket=False)
        except RequestRedirect as redirect:
            target = _path_below_mount(urls, redirect.new_url)
            if target in (asked, redirected) or _segments(target) != _segments(asked):
                return None, None  # the user's: redirect_to, defaults
            redirected = target
        except HTTPException:
            return None, None
        else:
            return rule, redirected and encoded(redirected)


def _segments(path: str) -> str:
    return MANY_SLASHES.sub("/", path).strip("/")


def _path_below_mount(urls: MapAdapter, url: str) -> str:
    # A proxy may name a mount with several slashes at its start, of which Werkzeug redirects to one.
    mount = "/" + urls.script_name.strip("/")
    return "/" + unquote(urlsplit(url).path)[len(mount) :].lstrip("/")


def _unbound(rule: Rule) -> Rule:
    try:
        copy = rule.empty()
    except TypeError:  # Quart's rules take fewer arguments than Werkzeug's, their base class
        copy = Rule(rule.rule, **rule.get_empty_kwargs())
    copy.websocket, copy.merge_slashes = rule.websocket, rule.merge_slashes  # which Werkzeug doesn't copy
    return copy
