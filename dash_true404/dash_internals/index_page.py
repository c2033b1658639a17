"""Dash's index page, the shell that every page of an app is drawn in: rendering and recognizing it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import Any, cast
from weakref import WeakKeyDictionary

import dash

from ..core.logs import logger
from ..core.site import Site

#: Tells, for the meta tags, whether the URL that an index page is rendered for is a page. None: nobody knows.
is_page_found: ContextVar[Callable[[], bool] | None] = ContextVar("dash_true404_is_found", default=None)

_URL_OF_THE_PAGE = re.compile(r'(?<=<meta property="twitter:url" content=")[^"]*')

# Dash can't start in the browser without it, so every shell contains it, whatever index_string is.
_SHELL_MARK = b"_dash-config"

#: Where Dash keeps the request that it serves on FastAPI.
FASTAPI_BACKEND = "dash.backends._fastapi"

# Whether the shells of apps do contain it, for the apps where it had to be checked.
_are_marked: WeakKeyDictionary[Site, bool] = WeakKeyDictionary()


@contextmanager
def rendering(is_found: Callable[[], bool]) -> Iterator[None]:
    """Have Dash's index page, rendered within, put the right meta tags for the URL.

    :param is_found: called when the index page looks up the URL's page.
    """
    token = is_page_found.set(is_found)
    try:
        yield
    finally:
        is_page_found.reset(token)


@contextmanager
def current_request(request: Any) -> Iterator[None]:
    """Make a FastAPI request the one that Dash's index page, rendered within, is for.

    Dash does so itself in its catch-all, which a route of ours replaces.
    """
    backend: Any = import_module(FASTAPI_BACKEND)
    token = backend.set_current_request(request)
    try:
        yield
    finally:
        backend.reset_current_request(token)


def shell(site: Site) -> Any:
    """Return the app's index page, with the meta tags that Dash gives to an unknown URL."""
    with rendering(lambda: False):
        page = site.app.index()
    return _URL_OF_THE_PAGE.sub(site.home(), page) if isinstance(page, str) else page


def is_shell(status: int, content: Any) -> bool:
    """Tell whether a response is Dash's index page, not a guard's own answer."""
    return status == 200 and content is not None and _SHELL_MARK in bytes(content)


def is_dashs_answer(site: Site | None, status: int, content: Any) -> bool:
    """Tell whether what a guard returned is Dash's index page, not the guard's own answer.

    Called during the request: once per app, the index page is rendered to check that it contains the mark. If it
    doesn't, every answer of 200 counts as Dash's.
    """
    if is_shell(status, content):
        return True
    return status == 200 and content is not None and site is not None and not _is_marked(site)


def _is_marked(site: Site) -> bool:
    is_marked = _are_marked.get(site)
    if is_marked is None:
        try:
            with rendering(lambda: False):
                # Not what a guard makes of it.
                page = cast(Callable[[Any], Any], dash.Dash.index)(site.app)
        except Exception:  # so no answer was Dash's
            return True
        is_marked = _are_marked[site] = not isinstance(page, str) or _SHELL_MARK.decode() in page
        if not is_marked:
            logger.error(
                "This Dash (%s) differs from what dash-true404 knows: its index page has no %s, so it can't be "
                "distinguished from what your guards answer. Unknown URLs are refused all the same, whatever a guard "
                "of yours answers with status 200. Update dash-true404.",
                dash.__version__,
                _SHELL_MARK.decode(),
            )
    return is_marked
