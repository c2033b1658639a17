"""FastAPI: a route of ours ahead of Dash's catch-all, for the pages and for what plain FastAPI would say of the rest.

Dash appends its catch-all when the server starts, if it is told so at all, and lets it take every URL below any prefix.
Ours takes its place: it is there from the start, and inside all middleware and behind the app's dependencies as well.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import unquote

import dash
from fastapi import FastAPI, Request, Response
from fastapi.params import Depends
from fastapi.routing import APIRoute
from fastapi.templating import Jinja2Templates
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.routing import Match, Router
from starlette.types import Receive, Scope, Send

from ..core.logs import log_warnings
from ..core.not_found_page import Templates
from ..core.paths import asgi_path, path_below_root
from ..core.site import Site, Verdict, is_dashs_own, root_url, site_below
from ..dash_internals.router import awaits_layouts, current_request, is_shell, rendering
from . import EXTENSION
from .fastapi_errors import Errors, PageNotFound
from .fastapi_guards import Guards, Outcome
from .fastapi_routes import (
    CATCH_ALL,
    BundlesRoute,
    OtherRoutes,
    PagesRoute,
    dashs_bundles,
    dashs_index,
    dashs_prefixes,
    is_wrapped,
)
from .templates import NoTemplates, StarletteTemplates


class Question(NamedTuple):
    """A URL, the app that it belongs to, and what is known of it there."""

    path: str
    site: Site | None
    verdict: Verdict | None

    @property
    def is_page(self) -> bool:
        """Whether its path is a page's."""
        return self.verdict is not None and self.verdict.is_page


