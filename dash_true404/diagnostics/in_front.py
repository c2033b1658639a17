"""What of the user's stands around Dash's view, or in its place: named, and never called."""

from __future__ import annotations

import types
from collections.abc import Iterator
from pathlib import Path

import dash

from ..dash_internals.observers import without_observers
from ..dash_internals.own_code import is_dashs_own
from ..dash_internals.routes import CATCH_ALL
from ..servers import Decision
from .names import name_function
from .rules import describe, is_routed_by_werkzeug

_OUR_FOLDER = str(Path(__file__).parent.parent)


def name_wrappers(app: dash.Dash, decision: Decision) -> list[str]:
    """Return what a request meets in place of Dash's own view.

    ::

        ["`need_login` (shop/app.py:27) around Dash's view"]

    :param app: the Dash app.
    :param decision: for the request.
    """
    find = _find_on_werkzeug if is_routed_by_werkzeug(app) else _find_on_starlette
    found = list(find(app, decision))
    if not is_dashs_own(app.index):
        found.append(f"{name_function(app.index)} as app.index")
    return list(dict.fromkeys(found))


def _find_on_werkzeug(app: dash.Dash, decision: Decision) -> Iterator[str]:
    prefix = app.config.routes_pathname_prefix if decision.site is None else decision.site.prefix
    endpoint = prefix if decision.path == prefix else prefix + CATCH_ALL
    view = without_observers(app.server.view_functions[endpoint])
    # A decorator may have taken over the name and the module of Dash's view: the code tells.
    while type(view) is types.FunctionType and view.__code__.co_filename.startswith(_OUR_FOLDER):
        view = without_observers(vars(view)["__wrapped__"])
    if not is_dashs_own(view):
        yield f"{name_function(view)} around Dash's view"


def _find_on_starlette(app: dash.Dash, _: Decision) -> Iterator[str]:
    for route in app.server.router.routes:
        if not getattr(route, "methods", None) or not describe(app, route).serves_pages:
            continue
        for dependency in route.dependencies:
            yield f"dependency {name_function(dependency.dependency)}"
        is_ours = str(route.name).startswith("dash-true404 ")
        if not is_ours and str(getattr(route.app, "__module__", "")).partition(".")[0] not in ("fastapi", "starlette"):
            yield f"{name_function(route.app)} around Dash's route"
