"""Which URLs are pages, exactly as Dash's own router in the browser will see it. Knows no web framework."""

from __future__ import annotations

import functools
import inspect
import math
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatch
from keyword import iskeyword
from typing import Any, NamedTuple

from .paths import reachable, reencoded

Page = Mapping[str, Any]

#: A variable of a ``path_template``.
VARIABLE = re.compile("<(.*?)>")
# What fnmatch or re would interpret. A dot is left out: fnmatch takes it literally, so re cannot refuse it.
_SPECIAL = re.compile(r"[][*?\\^$+{}|()]")
# What proxies encode and browsers do not, or the other way round.
_ENCODED_OTHERWISE = re.compile("[%|^]")


def check_path(path: object) -> None:
    """Refuse what can be no path or template of a page.

    :raises TypeError: if it is no text.
    :raises ValueError: if it does not start with a slash, if its ``<`` and ``>`` do not make variables, or if no
        browser can reach it.
    """
    if not isinstance(path, str):
        raise TypeError(f"paths= takes texts such as '/reports' or '/reports/<year>', not {path!r}.")
    if not path.startswith("/"):
        raise ValueError(
            f"{path!r} in paths= does not start with a slash. Write the path alone, such as '/reports': "
            "without host, and without the app's prefix."
        )
    rest, names = VARIABLE.sub("", path), VARIABLE.findall(path)
    if "<" in rest or ">" in rest or not all(name.isidentifier() and not iskeyword(name) for name in names):
        raise ValueError(f"{path!r} in paths= has a '<' or '>' that makes no variable. Write '<name>', without spaces.")
    if "{" in rest or "}" in rest:
        raise ValueError(f"{path!r} in paths= has braces. Variables are written '<name>'.")
    better = reachable_template(path)
    if better != path:
        raise ValueError(f"No browser sends {path!r} of paths= like that: they percent-encode it. Write {better!r}.")


def reachable_template(template: str) -> str:
    """Return a path or template as browsers can reach it; most stay the same."""
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
    return next((at for at in range(end - len(literal), start - 1, -1) if matches(path, at)), -1)


def is_async(function: Any) -> bool:
    """Tell whether what a function, or whatever can be called, returns has to be awaited."""
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


class Match(NamedTuple):
    """A page, and the path variables that Dash passes to it."""

    page: Page
    variables: Mapping[str, str]


class PathTemplate:
    """A ``path_template``, matched as Dash matches it: each ``<name>`` takes as much as it can, slashes too.

    :param template: the template, with or without slashes around it, such as ``/item/<item_id>``.

    >>> PathTemplate("/item/<item_id>").match("item/a/b")
    {'item_id': 'a/b'}
    """

    def __init__(self, template: str) -> None:
        self.text = template.strip("/")
        self.names = VARIABLE.findall(self.text)
        self._literals = VARIABLE.split(self.text)[::2]
        self.is_odd = any(map(_SPECIAL.search, self._literals))
        """Whether it holds characters that Dash takes for a pattern although they were meant literally."""

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
        """Tell whether the template matches; not where Dash's router fails on the path."""
        try:
            return self.match(path) is not None
        except Exception:  # IndexError, re.error, ...
            return False

    def _values(self, path: str, rfind: Callable[[str, str, int, int], int]) -> list[str] | None:
        """Return the variables' values if each one takes as much as it can, the first one first."""
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
        # Dash takes the first finding without looking whether there is one.
        values = found[0] if isinstance(found[0], tuple) else found
        return dict(zip(self.names, values, strict=False)) or None

    def reencoded(self) -> PathTemplate:
        """Return the template for paths that a proxy has decoded and encoded again."""
        template = PathTemplate(_with_literals(reencoded, self.text))
        # Dash never sees this one: the brackets that it has for %28 and %29 are no pattern.
        template.is_odd = self.is_odd
        return template


class _Routes:
    """An ordered list of pages with their paths and templates; the first match wins."""

    def __init__(self, routes: Iterable[tuple[Page, str, PathTemplate | None]]) -> None:
        self._by_path: dict[str, tuple[int, Page]] = {}
        self._templates: list[tuple[int, PathTemplate, Page]] = []
        self._first: dict[str, Match] = {}
        for position, (page, path, template) in enumerate(routes):
            self._by_path.setdefault(path, (position, page))
            if template:
                self._templates.append((position, template, page))

    def first(self, path: str) -> Match | None:
        """Return the first page that takes the path; the answer for a page's own path is remembered."""
        found = self._first.get(path)
        if found is None:
            limit, own = self._by_path.get(path, (math.inf, None))
            found = self._by_template(path, limit) or (Match(own, {}) if own is not None else None)
            if own is not None and found is not None:
                self._first[path] = found
        return found

    def _by_template(self, path: str, limit: float) -> Match | None:
        for position, template, page in self._templates:
            if position > limit:
                break
            variables = template.match(path)
            if variables:
                return Match(page, variables)
        return None


