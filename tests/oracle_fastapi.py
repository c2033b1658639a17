"""The oracle for FastAPI: a plain FastAPI app with one route per page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

import dash
from fastapi import FastAPI, Response
from starlette.routing import BaseRoute, Match, Route

from .oracle import rendered_page


class PageRoute(Route):
    """A page of a plain FastAPI app, at one decoded path."""

    def __init__(self, path: str, status: int, location: str) -> None:
        async def answer(request: Any) -> Response:
            return Response("page", status, {"Location": location} if location else {})

        super().__init__("/", answer, methods=["GET"])
        self.methods = {"GET"}  # FastAPI's routes do not add HEAD
        self.decoded = path

    def matches(self, scope: Any) -> Any:
        """Tell whether the path is this one."""
        if scope["type"] != "http" or scope["path"] != self.decoded:
            return Match.NONE, {}
        return (Match.FULL if scope["method"] == "GET" else Match.PARTIAL), {}


def is_left_to_dash(app: dash.Dash, path: str) -> bool:
    """Tell whether the server of a Dash app, not yet started, leaves a path to Dash: no other route takes it."""
    scope = {"type": "http", "method": "GET", "path": unquote(path), "root_path": "", "headers": []}
    taking = (route for route in app.server.router.routes if route.matches(dict(scope))[0] is Match.FULL)
    own = app.config.routes_pathname_prefix
    return unquote(path) == own or all(route.name == own or _is_ours(route) for route in taking)


def is_page(app: dash.Dash, path: str) -> bool:
    """Tell whether the server leaves a path to Dash, and Dash renders a page."""
    return is_left_to_dash(app, path) and rendered_page(app, path) is not None


def _is_ours(route: BaseRoute) -> bool:
    return str(getattr(route, "name", "")).startswith("dash-true404")


def plain_fastapi(routes: Iterable[BaseRoute], prefix: str, found: Mapping[str, tuple[int, str]]) -> FastAPI:
    """Return a FastAPI app with the routes of a bare Dash app's, but a route for each page: the root's for the index.

    :param found: what each URL of a page is due.
    """
    pages = [PageRoute(unquote(url.partition("?")[0]), *answer) for url, answer in found.items()]
    roots = [page for page in pages if page.decoded == prefix]
    plain = FastAPI()
    plain.router.routes[:] = [there for route in routes for there in (roots if route.name == prefix else [route])]
    plain.router.routes.extend(page for page in pages if page not in roots)
    return plain
