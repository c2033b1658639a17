"""Rules that no visitor ever reaches, because Dash's own match their URLs first; and the other way round."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from ..core.site import Site
from .decisions import Decision, Reason

# Werkzeug's <name> and <int:name>, Starlette's {name} and {name:int}.
_VARIABLE = re.compile(r"<(?:(\w+)(?:\([^<>]*\))?:)?\w+>|\{\w+(?::(\w+))?\}")
_SAMPLES = {"": "x", "string": "x", "str": "x", "path": "x", "int": "1", "float": "1.5"}
_SAMPLES["uuid"] = "00000000-0000-4000-8000-000000000000"


class ServerRule(NamedTuple):
    """A rule of a server that matches GET, not one of Dash's."""

    path: str
    name: str


class HiddenRule(NamedTuple):
    """A rule that Dash's hide wholly, or one that hides Dash's catch-all wholly."""

    path: str
    is_reached: bool
    """Whether it is the one that hides."""
    warning: str


def find_hidden(
    rules: Iterable[ServerRule], sites: Iterable[Site], decide: Callable[[str], Decision]
) -> Iterator[HiddenRule]:
    """Yield each rule that Dash's hide wholly, and each that hides Dash's catch-all wholly.

    A rule that is only hidden below an app's prefix is reached elsewhere, and not named.

    :param rules: the server's.
    :param sites: the apps with true 404s.
    :param decide: returns what GET of a path gets.
    """
    for rule in rules:
        sample = sample_of(rule.path)
        decision = decide(sample) if sample else None
        # If all its URLs are below the prefix, and Dash's rules match one, they match all.
        start = _VARIABLE.split(rule.path)[0]
        if decision is not None and decision.site is not None and start.startswith(decision.site.prefix):
            yield HiddenRule(
                rule.path,
                False,
                f"The rule {rule.path!r} ({rule.name}) is never reached, because Dash's own rules match its URLs "
                "first. Register it before Dash(...) if it is one fixed path; else give it a prefix of its own, or "
                "the app a prefix, with Dash(url_base_pathname=...).",
            )
    for site in sites:
        unlikely = [decide(f"{site.prefix}true404{end}") for end in ("", "/true404")]
        taking = {id(decision.rule): decision.rule for decision in unlikely if decision.reason is Reason.OTHER_RULE}
        if len(taking) == 1 and all(decision.site is None for decision in unlikely):
            (rule,) = taking.values()
            path = getattr(rule, "rule", None) or rule.path
            yield HiddenRule(
                path,
                True,
                f"The rule {path!r} matches every URL below {site.prefix!r} before "
                "Dash's catch-all does, so no page there but the app's root is reached. Register it after Dash(...), "
                "or give it a prefix of its own.",
            )


def sample_of(rule: str) -> str | None:
    """Return a path that a rule matches; None if no such path is known."""
    converters = [werkzeugs or starlettes or "" for werkzeugs, starlettes in _VARIABLE.findall(rule)]
    if any(converter not in _SAMPLES for converter in converters) or "(" in rule:
        return None
    return _VARIABLE.sub(lambda found: _SAMPLES[found[1] or found[2] or ""], rule)
