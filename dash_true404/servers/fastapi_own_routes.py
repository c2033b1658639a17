"""Our routes on FastAPI, which stand in for Dash's catch-all, its index, and its component bundles."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from dash.exceptions import DependencyException
from fastapi.params import Depends
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from ..core.paths import path_below_root
from . import EXTENSION
from .decisions import DASHS_405, OTHER_RULE, PASS_ON, Reason

if TYPE_CHECKING:
    from .fastapi_decisions import FastAPIDecisions

#: The path of Dash's catch-all, and of ours, because metrics label pages with it.
CATCH_ALL = "{path:path}"

#: Carries out the decision for a request to a route of ours.
Serve = Callable[["PagesRoute", Scope, Receive, Send], Awaitable[None]]


class PagesRoute(Route):
    """Matches pages, and unknown URLs as long as no other route matches them.

    :param decisions: decides each request.
    :param serve: carries out the decision.
    :param path: an app's root, or the catch-all.
    """

    def __init__(self, decisions: FastAPIDecisions, serve: Serve, path: str) -> None:
        name = f"dash-true404 {path}"
        super().__init__(f"/{path.lstrip('/')}", self._endpoint, methods=["GET"], name=name, include_in_schema=False)
        self.path = path  # Starlette would add a slash
        self._decisions = decisions
        self.app = partial(serve, self)

    @property
    def dependencies(self) -> list[Depends]:
        """The dependencies that guard this route, for code that looks for itself among a route's dependencies."""
        return self._decisions.guards.dependencies(self.path)

    def __getattr__(self, name: str) -> Any:
        """Return what guards and metrics read of the route of a request, such as its tags."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._decisions.dashs_route(self.path), name)

    async def _endpoint(self, request: Any) -> None:
        """Be there for code that reads a route's endpoint; handle() answers."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether this route matches a request; the decision is made here, and kept in the scope."""
        if scope["type"] != "http" or (self.path != CATCH_ALL and super().matches(scope)[0] is Match.NONE):
            return Match.NONE, {}
        decision = self._decisions.decide(self, scope)
        if decision.outcome is PASS_ON and decision.reason in (OTHER_RULE, Reason.GUARDED):
            return Match.NONE, {}
        is_dashs = decision.reason in DASHS_405
        is_reported = decision.site is not None and decision.site.is_report_only
        match = Match.PARTIAL if scope["method"] != "GET" and (is_dashs or is_reported) else Match.FULL
        # As for Dash's own catch-all, because guards and metrics read these.
        params = {**scope.get("path_params", {}), "path": path_below_root(scope)}
        return match, {"endpoint": self.endpoint, "route": self, "path_params": params, EXTENSION: scope[EXTENSION]}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        await self.app(scope, receive, send)


class BundlesRoute(Route):
    """Dash's route of component bundles, which raises an error if there is no such bundle.

    :param bundles: Dash's route.
    :param error: returns the error; None: what Dash raises.
    """

    def __init__(self, bundles: Route, error: Callable[[], Exception | None]) -> None:
        super().__init__(bundles.path, bundles.endpoint, methods=["GET"], name=bundles.name, include_in_schema=False)
        self._bundles = bundles
        self._error = error

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether this route matches a request."""
        return self._bundles.matches(scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        try:
            await self._bundles.handle(scope, receive, send)
        except DependencyException as fault:
            raise self._error() or fault from None
