"""FastAPI: a route of ours ahead of Dash's catch-all, for the pages and for what plain FastAPI would say of the rest.

Dash appends its catch-all when the server starts, if it is told so at all, and lets it take every URL below any prefix.
Ours takes its place: it is there from the start, and inside all middleware and behind the app's dependencies as well.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

import dash
from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.routing import APIRoute
from fastapi.templating import Jinja2Templates
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Match, Route, Router
from starlette.types import Receive, Scope, Send

from ..answers import HEADERS, PROBLEM, PROBLEM_TYPE, Templates, prefers_json
from ..logs import log_once, logger
from ..pages import is_async
from ..paths import asgi_path
from ..router import awaits_layouts, current_request, shell
from ..site import Site, Verdict, everywhere_site
from .fastapi_routes import CATCH_ALL, AnswerOf, BundlesRoute, PagesRoute, dashs_bundles, dashs_index, is_catch_all
from .jinja import NoTemplates, StarletteTemplates, rendering_for

_STATE = "dash_true404"


class Question(NamedTuple):
    """A URL, the app that it belongs to, and what is known of it there."""

    path: str
    site: Site | None
    verdict: Verdict | None

    @property
    def is_page(self) -> bool:
        """Whether its path is a page's."""
        return self.verdict is not None and self.verdict.is_page


class PageNotFound(HTTPException):
    """Raised for a URL that is no page."""

    def __init__(self, site: Site) -> None:
        super().__init__(404)
        self.site = site


