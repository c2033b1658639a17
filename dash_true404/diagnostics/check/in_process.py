"""What ``dash-true404 check`` does to an app in this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack
from difflib import get_close_matches
from typing import Any

import dash

from ...core.page_faults import find_warnings
from ...core.pages import is_not_found_page, path_or_template, real_pages, registered_path
from ...core.path_templates import VARIABLE
from ...core.paths import reachable
from ..client import Client
from ..inspected_app import check_ready
from ..rules import list_rules
from ..urls import UNKNOWN_NAME
from .crawl import Progress, list_dead_links
from .findings import Finding, Report, Unseen, make_report
from .links import InProcess, crawl_app
from .subject import GUARDED, follow, is_index, is_soft_404
from .unknown_urls import check_dashs_own_urls, check_files, check_unknown_url, head_differs, no_allow, soft_404

__all__ = ["Finding", "Report", "check_app", "find_faults"]


def find_faults(app: dash.Dash, progress: Callable[[str], None] | None = None) -> list[Finding]:
    """Return what is wrong with an app's answers; nothing, if they are all as they should be.

    ::

        for finding in find_faults(app):
            print(finding.method, finding.url, finding.seen, "instead of", finding.due, finding.why)

    An unknown URL with each method, every page and redirect, what browsers and Dash ask for, and every link in the
    layouts are asked, in this process. Without ``enable_true_404`` it says what would change.

    :param app: the Dash app.
    :param progress: is told what is being asked.
    :raises NotReadyError: (a ValueError) if the app is not on its server yet (``server=False``, and no ``init_app()``),
        or its server is an unknown one.
    """
    return check_app(app, progress).findings


def check_app(app: dash.Dash, progress: Progress | None = None, *, client: Client | None = None) -> Report:
    """Do the same, and return what is worth knowing besides.

    :param app: the Dash app.
    :param progress: is told what is being asked.
    :param client: of that app; None: a stranger's.
    :raises NotReadyError: if the app is not on its server yet, or its server is an unknown one.
    """
    check_ready(app)
    with ExitStack() as stack:
        client = client or stack.enter_context(Client(app))
        return _AppCheck(app, client, progress or (lambda _: None)).report()


class _AppCheck:
    def __init__(self, app: dash.Dash, client: Client, progress: Progress) -> None:
        self._app = app
        self._subject = InProcess(app, client)
        self._site = self._subject.site
        self._progress = progress
        self._is_open = False
        self._index = b""
        self._counts = {"pages": 0, "redirects": 0, "links": 0, "files": 0}

    def report(self) -> Report:
        # Dash settles its pages at the first request, and fails in that one alone if a layout does.
        self._subject.ask(self._subject.prefix + "_dash-layout")
        found = [*self._check_pages(), *self._check_redirects(), *self._check_rest()]
        wrong = {one.url for one in found if isinstance(one, Finding) and not one.is_note}
        crawl = crawl_app(self._subject, self._progress)
        found += [finding for finding in list_dead_links(crawl.dead) if finding.url not in wrong]
        self._counts["links"] = crawl.asked
        return make_report([*found, *crawl.found], self._counts, self._subject.cure)

    def _check_pages(self) -> Iterator[Finding | Unseen]:
        subject = self._subject
        home = subject.ask(subject.prefix)
        self._note_index(home)
        yield from (Finding("T207", "", why=text) for text in self._site.pages.odd_entries())
        pages = list(real_pages(list(dash.page_registry.items()))) if self._app.use_pages else []
        for number, (module, page) in enumerate(pages, 1):
            self._progress(f"Asking page {number} of {len(pages)}: {module}")
            yield from self._check_page(module, page)
        if not self._is_open:
            why = f"it answers {home.status_code}: a guard, such as a log-in, seems to answer first"
            yield Unseen(subject.prefix, why)
        elif subject.knows_pages and not subject.decide(subject.prefix).found.is_page:
            if is_soft_404(subject, subject.prefix, home):
                yield soft_404("T101", subject, subject.prefix, seen=home.status_code)
            elif home.status_code == 404:
                why = (
                    f"There is no page for {subject.prefix}, so it is 404. Load balancers and uptime monitors often "
                    "probe it: register a page with path='/', or point them at a URL that is a page."
                )
                yield Finding("T125", subject.prefix, "GET", 404, None, why)

    def _note_index(self, answer: Any) -> bool:
        if not is_index(self._subject, answer):
            return False
        self._is_open, self._index = True, self._index or answer.data
        return True

    def _check_page(self, module: str, page: Mapping[str, Any]) -> Iterator[Finding | Unseen]:
        subject = self._subject
        template = page["path_template"]
        path = registered_path(page)
        url = self._url(path) if path else ""
        if is_not_found_page(module):
            if is_soft_404(subject, url, subject.ask(url)):
                why = "The not-found page's own URL isn't a page either, and says 200."
                yield soft_404("T102", subject, url, why=why, page=module)
            return
        unreachable = yield from self._check_registration(module, page, url or self._url(template))
        if path and not unreachable:
            self._counts["pages"] += 1
            yield from self._check_status(module, page, url)

    def _url(self, path: str) -> str:
        """Return the URL of a path of the registry, with an unlikely value for each variable."""
        return self._subject.prefix + reachable(VARIABLE.sub(UNKNOWN_NAME, path).lstrip("/"))

    def _check_registration(self, module: str, page: Mapping[str, Any], url: str) -> Generator[Finding, None, bool]:
        """Yield mistakes in a page's registration; return whether no browser can reach it."""
        unreachable = False
        for warning in find_warnings([(module, page)]):
            if "No browser can reach" not in warning:
                yield Finding("T221", url, why=warning, page=module)
                continue
            unreachable = True
            status = self._subject.ask(url).status_code
            yield Finding("T205", url, "GET", status, 404 if status == 200 else 200, warning, module)
        typo = next((name for name in get_close_matches("exists", page, 5, 0.8) if callable(page[name])), "exists")
        if typo != "exists" and "exists" not in page:
            asked = self._url(path_or_template(page))
            why = (
                f"Page {module!r} is registered with {typo}=, which Dash keeps without a word and never calls. "
                "Write exists=, or this page answers 200 for things that are not there."
            )
            yield Finding("T304", asked, "GET", self._subject.ask(asked).status_code, 404, why, module)
        return unreachable

    def _check_status(self, module: str, page: Mapping[str, Any], url: str) -> Iterator[Finding]:
        subject = self._subject
        get = subject.ask(url)
        if self._note_index(get):
            if not subject.is_found(url):
                yield soft_404("T106", subject, url, why=f"The exists of page {module!r} returned False.", page=module)
                return
        elif get.status_code >= 400 and get.status_code not in GUARDED and not self._may_not_exist(page):
            why = (
                f"Page {module!r} is registered but can't be loaded: visitors get an error. The server fails on it, or "
                "another rule, a guard or an error handler of the server's answers in its place."
            )
            yield Finding("T201", url, "GET", get.status_code, 200, why, module)
            return
        head = subject.ask(url, "HEAD")
        # On FastAPI a route accepts HEAD only if it names it.
        if head.status_code not in (get.status_code, 405) and get.status_code < 400:
            yield head_differs(url, head.status_code, get.status_code, module)
        post = subject.ask(url, "POST") if subject.may_ask(url, "POST") else get
        if post.status_code == 405 and "Allow" not in post.headers:
            yield no_allow(url, "POST", module)

    def _may_not_exist(self, page: Mapping[str, Any]) -> bool:
        return self._subject.is_enabled and page.get("exists") is not None

    def _check_redirects(self) -> Iterator[Finding]:
        """Yield the redirects that Dash made of ``redirect_from``, as far as they don't lead to a page."""
        for rule in list_rules(self._app) if self._is_open else ():
            old = reachable(rule.path)
            if rule.kind != "redirect" or not old.startswith(self._subject.prefix):
                continue
            self._counts["redirects"] += 1
            first, end = self._subject.ask(old), follow(self._subject, old)
            if not end.is_dead:
                continue
            to = first.headers.get("Location")
            wrong = f"leads to {to}, which isn't a page" if to else "is not where visitors ask for it"
            why = (
                f"A redirect_from {wrong}: old links and bookmarks are lost. Below a prefix this is a fault of Dash's "
                "(plotly/dash 3549): redirect by a route of your own."
            )
            yield Finding("T208", old, "GET", end.status, 404 if end.is_soft_404 else 200, why)

    def _check_rest(self) -> Iterator[Finding | Unseen]:
        self._progress("Asking unknown URLs")
        subject, config = self._subject, self._app.config
        yield from check_unknown_url(subject, self._is_open)
        yield from check_dashs_own_urls(subject)
        if self._is_open:
            assets, asset = "", None
            if not config.assets_external_path:
                assets = subject.prefix + config.assets_url_path.strip("/") + "/"
                name = _find_any_file(config.assets_folder)
                asset = assets + reachable(name) if name else None
            yield from check_files(subject, self._index, assets, asset)
        yield from (Finding("T303", "", why=text) for text in self._site.faults())


def _find_any_file(folder: str) -> str | None:
    """Return the path of one file below a folder."""
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                return os.path.relpath(os.path.join(root, name), folder).replace(os.sep, "/")
    return None
