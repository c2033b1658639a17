"""What a request gets on servers that route with Werkzeug (Flask, Quart), and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import MapAdapter, RequestRedirect, Rule, WebsocketMismatch

from ..core.paths import encoded, printable
from ..core.site import Site, site_below
from ..dash_internals.observers import describe_wrapper, note_guard, without_observers
from ..dash_internals.own_code import is_dashs_own
from ..dash_internals.routes import CATCH_ALL
from .decisions import NO_PAGE, NOT_FOUND, OTHER_RULE, PAGE, PASS_ON, Decision, Outcome, Reason
from .hidden_rules import ServerRule
from .werkzeug_rules import MANY_SLASHES, RulesWithoutDash, match_get

View = Callable[..., Any]


class UnsentRequest(NamedTuple):
    """A request that nobody has sent, with the attributes that a decision reads of Flask's or Quart's requests."""

    method: str
    path: str
    """Decoded."""
    url_rule: Rule | None
    routing_exception: HTTPException | None
    query_string: bytes = b""


class WerkzeugDecisions:
    """Decides for the apps on one server.

    :param server: the Flask or Quart server.
    """

    def __init__(self, server: Any) -> None:
        #: By the endpoints of Dash's two rules.
        self.sites: dict[str, Site] = {}
        self._server = server
        self._views: dict[str, View] = {}
        # The wrappers around Dash's views inside ours, except observers; and those around ours, once looked at.
        self._guarded: dict[str, View] = {}
        self._outermost: dict[str, tuple[View, View]] = {}
        self._rules = RulesWithoutDash(server)

    def add(self, site: Site, wrap: Callable[[str, View], View] | None = None) -> None:
        """Decide for an app from now on, instead of its earlier site if there is one.

        :param wrap: returns the view that replaces Dash's; None: nothing is replaced.
        """
        for endpoint in (site.prefix, site.prefix + CATCH_ALL):
            self.sites[endpoint] = site
            view = self._server.view_functions.get(endpoint)
            if view is None or endpoint in self._views:
                continue
            observed = without_observers(view)
            if not is_dashs_own(observed):
                self._guarded[endpoint] = observed
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
        decision = self.decide(UnsentRequest(method, unquote(path), rule, error), path, urls=urls)
        if isinstance(error, RequestRedirect) and decision.outcome is PASS_ON:  # to the slash of Dash's index
            return _as_raised(decision, error)
        return decision

    def decide(self, request: Any, path: str, *others: str, urls: MapAdapter | None = None) -> Decision:
        """Return what a request gets, by routing and the registered pages, and why.

        :param request: routed by its server.
        :param path: its path, as the browser holds it.
        :param others: the other possible readings of its path. If there are any, nothing is redirected.
        :param urls: the server's rules, bound to the request; None: as the server binds them.
        """
        rule, error, redirected = request.url_rule, request.routing_exception, None
        # Dash's rules match neither its method nor WebSockets, or only match after a redirect to other slashes.
        # A redirect of another method leads to a rule that takes it, which Dash's don't.
        if error is not None and (
            isinstance(error, (MethodNotAllowed, WebsocketMismatch))
            or (isinstance(error, RequestRedirect) and request.method.upper() in ("GET", "HEAD", "OPTIONS"))
        ):
            urls = urls or self._server.create_url_adapter(request)
            rule, redirected = match_get(urls)
        site = None if rule is None or rule.rule != rule.endpoint else self.sites.get(rule.endpoint)
        if rule is None or site is None:
            reason = Reason.NO_RULE if rule is None else OTHER_RULE
            return _as_raised(Decision(PASS_ON, reason, path, rule=rule), error)
        is_reached = error is None and request.method in ("GET", "HEAD")
        readings = (redirected,) if redirected else (path, *others)
        if rule.endpoint == site.prefix:  # to which, where slashes aren't strict, its URL leads without its slash too
            readings = tuple(reading if reading.endswith("/") else f"{reading}/" for reading in readings)
        found = site.look_up(*readings)
        guard_first = not self._is_open(site, rule.endpoint, is_reached)
        if not found.is_page and (is_reached or not guard_first):
            reason = NO_PAGE if found.match is None else Reason.NOT_FOUND_PAGE
            refused = Decision(NOT_FOUND, reason, path, site, found, guard_first)
            if "//" not in path and self._rules.rule_out(request.path):
                return refused
            urls = urls or self._server.create_url_adapter(request)
            decided = self._decide_without_dash(refused, urls, error)
            is_unsure = others and decided.outcome is Outcome.REDIRECT
            return decided._replace(outcome=PASS_ON) if is_unsure else decided
        decided = Decision(PASS_ON, PAGE, path, site, found, guard_first)
        if not is_reached:
            # A guard around the view never sees these requests, so their answers must not reveal what is a page.
            decided = decided._replace(reason=Reason.METHOD if found.is_page else Reason.GUARDED)
            if isinstance(error, MethodNotAllowed):
                return decided._replace(outcome=Outcome.WRONG_METHOD, allow=error.valid_methods or ())
            return decided
        own_path = site.own_path(found) if site.options.redirect_slashes and not others else None
        if own_path is not None:
            query = printable(request.query_string)
            location = f"{own_path}{query and '?'}{query}"
            return decided._replace(outcome=Outcome.REDIRECT, reason=Reason.SLASHES, location=location)
        return decided

    def _decide_without_dash(self, refused: Decision, urls: MapAdapter, asked: HTTPException | None) -> Decision:
        """Return what the server would answer to an unknown URL if it had no catch-all of Dash's.

        :param refused: the decision if no rule matches it.
        :param urls: the server's rules, bound to the request.
        :param asked: what the server's routing raised.
        """
        methods, hidden = self._rules.bind(urls)
        rule, decided = None, refused._replace(rule=hidden)
        # What takes OPTIONS alone is no answer to it.
        is_taken = methods or urls.default_method.upper() != "OPTIONS"
        try:
            rule, _ = urls.match(return_rule=True)
        except RequestRedirect as redirect:
            return _as_raised(refused, redirect)
        except MethodNotAllowed as error:
            if {*(error.valid_methods or ())} - {"OPTIONS"}:
                decided = _as_raised(refused, error)
        except WebsocketMismatch:
            if is_taken:
                decided = refused._replace(outcome=Outcome.WRONG_METHOD, reason=OTHER_RULE)
        except HTTPException:
            pass
        if rule is not None and is_taken:
            return refused._replace(outcome=PASS_ON, reason=OTHER_RULE, rule=rule)
        merged = self._page_once_merged(urls, refused.path)
        if merged is None:
            return decided
        decided = _as_raised(refused, asked)._replace(reason=Reason.SLASHES)
        if asked is None or isinstance(asked, RequestRedirect):
            location = urls.make_redirect_url(merged, urls.query_args)
            return decided._replace(outcome=Outcome.REDIRECT, location=location)
        return decided if isinstance(asked, MethodNotAllowed) else decided._replace(outcome=PASS_ON)

    def _page_once_merged(self, urls: MapAdapter, path: str) -> str | None:
        """Return the path of the page that a URL is redirected to when its slashes are merged, if there is one."""
        decoded = "/" + urls.path_info.lstrip("/")
        # Werkzeug reads several slashes at the start as one, Dash in the browser doesn't.
        merged = encoded(MANY_SLASHES.sub("/", decoded)) if "//" in decoded else "/" + path.lstrip("/")
        if merged == path or not self._server.url_map.merge_slashes:
            return None
        return merged if self._is_page(merged) else None

    def _is_page(self, path: str) -> bool:
        site = site_below(self.sites.values(), path)
        return site is not None and site.look_up(path).is_page

    def server_rules(self) -> list[ServerRule]:
        """Return the server's own rules for GET."""
        return [ServerRule(rule.rule, str(rule.endpoint)) for rule in self._rules.for_get()]

    def note_guards(self) -> Iterator[str]:
        """Yield a note on each wrapper around Dash's views that counts as a guard, and what that costs."""
        for endpoint, ours in self._views.items():
            if endpoint in self._guarded:
                yield note_guard(self._guarded[endpoint])
            outer = without_observers(self._server.view_functions[endpoint])
            if outer is not ours:
                yield (
                    f"Dash's view has a wrapper ({describe_wrapper(outer)}) that may turn visitors away and never sees "
                    "methods other than GET and HEAD: these aren't 404 for unknown URLs."
                )

    def _is_open(self, site: Site, endpoint: str, is_reached: bool) -> bool:
        """Tell whether nothing of the user's is between a request and Dash's own index page.

        :param is_reached: whether the request has reached our view, so that a guard around that has let it through.
        """
        if endpoint in self._guarded or not is_dashs_own(site.app.index):
            return False
        if is_reached:
            return True
        outermost = self._server.view_functions[endpoint]
        known, view = self._outermost.get(endpoint, (None, None))
        if known is not outermost:
            view = without_observers(outermost)
            self._outermost[endpoint] = outermost, view
        return view is self._views[endpoint]


def _as_raised(decided: Decision, error: HTTPException | None) -> Decision:
    """Return a decision with the outcome that an error of the server's routing stands for."""
    if isinstance(error, MethodNotAllowed):
        allow = error.valid_methods or ()
        return decided._replace(outcome=Outcome.WRONG_METHOD, reason=OTHER_RULE, allow=allow)
    if isinstance(error, RequestRedirect):
        return decided._replace(outcome=Outcome.REDIRECT, reason=Reason.SLASHES, location=error.new_url)
    return decided
