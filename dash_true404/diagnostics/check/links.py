"""Which links in an app's layouts are dead."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import dash

from ...core.pages import Page, path_or_template, real_pages, registered_path
from ...core.path_templates import VARIABLE
from ...core.paths import reachable
from ...servers import Decision
from ..client import Client, NoAnswerError, Response
from ..hints.near_misses import find_near_misses
from ..inspected_app import SAFE, InspectedApp
from ..urls import UNKNOWN_NAME, to_server
from .crawl import Crawl
from .router import Router
from .subject import MOST_SILENCES, NO_ANSWER, Progress, Subject, follow
from .watch import Fault


class InProcess(Subject):
    """A Dash app in this process.

    :param app: the Dash app.
    :param client: asks it.
    :param exclude: paths that are not asked, with all below them.
    :param progress: is told what is being asked.
    """

    def __init__(
        self, app: dash.Dash, client: Client, exclude: Iterable[str] = (), progress: Progress | None = None
    ) -> None:
        super().__init__(client, exclude, progress)
        self.app = app
        self.inspected = InspectedApp(app, client)
        self.is_enabled = self.inspected.is_refusing
        self.site = self.inspected.site
        self.prefix: str = app.config.requests_pathname_prefix
        self.knows_pages = self.inspected.knows_pages
        self.cure = self._find_cure()
        #: Filled while the pages are watched; None if they are not.
        self.faults: list[Fault] | None = None
        self._taken = 0

    def _find_cure(self) -> str:
        if self.is_enabled:
            return ""
        if self.site.is_report_only:
            return "Taking report_only=True away"
        return "enable_true_404(app)" if self.knows_pages else "enable_true_404(app, paths=[...]), with the app's URLs,"

    def ask_again(
        self, target: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Response:
        """Return the answer to one request; none where it would not come to this process, behind its proxy."""
        at_server = to_server(self.app, target)
        if at_server is None:
            return NO_ANSWER
        if self.is_silent:
            raise NoAnswerError(f"The app has answered none of {MOST_SILENCES} requests, so no more are sent.")
        return super().ask_again(at_server, method, headers, body)

    def url_of(self, page: Page, variables: Mapping[str, Any] | None = None) -> str:
        """Return a URL of a page.

        :param variables: the values of its path; None: its own path, or made-up values if it has a template alone.
        """
        path = path_or_template(page) if variables else registered_path(page) or path_or_template(page)
        values = variables or {}
        filled = VARIABLE.sub(lambda variable: str(values.get(variable[0][1:-1], UNKNOWN_NAME)), path)
        return self.prefix + reachable(filled.lstrip("/"))

    def name_page(self, url: str) -> str | None:
        """Return the module of the page at a URL."""
        page = self.find_page(url)
        return page.get("module") if page is not None else None

    def take_faults(self) -> list[Fault] | None:
        """Return what the functions of pages have raised since this was asked last; None if they are not watched."""
        if self.faults is None:
            return None
        taken, self._taken = self._taken, len(self.faults)
        return self.faults[taken:]

    def explain_dead(self, url: str) -> str | None:
        """Return what answers a dead link, or else what its URL nearly is."""
        end = follow(self, url)
        moved = "" if end.url == url else f"It's redirected to {end.url}. "
        decision = self.decide(end.url)
        name = self.inspected.name_what_matches(decision)
        if name is None:
            hint = next(find_near_misses(self.inspected, decision.path, "GET"), None)
            return moved + hint.text if hint else moved.rstrip() or None
        if decision.found.asks_exists and end.status in (200, 404):
            return f"{moved}It matches {name}, whose exists returned False."
        return f"{moved}It matches {name}, which answers {end.status}."

    def decide(self, url: str, method: str = "GET") -> Decision:
        """Return what is decided for a request; without true 404s, what would be."""
        path = (to_server(self.app, url) or "").partition("?")[0]
        return self.inspected.decide(path, method)

    def can_judge(self, url: str) -> bool:
        """Tell whether a URL is below the app's prefix."""
        return url.startswith(self.prefix)

    def may_ask(self, url: str, method: str) -> bool:
        """Tell whether a request reaches no view of the user's that might change something."""
        if method in SAFE or to_server(self.app, url) is None:
            return True
        decision = self.decide(url, method)
        if self.inspected.find_other_app(decision) is not None:
            return True
        rule = self.inspected.find_rule(decision)
        return rule is None or rule.kind == "dash"

    def is_found(self, url: str) -> bool:
        """Tell whether Dash draws a page for a URL that is answered by Dash's index page."""
        if self.is_enabled:
            return True  # or the server would have said so
        found = self.decide(url).found
        match = found.match
        if not found.is_page or match is None:
            return found.is_page
        if not self.site.can_wait:
            return self.site.exists.ask(match)
        with ThreadPoolExecutor(1) as thread:  # there may be a running loop in this one
            return thread.submit(lambda: asyncio.run(self.site.exists.ask_async(match))).result()

    def find_page(self, url: str) -> Page | None:
        """Return the registered page that is at a URL."""
        decision = self.decide(url)
        match = decision.found.match if self.inspected.is_page(decision) else None
        return match.page if match else None


def crawl_app(subject: InProcess, urls: Iterable[str] | None = None) -> Crawl:
    """Read the layouts of an app in this process, each page once, and ask their links.

    Layouts are loaded as browsers load them, from Dash's own router, so functions may be async and need a request.
    Pages with path variables are read at the first URL that a link leads to.

    :param subject: the app.
    :param urls: the pages to begin with; None: all that have a path of their own.
    """
    read: set[int] = set()

    def wanted(url: str) -> bool:
        page = subject.find_page(url)
        is_new = page is not None and id(page) not in read and bool(subject.app.use_pages)
        read.add(id(page))
        return is_new

    crawl = Crawl(subject, Router(subject), wanted)
    crawl.read_app()
    if urls is None:
        pages = real_pages(list(dash.page_registry.items())) if subject.app.use_pages else ()
        urls = [subject.url_of(page) for _, page in pages if registered_path(page)]
    for url in urls:
        read.add(id(subject.find_page(url)))
        crawl.add([url])
    crawl.run()
    return crawl
