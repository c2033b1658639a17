"""Reading an app's layouts and following their links, in this process or on a live site."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from ..client import NoAnswerError
from ..names import name_some
from ..urls import UNKNOWN_NAME, is_log_out
from .findings import Finding, Unseen
from .references import LINK, find_references, first_words
from .router import Router, name_answer, read_json
from .subject import End, Subject, follow

# So many pages are named in one note.
_MOST_NAMED = 3


class DeadLink(NamedTuple):
    """A link that leads nowhere, or a file of a layout that isn't there.

    ::

        DeadLink(url="/tripz", page="/trips", status=404)

    ``url`` is where it leads to, ``page`` the path of the page that holds it (the app's root, if it is in the app's
    own layout), and ``status`` what the server says in the end: 200, if only Dash draws nothing there.
    """

    url: str
    page: str
    status: int
    kind: str = LINK
    """``link``, or what the browser would load: ``image``, ``frame``, ``media file`` or ``stylesheet``."""
    is_endless: bool = False
    """Whether it is redirected again and again."""


def note_log_out(url: str, page: str | None = None) -> Finding:
    """Return the note about a URL that seems to log out.

    :param page: its module, if that is known.
    """
    return Finding("T423", url, why=f"{url} seems to log out, so it was neither asked nor drawn.", page=page)


class Crawl:
    """Reads layouts, asks where their links lead, and reads the pages that they lead to.

    :param subject: the app.
    :param router: its router.
    :param wanted: whether a page that was linked should be read.
    """

    def __init__(self, subject: Subject, router: Router, wanted: Callable[[str], bool]) -> None:
        self.dead: list[DeadLink] = []
        self._unplaced: dict[str, None] = {}
        self.found: list[Finding | Unseen] = []
        #: Each link or file that is not dead, with the first page that holds it.
        self.alive: dict[str, str] = {}
        self.pages: set[str] = set()
        self._subject = subject
        self._router = router
        self._wanted = wanted
        self._waiting: deque[str] = deque()
        self._ends: dict[str, End] = {}
        self._links: set[str] = set()
        self._files: set[str] = set()
        self._drawn: dict[str, list[str]] = {}

    @property
    def left(self) -> int:
        """How many pages are still to be read."""
        return len(self._waiting)

    @property
    def counts(self) -> dict[str, int]:
        """How many links and assets were asked."""
        # Those outside the app that would not come to this process have no answer.
        asked = {url for url, end in self._ends.items() if end.status or self._subject.can_judge(url)}
        return {"links": len((self._links & asked) - self._files), "assets": len(self._files & asked)}

    def add(self, urls: Iterable[str]) -> None:
        """Add pages to read."""
        for url in urls:
            if url not in self.pages and not self._is_left_alone(url):
                self.pages.add(url)
                self._waiting.append(url)

    def _is_left_alone(self, url: str) -> bool:
        if is_log_out(url):
            self.found.append(note_log_out(url))
        return is_log_out(url) or self._subject.is_left_out(url)

    def run(self) -> None:
        """Read all pages, and those that they link to."""
        while self._waiting:
            url = self._waiting.popleft()
            self._subject.progress(f"Reading page {len(self.pages) - len(self._waiting)} of {len(self.pages)}: {url}")
            try:
                status, layout = self._router.draw(url)
            except NoAnswerError as error:
                self.found.append(Unseen(url, f"its layout could not be loaded: {error}"))
                continue
            if layout is None and status != 204:  # 204: a blank page, or the page stays as it is
                self.found.append(self._explain_unread(url, status))
            else:
                self._drawn.setdefault(json.dumps(layout, sort_keys=True), []).append(url)
            self.read(layout, url)

    def _explain_unread(self, url: str, status: int) -> Finding | Unseen:
        faults = self._subject.take_faults()
        raised = [fault for fault in faults or () if fault.function != "exists"]
        if raised:
            why = f"{raised[-1].text()}, so Dash draws nothing at {url}."
            return Finding(raised[-1].code, url, why=why, page=raised[-1].module)
        if faults is None and status == 500:
            asked = f"POST {self._subject.prefix}_dash-update-component"
            why = f"Dash draws nothing at {url}: asked for the layout, {asked} answers 500. Does the layout raise?"
            return Finding("T401", url, why=why, page=self._subject.name_page(url))
        return Unseen(url, f"asked for the layout, {name_answer(status)}")

    def read_app(self) -> None:
        """Read the app's own layout, which is drawn around all pages."""
        prefix = self._subject.prefix
        if not self._router.is_known:
            self.found.append(Unseen(prefix, self._router.explain_unknown()))
        answer = self._subject.ask(prefix + "_dash-layout")
        layout = read_json(answer)
        if layout is None:
            why = f"asked for the app's layout ({prefix}_dash-layout), {name_answer(answer.status_code)}"
            self.found.append(Unseen(prefix, why))
        self.read(layout, prefix)

    def read(self, layout: Any, url: str) -> None:
        """Ask for all links and files in a layout.

        :param layout: as JSON has it.
        :param url: the page that holds it.
        """
        for kind, href in dict.fromkeys(find_references(layout)):
            target = self._subject.resolve(href, url)
            if target is None or self._is_left_alone(target):
                continue
            (self._links if kind == LINK else self._files).add(target)
            try:
                end = self._find_end(target)
            except NoAnswerError as error:
                self.found.append(Unseen(target, f"linked on {url}, it could not be asked: {error}"))
                continue
            if end.is_dead:
                if not self._subject.can_judge(target):
                    self._note_outside(target, url, end)
                else:
                    self.dead.append(DeadLink(target, url, end.status, kind, end.is_endless))
                continue
            self.alive.setdefault(target, url)
            if kind == LINK and self._is_wanted(target):
                self.add([target])

    def find_pages(self, layout: Any) -> None:
        """Add the pages that are linked in a layout of which nobody knows what page holds it.

        Its links do not count, and none is reported as dead: :meth:`find_unplaced` notes those.

        :param layout: as JSON has it.
        """
        root = self._subject.prefix
        for kind, href in dict.fromkeys(find_references(layout)):
            target = self._subject.resolve(href, root)
            # Where a relative link leads to depends on its page.
            if target is None or target != self._subject.resolve(href, f"{root}{UNKNOWN_NAME}/{UNKNOWN_NAME}/"):
                continue
            # Dash makes the layouts of templates there without their variables: /item/None/edit is no link of theirs.
            is_made_without = "None" in re.split("[/?&=]", target)
            if is_made_without or is_log_out(target) or self._subject.is_left_out(target):
                continue
            if self._find_end(target).is_dead:
                self._unplaced[target] = None
            elif kind == LINK and self._is_wanted(target):
                self.add([target])

    def find_unplaced(self) -> Iterator[Finding]:
        """Yield a note if links that :meth:`find_pages` has met are dead, and on no page that was read."""
        urls = [url for url in self._unplaced if url not in self._links | self._files]
        if urls:
            why = (
                f"{name_some(urls, _MOST_NAMED)}: dead in Dash's validation layout, and on no page that was read. That "
                "is either a page that nothing links to, which was not visited (check its URL too), or one with a path "
                "template, which Dash makes there without its variables."
            )
            yield Finding("T424", urls[0], why=why)

    def _is_wanted(self, target: str) -> bool:
        return target.startswith(self._subject.prefix) and self._router.is_there and self._wanted(target)

    def _note_outside(self, target: str, url: str, end: End) -> None:
        why = (
            f"{url} links to {target}, outside the app: whether that is there, only what is in front of the app can "
            "tell."
        )
        self.found.append(Finding("T422", target, seen=end.status or None, why=why))

    def _find_end(self, target: str) -> End:
        if target not in self._ends:
            self._subject.progress(f"Asking {len(self._ends) + 1} links: {target}")
            self._ends[target] = follow(self._subject, target)
        return self._ends[target]

    def find_drawn_alike(self) -> Iterator[Finding]:
        """Yield a note for pages that are drawn alike, since that may be a log-in with status 200."""
        for drawn, urls in self._drawn.items():
            # Of one page with a template, many URLs may be drawn alike.
            pages = {self._subject.name_page(url) or self._first_segment(url) for url in urls}
            words = first_words(json.loads(drawn)) if len(pages) > 1 else ""
            if words:
                why = f'{name_some(urls, _MOST_NAMED)} are drawn alike: "{words}". Is that a log-in?'
                yield Finding("T421", urls[0], "POST", 200, None, why, self._subject.name_page(urls[0]))

    def _first_segment(self, url: str) -> str:
        return url.partition("?")[0][len(self._subject.prefix) :].split("/")[0]