class FastAPIServer:
    """True 404s on a FastAPI server, for all Dash apps on it that asked for them."""

    variable_start = "{"

    def __init__(self, server: FastAPI) -> None:
        self._server = server
        self._sites: dict[str, Site] = {}
        self._errors = Errors(server, self._sites.values())
        self._others = OtherRoutes(server)
        self._other_apps: tuple[int, list[str]] = (0, [])
        self._catch_all = PagesRoute(self, CATCH_ALL)
        self._guards = Guards(server, self._others, self._outcome)
        self._has_started = False

    @property
    def sites(self) -> Iterable[Site]:
        """The apps that tell the truth."""
        return self._sites.values()

    @staticmethod
    def has_routes(app: dash.Dash) -> bool:
        """Tell whether a Dash app has put its routes on its server."""
        return dashs_index(app.server, app.config.routes_pathname_prefix) is not None

    @staticmethod
    def templates(app: dash.Dash) -> Templates:
        """Return the templates of an app's server, which people make in two places: FastAPI itself has none."""
        names = vars(sys.modules.get(app.config.name, object))
        for templates in (getattr(app.server.state, "templates", None), *list(names.values())):
            if issubclass(type(templates), Jinja2Templates):  # a lazy object would be asked for its class
                return StarletteTemplates(templates, partial(root_url, app))
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
        adapter: FastAPIServer = getattr(server.state, EXTENSION, None) or cls(server)
        if not hasattr(server.state, EXTENSION):
            setattr(server.state, EXTENSION, adapter)
            server.add_exception_handler(PageNotFound, adapter._errors.handle)
        adapter._add(site)

    def _add(self, site: Site) -> None:
        if site.prefix not in self._sites:
            routes = self._server.router.routes
            index = dashs_index(self._server, site.prefix)
            assert index is not None  # has_routes() has found it
            self._others.indexes[site.prefix] = index
            routes.insert(routes.index(index), PagesRoute(self, site.prefix))
            bundles = dashs_bundles(self._server, site.prefix)
            if bundles is not None:
                routes.insert(routes.index(bundles), BundlesRoute(bundles, lambda: self._bundle_error(site.prefix)))
            # At the end, behind the index of every app.
            routes[:] = [*(route for route in routes if route is not self._catch_all), self._catch_all]
        self._sites[site.prefix] = site
        if site.options.everywhere and not site.report_only:
            self._server.exception_handlers.setdefault(404, self._errors.handle)

    def _bundle_error(self, prefix: str) -> PageNotFound | None:
        site = self._sites[prefix]
        return None if site.report_only else PageNotFound(site, may_be_shell=False)

    def question(self, scope: Scope) -> Question:
        """Return what is asked, and what is known of it."""
        known = scope.get(EXTENSION)
        # A mounted app has this scope too, FastAPI looks for redirects with copies of it, and middleware may change it.
        asked = (self, scope["path"], scope.get("root_path"), scope.get("raw_path"))
        if known is None or known[0] != asked:
            question = self._asked(asgi_path(scope, path_below_root(scope)))
            if not question.is_page and scope.get("root_path"):
                # Behind a proxy that strips the root path, a page's own path may begin like it.
                unstripped = self._asked(asgi_path({**scope, "root_path": ""}, scope["path"]))
                question = unstripped if unstripped.is_page else question
            known = scope[EXTENSION] = (asked, question)
        question = known[1]
        return question

    def _asked(self, path: str) -> Question:
        if not self._server.router.redirect_slashes and path + "/" in self._sites:
            path += "/"  # where Dash draws the root page too
        site = site_below(self._sites.values(), path)
        return Question(path, site, site.verdict(path) if site else None)

    def match(self, route: PagesRoute, scope: Scope) -> Match:
        """Tell whether a request is ours to answer, and whether with 405."""
        question = self.question(scope)
        is_index = route.path != CATCH_ALL
        if self._is_anothers(question) or (not is_index and self._is_left_alone(question)):
            return Match.NONE
        dashs = self._others.dashs(route.path) if question.is_page else None
        if dashs is not None and is_wrapped(dashs):
            return Match.NONE  # the guard around Dash's own route answers
        # Where there is a page, Dash's index takes precedence over what comes after it, and its catch-all does not.
        may_be_taken = (not is_index or not question.is_page) and not self._others.rule_out(scope)
        # slowapi asks all routes, and takes the last that is sure of it: for other methods never Dash's catch-all.
        if may_be_taken and self._others.take(scope, after=route if scope["method"] == "GET" else None):
            return Match.NONE
        is_ours = scope["method"] == "GET" or self._is_refused_unasked(route, question)
        return Match.FULL if is_ours else Match.PARTIAL

    def _is_anothers(self, question: Question) -> bool:
        """Tell whether a URL is below the prefix of a Dash app that did not ask for true 404s."""
        if self._other_apps[0] != len(self._server.router.routes):
            prefixes = [prefix for prefix in dashs_prefixes(self._server) if prefix not in self._sites]
            self._other_apps = (len(self._server.router.routes), prefixes)
        own = len(question.site.prefix) if question.site else 0
        return any(len(prefix) > own and question.path.startswith(prefix) for prefix in self._other_apps[1])

    def _is_left_alone(self, question: Question) -> bool:
        """Tell whether an app that only reports has nothing to do with a URL, with or without true 404s."""
        if question.site is None:
            return all(site.report_only for site in self._sites.values())
        # Dash adds its catch-all at the server's start, of which a mounted server is not told.
        return question.site.report_only and not question.is_page and self._others.dashs(CATCH_ALL) is None

    def _is_refused_unasked(self, route: PagesRoute, question: Question) -> bool:
        """Tell whether a URL is refused for methods that no dependency of the app's ever sees.

        Where there are such guards, these methods must not tell strangers what is a page.
        """
        site = question.site
        is_guarded = self._guards.route(route.path) or (site is not None and not is_dashs_own(site.app.index))
        return not question.is_page and not is_guarded and not (site is not None and site.report_only)

    def dependencies(self, path: str) -> list[Depends]:
        """Return the dependencies of a route of ours."""
        return self._guards.dependencies(path)

    def dashs_route(self, path: str) -> APIRoute:
        """Return Dash's route in whose place one of ours is."""
        return self._others.dashs(path) or next(iter(self._others.indexes.values()))

    async def serve(self, route: PagesRoute, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request that is ours to answer."""
        if not self._has_started:
            self._has_started = True
            log_warnings(self._warnings())
        question = self.question(scope)
        is_refused = self._is_refused_unasked(route, question)
        if is_refused and question.site is not None and self._others.rule_out(scope):
            raise PageNotFound(question.site)
        if is_refused or scope["method"] == "GET":
            outcome: Outcome | None
            guarded = self._guards.route(route.path)
            if guarded is not None:
                outcome = await self._guards.serve(guarded, scope, receive, send)
            else:
                outcome = await self._outcome(Request(scope, receive, send))
            if isinstance(outcome, Exception):
                raise outcome
            if outcome is not None:
                await outcome(scope, receive, send)
            return
        if question.site is not None and not question.is_page:
            await self._report(question.site, Request(scope, receive), question.path)
        raise HTTPException(405, headers={"Allow": "GET"})

    async def _outcome(self, request: Request) -> Outcome:
        question = self.question(request.scope)
        site, verdict, page = question.site, question.verdict, None
        if site is not None and not is_dashs_own(site.app.index):
            # A guard of the user's in it answers first. Only an answer of Dash's is replaced.
            page = await self._page(site, request, question.is_page or site.report_only)
            if not is_shell(page.status_code, page.body):
                return page
        refusal: Outcome | None = None
        if site is None or verdict is None or not verdict.is_page:
            status, refusal = None, self._without_pages(question).app
        elif verdict.own_path() is not None:
            query = request.url.query
            status, refusal = 308, RedirectResponse(f"{verdict.own_path()}{query and '?'}{query}", 308)
        else:
            await verdict.ask(run_in_threadpool)
            status, refusal = 404, None if verdict.exists else PageNotFound(site)
        if refusal is not None and not (site and await self._report(site, request, question.path, status)):
            return refusal
        assert site is not None  # what is outside all apps has been refused
        return page or await self._page(site, request, True)

    async def _page(self, site: Site, request: Request, is_found: bool) -> Response:
        with current_request(request), rendering(lambda: is_found):
            page: Response = await self._others.indexes[site.prefix].endpoint(request)
        return page

    def _without_pages(self, question: Question) -> Router:
        """Return the server's router as it would be without Dash's catch-all, for a URL that is no page."""
        # Where the root is a page, Dash's index stays for what leads there, but not for what only decodes to it.
        # Starlette's patterns end in "$", which also matches before a line break; that is no page.
        path = unquote(question.path)
        left_out = [
            index
            for prefix, index in self._others.indexes.items()
            if "\n" in path
            or (question.site is not None and path == prefix)
            or not self._sites[prefix].verdict(prefix).is_page
        ]
        error = None if question.site is None else PageNotFound(question.site)
        return self._others.router(left_out, error)

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
            router = self._without_pages(self.question(request.scope))
            router.default = router.not_found  # not to run one of the user's
            try:
                await router.app(dict(request.scope), request.receive, send)
            except HTTPException as error:
                status = error.status_code
        site.report(status, request.method, path, request.headers.get("referer"))
        return True

    def _warnings(self) -> Iterator[str]:
        for site in self._sites.values():
            yield from site.warnings(answers_root=self._answers_root(site))

    def _answers_root(self, site: Site) -> bool:
        scope = {"type": "http", "method": "GET", "path": site.prefix, "root_path": "", "headers": []}
        taking = (route for route in self._server.router.routes if route.matches(dict(scope))[0] is Match.FULL)
        return isinstance(next(taking, None), PagesRoute)
