"""Which URLs are pages, exactly as Dash's own router in the browser decides it. Knows no web framework."""

from __future__ import annotations

import functools
import inspect
import operator
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

from .logs import warn_once
from .path_templates import PathTemplate, TemplateIndex
from .paths import reencoded

Page = Mapping[str, Any]
#: Returns the page that a router draws for a path, empty for none, and the path's variables.
PathToPage = Callable[[str], tuple[Any, Any]]

_T = TypeVar("_T")

_MOST_TRIES = 100

# What proxies encode and browsers don't, or the other way round.
_ENCODED_OTHERWISE = re.compile("[%|^]")


def is_async(function: Any) -> bool:
    """Tell whether what a callable returns has to be awaited."""
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


def registered_path(page: Page) -> str | None:
    """Return the path that a page was registered with.

    None for a page that has a template alone: the path that Dash infers from it, such as ``/item/none``, is a
    placeholder, not a URL to visit.
    """
    return page.get("supplied_path") or (None if page["path_template"] else page["path"])


def path_or_template(page: Page) -> str:
    """Return the template of a page or, if it has none, its path."""
    path: str = page["path_template"] or page["path"]
    return path


def is_not_found_page(module: object) -> bool:
    """Tell by a page's module whether Dash draws it for unknown URLs."""
    return isinstance(module, str) and module.rpartition(".")[2] == "not_found_404"


def is_real_page(entry: object) -> bool:
    """Tell whether an entry of a registry is a page for Dash's router: it has a path, and a template or None."""
    if not isinstance(entry, (dict, Mapping)):  # dict first, because isinstance(..., Mapping) is slower
        return False
    template = entry.get("path_template", 0)
    return isinstance(entry.get("path"), str) and (template is None or isinstance(template, str))


def real_pages(entries: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Page]]:
    """Yield the pages among the entries of a registry, which may contain other things too."""
    return ((module, entry) for module, entry in entries if is_real_page(entry))


class Match(NamedTuple):
    """A page, and the path variables that Dash passes to it."""

    page: Page
    variables: Mapping[str, str]


class _PathTable:
    """An ordered list of pages, with paths and templates for some of them; the first match wins.

    :param pages: the pages.
    """

    def __init__(self, pages: Sequence[Page]) -> None:
        self._pages = pages
        self._by_path: dict[str, int] = {}
        self._templates = TemplateIndex()

    def add(self, position: int, path: str, template: PathTemplate | None) -> None:
        """Add the path of a page, after those of the pages before it."""
        self._by_path.setdefault(path, position)
        if template:
            self._templates.add(position, template)

    def first(self, path: str) -> Match | None:
        """Return the first page that matches the path."""
        own = self._by_path.get(path)
        for position, template in self._templates.candidates(path):
            if own is not None and position > own:
                break
            variables = template.match(path)
            if variables:
                return Match(self._pages[position], variables)
        return None if own is None else Match(self._pages[own], {})


def _describe_odd_entry(key: object, entry: object) -> str:
    return (
        f"dash.page_registry[{key!a:.200}] isn't a page (it is a {type(entry).__name__}), so it is skipped. "
        "Dash's own router fails on such an entry: it doesn't draw the pages registered after it, nor \"not found\". "
        "Keep it somewhere else."
    )


class LockedSteps:
    """An iterator that several threads step through, one at a time."""

    def __init__(self, steps: Iterator[str]) -> None:
        self._steps = steps
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        with self._lock:
            return next(self._steps)


# With the GIL, nothing comes between the beginning and the end of a step. On a free-threaded build something may.
_HAS_GIL = getattr(sys, "_is_gil_enabled", lambda: True)()
_shared: Callable[[Iterator[str]], Iterator[str]] = iter if _HAS_GIL else LockedSteps


def read_again(read: Callable[..., _T], *args: Any) -> _T:
    """Return what a function reads of a registry; it is called again if another thread changes that meanwhile.

    :raises RuntimeError: if that happens each time.
    """
    for _ in range(_MOST_TRIES):
        with suppress(RuntimeError):
            return read(*args)
    return read(*args)


def _read(registry: Mapping[str, Page]) -> tuple[Iterator[str], list[str], list[Page]]:
    """Return an iterator of a registry, its keys and its entries, all of the same moment.

    :raises RuntimeError: if it has changed meanwhile.
    """
    # The iterator of an OrderedDict refuses to go on once an entry was added, removed or moved, and the last thing
    # that register_page does is to move them all. It is made first, so that no change is missed.
    steps = _shared(iter(registry))
    modules, pages = list(registry), list(registry.values())
    next(steps, None)
    if len(modules) != len(pages):  # that of an empty one goes on
        raise RuntimeError("the registry of pages has changed while it was read")
    return steps, modules, pages


