"""The rules of a server, whichever it is: their paths, methods and endpoints, and which of them takes a URL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Protocol
from urllib.parse import unquote

import dash
from werkzeug.exceptions import HTTPException

from ..dash_internals.own_code import has_dashs_core, is_dashs_own
from ..dash_internals.routes import CATCH_ALL

#: In the order in which people read them.
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Rule(NamedTuple):
    """A rule of a server."""

    path: str
    """As its server writes it, variables included: ``/item/<int:n>``, on FastAPI ``/item/{n}``."""
    methods: tuple[str, ...]
    """Empty for what takes all of them, such as a mount."""
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


class ServerRules(Protocol):
    """The rules of one Dash app's server."""

    def all(self) -> list[Rule]:
        """Return the rules, in the server's order."""

    def match(self, path: str, method: str) -> Rule | None:
        """Return the rule that takes a URL; None for a redirect too.

        :param path: percent-encoded.
        """


def rules_of(app: dash.Dash) -> ServerRules:
    """Return the rules of a Dash app's server."""
    return WerkzeugRules(app) if hasattr(app.server, "url_map") else StarletteRules(app)


class WerkzeugRules:
    """The rules of Flask and Quart.

    :param app: the Dash app.
    """

    def __init__(self, app: dash.Dash) -> None:
        self._app = app

    def all(self) -> list[Rule]:
        """Return the rules, in the server's order."""
        return [*self._mounts(), *map(self._described, self._app.server.url_map.iter_rules())]

    def match(self, path: str, method: str) -> Rule | None:
        """Return the rule that takes a URL; None for a redirect too."""
        for mount in self._mounts():
            if unquote(path + "/").startswith(mount.path[: -len(CATCH_ALL)]):
                return mount
        try:
            found, _ = self._app.server.url_map.bind("localhost").match(unquote(path), method, return_rule=True)
        except HTTPException:
            return None
        return self._described(found)

    def _mounts(self) -> Iterator[Rule]:
        """Yield what werkzeug's DispatcherMiddleware, if the server has it inside, takes before any rule."""
        layer = getattr(self._app.server, "wsgi_app", None)
        while layer is not None:
            for path, mounted in getattr(layer, "mounts", {}).items():
                yield Rule(f"{path}/{CATCH_ALL}", (), "", "mount", None, mounted)
            layer = getattr(layer, "app", None)

    def _described(self, rule: Any) -> Rule:
        functions = self._app.server.view_functions
        methods = ("WEBSOCKET",) if getattr(rule, "websocket", False) else _in_order(rule.methods or ())
        blueprint = rule.endpoint.rpartition(".")[0]
        blueprint = blueprint if blueprint in self._app.server.blueprints else None
        kind = "websocket" if methods == ("WEBSOCKET",) else self._kind(rule)
        return Rule(rule.rule, methods, rule.endpoint, kind, blueprint, functions.get(rule.endpoint))

    def _kind(self, rule: Any) -> str:
        functions = self._app.server.view_functions
        if rule.rule.startswith(_assets(self._app) + "/"):
            return "assets"
        if rule.rule != rule.endpoint:  # Dash names all its endpoints so
            return "route"
        if rule.rule.endswith(CATCH_ALL) and rule.rule[: -len(CATCH_ALL)] in functions:  # or a hook's
            return "catch-all"
        if rule.rule + CATCH_ALL in functions:
            return "index"
        return _dashs_kind(self._app, rule.rule, functions.get(rule.endpoint))


class StarletteRules:
    """The rules of FastAPI, with those of included routers and of mounts.

    :param app: the Dash app.
    """

    def __init__(self, app: dash.Dash) -> None:
        self._app = app

    def all(self) -> list[Rule]:
        """Return the rules, in the server's order."""
        once: dict[Any, Rule] = {}
        for rule in self._rules():
            # Some of Dash's stand there twice: one of this library is ahead of them.
            is_dashs = rule.kind in ("index", "catch-all", "dash")
            once.setdefault(rule.path if is_dashs else len(once), rule)
        return list(once.values())

    def match(self, path: str, method: str) -> Rule | None:
        """Return the rule that takes a URL."""
        from starlette.routing import compile_path

        below = unquote(path)
        root = self._app.server.root_path.rstrip("/")
        if root and below.startswith(root + "/"):
            below = below[len(root) :]
        for rule in self._rules():
            takes = not rule.methods or method in rule.methods
            if takes and rule.kind != "websocket" and compile_path(rule.path)[0].match(below):
                return rule
        return None

    def _rules(self) -> Iterator[Rule]:
        yield from self._flat(self._app.server.router.routes, "")

    def _flat(self, routes: Iterable[Any], prefix: str) -> Iterator[Rule]:
        for route in _with_included(routes):
            path, name = prefix + (getattr(route, "path", None) or ""), getattr(route, "name", None) or ""
            methods = getattr(route, "methods", None)
            function = getattr(route, "endpoint", None)
            if methods:
                yield Rule(
                    self._rooted(path), _in_order(methods), name, self._kind(path, name, function), None, function
                )
            elif hasattr(route, "app") and hasattr(route, "routes"):
                yield from self._flat(route.routes or (), path)
                kind = "assets" if path == _assets(self._app) else "mount"
                yield Rule(path + "/{path:path}", (), name, kind, None, route.app)
            elif function is not None:
                yield Rule(path, ("WEBSOCKET",), name, "websocket", None, function)

    @staticmethod
    def _rooted(path: str) -> str:
        return path if path.startswith("/") else f"/{path}"  # Dash's catch-all is "{path:path}"

    def _kind(self, path: str, name: str, function: Any) -> str:
        is_ours = name.startswith("dash-true404 ")
        if path.endswith("{path:path}") and (is_ours or has_dashs_core(function)):
            return "catch-all"
        if is_ours or (name == path and path.endswith("/") and has_dashs_core(function)):
            return "index"
        if name != path or not path.startswith(self._app.config.routes_pathname_prefix):
            return "route"
        return _dashs_kind(self._app, path, function)


def _with_included(routes: Iterable[Any]) -> Iterable[Any]:
    from fastapi import routing

    # Until FastAPI had this function, the routes of included routers were copied to where they are included.
    flatten = getattr(routing, "iter_route_contexts", None)
    return routes if flatten is None else flatten(list(routes))


def _in_order(methods: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(methods, key=lambda method: (METHODS.index(method) if method in METHODS else 99, method)))


def _assets(app: dash.Dash) -> str:
    return f"{app.config.routes_pathname_prefix}{(app.config.assets_url_path or '').strip('/')}"


def _dashs_kind(app: dash.Dash, path: str, function: Any) -> str:
    """Tell Dash's own rules from those that it makes of ``redirect_from``, which the registry does not keep."""
    if path[len(app.config.routes_pathname_prefix) :].startswith("_"):
        return "dash"
    if not has_dashs_core(function):
        return "route"  # the user's, by dash.hooks
    return "redirect" if is_dashs_own(function) else "dash"
