"""The files of an app's pages folder, and why what they register may not be there."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import dash

from .inspected_app import InspectedApp
from .names import shorten_file

_CONDITIONS = (ast.If, ast.Try, ast.FunctionDef, ast.AsyncFunctionDef, ast.For, ast.While, ast.With, ast.Match)


class RegisterCall(NamedTuple):
    """A call of register_page in a file."""

    line: int
    template: str | None
    """The path or template, if it stands there as a text."""
    module: str | None
    """The first argument, if it is a text; ``?`` if it is computed, None for ``__name__``."""
    condition: tuple[int, str] | None
    """The line and the text of what it stands in."""


class PageFile(NamedTuple):
    """A file of the pages folder."""

    path: Path
    parts: tuple[str, ...]
    """Its path below the folder, without the ending."""
    calls: list[RegisterCall]
    has_the_word: bool
    """Whether it has the text ``register_page``, by which Dash chooses the files that it imports."""
    error: str | None = None
    """Why it could not be read."""

    @property
    def name(self) -> str:
        """Its path, as people see it."""
        return shorten_file(self.path)


def list_page_files(app: InspectedApp) -> Iterator[PageFile]:
    """Yield the files of an app's pages folder."""
    folder = Path(str(app.dash_app.config.get("pages_folder") or "no pages folder"))
    for path in sorted(folder.rglob("*.py")) if folder.is_dir() else ():
        parts = path.relative_to(folder).with_suffix("").parts
        try:
            source = path.read_text(encoding="utf-8")
            calls = list(_find_calls(ast.parse(source), source.splitlines()))
        except (OSError, ValueError, SyntaxError) as error:
            yield PageFile(path, parts, [], False, f"cannot be read as Python: {error}. Correct it.")
        else:
            yield PageFile(path, parts, calls, "register_page" in source)


def has_lost_page(file: PageFile) -> bool:
    """Tell whether a file was imported and called register_page, and its page is not there.

    What it calls within a condition, or with a module that is computed, cannot be told.
    """
    modules = find_modules(file.path)
    asked = [{call.module} if call.module else modules for call in file.calls if not call.condition]
    return bool(modules) and any("?" not in names and not names & set(dash.page_registry) for names in asked)


def explain_file(app: InspectedApp, file: PageFile) -> str:
    """Return why what a file registers is not there, as the rest of a sentence about the file."""
    if not app.dash_app.use_pages:
        return "is not read: the app is made without pages. Make it with Dash(..., use_pages=True)."
    skipped = next((part for part in file.parts if part.startswith(("_", "."))), None)
    if skipped:
        better = os.path.join(*(part.lstrip("_.") or part for part in file.parts)) + ".py"
        return f"is skipped: Dash reads no file or folder that begins with '_' or '.'. Rename it to {better}."
    if not file.has_the_word:
        return "never calls register_page, so Dash does not import it. Add dash.register_page(__name__)."
    if not file.calls:
        return "has the text register_page, but never calls it. Add dash.register_page(__name__)."
    if not find_modules(file.path):
        return (
            "has not been imported: it failed, or it was not there yet when the app was made. Import it alone to see "
            "its error, and restart the app."
        )
    conditions = [call for call in file.calls if call.condition]
    if conditions:
        line, text = conditions[0].condition or (0, "")
        return (
            f"calls register_page only within {text!r} (line {line}), which did not come to it. Call it "
            "at the top level of the file, or see why the condition does not hold."
        )
    return (
        "was imported, but its page is not in dash.page_registry any more: something has taken it out or replaced it."
    )


def find_modules(file: Path) -> set[str]:
    """Return the names under which a file was imported."""
    resolved = os.path.realpath(file)
    modules = ((name, getattr(module, "__file__", None)) for name, module in list(sys.modules.items()))
    return {name for name, imported in modules if imported and os.path.realpath(imported) == resolved}


def _find_calls(tree: ast.AST, lines: list[str], condition: tuple[int, str] | None = None) -> Iterator[RegisterCall]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "register_page":
            texts = {k.arg: _read_text(k.value) for k in node.keywords if _read_text(k.value) is not None}
            args = [_read_text(arg) for arg in node.args]
            template = texts.get("path_template") or texts.get("path") or (args[1] if len(args) > 1 else None)
            computed = {"path", "path_template"} & {k.arg for k in node.keywords} - set(texts)
            module = _read_module(node)
            # A path that is computed may be any: it is not this URL's as far as can be told.
            yield RegisterCall(node.lineno, template, module or ("?" if computed else None), condition)
        within = (node.lineno, lines[node.lineno - 1].strip()) if isinstance(node, _CONDITIONS) else condition
        yield from _find_calls(node, lines, within)


def _read_text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _read_module(call: ast.Call) -> str | None:
    """Return the module that a call names; None for ``__name__``, and ``?`` for what is computed."""
    by_name = [keyword.value for keyword in call.keywords if keyword.arg in ("module", None)]
    node = (by_name + call.args + [ast.Constant("?")])[0]
    return None if isinstance(node, ast.Name) and node.id == "__name__" else _read_text(node) or "?"
