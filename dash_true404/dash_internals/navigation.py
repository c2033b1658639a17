"""Dash's own in-app navigation: ``exists`` counts there too, and a dead link ends in the real 404.

Dash's router calls ``_path_to_page`` to look a path up (a static method of Dash in 2.9, later a function of
``dash.dash``), and so does its index page, for its meta tags.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

import dash
from dash import Input, Output, html

from ..core.logs import warn_once
from ..core.pages import Match, PathToPage, read_again
from ..core.site import Site
from .index_page import is_page_found
from .own_code import is_dashs_own
from .private import private_module

#: The name of the function in which Dash's router and its index page look a path up.
PATH_TO_PAGE = "_path_to_page"

#: The ids, in ``dash.page_container``, of the component that the router draws pages into, and of a hidden one.
CONTENT, DUMMY = "_pages_content", "_pages_dummy"

_Found = tuple[Mapping[str, Any], Mapping[str, str] | None]
_NOT_FOUND: _Found = ({}, None)

_DEAD_LINK = "dash-true404-dead-link"
# Not for the URL that the document was loaded from: the server has answered that, and it would reload forever.
_RELOAD_DEAD_LINK = """
function(children) {
    const url = window.location.href, bare = (text) => text.split("#")[0];
    const [loaded] = window.performance.getEntriesByType("navigation");
    const isDead = children && children.props && children.props.className === "DEAD_LINK";
    const ask = (method) => window.fetch(url, {method: method, cache: "no-store", redirect: "manual"});
    if (isDead && loaded && bare(loaded.name) !== bare(url)) {
        // On FastAPI pages take no HEAD.
        ask("HEAD").then((answer) => answer.status === 405 ? ask("GET") : answer).then((answer) => {
            if (answer.status === 404 && window.location.href === url) {
                // Not reload(): then Back would stay in the document of the 404, as if it were Dash's.
                window.history.replaceState(null, "", loaded.name);
                window.location.replace(url);
            }
        }).catch(() => {});
    }
    return window.dash_clientside.no_update;
}
""".replace("DEAD_LINK", _DEAD_LINK)


#: The path on its way through an app's router, and the app's site. Dash looks up the same object that was stripped.
_routed_path: ContextVar[tuple[str, Site] | None] = ContextVar("dash_true404_routed_path", default=None)


class _StripRelativePath:
    """An app's strip_relative_path, which remembers which app its last result belongs to."""

    site: Site
    has_script = False

    def __init__(self, strip: Callable[[Any], str | None]) -> None:
        self.__wrapped__ = strip

    def __call__(self, path: Any) -> str | None:
        stripped = self.__wrapped__(path)
        _routed_path.set(None if stripped is None else (stripped, self.site))
        return stripped


def strip_as_router(app: dash.Dash) -> Callable[[str], tuple[str, PathToPage | None]]:
    """Return a function of a path below the app's prefix, which returns what Dash's router looks up for it.

    And the function in which the router looks it up, if that isn't Dash's own.
    """
    known, is_as_dash = None, False
    own: Callable[[Any], Any] = app.strip_relative_path
    known_router, replaced = None, None
    owner = _find_owner() if app.use_pages else None

    def strip(path: str) -> tuple[str, PathToPage | None]:
        nonlocal known, own, is_as_dash, known_router, replaced
        path_to_page = getattr(owner, PATH_TO_PAGE, None)
        if path_to_page is not known_router:
            replaced = _replaced(path_to_page)
            known_router = path_to_page
        strip_relative_path = app.strip_relative_path
        if strip_relative_path != known:
            own = without_ours(strip_relative_path)
            known, is_as_dash = strip_relative_path, is_dashs_own(own)
        if is_as_dash:
            return path.strip("/"), replaced
        return str(own(root_url(app).rstrip("/") + "/" + path)), replaced  # the user's, which may strip a language too

    return strip


def _find_owner() -> Any:
    """Return where the function is that Dash's router calls: its module or, in Dash 2.9, its class."""
    return dash.Dash if hasattr(dash.Dash, PATH_TO_PAGE) else sys.modules[dash.Dash.__module__]


def is_replaced(path_to_page: Any) -> bool:
    """Tell whether ``_path_to_page`` is the user's, or a library's, not Dash's own, which ours may wrap."""
    can_tell = is_dashs_own(dash.dependencies.Input.__init__)  # not of a compiled Dash
    return can_tell and path_to_page is not None and not is_dashs_own(without_ours(path_to_page))


def _replaced(path_to_page: Any) -> PathToPage | None:
    if not is_replaced(path_to_page):
        return None
    own: PathToPage = without_ours(path_to_page)
    name = getattr(own, "__qualname__", type(own).__name__)
    warn_once(
        f"Dash's {PATH_TO_PAGE} has been replaced by {own.__module__}.{name}. Dash's router looks pages up in it, "
        "so it decides about the status too. If it is wrong, so is the status: report it to whoever replaced it."
    )
    return own


