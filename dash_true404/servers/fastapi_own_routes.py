"""The routes of ours on FastAPI: where Dash's catch-all and index would answer, and where its bundles do."""

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
from .decisions import Outcome, Reason

if TYPE_CHECKING:
    from .fastapi_decisions import FastAPIDecisions

#: The path of Dash's catch-all, and of ours: what people's metrics label pages with.
CATCH_ALL = "{path:path}"

#: Carries out what was decided for a request to a route of ours.
Serve = Callable[["PagesRoute", Scope, Receive, Send], Awaitable[None]]


class PagesRoute(Route):
    """Matches pages, and unknown URLs as long as no other route matches them.

    :param decisions: asked for each request.
    :param serve: carries out what was decided.
    :param path: an app's root, or the catch-all.
    """

    def __init__(self, decisions: FastAPIDecisions, serve: Serve, path: str) -> None:
        name = f"dash-true404 {path}"
        super().__init__(f"/{path.lstrip('/')}", self._endpoint, methods=["GET"], name=name, include_in_schema=False)
        self.path = path  # which Starlette has begin with a slash
        self._decisions = decisions
        self.app = partial(serve, self)

    @property
    def dependencies(self) -> list[Depends]:
        """What guards this route, for those who look for themselves among a route's dependencies."""
        return self._decisions.guards.dependencies(self.path)

    def __getattr__(self, name: str) -> Any:
        """Return what people's guards and metrics look for at the route of a request, such as its tags."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._decisions.dashs_route(self.path), name)

    async def _endpoint(self, request: Any) -> None:
        """Stand for what answers, for those who read a route's endpoint; handle() does."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether this route matches a request; what it gets is decided here, and carried in the scope."""
        if scope["type"] != "http" or (self.path != CATCH_ALL and super().matches(scope)[0] is Match.NONE):
            return Match.NONE, {}
        decision = self._decisions.decide(self, scope)
        if decision.outcome is Outcome.PASS_ON and decision.reason in (Reason.OTHER_RULE, Reason.GUARDED):
            return Match.NONE, {}
        is_dashs = decision.reason in (Reason.METHOD, Reason.GUARDED)
        is_reported = decision.site is not None and decision.site.is_report_only
        match = Match.PARTIAL if scope["method"] != "GET" and (is_dashs or is_reported) else Match.FULL
        # As for Dash's own catch-all: people's guards and metrics read these.
        params = {**scope.get("path_params", {}), "path": path_below_root(scope)}
        return match, {"endpoint": self.endpoint, "route": self, "path_params": params, EXTENSION: scope[EXTENSION]}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        await self.app(scope, receive, send)


class BundlesRoute(Route):
    """Dash's route of component bundles, with an error raised for one that does not exist.

    :param bundles: Dash's route.
    :param error: called for what to raise; None: what Dash raises.
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
