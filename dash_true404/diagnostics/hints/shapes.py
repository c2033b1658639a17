"""Pages and rules that have the shape of a URL and do not match it: unreachable, or by the value of a variable."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from ...core.pages import path_or_template
from ...core.path_templates import PathTemplate, reachable_template
from ..inspected_app import InspectedApp
from ..names import capitalize, join_words, name_page, name_rule
from ..patterns import Pattern, accepts, describe_accepted
from . import Hint
from .candidates import list_patterns


def find_unreachable_pages(app: InspectedApp, path: str) -> Iterator[Hint]:
    inner = unquote(path.removeprefix(app.site.prefix)).strip("/")
    for page in app.site.pages.list_all():
        template, text = page["path_template"], path_or_template(page)
        is_meant = PathTemplate(template).takes(inner) if template else text.strip("/") == inner
        better = reachable_template(text)
        if is_meant and better != text:
            argument = "path_template" if template else "path"
            yield Hint(
                "routing",
                f"{capitalize(name_page(page))} would be it, but no browser can reach it: browsers percent-encode "
                f"URLs, and Dash compares the encoded form. Register {argument}={better!r}.",
            )


def find_refused_values(app: InspectedApp, path: str, method: str) -> Iterator[Hint]:
    for rule in app.rules:
        pattern = Pattern(rule.path)
        values = pattern.values(path) if pattern.variables and not rule.serves_pages else None
        if not any(literal.strip("/") for literal in pattern.literals):
            continue  # anything has this shape
        if values is None or (rule.methods and method not in rule.methods):
            continue
        mismatches = [
            variable._replace(value=unquote(value))
            for variable, value in zip(pattern.variables, values, strict=True)
            if not accepts(app.dash_app.server, variable, value)
        ]
        for variable in mismatches:
            yield Hint(
                "routing",
                f"{capitalize(name_rule(rule))} has this shape, but {variable.text} does not match "
                f"{variable.value!r}. {describe_accepted(variable)}",
            )


def find_missing_variables(app: InspectedApp, path: str, method: str) -> Iterator[Hint]:
    segments = path.strip("/").split("/")
    for pattern in list_patterns(app):
        parts = pattern.text.strip("/").split("/")
        rest = parts[len(segments) :]
        names = [variable.text for variable in Pattern("/".join(rest)).variables]
        start = Pattern("/" + "/".join(parts[: len(segments)]))
        if not names or not start.literals[0].strip("/") or start.values("/" + "/".join(segments)) is None:
            continue
        needed = Pattern("/" + "/".join([*segments, *rest]))
        name = app.name_what_matches(app.decide(needed.sample(), method))
        if name is not None:
            yield Hint("routing", f"It lacks a value for {join_words(names)}: {name} matches {needed.text}.")
