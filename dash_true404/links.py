"""The links in an app's layouts, and which of them are dead."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from urllib.parse import quote, urljoin, urlsplit

import dash

from .answers import IN_APP
from .checks import GUARDED, NO_ANSWER, Subject, final_status
from .client import Answer, Client
from .paths import reachable
from .servers import adapter_for
from .servers.jinja import NoTemplates
from .site import Options, Site

_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
# What an app in this process is asked as; some servers repeat it in redirects.
_HOST = "http://localhost"

# So many pages are named in one note.
_MOST_NAMED = 3

Progress = Callable[[str], None]


class DeadLink(NamedTuple):
    """A link that leads nowhere.

    ::

        DeadLink(url="/tripz", page="/trips", status=404)

    ``url`` is where it leads to, ``page`` the path of the page that holds it (the app's root, if it is in the app's
    own layout), and ``status`` what a visitor gets.
    """

    url: str
    page: str
    status: int


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


def internal(href: str, url: str, host: str = _HOST) -> str | None:
    """Return the request target that a link leads to, as a browser sends it; None if it leaves the host.

    >>> internal("../b?x=1#top", "/a/c")
    '/b?x=1'

    :param href: as it is in the layout.
    :param url: of the page that holds it.
    :param host: ``scheme://host`` of that page.
    """
    href = href.strip()
    if not href or href.startswith("#"):
        return None
    try:
        there = urlsplit(urljoin(host + url, href))
        if there.scheme not in ("http", "https") or there.netloc.lower() != urlsplit(host).netloc.lower():
            return None
    except ValueError:  # no URL at all
        return None
    query = f"?{quote(there.query, safe=_PRINTABLE)}" if there.query else ""
    return reachable(there.path or "/") + query


def hrefs(layout: Any) -> Iterator[str]:
    """Yield the ``href`` of every component in a layout, as JSON has it, but of those with ``rel="nofollow"``."""
    if isinstance(layout, list):
        for item in layout:
            yield from hrefs(item)
    elif isinstance(layout, dict):
        props = layout.get("props")
        if isinstance(props, dict) and isinstance(layout.get("type"), str):
            href = props.get("href")
            if isinstance(href, str) and "nofollow" not in str(props.get("rel")):
                yield href
        for value in layout.values():
            yield from hrefs(value)


class Router:
    """Dash's router for pages, asked as the browser asks it: what is drawn for a path?

    :param subject: the app.
    """

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._callback = self._find()
        self._drawn: dict[str, tuple[int, Any]] = {}

    @property
    def is_there(self) -> bool:
        """Whether the app has pages, and says so to strangers."""
        return self._callback is not None

    def _find(self) -> dict[str, Any] | None:
        callbacks = read_json(self._subject.ask(self._subject.prefix + "_dash-dependencies"))
        for callback in callbacks if isinstance(callbacks, list) else []:
            if "_pages_content.children" in callback.get("output", ""):
                found: dict[str, Any] = callback
                return found
        return None

    def draw(self, url: str) -> tuple[int, Any]:
        """Return the router's status, and the layout that it answers with if that is 200."""
        if self._callback is None:
            return 404, None
        if url not in self._drawn:
            self._drawn[url] = self._ask(url, self._callback)
        return self._drawn[url]

    def _ask(self, url: str, callback: dict[str, Any]) -> tuple[int, Any]:
        path, _, query = url.partition("?")
        values = {"pathname": path, "search": f"?{query}" if query else ""}
        names = [output.rsplit(".", 1) for output in callback["output"].strip(".").split("...")]
        inputs, states = (
            [
                {**part, "value": values.get(part["property"]) if part["id"] == "_pages_location" else None}
                for part in callback.get(kind, [])
            ]
            for kind in ("inputs", "state")
        )
        question = {
            "output": callback["output"],
            "outputs": [{"id": component, "property": prop} for component, prop in names],
            "inputs": inputs,
            "state": states,
            "changedPropIds": ["_pages_location.pathname"],
        }
        answer = self._subject.ask(
            self._subject.prefix + "_dash-update-component",
            "POST",
            {"Content-Type": "application/json", "Accept": "application/json"},
            json.dumps(question).encode(),
        )
        try:
            return answer.status, read_json(answer)["response"]["_pages_content"]["children"]
        except (TypeError, KeyError):
            return answer.status if answer.status != 200 else 204, None


def read_json(answer: Answer) -> Any:
    """Return the JSON of an answer; None if it has none."""
    try:
        return json.loads(answer.body) if answer.status == 200 else None
    except ValueError:
        return None


