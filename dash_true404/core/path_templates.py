"""``path_template``s, matched exactly as Dash's own router in the browser matches them."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatch

from .paths import reachable, reencoded

#: A variable of a ``path_template``.
VARIABLE = re.compile("<(.*?)>")
# What fnmatch or re would interpret. Not the dot: fnmatch takes it literally, so re can't reject it.
_SPECIAL = re.compile(r"[][*?\\^$+{}|()]")


def reachable_template(template: str) -> str:
    """Return a path or template as browsers can reach it; most are unchanged."""
    return _with_literals(reachable, template)


def _with_literals(change: Callable[[str], str], template: str) -> str:
    """Return a template with its literal parts changed and its variables as they were."""
    parts = VARIABLE.split(template)
    return "".join(f"<{part}>" if i % 2 else change(part) for i, part in enumerate(parts))


def _rfind(path: str, literal: str, start: int, end: int) -> int:
    return path.rfind(literal, start, end)


def _rfind_dots_as_any(path: str, literal: str, start: int, end: int) -> int:
    """Like _rfind, but a dot in the literal stands for any character, as in a regular expression."""
    matches = re.compile(literal).match
    # It is only called where the literal itself was found, so there is a match.
    return next(at for at in range(end - len(literal), start - 1, -1) if matches(path, at))


class PathTemplate:
    """A ``path_template``, matched as Dash matches it: each ``<name>`` matches as much as it can, slashes too.

    :param template: the template, with or without slashes around it, such as ``/item/<item_id>``.

    >>> PathTemplate("/item/<item_id>").match("item/a/b")
    {'item_id': 'a/b'}
    """

    def __init__(self, template: str) -> None:
        self.text = template.strip("/")
        self.names = VARIABLE.findall(self.text)
        self._literals = VARIABLE.split(self.text)[::2]
        self.is_odd = any(map(_SPECIAL.search, self._literals))
        """Whether it contains characters that Dash treats as a pattern although they were meant literally."""
        self.ends = (self._literals[0], self._literals[-1])
        """What every matching path begins and ends with, unless the template is odd."""
        self.inner = max(self._literals[1:-1], key=len, default="")
        """What every such path contains between its ends."""

    def match(self, path: str) -> dict[str, str] | None:
        """Return the variables as Dash passes them, or None; in time linear in the length of the path.

        :param path: the path as the browser holds it, without slashes around it.
        :raises Exception: where Dash's router fails on the path (an odd template only).
        """
        if self.is_odd:
            return self._match_as_dash_does(path)
        if not self.names:
            return None  # Dash compares the page's path instead
        values = self._values(path, _rfind)
        if values and any("." in literal for literal in self._literals[1:-1]):
            values = self._values(path, _rfind_dots_as_any)  # once it matches, Dash reads the variables with re
        return dict(zip(self.names, values, strict=True)) if values else None

    def takes(self, path: str) -> bool:
        """Tell whether the template matches; False if Dash's router fails on the path."""
        try:
            return self.match(path) is not None
        except Exception:  # IndexError, re.error, ...
            return False

    def _values(self, path: str, rfind: Callable[[str, str, int, int], int]) -> list[str] | None:
        """Return the variables' values, where each matches as much as it can, the first one first."""
        first, *between, last = self._literals
        start, end = len(first), len(path) - len(last)
        if end < start or not path.startswith(first) or not path.endswith(last):
            return None
        values: list[str] = []
        for literal in reversed(between):
            at = rfind(path, literal, start, end)
            if at < 0:
                return None
            values.append(path[at + len(literal) : end])
            end = at
        return [path[start:end], *reversed(values)]

    def _match_as_dash_does(self, path: str) -> dict[str, str] | None:
        if not fnmatch(path, "*".join(self._literals)):
            return None
        found = re.findall("(.*)".join(self._literals), path)
        # Dash takes the first finding without checking that there is one.
        values = found[0] if isinstance(found[0], tuple) else found
        return dict(zip(self.names, values, strict=False)) or None

    def reencoded(self) -> PathTemplate:
        """Return the template for paths that a proxy decoded and encoded again."""
        template = PathTemplate(_with_literals(reencoded, self.text))
        # Dash never sees this one: its brackets, from %28 and %29, aren't a pattern.
        template.is_odd = self.is_odd
        return template


class TemplateIndex:
    """Templates in their order; a path is compared only with those whose literals it contains.

    >>> index = TemplateIndex()
    >>> index.add(0, PathTemplate("/item/<item_id>"))
    >>> index.candidates("news/1")
    []
    """

    def __init__(self) -> None:
        # By how long the literals at both ends are, and by what they are: there are few lengths.
        self._by_ends: dict[tuple[int, int], dict[tuple[str, str], list[tuple[str, _Entry]]]] = {}
        self._odd: list[_Entry] = []

    def add(self, position: int, template: PathTemplate) -> None:
        """Add a template.

        :param position: its place in the order, after those that are there.
        """
        if template.is_odd:
            self._odd.append((position, template))
        else:
            first, last = template.ends
            by_ends = self._by_ends.setdefault((len(first), len(last)), {})
            by_ends.setdefault(template.ends, []).append((template.inner, (position, template)))

    def candidates(self, path: str) -> list[_Entry]:
        """Return, in order and with their positions, those that may match a path."""
        found = self._odd.copy()
        for (first, last), by_ends in self._by_ends.items():
            alike = by_ends.get((path[:first], path[len(path) - last :]), ())
            found += [entry for inner, entry in alike if inner in path]
        return sorted(found, key=lambda entry: entry[0])


_Entry = tuple[int, PathTemplate]
