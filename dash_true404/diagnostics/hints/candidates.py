"""URLs that may have been meant, of which only those are offered that the app answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ...core.pages import path_or_template
from ..inspected_app import InspectedApp
from ..patterns import Pattern
from ..urls import resolve_link, to_server
from . import Hint


class Candidate(NamedTuple):
    """A URL that may have been meant."""

    path: str
    why: str
    todo: str
    layer: str = "routing"
    is_near: bool = True
    """Whether it is so near that it is meant, whatever matches it. Otherwise that must have a word of the URL's."""


def try_candidates(
    app: InspectedApp, candidates: Iterable[Candidate], method: str, path: str, seen: set[str]
) -> Iterator[Hint]:
    """Yield those of some URLs that the app answers.

    :param path: the URL that was asked for.
    :param seen: those that were tried already, to which these are added.
    """
    for candidate in candidates:
        if candidate.path in seen:
            continue
        seen.add(candidate.path)
        if not candidate.is_near and not has_word(app, candidate.path, method, path):
            continue
        answer = app.describe_answer(candidate.path, method)
        if answer and not _is_lost(app, candidate.path):
            yield Hint(candidate.layer, f"{candidate.why}: {answer}. {candidate.todo}")


def _is_lost(app: InspectedApp, path: str) -> bool:
    """Tell whether a URL is one of Dash's redirects, and leads nowhere."""
    rule = app.find_rule(app.decide(path))
    if rule is None or rule.kind != "redirect":
        return False
    target = resolve_link(app.ask(path, "GET").location or "", path)
    there = None if target is None else to_server(app.dash_app, target.partition("?")[0])
    return there is not None and app.name_what_matches(app.decide(there)) is None


def has_word(app: InspectedApp, candidate: str, method: str, path: str) -> bool:
    """Tell whether what matches a candidate names a segment of the URL, or has no variables: they match anything."""
    decision = app.decide(candidate, method)
    match, rule = decision.found.match, app.find_rule(decision)
    text = rule.path if rule is not None else path_or_template(match.page) if match is not None else ""
    pattern = Pattern(text)
    segments = {segment for segment in path.split("/") if segment}
    return not pattern.variables or any(segments & {*literal.split("/")} for literal in pattern.literals)


def list_patterns(app: InspectedApp) -> list[Pattern]:
    """Return the paths of all pages and rules as they are below the server's root."""
    prefix = app.site.prefix.rstrip("/")
    pages = [path_or_template(page) for page in app.site.pages.list_all()]
    rules = [rule.path for rule in app.rules if not rule.serves_pages and rule.kind != "websocket"]
    return [Pattern(text) for text in [*(prefix + page for page in pages), *rules]]
