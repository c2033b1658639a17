"""What there is to test of an app, each by itself: for the items of ``--dash-pages`` and for ``dash_page_case``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import NamedTuple

import dash
import pytest

from ..core.paths import reachable
from .check.findings import Finding, Report
from .check.in_process import check_app
from .check.links import InProcess
from .check.report import format_findings, silence_logging
from .check.subject import is_below
from .client import NoAnswerError
from .login import LoginError
from .pytest_pages import DashPages, list_certain_paths
from .rules import METHODS, list_rules
from .settings import STRANGER, Settings
from .urls import UNKNOWN_NAME, to_browser, to_server

# What is wrong with links, and with files that layouts name.
_OF_LINKS = ("T411", "T412")
# The notes that say why something was not seen: unknown URLs that are redirected or pages, and log-outs.
_NOT_SEEN = ("T121", "T124", "T423")
_WIDTH = 80


class Case(NamedTuple):
    """One thing to test."""

    kind: str
    """``page``, ``redirect``, ``unknown``, ``dead-links``, or ``app`` for all else that ``check`` looks at."""
    of: str = ""
    """The URL as browsers have it; of ``unknown`` the method."""
    prefix: str = ""
    """The app's root URL, where there are several apps and the URL does not tell them apart."""

    @property
    def name(self) -> str:
        """As an item is named: ``page[/trips]``."""
        inside = " ".join(filter(None, (self.of, self.prefix)))
        return f"{self.kind}[{inside}]" if inside else self.kind

    @property
    def parameter(self) -> str:
        """As pytest names parameters: ``page-/trips``."""
        return f"{self.kind}-{self.of}" if self.of else self.kind


def list_cases(app: dash.Dash, exclude: Iterable[str] = (), mount: str = "", prefix: str = "") -> list[Case]:
    """Return all that there is to test of an app, which isn't asked anything for that.

    :param app: the Dash app.
    :param exclude: paths that are left out, with all below them.
    :param mount: where its server is mounted, if its own URLs lack that.
    :param prefix: the app's root URL, if there are others.
    """
    # Dash writes the prefix of browsers into these rules, as check expects.
    rules = [reachable(rule.path) for rule in list_rules(app) if rule.kind == "redirect"]
    redirects = [path for path in rules if path.startswith(app.config.requests_pathname_prefix)]
    of_urls = [("page", to_browser(app, path)) for path in list_certain_paths(app)]
    of_urls += [("redirect", path) for path in dict.fromkeys(redirects)]
    return [
        *(Case(kind, mount + url) for kind, url in of_urls if not is_below(url, tuple(exclude))),
        *(Case("unknown", method, prefix) for method in METHODS),
        Case("dead-links", "", prefix),
        Case("app", "", prefix),
    ]


