"""The paths of rules and pages, taken apart: Dash's templates, Werkzeug's rules and Starlette's paths."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import unquote

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

# Dash's and Flask's <name>, <int:name>, <any(a, b):name>, and FastAPI's {name}, {name:path}.
_VARIABLE = re.compile(r"<(?:([^<>:()]+(?:\([^<>]*\))?):)?([^<>:]+)>|\{([^{}:]+)(?::([^{}]+))?\}")
_SAMPLES = {"int": "1", "float": "1.5", "uuid": "00000000-0000-4000-8000-000000000000"}


class Variable(NamedTuple):
    """A variable of a rule, such as ``<int:n>``."""

    text: str
    name: str
    converter: str
    value: str = ""


class Pattern:
    """The path of a rule or page, taken apart.

    :param path: as it was registered.
    """

    def __init__(self, path: str) -> None:
        found = list(_VARIABLE.finditer(path))
        ends = [0, *(match.end() for match in found)]
        self.text = path
        self.literals = [path[a:b] for a, b in zip(ends, [*(m.start() for m in found), len(path)], strict=True)]
        self.variables = [Variable(m[0], m[2] or m[3], m[1] or m[4] or "") for m in found]

    def values(self, path: str, flags: int = 0) -> list[str] | None:
        """Return the variables' values if a path has this shape, whatever the converters say of them."""
        expressions = ["([^/]+)"] * len(self.variables)
        if expressions and not self.literals[-1].strip("/"):
            expressions[-1] = "(.+?)"
        found = re.fullmatch(self._joined([re.escape(text) for text in self.literals], expressions), path, flags)
        return list(found.groups()) if found else None

    def with_values(self, values: Iterable[str]) -> str:
        """Return a URL of this shape."""
        return self._joined(self.literals, list(values))

    @staticmethod
    def _joined(literals: list[str], between: list[str]) -> str:
        return literals[0] + "".join(value + text for value, text in zip(between, literals[1:], strict=True))

    def sample(self) -> str:
        """Return a URL of this shape, with values that the usual converters match."""
        return self.with_values(_SAMPLES.get(one.converter.partition("(")[0], "x") for one in self.variables)

    def prefixes(self) -> list[str]:
        """Return the beginnings of the path, as far as they have no variable."""
        return list_beginnings(self.literals[0] + "x" * bool(self.variables))


def list_beginnings(path: str) -> list[str]:
    """Return what a path begins with, the shortest first, without the whole.

    >>> list_beginnings("/a/b/c")
    ['/a', '/a/b']
    """
    segments = path.strip("/").split("/")
    return ["/" + "/".join(segments[:count]) for count in range(1, len(segments))]


def accepts(server: Any, variable: Variable, value: str) -> bool:
    """Tell whether a variable, alone, matches a value.

    :param server: whose converters count.
    :param variable: of one of its rules.
    :param value: percent-encoded.
    """
    if variable.text.startswith("{"):
        from starlette.routing import compile_path

        return compile_path(f"/{variable.text}")[0].match("/" + unquote(value)) is not None
    rules = Map([Rule(f"/{variable.text}")], converters=server.url_map.converters)
    try:
        rules.bind("localhost").match("/" + unquote(value))
    except HTTPException:
        return False
    return True


def describe_accepted(variable: Variable) -> str:
    """Return what a variable matches, in a sentence."""
    known = {
        "int": "It matches digits only.",
        "float": "It matches numbers with a decimal point only.",
        "uuid": "It matches UUIDs only.",
        "": "It matches no slash; a path converter does.",
        "string": "It matches no slash; a path converter does.",
    }
    if "(" in variable.converter:
        return "Its arguments say what it matches."
    return known.get(variable.converter, f"Its converter, {variable.converter!r}, says what it matches.")
