"""What was made and never came to be served: files of the pages folder, Blueprints and routers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..inspected_app import InspectedApp
from ..own_values import find_kinds, list_own_values
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
    server_kind, kind = find_kinds(app.dash_app.server)
    servers = [app.dash_app.server, *(server for _, server in list_own_values(server_kind))]
    if has_blueprints := is_routed_by_werkzeug(app.dash_app):
        known = {id(blueprint) for server in servers for blueprint in server.blueprints.values()}
    else:
        known = {id(rule.function) for rule in app.rules}
        known |= {id(endpoint) for server in servers for endpoint in _list_endpoints(with_included(server.routes))}
    call = "register_blueprint" if has_blueprints else "include_router"
    for name, value in list_own_values(kind):
        parts = [value] if has_blueprints else _list_endpoints(value.routes)
        if parts and not any(id(part) in known for part in parts):
            why = f"The {kind.__name__} {name} is on no server. "
            why += f"Call app.server.{call}({name.partition(':')[2]}), if it is meant."
            yield Finding("T521", "", why=why)


def find_doubled_prefixes(app: InspectedApp) -> Iterator[Finding]:
    """Yield the rules of Blueprints and routers that have the prefix of it twice."""
    prefixes: dict[int, str] = {}
    if not is_routed_by_werkzeug(app.dash_app):
        for _, router in list_own_values(find_kinds(app.dash_app.server)[1]):
            prefixes |= {id(endpoint): router.prefix for endpoint in _list_endpoints(router.routes)}
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


def _list_endpoints(routes: Iterable[Any]) -> list[Any]:
    return [route.endpoint for route in routes if hasattr(route, "endpoint")]
