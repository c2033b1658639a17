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
from ..probe import Probe, page_name
from .near_misses import Hint

_CONDITIONS = (ast.If, ast.Try, ast.FunctionDef, ast.AsyncFunctionDef, ast.For, ast.While, ast.With, ast.Match)


def not_loaded(probe: Probe, path: str, method: str) -> Iterator[Hint]:
    """Yield what would take a URL if it had been loaded.

    :param probe: of the app.
    :param path: percent-encoded; neither a page nor a rule takes it.
    :param method: the request's.
    """
    yield from _pages_without_use_pages(probe, path)
    yield from _files(probe, path)
    yield from (_routers if hasattr(probe.app.server, "router") else _blueprints)(probe, path, method)


def _inner(probe: Probe, path: str) -> str:
    return path.removeprefix(probe.site.prefix).strip("/")


def _pages_without_use_pages(probe: Probe, path: str) -> Iterator[Hint]:
    match = None if probe.app.use_pages else Pages(dash.page_registry).find(_inner(probe, path))
    if match is not None:
        yield Hint(
            "loading",
            f"{page_name(match.page)} is registered, but for another app: this one is made without pages. Make it with "
            "Dash(..., use_pages=True), and put dash.page_container into its layout.",
        )


class _Call(NamedTuple):
    """A call of register_page in a file."""

    line: int
    template: str | None
    """The path or template, if it stands there as a text."""
    module: str | None
    """The first argument, if it is a text and not __name__."""
    condition: tuple[int, str] | None
    """The line and the text of what it stands in."""


def _files(probe: Probe, path: str) -> Iterator[Hint]:
    folder = Path(str(probe.app.config.get("pages_folder") or "no pages folder"))
    if not folder.is_dir() or not path.startswith(probe.site.prefix):
        return
    for file in sorted(folder.rglob("*.py")):
        parts = file.relative_to(folder).with_suffix("").parts
        try:
            source = file.read_text(encoding="utf-8")
            calls = list(_calls(ast.parse(source), source.splitlines()))
        except (OSError, ValueError, SyntaxError) as error:
            if _is_meant(parts, _inner(probe, path)):
                yield Hint("loading", f"{_shown(file)} cannot be read as Python: {error}. Correct it.")
            continue
        if _names_url(calls, parts, _inner(probe, path)):
            yield Hint("loading", f"{_shown(file)} {_why_not(probe, file, parts, calls, source)}")


def _shown(file: Path) -> str:
    return os.path.relpath(file) if file.is_relative_to(Path.cwd()) else str(file)


def _names_url(calls: list[_Call], parts: tuple[str, ...], inner: str) -> bool:
    """Tell whether a file's page would be at a URL."""
    for call in calls:
        if call.template is None:
            if call.module is None and _is_meant(parts, inner):
                return True
        elif call.template.strip("/") == inner or PathTemplate(call.template).takes(inner):
            return True
    return not calls and _is_meant(parts, inner)


def _is_meant(parts: tuple[str, ...], inner: str) -> bool:
    """Tell whether Dash would infer a URL from a file's name, with or without what makes Dash skip the file."""
    names = {"/".join(parts), "/".join(part.lstrip("_.") for part in parts)}
    return bool(inner) and inner in {name.replace("_", "-").lower() for name in names}


def _why_not(probe: Probe, file: Path, parts: tuple[str, ...], calls: list[_Call], source: str) -> str:
    if not probe.app.use_pages:
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


def _calls(tree: ast.AST, lines: list[str], condition: tuple[int, str] | None = None) -> Iterator[_Call]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "register_page":
            texts = {k.arg: _text(k.value) for k in node.keywords if _text(k.value) is not None}
            args = [_text(arg) for arg in node.args]
            template = texts.get("path_template") or texts.get("path") or (args[1] if len(args) > 1 else None)
            computed = {"path", "path_template"} & {k.arg for k in node.keywords} - set(texts)
            module = texts.get("module") or (args[0] if args else None)
            # A path that is computed may be any: it is not this URL's as far as can be told.
            yield _Call(node.lineno, template, module or ("?" if computed else None), condition)
        within = (node.lineno, lines[node.lineno - 1].strip()) if isinstance(node, _CONDITIONS) else condition
        yield from _calls(node, lines, within)


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _blueprints(probe: Probe, path: str, method: str) -> Iterator[Hint]:
    server = probe.app.server
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
        prefix = _prefix_to_match(rules.url_map, path, method)
        if prefix is not None:
            where = (
                "is registered on another server, not on this app's"
                if id(blueprint) in elsewhere
                else ("exists, but was never registered")
            )
            argument = f", url_prefix={prefix!r}" if prefix else ""
            variable = _variable(blueprint, blueprint.import_name)
            yield Hint(
                "loading",
                f"Blueprint {blueprint.name!r} ({blueprint.import_name}:{variable}) {where}. Call "
                f"app.server.register_blueprint({variable}{argument}) before the first request.",
            )


def _prefix_to_match(urls: Any, path: str, method: str) -> str | None:
    """Return what prefix makes rules take a URL: the longest rule, so the shortest prefix."""
    segments = path.strip("/").split("/")
    for count in range(len(segments)):
        prefix = "".join(f"/{segment}" for segment in segments[:count])
        try:
            urls.bind("localhost").match(path[len(prefix) :] or "/", method)
            return prefix
        except HTTPException:
            continue
    return None


def _variable(thing: Any, module: str) -> str:
    names = vars(sys.modules[module]) if module in sys.modules else {}
    return next((name for name, value in names.items() if value is thing), getattr(thing, "name", "router"))


def _routers(probe: Probe, path: str, method: str) -> Iterator[Hint]:
    from fastapi import APIRouter, FastAPI
    from starlette.routing import compile_path

    known = {rule.function for rule in probe.all_rules if callable(rule.function)}
    gc.collect()
    things = gc.get_objects()
    own = {id(server.router) for server in things if issubclass(type(server), FastAPI)}
    for router in [thing for thing in things if issubclass(type(thing), APIRouter) and id(thing) not in own]:
        for route in router.routes:
            endpoint = getattr(route, "endpoint", None)
            if endpoint in known or method not in (getattr(route, "methods", None) or ()):
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
                    f"The APIRouter {module}:{_variable(router, module)} exists, but was never included. Call "
                    f"app.server.include_router({_variable(router, module)}{argument}).",
                )
