"""What the FastAPI adapter raises, and who may answer it: the user's own exception handlers first."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ..answers import HEADERS, PROBLEM, PROBLEM_TYPE, prefers_json
from ..pages import is_async
from ..paths import asgi_path
from ..router import current_request, shell
from ..site import Site, everywhere_site
from .jinja import rendering_for


class PageNotFound(HTTPException):
    """Raised for a URL that is no page."""

    def __init__(self, site: Site) -> None:
        super().__init__(404)
        self.site = site


class Errors:
    """The answers to a server's 404s.

    :param server: the FastAPI server.
    :param sites: the apps on it; more may come.
    """

    def __init__(self, server: FastAPI, sites: Collection[Site]) -> None:
        self._server = server
        self._sites = sites

    async def handle(self, request: Request, error: Any) -> Any:
        """Answer an error of ours, and with ``everywhere`` any 404: by the user's handler, or by the app's 404 page."""
        # As Starlette looks them up; one for Exception is for what is no HTTPException.
        for key in (404, *(base for base in type(error).__mro__ if issubclass(base, HTTPException))):
            handler: Any = self._server.exception_handlers.get(key)
            if handler not in (None, self.handle, http_exception_handler):
                return await (
                    handler(request, error) if is_async(handler) else run_in_threadpool(handler, request, error)
                )
        own = error.site if isinstance(error, PageNotFound) else None
        site = own or everywhere_site(self._sites, asgi_path(request.scope))
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
