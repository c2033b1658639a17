"""Which URLs, pages and rules nearly match a URL that is none, and what would make the difference."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

import dash

from ...core.path_templates import PathTemplate, reachable_template
from ...core.paths import encoded, reachable
from ..patterns import Pattern, takes, what_it_takes
from ..probe import Probe, page_name, rule_name

_MANY_SLASHES = re.compile("/{2,}")
# More would bury the one that helps.
_MOST_SPELLINGS = 2
_LEAST_LIKENESS = 0.75


class Hint(NamedTuple):
    """What nearly matches or is wrong, and what to do.

    :param layer: where the URL got lost: ``routing``, ``loading`` or ``deployment``.
    """

    layer: str
    text: str


class Candidate(NamedTuple):
    """A URL that may have been meant."""

    path: str
    why: str
    todo: str
    layer: str = "routing"


def near(probe: Probe, path: str, method: str) -> Iterator[Hint]:
    """Yield what nearly takes a URL, most likely first.

    :param probe: of the app.
    :param path: percent-encoded; neither a page nor a rule takes it.
    :param method: the request's.
    """
    yield from _other_methods(probe, path, method)
    found = list(_candidates_that_work(probe, path, method))
    yield from found
    yield from _unreachable_pages(probe, path)
    yield from _refused_by_converters(probe, path, method)
    if not found:
        yield from _missing_variables(probe, path, method)


def last_resort(probe: Probe, path: str, method: str) -> Iterator[Hint]:
    """Yield what is less near: other spellings, and what is above the URL."""
    respelt = sorted(filter(None, (_respelt(pattern, path) for pattern in _patterns(probe))), reverse=True)
    candidates = [Candidate(url, "It may be misspelt", "Ask for that one.") for _, url in respelt[:_MOST_SPELLINGS]]
    yield from _that_work(probe, candidates, method)
    segments = path.strip("/").split("/")
    for count in range(len(segments) - 1, 0, -1):
        above = "/" + "/".join(segments[:count])
        page = probe.page(above)
        if page is not None and probe.told(above, "GET"):
            below = f"{page.page['path'].rstrip('/')}/<name>"
            yield Hint(
                "routing",
                f"{above} is {page_name(page.page)}, which takes nothing below its path. If it should, register it "
                f"with path_template={below!r}.",
            )
            return


def _respelt(pattern: Pattern, path: str) -> tuple[float, str] | None:
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


def _patterns(probe: Probe) -> list[Pattern]:
    """Return the paths of all pages and rules as they are below the server's root."""
    prefix = probe.site.prefix.rstrip("/")
    # A path that was inferred from a template is a placeholder, not a URL to visit.
    pages = [page.get("path_template") or page["path"] for page in all_pages(probe)]
    rules = [rule.path for rule in probe.all_rules if not rule.serves_pages and rule.kind != "websocket"]
    return [Pattern(text) for text in [*(prefix + page for page in pages), *rules]]


def all_pages(probe: Probe) -> list[Any]:
    """Return the pages of an app, less its not-found page; those of ``paths=`` have no module."""
    registry = list(dash.page_registry.values()) if probe.app.use_pages else []
    further = [
        {"module": None, "path": path, "path_template": path if "<" in path else None}
        for path in probe.site.options.paths
    ]
    return [page for page in [*registry, *further] if page is not probe.site.pages.not_found_page]


def problem_of_redirect(probe: Probe, path: str) -> str | None:
    """Return what is wrong with a redirect to a URL; None if it leads to a page or a rule."""
    if probe.told(path, "GET") is None:
        start = probe.site.home().rstrip("/")
        is_twice = start and path.startswith(start * 2 + "/")
        twice = ". Below a prefix, Dash 4 writes the prefix twice for redirect_from (plotly/dash issue 3549)"
        return f"no page and no rule is at {path}{twice if is_twice else ''}"
    match = probe.page(path)
    if match is None or not match.variables or probe.site.prefix.rstrip("/") + match.page["path"] != path:
        return None
    return f"{path} is only Dash's placeholder for {match.page['path_template']}: redirect_from knows no variables"


def _other_methods(probe: Probe, path: str, method: str) -> Iterator[Hint]:
    others = probe.other_methods(path, method)
    rules: dict[tuple[str, bool], list[str]] = {}
    for other, rule in others.items():
        rules.setdefault((rule_name(rule), rule.kind != "route"), []).append(other)
    for (rule_text, is_dashs), methods in rules.items():
        yield Hint(
            "routing",
            f"With another method it is taken: {rule_text} takes {_listed(methods)}, not {method}. Send that"
            + ("." if is_dashs else f", or add {method} to the methods of the rule."),
        )


def _listed(texts: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(texts[:-1]), texts[-1]]))


def _candidates_that_work(probe: Probe, path: str, method: str) -> Iterator[Hint]:
    candidates, seen = list(_candidates(probe, path)), {path}
    found = list(_that_work(probe, candidates, method, seen))
    also_slashed = [candidate._replace(path=_toggled(candidate.path)) for candidate in candidates[1:]]
    yield from found or _that_work(probe, also_slashed, method, seen)


def _that_work(
    probe: Probe, candidates: Iterable[Candidate], method: str, seen: set[str] | None = None
) -> Iterator[Hint]:
    seen = set() if seen is None else seen
    for candidate in candidates:
        if candidate.path in seen:
            continue
        seen.add(candidate.path)
        told = probe.told(candidate.path, method)
        if told:
            yield Hint(candidate.layer, f"{candidate.why}: {told}. {candidate.todo}")


def _toggled(path: str) -> str:
    return path[:-1] if path.endswith("/") else path + "/"


