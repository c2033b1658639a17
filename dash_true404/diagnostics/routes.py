"""Every URL that a server answers: like ``flask routes``, but with the pages in it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import dash

from ..core.path_templates import reachable_template
from .client import Client
from .hints.near_misses import all_pages, problem_of_redirect
from .patterns import Pattern
from .probe import Probe, Taker, check_ready, page_name
from .rules import Rule
from .tables import table

# HEAD comes with GET, and OPTIONS with everything.
_UNTOLD = ("HEAD", "OPTIONS")


class Redirect(NamedTuple):
    """A redirect to a page (``redirect_from``)."""

    path: str
    to: str | None
    """Where it leads, as the app answers."""
    problem: str | None


class PageLine(NamedTuple):
    """A page."""

    path: str
    """Below the server's root, as the app is asked for it; of a template, the template."""
    path_template: str | None
    module: str | None
    """None for one of ``paths=``."""
    exists: bool
    redirects: list[Redirect]
    problems: list[str]


class Routes(NamedTuple):
    """What a server answers."""

    pages: list[PageLine]
    rules: list[Rule]
    lost_redirects: list[Redirect]
    """Redirects to nowhere, so to no page."""
    catch_all: str
    """What becomes of all other URLs."""

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "pages": [
                {**page._asdict(), "redirects": [redirect._asdict() for redirect in page.redirects]}
                for page in self.pages
            ],
            "lost_redirects": [redirect._asdict() for redirect in self.lost_redirects],
            "rules": [
                {name: value for name, value in rule._asdict().items() if name != "function"} for rule in self.rules
            ],
        }

    def text(self) -> str:
        """Return it for people."""
        redirects = [(redirect, page.path) for page in self.pages for redirect in page.redirects]
        parts = [
            _titled("Pages", table(["URL", "page"], [(page.path, _told(page)) for page in self.pages])),
            _titled(
                "Redirects to pages",
                table(
                    ["URL", "leads to"],
                    [
                        *((redirect.path, to + _marked([redirect.problem])) for redirect, to in redirects),
                        *((lost.path, (lost.to or "") + _marked([lost.problem])) for lost in self.lost_redirects),
                    ],
                ),
            ),
            *(self._of_kinds(title, kinds) for title, kinds in _SECTIONS),
        ]
        return "\n\n".join([*filter(None, parts), self.catch_all])

    def _of_kinds(self, title: str, kinds: tuple[str, ...]) -> str:
        rules = [rule for rule in self.rules if rule.kind in kinds]
        if "route" not in kinds:  # their endpoints are named like the rules
            return _titled(title, table(["methods", "rule"], [(_methods(rule), rule.path) for rule in rules]))
        lines = [(rule.endpoint, _methods(rule), rule.path) for rule in rules]
        return _titled(title, table(["endpoint", "methods", "rule"], lines))


_SECTIONS = (
    ("Rules of the server and its blueprints", ("route", "mount", "websocket")),
    ("Dash's own", ("dash", "assets")),
)


def routes(app: dash.Dash, client: Client | None = None) -> Routes:
    """Return every URL that an app's server answers, and mark what no visitor ever gets.

    ::

        print(routes(app).text())

    :param app: the Dash app, with or without true 404s.
    :param client: of that app; None: one for this question.
    :raises NotReadyError: if the app is not on its server yet, or its server is none that this library knows.
    """
    check_ready(app)
    with ExitStack() as stack:
        probe = Probe(app, client or stack.enter_context(Client(app)))
        # Dash sets itself up at its first request, which fails where two pages have the same path.
        probe.ask(probe.site.prefix, "GET")
        redirects = [_redirect(probe, rule) for rule in probe.all_rules if rule.kind == "redirect"]
        pages = [_line(probe, page, redirects) for page in all_pages(probe)]
        found = {redirect.path for line in pages for redirect in line.redirects}
        rules = [rule for rule in probe.all_rules if rule.kind != "redirect" and not rule.serves_pages]
        lost = [redirect for redirect in redirects if redirect.path not in found]
        return Routes(pages, rules, lost, _all_others(probe))


def _all_others(probe: Probe) -> str:
    if probe.is_refusing:
        return "All other URLs are 404."
    why = "report_only=True" if probe.is_enabled else "no enable_true_404(app)"
    return f"All other URLs below {probe.site.prefix} are 200 ({why}): soft 404s."


def _redirect(probe: Probe, rule: Rule) -> Redirect:
    answer = probe.ask(rule.path, "GET")
    location = answer.headers.get("Location")
    if location is None:
        return Redirect(rule.path, None, f"it answers {answer.status}, and leads nowhere")
    path = urlsplit(location).path
    inside = path.removeprefix(probe.site.home().rstrip("/"))
    path = probe.site.prefix.rstrip("/") + inside if inside != path else path
    return Redirect(rule.path, path, problem_of_redirect(probe, path))


def _line(probe: Probe, page: Any, redirects: list[Redirect]) -> PageLine:
    template = page.get("path_template")
    path = template or page["path"]
    url = probe.site.prefix.rstrip("/") + path
    samples = Pattern(url).samples()
    sample = Pattern(url).with_values(samples)
    # Dash makes its redirects to a template page lead to the placeholder that it has for a path.
    targets = {sample, probe.site.prefix.rstrip("/") + page["path"]}
    problems = list(_problems(probe, page, path, sample))
    return PageLine(
        path=url,
        path_template=template,
        module=page["module"],
        exists=page.get("exists") is not None,
        redirects=[redirect for redirect in redirects if redirect.to in targets],
        problems=problems,
    )


def _problems(probe: Probe, page: Any, path: str, sample: str) -> Iterable[str]:
    better = reachable_template(path)
    if better != path:
        yield f"no browser can reach it: register {better} instead"
        return
    taker = probe.taker(sample, "GET")
    if taker is None:
        yield "it does not take its own URL"
    elif taker.rule is not None:
        yield f"never reached: {taker.named()} takes it first"
    elif taker.page is not None and taker.page.page["module"] != page["module"]:
        yield _taken_first(taker, path)


def _taken_first(taker: Taker, path: str) -> str:
    assert taker.page is not None
    other = taker.page.page
    if not other.get("path_template") and other["path"] == path:
        return f"a duplicate of {page_name(other)}: Dash fails over that at its first request"
    return f"never drawn: {page_name(other)} takes it first"


def _told(page: PageLine) -> str:
    parts = [page.module or "(paths=)", *(["exists"] if page.exists else [])]
    return ", ".join(parts) + _marked(page.problems)


def _marked(problems: Iterable[str | None]) -> str:
    return "".join(f" ! {problem}" for problem in problems if problem)


def _methods(rule: Rule) -> str:
    shown = [method for method in rule.methods if method not in _UNTOLD] or list(rule.methods)
    return ", ".join(shown) or "any"


def _titled(title: str, lines: str) -> str:
    return f"{title}\n{lines}" if "\n" in lines else ""
