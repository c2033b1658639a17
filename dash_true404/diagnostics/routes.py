"""Every URL that a server answers: like ``flask routes``, but with the pages in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import dash

from ..core.pages import Page, path_or_template
from ..core.path_templates import reachable_template
from ..servers import find_hidden_rules
from .client import Client
from .hints.near_misses import find_fault_of_redirect
from .inspected_app import InspectedApp, check_ready
from .names import name_page, name_rule
from .patterns import Pattern
from .rules import Rule
from .tables import table
from .urls import UNKNOWN_NAME, to_server

# HEAD comes with GET, and OPTIONS with everything.
_NOT_SHOWN = ("HEAD", "OPTIONS")


class ListedRedirect(NamedTuple):
    """A redirect to a page (``redirect_from``)."""

    path: str
    to: str | None
    """Where it leads, as the app answers."""
    problem: str | None


class ListedPage(NamedTuple):
    """A page."""

    path: str
    """As the server is asked for it, with its mount; of a template, the template."""
    path_template: str | None
    module: str | None
    """None for one of ``paths=``."""
    exists: bool
    redirects: list[ListedRedirect]
    problems: list[str]


class Listing(NamedTuple):
    """What a server answers."""

    pages: list[ListedPage]
    rules: list[Rule]
    lost_redirects: list[ListedRedirect]
    """Redirects that do not lead to a page."""
    all_others: str
    """What becomes of all other URLs."""
    hidden: frozenset[str] = frozenset()
    """The paths of rules that are never reached, because Dash's own match their URLs first."""

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "pages": [
                {**page._asdict(), "redirects": [redirect._asdict() for redirect in page.redirects]}
                for page in self.pages
            ],
            "lost_redirects": [redirect._asdict() for redirect in self.lost_redirects],
            "rules": [
                {
                    **{name: value for name, value in rule._asdict().items() if name != "function"},
                    "problem": self._find_problem(rule),
                }
                for rule in self.rules
            ],
        }

    def text(self) -> str:
        """Return it for people."""
        redirects = [(redirect, page.path) for page in self.pages for redirect in page.redirects]
        redirects += [(redirect, redirect.to or "") for redirect in self.lost_redirects]
        rows = [(redirect.path, to + _mark([redirect.problem])) for redirect, to in redirects]
        parts = [
            _add_title("Pages", table(["URL", "page"], [(page.path, _describe_page(page)) for page in self.pages])),
            _add_title("Redirects to pages", table(["URL", "leads to"], rows)),
            *(self._list_kinds(title, kinds) for title, kinds in _SECTIONS),
        ]
        return "\n\n".join([*filter(None, parts), self.all_others])

    def _list_kinds(self, title: str, kinds: tuple[str, ...]) -> str:
        rules = [rule for rule in self.rules if rule.kind in kinds]
        if "route" not in kinds:  # their endpoints are named like the rules
            return _add_title(title, table(["methods", "rule"], [(_list_methods(rule), rule.path) for rule in rules]))
        marked = [rule.path + _mark([self._find_problem(rule)]) for rule in rules]
        lines = [(rule.endpoint, _list_methods(rule), path) for rule, path in zip(rules, marked, strict=True)]
        return _add_title(title, table(["endpoint", "methods", "rule"], lines))

    def _find_problem(self, rule: Rule) -> str | None:
        is_hidden = rule.kind == "route" and rule.path in self.hidden
        return "never reached: Dash's own rules match its URLs first" if is_hidden else None


_SECTIONS = (
    ("Rules of the server and its blueprints", ("route", "mount", "websocket")),
    ("Dash's own", ("dash", "assets")),
)


def list_routes(app: dash.Dash, client: Client | None = None) -> Listing:
    """Return every URL that an app's server answers, below its mount, and mark what no visitor ever gets.

    ::

        print(list_routes(app).text())

    :param app: the Dash app, with or without true 404s.
    :param client: of that app; None: one for this question.
    :raises NotReadyError: if the app is not on its server yet, or this library does not know its server.
    """
    check_ready(app)
    with ExitStack() as stack:
        inspected = InspectedApp(app, client or stack.enter_context(Client(app)))
        # Dash sets itself up at its first request, which fails where two pages have the same path.
        inspected.ask(inspected.site.prefix, "GET")
        redirects = [_list_redirect(inspected, rule) for rule in inspected.rules if rule.kind == "redirect"]
        pages = [_list_page(inspected, page, redirects) for page in inspected.site.pages.list_all()]
        found = {redirect.path for page in pages for redirect in page.redirects}
        mount = inspected.client.mount
        rules = [
            rule._replace(path=mount + rule.path)
            for rule in inspected.rules
            if rule.kind != "redirect" and not rule.serves_pages
        ]
        lost = [redirect for redirect in redirects if redirect.path not in found]
        hidden = frozenset(mount + rule.path for rule in find_hidden_rules(app) if not rule.is_reached)
        others = " ".join(filter(None, [_say_what_others_get(inspected), _say_what_browsers_ask(inspected)]))
        return Listing(pages, rules, lost, others, hidden)


