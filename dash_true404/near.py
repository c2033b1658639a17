"""Which URLs, pages and rules nearly match a URL that is none, and what would make the difference."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

import dash
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map
from werkzeug.routing import Rule as WerkzeugRule

from .pages import PathTemplate
from .paths import encoded, reachable
from .probe import Probe, page_name

_MANY_SLASHES = re.compile("/{2,}")
# Dash's and Flask's <name>, <int:name>, <any(a, b):name>, and FastAPI's {name}, {name:path}.
_VARIABLE = re.compile(r"<(?:([^<>:()]+(?:\([^<>]*\))?):)?([^<>:]+)>|\{([^{}:]+)(?::([^{}]+))?\}")
_SAMPLES = {"int": "1", "float": "1.5", "uuid": "00000000-0000-4000-8000-000000000000"}
# More would bury the one that helps.
_MOST_SPELLINGS = 2


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

    def samples(self) -> list[str]:
        """Return values that the usual converters take."""
        return [_SAMPLES.get(variable.converter.partition("(")[0], "x") for variable in self.variables]

    def prefixes(self) -> list[str]:
        """Return the beginnings of the path, as far as they have no variable."""
        segments = self.literals[0].strip("/").split("/")
        segments = segments if self.variables else segments[:-1]
        return ["/" + "/".join(segments[:count]) for count in range(1, len(segments) + 1) if segments[0]]


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
    spellings = {unquote(pattern.text): pattern.text for pattern in _patterns(probe) if not pattern.variables}
    close = difflib.get_close_matches(unquote(path), spellings, _MOST_SPELLINGS, cutoff=0.75)
    close = close or _same_end(path, list(spellings))
    candidates = [Candidate(spellings[text], "It may be misspelt", "Ask for that one.") for text in close]
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


def _same_end(path: str, texts: list[str]) -> list[str]:
    end = "/" + path.rstrip("/").rpartition("/")[2].lower()
    return [text for text in texts if len(end) > 1 and text.lower().rstrip("/").endswith(end)][:_MOST_SPELLINGS]


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


def _other_methods(probe: Probe, path: str, method: str) -> Iterator[Hint]:
    others = probe.other_methods(path, method)
    rules: dict[str, list[str]] = {}
    for other, rule in others.items():
        rules.setdefault(f"the rule {rule.path} (endpoint {rule.endpoint})", []).append(other)
    for rule_text, methods in rules.items():
        yield Hint(
            "routing",
            f"With another method it is taken: {rule_text} takes {_listed(methods)}, not {method}. Send that, or add "
            f"{method} to the methods of the rule.",
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
            "dash.get_relative_path() adds the prefix: give it paths without. (For redirect_from, it is Dash itself that "
            "does so: plotly/dash issue 3549.)",
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
        takes = PathTemplate(template).takes(inner) if template else own.strip("/") == inner
        better = _reachable_pattern(text)
        if takes and better != text:
            argument = "path_template" if template else "path"
            yield Hint(
                "routing",
                f"{_capital(page_name(page))} would be it, but no browser can reach it: browsers percent-encode URLs, "
                f"and Dash compares the encoded form. Register {argument}={better!r}.",
            )


def _reachable_pattern(text: str) -> str:
    pattern = Pattern(text)
    pattern.literals = [reachable(literal) for literal in pattern.literals]
    return pattern.with_values(variable.text for variable in pattern.variables)


def _capital(text: str) -> str:
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
            if not _takes(probe, variable, value)
        ]
        for variable in refused:
            yield Hint(
                "routing",
                f"The rule {rule.path} (endpoint {rule.endpoint}) has this shape, but {variable.text} does not take "
                f"{variable.value!r}. {_what_it_takes(variable)}",
            )


def _takes(probe: Probe, variable: Variable, value: str) -> bool:
    """Tell whether a variable, alone, takes a value."""
    if variable.text.startswith("{"):
        from starlette.routing import compile_path

        return compile_path(f"/{variable.text}")[0].match("/" + unquote(value)) is not None
    rules = Map([WerkzeugRule(f"/{variable.text}")], converters=probe.app.server.url_map.converters)
    try:
        rules.bind("localhost").match("/" + unquote(value))
    except HTTPException:
        return False
    return True


def _what_it_takes(variable: Variable) -> str:
    known = {
        "int": "It takes digits only.",
        "float": "It takes numbers with a decimal point only.",
        "uuid": "It takes UUIDs only.",
        "": "It takes no slash; a path converter does.",
        "string": "It takes no slash; a path converter does.",
    }
    if "(" in variable.converter:
        return "Its arguments say what it takes."
    return known.get(variable.converter, f"Its converter, {variable.converter!r}, says what it takes.")


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
            yield Hint("routing", f"It lacks a value for {_listed(names)}: {taker} takes {needed.text}.")
