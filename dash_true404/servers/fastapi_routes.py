"""Starlette's routes: those of Dash's that a Dash app has on FastAPI, and those of ours ahead of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from dash.exceptions import DependencyException
from fastapi import FastAPI
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route, Router
from starlette.types import Receive, Scope, Send

from ..site import is_dashs_own

CATCH_ALL = "/{path:path}"


def dashs_index(server: FastAPI, prefix: str) -> Route | None:
    """Return the route of a Dash app's root."""
    return next((route for route in _dashs_routes(server) if route.path == prefix and route.name == prefix), None)


def dashs_bundles(server: FastAPI, prefix: str) -> Route | None:
    """Return the route of a Dash app's component bundles."""
    start = f"{prefix}_dash-component-suites/"
    return next((route for route in _dashs_routes(server) if route.path.startswith(start)), None)


def is_catch_all(route: BaseRoute) -> bool:
    """Tell whether a route is what Dash appends for all its pages when the server starts."""
    return isinstance(route, Route) and route.path in (CATCH_ALL, CATCH_ALL[1:]) and is_dashs_own(route.endpoint)


def _dashs_routes(server: FastAPI) -> list[Route]:
    return [route for route in server.router.routes if isinstance(route, Route) and is_dashs_own(route.endpoint)]


class Server(Protocol):
    """What a route of ours asks and hands over to."""

    def match(self, route: PagesRoute, scope: Scope) -> Match:
        """Tell whether a request is ours to answer, and whether with 405."""

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request that is ours to answer."""


class PagesRoute(Route):
    """Takes pages, and URLs that are no page as long as no other route takes them.

    :param server: asked for each request.
    :param path: an app's root, or the catch-all.
    """

    def __init__(self, server: Server, path: str) -> None:
        super().__init__(path, self._endpoint, methods=["GET"], name=f"dash-true404 {path}", include_in_schema=False)
        self._server = server

    async def _endpoint(self, request: Any) -> None:
        """Stand for what answers, for those who read a route's endpoint; handle() does."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether this route takes a request."""
        if scope["type"] != "http" or (self.path != CATCH_ALL and super().matches(scope)[0] is Match.NONE):
            return Match.NONE, {}
        match = self._server.match(self, scope)
        return match, {} if match is Match.NONE else {"endpoint": self.endpoint}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        await self._server.serve(scope, receive, send)


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


class AnswerOf(Response):
    """Whatever a router answers.

    :param router: asked with the request that this response is for.
    """

    def __init__(self, router: Router) -> None:
        super().__init__()
        self._router = router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        await self._router.app(scope, receive, send)
