"""What a request gets on FastAPI, and why."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from urllib.parse import unquote

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Match, Router
from starlette.types import Scope

from ..core.paths import asgi_readings, path_below_root
from ..core.site import NOTHING, LookUp, Site, site_below
from ..dash_internals.observers import note_guard
from ..dash_internals.own_code import is_dashs_own
from . import EXTENSION
from .decisions import LATER, NO_PAGE, NOT_FOUND, OTHER_RULE, PAGE, PASS_ON, Decision, Outcome, Reason
from .fastapi_guards import Guards, Respond
from .fastapi_own_routes import CATCH_ALL, PagesRoute, Serve
from .fastapi_routes import RoutesWithoutDash, dashs_index, find_included, is_catch_all, is_dashs, is_wrapped
from .hidden_rules import ServerRule


class FastAPIDecisions:
    """Decides for the apps on one server.

    :param server: the FastAPI server.
    :param router: its router, which gets routes of ours.
    :param serve: carries out decisions, for routes of ours.
    :param respond: carries them out for requests that the guards of Dash's routes have let through.
    """

    def __init__(self, server: FastAPI, router: Router, serve: Serve, respond: Respond) -> None:
        #: By the apps' prefixes.
        self.sites: dict[str, Site] = {}
        self.routes = RoutesWithoutDash(router)
        self.guards = Guards(server, self.routes, respond)
        self._server = server
        self._router = router
        self._carrying_out = serve, respond
        self._catch_all = PagesRoute(self, serve, CATCH_ALL)

    def add(self, site: Site) -> None:
        """Decide for an app from now on, instead of its earlier site if there is one."""
        if site.prefix not in self.sites:
            routes = self._router.routes
            index = dashs_index(self._server, site.prefix)
            assert index is not None  # has_routes() has found it
            self.routes.indexes[site.prefix] = index
            serve, _ = self._carrying_out
            routes.insert(routes.index(index), PagesRoute(self, serve, site.prefix))
            # At the end, after the index of every app, and before Dash's catch-all, if that exists already.
            others = [route for route in routes if route is not self._catch_all]
            end = next((number for number, route in enumerate(others) if is_catch_all(route)), len(others))
            routes[:] = [*others[:end], self._catch_all, *others[end:]]
        self.sites[site.prefix] = site

    def including(self, site: Site) -> FastAPIDecisions:
        """Return decisions as they would be if an app were enabled too."""
        router = copy.copy(self._router)
        router.routes = [route for route in router.routes if not isinstance(route, PagesRoute)]
        decisions = FastAPIDecisions(self._server, router, *self._carrying_out)
        for other in (*self.sites.values(), site):
            decisions.add(other)
        return decisions

    def decide_for(self, path: str, method: str) -> Decision:
        """Return what a request would get; nothing of the user's is called.

        :param path: percent-encoded, as a browser sends it.
        """
        scope: Scope = {
            "type": "http",
            "method": method,
            "path": unquote(path),
            "raw_path": path.encode("latin-1", "replace"),
            "root_path": self._server.root_path,
            "query_string": b"",
            "headers": [],
        }
        decision = self._decide_by_routes(scope, path)
        return decision._replace(rule=find_included(decision.rule, scope))

    def _decide_by_routes(self, scope: Scope, path: str) -> Decision:
        partial_decision: Decision | None = None
        for route in self._router.routes:
            match, child_scope = route.matches(scope)
            if EXTENSION in child_scope:
                decision: Decision = child_scope[EXTENSION][1]
            else:
                outcome = PASS_ON if match is Match.FULL else Outcome.WRONG_METHOD
                allow = getattr(route, "methods", None) or ()
                decision = Decision(outcome, OTHER_RULE, path, rule=route, allow=allow)
            if match is Match.FULL:
                # Dash's own route with a guard around it, to which ours has left the page.
                before: Decision = scope.get(EXTENSION, (None, decision))[1]
                return before if before.reason is Reason.GUARDED and is_dashs(route) else decision
            if match is Match.PARTIAL and partial_decision is None:
                partial_decision = decision
        if partial_decision is not None:
            return partial_decision
        return self.routes.decide(scope, Decision(PASS_ON, Reason.NO_RULE, path), [])

    def decide(self, route: PagesRoute, scope: Scope) -> Decision:
        """Return what a request gets, by routing and the registered pages, and why.

        It is kept in the request's scope, because the router matches first and serves later, and middleware matches
        too. A mounted app shares the scope, and there may be copies of it with another path or method.
        """
        asked = (self, route.path, scope["method"], scope["path"], scope.get("root_path"), scope.get("raw_path"))
        known = scope.get(EXTENSION)
        if known is None or known[0] != asked:
            known = scope[EXTENSION] = (asked, self._decide(route, scope))
        decision: Decision = known[1]
        return decision

    def _decide(self, route: PagesRoute, scope: Scope) -> Decision:
        routes, is_index, is_get = self.routes, route.path != CATCH_ALL, scope["method"] == "GET"
        routes.refresh()
        decoded = path_below_root(scope)
        path, *others = asgi_readings(scope, decoded)
        path, site, found = self._look_up(path, *others)
        if not found.is_page and scope.get("root_path"):
            # Behind a proxy that strips the root path, a page's own path may start with the same text.
            unstripped = self._look_up(asgi_readings({**scope, "root_path": ""}, scope["path"])[0])
            if unstripped[2].is_page:
                path, site, found = unstripped
        if site is None and is_index:
            site = self.sites[route.path]  # its root only once decoded
        passed_on = Decision(PASS_ON, OTHER_RULE, path)
        if self._is_anothers(site, path) or (not is_index and self._is_left_alone(site, found)):
            return passed_on
        dashs = routes.dashs(route.path)
        if found.is_page and dashs is not None and is_wrapped(dashs):
            # The guard around Dash's own route is called.
            return passed_on._replace(reason=Reason.GUARDED, site=site, found=found, guard_first=True)
        # Where there is a page, Dash's index takes precedence over what comes after it, and its catch-all does not.
        is_ruled_out = (is_index and found.is_page) or routes.rule_out(decoded)
        # slowapi matches all routes, and takes the last full match: for other methods never Dash's catch-all.
        taking = None if is_ruled_out else routes.taking(scope, after=route if is_get else None)
        if taking is not None:
            # Dash's index, which comes first, would answer instead.
            is_hidden = is_index and is_get
            return passed_on._replace(rule=taking, reason=LATER if is_hidden else OTHER_RULE)
        guard_first = self.guards.route(route.path) is not None or self.is_index_guarded(route.path, site)
        if found.is_page:
            decided = Decision(PASS_ON, PAGE, path, site, found, guard_first=guard_first)
            return self._decide_page(decided, scope, is_sure=not others)
        reason = NO_PAGE if found.match is None else Reason.NOT_FOUND_PAGE
        refused = Decision(NOT_FOUND, reason, path, site, found, guard_first=guard_first)
        if guard_first and not is_get and (site is None or not site.is_report_only):
            # Guards never see these methods, so their answers must not reveal what is a page.
            return refused._replace(outcome=Outcome.WRONG_METHOD, reason=Reason.GUARDED, allow=("GET",))
        if is_ruled_out:
            return refused
        decided = routes.decide(scope, refused, self._left_out(path))
        if others and decided.outcome is Outcome.REDIRECT:
            decided = decided._replace(outcome=PASS_ON, reason=PAGE)
            return self._decide_page(decided, scope, is_sure=False)
        if decided.reason is OTHER_RULE and not is_get and routes.is_first(decided.rule, scope):
            return passed_on._replace(rule=decided.rule)  # so that metrics count its 405 as that route's
        return decided

    def is_index_guarded(self, path: str, site: Site | None) -> bool:
        """Tell whether what draws Dash's index page, at the path of a route of ours, has been wrapped or replaced."""
        return path in self.routes.guarded or not (site is None or is_dashs_own(site.app.index))

    @staticmethod
    def _decide_page(decided: Decision, scope: Scope, is_sure: bool) -> Decision:
        """Return what a page's URL gets.

        :param is_sure: whether its path has only one reading. If not, nothing is redirected.
        """
        if scope["method"] != "GET":
            return decided._replace(outcome=Outcome.WRONG_METHOD, reason=Reason.METHOD, allow=("GET",))
        site = decided.site
        if site is None or not is_sure or not site.options.redirect_slashes:
            return decided
        own_path = site.own_path(decided.found)
        if own_path is None:
            return decided
        query = scope.get("query_string", b"").decode("latin-1")
        location = f"{own_path}{query and '?'}{query}"
        return decided._replace(outcome=Outcome.REDIRECT, reason=Reason.SLASHES, location=location)

    def _look_up(self, path: str, *others: str) -> tuple[str, Site | None, LookUp]:
        if not self._router.redirect_slashes and path + "/" in self.sites:
            path += "/"  # Dash draws the root page there too
        site = site_below(self.sites.values(), path)
        return path, site, NOTHING if site is None else site.look_up(path, *others)

    def _is_anothers(self, site: Site | None, path: str) -> bool:
        """Tell whether a URL is below the prefix of a Dash app that isn't enabled."""
        own = len(site.prefix) if site else 0
        for prefix in self.routes.prefixes:
            if prefix not in self.sites and len(prefix) > own and path.startswith(prefix):
                return True
        return False

    def _is_left_alone(self, site: Site | None, found: LookUp) -> bool:
        """Tell whether only apps with ``report_only`` could answer a URL, and bare Dash would not."""
        if site is None:
            return all(site.is_report_only for site in self.sites.values())
        # Dash adds its catch-all in the server's lifespan, which a mounted server doesn't have.
        return site.is_report_only and not found.is_page and self.routes.catch_all is None

    def _left_out(self, path: str) -> list[APIRoute]:
        """Return Dash's indexes that an unknown URL doesn't lead to, not even by a redirect to other slashes."""
        # If the root is a page, Dash's index stays for URLs that lead there, but not for those that only decode to it.
        # Starlette's patterns end in "$", which also matches before a line break; that isn't a page.
        decoded = unquote(path)
        return [
            index
            for prefix, index in self.routes.indexes.items()
            if "\n" in decoded or decoded == prefix or not self.sites[prefix].look_up(prefix).is_page
        ]

    def server_rules(self) -> list[ServerRule]:
        """Return the server's own routes for GET."""
        return self.routes.for_get()

    def note_guards(self) -> Iterator[str]:
        """Yield a note on each wrapper around Dash's views that counts as a guard, and what that costs."""
        return (note_guard(route.endpoint) for route in self.routes.guarded.values())

    def dashs_route(self, path: str) -> APIRoute:
        """Return Dash's route that one of ours stands in for."""
        self.routes.refresh()
        return self.routes.dashs(path) or next(iter(self.routes.indexes.values()))
