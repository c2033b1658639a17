"""URLs that may have been meant, of which only those are offered that the app answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ...core.pages import path_or_template
from ..inspected_app import InspectedApp
from ..patterns import Pattern
from . import Hint


class Candidate(NamedTuple):
    """A URL that may have been meant."""

    path: str
    why: str
    todo: str
    layer: str = "routing"


def try_candidates(
    app: InspectedApp, candidates: Iterable[Candidate], method: str, seen: set[str] | None = None
) -> Iterator[Hint]:
    """Yield those of some URLs that the app answers.

    :param seen: those that were tried already, to which these are added.
    """
    seen = set() if seen is None else seen
    for candidate in candidates:
        if candidate.path in seen:
            continue
        seen.add(candidate.path)
        answer = app.describe_answer(candidate.path, method)
        if answer:
            yield Hint(candidate.layer, f"{candidate.why}: {answer}. {candidate.todo}")


def list_patterns(app: InspectedApp) -> list[Pattern]:
    """Return the paths of all pages and rules as they are below the server's root."""
    prefix = app.site.prefix.rstrip("/")
    pages = [path_or_template(page) for page in app.site.pages.list_all()]
    rules = [rule.path for rule in app.rules if not rule.serves_pages and rule.kind != "websocket"]
    return [Pattern(text) for text in [*(prefix + page for page in pages), *rules]]
