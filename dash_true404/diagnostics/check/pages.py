"""What ``check`` asks of each page of an app in this process, and what it makes of the answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from ...core.page_faults import explain_odd_template, explain_unreachable
from ...core.pages import is_not_found_page, path_or_template, registered_path
from ...servers import Outcome
from ..client import NoAnswerError, Response
from ..messages import GUARDED
from ..names import capitalize, name_page
from ..routes import find_problems
from ..urls import UNKNOWN_NAME, follow_redirects, is_log_in, is_log_out
from .crawl import note_log_out
from .findings import Finding, Unseen
from .links import InProcess
from .subject import is_guards, is_index
from .unknown_urls import check_not_found_page, explain_guard, head_differs, no_allow, soft_404

# So many pages are asked with HEAD and POST too: what depends on the method shows with the first ones as well, and an
# index page of a large app takes Dash long.
_MOST_METHODS = 25
# A page that is not drawn for its own URL has no layout to be read.
_HIDDEN = frozenset({"T202", "T203", "T204", "T205"})


class PageChecks:
    """Asks the pages of an app, one after the other.

    :param subject: the app.
    """

    def __init__(self, subject: InProcess) -> None:
        #: The first index page that was seen; none if a guard answered for all pages.
        self.index = b""
        #: The URL of the first page that was seen.
        self.seen = ""
        #: The URLs of pages whose layouts can be read.
        self.readable: list[str] = []
        self.asked = 0
        self._subject = subject

    def look_at(self, answer: Response) -> bool:
        """Tell whether an answer is the app's index page, and keep the first one."""
        if not is_index(self._subject, answer):
            return False
        self.index = self.index or answer.data
        return True

    def check(self, module: str | None, page: Mapping[str, Any]) -> Iterator[Finding | Unseen]:
        """Yield what is wrong with a page.

        :param module: its key in the registry; None for one of ``paths=``.
        """
        path = registered_path(page)
        url = self._subject.url_of(page)
        if self._subject.is_left_out(url):
            return
        if is_log_out(url):
            yield note_log_out(url, module)
            return
        try:
            yield from self._check_path(page, url) if module is None else self._check(module, page, path, url)
        except NoAnswerError as error:
            yield Unseen(url, str(error).rstrip("."))

    def _check_path(self, page: Mapping[str, Any], url: str) -> Iterator[Finding | Unseen]:
        """Yield what is wrong with the answer to a page of ``paths=``, which the app's own callbacks draw."""
        answer = self._subject.ask(url)
        self.asked += 1
        is_rules = not self._subject.inspected.is_page(self._subject.decide(url))
        if self.look_at(answer):
            self.seen = self.seen or url
        elif answer.status_code >= 400 and answer.status_code not in GUARDED:
            yield self._explain_refusal(None, capitalize(name_page(page)), url, answer)
        elif not (is_rules and answer.status_code < 300) and not self.is_moved(answer, url):
            yield Unseen(url, explain_guard(answer))

    def _check(self, module: str, page: Mapping[str, Any], path: str | None, url: str) -> Iterator[Finding | Unseen]:
        if is_not_found_page(module):
            self.readable += [url] if path else []
            yield from check_not_found_page(self._subject, url, module)
            return
        mistakes = list(self._check_registration(module, page, url))
        yield from mistakes
        if not _HIDDEN & {mistake.code for mistake in mistakes}:
            self.readable += [url] if path else []
            yield from self._check_status(module, page, url, is_made_up=path is None)

    def _check_registration(self, module: str, page: Mapping[str, Any], url: str) -> Iterator[Finding]:
        """Yield mistakes in a page's registration."""
        subject = self._subject
        yield from _find_misspelt_exists(subject, module, page, url)
        yield from (Finding("T221", url, why=warning, page=module) for warning in explain_odd_template(module, page))
        for warning in explain_unreachable(module, page):
            status = subject.ask(url).status_code
            yield Finding("T205", url, "GET", status, 404 if status == 200 else 200, warning, module)
            return
        for problem in find_problems(subject.inspected, page):
            status = subject.ask(url).status_code
            why = f"Page {module!r} is {problem.text}."
            yield Finding(problem.code, url, "GET", status, 200 if status >= 400 else None, why, module)
        prefix = subject.site.prefix
        if prefix != "/" and path_or_template(page).startswith(prefix):
            why = (
                f"The path of page {module!r} begins with the app's prefix {prefix!r}, which Dash adds to it, so its "
                f"URL is {url}. Register the page without the prefix."
            )
            yield Finding("T206", url, "GET", subject.ask(url).status_code, None, why, module)

    def _check_status(
        self, module: str, page: Mapping[str, Any], url: str, is_made_up: bool
    ) -> Iterator[Finding | Unseen]:
        """Yield what is wrong with a page's answer.

        :param is_made_up: whether the URL has values that were made up, since the page has a template only.
        """
        get = self._subject.ask(url)
        self.asked += 1
        if self.look_at(get):
            self.seen = self.seen or url
            yield from self._check_found(module, page, url, is_made_up)
        elif get.status_code == 404 and (is_made_up or (self._subject.is_enabled and page.get("exists") is not None)):
            return  # a template that does not match its own URLs is noted
        elif get.status_code >= 400 and get.status_code not in GUARDED:
            yield self._explain_refusal(module, f"Page {module!r}", url, get)
            return
        elif not self.is_moved(get, url):
            yield Unseen(url, explain_guard(get))
            return
        if self.asked <= _MOST_METHODS:
            yield from self._check_methods(module, url, get)

    def _check_found(self, module: str, page: Mapping[str, Any], url: str, is_made_up: bool) -> Iterator[Finding]:
        exists = page.get("exists")
        if not self._subject.is_found(url):
            if not is_made_up:
                why = f"The exists of page {module!r} returned False."
                yield soft_404("T106", self._subject, url, why=why, page=module)
        elif is_made_up and exists is None:
            why = (
                f"Page {module!r} ({page['path_template']}) has no exists=, so it is 200 for values that nobody has, "
                f"such as {UNKNOWN_NAME!r}. With exists=, such URLs are 404."
            )
            yield Finding("T223", url, "GET", 200, 404, why, module)

    def _explain_refusal(self, module: str | None, name: str, url: str, answer: Response) -> Finding:
        faults = [fault for fault in self._subject.take_faults() or () if fault.code == "T402"]
        if faults and answer.status_code >= 500:
            return Finding("T402", url, "GET", answer.status_code, 200, f"{faults[-1].text()}.", module)
        why = (
            f"{name} is registered but can't be loaded: visitors get an error. The server fails on it, or "
            "another rule, a guard or an error handler of the server's answers in its place."
        )
        return Finding("T201", url, "GET", answer.status_code, 200, why, module)

    def is_moved(self, answer: Response, url: str) -> bool:
        """Tell whether a URL is redirected to a page for a reason of its own, not by a log-in."""
        there = self._subject.resolve(answer.location or "", url) if 300 <= answer.status_code < 400 else None
        if there is None or is_log_in(there):
            return False
        is_kept = answer.status_code in (301, 308)  # a guard never says so
        return (is_kept or not urlsplit(there).query) and self.look_at(self._subject.ask(there))

    def find_guarded_links(self, alive: Mapping[str, str], said: int | None = None) -> Iterator[Unseen]:
        """Yield the links that nothing on the server matches, and that are nevertheless no 404: a guard answers first.

        :param alive: the links that are not dead, with the pages that hold them.
        :param said: a status that is left out, because it was said that every unknown URL gets it.
        """
        subject = self._subject
        for link, holder in alive.items() if subject.knows_pages else ():
            for url in follow_redirects(subject.ask, link, subject.resolve)[0]:
                answer = subject.ask(url)
                if not is_guards(answer.status_code) or answer.status_code == said or not subject.can_judge(url):
                    continue
                if subject.decide(url).outcome is Outcome.NOT_FOUND and not self.is_moved(answer, url):
                    yield Unseen(link, f"linked on {holder}, {explain_guard(answer)}")

    def _check_methods(self, module: str, url: str, get: Response) -> Iterator[Finding]:
        head = self._subject.ask(url, "HEAD")
        # On FastAPI a route accepts HEAD only if it names it.
        if head.status_code not in (get.status_code, 405):
            yield head_differs(url, head.status_code, get.status_code, module)
        post = self._subject.ask(url, "POST") if self._subject.may_ask(url, "POST") else get
        if post.status_code == 405 and "Allow" not in post.headers:
            yield no_allow(url, "POST", module)


def _find_misspelt_exists(subject: InProcess, module: str, page: Mapping[str, Any], url: str) -> Iterator[Finding]:
    """Yield a finding if a page is registered with a keyword that is nearly ``exists``."""
    typo = next((name for name in get_close_matches("exists", page, 5, 0.8) if callable(page[name])), "exists")
    if typo != "exists" and "exists" not in page:
        why = (
            f"Page {module!r} is registered with {typo}=, which Dash keeps without a word and never calls. "
            "Write exists=, or this page answers 200 for things that are not there."
        )
        yield Finding("T304", url, "GET", subject.ask(url).status_code, 404, why, module)
