"""Which URLs, pages and rules nearly match an unknown URL, and what would make the difference."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from ...core.pages import registered_path
from ...core.paths import encoded, reachable
from ..inspected_app import InspectedApp
from ..names import join_words, name_rule
from ..patterns import Pattern, list_beginnings
from . import Hint
from .candidates import Candidate, list_patterns, try_candidates
from .shapes import find_missing_variables, find_refused_values, find_unreachable_pages

_MANY_SLASHES = re.compile("/{2,}")


def find_near_misses(app: InspectedApp, path: str, method: str) -> Iterator[Hint]:
    """Yield what nearly matches a URL, most likely first.

    :param app: the app.
    :param path: percent-encoded; neither a page nor a rule matches it.
    :param method: the request's.
    """
    yield from _find_other_methods(app, path, method)
    found = list(_try_list(app, path, method))
    yield from found
    yield from find_unreachable_pages(app, path)
    yield from find_refused_values(app, path, method)
    if not found:
        yield from find_missing_variables(app, path, method)


def find_fault_of_redirect(app: InspectedApp, path: str, mount: str = "") -> str | None:
    """Return what is wrong with a redirect to a URL; None if it leads to a page or a rule.

    :param app: the app.
    :param path: of the URL, at the app's server.
    :param mount: where that is mounted, if the URL is to be named with it.
    """
    if app.describe_answer(path, "GET") is None:
        start = app.site.home().rstrip("/")
        is_twice = start and f"{mount}{path}".startswith(start * 2 + "/")
        twice = ". Below a prefix, Dash 4 writes the prefix twice for redirect_from (plotly/dash issue 3549)"
        return f"no page and no rule is at {mount}{path}{twice if is_twice else ''}"
    match = app.decide(path).found.match
    is_placeholder = match is not None and match.variables and registered_path(match.page) is None
    if match is None or not is_placeholder or app.site.prefix.rstrip("/") + match.page["path"] != path:
        return None
    return (
        f"{mount}{path} is only Dash's placeholder for {match.page['path_template']}: redirect_from knows no variables"
    )


def _find_other_methods(app: InspectedApp, path: str, method: str) -> Iterator[Hint]:
    others = app.find_other_methods(path, method)
    rules: dict[tuple[str, bool], list[str]] = {}
    for other, rule in others.items():
        rules.setdefault((name_rule(rule), rule.kind != "route"), []).append(other)
    for (rule_text, is_dashs), methods in rules.items():
        yield Hint(
            "routing",
            f"With another method it matches: {rule_text} accepts {join_words(methods)}, not {method}. Send that"
            + ("." if is_dashs else f", or add {method} to the methods of the rule."),
        )


def _try_list(app: InspectedApp, path: str, method: str) -> Iterator[Hint]:
    candidates, seen = list(_list_candidates(app, path)), {path}
    found = list(try_candidates(app, candidates, method, path, seen))
    also_slashed = [candidate._replace(path=_toggle_slash(candidate.path)) for candidate in candidates[1:]]
    yield from found or try_candidates(app, also_slashed, method, path, seen)


def _toggle_slash(path: str) -> str:
    return path[:-1] if path.endswith("/") else path + "/"


def _list_candidates(app: InspectedApp, path: str) -> Iterator[Candidate]:
    yield Candidate(
        _toggle_slash(path) if path != "/" else path,
        "It has one slash too many at the end" if path.endswith("/") else "Only the slash at the end is missing",
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
    for pattern in list_patterns(app):
        values = pattern.values(path, re.IGNORECASE)
        if values is not None:
            yield Candidate(
                pattern.with_values(values), "Only the letter case differs", "URLs are case-sensitive: write it so."
            )
    if callable(app.site.options.paths):  # which nobody can list
        yield Candidate(path.lower(), "Only the letter case differs", "URLs are case-sensitive: write it so.")
    for candidate in (*_change_app_prefix(app, path), *_change_rule_prefix(app, path), *_leave_out_segments(path)):
        yield candidate._replace(is_near=False)


def _change_app_prefix(app: InspectedApp, path: str) -> Iterator[Candidate]:
    prefix = app.site.prefix
    start = prefix.rstrip("/")
    if path.startswith(start + prefix) and start:
        yield Candidate(
            path[len(start) :],
            f"The app's prefix {prefix!r} stands in it twice",
            "dash.get_relative_path() adds the prefix: give it paths without. (For redirect_from, it is Dash itself "
            "that does so: plotly/dash issue 3549.)",
        )
    if start and path.startswith(prefix):
        yield Candidate(
            start + path,
            f"The path of the page begins with the app's prefix {prefix!r}, which Dash adds to it",
            "Register the page without the prefix.",
        )
    if not path.startswith(prefix):
        yield Candidate(
            start + path,
            f"It lacks the app's prefix {prefix!r}",
            "Write links with dash.get_relative_path(), which adds the prefix.",
        )
    for rule in app.rules:
        if rule.kind == "index" and rule.path != prefix:
            yield Candidate(
                rule.path.rstrip("/") + path,
                f"Another Dash app is on this server, at {rule.path!r}",
                "Its pages are below its own prefix: ask there.",
            )


def _change_rule_prefix(app: InspectedApp, path: str) -> Iterator[Candidate]:
    for rule in app.rules:
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


def _leave_out_segments(path: str) -> Iterator[Candidate]:
    for extra in list_beginnings(path):
        yield Candidate(
            path[len(extra) :],
            f"Without {extra!r} it is there",
            f"If {extra!r} is a prefix that a proxy passes on, let the proxy take it off, or make the app (or "
            "Blueprint) with that prefix.",
            "deployment",
        )
