"""The web servers that Dash runs on: one adapter each, which is imported only for an app that uses that server."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

import dash

from ..core.not_found_page import Templates
from ..core.site import Site

#: Under this name an adapter is found in its server's ``extensions``, on FastAPI in its ``state``.
EXTENSION = "dash_true404"

_ADAPTERS = {
    ("flask", "Flask"): "FlaskServer",
    ("quart", "Quart"): "QuartServer",
    ("fastapi", "FastAPI"): "FastAPIServer",
}


class Adapter(Protocol):
    """What :func:`dash_true404.enable_true_404` needs of a server."""

    #: What a variable in its rules begins with.
    variable_start: str

    def has_routes(self, app: dash.Dash) -> bool:
        """Tell whether a Dash app has put its routes on its server."""

    def templates(self, app: dash.Dash) -> Templates:
        """Return the templates of an app's server."""

    def can_wait(self, app: dash.Dash) -> bool:
        """Tell whether a page's ``exists`` may be async."""

    def enable(self, site: Site) -> None:
        """Let an app tell the truth; in place of what was said of the same app before.

        :raises RuntimeError: if it is too late for that.
        """


def adapter_for(server: Any) -> Adapter:
    """Return the adapter of a server.

    :raises TypeError: if there is none for a server of its kind.
    """
    known = _known(server)
    if known:
        package, name = known
        adapter: Adapter = getattr(import_module(f".{package}", __name__), name)
        return adapter
    raise TypeError(
        f"The app's server is a {type(server).__module__}.{type(server).__name__}. "
        "dash-true404 knows Flask, Quart and FastAPI."
    )


def enabled_site(app: dash.Dash) -> Site | None:
    """Return what ``enable_true_404`` made of an app; None if it was not called for it."""
    server: Any = app.server
    adapter = getattr(server, "extensions", {}).get(EXTENSION) or getattr(
        getattr(server, "state", None), EXTENSION, None
    )
    return next((site for site in adapter.sites if site.app is app), None) if adapter else None


def is_server(thing: Any) -> bool:
    """Tell whether something is a server that there is an adapter of."""
    return _known(thing) is not None


def _known(server: Any) -> tuple[str, str] | None:
    for base in type(server).__mro__:
        package = base.__module__.partition(".")[0]
        name = _ADAPTERS.get((package, base.__name__))
        if name:
            return package, name
    return None
