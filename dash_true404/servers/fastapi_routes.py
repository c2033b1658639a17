"""Starlette's routes: those of Dash's that a Dash app has on FastAPI, and those of ours ahead of them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, TypeGuard

from dash.exceptions import DependencyException
from fastapi import FastAPI
from fastapi.params import Depends
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.routing import BaseRoute, Match, Mount, Route, Router, WebSocketRoute
from starlette.types import Receive, Scope, Send

from ..core.paths import path_below_root
from ..core.site import has_dashs_core, is_dashs_own
from .prefilter import Beginnings

CATCH_ALL = "/{path:path}"


def dashs_index(server: FastAPI, prefix: str) -> APIRoute | None:
    """Return the route of a Dash app's root."""
    return next((route for route in _dashs_routes(server) if route.path == prefix and route.name == prefix), None)


def dashs_prefixes(server: FastAPI) -> list[str]:
    """Return where there are Dash apps on a server."""
    return [
        route.path
        for route in _dashs_routes(server)
        if route.path == route.name and getattr(route.endpoint, "__name__", "") == "index"
    ]


def dashs_bundles(server: FastAPI, prefix: str) -> APIRoute | None:
    """Return the route of a Dash app's component bundles."""
    start = f"{prefix}_dash-component-suites/"
    return next((route for route in _dashs_routes(server) if route.path.startswith(start)), None)


def is_catch_all(route: BaseRoute) -> TypeGuard[APIRoute]:
    """Tell whether a route is what Dash appends for all its pages when the server starts."""
    return _is_dashs(route) and route.path in (CATCH_ALL, CATCH_ALL[1:])


def is_wrapped(route: Route) -> bool:
    """Tell whether the user has put something around what a route calls."""
    return getattr(route.app, "__module__", "").partition(".")[0] not in ("fastapi", "starlette")


def _dashs_routes(server: FastAPI) -> list[APIRoute]:
    return [route for route in server.router.routes if _is_dashs(route)]


def _is_dashs(route: BaseRoute) -> TypeGuard[APIRoute]:
    # In routes of dash.hooks Dash's code is around the user's.
    return isinstance(route, APIRoute) and is_dashs_own(route.endpoint) and has_dashs_core(route.endpoint)


class OtherRoutes:
    """The routes of a server that are not the index or the catch-all of a Dash app.

    :param server: the FastAPI server.
    """

    def __init__(self, server: FastAPI) -> None:
        self._router = server.router
        #: Dash's indexes, by prefix.
        self.indexes: dict[str, APIRoute] = {}
        self._known: list[BaseRoute] = []
        self._beginnings: Beginnings | None = None
        self._catch_all: APIRoute | None = None

    def rule_out(self, scope: Scope) -> bool:
        """Tell, without matching, that none of them takes a request or redirects it; False says nothing."""
        # The routes of FastAPI's frontend() are in no public list.
        if getattr(self._router, "_low_priority_routes", None) or not _has_own_default(self._router):
            return False
        self._look_again()
        return self._beginnings is not None and self._beginnings.rule_out(path_below_root(scope))

    def dashs(self, path: str) -> APIRoute | None:
        """Return Dash's route in whose place one of ours is; None for a catch-all that is not there yet."""
        self._look_again()
        return self.indexes.get(path, self._catch_all)

    def _look_again(self) -> None:
        routes = self._router.routes
        if self._known == routes:
            return
        self._known = list(routes)
        self._catch_all = next((route for route in routes if is_catch_all(route)), None)
        others = self._without_catch_alls()
        is_told_by_path = all(type(route) in _MATCHED_BY_PATH for route in others)
        self._beginnings = Beginnings(map(_path, others), "{") if is_told_by_path else None

    def take(self, scope: Scope, after: PagesRoute | None) -> bool:
        """Tell whether one of them takes a request.

        :param after: a route of ours, if only those that come after it are meant.
        """
        routes = self._router.routes
        for route in routes if after is None else routes[routes.index(after) + 1 :]:
            if is_catch_all(route):
                return False
            is_other = not isinstance(route, PagesRoute) and route not in self.indexes.values()
            if is_other and route.matches(scope)[0] is Match.FULL:
                return True
        return False

    def router(self, left_out: list[APIRoute], error: Exception | None) -> Router:
        """Return the server's router as it would be without Dash's catch-all.

        :param left_out: Dash's indexes of roots that are no pages.
        :param error: raised where the router finds nothing; None: what it does by itself, as it does with a default of
            the user's.
        """

        async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
            if error is not None and _has_own_default(self._router):
                raise error
            await self._router.default(scope, receive, send)

        router = copy.copy(self._router)
        router.routes = [route for route in self._without_catch_alls() if route not in left_out]
        router.default = not_found
        return router

    def _without_catch_alls(self) -> list[BaseRoute]:
        return [route for route in self._router.routes if not isinstance(route, PagesRoute) and not is_catch_all(route)]