class _Snapshot:
    """The pages at one moment, and what tells in O(1) whether the registry has changed since."""

    def __init__(self, registry: Mapping[str, Page], further: Iterable[Page]) -> None:
        entries = list(registry.items())
        self._size = len(entries)
        # register_page makes every page's relative_path anew, so one of these strings witnesses for all pages.
        # Not that of "/" (CPython shares strings of one character) and not that of "" (the prefix itself).
        telling = next(([entry] for entry in entries if len(entry[1]["path"]) > 1), entries)
        self._witnesses = [(module, page, page.get("relative_path")) for module, page in telling]
        self.not_found_page: Page | None = next(
            (page for module, page in entries if module.split(".")[-1] == "not_found_404"), None
        )
        routes = [
            (page, page["path"].strip("/"), PathTemplate(text) if (text := page["path_template"]) else None)
            for page in (*(page for _, page in entries), *further)
        ]
        self.routes = _Routes(routes)
        self.reencoded = _Routes(
            (page, reencoded(path), template and template.reencoded())
            for page, path, template in routes
            if _ENCODED_OTHERWISE.search(path + (template.text if template else ""))
        )

    def is_current(self, registry: Mapping[str, Page]) -> bool:
        return len(registry) == self._size and all(
            registry.get(module) is page and page.get("relative_path") is relative_path
            for module, page, relative_path in self._witnesses
        )


class Pages:
    """The pages of a registry, answering for any path which of them Dash would render.

    :param registry: ``dash.page_registry``. It is read once; what ``register_page`` adds or replaces, and what
        is removed, counts from the next question on.
    :param paths: further paths and templates that are pages, after those of the registry.

    >>> Pages(dash.page_registry).find("item/42").page["module"]
    'pages.item'
    """

    def __init__(self, registry: Mapping[str, Page], paths: Iterable[str] = ()) -> None:
        self._registry = registry
        self._further = [
            {"module": None, "path": path, "path_template": path if "<" in path else None} for path in paths
        ]
        self._snapshot: _Snapshot | None = None
        self._building = threading.Lock()

    def find(self, path: str) -> Match | None:
        """Return the page that Dash's router renders for a path, or None where it renders "not found".

        :param path: as the browser holds it (percent-encoded), without the app's prefix and slashes around it.

        Dash's ``not_found_404`` page is never the answer, and a path on which Dash's router fails has none.
        """
        now = self._now()
        try:
            match = now.routes.first(path) or now.reencoded.first(path)
        except Exception:  # an odd template fails in many ways (IndexError, re.error), in Dash's router as here
            return None
        return None if match is None or match.page is now.not_found_page else match

    @property
    def not_found_page(self) -> Page | None:
        """The page that Dash draws for URLs that are no page, if the app has one."""
        return self._now().not_found_page

    def _now(self) -> _Snapshot:
        snapshot = self._snapshot
        if snapshot is None or not snapshot.is_current(self._registry):
            with self._building:
                snapshot = self._snapshot
                if snapshot is None or not snapshot.is_current(self._registry):
                    snapshot = self._snapshot = _Snapshot(self._registry, self._further)
        return snapshot

    def faults(self, may_be_async: bool) -> Iterable[str]:
        """Yield what is wrong with the ``exists`` of pages.

        :param may_be_async: whether the server can wait for an ``async def``.
        """
        for module, page in list(self._registry.items()):
            exists = page.get("exists")
            if exists is None:
                continue
            if not callable(exists):
                yield f"exists of page {module!r} is {exists!r}. It should be a function that returns True or False."
                continue
            if is_async(exists) and not may_be_async:
                yield (
                    f"exists of page {module!r} is async, which this app cannot wait for. Make it a plain def. "
                    "(On Quart and FastAPI it may be async once Dash's own async support is installed: "
                    'pip install "dash[async]".)'
                )
            template = PathTemplate(page["path_template"] or "")
            calls: list[list[str]] = [template.names]
            own = (page.get("supplied_path") or "").strip("/")
            if template.names and own and not template.takes(own):
                calls.append([])  # by its own path Dash finds it without variables
            for names in calls:
                try:
                    inspect.signature(exists).bind(**dict.fromkeys(names))
                except TypeError as error:
                    yield (
                        f"exists of page {module!r} cannot be called with the variables of its path, "
                        f"({', '.join(names)}): {error}. Give it a parameter of the same name for each of them."
                    )
                except ValueError:
                    pass  # a built-in that does not tell its signature

    def warnings(self) -> Iterable[str]:
        """Yield what the pages' author should know before visitors find out."""
        for module, page in list(self._registry.items()):
            template = page["path_template"]
            if template and PathTemplate(template).is_odd:
                yield (
                    f"The path_template {template!r} of page {module!r} holds characters that Dash takes for a "
                    "pattern (any of [ ] * ? \\ ^ $ + { } | ( )), so it may match other URLs than it says, or fail. "
                    "It is matched as Dash does; better to register a template without them."
                )
            # A path that was inferred from a template is a placeholder, not a URL to visit.
            path = page.get("supplied_path") or ("" if template else page["path"])
            for argument, text in (("path_template", template or ""), ("path", path)):
                better = (reachable_template if argument == "path_template" else reachable)(text)
                if better != text:
                    yield (
                        f"No browser can reach page {module!r} by its {argument} {text!r}: browsers percent-encode "
                        f"it, and Dash compares the encoded form. Register {argument}={better!r} instead."
                    )
