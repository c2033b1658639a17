"""What is assumed about Dash, tried on Dash's own code when ``enable_true_404()`` is called.

Where visitors would get wrong answers, it is an error. What isn't essential is turned off, with a warning.
"""

from __future__ import annotations

import inspect
import operator
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import dash

from ..core.logs import logger
from ..core.pages import Page, Pages
from .index_page import FASTAPI_BACKEND, current_request
from .navigation import CONTENT, DUMMY, awaits_layouts, root_url, without_ours
from .own_code import is_dashs_own
from .private import DashDiffersError, private_module
from .router_twin import RouterTwin
from .routes import CATCH_ALL

# In this order: which of two pages that match a path is drawn depends on it.
_PAGES = (
    "/",
    "/a/b",
    "/item/<item_id>",
    "/item/new",
    "/day/today",
    "/day/<day>",
    "/from/<start>/to/<end>",
    "/v1.<minor>",
    "/f[0]/<odd>",
    "/caf%C3%A9",
)
_PATHS = (
    *("/", "/a/b", "/a/b/", "//a/b", "/A/b", "/a%2Fb", "/a"),
    *("/item/1", "/item/1/2", "/item/new", "/item/", "/item", "/day/today", "/day/1.5"),
    *("/from/1/to/2", "/from/1/to/2/to/3", "/from//to/", "/from/1/to", "/v1.2", "/v1/2"),
    *("/f0/x", "/f[0]/x", "/caf%C3%A9", "/caf%c3%a9", "/not-found-404", "/nope"),
)


class Navigation(NamedTuple):
    """What is possible in Dash's in-app navigation."""

    is_connected: bool = True
    """Whether ``exists`` counts there too."""
    reloads_dead_links: bool = True
    """Whether a dead link can end in a full load."""


def check_assumptions(app: dash.Dash) -> Navigation:
    """Try what is assumed about Dash, and return what is possible in navigation; log a warning for what isn't.

    :raises DashDiffersError: if this Dash looks pages up in another way, or puts its routes elsewhere.
    """
    _check_routes(app)
    if not app.use_pages:
        return Navigation()
    _check_strip_relative_path(app)
    if not RouterTwin.is_possible():
        return Navigation()
    return _navigation(app, _check_router(app))


def check_for_other_routes(app: dash.Dash) -> None:
    """Check that an app whose index isn't on its server has no other routes there either.

    :raises DashDiffersError: if it has, so that it isn't too early for the index.
    """
    server = app.server
    if not server:  # with server=False, up to Dash 4.1
        return
    rules = server.url_map.iter_rules() if hasattr(server, "url_map") else server.router.routes
    layout = app.config.routes_pathname_prefix + "_dash-layout"
    if any(layout in (getattr(rule, "rule", None), getattr(rule, "path", None)) for rule in rules):
        raise DashDiffersError("its index page isn't where it was expected among the server's routes")


def check_fastapi(app: dash.Dash, index: Callable[..., Any]) -> None:
    """Try what is assumed about Dash on FastAPI only.

    :param index: what Dash's index route calls.
    :raises DashDiffersError: if pages can't be drawn in the place of Dash's own routes.
    """
    # For drawing a page: Dash's index route is called with the request, and awaited.
    try:
        inspect.signature(index).bind(None)
    except TypeError as error:
        raise DashDiffersError("its index route on FastAPI can't be called with the request alone") from error
    if not inspect.iscoroutinefunction(index):
        raise DashDiffersError("its index route on FastAPI can't be awaited")
    # For drawing what Dash's catch-all would draw: Dash finds the request that its index page is for.
    private_module(FASTAPI_BACKEND, "set_current_request", "reset_current_request")
    has_request = getattr(app.backend, "has_request_context", None)
    try:
        with current_request(object()):
            is_found = has_request is None or has_request()
    except Exception as error:
        raise DashDiffersError("it can't be told the FastAPI request that its index page is for") from error
    if not is_found:
        raise DashDiffersError("it doesn't find the FastAPI request that its index page is for")


def _check_routes(app: dash.Dash) -> None:
    """Check that Dash's catch-all is where it is expected; on FastAPI it only exists once the server runs."""
    rules = getattr(app.server, "url_map", None)
    if rules is None:
        return
    catch_all = app.config.routes_pathname_prefix + CATCH_ALL
    if all(rule.rule != catch_all or rule.endpoint != catch_all for rule in rules.iter_rules()):
        raise DashDiffersError(f"it has no rule and endpoint {catch_all!r} for the URLs that only browsers tell apart")


def _check_strip_relative_path(app: dash.Dash) -> None:
    """Check what Dash removes from a path before it looks it up: the prefix, and slashes at both ends."""
    if not is_dashs_own(without_ours(app.strip_relative_path)):
        return
    for path in ("", "a", "a/b/", "/a//b"):
        try:
            stripped = app.strip_relative_path(root_url(app) + path)
        except Exception as error:
            raise DashDiffersError("its strip_relative_path fails on paths below the app's prefix") from error
        if stripped != path.strip("/"):
            raise DashDiffersError(
                "its strip_relative_path doesn't remove just the prefix and the slashes at both ends"
            )


def _check_router(app: dash.Dash) -> RouterTwin:
    """Check that Dash's router draws, for a handful of paths, the pages that the server looks up."""
    registry = OrderedDict[str, Page]()
    try:
        twin = RouterTwin(app, registry)
        registry.update(_pages(twin.is_async))
        pages = Pages(registry)
        for path in _PATHS:
            drawn = twin.draw(path)
            match, not_found_page = pages.look_up(path.strip("/"))
            page, variables = match or (not_found_page, {})
            if page is None or drawn != [page["module"], variables]:
                raise DashDiffersError(f"its router draws another page than expected for paths such as {path!r}")
    except DashDiffersError:
        raise
    except Exception as error:
        raise DashDiffersError(f"its router can't be tried ({type(error).__name__}: {error})") from error
    return twin


def _pages(is_async: bool) -> Iterator[tuple[str, Page]]:
    for module, path in [(f"page_{path}", path) for path in _PAGES] + [("pages.not_found_404", "/not-found-404")]:
        yield (
            module,
            {
                "module": module,
                "path": path.replace("<", "").replace(">", ""),
                "path_template": path if "<" in path else None,
                "title": module,
                "layout": _layout(module, is_async),
            },
        )


def _layout(module: str, is_async: bool) -> Callable[..., Any]:
    def layout(**variables: str) -> Any:
        return [module, variables]

    async def async_layout(**variables: str) -> Any:
        return [module, variables]

    return async_layout if is_async else layout


def _navigation(app: dash.Dash, twin: RouterTwin) -> Navigation:
    is_looked_up = len(twin.looked_up) == len(twin.stripped) and all(map(operator.is_, twin.looked_up, twin.stripped))
    if not is_looked_up or twin.is_async is not awaits_layouts(app):
        logger.warning(
            "This Dash (%s) looks pages up in a way that dash-true404 doesn't know: links inside the app aren't told "
            "what exists= says, and dead links don't end in the real 404. Requests get the right status all the same. "
            "Update dash-true404.",
            dash.__version__,
        )
        return Navigation(False, False)
    is_drawn = any((output.component_id, output.component_property) == (CONTENT, "children") for output in twin.outputs)
    if not (is_drawn and CONTENT in dash.page_container and DUMMY in dash.page_container):
        logger.warning(
            "This Dash (%s) draws pages into components that dash-true404 doesn't know: dead links inside the app "
            "don't end in the real 404. Requests get the right status all the same. Update dash-true404.",
            dash.__version__,
        )
        return Navigation(True, False)
    return Navigation()