def _candidates(probe: Probe, path: str) -> Iterator[Candidate]:
    missing = "too much" if path.endswith("/") else "missing"
    yield Candidate(
        _toggled(path) if path != "/" else path,
        f"Only the slash at the end is {missing}",
        "Ask for that one, or give the route both forms.",
    )
    merged = _MANY_SLASHES.sub("/", path)
    yield Candidate(merged, "It has a doubled slash", "Look where the link is put together.")
    for form in (reachable(unquote(path)), encoded(unquote(path))):
        yield Candidate(
            form,
            "Only the percent-encoding differs",
            "Dash compares paths as the browser holds them, so write links like that.",
        )
    for pattern in _patterns(probe):
        values = pattern.values(path, re.IGNORECASE)
        if values is not None:
            yield Candidate(
                pattern.with_values(values), "Only the letter case differs", "URLs are case-sensitive: write it so."
            )
    yield from _with_app_prefix(probe, path)
    yield from _with_rule_prefixes(probe, path)
    yield from _without_segments(path)


def _with_app_prefix(probe: Probe, path: str) -> Iterator[Candidate]:
    prefix = probe.site.prefix
    start = prefix.rstrip("/")
    if path.startswith(start + prefix) and start:
        yield Candidate(
            path[len(start) :],
            f"The app's prefix {prefix!r} stands in it twice",
            "dash.get_relative_path() adds the prefix: give it paths without. (For redirect_from, it is Dash itself "
            "that does so: plotly/dash issue 3549.)",
        )
    if not path.startswith(prefix):
        yield Candidate(
            start + path,
            f"It lacks the app's prefix {prefix!r}",
            "Write links with dash.get_relative_path(), which adds the prefix.",
        )
    for rule in probe.all_rules:
        if rule.kind == "index" and rule.path != prefix:
            yield Candidate(
                rule.path.rstrip("/") + path,
                f"Another Dash app is on this server, at {rule.path!r}",
                "Its pages are below its own prefix: ask there.",
            )


def _with_rule_prefixes(probe: Probe, path: str) -> Iterator[Candidate]:
    for rule in probe.all_rules:
        if rule.kind not in ("route", "mount"):
            continue
        of = f"Blueprint {rule.blueprint!r}" if rule.blueprint else "the rule"
        for prefix in Pattern(rule.path).prefixes():
            if rule.path.startswith(prefix * 2 + "/") and path.startswith(prefix + "/"):
                yield Candidate(
                    prefix + path,
                    f"The rule {rule.path} has {prefix!r} twice",
                    "Take it out of one of the two: the url_prefix, or the paths of its routes.",
                )
            elif path.startswith(prefix * 2 + "/"):
                yield Candidate(
                    path[len(prefix) :],
                    f"It has {prefix!r} twice, the prefix of {of}",
                    "Write it once, also where links are put together.",
                )
            else:
                yield Candidate(prefix + path, f"It lacks {prefix!r}, the prefix of {of}", "Ask for that one.")


def _without_segments(path: str) -> Iterator[Candidate]:
    segments = path.strip("/").split("/")
    for count in range(1, len(segments)):
        extra, rest = "/" + "/".join(segments[:count]), path[len("/" + "/".join(segments[:count])) :]
        yield Candidate(
            rest,
            f"Without {extra!r} it is there",
            f"If {extra!r} is a prefix that a proxy passes on, let the proxy take it off, or make the app (or "
            "Blueprint) with that prefix.",
            "deployment",
        )


def _unreachable_pages(probe: Probe, path: str) -> Iterator[Hint]:
    inner = unquote(path.removeprefix(probe.site.prefix)).strip("/")
    for page in all_pages(probe):
        template, own = page.get("path_template") or "", page["path"]
        text = template or own
        is_meant = PathTemplate(template).takes(inner) if template else own.strip("/") == inner
        better = reachable_template(text)
        if is_meant and better != text:
            argument = "path_template" if template else "path"
            yield Hint(
                "routing",
                f"{capital(page_name(page))} would be it, but no browser can reach it: browsers percent-encode URLs, "
                f"and Dash compares the encoded form. Register {argument}={better!r}.",
            )


def capital(text: str) -> str:
    """Return a text as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def _refused_by_converters(probe: Probe, path: str, method: str) -> Iterator[Hint]:
    for rule in probe.all_rules:
        pattern = Pattern(rule.path)
        values = pattern.values(path) if pattern.variables and not rule.serves_pages else None
        if values is None or (rule.methods and method not in rule.methods):
            continue
        refused = [
            variable._replace(value=unquote(value))
            for variable, value in zip(pattern.variables, values, strict=True)
            if not takes(probe.app.server, variable, value)
        ]
        for variable in refused:
            yield Hint(
                "routing",
                f"{capital(rule_name(rule))} has this shape, but {variable.text} does not take "
                f"{variable.value!r}. {what_it_takes(variable)}",
            )


def _missing_variables(probe: Probe, path: str, method: str) -> Iterator[Hint]:
    segments = path.strip("/").split("/")
    for pattern in _patterns(probe):
        parts = pattern.text.strip("/").split("/")
        rest = parts[len(segments) :]
        names = [variable.text for variable in Pattern("/".join(rest)).variables]
        start = Pattern("/" + "/".join(parts[: len(segments)]))
        if not names or not start.literals[0].strip("/") or start.values("/" + "/".join(segments)) is None:
            continue
        needed = Pattern("/" + "/".join([*segments, *rest]))
        filled = needed.with_values(needed.samples())
        taker = probe.taker(filled, method)
        if taker is not None:
            yield Hint("routing", f"It lacks a value for {_listed(names)}: {taker.named()} takes {needed.text}.")
