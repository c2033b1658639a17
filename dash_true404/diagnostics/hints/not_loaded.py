"""What never became a page or a rule: files of the pages folder, Blueprints and routers that nobody registered."""

from __future__ import annotations

import ast
import copy
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import dash
from werkzeug.exceptions import HTTPException

from ...core.pages import Pages
from ...core.path_templates import PathTemplate
from ..inspected_app import InspectedApp
from ..names import name_page, shorten_file
from ..rules import is_routed_by_werkzeug
from . import Hint

_CONDITIONS = (ast.If, ast.Try, ast.FunctionDef, ast.AsyncFunctionDef, ast.For, ast.While, ast.With, ast.Match)


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


class _RegisterCall(NamedTuple):
    """A call of register_page in a file."""

    line: int
    template: str | None
    """The path or template, if it stands there as a text."""
    module: str | None
    """The first argument, if it is a text and not __name__."""
    condition: tuple[int, str] | None
    """The line and the text of what it stands in."""


def _find_files(app: InspectedApp, path: str) -> Iterator[Hint]:
    folder = Path(str(app.dash_app.config.get("pages_folder") or "no pages folder"))
    if not folder.is_dir() or not path.startswith(app.site.prefix):
        return
    for file in sorted(folder.rglob("*.py")):
        parts = file.relative_to(folder).with_suffix("").parts
        try:
            source = file.read_text(encoding="utf-8")
            calls = list(_find_calls(ast.parse(source), source.splitlines()))
        except (OSError, ValueError, SyntaxError) as error:
            if _is_inferred(parts, _strip_prefix(app, path)):
                yield Hint("loading", f"{shorten_file(file)} cannot be read as Python: {error}. Correct it.")
            continue
        if _names_url(calls, parts, _strip_prefix(app, path)):
            yield Hint("loading", f"{shorten_file(file)} {_explain_file(app, file, parts, calls, source)}")


def _names_url(calls: list[_RegisterCall], parts: tuple[str, ...], inner: str) -> bool:
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


def _explain_file(
    app: InspectedApp, file: Path, parts: tuple[str, ...], calls: list[_RegisterCall], source: str
) -> str:
    if not app.dash_app.use_pages:
        return "is not read: the app is made without pages. Make it with Dash(..., use_pages=True)."
    skipped = next((part for part in parts if part.startswith(("_", "."))), None)
    if skipped:
        better = os.path.join(*(part.lstrip("_.") or part for part in parts)) + ".py"
        return f"is skipped: Dash reads no file or folder that begins with '_' or '.'. Rename it to {better}."
    if "register_page" not in source:
        return "never calls register_page, so Dash does not import it. Add dash.register_page(__name__)."
    if not calls:
        return "has the text register_page, but never calls it. Add dash.register_page(__name__)."
    if not _is_imported(file):
        return (
            "has not been imported: it failed, or it was not there yet when the app was made. Import it alone to see "
            "its error, and restart the app."
        )
    conditions = [call for call in calls if call.condition]
    if conditions:
        line, text = conditions[0].condition or (0, "")
        return (
            f"calls register_page only within {text!r} (line {line}), which did not come to it. Call it "
            "at the top level of the file, or see why the condition does not hold."
        )
    return (
        "was imported, but its page is not in dash.page_registry any more: something has taken it out or replaced it."
    )


def _is_imported(file: Path) -> bool:
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return str(file.resolve()) in {os.path.realpath(name) for name in files if name}


def _find_calls(tree: ast.AST, lines: list[str], condition: tuple[int, str] | None = None) -> Iterator[_RegisterCall]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "register_page":
            texts = {k.arg: _read_text(k.value) for k in node.keywords if _read_text(k.value) is not None}
            args = [_read_text(arg) for arg in node.args]
            template = texts.get("path_template") or texts.get("path") or (args[1] if len(args) > 1 else None)
            computed = {"path", "path_template"} & {k.arg for k in node.keywords} - set(texts)
            module = texts.get("module") or (args[0] if args else None)
            # A path that is computed may be any: it is not this URL's as far as can be told.
            yield _RegisterCall(node.lineno, template, module or ("?" if computed else None), condition)
        within = (node.lineno, lines[node.lineno - 1].strip()) if isinstance(node, _CONDITIONS) else condition
        yield from _find_calls(node, lines, within)


def _read_text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _find_blueprints(app: InspectedApp, path: str, method: str) -> Iterator[Hint]:
    server = app.dash_app.server
    package = "quart" if any(base.__module__.startswith("quart") for base in type(server).__mro__) else "flask"
    module = sys.modules[package]
    kind, server_kind = module.Blueprint, getattr(module, package.capitalize())
    gc.collect()
    things = [thing for thing in gc.get_objects() if issubclass(type(thing), (kind, server_kind))]
    others = [thing for thing in things if issubclass(type(thing), server_kind) and thing is not server]
    elsewhere = {id(blueprint) for other in others for blueprint in other.blueprints.values()}
    known = {id(blueprint) for blueprint in server.blueprints.values()}
    for blueprint in [thing for thing in things if issubclass(type(thing), kind)]:
        if id(blueprint) in known or blueprint.import_name.partition(".")[0] == "dash":
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
    segments = path.strip("/").split("/")
    for count in range(len(segments)):
        prefix = "".join(f"/{segment}" for segment in segments[:count])
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
    from fastapi import APIRouter, FastAPI
    from starlette.routing import compile_path

    known = {rule.function for rule in app.rules if callable(rule.function)}
    gc.collect()
    things = gc.get_objects()
    own = {id(server.router) for server in things if issubclass(type(server), FastAPI)}
    for router in [thing for thing in things if issubclass(type(thing), APIRouter) and id(thing) not in own]:
        for route in router.routes:
            endpoint = getattr(route, "endpoint", None)
            is_known = endpoint in known or str(getattr(endpoint, "__module__", "")).startswith("dash_true404.")
            if is_known or method not in (getattr(route, "methods", None) or ()):
                continue
            expression = compile_path(getattr(route, "path", "/"))[0]
            segments = path.strip("/").split("/")
            starts = ["".join(f"/{segment}" for segment in segments[:count]) for count in range(len(segments))]
            prefix = next((start for start in starts if expression.match(path[len(start) :])), None)
            if prefix is not None:
                module = getattr(endpoint, "__module__", "")
                argument = f", prefix={prefix!r}" if prefix else ""
                yield Hint(
                    "loading",
                    f"The APIRouter {module}:{_find_variable(router, module)} exists, but was never included. Call "
                    f"app.server.include_router({_find_variable(router, module)}{argument}).",
                )
