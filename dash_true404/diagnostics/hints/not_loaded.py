"""What never became a page or a rule: files of the pages folder, Blueprints and routers that nobody registered."""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator
from typing import Any

import dash
from werkzeug.exceptions import HTTPException

from ...core.pages import Pages
from ...core.path_templates import PathTemplate
from ..inspected_app import InspectedApp
from ..names import name_page
from ..own_values import find_kinds, list_own_values
from ..page_files import RegisterCall, explain_file, list_page_files
from ..patterns import list_beginnings
from ..rules import is_routed_by_werkzeug
from . import Hint


def find_not_loaded(app: InspectedApp, path: str, method: str) -> Iterator[Hint]:
    """Yield what would match a URL if it had been loaded.

    :param app: the app.
    :param path: percent-encoded; neither a page nor a rule matches it.
    :param method: the request's.
    """
    yield from _find_pages_of_other_apps(app, path)
    yield from _find_files(app, path)
    yield from (_find_blueprints if is_routed_by_werkzeug(app.dash_app) else _find_routers)(app, path, method)


def _strip_prefix(app: InspectedApp, path: str) -> str:
    return path.removeprefix(app.site.prefix).strip("/")


def _find_pages_of_other_apps(app: InspectedApp, path: str) -> Iterator[Hint]:
    match = None if app.dash_app.use_pages else Pages(dash.page_registry).find(_strip_prefix(app, path))
    if match is not None:
        yield Hint(
            "loading",
            f"{name_page(match.page)} is registered, but for another app: this one is made without pages. Make it with "
            "Dash(..., use_pages=True), and put dash.page_container into its layout.",
        )


def _find_files(app: InspectedApp, path: str) -> Iterator[Hint]:
    inner = _strip_prefix(app, path)
    for file in list_page_files(app) if path.startswith(app.site.prefix) else ():
        if file.error is not None and _is_inferred(file.parts, inner):
            yield Hint("loading", f"{file.name} {file.error}")
        elif file.error is None and _names_url(file.calls, file.parts, inner):
            yield Hint("loading", f"{file.name} {explain_file(app, file)}")


def _names_url(calls: list[RegisterCall], parts: tuple[str, ...], inner: str) -> bool:
    """Tell whether a file's page would be at a URL."""
    for call in calls:
        if call.template is None:
            if call.module is None and _is_inferred(parts, inner):
                return True
        elif call.template.strip("/") == inner or PathTemplate(call.template).takes(inner):
            return True
    return not calls and _is_inferred(parts, inner)


def _is_inferred(parts: tuple[str, ...], inner: str) -> bool:
    """Tell whether Dash would infer a URL from a file's name, with or without what makes Dash skip the file."""
    names = {"/".join(parts), "/".join(part.lstrip("_.") for part in parts)}
    return bool(inner) and inner in {name.replace("_", "-").lower() for name in names}


def _find_blueprints(app: InspectedApp, path: str, method: str) -> Iterator[Hint]:
    server = app.dash_app.server
    server_kind, kind = find_kinds(server)
    servers = [other for _, other in list_own_values(server_kind)]
    elsewhere = {id(blueprint) for other in servers for blueprint in other.blueprints.values()}
    known = {id(blueprint) for blueprint in server.blueprints.values()}
    for _, blueprint in list_own_values(kind):
        if id(blueprint) in known:
            continue
        try:
            rules = server_kind("scratch", static_folder=None)
            rules.register_blueprint(copy.copy(blueprint))  # a copy, so that it may still be changed and registered
        except Exception:  # it cannot be registered twice, or wants a server of its own
            continue
        prefix = _find_prefix(rules.url_map, path, method)
        if prefix is not None:
            where = (
                "is registered on another server, not on this app's"
                if id(blueprint) in elsewhere
                else ("exists, but was never registered")
            )
            argument = f", url_prefix={prefix!r}" if prefix else ""
            variable = _find_variable(blueprint, blueprint.import_name)
            yield Hint(
                "loading",
                f"Blueprint {blueprint.name!r} ({blueprint.import_name}:{variable}) {where}. Call "
                f"app.server.register_blueprint({variable}{argument}) before the first request.",
            )


def _find_prefix(urls: Any, path: str, method: str) -> str | None:
    """Return what prefix makes rules match a URL: the longest rule, so the shortest prefix."""
    for prefix in ("", *list_beginnings(path)):
        try:
            urls.bind("localhost").match(path[len(prefix) :] or "/", method)
            return prefix
        except HTTPException:
            continue
    return None


def _find_variable(thing: Any, module: str) -> str:
    names = vars(sys.modules[module]) if module in sys.modules else {}
    return next((name for name, value in names.items() if value is thing), getattr(thing, "name", "router"))


def _find_routers(app: InspectedApp, path: str, method: str) -> Iterator[Hint]:
    from starlette.routing import compile_path

    known = {rule.function for rule in app.rules if callable(rule.function)}
    for _, router in list_own_values(find_kinds(app.dash_app.server)[1]):
        for route in router.routes:
            endpoint = getattr(route, "endpoint", None)
            is_known = endpoint in known or str(getattr(endpoint, "__module__", "")).startswith("dash_true404.")
            if is_known or method not in (getattr(route, "methods", None) or ()):
                continue
            expression = compile_path(getattr(route, "path", "/"))[0]
            starts = ("", *list_beginnings(path))
            prefix = next((start for start in starts if expression.match(path[len(start) :])), None)
            if prefix is not None:
                module = getattr(endpoint, "__module__", "")
                argument = f", prefix={prefix!r}" if prefix else ""
                yield Hint(
                    "loading",
                    f"The APIRouter {module}:{_find_variable(router, module)} exists, but was never included. Call "
                    f"app.server.include_router({_find_variable(router, module)}{argument}).",
                )
