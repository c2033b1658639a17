"""The errors of the FastAPI adapter, which the user's own exception handlers answer first."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from ..core.not_found_page import HEADERS, PROBLEM, PROBLEM_TYPE, prefers_json
from ..core.pages import is_async
from ..core.paths import path_below_root
from ..core.site import Site, everywhere_site
from ..dash_internals.index_page import current_request, shell
from .templates import request_of_template

# The headers of an error that ours replace, or that don't fit another body. There may be several of Vary.
_REPLACED = {"content-type", "content-length", "content-encoding", *(name.lower() for name in HEADERS)} - {"vary"}

# Encoded once, because that takes as long as all the rest of a response.
_HEADERS = Headers(HEADERS).raw


class FastAPIPageNotFound(HTTPException):
    """Raised for an unknown URL.

    :param site: the app that answers.
    :param in_app: whether it answers with its own shell. That contains all layouts, so it is only for requests that
        have passed the guards in front of them.
    """

    def __init__(self, site: Site, in_app: bool = False) -> None:
        super().__init__(404)
        self.site = site
        self.in_app = in_app


@functools.lru_cache
def _keys(kind: type) -> tuple[int | type, ...]:
    """Return the keys under which Starlette looks up the handler of a 404; that for Exception isn't for them."""
    return (404, *(base for base in kind.__mro__ if issubclass(base, HTTPException)))


class Errors:
    """The answers to a server's 404s.

    :param server: the FastAPI server.
    :param sites: the apps on it; more may come.
    """

    def __init__(self, server: FastAPI, sites: Collection[Site]) -> None:
        self._server = server
        self._sites = sites

    async def handle(self, request: Request, error: Any) -> Any:
        """Answer an error of ours, and with ``everywhere`` any 404: with the user's handler, or the app's 404 page."""
        for key in _keys(error.__class__):
            handler: Any = self._server.exception_handlers.get(key)
            if handler not in (None, self.handle, http_exception_handler):
                return await (
                    handler(request, error) if is_async(handler) else run_in_threadpool(handler, request, error)
                )
        own = error.site if isinstance(error, FastAPIPageNotFound) else None
        site = own or everywhere_site(self._sites, path_below_root(request.scope))
        if site is None:
            return await http_exception_handler(request, error)
        if prefers_json(request.headers.get("Accept", "")):
            return _response(PROBLEM, PROBLEM_TYPE, error.headers)
        if own is not None and error.in_app and request.method in ("GET", "HEAD"):
            try:
                with current_request(request):
                    page = own.not_found_page.html(lambda: shell(own), HTTPException)
            except HTTPException as aborted:
                return await http_exception_handler(request, aborted)
        else:
            token = request_of_template.set(request)  # a context manager would cost a tenth of the answer
            try:
                page = await site.not_found_page.html_async()
            finally:
                request_of_template.reset(token)
        return _response(page, "text/html", error.headers)


def _response(body: bytes | str, media_type: str, headers: Mapping[str, str] | None) -> Response:
    kept = headers and {name: headers[name] for name in headers if name.lower() not in _REPLACED}
    response = Response(body, 404, kept, media_type)
    response.raw_headers += _HEADERS
    return response
