"""What of the user's may answer in front of a page or rule, or in place of a 404: named, and never called."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import dash

from ..dash_internals.observers import without_observers
from ..dash_internals.own_code import is_dashs_own
from ..dash_internals.routes import CATCH_ALL
from ..servers import Decision
from .names import name_function
from .rules import describe, is_routed_by_werkzeug

_OUR_FOLDER = str(Path(__file__).parent.parent)
_NOT_THE_USERS = ("dash", "dash_true404", "fastapi", "flask", "quart", "starlette")
# Those that answer for an unknown URL: by its status, or by what is raised.
_REFUSALS = (404, 405, "NotFound", "MethodNotAllowed", "HTTPException", "Exception")


def name_guards(app: dash.Dash, decision: Decision) -> list[str]:
    """Return what may have answered a request before Dash, or the rule that matches it, did; or changed the answer.

    ::

        ["before_request `need_login` (shop/app.py:27)"]

    :param app: the Dash app.
    :param decision: for the request.
    """
    find = _find_on_werkzeug if is_routed_by_werkzeug(app) else _find_on_starlette
    found = [f"{kind} {name_function(function)}" for kind, function in find(app, decision)]
    if decision.guard_first and not is_dashs_own(app.index):
        found.append(f"app.index, which is {name_function(app.index)}")
    return list(dict.fromkeys([*found, *_name_middleware(app.server)]))


def name_error_handlers(app: dash.Dash) -> list[str]:
    """Return the user's error handlers that may have answered in place of a 404 or 405."""
    return list(
        dict.fromkeys(
            f"errorhandler({key}) {name_function(handler)}"
            for key, handler in _list_error_handlers(app)
            if key in _REFUSALS and _is_users(handler)
        )
    )


def _is_users(function: Any) -> bool:
    return str(getattr(function, "__module__", "")).partition(".")[0] not in _NOT_THE_USERS


def _find_on_werkzeug(app: dash.Dash, decision: Decision) -> Iterator[tuple[str, Any]]:
    server = app.server
    blueprint = None if decision.rule is None else describe(app, decision.rule).blueprint
    for scope in dict.fromkeys((None, blueprint)):
        for kind in ("before_request", "after_request"):
            for function in filter(_is_users, getattr(server, f"{kind}_funcs").get(scope, ())):
                yield kind, function
    if decision.guard_first and decision.site is not None:
        prefix = decision.site.prefix
        view = without_observers(server.view_functions[prefix if decision.path == prefix else prefix + CATCH_ALL])
        # A decorator may have taken over the name and the module of Dash's view: the code tells.
        while type(view) is types.FunctionType and view.__code__.co_filename.startswith(_OUR_FOLDER):
            view = without_observers(vars(view)["__wrapped__"])
        if not is_dashs_own(view):
            yield "around Dash's view", view


def _find_on_starlette(app: dash.Dash, decision: Decision) -> Iterator[tuple[str, Any]]:
    routes = [decision.rule]
    if decision.rule is None:
        routes = [route for route in app.server.router.routes if getattr(route, "methods", None)]
        routes = [route for route in routes if describe(app, route).serves_pages]
    for route in routes:
        for dependency in getattr(route, "dependencies", ()):
            yield "dependency", dependency.dependency
    for route in routes:
        if describe(app, route).serves_pages and not _is_ours(route) and _is_users(route.app):
            yield "around Dash's route", route.app


def _is_ours(route: Any) -> bool:
    return str(route.name).startswith("dash-true404 ")


def _name_middleware(server: Any) -> Iterable[str]:
    for middleware in getattr(server, "user_middleware", ()):
        if not str(middleware.cls.__module__).startswith("dash."):
            yield f"middleware {name_function(middleware.cls)}"
    for name in ("wsgi_app", "asgi_app"):
        around = getattr(server, name, None)
        if around is not None and getattr(around, "__self__", None) is not server:
            yield f"{name}, which is {name_function(around)}"


def _list_error_handlers(app: dash.Dash) -> Iterator[tuple[object, Any]]:
    if is_routed_by_werkzeug(app):
        by_code = app.server.error_handler_spec.get(None, {})
        for code, handlers in by_code.items():
            for kind, handler in handlers.items():
                yield code or kind.__name__, handler
    else:
        for key, handler in app.server.exception_handlers.items():
            yield getattr(key, "__name__", key), handler
