"""Which pages and rules are spelt nearly like a URL, and which page is above it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from urllib.parse import unquote

from ..inspected_app import InspectedApp
from ..names import name_page
from ..patterns import Pattern, list_beginnings
from . import Hint
from .candidates import Candidate, list_patterns, try_candidates

# More would bury the one that helps.
_MOST_SPELLINGS = 2
_LEAST_LIKENESS = 0.75


def find_misspelt(app: InspectedApp, path: str, method: str) -> Iterator[Hint]:
    """Yield what is less near: other spellings, and what is above the URL."""
    if path == "/favicon.ico":  # which is like Dash's own icon, but nobody has spelt it
        text = "Browsers ask for this icon by themselves. Serve one by a route of your own, or leave it a 404."
        yield Hint("routing", text)
        return
    respelt = sorted(filter(None, (_respell(pattern, path) for pattern in list_patterns(app))), reverse=True)
    candidates = [Candidate(url, "It may be misspelt", "Ask for that one.") for _, url in respelt[:_MOST_SPELLINGS]]
    candidates += _find_elsewhere(app, path)
    yield from try_candidates(app, candidates, method, path, {path})
    for above in reversed(list_beginnings(path)):
        decision = app.decide(above)
        match = decision.found.match if app.is_page(decision) else None
        if match is not None and match.page["path"] != "/" and app.describe_answer(above, "GET"):
            below = f"{match.page['path'].rstrip('/')}/<name>"
            yield Hint(
                "routing",
                f"{above} is {name_page(match.page)}, which matches nothing below its path. If it should, register it "
                f"with path_template={below!r}.",
            )
            return


def _find_elsewhere(app: InspectedApp, path: str) -> list[Candidate]:
    """Return what has the same name in another folder."""
    name = path.rstrip("/").rpartition("/")[2]
    same = [pattern for pattern in list_patterns(app) if pattern.text.rstrip("/").endswith(f"/{name}")]
    same = [pattern for pattern in same if name and not pattern.variables]
    return [
        Candidate(pattern.text, "The same name is in another folder", "Ask for that one.")
        for pattern in same[:_MOST_SPELLINGS]
    ]


def _respell(pattern: Pattern, path: str) -> tuple[float, str] | None:
    """Return how near a path is to a pattern of as many segments, and the path in the pattern's own spelling."""
    segments, parts = path.split("/"), pattern.text.split("/")
    if len(segments) != len(parts):
        return None
    likeness, respelt = 1.0, []
    for segment, part in zip(segments, parts, strict=True):
        is_literal = not Pattern(part).variables
        if is_literal and segment != part:
            likeness = min(likeness, difflib.SequenceMatcher(None, unquote(segment), unquote(part)).ratio())
        respelt.append(part if is_literal else segment)
    return (likeness, "/".join(respelt)) if _LEAST_LIKENESS <= likeness < 1 else None