class Crawl:
    """Reads layouts, asks where their links lead, and reads the pages that they lead to.

    :param subject: the app.
    :param router: its router.
    :param wanted: whether a page that was linked should be read.
    :param progress: is told what is being read.
    """

    def __init__(
        self, subject: Subject, router: Router, wanted: Callable[[str], bool], progress: Progress | None = None
    ) -> None:
        self.dead: list[DeadLink] = []
        self.notes: list[str] = []
        self.pages: set[str] = set()
        self.unread: dict[int, list[str]] = {}
        self._subject = subject
        self._router = router
        self._wanted = wanted
        self._progress = progress or (lambda _: None)
        self._waiting: deque[str] = deque()
        self._statuses: dict[str, int] = {}

    @property
    def left(self) -> int:
        """How many pages are still to be read."""
        return len(self._waiting)

    def add(self, urls: Iterable[str]) -> None:
        """Add pages to read."""
        for url in urls:
            if url not in self.pages:
                self.pages.add(url)
                self._waiting.append(url)

    def run(self) -> None:
        """Read all pages, and those that they link to."""
        while self._waiting:
            url = self._waiting.popleft()
            self._progress(f"Reading page {len(self.pages) - len(self._waiting)} of {len(self.pages)}: {url}")
            status, layout = self._router.draw(url)
            if layout is None and status != 204:  # 204: the router leaves the page as it is
                self.unread.setdefault(status, []).append(url)
            self.read(layout, url)

    def read(self, layout: Any, url: str, is_reported: bool = True) -> None:
        """Ask for all links in a layout.

        :param layout: as JSON has it.
        :param url: the page that holds it.
        :param is_reported: whether its dead links count.
        """
        for target in dict.fromkeys(self._subject.resolve(href, url) for href in hrefs(layout)):
            if target is None:
                continue
            status = self._status(target)
            if status >= 400 and status not in GUARDED:
                if is_reported:
                    self.dead.append(DeadLink(target, url, status))
            elif target.startswith(self._subject.prefix) and self._router.is_there and self._wanted(target):
                self.add([target])

    def _status(self, target: str) -> int:
        if target not in self._statuses:
            self._progress(f"Asking {len(self._statuses) + 1} links: {target}")
            self._statuses[target] = final_status(self._subject, target)
        return self._statuses[target]


class InProcess:
    """A Dash app in this process, by the URLs that browsers see.

    :param app: the Dash app.
    :param client: asks it.
    """

    def __init__(self, app: dash.Dash, client: Client) -> None:
        self.app = app
        self._client = client
        site = enabled_site(app)
        self.is_enabled = site is not None and not site.report_only
        self.site = site or Site(app, Options(page=IN_APP), NoTemplates(), adapter_for(app.server).can_wait(app))
        self.prefix: str = app.config.requests_pathname_prefix
        self.knows_pages = site is not None or bool(app.use_pages)
        self.cure = "enable_true_404(app)"
        if not self.knows_pages:
            self.cure = "enable_true_404(app, paths=[...]), with the app's URLs,"
        elif site is not None and site.report_only:
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

    def is_found(self, url: str) -> bool:
        """Tell whether Dash draws a page for a URL that is answered by Dash's index page."""
        if self.is_enabled:
            return True  # or the server would have said so
        inner = self.inner(url)
        if inner is None:
            return True
        verdict = self.site.verdict(inner.partition("?")[0])
        if verdict.is_page and self.site.can_wait:
            with ThreadPoolExecutor(1) as thread:  # there may be a running loop in this one
                thread.submit(lambda: asyncio.run(verdict.ask(_at_once))).result()
        return verdict.is_found()

    def resolve(self, href: str, url: str) -> str | None:
        """Return where a link leads to; None if it leaves the host."""
        return internal(href, url)

    def page_of(self, url: str) -> Any:
        """Return the registered page that takes a URL."""
        inner = (self.inner(url) or "").partition("?")[0]
        match = self.site.pages.find(inner[len(self.site.prefix) :].strip("/"))
        return match.page if match else None


async def _at_once(function: Callable[..., Any]) -> Any:
    return function()


def enabled_site(app: dash.Dash) -> Site | None:
    """Return what ``enable_true_404`` made of an app; None if it was not called for it."""
    server: Any = app.server
    adapter = getattr(server, "extensions", {}).get("dash_true404") or getattr(
        getattr(server, "state", None), "dash_true404", None
    )
    return next((site for site in getattr(adapter, "_sites", {}).values() if site.app is app), None)


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


def unread_notes(crawl: Crawl) -> Iterator[str]:
    """Yield which pages could not be read."""
    for status, urls in crawl.unread.items():
        names = ", ".join(urls[:_MOST_NAMED]) + (f" and {len(urls) - _MOST_NAMED} more" if urls[_MOST_NAMED:] else "")
        yield (
            f"The links in {names} were not checked: asked for the layout, Dash answers {status}. "
            + ("A guard answers first." if status in GUARDED or 300 <= status < 400 else "Does the layout raise?")
        )