def root_url(app: dash.Dash) -> str:
    """Return an app's root URL, as browsers see it; ``app.run()`` in Jupyter sets it late."""
    home: str = app.config["requests_pathname_prefix"]  # ten times as fast as the attribute
    return home


def connect(site: Site) -> None:
    """Connect in-app navigation to a site, instead of one that the same app had before."""
    app = site.app
    if not app.use_pages:
        return
    for owner in (*dashs_modules(), dash.Dash):
        original = getattr(owner, PATH_TO_PAGE, None)
        if original and without_ours(original) is original:
            asking = _asking(original, is_routers=owner is _find_owner())
            setattr(owner, PATH_TO_PAGE, staticmethod(asking) if isinstance(owner, type) else asking)
    if not isinstance(app.strip_relative_path, _StripRelativePath):
        vars(app)["strip_relative_path"] = _StripRelativePath(app.strip_relative_path)
    strip = vars(app)["strip_relative_path"]
    strip.site = site
    if site.may_reload_dead_links and not strip.has_script:
        strip.has_script = True
        # An output that nothing sets, because Dash 2.9 has no callbacks without one.
        output = Output(DUMMY, "data-dash-true404")
        add_callback: Callable[..., None] = app.clientside_callback
        add_callback(_RELOAD_DEAD_LINK, output, Input(CONTENT, "children"))


def dashs_modules() -> list[Any]:
    """Return the modules in which Dash's router is.

    :raises DashDiffersError: if this Dash doesn't have them.
    """
    return [private_module("dash._pages"), sys.modules[dash.Dash.__module__]]


def without_ours(function: Any) -> Any:
    """Return the function of Dash's that one of ours replaces, and any other function, which may wrap Dash's too."""
    code = getattr(function, "__code__", None)
    is_ours = isinstance(function, _StripRelativePath) or (code is not None and code.co_filename == __file__)
    return function.__wrapped__ if is_ours else function


def awaits_layouts(app: dash.Dash) -> bool:
    """Tell whether an app's router awaits layouts, as it does with ``pip install "dash[async]"``."""
    return bool(getattr(app, "_use_async", False))


def _asking(path_to_page: Callable[[str], _Found], *, is_routers: bool) -> Callable[[str], _Found]:
    # Dash's loop over the pages fails if another thread registers or removes one meanwhile.
    look_up = functools.partial(read_again, path_to_page)

    @functools.wraps(path_to_page)
    def asking(path: str) -> _Found:
        routed, site = _routed_path.get(), None
        if routed is not None:
            _routed_path.set(None)
            # Short texts are the same object wherever they come from, so the index page mustn't take what a guard
            # has stripped for its own.
            site = routed[1] if is_routers and routed[0] is path else None
        is_found = is_page_found.get()
        if is_found is not None:
            return look_up(path) if is_found() else _NOT_FOUND
        page, variables = look_up(path)
        if site is None or site.is_report_only:
            return page, variables
        if page and page.get("exists") and site.can_wait:
            return _drawn_once_asked(site, page, variables or {}), variables
        if page and not site.exists.ask(Match(page, variables or {})):
            page, variables = _NOT_FOUND
        return (page if page or not site.reloads_dead_links() else _not_found(site)), variables

    return asking


def _not_found(site: Site) -> Mapping[str, Any]:
    """Return what Dash itself draws for an unknown URL, marked if the browser should reload it."""
    mark: Any = {"className": _DEAD_LINK} if site.reloads_dead_links() else {}
    return {"layout": html.H1("404 - Page not found", **mark), "title": site.app.title}


def _drawn_once_asked(site: Site, page: Mapping[str, Any], variables: Mapping[str, str]) -> Mapping[str, Any]:
    """Return a page whose layout and title, which Dash's router awaits in this order, wait for ``exists``."""
    drawn, given = page, variables

    async def layout(**arguments: Any) -> Any:
        nonlocal drawn, given
        if not await site.exists.ask_async(Match(page, variables)):
            drawn, given = site.pages.not_found_page or _not_found(site), {}
            arguments = {name: value for name, value in arguments.items() if name not in variables}
        return await _rendered(drawn.get("layout", ""), arguments)

    async def title(**_: Any) -> Any:
        return await _rendered(drawn["title"], given)

    return {**page, "layout": layout, "title": title}


async def _rendered(part: Any, arguments: Mapping[str, Any]) -> Any:
    part = part(**arguments) if callable(part) else part
    return await part if inspect.isawaitable(part) else part