def _say_what_others_get(app: InspectedApp) -> str:
    prefix = app.client.mount + app.site.prefix
    if app.is_refusing:
        unless = (
            ", unless the function given as paths= says that they are pages" if callable(app.site.options.paths) else ""
        )
        hidden = app.find_hidden_rule(app.decide(app.site.prefix + UNKNOWN_NAME))
        if hidden is not None:
            unless += f". There {name_rule(hidden)} is never reached, because Dash's catch-all comes first"
        return f"All other URLs{f' below {prefix}' if prefix != '/' else ''} are 404{unless}."
    why = "report_only=True" if app.is_enabled else "no enable_true_404(app)"
    return f"All other URLs below {prefix} are 200 ({why}): soft 404s."


def _say_what_browsers_ask(app: InspectedApp) -> str:
    browser, server = app.site.home(), app.client.mount + app.site.prefix
    if browser == server:
        return ""
    mount = app.client.mount
    if mount and not browser.endswith(server):
        return (
            f"It is mounted at {mount}, and made with requests_pathname_prefix={browser!r}: browsers ask for {browser} "
            f"where it is at {server}. Make it with requests_pathname_prefix={server!r} and "
            f"routes_pathname_prefix={app.site.prefix!r}. If a proxy in front changes the prefix, that is meant."
        )
    return f"Browsers ask for {browser} where it says {server}: the app is made for a proxy that changes the prefix."


def _list_redirect(app: InspectedApp, rule: Rule) -> ListedRedirect:
    mount, answer = app.client.mount, app.ask(rule.path, "GET")
    location = answer.location
    if location is None:
        return ListedRedirect(mount + rule.path, None, f"it answers {answer.status_code}, and leads nowhere")
    path = to_server(app.dash_app, urlsplit(location).path)
    if path is None:  # another's
        path, mount = urlsplit(location).path, ""
    return ListedRedirect(app.client.mount + rule.path, mount + path, find_fault_of_redirect(app, path, mount))


def _list_page(app: InspectedApp, page: Page, redirects: list[ListedRedirect]) -> ListedPage:
    mount, path = app.client.mount, path_or_template(page)
    start = mount + app.site.prefix.rstrip("/")
    # Dash makes its redirects to a template page lead to the placeholder that it has for a path.
    targets = {mount + _make_sample(app, page), start + page["path"]}
    return ListedPage(
        path=start + path,
        path_template=page["path_template"],
        module=page.get("module"),
        exists=page.get("exists") is not None,
        redirects=[redirect for redirect in redirects if redirect.to in targets],
        problems=[problem.text for problem in find_problems(app, page)],
    )


class Problem(NamedTuple):
    """Why no visitor gets a page."""

    code: str
    """Of ``check``."""
    text: str


def find_problems(app: InspectedApp, page: Page) -> Iterator[Problem]:
    """Yield why no visitor gets a page.

    :param app: the app.
    :param page: one of its pages.
    """
    path = path_or_template(page)
    better = reachable_template(path)
    decision = app.decide(_make_sample(app, page))
    match = decision.found.match
    if better != path:
        yield Problem("T205", f"no browser can reach it: register {better} instead")
    elif not app.is_page(decision):
        answerer = app.name_what_matches(decision)
        if answerer:
            yield Problem("T204", f"never reached: {answerer} matches it first")
        else:
            yield Problem("T221", "not matched by its own URL")
    elif match is not None and match.page is not page and page.get("module") is not None:
        name = name_page(match.page)
        if not match.page["path_template"] and match.page["path"] == path:
            yield Problem("T202", f"a duplicate of {name}: Dash fails over that at its first request")
        else:
            yield Problem("T203", f"never drawn: {name} matches it first")


def _make_sample(app: InspectedApp, page: Page) -> str:
    """Return a URL of a page, below the server's root."""
    return Pattern(app.site.prefix.rstrip("/") + path_or_template(page)).sample()


def _describe_page(page: ListedPage) -> str:
    parts = [page.module or "(paths=)", *(["exists"] if page.exists else [])]
    return ", ".join(parts) + _mark(page.problems)


def _mark(problems: Iterable[str | None]) -> str:
    return "".join(f" ! {problem}" for problem in problems if problem)


def _list_methods(rule: Rule) -> str:
    shown = [method for method in rule.methods if method not in _NOT_SHOWN] or list(rule.methods)
    return ", ".join(shown) or "any"


def _add_title(title: str, lines: str) -> str:
    return f"{title}\n{lines}" if "\n" in lines else ""
