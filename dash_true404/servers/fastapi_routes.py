"""The routes of a FastAPI server: Dash's, and the others, which say what the server would answer without Dash's."""

from __future__ import annotations

import copy
from typing import Any, TypeGuard

from fastapi import FastAPI, routing
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.datastructures import URL
from starlette.routing import BaseRoute, Match, Mount, Route, Router, WebSocketRoute
from starlette.types import Receive, Scope, Send

from ..core.paths import path_below_root
from ..dash_internals.observers import without_observers
from ..dash_internals.own_code import has_dashs_core, is_dashs_own
from ..dash_internals.routes import find_unknown_catch_alls, is_catch_all_path
from .decisions import LATER, OTHER_RULE, PASS_ON, Decision, Outcome, Reason
from .fastapi_own_routes import CATCH_ALL, BundlesRoute, PagesRoute
from .hidden_rules import ServerRule
from .prefilter import Prefilter


def dashs_index(server: FastAPI, prefix: str) -> APIRoute | None:
    """Return the route of a Dash app's root."""
    return next((route for route in _dashs_routes(server) if route.path == prefix and route.name == prefix), None)


def dashs_prefixes(routes: list[BaseRoute]) -> list[str]:
    """Return the prefixes of the Dash apps on a server."""
    return [
        route.path
        for route in routes
        if is_dashs(route) and route.path == route.name and getattr(route.endpoint, "__name__", "") == "index"
    ]


def dashs_bundles(server: FastAPI, prefix: str) -> APIRoute | None:
    """Return the route of a Dash app's component bundles."""
    start = f"{prefix}_dash-component-suites/"
    return next((route for route in _dashs_routes(server) if route.path.startswith(start)), None)


def is_catch_all(route: BaseRoute) -> TypeGuard[APIRoute]:
    """Tell whether a route is the catch-all that Dash appends when the server starts."""
    return is_dashs(route) and is_catch_all_path(route.path)


def is_wrapped(route: Route) -> bool:
    """Tell whether the user has put something around what a route calls."""
    return getattr(route.app, "__module__", "").partition(".")[0] not in ("fastapi", "starlette")


def _dashs_routes(server: FastAPI) -> list[APIRoute]:
    return [route for route in server.router.routes if is_dashs(route)]


def is_dashs(route: BaseRoute) -> TypeGuard[APIRoute]:
    """Tell whether a route is one of Dash's own, even if what it calls has a wrapper."""
    # In routes of dash.hooks Dash's code is around the user's.
    return isinstance(route, APIRoute) and has_dashs_core(route.endpoint)


def find_included(route: Any, scope: Scope) -> Any:
    """Return which of an included router's routes matches a request; any other route as it is."""
    # Until FastAPI had this function, they were copied to where their router is included.
    flatten = getattr(routing, "iter_route_contexts", None)
    if flatten is None or not isinstance(route, BaseRoute) or hasattr(route, "path"):
        return route
    included = [(inner.matches(scope)[0].value, inner) for inner in flatten([route])]
    return max(included, key=lambda pair: pair[0])[1] if included else route