def _has_own_default(router: Router) -> bool:
    return getattr(router.default, "__func__", None) is Router.not_found


def _path(route: Any) -> str:
    return f"{route.path}/{{path}}" if isinstance(route, Mount) else str(route.path)


class Server(Protocol):
    """What a route of ours asks and hands over to."""

    def dependencies(self, path: str) -> list[Depends]:
        """Return the dependencies of a route of ours."""

    def dashs_route(self, path: str) -> APIRoute:
        """Return Dash's route in whose place one of ours is."""

    def match(self, route: PagesRoute, scope: Scope) -> Match:
        """Tell whether a request is ours to answer, and whether with 405."""

    async def serve(self, route: PagesRoute, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request that is ours to answer."""


class PagesRoute(Route):
    """Takes pages, and URLs that are no page as long as no other route takes them.

    :param server: asked for each request.
    :param path: an app's root, or the catch-all.
    """

    def __init__(self, server: Server, path: str) -> None:
        super().__init__(path, self._endpoint, methods=["GET"], name=f"dash-true404 {path}", include_in_schema=False)
        self._server = server
        self.app = partial(server.serve, self)

    @property
    def dependencies(self) -> list[Depends]:
        """What guards this route, for those who look for themselves among a route's dependencies."""
        return self._server.dependencies(self.path)

    def __getattr__(self, name: str) -> Any:
        """Return what people's guards and metrics look for at the route of a request, such as its tags."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._server.dashs_route(self.path), name)

    async def _endpoint(self, request: Any) -> None:
        """Stand for what answers, for those who read a route's endpoint; handle() does."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether this route takes a request."""
        if scope["type"] != "http" or (self.path != CATCH_ALL and super().matches(scope)[0] is Match.NONE):
            return Match.NONE, {}
        match = self._server.match(self, scope)
        if match is Match.NONE:
            return match, {}
        # As for Dash's own catch-all: people's guards and metrics read these.
        params = {**scope.get("path_params", {}), "path": path_below_root(scope)}
        return match, {"endpoint": self.endpoint, "route": self, "path_params": params}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        await self.app(scope, receive, send)


class BundlesRoute(Route):
    """Dash's route of component bundles, with an error raised for one that there is not.

    :param bundles: Dash's route.
    :param error: called for what to raise; None: what Dash raises.
    """

    def __init__(self, bundles: Route, error: Callable[[], Exception | None]) -> None:
        super().__init__(bundles.path, bundles.endpoint, methods=["GET"], name=bundles.name, include_in_schema=False)
        self._bundles = bundles
        self._error = error

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether this route takes a request."""
        return self._bundles.matches(scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        try:
            await self._bundles.handle(scope, receive, send)
        except DependencyException as fault:
            raise self._error() or fault from None


_MATCHED_BY_PATH = (Route, APIRoute, WebSocketRoute, APIWebSocketRoute, Mount, BundlesRoute)
