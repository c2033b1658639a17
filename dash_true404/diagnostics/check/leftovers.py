"""What was made and never came to be served: files of the pages folder, Blueprints and routers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..inspected_app import InspectedApp
from ..own_values import list_own_values
from ..page_files import explain_file, find_modules, has_lost_page, list_page_files
from ..patterns import Pattern
from ..rules import is_routed_by_werkzeug, with_included
from .findings import Finding


def find_page_files(app: InspectedApp) -> Iterator[Finding]:
    """Yield the files of the pages folder whose pages are not there, and those that nobody has imported."""
    for file in list_page_files(app) if app.dash_app.use_pages else ():
        if any(part.startswith(".") for part in file.parts) or file.parts[-1] == "__init__":
            continue
        if has_lost_page(file):
            yield Finding("T209", "", why=f"{file.name} {explain_file(app, file)}", page=min(find_modules(file.path)))
        elif not find_modules(file.path):
            yield Finding("T222", "", why=f"{file.name} {file.error or explain_file(app, file)}")


def find_unregistered(app: InspectedApp) -> Iterator[Finding]:
    """Yield the Blueprints, on FastAPI the routers, of the user's own modules that are on no server."""
    values = list(list_own_values())
    servers = [app.dash_app.server, *(value for _, value in values if isinstance(value, type(app.dash_app.server)))]
    if is_routed_by_werkzeug(app.dash_app):
        known = {id(blueprint) for server in servers for blueprint in server.blueprints.values()}
        lost = [(name, value) for name, value in values if _is_blueprint(value) and id(value) not in known]
    else:
        endpoints = {id(rule.function) for rule in app.rules}
        endpoints |= {
            id(getattr(route, "endpoint", None)) for server in servers for route in with_included(server.routes)
        }
        lost = [(name, value) for name, value in values if _is_lost_router(value, endpoints)]
    for name, value in lost:
        kind = "Blueprint" if _is_blueprint(value) else "APIRouter"
        call = "register_blueprint" if kind == "Blueprint" else "include_router"
        why = f"The {kind} {name} is on no server. Call app.server.{call}({name.partition(':')[2]}), if it is meant."
        yield Finding("T521", "", why=why)


def find_doubled_prefixes(app: InspectedApp) -> Iterator[Finding]:
    """Yield the rules of Blueprints and routers that have the prefix of it twice."""
    routers = [] if is_routed_by_werkzeug(app.dash_app) else [value for _, value in list_own_values()]
    prefixes = {
        id(route.endpoint): router.prefix for router in routers if _is_router(router) for route in router.routes
    }
    for rule in app.rules:
        for prefix in Pattern(rule.path).prefixes():
            is_its = rule.blueprint is not None or prefixes.get(id(rule.function)) == prefix
            if is_its and rule.path.startswith(prefix * 2 + "/"):
                of = f"Blueprint {rule.blueprint!r}" if rule.blueprint else "its router"
                why = (
                    f"The rule {rule.path} has {prefix!r}, the prefix of {of}, twice. Take it out of one of the two: "
                    "the prefix, or the paths of its routes."
                )
                yield Finding("T502", "", why=why)
                break


def _is_blueprint(value: Any) -> bool:
    return any((base.__module__.partition(".")[0], base.__name__) in _BLUEPRINTS for base in type(value).__mro__)


_BLUEPRINTS = {("flask", "Blueprint"), ("quart", "Blueprint")}


def _is_router(value: Any) -> bool:
    return any((base.__module__, base.__name__) == ("fastapi.routing", "APIRouter") for base in type(value).__mro__)


def _is_lost_router(value: Any, known: set[int]) -> bool:
    endpoints = [getattr(route, "endpoint", None) for route in value.routes] if _is_router(value) else []
    return bool(endpoints) and not any(id(endpoint) in known for endpoint in endpoints)
