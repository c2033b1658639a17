"""What ``dash-true404 check`` does to an app in this process."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack

import dash

from ...core.pages import Page, real_pages, registered_path
from ...core.paths import reachable
from ...servers import find_hidden_rules
from ..client import Client, Response
from ..inspected_app import check_ready
from ..urls import UNKNOWN_NAME
from .dead_links import list_dead_links
from .findings import Finding, Report, Unseen, make_report
from .leftovers import find_doubled_prefixes, find_page_files, find_unregistered
from .links import InProcess, crawl_app
from .pages import PageChecks
from .subject import End, Progress, follow, is_index, is_soft_404
from .unknown_urls import check_again, check_dashs_own_urls, check_files, check_unknown_url, explain_guard, soft_404
from .watch import Fault, record_log, watch_pages


def check_app(
    app: dash.Dash,
    progress: Progress | None = None,
    *,
    client: Client | None = None,
    exclude: Iterable[str] = (),
    probe_templates: bool = False,
) -> Report:
    """Return what is wrong with an app's answers, and what is worth knowing besides.

    ::

        for finding in check_app(app).findings:
            print(finding.method, finding.url, finding.seen, "instead of", finding.due, finding.why)

    An unknown URL with each method, every page and redirect, what browsers and Dash ask for, and every link in the
    layouts are asked, in this process. Without ``enable_true_404`` it says what would change.

    :param app: the Dash app.
    :param progress: is told what is being asked.
    :param client: of that app; None: a stranger's.
    :param exclude: paths that are not asked, with all below them.
    :param probe_templates: whether pages with a template are drawn with made-up values too; a layout might write to a
        database.
    :raises NotReadyError: (a ValueError) if the app is not on its server yet (``server=False``, and no ``init_app()``),
        or its server is an unknown one.
    """
    check_ready(app)
    with ExitStack() as stack:
        subject = InProcess(app, client or stack.enter_context(Client(app)), exclude, progress)
        return _AppCheck(subject, probe_templates).report()


class _AppCheck:
    def __init__(self, subject: InProcess, is_probing: bool) -> None:
        self._subject = subject
        self._app = subject.app
        self._site = subject.site
        self._is_probing = is_probing
        self._checks = PageChecks(subject)
        self._redirects = 0

    def report(self) -> Report:
        pages = list(real_pages(list(dash.page_registry.items()))) if self._app.use_pages else []
        with record_log() as records, watch_pages(pages) as faults:
            self._subject.faults = faults
            found = list(self._check(pages))
            found += self._list_exists_faults(faults)
        found += list_logged(records, found)
        return self._summarize(found)

    def _check(self, pages: list[tuple[str, Page]]) -> Iterator[Finding | Unseen]:
        subject = self._subject
        # Dash settles its pages at the first request, and fails in that one alone if a layout does.
        first = subject.ask(subject.prefix + "_dash-layout")
        yield from self._explain_first(first)
        yield from (Finding("T207", "", why=text) for text in self._site.pages.odd_entries())
        for number, (module, page) in enumerate(pages, 1):
            subject.progress(f"Asking page {number} of {len(pages)}: {module}")
            yield from self._checks.check(module, page)
        listed = self._site.pages.list_all()
        for page in listed:
            if page.get("module") is None and registered_path(page):  # of paths=
                yield from self._checks.check(None, page)
        yield from self._check_asked(len(listed))
        yield from self._check_home()
        yield from self._check_redirects()
        subject.progress("Asking unknown URLs")
        yield from check_unknown_url(subject, bool(self._checks.index))
        yield from check_dashs_own_urls(subject)
        yield from self._check_files()
        yield from (Finding("T303", "", why=text) for text in self._site.faults())
        yield from (Finding("T501", "", why=hidden.warning) for hidden in find_hidden_rules(self._app))
        for find in (find_page_files, find_doubled_prefixes, find_unregistered):
            yield from find(subject.inspected)
        subject.take_faults()
        self._crawl = crawl_app(subject, [*self._checks.readable, *self._probes(pages)])
        yield from self._crawl.found
        yield from list_dead_links(subject, self._crawl.dead)
        unknown = subject.ask(subject.prefix + UNKNOWN_NAME).status_code
        yield from self._checks.find_guarded_links(self._crawl.alive, unknown)
        yield from self._crawl.find_drawn_alike()
        yield from check_again(subject)
        yield from self._check_session()

    def _check_asked(self, number: int) -> Iterator[Unseen]:
        """Yield why no page was asked, if none was: that is no success.

        :param number: of the pages that there are.
        """
        why = self._subject.explain_left_out()
        is_due = self._app.use_pages and not callable(self._site.options.paths)
        if not why and is_due and not self._checks.asked:
            why = f"none of the app's pages ({number} are registered) was asked"
        if why:
            yield Unseen(self._subject.prefix, why)

    def _check_session(self) -> Iterator[Unseen]:
        """Yield what a session that ended meanwhile means: nobody knows what was seen as a stranger."""
        if not self._subject.inspected.client.is_somebody or not self._checks.seen:
            return
        answer = self._subject.ask_again(self._checks.seen)
        if not is_index(self._subject, answer):
            yield Unseen(
                self._checks.seen,
                f"at the end it answers {answer.status_code}, and did not at the start: the session of the check has "
                "ended, so that pages may have been seen as a stranger sees them",
            )

    def _explain_first(self, answer: Response) -> Iterator[Finding]:
        """Yield what has made the first request fail, if it did."""
        for fault in self._subject.take_faults() or () if answer.status_code >= 500 else ():
            why = (
                f"{fault.text()}. Dash calls it without variables at the first request to each process, which fails: "
                f"GET {self._subject.prefix}_dash-layout answered {answer.status_code}."
            )
            yield Finding(
                fault.code, self._subject.url_of(dash.page_registry[fault.module]), why=why, page=fault.module
            )

    def _probes(self, pages: list[tuple[str, Page]]) -> list[str]:
        """Return URLs with made-up values of the pages that have a template alone, if they are to be drawn."""
        templates = [page for _, page in pages if registered_path(page) is None]
        return [self._subject.url_of(page) for page in templates] if self._is_probing else []

    def _check_home(self) -> Iterator[Finding | Unseen]:
        subject, checks = self._subject, self._checks
        if subject.is_left_out(subject.prefix):
            return
        home = subject.ask(subject.prefix)
        checks.look_at(home)
        if subject.knows_pages and not subject.decide(subject.prefix).found.is_page:
            if is_soft_404(subject, subject.prefix, home):
                yield soft_404("T101", subject, subject.prefix, seen=home.status_code)
            if home.status_code == 404 and subject.is_enabled:
                why = (
                    f"There is no page for {subject.prefix}, so it is 404. Load balancers and uptime monitors often "
                    "probe it: register a page with path='/', or point them at a URL that is a page."
                )
                yield Finding("T125", subject.prefix, "GET", 404, None, why)
                return
        if not checks.index:
            yield Unseen(subject.prefix, explain_guard(home))

    def _check_redirects(self) -> Iterator[Finding]:
        """Yield the redirects that Dash made of ``redirect_from``, as far as they don't lead to a page."""
        for rule in self._subject.inspected.rules if self._checks.index else ():
            old = reachable(rule.path)
            is_asked = rule.kind == "redirect" and old.startswith(self._subject.prefix)
            if not is_asked or self._subject.is_left_out(old):
                continue
            self._redirects += 1
            first, end = self._subject.ask(old), follow(self._subject, old)
            if end.is_dead:
                yield Finding(
                    "T208", old, "GET", end.status, 404 if end.is_soft_404 else 200, self._explain_redirect(first, end)
                )

    def _explain_redirect(self, first: Response, end: End) -> str:
        to, lost = first.location, "old links and bookmarks are lost."
        if end.status >= 500:
            return f"A redirect_from leads to {end.url}, which answers {end.status}: {lost} Correct what fails there."
        wrong = f"leads to {to}, which isn't a page" if to else "is not where visitors ask for it"
        prefixed = (
            " Below a prefix this is a fault of Dash's (plotly/dash 3549): redirect with a route of your own."
            if self._subject.prefix != "/"
            else ""
        )
        return f"A redirect_from {wrong}: {lost}{prefixed}"

    def _check_files(self) -> Iterator[Finding | Unseen]:
        config = self._app.config
        if not self._checks.index:
            return
        assets, asset = "", None
        if not config.assets_external_path:
            assets = self._subject.prefix + config.assets_url_path.strip("/") + "/"
            name = _find_any_file(config.assets_folder)
            asset = assets + reachable(name) if name else None
        yield from check_files(self._subject, self._checks.index, assets, asset)

    def _list_exists_faults(self, faults: list[Fault]) -> Iterator[Finding]:
        """Yield one finding for each way in which a page's ``exists`` has failed."""
        once = {(fault.module, fault.code, type(fault.error)): fault for fault in reversed(faults)}
        for fault in reversed(once.values()):
            if fault.function == "exists":
                url = self._subject.url_of(dash.page_registry[fault.module], fault.variables)
                why = f"{fault.text()}. The page is taken to exist, so the URL is 200."
                yield Finding(fault.code, url, "GET", self._subject.ask(url).status_code, 404, why, fault.module)

    def _summarize(self, found: list[Finding | Unseen]) -> Report:
        # A page that is refused is a dead link, too.
        wrong = {one.url for one in found if isinstance(one, Finding) and one.code[1] in "12" and not one.is_note}
        left = [one for one in found if not (isinstance(one, Finding) and one.code == "T411" and one.url in wrong)]
        counts = {"pages": self._checks.asked, "redirects": self._redirects, **self._crawl.counts}
        return make_report(left, counts, self._subject.cure)


# A failing exists, which is watched; no home page, which is a note; and what report_only would refuse.
_SAID_OTHERWISE = ("exists of page", "There is no page for", "Would be")


def list_logged(records: Iterable[logging.LogRecord], found: Iterable[Finding | Unseen]) -> Iterator[Finding]:
    """Yield what the library has logged and the check has not found by itself."""
    said = {one.why for one in found}
    for record in records:
        message = record.getMessage()
        if message not in said and not record.msg.startswith(_SAID_OTHERWISE):
            error = record.exc_info[1] if record.exc_info else None
            yield Finding("T601", "", why=message + (f" ({type(error).__name__}: {error})" if error else ""))


def _find_any_file(folder: str) -> str | None:
    """Return the path of one file below a folder."""
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                return os.path.relpath(os.path.join(root, name), folder).replace(os.sep, "/")
    return None
