"""Which links in an app's layouts are dead."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import dash

from ...core.paths import reachable
from ...servers import enabled_site
from ..client import Answer, Client
from ..probe import SAFE, site_of
from ..rules import rules_of
from .checks import NO_ANSWER
from .crawl import Crawl, DeadLink, Progress, Router, internal, read_json, unread_notes

__all__ = ["DeadLink", "InProcess", "crawl_app", "dead_links"]


def dead_links(app: dash.Dash, client: Client | None = None) -> list[DeadLink]:
    """Return the dead links in an app's layout and in the layouts of its pages.

    ::

        assert dead_links(app) == []

    A link with ``rel="nofollow"``, which may be meant to be dead, is left out. Layouts are had as browsers get them,
    from Dash's own router, so functions may be async and need a request. Pages with path variables are read at the
    first URL that a link leads to.

    :param app: the Dash app; without ``enable_true_404``, a link is dead if it would be with it.
    :param client: asks the app; None: a new one.
    """
    if client is None:
        with Client(app) as client:
            return dead_links(app, client)
    return crawl_app(InProcess(app, client)).dead


class InProcess:
    """A Dash app in this process, by the URLs that browsers see.

    :param app: the Dash app.
    :param client: asks it.
    """

    def __init__(self, app: dash.Dash, client: Client) -> None:
        self.app = app
        self._client = client
        self._rules = rules_of(app)
        site = enabled_site(app)
        self.is_enabled = site is not None and not site.is_report_only
        self.site = site_of(app)
        self.prefix: str = app.config.requests_pathname_prefix
        self.knows_pages = site is not None or bool(app.use_pages)
        self.cure = "enable_true_404(app)"
        if not self.knows_pages:
            self.cure = "enable_true_404(app, paths=[...]), with the app's URLs,"
        elif site is not None and site.is_report_only:
            self.cure = "Taking report_only=True away"

    def ask(self, target: str, method: str = "GET", headers: Any = None, body: bytes = b"") -> Answer:
        """Return the answer to one request; none where it would not come to this process, behind its proxy."""
        inner = self.inner(target)
        return self._client.ask(inner, method, headers, body) if inner else NO_ANSWER

    def inner(self, url: str) -> str | None:
        """Return a browser's URL as it arrives here, when a proxy has taken the app's prefix off."""
        here: str = self.app.config.routes_pathname_prefix
        if here == self.prefix:
            return url
        return here + url[len(self.prefix) :] if url.startswith(self.prefix) else None

    def _path(self, url: str) -> str:
        """Return the path of a browser's URL as it arrives here; nothing if it does not."""
        return (self.inner(url) or "").partition("?")[0]

    def can_judge(self, url: str) -> bool:
        """Tell whether a URL is below the app's prefix."""
        return url.startswith(self.prefix)

    def may_ask(self, url: str, method: str) -> bool:
        """Tell whether a request reaches no view of the user's that might change something."""
        if method in SAFE:
            return True
        path = self._path(url)
        rule = self._rules.match(path, method) if path else None
        return rule is None or rule.serves_pages or rule.kind == "dash"

    def is_found(self, url: str) -> bool:
        """Tell whether Dash draws a page for a URL that is answered by Dash's index page."""
        if self.is_enabled:
            return True  # or the server would have said so
        found = self.site.look_up(self._path(url))
        match = found.match
        if not found.is_page or match is None:
            return found.is_page
        if not self.site.can_wait:
            return self.site.exists.ask(match)
        with ThreadPoolExecutor(1) as thread:  # there may be a running loop in this one
            return thread.submit(lambda: asyncio.run(self.site.exists.ask_async(match))).result()

    def resolve(self, href: str, url: str) -> str | None:
        """Return where a link leads to; None if it leaves the host."""
        return internal(href, url)

    def page_of(self, url: str) -> Any:
        """Return the registered page that takes a URL."""
        match = self.site.pages.find(self._path(url)[len(self.site.prefix) :].strip("/"))
        return match.page if match else None


def crawl_app(subject: InProcess, progress: Progress | None = None) -> Crawl:
    """Read the layouts of an app in this process, each page once, and ask their links.

    :param subject: the app.
    :param progress: is told what is being read.
    """
    read: set[int] = set()

    def wanted(url: str) -> bool:
        page = subject.page_of(url)
        is_new = page is not None and id(page) not in read and bool(subject.app.use_pages)
        read.add(id(page))
        return is_new

    crawl = Crawl(subject, Router(subject), wanted, progress)
    layout = read_json(subject.ask(subject.prefix + "_dash-layout"))
    crawl.read(layout, subject.prefix)
    if subject.app.use_pages:
        for page in list(dash.page_registry.values()):
            # A path that was inferred from a template is a placeholder.
            path = page.get("supplied_path") or ("" if page["path_template"] else page["path"])
            if path:
                read.add(id(page))
                crawl.add([subject.prefix + reachable(path.lstrip("/"))])
    crawl.run()
    if layout is None:
        crawl.notes.append("The app's layout could not be had, so its links were not checked.")
    crawl.notes += unread_notes(crawl)
    return crawl
