"""Quart: what it shares with Flask, awaited."""

from __future__ import annotations

from typing import Any, ClassVar

import quart
from dash.exceptions import DependencyException

from ..core.paths import asgi_readings
from ..core.site import Site
from ..dash_internals.first_request import spare_threads
from ..dash_internals.index_page import rendering
from .decisions import Decision
from .werkzeug import WerkzeugServer
from .werkzeug_decisions import View
from .werkzeug_steps import Call, as_async_function, run_async


class QuartServer(WerkzeugServer):
    """True 404s on a Quart server."""

    framework: ClassVar[Any] = quart
    as_function = staticmethod(as_async_function)
    run = staticmethod(run_async)
    spare_hooks = staticmethod(spare_threads)

    def _callable(self, function: View) -> View:
        callable_: View = self._server.ensure_async(function)
        return callable_

    async def before_request(self) -> None:
        """Refuse methods other than GET and HEAD, which never reach a view."""
        super().before_request()

    def _paths(self, request: Any) -> tuple[str, ...]:
        scope = request.scope
        if "client" not in scope:  # Quart's test client, which makes the raw path of the decoded one
            scope = {**scope, "raw_path": b""}
        # At the root path itself, Quart routes on a space.
        return asgi_readings(scope, "" if scope["path"] == scope.get("root_path") else request.path)

    def _accept(self, request: Any) -> str:
        return str(request.headers.get("Accept", ""))

    async def _exists(self, decision: Decision) -> bool:
        site, found = decision.site, decision.found
        return (
            site is None
            or found.match is None
            or await site.exists.ask_async(found.match, *found.others, in_thread=lambda ask: self._callable(ask)())
        )

    async def _guarded(self, view: Call, decision: Decision, exists: Call) -> tuple[Any, bytes | None]:
        is_reporting = decision.site is not None and decision.site.is_report_only
        with rendering(lambda: is_reporting or decision.found.is_page):  # which can't await exists
            response = await self._server.make_response(await view())
        return response, await response.get_data(as_text=False) if response.content_length else None

    async def _bundle(self, view: Call, prefix: str) -> Any:
        try:
            return await view()
        except DependencyException as fault:
            raise self._bundle_error(prefix, fault) from None

    async def _page(self, site: Site) -> Any:
        return self._response(await site.not_found_page.html_async())
