"""The web servers that Dash runs on: one adapter each, imported only for apps on that server."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import dash

from ..core.not_found_page import IN_APP, NotFoundPage
from ..core.pages import Pages
from ..core.site import Options, Site
from ..dash_internals.navigation import awaits_layouts, root_url, strip_as_router
from .adapter import Adapter, Decisions
from .decisions import Decision, Outcome, Reason
from .hidden_rules import HiddenRule, find_hidden

__all__ = [
    "Adapter",
    "Decision",
    "Decisions",
    "HiddenRule",
    "Outcome",
    "Reason",
    "adapter_for",
    "decisions_for",
    "enabled_site",
    "find_hidden_rules",
    "is_server",
    "make_site",
]

#: The name of an adapter in its server's ``extensions``, on FastAPI in its ``state``.
EXTENSION = "dash_true404"

_ADAPTERS = {
    ("flask", "Flask"): "FlaskServer",
    ("quart", "Quart"): "QuartServer",
    ("fastapi", "FastAPI"): "FastAPIServer",
}


def adapter_for(server: Any) -> Adapter:
    """Return the adapter of a server: the one that is installed on it, or a new one.

    :raises TypeError: if the kind of server is unknown.
    """
    known = _known(server)
    if known is None:
        raise TypeError(
            f"The app's server is a {type(server).__module__}.{type(server).__name__}. "
            "dash-true404 knows Flask, Quart and FastAPI."
        )
    package, name = known
    kind = getattr(import_module(f".{package}", __name__), name)
    adapter: Adapter = kind.installed(server) or kind(server)
    return adapter


def decisions_for(app: dash.Dash) -> tuple[Decisions, Site, bool]:
    """Return the decisions for an app, the app's site, and whether the app is enabled.

    If it isn't, the decisions are what they would be if it were.
    """
    adapter, site = adapter_for(app.server), enabled_site(app)
    if site is not None:
        return adapter.decisions, site, True
    site = make_site(app, Options(page=IN_APP), adapter)
    return adapter.decisions.including(site), site, False


def find_hidden_rules(app: dash.Dash) -> Iterator[HiddenRule]:
    """Yield the rules of an app's server that Dash's hide, and those that hide all of Dash's pages."""
    decisions, site, _ = decisions_for(app)
    yield from find_hidden(decisions.server_rules(), [site], lambda path: decisions.decide_for(path, "GET"))


def enabled_site(app: dash.Dash) -> Site | None:
    """Return the site of an app; None if ``enable_true_404`` was not called for it."""
    return next((site for site in adapter_for(app.server).sites if site.app is app), None)


def make_site(app: dash.Dash, options: Options, adapter: Adapter) -> Site:
    """Return the site of an app.

    :raises FileNotFoundError: if a named page does not exist.
    :raises OSError: if it cannot be read.
    :raises ValueError: if it cannot be used.
    """
    home = functools.partial(root_url, app)
    not_found_page = NotFoundPage(
        options.page,
        home=home,
        templates=adapter.templates(app),
        root_folder=lambda: _root_folder(app),
        assets_folder=Path(app.config.assets_folder),
    )
    return Site(
        app=app,
        prefix=app.config.routes_pathname_prefix,
        home=home,
        strip=strip_as_router(app),
        pages=Pages(dash.page_registry if app.use_pages else {}, () if callable(options.paths) else options.paths),
        not_found_page=not_found_page,
        options=options,
        can_wait=adapter.can_wait and awaits_layouts(app),
    )


def is_server(thing: Any) -> bool:
    """Tell whether something is a server with an adapter."""
    return _known(thing) is not None


def _root_folder(app: dash.Dash) -> Path:
    # Imported here, because it takes 100 ms, and Dash on other servers doesn't need Flask.
    from flask.helpers import get_root_path

    return Path(get_root_path(app.config.name))


def _known(server: Any) -> tuple[str, str] | None:
    for base in type(server).__mro__:
        package = base.__module__.partition(".")[0]
        name = _ADAPTERS.get((package, base.__name__))
        if name:
            return package, name
    return None
