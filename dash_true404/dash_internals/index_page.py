"""Dash's index page, the shell that every page of an app is drawn in: rendering it, and knowing it again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import Any

from ..core.site import Site

#: Whether the URL that an index page is rendered for is a page; it asks for its meta tags. Not set: nobody knows.
is_page_found: ContextVar[Callable[[], bool] | None] = ContextVar("dash_true404_is_found", default=None)

_URL_OF_THE_PAGE = re.compile(r'(?<=<meta property="twitter:url" content=")[^"]*')

# Dash cannot start in the browser without it, so every shell has it, whatever the user made of index_string.
_SHELL_MARK = b"_dash-config"


@contextmanager
def rendering(is_found: Callable[[], bool]) -> Iterator[None]:
    """Let Dash's index page, rendered within, say in its meta tags what is true of the URL.

    :param is_found: called when the index page is about to look for the URL's page.
    """
    token = is_page_found.set(is_found)
    try:
        yield
    finally:
        is_page_found.reset(token)


@contextmanager
def current_request(request: Any) -> Iterator[None]:
    """Let Dash's index page, rendered within, know the FastAPI request that it is for.

    Dash does so itself in its catch-all, which a route of ours takes the place of.
    """
    backend: Any = import_module("dash.backends._fastapi")
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
    """Tell whether a response is Dash's index page, not an answer of a guard of the user's."""
    return status == 200 and content is not None and _SHELL_MARK in bytes(content)
