"""What a request gets on a server that routes by Werkzeug (Flask, Quart), and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import unquote

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import MapAdapter, RequestRedirect, Rule, WebsocketMismatch

from ..core.paths import encoded, printable
from ..core.site import LookUp, Site, site_below
from ..dash_internals.own_code import is_dashs_own
from ..dash_internals.routes import CATCH_ALL
from .decisions import Decision, Outcome, Reason
from .werkzeug_rules import MANY_SLASHES, RulesWithoutDash, match_get

View = Callable[..., Any]


class Routed(NamedTuple):
    """What a server's routing has said of a request."""

    method: str
    path: str
    """As the browser holds it."""
    decoded: str
    query: bytes
    rule: Rule | None
    error: HTTPException | None
    bind: Callable[[], MapAdapter]
    """Returns the server's rules, bound to the request."""


class WerkzeugDecisions:
    """Decides for the apps on one server.

    :param server: the Flask or Quart server.
    """

    def __init__(self, server: Any) -> None:
        #: By the endpoints of Dash's two rules.
        self.sites: dict[str, Site] = {}
        self._server = server
        self._views: dict[str, View] = {}
        self._guarded: set[str] = set()
        self._rules = RulesWithoutDash(server)

    def add(self, site: Site, wrap: Callable[[str, View], View] | None = None) -> None:
        """Decide for an app from now on; in place of what was said of the same app before.

        :param wrap: makes of Dash's view the one that carries decisions out; None: they are only asked for.
        """
        for endpoint in (site.prefix, site.prefix + CATCH_ALL):
            self.sites[endpoint] = site
            view = self._server.view_functions.get(endpoint)
            if view is None or endpoint in self._views:
                continue
            if not is_dashs_own(view):
                self._guarded.add(endpoint)
            self._views[endpoint] = wrap(endpoint, view) if wrap else view
            self._server.view_functions[endpoint] = self._views[endpoint]

    def including(self, site: Site) -> WerkzeugDecisions:
        """Return decisions as they would be if an app were enabled too."""
        decisions = WerkzeugDecisions(self._server)
        decisions.sites.update(self.sites)
        decisions._views.update(self._views)
        decisions._guarded.update(self._guarded)
        decisions.add(site)
        return decisions

    def decide_for(self, path: str, method: str) -> Decision:
        """Return what a request would get; nothing of the user's is called.

        :param path: percent-encoded, as a browser sends it.
        """
        urls = self._server.url_map.bind("localhost", path_info=unquote(path), default_method=method)
        rule, error = None, None
        try:
            rule, _ = urls.match(return_rule=True)
        except HTTPException as raised:
            error = raised
        decision = self.decide(Routed(method, path, unquote(path), b"", rule, error, lambda: urls))
        if decision.outcome is not Outcome.PASS_ON:
            return decision
        # What is passed on to the server's own routing may be redirected or refused there.
        if isinstance(error, RequestRedirect):
            return decision._replace(outcome=Outcome.REDIRECT, reason=Reason.SLASHES, location=error.new_url)
        if isinstance(error, MethodNotAllowed) and decision.site is None:
            allow = error.valid_methods or ()
            return decision._replace(outcome=Outcome.WRONG_METHOD, reason=Reason.OTHER_RULE, allow=allow)
        return decision

    def decide(self, routed: Routed) -> Decision:
        """Return what a request gets, as far as routing and the registered pages tell, and why."""
        rule, error, redirected, urls = routed.rule, routed.error, None, None
        if isinstance(error, (MethodNotAllowed, RequestRedirect, WebsocketMismatch)):
            # Dash's rules do not match its method, nor WebSockets, or they would match once its slashes are others.
            urls = routed.bind()
            rule, redirected = match_get(urls)
        if rule is None:
            return Decision(Outcome.PASS_ON, Reason.NO_RULE, routed.path)
        site = self.sites.get(rule.endpoint)
        if site is None or rule.rule != rule.endpoint:
            return Decision(Outcome.PASS_ON, Reason.OTHER_RULE, routed.path, rule=rule)
        is_reached = error is None and routed.method in ("GET", "HEAD")
        found = site.look_up(redirected or routed.path)
        guard_first = not self._is_open(site, rule.endpoint, is_reached)
        if not found.is_page and (is_reached or not guard_first):
            return self._decide_unknown(site, found, routed, urls, guard_first)
        decided = Decision(Outcome.PASS_ON, Reason.PAGE, routed.path, site, found, guard_first=guard_first)
        if not is_reached:
            # A guard around the view never sees these requests, so they must not tell strangers what is a page.
            decided = decided._replace(reason=Reason.METHOD if found.is_page else Reason.GUARDED)
            if isinstance(error, MethodNotAllowed):
                return decided._replace(outcome=Outcome.WRONG_METHOD, allow=error.valid_methods or ())
            return decided
        own_path = site.own_path(found) if site.options.redirect_slashes else None
        if own_path is not None:
            location = own_path + ("?" + printable(routed.query) if routed.query else "")
            return decided._replace(outcome=Outcome.REDIRECT, reason=Reason.SLASHES, location=location)
        return decided

    def _decide_unknown(
        self, site: Site, found: LookUp, routed: Routed, urls: MapAdapter | None, guard_first: bool
    ) -> Decision:
        """Return what a request gets whose URL is not a page: what the server would say without Dash's catch-all."""
        reason = Reason.NO_PAGE if found.match is None else Reason.NOT_FOUND_PAGE
        refused = Decision(Outcome.NOT_FOUND, reason, routed.path, site, found, guard_first=guard_first)
        if "//" not in routed.path and self._rules.rule_out(routed.decoded):
            return refused
        urls = self._rules.bind(urls or routed.bind())
        try:
            rule, _ = urls.match(return_rule=True)
        except RequestRedirect as redirect:
            return refused._replace(outcome=Outcome.REDIRECT, reason=Reason.SLASHES, location=redirect.new_url)
        except HTTPException as error:
            merged = self._page_once_merged(urls, routed)
            if merged is not None:
                location = urls.make_redirect_url(merged, urls.query_args)
                return _other_slashes(refused, routed.error, location)
            if isinstance(error, NotFound):
                return refused
            allow = error.valid_methods or () if isinstance(error, MethodNotAllowed) else ()
            return refused._replace(outcome=Outcome.WRONG_METHOD, reason=Reason.OTHER_RULE, allow=allow)
        return refused._replace(outcome=Outcome.PASS_ON, reason=Reason.OTHER_RULE, rule=rule)

    def _page_once_merged(self, urls: MapAdapter, routed: Routed) -> str | None:
        """Return the path of the page that a URL leads to once its slashes are merged, if it is another path."""
        decoded = "/" + urls.path_info.lstrip("/")
        # Slashes at the start are one to Werkzeug, but not to Dash in the browser.
        merged = encoded(MANY_SLASHES.sub("/", decoded)) if "//" in decoded else "/" + routed.path.lstrip("/")
        if merged == routed.path or not self._server.url_map.merge_slashes:
            return None
        site = site_below(self.sites.values(), merged)
        return merged if site is not None and site.look_up(merged).is_page else None

    def _is_open(self, site: Site, endpoint: str, is_reached: bool) -> bool:
        """Tell whether nothing of the user's stands between a request and Dash's own index page.

        :param is_reached: whether the request has come to our view, so that a guard around that has let it through.
        """
        is_outermost = is_reached or self._server.view_functions[endpoint] is self._views[endpoint]
        return is_outermost and endpoint not in self._guarded and is_dashs_own(site.app.index)


def _other_slashes(refused: Decision, error: HTTPException | None, location: str) -> Decision:
    """Return what a URL gets that is a page's once its slashes are merged.

    :param error: what the server's routing has raised; None: GET or HEAD.
    """
    if isinstance(error, MethodNotAllowed):
        return refused._replace(outcome=Outcome.WRONG_METHOD, reason=Reason.SLASHES, allow=error.valid_methods or ())
    if error is None or isinstance(error, RequestRedirect):
        return refused._replace(outcome=Outcome.REDIRECT, reason=Reason.SLASHES, location=location)
    return refused._replace(outcome=Outcome.PASS_ON, reason=Reason.SLASHES)