class _Snapshot:
    """The pages at one moment, and a check in O(1) of whether the registry has changed since."""

    def __init__(self, registry: Mapping[str, Page], further: Iterable[Page]) -> None:
        self._steps, self._modules, self._pages = read_again(_read, registry)
        self.odd_entries: list[str] = []
        self.not_found_page: Page | None = None
        pages: list[Page] = []
        for module, entry in zip(self._modules, self._pages, strict=True):
            if not is_real_page(entry):
                self.odd_entries.append(_describe_odd_entry(module, entry))
                continue
            pages.append(entry)
            if self.not_found_page is None and is_not_found_page(module):
                self.not_found_page = entry
        registered = len(pages)
        pages += further
        self.table = _PathTable(pages)
        self.reencoded: _PathTable | None = None
        #: The further pages alone.
        self.further = _PathTable(pages)
        for position, page in enumerate(pages):
            path, text = page["path"].strip("/"), page["path_template"]
            template = PathTemplate(text) if text else None
            self.table.add(position, path, template)
            if position >= registered:
                self.further.add(position, path, template)
            if _ENCODED_OTHERWISE.search(path) or (text and _ENCODED_OTHERWISE.search(text)):
                self.reencoded = self.reencoded or _PathTable(pages)
                self.reencoded.add(position, reencoded(path), template and template.reencoded())

    def is_current(self, registry: Mapping[str, Page]) -> bool:
        """Tell whether the registry is unchanged; in O(1), except for every n-th call, n being the number of pages."""
        try:
            # A single entry is never moved.
            if len(self._modules) > 1 and next(self._steps, None) is not None:
                return True
            steps = _shared(iter(registry))
            is_same = list(registry) == self._modules and all(map(operator.is_, registry.values(), self._pages))
        except RuntimeError:
            return False
        if is_same:
            self._steps = steps
        return is_same


class Pages:
    """The pages of a registry: for any path, which of them Dash would render.

    :param registry: ``dash.page_registry``. It is read once; what ``register_page`` adds or replaces, and what
        is removed, counts from the next look-up on.
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

    def look_up(self, path: str, router: PathToPage | None = None) -> tuple[Match | None, Page | None]:
        """Return the page that Dash's router draws for a path, and the app's not-found page, which may be that one.

        :param path: as the browser holds it (percent-encoded), without the app's prefix and slashes around it.
        :param router: the user's replacement of Dash's own look-up; it is asked first.
        :raises Exception: if that fails.

        A path on which Dash's own router fails has no page.
        """
        now = self._now()
        if router is not None:
            page, variables = router(path)
            if page:
                is_real = is_real_page(page)  # or the user's own, which may lack what Dash's pages have
                page = page if is_real else {"module": None, "path": f"/{path}", "path_template": None}
                return Match(page, variables or {}), now.not_found_page
            return now.further.first(path), now.not_found_page
        try:
            match = now.table.first(path) or (now.reencoded.first(path) if now.reencoded else None)
        except Exception:  # an odd template raises all kinds of errors, in Dash's router too
            match = None
        return match, now.not_found_page

    def find(self, path: str) -> Match | None:
        """Return the page at a path; None if Dash draws "not found"."""
        match, not_found_page = self.look_up(path)
        return None if match is None or match.page is not_found_page else match

    @property
    def not_found_page(self) -> Page | None:
        """The page that Dash draws for unknown URLs, if the app has one."""
        return self._now().not_found_page

    def list_all(self) -> list[Page]:
        """Return the pages in Dash's order, without the not-found page.

        Those of ``paths=`` come last, and have no module.
        """
        pages = [*(page for _, page in self.registered()), *self._further]
        return [page for page in pages if page is not self.not_found_page]

    def registered(self) -> Iterator[tuple[str, Page]]:
        """Yield the pages of the registry by their modules, the not-found page among them."""
        return real_pages(list(self._registry.items()))

    def odd_entries(self) -> list[str]:
        """Return a warning for each entry of the registry that isn't a page."""
        return self._now().odd_entries

    def _now(self) -> _Snapshot:
        snapshot = self._snapshot
        if snapshot is None or not snapshot.is_current(self._registry):
            with self._building:
                snapshot = self._snapshot
                if snapshot is None or not snapshot.is_current(self._registry):
                    snapshot = self._snapshot = _Snapshot(self._registry, self._further)
                    for warning in snapshot.odd_entries:
                        warn_once(warning)
        return snapshot
