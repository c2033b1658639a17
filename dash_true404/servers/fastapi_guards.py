"""FastAPI: what the user put around Dash's routes by way of the router, its class of routes and its dependencies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from fastapi import FastAPI
from fastapi.params import Depends
from fastapi.routing import APIRoute

from .fastapi_routes import CATCH_ALL


class RouteGuards(NamedTuple):
    """What guards a route; false if nothing does."""

    route_class: type[APIRoute]
    dependencies: list[Depends]

    def __bool__(self) -> bool:
        return bool(self.dependencies) or self.route_class is not APIRoute


class Guards:
    """The guards of Dash's routes, which ours in their places have too.

    :param server: the FastAPI server.
    :param indexes: Dash's indexes, by prefix.
    :param answer: answers a request that the guards have let through.
    """

    def __init__(self, server: FastAPI, indexes: dict[str, APIRoute], answer: Callable[..., Any]) -> None:
        self._server = server
        self._indexes = indexes
        self._answer = answer
        self._routes: dict[str, tuple[RouteGuards, APIRoute]] = {}

    def of(self, path: str) -> RouteGuards:
        """Return what guards a route of Dash's.

        :param path: an index's, which has the guards that were there when it was made; else the catch-all, which Dash
            makes last.
        """
        index = self._indexes.get(path)
        if index is not None:
            return RouteGuards(type(index), index.dependencies)
        return RouteGuards(self._server.router.route_class, self._server.router.dependencies)

    def route(self, path: str) -> APIRoute:
        """Return a route that answers behind these guards."""
        guards = self.of(path)
        known, route = self._routes.get(path, (None, None))
        if route is None or known != guards:
            route = guards.route_class(
                CATCH_ALL,
                self._answer,
                methods=["GET"],
                dependencies=guards.dependencies,
                dependency_overrides_provider=self._server,
                include_in_schema=False,
                response_model=None,
            )
            self._routes[path] = (guards._replace(dependencies=list(guards.dependencies)), route)
        return route
