"""Reading an app's layouts and following their links, in this process or on a live site."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from ..client import NoAnswerError, Response
from .findings import Finding, Unseen
from .subject import End, Subject, follow

# So many pages are named where a dead link is on more.
_MOST_NAMED = 2

Progress = Callable[[str], None]


class DeadLink(NamedTuple):
    """A link that leads nowhere.

    ::

        DeadLink(url="/tripz", page="/trips", status=404)

    ``url`` is where it leads to, ``page`` the path of the page that holds it (the app's root, if it is in the app's
    own layout), and ``status`` what the server says in the end: 200, if only Dash draws nothing there.
    """

    url: str
    page: str
    status: int
    is_endless: bool = False
    """Whether it is redirected again and again."""


def find_hrefs(layout: Any) -> Iterator[str]:
    """Yield the ``href`` of every component in a layout, as JSON has it, except those with ``rel="nofollow"``."""
    if isinstance(layout, list):
        for item in layout:
            yield from find_hrefs(item)
    elif isinstance(layout, dict):
        props = layout.get("props")
        if isinstance(props, dict) and isinstance(layout.get("type"), str):
            href = props.get("href")
            # A dcc.Location has the page's own address in it, not a link.
            if isinstance(href, str) and layout["type"] != "Location" and "nofollow" not in str(props.get("rel")):
                yield href
        for value in layout.values():
            yield from find_hrefs(value)


class Router:
    """Dash's router for pages, asked as the browser asks it: what is drawn for a path?

    :param subject: the app.
    """

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._callback = self._find_callback()
        self._drawn: dict[str, tuple[int, Any]] = {}

    @property
    def is_there(self) -> bool:
        """Whether the app has pages, and says so to strangers."""
        return self._callback is not None

    def _find_callback(self) -> dict[str, Any] | None:
        answer = self._subject.ask(self._subject.prefix + "_dash-dependencies")
        self._status = answer.status_code
        callbacks = read_json(answer)
        for callback in callbacks if isinstance(callbacks, list) else []:
            if "_pages_content.children" in callback.get("output", ""):
                found: dict[str, Any] = callback
                return found
        return None

    def draw(self, url: str) -> tuple[int, Any]:
        """Return the router's status, and the layout that it answers with if that is 200."""
        if self._callback is None:
            return self._status, None
        if url not in self._drawn:
            self._drawn[url] = self._ask_router(url, self._callback)
        return self._drawn[url]

    def _ask_router(self, url: str, callback: dict[str, Any]) -> tuple[int, Any]:
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
            return answer.status_code, read_json(answer)["response"]["_pages_content"]["children"]
        except (TypeError, KeyError):
            return answer.status_code if answer.status_code != 200 else 204, None


def read_json(answer: Response) -> Any:
    """Return the JSON of an answer; None if it has none."""
    try:
        return json.loads(answer.data) if answer.status_code == 200 else None
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
        self.found: list[Finding | Unseen] = []
        self.pages: set[str] = set()
        self.unread: dict[int, list[str]] = {}
        self._subject = subject
        self._router = router
        self._wanted = wanted
        self._progress = progress or (lambda _: None)
        self._waiting: deque[str] = deque()
        self._ends: dict[str, End] = {}

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
        for target in dict.fromkeys(self._subject.resolve(href, url) for href in find_hrefs(layout)):
            if target is None:
                continue
            try:
                end = self._find_end(target)
            except NoAnswerError as error:
                self.found.append(Unseen(target, f"linked on {url}, it could not be asked: {error}"))
                continue
            if end.is_dead:
                if not self._subject.can_judge(target):
                    self.found.append(
                        Finding(
                            "T422",
                            target,
                            seen=end.status or None,
                            why=f"{url} links to {target}, outside the app: whether that is there, only what is in "
                            "front of the app can tell.",
                        )
                    )
                elif is_reported:
                    self.dead.append(DeadLink(target, url, end.status, end.is_endless))
            elif target.startswith(self._subject.prefix) and self._router.is_there and self._wanted(target):
                self.add([target])

    def _find_end(self, target: str) -> End:
        if target not in self._ends:
            self._progress(f"Asking {len(self._ends) + 1} links: {target}")
            self._ends[target] = follow(self._subject, target)
        return self._ends[target]

    @property
    def asked(self) -> int:
        """How many links were asked."""
        return len(self._ends)


def list_unread(crawl: Crawl) -> Iterator[Finding | Unseen]:
    """Yield which pages could not be read, and why."""
    for status, urls in crawl.unread.items():
        for url in urls:
            if status >= 500:
                why = f"Dash cannot draw {url}: asked for the layout, it answers {status}. Does the layout raise?"
                yield Finding("T401", url, "POST", status, 200, why)
            else:
                yield Unseen(url, f"asked for the layout, the server answers {status}")


def list_dead_links(dead: list[DeadLink]) -> Iterator[Finding]:
    """Yield one finding for each URL that dead links lead to, which names the pages that hold them."""
    holders: dict[DeadLink, list[str]] = {}
    for link in dead:
        holders.setdefault(link._replace(page=""), []).append(link.page)
    for link, pages in holders.items():
        named = " and ".join(pages[:_MOST_NAMED]) if len(pages) <= _MOST_NAMED else ", ".join(pages[:_MOST_NAMED])
        more = f" and {len(pages) - _MOST_NAMED} more" if len(pages) > _MOST_NAMED else ""
        nothing = "are redirected again and again" if link.is_endless else "find nothing"
        why = f"A dead link on {named}{more}: visitors who follow it {nothing}. Correct the link, or provide the page."
        is_soft = link.status < 300
        if is_soft:
            why += ' (The server says 200, and the browser draws "not found".)'
        yield Finding("T411", link.url, "GET", link.status, 404 if is_soft else 200, why)
