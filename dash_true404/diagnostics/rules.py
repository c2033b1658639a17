"""The rules of a server, whichever it is: their paths, methods and endpoints. Which one matches, the decision tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

import dash

from ..dash_internals.own_code import has_dashs_core, is_dashs_own
from ..dash_internals.routes import CATCH_ALL

#: In the order in which people read them.
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Rule(NamedTuple):
    """A rule of a server."""

    path: str
    """As its server writes it, variables included: ``/item/<int:n>``, on FastAPI ``/item/{n}``."""
    methods: tuple[str, ...]
    """Empty for what accepts all of them, such as a mount."""
    endpoint: str
    kind: str
    """``index`` and ``catch-all`` (through which Dash serves its pages), ``redirect`` (to a page), ``dash`` (Dash's
    other ones), ``assets``, ``mount``, ``websocket``, or ``route`` for all others."""
    blueprint: str | None = None
    function: Any = None

    @property
    def serves_pages(self) -> bool:
        """Whether Dash serves its pages through it."""
        return self.kind in ("index", "catch-all")


def list_rules(app: dash.Dash) -> list[Rule]:
    """Return the rules of an app's server, in the server's order; on FastAPI with those of routers and mounts."""
    if is_routed_by_werkzeug(app):
        return [*_list_mounts(app), *(_describe_rule(app, rule) for rule in app.server.url_map.iter_rules())]
    once: dict[Any, Rule] = {}
    for rule in _list_routes(app, app.server.router.routes, ""):
        # Some of Dash's stand there twice: one of this library is ahead of them.
        is_dashs = rule.kind in ("index", "catch-all", "dash")
        once.setdefault(rule.path if is_dashs else len(once), rule)
    return list(once.values())


def describe(app: dash.Dash, rule: Any) -> Rule:
    """Return what there is to say of a rule of an app's server.

    :param rule: as the server, or the decision, has it: Werkzeug's, Starlette's, or a mount of :func:`find_mount`.
    """
    if isinstance(rule, Rule):
        return rule
    return _describe_rule(app, rule) if is_routed_by_werkzeug(app) else _describe_route(app, rule, "")


def find_mount(app: dash.Dash, path: str) -> Rule | None:
    """Return the mount of Werkzeug's DispatcherMiddleware that answers before any rule of the server is looked at.

    :param path: percent-encoded.
    """
    below = unquote(path + "/")
    return next((mount for mount in _list_mounts(app) if below.startswith(mount.path[: -len(CATCH_ALL)])), None)


def is_routed_by_werkzeug(app: dash.Dash) -> bool:
    """Tell whether an app's server is Flask or Quart, not FastAPI."""
    return hasattr(app.server, "url_map")


def _list_mounts(app: dash.Dash) -> Iterator[Rule]:
    """Yield what a DispatcherMiddleware has, if the server has one inside."""
    layer = getattr(app.server, "wsgi_app", None)
    while layer is not None:
        for path, mounted in getattr(layer, "mounts", {}).items():
            yield Rule(f"{path}/{CATCH_ALL}", (), "", "mount", None, mounted)
        layer = getattr(layer, "app", None)


def _describe_rule(app: dash.Dash, rule: Any) -> Rule:
    functions = app.server.view_functions
    methods = ("WEBSOCKET",) if getattr(rule, "websocket", False) else _sort_methods(rule.methods or ())
    blueprint = rule.endpoint.rpartition(".")[0]
    blueprint = blueprint if blueprint in app.server.blueprints else None
    kind = "websocket" if methods == ("WEBSOCKET",) else _find_kind_of_rule(app, rule)
    return Rule(rule.rule, methods, rule.endpoint, kind, blueprint, functions.get(rule.endpoint))


def _find_kind_of_rule(app: dash.Dash, rule: Any) -> str:
    functions = app.server.view_functions
    if rule.rule.startswith(_assets_path(app) + "/"):
        return "assets"
    if rule.rule != rule.endpoint:  # Dash names all its endpoints so
        return "route"
    if rule.rule.endswith(CATCH_ALL) and rule.rule[: -len(CATCH_ALL)] in functions:  # or a hook's
        return "catch-all"
    if rule.rule + CATCH_ALL in functions:
        return "index"
    return _find_kind_of_dashs(app, rule.rule, functions.get(rule.endpoint))


def _list_routes(app: dash.Dash, routes: Iterable[Any], prefix: str) -> Iterator[Rule]:
    for route in with_included(routes):
        if any(getattr(route, name, None) for name in ("methods", "app", "endpoint")):
            rule = _describe_route(app, route, prefix)
            if rule.kind in ("assets", "mount"):
                yield from _list_routes(app, getattr(route, "routes", None) or (), rule.path[: -len("/{path:path}")])
            yield rule


def _describe_route(app: dash.Dash, route: Any, prefix: str) -> Rule:
    path, name = prefix + (getattr(route, "path", None) or ""), getattr(route, "name", None) or ""
    methods, function = getattr(route, "methods", None), getattr(route, "endpoint", None)
    if methods:
        shown = path if path.startswith("/") else f"/{path}"  # Dash's catch-all is "{path:path}"
        kind = _find_kind_of_route(app, path, name, function)
        return Rule(shown, _sort_methods(methods), name, kind, None, function)
    if function is not None:
        return Rule(path, ("WEBSOCKET",), name, "websocket", None, function)
    kind = "assets" if path == _assets_path(app) else "mount"
    return Rule(path + "/{path:path}", (), name, kind, None, getattr(route, "app", None))


def _find_kind_of_route(app: dash.Dash, path: str, name: str, function: Any) -> str:
    is_ours = name.startswith("dash-true404 ")
    if path.endswith("{path:path}") and (is_ours or has_dashs_core(function)):
        return "catch-all"
    if is_ours or (name == path and path.endswith("/") and has_dashs_core(function)):
        return "index"
    if name != path or not path.startswith(app.config.routes_pathname_prefix):
        return "route"
    return _find_kind_of_dashs(app, path, function)


def with_included(routes: Iterable[Any]) -> Iterable[Any]:
    """Return the routes of a FastAPI server, those of the routers that it includes in their places."""
    from fastapi import routing

    # Until FastAPI had this function, the routes of included routers were copied to where they are included.
    flatten = getattr(routing, "iter_route_contexts", None)
    return routes if flatten is None else flatten(list(routes))


def _sort_methods(methods: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(methods, key=lambda method: (METHODS.index(method) if method in METHODS else 99, method)))


def _assets_path(app: dash.Dash) -> str:
    return f"{app.config.routes_pathname_prefix}{(app.config.assets_url_path or '').strip('/')}"


def _find_kind_of_dashs(app: dash.Dash, path: str, function: Any) -> str:
    """Tell Dash's own rules from those that it makes of ``redirect_from``, which the registry does not keep."""
    if path[len(app.config.routes_pathname_prefix) :].startswith("_"):
        return "dash"
    if not has_dashs_core(function):
        return "route"  # the user's, by dash.hooks
    return "redirect" if is_dashs_own(function) else "dash"
