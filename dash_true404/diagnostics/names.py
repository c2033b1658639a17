"""How pages, rules and functions are named in a sentence."""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, FunctionType, MethodType
from typing import Any

from ..core.pages import Match, Page
from ..dash_internals.observers import what_runs
from .rules import Rule


def name_match(match: Match | None) -> str:
    """Name the page that a look-up has found."""
    return name_page(match.page) if match is not None else "a page that could not be looked up"


def name_page(page: Page) -> str:
    """Name a page of the registry, or one of ``paths=``."""
    template = page["path_template"]
    if not page.get("module"):
        return f"the page {template or page['path']} of paths="
    return f"page {page['module']!r}" + (f" ({template})" if template else "")


def name_rule(rule: Rule, path: str | None = None) -> str:
    """Name a rule.

    :param path: the URL that has just been named, for a rule that is no more than that.
    """
    kinds = {
        "assets": "Dash's rule for assets",
        "mount": "the mount",
        "dash": "Dash's own rule",
        "redirect": "Dash's redirect",
    }
    kind = kinds.get(rule.kind, "the rule")
    if rule.kind in kinds:
        return kind if rule.path == path else f"{kind} {rule.path}"
    return f"{kind} of endpoint {rule.endpoint}" if rule.path == path else f"{kind} {rule.path} ({rule.endpoint})"


def name_function(function: Any) -> str:
    """Name a function, or whatever can be called, with where it stands: ``need_login`` (shop/app.py:27)."""
    runs, code = _find_what_runs(function), find_code(function)
    if code is None:
        return f"`{getattr(runs, '__name__', type(runs).__name__)}`"
    name = code.co_name if type(runs) in (FunctionType, MethodType) else type(runs).__name__
    return name_line(name, code.co_filename, code.co_firstlineno)


def find_code(function: Any) -> CodeType | None:
    """Return the code that runs first when something is called, not that of what a decorator is around."""
    runs = _find_what_runs(function)
    if type(runs) not in (FunctionType, MethodType):
        runs = type(runs).__call__
    code: CodeType | None = getattr(runs, "__code__", None)
    return code


def _find_what_runs(function: Any) -> Any:
    while type(function) is functools.partial:
        function = function.func
    return what_runs(function)


def shorten_file(file: Path) -> str:
    """Return a file's path, from the current folder if it is below that."""
    return os.path.relpath(file) if file.is_relative_to(Path.cwd()) else str(file)


def name_line(name: str, file: str, line: int) -> str:
    """Name a function with a line of a file: ``need_login`` (shop/app.py:27)."""
    return f"`{name}` ({shorten_file(Path(file))}:{line})"


def capitalize(text: str) -> str:
    """Return a text as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def join_words(words: list[str]) -> str:
    """Return words as a list within a sentence.

    >>> join_words(["GET", "POST", "PUT"])
    'GET, POST and PUT'
    """
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def name_some(things: Sequence[str], most: int) -> str:
    """Name so many things at most, and say how many more there are.

    >>> name_some(["/a", "/b", "/c"], 2)
    '/a, /b and 1 more'
    """
    more = f" and {len(things) - most} more" if len(things) > most else ""
    return ", ".join(things[:most]) + more
