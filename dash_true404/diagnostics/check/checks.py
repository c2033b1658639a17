"""What ``check`` asks of any Dash app, in this process or on a live site, and what it makes of the answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol

from werkzeug.datastructures import Headers

from ...dash_internals.index_page import is_shell
from ..client import Response
from ..rules import METHODS
from ..urls import UNKNOWN_NAME, follow_redirects

# A guard, or a server that is busy, not a fault of the URL's.
GUARDED = frozenset({401, 403, 407, 429})
#: For a request that gets none, or would not come to this process.
NO_ANSWER = Response(0, Headers(), b"")
_A_DAY = 86400

_UPDATE = "_dash-update-component"
_PREFIX = re.compile(rb'"requests_pathname_prefix":\s*("[^"]*")')
_BUNDLE = re.compile(r'src="([^"]*_dash-component-suites/[^"]+)"')


class Finding(NamedTuple):
    """A URL whose answer is not the one that is due.

    ::

        Finding("/no-such-page", "GET", seen=200, due=404, why="...")
    """

    url: str
    method: str
    seen: int
    due: int
    why: str


class Report(NamedTuple):
    """What a check has found, and what its reader should know besides."""

    findings: list[Finding]
    notes: list[str]


class Subject(Protocol):
    """A Dash app to be checked, by the URLs that browsers see."""

    @property
    def prefix(self) -> str:
        """The app's root URL."""

    @property
    def knows_pages(self) -> bool:
        """Whether it can be known which URLs are pages."""

    @property
    def cure(self) -> str:
        """What would fix a soft 404."""

    def ask(
        self, target: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Response:
        """Return the answer to one request."""

    def can_judge(self, url: str) -> bool:
        """Tell whether a visitor would get the same answer; what is in front of an app has more URLs."""

    def may_ask(self, url: str, method: str) -> bool:
        """Tell whether a request can change nothing, as far as can be known."""

    def is_found(self, url: str) -> bool:
        """Tell whether Dash draws a page for a URL that is answered by Dash's index page."""

    def resolve(self, href: str, url: str) -> str | None:
        """Return where a link in the page at a URL leads to; None if it leaves the app's host."""


def is_index(subject: Subject, answer: Response) -> bool:
    """Tell whether an answer is the app's index page with status 200, which is what a soft 404 looks like."""
    prefix = _PREFIX.search(answer.data) if is_shell(answer.status_code, answer.data) else None
    return prefix is not None and json.loads(prefix[1]) == subject.prefix  # there may be another app on the server


def is_soft_404(subject: Subject, url: str, answer: Response) -> bool:
    """Tell whether a URL isn't a page to Dash, although the server says 200."""
    return is_index(subject, answer) and not (subject.knows_pages and subject.is_found(url))


def final_status(subject: Subject, url: str) -> int:
    """Return the status that a visitor ends with: redirects are followed, and a soft 404 counts as 404.

    :param subject: the app.
    :param url: where the visitor goes to; where a redirect leaves the app's host, its own status is returned.
    """
    urls, answer, is_endless = follow_redirects(subject.ask, url, subject.resolve)
    if is_endless:
        return 508  # Loop Detected
    is_dead = is_index(subject, answer) and subject.knows_pages and not subject.is_found(urls[-1])
    return 404 if is_dead else answer.status_code


def explain_soft_404(subject: Subject) -> str:
    """Return what to say of a soft 404."""
    return (
        'A soft 404: the server says 200 (or accepts no such method), and only then the browser draws "not found". '
        f"Crawlers index such URLs, monitors stay green. {subject.cure} fixes it."
    )


def check_unknown_url(subject: Subject, is_open: bool) -> Iterator[Finding | str]:
    """Yield what is wrong with the answers to an unknown URL, for each method.

    :param subject: the app.
    :param is_open: whether its pages can be seen, no guard (a log-in) standing before them.
    """
    url = subject.prefix + UNKNOWN_NAME
    answers = {method: subject.ask(url, method) for method in METHODS if subject.may_ask(url, method)}
    get = answers["GET"]
    if is_index(subject, get) and subject.knows_pages and subject.is_found(url):
        yield (
            f"Every URL is a page of this app, {url} too: some path_template, such as /<name>, matches them all "
            "(a <name> matches slashes as well). Give that page exists=, or its URLs can never be 404."
        )
        return
    if not is_open and not is_index(subject, get) and get.status_code < 500:
        return
    for method, answer in answers.items():
        why = _find_fault_of_unknown(subject, method, answer.status_code, get)
        if why:
            yield Finding(url, method, answer.status_code, 404, why)
    if 300 <= get.status_code < 400 and is_open:
        yield (
            f"Unknown URLs are redirected ({get.status_code}, to {get.headers.get('Location', 'nowhere')}). "
            "Search engines treat that as a soft 404; answer 404, with a page that links to where visitors may go."
        )
    if get.status_code in (404, 410):
        yield from _check_headers(subject, url, answers)


def _find_fault_of_unknown(subject: Subject, method: str, status: int, get: Response) -> str | None:
    if is_index(subject, get) and (200 <= status < 300 or status == 405):
        return explain_soft_404(subject)
    if status >= 500 and status != 501:
        return _FAILS
    if not 200 <= status < 300 or method == "OPTIONS":  # which CORS extensions answer for every URL
        return None
    if method == "HEAD" and get.status_code in (404, 410):
        return "HEAD has to say what GET says (RFC 9110): monitors and link checkers ask with HEAD."
    return _HANDLER_SAYS_200


_FAILS = (
    "The server fails where it should say that there is nothing. Most often an error handler for Exception, or for "
    "404, answers 500 (or raises): let it return 404, or register one for 404 as well. Debug mode does so too."
)
_HANDLER_SAYS_200 = (
    "The answer to an unknown URL has a success status. Most often an error handler for 404 returns no "
    "status: write `return page, 404` (on FastAPI: status_code=404). To crawlers and monitors it is a page."
)


def _check_headers(subject: Subject, url: str, answers: Mapping[str, Response]) -> Iterator[Finding | str]:
    """Yield what is wrong with a 404 beside its status."""
    for name, value in (("If-None-Match", "*"), ("Range", "bytes=0-9")):
        status = subject.ask(url, headers={name: value}).status_code
        if status in (200, 206, 304, 412, 416):
            yield Finding(
                url,
                "GET",
                status,
                404,
                f"With the request header {name}, the 404 becomes a {status}: caches and crawlers that send it never "
                "learn that the URL is gone. Have the 404 handler send its page without conditional=True.",
            )
    for method, answer in answers.items():
        if answer.status_code == 405 and "Allow" not in answer.headers:
            yield Finding(url, method, 405, 405, NO_ALLOW)
    age = re.search(r"(?:s-maxage|max-age)=(\d+)", answers["GET"].headers.get("Cache-Control", ""))
    if age and int(age[1]) >= _A_DAY:
        yield (
            f"The 404 page may be cached for {int(age[1]) // _A_DAY} days (Cache-Control): a page that you add at such "
            "a URL stays missing for that long. Let 404s say no-cache."
        )
    kinds = [answers[method].headers.get("Content-Type") for method in ("GET", "HEAD")]
    if answers["HEAD"].status_code == answers["GET"].status_code and kinds[1] and kinds[0] != kinds[1]:
        yield f"On an unknown URL, HEAD has another Content-Type ({kinds[1]}) than GET ({kinds[0]})."


NO_ALLOW = (
    "A 405 without the header Allow, which has to name the methods that the URL accepts (RFC 9110): clients cannot "
    "know what to do instead. Most often an error handler for 405 drops it."
)


def check_dashs_own_urls(subject: Subject) -> Iterator[Finding]:
    """Yield what is wrong with the URLs that Dash itself, or every browser, asks for."""
    favicon = "/favicon.ico"
    if is_soft_404(subject, favicon, subject.ask(favicon)):
        yield Finding(
            favicon,
            "GET",
            200,
            404,
            "Browsers and crawlers ask for this icon and get Dash's HTML with status 200. "
            f"Serve an icon there by a route, or let it be a 404: {subject.cure} does that.",
        )
    update = subject.prefix + _UPDATE
    answer = subject.ask(update)
    if is_soft_404(subject, update, answer):
        yield Finding(
            update,
            "GET",
            200,
            405,
            "Dash's callbacks accept POST only, and GET gets the index page: a health check on it never fails. "
            f"{subject.cure} fixes it.",
        )


def check_files(subject: Subject, index: bytes, assets: str, asset: str | None) -> Iterator[Finding]:
    """Yield what is wrong with assets and component suites: those that are there, and those that are not.

    :param subject: the app.
    :param index: its index page, which names component bundles.
    :param assets: where the assets are, ending in a slash; "" if they are not the server's.
    :param asset: one that is there.
    """
    missing = [(subject.prefix + "_dash-component-suites/dash/true404-no-such.js", "component bundle")]
    if assets:
        missing.append((assets + "true404-no-such.css", "asset"))
    for url, kind in missing:
        answer = subject.ask(url)
        if is_index(subject, answer):
            why = explain_soft_404(subject)
        elif answer.status_code >= 500 and kind == "component bundle":
            why = (
                "Dash fails on a component bundle that it does not have, which fills the log with tracebacks of bots "
                f"and of browsers with an old page open. {subject.cure} fixes it."
            )
        elif answer.status_code >= 500:
            why = _FAILS
        elif 200 <= answer.status_code < 300:
            why = _HANDLER_SAYS_200
        else:
            continue
        yield Finding(url, "GET", answer.status_code, 404, why)
    bundle = _BUNDLE.search(index.decode("utf-8", "replace"))
    there = [subject.resolve(bundle[1], subject.prefix) if bundle else None, asset]
    for there_url in filter(None, there):
        status = subject.ask(there_url).status_code
        if status >= 400 and status not in GUARDED:
            why = (
                "This file is part of the app and could not be loaded, so pages come without it. Is a proxy or another "
                "route in the way, or a prefix wrong?"
            )
            yield Finding(there_url, "GET", status, 200, why)