class Judge:
    """Knows which cases of an app pass: ``check`` looks at the app once, when the first of them is tested.

    :param app: the Dash app.
    :param settings: who asks, and what is left out.
    :param list_selected: returns the cases that are tested in this run. Where several have one fault, the first of them
        fails and the others are skipped.
    :param mount: where the app's server is mounted, if its own URLs lack that.
    :param prefix: the app's root URL, if there are others.
    """

    def __init__(
        self,
        app: dash.Dash,
        settings: Settings,
        list_selected: Callable[[], list[Case]],
        mount: str = "",
        prefix: str = "",
    ) -> None:
        #: What there is to test.
        self.cases = list_cases(app, settings.exclude, mount, prefix)
        self._settings = settings
        self._list_selected = list_selected
        self._mount = mount
        self._prefix = prefix
        self._home: str = app.config.requests_pathname_prefix
        self._report: Report | None = None
        self._failure: Exception | None = None
        self._groups: list[tuple[list[Finding], set[Case]]] | None = None

    @cached_property
    def _selected(self) -> list[Case]:
        return [case for case in self._list_selected() if case in self.cases]

    def judge(self, case: Case, pages: DashPages) -> None:
        """Fail or skip a case, or let it pass.

        :param case: one of those that are selected.
        :param pages: asks the app.
        """
        __tracebackhide__ = True
        if case not in self.cases:
            raise AssertionError(
                f"{case.name} is a test of the configured app, and the app of your fixture dash_app has no such thing."
            )
        report = self._look(case, pages)
        failures: list[Finding] = []
        elsewhere = None
        for findings, cases in self._group(report):
            if case in cases:
                first = next(other for other in self._selected if other in cases)
                if first == case:
                    failures += findings
                else:
                    elsewhere = first
        if failures:
            raise AssertionError(_format(failures, pages))
        if elsewhere:
            pytest.skip(f"the same fault as {elsewhere.name}")
        if self._is_kept_out(case, report):
            self._fail_once(case, report)
        unseen = self._why_unseen(case, report, pages)
        if unseen:
            pytest.skip(unseen)

    def _is_kept_out(self, case: Case, report: Report) -> bool:
        """Tell whether a case has seen nothing, because no page at all could be seen."""
        unseen, noted = {one.url for one in report.unseen}, {note.url for note in report.notes}
        pages = {one.of.removeprefix(self._mount) for one in self.cases if one.kind == "page"}
        is_seen = self._home not in unseen or not pages <= unseen | noted
        return not is_seen and (case.kind != "unknown" or self._home + UNKNOWN_NAME in unseen)

    def _fail_once(self, case: Case, report: Report) -> None:
        """Fail the first case that has seen nothing, and skip the others: were all skipped, the run would pass."""
        __tracebackhide__ = True
        with_findings = {one for _, cases in self._group(report) for one in cases}
        first = next(one for one in self._selected if one not in with_findings and self._is_kept_out(one, report))
        if case != first:
            pytest.skip(f"no page could be seen: see {first.name}")
        raise AssertionError(f"No page could be seen: {self._say_unseen(self._home, report)}")

    def _say_unseen(self, url: str, report: Report) -> str:
        unseen = next(one for one in report.unseen if one.url == url)  # what was seen first tells most
        hint = ""
        if unseen.is_guards and self._settings.visitor == STRANGER:
            hint = ". Say who asks in [tool.dash-true404] of pyproject.toml: login, user or header"
        return f"{url} was not seen: {unseen.why}{hint}"

    def _look(self, case: Case, pages: DashPages) -> Report:
        __tracebackhide__ = True
        if self._report is None and self._failure is None:
            try:
                with pages.client.frozen_cookies(), silence_logging():
                    report = check_app(pages.app, client=pages.client, exclude=self._settings.exclude)
                self._report = report.without(self._settings.ignore)
            except Exception as error:
                self._failure = error
        if self._failure is not None:
            if case != self._selected[0]:
                pytest.skip(f"the app could not be asked: see {self._selected[0].name}")
            if isinstance(self._failure, (NoAnswerError, LoginError)):
                raise AssertionError(str(self._failure))
            raise self._failure
        assert self._report is not None
        return self._report

    def _group(self, report: Report) -> list[tuple[list[Finding], set[Case]]]:
        """Return the findings that have one reason together, with the cases that they belong to."""
        if self._groups is None:
            alike: dict[tuple[str, str], list[Finding]] = {}
            for finding in report.findings:
                alike.setdefault((finding.code, finding.why), []).append(finding)
            self._groups = [(findings, set(map(self._find_case, findings))) for findings in alike.values()]
        return self._groups

    def _find_case(self, finding: Finding) -> Case:
        """Return the case that a finding belongs to."""
        if finding.code in _OF_LINKS:
            return Case("dead-links", "", self._prefix)
        if finding.url == self._home + UNKNOWN_NAME:
            return Case("unknown", finding.method, self._prefix)
        of_url = (Case(kind, self._mount + finding.url) for kind in ("page", "redirect"))
        return next((case for case in of_url if case in self.cases), Case("app", "", self._prefix))

    def _why_unseen(self, case: Case, report: Report, pages: DashPages) -> str | None:
        """Return why a case could not be seen; None if it was."""
        unknown = self._home + UNKNOWN_NAME
        unseen = [one.url for one in report.unseen]
        url: str | None = unknown if case.kind == "unknown" else case.of.removeprefix(self._mount)
        if case.kind == "unknown" and not InProcess(pages.app, pages.client).may_ask(unknown, case.of):
            return "a route of yours matches unknown URLs, and asking it might change something"
        if case.kind == "redirect" and not report.counts.get("redirects"):
            return "no page could be seen, so redirects to pages were not asked"
        if case.kind == "dead-links":
            url = next((one for one in unseen if one != unknown), None)
        if url in unseen:
            return self._say_unseen(url, report)
        return next((note.why for note in report.notes if note.code in _NOT_SEEN and note.url == url), None)


def _format(findings: list[Finding], pages: DashPages) -> str:
    """Return what is wrong: one line for pytest's summary, a table of the answers, and what ``explain`` says."""
    parts = list(format_findings(findings, _WIDTH))
    seen = [finding for finding in findings if finding.seen]
    if seen:
        method, url, status = seen[0].method, seen[0].url, seen[0].seen
        due = f", not {seen[0].due}" if seen[0].due not in (None, status) else ""
        parts.insert(0, f"{method} {url} is {status}{due}.")
        parts.append(pages.explain(to_server(pages.app, url) or url, method))
    return "\n\n".join(parts)