class FastAPIServer:
    """True 404s on a FastAPI server, for all Dash apps on it that asked for them."""

    def __init__(self, server: FastAPI) -> None:
        self._server = server
        self._sites: dict[str, Site] = {}
        self._indexes: dict[str, Route] = {}
        self._api_route: APIRoute | None = None

    @staticmethod
    def has_routes(app: dash.Dash) -> bool:
        """Tell whether a Dash app has put its routes on its server."""
        return dashs_index(app.server, app.config.routes_pathname_prefix) is not None

    @staticmethod
    def templates(app: dash.Dash) -> Templates:
        """Return the templates of an app's server, which people make in two places: FastAPI itself has none."""
        names = vars(sys.modules.get(app.config.name, object))
        for templates in (getattr(app.server.state, "templates", None), *list(names.values())):
            if isinstance(templates, Jinja2Templates):
                return StarletteTemplates(templates, app.config.requests_pathname_prefix)
        return NoTemplates()

    @staticmethod
    def can_wait(app: dash.Dash) -> bool:
        """Tell whether a page's ``exists`` may be async."""
        return awaits_layouts(app)

    @classmethod
    def enable(cls, site: Site) -> None:
        """Let an app tell the truth; in place of what was said of the same app before.

        :raises RuntimeError: if the server has been started already, or if Dash has no working pages on it.
        """
        server: FastAPI = site.app.server
        if dash.__version__ == "4.3.0":
            raise RuntimeError(
                "Dash 4.3.0 answers 500 on every page but '/' on FastAPI (plotly/dash 3819), so there is no telling "
                'which URLs are pages. Update Dash: pip install "dash>=4.4".'
            )
        if server.middleware_stack is not None:
            raise RuntimeError(
                "enable_true_404() came after the server's first request, when its error handlers are settled. "
                "Call it where the app is made, before the server runs."
            )
        adapter: FastAPIServer = getattr(server.state, _STATE, None) or cls(server)
        if not hasattr(server.state, _STATE):
            setattr(server.state, _STATE, adapter)
            server.add_exception_handler(PageNotFound, adapter._handle)
            server.router.routes.append(PagesRoute(adapter, CATCH_ALL))
        adapter._add(site)

    def _add(self, site: Site) -> None:
        if site.prefix not in self._sites:
            routes = self._server.router.routes
            index = dashs_index(self._server, site.prefix)
            assert index is not None  # has_routes() has found it
            self._indexes[site.prefix] = index
            routes.insert(routes.index(index), PagesRoute(self, site.prefix))
            bundles = dashs_bundles(self._server, site.prefix)
            if bundles is not None:
                routes.insert(routes.index(bundles), BundlesRoute(bundles, lambda: self._bundle_error(site.prefix)))
        self._sites[site.prefix] = site
        if site.options.everywhere and not site.report_only:
            self._server.exception_handlers.setdefault(404, self._handle)

    def _bundle_error(self, prefix: str) -> PageNotFound | None:
        site = self._sites[prefix]
        return None if site.report_only else PageNotFound(site)

    def question(self, scope: Scope) -> Question:
        """Return what is asked, and what is known of it."""
        known: tuple[str, Question] | None = scope.get(_STATE)
        if known is None or known[0] != scope["path"]:  # FastAPI looks for redirects with copies of a scope
            path = asgi_path(scope)
            below = [site for site in self._sites.values() if site.covers(path)]
            site = max(below, key=lambda site: len(site.prefix), default=None)
            known = (scope["path"], Question(path, site, site.verdict(path) if site else None))
            scope[_STATE] = known
        return known[1]

    def match(self, route: PagesRoute, scope: Scope) -> Match:
        """Tell whether a request is ours to answer, and whether with 405."""
        question = self.question(scope)
        if question.site is None and all(site.report_only for site in self._sites.values()):
            return Match.NONE
        # Where there is a page, Dash's index takes precedence over what comes after it, and its catch-all does not.
        may_be_taken = route.path == CATCH_ALL or not question.is_page
        if may_be_taken and any(other.matches(scope)[0] is Match.FULL for other in self._routes_after(route)):
            return Match.NONE
        return Match.FULL if scope["method"] == "GET" or self._is_refused_unasked(question) else Match.PARTIAL

    def _is_refused_unasked(self, question: Question) -> bool:
        """Tell whether a URL is refused for methods that no dependency of the app's ever sees.

        Where there are such guards, these methods must not tell strangers what is a page.
        """
        is_reported = question.site is not None and question.site.report_only
        return not question.is_page and not is_reported and not self._server.router.dependencies

    def _routes_after(self, route: PagesRoute) -> Iterator[BaseRoute]:
        routes = self._server.router.routes
        for other in routes[routes.index(route) + 1 :]:
            if not isinstance(other, PagesRoute) and not is_catch_all(other) and other not in self._indexes.values():
                yield other

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request that is ours to answer."""
        if self._api_route is None:
            self._start()
            # The app's dependencies guard Dash's catch-all, hence ours too.
            self._api_route = APIRoute(
                CATCH_ALL,
                self._answer,
                methods=["GET"],
                dependencies=self._server.router.dependencies,
                dependency_overrides_provider=self._server,
                include_in_schema=False,
                response_model=None,
            )
        question = self.question(scope)
        if scope["method"] == "GET" or self._is_refused_unasked(question):
            await self._api_route.app(scope, receive, send)
            return
        if question.site is not None and not question.is_page:
            await self._report(question.site, Request(scope, receive), question.path)
        raise HTTPException(405, headers={"Allow": "GET"})

    async def _answer(self, request: Request) -> Response:
        question = self.question(request.scope)
        site, verdict = question.site, question.verdict
        if site is None or verdict is None or not verdict.is_page:
            if site is None or not await self._report(site, request, question.path):
                return AnswerOf(self._without_pages(question))
        elif verdict.own_path() is not None:
            if not await self._report(site, request, question.path, 308):
                query = request.url.query
                return RedirectResponse(f"{verdict.own_path()}{query and '?'}{query}", 308)
        else:
            await verdict.ask(run_in_threadpool)
            if not verdict.exists and not await self._report(site, request, question.path, 404):
                raise PageNotFound(site)
        with current_request(request):
            page: Response = await self._indexes[site.prefix].endpoint(request)
        return page

    def _without_pages(self, question: Question) -> Router:
        """Return the server's router as it would be without Dash's catch-all, for a URL that is no page."""
        router = copy.copy(self._server.router)
        # Where the root is a page, Dash's index stays for what leads there. Starlette's patterns end in "$", which also
        # matches before a line break; that is no page.
        left_out = [
            index
            for prefix, index in self._indexes.items()
            if "\n" in unquote(question.path) or not self._sites[prefix].verdict(prefix).is_page
        ]
        router.routes = [
            route
            for route in self._server.router.routes
            if not isinstance(route, PagesRoute) and not is_catch_all(route) and route not in left_out
        ]

        async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
            if question.site is not None:
                raise PageNotFound(question.site)
            await self._server.router.default(scope, receive, send)

        router.default = not_found
        return router

    async def _report(self, site: Site, request: Request, path: str, status: int | None = None) -> bool:
        """Log a URL that would have been refused, if the app only reports; tell whether it does.

        :param status: what it would have been refused with; None: what the server says without Dash's catch-all.
        """
        if not site.report_only:
            return False

        async def send(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)

        if status is None:
            try:
                without_pages = self._without_pages(self.question(request.scope))
                await without_pages.app(dict(request.scope), request.receive, send)
            except HTTPException as error:
                status = error.status_code
        site.report(status, request.method, path, request.headers.get("referer"))
        return True

    async def _handle(self, request: Request, error: Any) -> Any:
        """Answer an error of ours, and with ``everywhere`` any 404: by the user's handler, or by the app's 404 page."""
        handlers = self._server.exception_handlers
        for error_class in (404, *type(error).__mro__):
            handler: Any = handlers.get(error_class)
            if handler not in (None, self._handle, http_exception_handler):
                return await (
                    handler(request, error) if is_async(handler) else run_in_threadpool(handler, request, error)
                )
        own = error.site if isinstance(error, PageNotFound) else None
        site = own or everywhere_site(self._sites.values(), asgi_path(request.scope))
        if site is None:
            return await http_exception_handler(request, error)
        headers = {**(error.headers or {}), **HEADERS}
        if prefers_json(request.headers.get("Accept", "")):
            return Response(PROBLEM, 404, headers, PROBLEM_TYPE)
        # The app's shell holds all layouts. Only a URL of the app's own has passed the guards in front of them.
        if own is not None and request.method in ("GET", "HEAD") and own.is_answered_in_app():
            try:
                with current_request(request):
                    page = own.answer.or_built_in(lambda: shell(own), HTTPException)
            except HTTPException as aborted:
                return await http_exception_handler(request, aborted)
        else:
            with rendering_for(request):
                page = await site.answer.html_async()
        return Response(page, 404, headers, "text/html")

    def _start(self) -> None:
        messages: list[str] = []
        try:
            for site in self._sites.values():
                messages += site.warnings(answers_root=self._answers_root(site))
        except Exception as error:  # a warning less is no reason to fail the visitor
            log_once("The pages could not be checked for mistakes.", error)
        for message in dict.fromkeys(messages):
            logger.warning(message)

    def _answers_root(self, site: Site) -> bool:
        scope = {"type": "http", "method": "GET", "path": site.prefix, "root_path": "", "headers": []}
        taking = (route for route in self._server.router.routes if route.matches(dict(scope))[0] is Match.FULL)
        return isinstance(next(taking, None), PagesRoute)
