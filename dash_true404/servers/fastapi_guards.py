"""FastAPI: the guards around Dash's routes that come from the router, its route class and its dependencies."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from contextvars import ContextVar

from fastapi import FastAPI, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.params import Depends
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .fastapi_own_routes import CATCH_ALL
from .fastapi_routes import RoutesWithoutDash

#: What a request is answered with, or an error to raise.
Answer = ASGIApp | Exception
#: Carries out the decision for a request that the guards have let through.
Respond = Callable[[Request], Awaitable[Answer]]
# Answers that guards must not see; they may copy the scope, and make a response of their own.
_held: ContextVar[list[Answer]] = ContextVar("dash_true404_held")


class Guards:
    """The guards of Dash's routes, which the routes that stand in for them have too.

    :param server: the FastAPI server.
    :param routes: its routes.
    :param respond: called with a request that the guards have let through.
    """

    def __init__(self, server: FastAPI, routes: RoutesWithoutDash, respond: Respond) -> None:
        self._server = server
        self._without_dash = routes
        self._respond = respond
        self._routes: dict[str, tuple[object, APIRoute]] = {}

    def dependencies(self, path: str) -> list[Depends]:
        """Return the dependencies of a route of ours."""
        self._without_dash.refresh()
        dashs = self._without_dash.dashs(path)
        return self._server.router.dependencies if dashs is None else dashs.dependencies

    def route(self, path: str) -> APIRoute | None:
        """Return a route with the guards of Dash's; None if there are none.

        :param path: an app's root, or the catch-all. The root has the guards from when it was made. Dash adds
            the catch-all when the server starts; until then it would get the current ones.
        """
        dashs, router = self._without_dash.dashs(path), self._server.router
        route_class = router.route_class if dashs is None else type(dashs)
        if route_class is APIRoute and not (router.dependencies if dashs is None else dashs.dependant.dependencies):
            return None
        made_of = dashs or (route_class, list(router.dependencies))
        known, route = self._routes.get(path, (None, None))
        if route is None or known != made_of:
            route = route_class(
                CATCH_ALL,
                self._endpoint,
                methods=["GET"],
                dependencies=self.dependencies(path),
                dependency_overrides_provider=self._server,
                include_in_schema=False,
                response_model=None,
            )
            self._routes[path] = (made_of, route)
        if dashs is not None:
            route.dependant.dependencies = dashs.dependant.dependencies  # the user may add some later
        return route

    async def serve(self, route: APIRoute, scope: Scope, receive: Receive, send: Send) -> Answer | None:
        """Serve a request behind the guards of a route; return what to answer or raise after them."""
        held: list[Answer] = []

        async def send_what_is_not_held(message: Message) -> None:
            if not held:
                await send(message)

        token = _held.set(held)
        try:
            await route.app(scope, receive, send_what_is_not_held)
        finally:
            _held.reset(token)
        return held[0] if held else None

    async def index_page(self, path: str, prefix: str, request: Request) -> Response:
        """Return the index page of an app, or the answer of a guard around the function that draws it.

        :param path: of the route of ours that matches the request.
        """
        routes = self._without_dash
        endpoint = routes.indexes[prefix].endpoint
        if path not in routes.guarded:
            endpoint = inspect.unwrap(endpoint)
        elif prefix not in routes.guarded:  # Dash's catch-all draws the last app that was made, whatever the prefix
            endpoint = routes.guarded[path].endpoint
        name = next(iter(inspect.signature(endpoint).parameters))
        answer = await endpoint(**{name: request})  # as FastAPI calls it
        return answer if isinstance(answer, Response) else JSONResponse(jsonable_encoder(answer))

    async def _endpoint(self, request: Request) -> Response:
        answer = await self._respond(request)
        if isinstance(answer, Response):
            return answer
        _held.get().append(answer)  # an exception would look like a fault to dependencies with yield
        return Response(status_code=404)
