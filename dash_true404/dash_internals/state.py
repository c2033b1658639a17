"""What Dash keeps per process for the pages of all apps: saved, emptied, restored."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, NamedTuple

import dash

from .private import private_module

# Their contents have no public names.
_callback = private_module("dash._callback")
_get_app = private_module("dash._get_app", "APP")
_get_paths = private_module("dash._get_paths", "CONFIG")
_pages = private_module("dash._pages", "CONFIG")

# What Dash fills: the pages, and their callbacks, until an app takes them.
_CONTAINERS = [
    dash.page_registry,
    *(
        getattr(_callback, name)
        for name in ("GLOBAL_CALLBACK_LIST", "GLOBAL_CALLBACK_MAP", "GLOBAL_INLINE_SCRIPTS", "GLOBAL_API_PATHS")
        if hasattr(_callback, name)
    ),
]
# What Dash binds to the settings of the last app that was made.
_SETTINGS = [(_get_paths, "CONFIG"), (_pages, "CONFIG")]
# The variable in which a request leaves its app, from Dash 4 on; before that, nothing else reads it.
_app_context: ContextVar[Any] = getattr(_get_app, "app_context", ContextVar("app_context"))


class PageState(NamedTuple):
    """Dash's pages at one moment, and what goes with them."""

    contents: list[Any]
    settings: list[Any]
    app: Any
    app_of_request: Any


def saved() -> PageState:
    """Return the current state."""
    return PageState(
        [list(content) if isinstance(content, list) else dict(content) for content in _CONTAINERS],
        [getattr(module, name) for module, name in _SETTINGS],
        _get_app.APP,
        _app_context.get(None),
    )


def emptied(state: PageState) -> PageState:
    """Return the state of a process without any app, given any other state."""
    contents, settings = ([type(thing)() for thing in things] for things in (state.contents, state.settings))
    return PageState(contents, settings, None, None)


def restore(state: PageState) -> None:
    """Make a state the current one."""
    for container, content in zip(_CONTAINERS, state.contents, strict=True):
        container.clear()
        (container.extend if isinstance(container, list) else container.update)(content)
    # Rebound, never refilled, because the settings are an app's own.
    for (module, name), settings in zip(_SETTINGS, state.settings, strict=True):
        setattr(module, name, settings)
    _get_app.APP = state.app
    _app_context.set(state.app_of_request)