class RoutesWithoutDash:
    """The routes of a server that are not the index or the catch-all of a Dash app.

    :param router: the server's.
    """

    def __init__(self, router: Router) -> None:
        self.router = router
        #: Dash's indexes, by prefix.
        self.indexes: dict[str, APIRoute] = {}
        #: The prefixes of all Dash apps on the server.
        self.prefixes: list[str] = []
        #: Dash's catch-all, which it adds when the server starts.
        self.catch_all: APIRoute | None = None
        #: Dash's routes that call something of the user's first, by the paths of ours that stand in for them.
        self.guarded: dict[str, APIRoute] = {}
        self._known: list[BaseRoute] = []
        self._unknown: list[BaseRoute] = []
        self._others: list[BaseRoute] = []
        self._prefilter: Prefilter | None = None

    def refresh(self) -> None:
        """Take in what has changed since the last request."""
        routes = self.router.routes
        if self._known == routes:
            return
        self.catch_all = next((route for route in routes if is_catch_all(route)), None)
        self.prefixes = dashs_prefixes(routes)
        self._unknown = find_unknown_catch_alls(routes, self.prefixes, self._unknown)
        # Until Dash adds its catch-all, what wraps an index guards the other URLs too.
        pages = [self.catch_all] if self.catch_all is not None else self.indexes.values()
        dashs = [*self.indexes.items(), *((CATCH_ALL, route) for route in pages)]
        self.guarded = {path: route for path, route in dashs if not is_dashs_own(without_observers(route.endpoint))}
        self._others = [
            route
            for route in routes
            if not isinstance(route, PagesRoute) and not is_catch_all(route) and route not in self._unknown
        ]
        is_told_by_path = all(type(route) in _MATCHED_BY_PATH for route in self._others)
        self._prefilter = Prefilter(map(_path, self._others), "{") if is_told_by_path else None
        self._known = list(routes)

    def rule_out(self, decoded: str) -> bool:
        """Tell whether certainly none of the other routes matches a path or redirects it."""
        if self._prefilter is None or not self._prefilter.rule_out(decoded):
            return False
        return self._has_own_default() and not self._has_frontends()

    def _has_own_default(self) -> bool:
        return getattr(self.router.default, "__func__", None) is Router.not_found

    def _has_frontends(self) -> bool:
        return bool(getattr(self.router, "_low_priority_routes", None))  # of frontend(); they are in no public list

    def dashs(self, path: str) -> APIRoute | None:
        """Return Dash's route that one of ours stands in for; None for a catch-all that doesn't exist yet."""
        return self.indexes.get(path, self.catch_all)

    def for_get(self) -> list[ServerRule]:
        """Return the routes that match GET and aren't Dash's."""
        self.refresh()
        return [
            ServerRule(route.path, route.name)
            for route in self._others
            if isinstance(route, Route) and "GET" in (route.methods or ()) and not _is_of_dash(route)
        ]

    def taking(self, scope: Scope, after: PagesRoute | None) -> BaseRoute | None:
        """Return the other route that fully matches a request.

        :param after: a route of ours, if only those after it count.
        """
        routes = self.router.routes
        for route in routes if after is None else routes[routes.index(after) + 1 :]:
            if is_catch_all(route) or route in self._unknown:
                return None
            is_other = not isinstance(route, PagesRoute) and route not in self.indexes.values()
            if is_other and route.matches(scope)[0] is Match.FULL:
                return route
        return None

    def is_first(self, other: BaseRoute, scope: Scope) -> bool:
        """Tell whether a route is the first that matches a request, before Dash's own."""
        routes = (route for route in self.router.routes if not isinstance(route, PagesRoute))
        return next((route for route in routes if route.matches(scope)[0] is not Match.NONE), None) is other

    def decide(self, scope: Scope, refused: Decision, left_out: list[APIRoute]) -> Decision:
        """Return what the router would do with a request without Dash's catch-all.

        :param refused: the decision if no route matches.
        :param left_out: Dash's indexes that are left out too.
        """
        routes = [route for route in self._others if route not in left_out]
        other_method = None
        for route in routes:
            match, _ = route.matches(scope)
            if match is Match.FULL:
                return refused._replace(outcome=PASS_ON, reason=LATER, rule=route)
            if match is Match.PARTIAL and other_method is None:
                other_method = route
        if other_method is not None:
            allow = tuple(getattr(other_method, "methods", None) or ())
            outcome, reason = Outcome.WRONG_METHOD, OTHER_RULE
            return refused._replace(outcome=outcome, reason=reason, rule=other_method, allow=allow)
        path = path_below_root(scope)
        if self.router.redirect_slashes and path != "/":
            toggled = scope["path"].rstrip("/") if path.endswith("/") else scope["path"] + "/"
            redirected = {**scope, "path": toggled}
            for route in routes:
                if route.matches(redirected)[0] is not Match.NONE:
                    return refused._replace(
                        outcome=Outcome.REDIRECT,
                        reason=Reason.SLASHES,
                        rule=route,
                        location=str(URL(scope=redirected)),
                        redirect_status=307,
                    )
        if self._has_frontends():
            return refused._replace(outcome=PASS_ON, reason=LATER)
        return refused if self._has_own_default() else refused._replace(reason=LATER)

    def router_for(self, route: BaseRoute | None, error: Exception | None) -> Router:
        """Return the server's router with only the route that was decided for.

        :param route: None: no route matches.
        :param error: raised if no route matches; None, or a default of the user's: the router's own default.
        """

        async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
            if error is not None and self._has_own_default():
                raise error
            await self.router.default(scope, receive, send)

        router = copy.copy(self.router)
        router.routes = [] if route is None else [route]
        router.default = not_found
        return router


def _is_of_dash(route: Route) -> bool:
    return isinstance(route, BundlesRoute) or has_dashs_core(route.endpoint)


def _path(route: Any) -> str:
    return f"{route.path}/{{path}}" if isinstance(route, Mount) else str(route.path)


_MATCHED_BY_PATH = (Route, APIRoute, WebSocketRoute, APIWebSocketRoute, Mount, BundlesRoute)
