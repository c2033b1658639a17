"""FastAPI: a route of ours before Dash's catch-all serves the pages, and answers other URLs as plain FastAPI would.

Dash appends its catch-all when the server starts, if its lifespan runs at all, and that matches every URL, whatever the
prefix. Ours is there from the start, inside all middleware and behind the app's dependencies.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import dash
from fastapi import FastAPI, Request, Response
from fastapi.templating import Jinja2Templates
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.types import Receive, Scope, Send

from ..core.not_found_page import Templates
from ..core.site import Site
from ..dash_internals.assumptions import check_fastapi
from ..dash_internals.index_page import current_request, is_dashs_answer, rendering
from ..dash_internals.navigation import root_url
from . import EXTENSION
from .adapter import Adapter
from .decisions import DASHS_405, LATER, NOT_FOUND, PAGE, PASS_ON, Decision, Outcome, Reason
from .fastapi_decisions import FastAPIDecisions
from .fastapi_errors import Errors, FastAPIPageNotFound
from .fastapi_guards import Answer
from .fastapi_own_routes import BundlesRoute, PagesRoute
from .fastapi_routes import dashs_bundles, dashs_index
from .templates import NoTemplates, StarletteTemplates


class FastAPIServer(Adapter):
    """True 404s on a FastAPI server.

    :param server: the server.
    """

    variable_start = "{"

    decisions: FastAPIDecisions

    def __init__(self, server: FastAPI) -> None:
        super().__init__(FastAPIDecisions(server, server.router, self.serve, self._respond))
        self._server = server
        self._sites = self.decisions.sites
        self._errors = Errors(server, self._sites.values())
        self._has_started = False

    @staticmethod
    def installed(server: FastAPI) -> Any:
        """Return the adapter that serves on a server; None if no app on it is enabled."""
        return getattr(server.state, EXTENSION, None)

    @staticmethod
    def has_routes(app: dash.Dash) -> bool:
        """Tell whether a Dash app has put its routes on its server."""
        return dashs_index(app.server, app.config.routes_pathname_prefix) is not None

    @staticmethod
    def templates(app: dash.Dash) -> Templates:
        """Return the templates of an app's server, from two customary places: FastAPI itself has none."""
        names = vars(sys.modules.get(app.config.name, object))
        for templates in (getattr(app.server.state, "templates", None), *list(names.values())):
            if issubclass(type(templates), Jinja2Templates):  # isinstance would wake up lazy objects
                return StarletteTemplates(templates, partial(root_url, app))
        return NoTemplates()

    def enable(self, site: Site) -> None:
        """Enable an app, instead of its earlier site if it is enabled already.

        :raises RuntimeError: if the server has been started already, or if Dash has no working pages on it.
        """
        server = self._server
        if dash.__version__ == "4.3.0":
            raise RuntimeError(
                "Dash 4.3.0 answers 500 on every page but '/' on FastAPI (plotly/dash 3819), so it can't be known "
                'which URLs are pages. Update Dash: pip install "dash>=4.4".'
            )
        if server.middleware_stack is not None:
            raise RuntimeError(
                "enable_true_404() came after the server's first request, when its error handlers are settled. "
                "Call it where the app is made, before the server runs."
            )
        index = dashs_index(server, site.prefix)
        assert index is not None  # has_routes() has found it
        check_fastapi(site.app, index.endpoint)
        if self.installed(server) is None:
            setattr(server.state, EXTENSION, self)
            server.add_exception_handler(FastAPIPageNotFound, self._errors.handle)
        bundles = dashs_bundles(server, site.prefix) if site.prefix not in self._sites else None
        self.decisions.add(site)
        if bundles is not None:
            routes = server.router.routes
            routes.insert(routes.index(bundles), BundlesRoute(bundles, lambda: self._missing_bundle(site.prefix)))
        if site.options.everywhere and not site.is_report_only:
            server.exception_handlers.setdefault(404, self._errors.handle)

    def _missing_bundle(self, prefix: str) -> FastAPIPageNotFound | None:
        site = self._sites[prefix]
        return None if site.is_report_only else FastAPIPageNotFound(site)

    async def serve(self, route: PagesRoute, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request to a route of ours: carry out what was decided when it matched."""
        if not self._has_started:
            self._has_started = True
            self._log_at_start()
        _, decision = scope[EXTENSION]
        if decision.reason in DASHS_405:
            raise HTTPException(405, headers={"Allow": "GET"})
        guarded = self.decisions.guards.route(route.path) if decision.guard_first else None
        if guarded is not None and scope["method"] == "GET":
            answer = await self.decisions.guards.serve(guarded, scope, receive, send)
        else:
            answer = await self._respond(Request(scope, receive, send))
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            await answer(scope, receive, send)

    async def _respond(self, request: Request) -> Answer:
        """Return the answer, or an error to raise, to a request that the user's dependencies have let through."""
        (_, path, *_), decision = request.scope[EXTENSION]
        site, found, page = decision.site, decision.found, None
        is_get = request.method == "GET"
        if site is not None and is_get and decision.guard_first and self.decisions.is_index_guarded(path, site):
            # The guard is called first, and only an answer of Dash's is replaced.
            page = await self._page(site, path, request, found.is_page or site.is_report_only)
            with current_request(request):
                if not is_dashs_answer(site, page.status_code, getattr(page, "body", None)):
                    return page
        if found.asks_exists and decision.reason is PAGE and site and found.match:
            ask = site.exists.ask_async
            if not await ask(found.match, *found.others, in_thread=run_in_threadpool):
                decision = decision._replace(outcome=NOT_FOUND, reason=Reason.NOT_THERE)
        if site is not None and site.is_report_only:
            if decision.outcome is not PASS_ON:
                site.report(decision.status, request.method, decision.path, request.headers.get("referer"))
        elif site is None or decision.outcome is not PASS_ON or decision.reason is not PAGE:
            return self._refusal(decision)
        if not is_get:
            return HTTPException(405, headers={"Allow": "GET"})
        return page or await self._page(site, path, request, True)

    def _refusal(self, decision: Decision) -> Answer:
        site = decision.site
        error = None if site is None else FastAPIPageNotFound(site, decision.found.is_answered_in_app)
        if decision.outcome is NOT_FOUND and decision.reason is not LATER and error is not None:
            return error
        if decision.outcome is Outcome.REDIRECT:
            return RedirectResponse(decision.location, decision.redirect_status)
        return self.decisions.routes.router_for(decision.rule, error).app

    async def _page(self, site: Site, path: str, request: Request, is_found: bool) -> Response:
        routes = self.decisions.routes
        with current_request(request), rendering(lambda: is_found):
            if routes.guarded:
                return await self.decisions.guards.index_page(path, site.prefix, request)
            page: Response = await routes.indexes[site.prefix].endpoint(request)
        return page
