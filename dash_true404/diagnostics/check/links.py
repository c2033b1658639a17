"""Which links in an app's layouts are dead."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import dash

from ...core.pages import Page, real_pages, registered_path
from ...core.paths import reachable
from ...servers import Decision
from ..client import Client, Response
from ..inspected_app import SAFE, InspectedApp
from ..urls import resolve_link, to_server
from .crawl import Crawl, DeadLink, Progress, Router, list_unread, read_json
from .findings import Unseen
from .subject import NO_ANSWER

__all__ = ["DeadLink", "InProcess", "crawl_app", "find_dead_links"]


def find_dead_links(app: dash.Dash, client: Client | None = None) -> list[DeadLink]:
    """Return the dead links in an app's layout and in the layouts of its pages.

    ::

        assert find_dead_links(app) == []

    A link with ``rel="nofollow"``, which may be meant to be dead, is left out. Layouts are loaded as browsers load
    them, from Dash's own router, so functions may be async and need a request. Pages with path variables are read at
    the first URL that a link leads to.

    :param app: the Dash app; without ``enable_true_404``, a link is dead if it would be with it.
    :param client: asks the app; None: a new one.
    """
    if client is None:
        with Client(app) as client:
            return find_dead_links(app, client)
    return crawl_app(InProcess(app, client)).dead


class InProcess:
    """A Dash app in this process, by the URLs that browsers see.

    :param app: the Dash app.
    :param client: asks it.
    """

    def __init__(self, app: dash.Dash, client: Client) -> None:
        self.app = app
        self._client = client
        self._inspected = InspectedApp(app, client)
        self.is_enabled = self._inspected.is_refusing
        self.site = self._inspected.site
        self.prefix: str = app.config.requests_pathname_prefix
        self.knows_pages = self._inspected.is_enabled or bool(app.use_pages)
        self.cure = self._find_cure()

    def _find_cure(self) -> str:
        if self.is_enabled:
            return ""
        if self.site.is_report_only:
            return "Taking report_only=True away"
        return "enable_true_404(app)" if self.knows_pages else "enable_true_404(app, paths=[...]), with the app's URLs,"

    def ask(self, target: str, method: str = "GET", headers: Any = None, body: bytes = b"") -> Response:
        """Return the answer to one request; none where it would not come to this process, behind its proxy."""
        at_server = to_server(self.app, target)
        return self._client.ask(at_server, method, headers, body) if at_server else NO_ANSWER

    def decide(self, url: str, method: str = "GET") -> Decision:
        """Return what is decided for a request; without true 404s, what would be."""
        path = (to_server(self.app, url) or "").partition("?")[0]
        return self._inspected.decide(path, method)

    def can_judge(self, url: str) -> bool:
        """Tell whether a URL is below the app's prefix."""
        return url.startswith(self.prefix)

    def may_ask(self, url: str, method: str) -> bool:
        """Tell whether a request reaches no view of the user's that might change something."""
        at_server = to_server(self.app, url)
        return at_server is None or self.may_ask_server(at_server.partition("?")[0], method)

    def may_ask_server(self, path: str, method: str) -> bool:
        """Tell the same of a path below the server's root."""
        if method in SAFE:
            return True
        decision = self._inspected.decide(path, method)
        if self._inspected.find_other_app(decision) is not None:
            return True
        rule = self._inspected.find_rule(decision)
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

    def resolve(self, href: str, url: str) -> str | None:
        """Return where a link leads to; None if it leaves the host."""
        return resolve_link(href, url)

    def find_page(self, url: str) -> Page | None:
        """Return the registered page that is at a URL."""
        decision = self.decide(url)
        match = decision.found.match if self._inspected.is_page(decision) else None
        return match.page if match else None


def crawl_app(subject: InProcess, progress: Progress | None = None) -> Crawl:
    """Read the layouts of an app in this process, each page once, and ask their links.

    :param subject: the app.
    :param progress: is told what is being read.
    """
    read: set[int] = set()

    def wanted(url: str) -> bool:
        page = subject.find_page(url)
        is_new = page is not None and id(page) not in read and bool(subject.app.use_pages)
        read.add(id(page))
        return is_new

    crawl = Crawl(subject, Router(subject), wanted, progress)
    layout = read_json(subject.ask(subject.prefix + "_dash-layout"))
    crawl.read(layout, subject.prefix)
    if subject.app.use_pages:
        for _, page in real_pages(list(dash.page_registry.items())):
            path = registered_path(page)
            if path:
                read.add(id(page))
                crawl.add([subject.prefix + reachable(path.lstrip("/"))])
    crawl.run()
    if layout is None:
        crawl.found.append(Unseen(subject.prefix, "the app's layout could not be loaded"))
    crawl.found += list_unread(crawl)
    return crawl
