"""What ``check`` asks of URLs that aren't pages, and what it makes of the answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ..client import Response
from ..messages import GUARDED
from ..rules import METHODS
from ..urls import UNKNOWN_NAME
from .findings import ENABLE, GUARD, Finding, Unseen
from .subject import UNAVAILABLE, Subject, is_guards, is_index, is_soft_404

_A_DAY = 86400
_UPDATE = "_dash-update-component"
_BUNDLE = re.compile(r'src="([^"]*_dash-component-suites/[^"]+)"')

_ALTHOUGH = " enable_true_404 was called, so something that came later answers in its place: a view, or middleware."
_SOFT_404 = (
    'The server says 200 (or accepts no such method), and only then the browser draws "not found". Crawlers index such '
    "URLs, monitors stay green."
)
_FAILS = (
    "The server fails where it should say that there is nothing. Most often an error handler for Exception, or for "
    "404, answers 500 (or raises): let it return 404, or register one for 404 as well. Debug mode does so too."
)
_HANDLER_SAYS_200 = (
    "The answer to an unknown URL has a success status. Most often an error handler for 404 returns no "
    "status: write `return page, 404` (on FastAPI: status_code=404). To crawlers and monitors it is a page."
)
_HEAD_DIFFERS = "HEAD has to say what GET says (RFC 9110): monitors and link checkers ask with HEAD."
_NO_ALLOW = (
    "A 405 without the header Allow, which has to name the methods that the URL accepts (RFC 9110): clients cannot "
    "know what to do instead. Most often an error handler for 405 drops it."
)


def soft_404(
    code: str,
    subject: Subject,
    url: str,
    *,
    method: str = "GET",
    seen: int = 200,
    due: int = 404,
    why: str = _SOFT_404,
    page: str | None = None,
) -> Finding:
    """Return the finding of a soft 404, in the group of what ``enable_true_404`` would fix if it would."""
    group = ENABLE if subject.cure else None
    return Finding(code, url, method, seen, due, why if group else why + _ALTHOUGH, page, group)


def head_differs(url: str, seen: int, due: int, page: str | None = None) -> Finding:
    """Return the finding of a HEAD that is answered otherwise than GET."""
    return Finding("T114", url, "HEAD", seen, due, _HEAD_DIFFERS, page)


def no_allow(url: str, method: str, page: str | None = None) -> Finding:
    """Return the finding of a 405 that names no methods."""
    return Finding("T115", url, method, 405, 405, _NO_ALLOW, page)


def explain_guard(answer: Response) -> str:
    """Return why a URL could not be seen."""
    to = f", to {answer.location}" if answer.location else ""
    is_error = answer.status_code >= 400 and answer.status_code not in GUARDED
    return f"it answers {answer.status_code}{to}{'' if is_error else f': {GUARD}'}"


def check_unknown_url(subject: Subject, is_open: bool) -> Iterator[Finding | Unseen]:
    """Yield what is wrong with the answers to an unknown URL, for each method.

    :param subject: the app.
    :param is_open: whether its pages can be seen, no guard (a log-in) standing before them.
    """
    url = subject.prefix + UNKNOWN_NAME
    answers = {method: subject.ask(url, method) for method in METHODS if subject.may_ask(url, method)}
    get = answers["GET"]
    if is_index(subject, get) and subject.knows_pages and subject.is_found(url):
        module = subject.name_page(url)
        which = f"page {module!r}" if module else "some path_template, such as /<name>,"
        why = (
            f"Every URL is a page of this app, {url} too: {which} matches them all (a <name> matches slashes as well). "
            "Give that page exists=, or its URLs can never be 404."
        )
        yield Finding("T124", url, "GET", get.status_code, None, why, module)
        return
    is_due = get.status_code in (404, 410)
    if get.status_code in GUARDED or not (is_open or is_due or is_index(subject, get) or get.status_code >= 500):
        yield Unseen(url, explain_guard(get))
        return
    for method, answer in answers.items():
        yield from _check_method(subject, url, method, answer.status_code, get)
    if 300 <= get.status_code < 400:
        yield Finding(
            "T121",
            url,
            "GET",
            get.status_code,
            404,
            f"Unknown URLs are redirected ({get.status_code}, to {get.location or 'nowhere'}). Search engines treat "
            "that as a soft 404; answer 404, with a page that links to where visitors may go.",
        )
    if is_due:
        yield from _check_headers(subject, url, answers)


def _check_method(subject: Subject, url: str, method: str, status: int, get: Response) -> Iterator[Finding]:
    if is_index(subject, get) and (200 <= status < 300 or status == 405):
        yield soft_404("T101", subject, url, method=method, seen=status)
    elif status >= 500 and status != 501:
        yield Finding("T112", url, method, status, 404, _FAILS)
    elif not 200 <= status < 300 or method == "OPTIONS":  # which CORS extensions answer for every URL
        return
    elif method == "HEAD" and get.status_code in (404, 410):
        yield head_differs(url, status, 404)
    else:
        yield Finding("T111", url, method, status, 404, _HANDLER_SAYS_200)


def _check_headers(subject: Subject, url: str, answers: Mapping[str, Response]) -> Iterator[Finding]:
    """Yield what is wrong with a 404 beside its status."""
    for name, value in (("If-None-Match", "*"), ("Range", "bytes=0-9")):
        status = subject.ask(url, headers={name: value}).status_code
        if status in (200, 206, 304, 412, 416):
            yield Finding(
                "T113",
                url,
                "GET",
                status,
                404,
                f"With the request header {name}, the 404 becomes a {status}: caches and crawlers that send it never "
                "learn that the URL is gone. Have the 404 handler send its page without conditional=True.",
            )
    for method, answer in answers.items():
        if answer.status_code == 405 and "Allow" not in answer.headers:
            yield no_allow(url, method)
    age = re.search(r"(?:s-maxage|max-age)=(\d+)", answers["GET"].headers.get("Cache-Control", ""))
    if age and int(age[1]) >= _A_DAY:
        yield Finding(
            "T122",
            url,
            why=f"The 404 page may be cached for {int(age[1]) // _A_DAY} days (Cache-Control): a page that you add at "
            "such a URL stays missing for that long. Let 404s say no-cache.",
        )
    kinds = [answers[method].headers.get("Content-Type") for method in ("GET", "HEAD")]
    if answers["HEAD"].status_code == answers["GET"].status_code and kinds[1] and kinds[0] != kinds[1]:
        yield Finding(
            "T123",
            url,
            "HEAD",
            why=f"On an unknown URL, HEAD has another Content-Type ({kinds[1]}) than GET ({kinds[0]}).",
        )


def check_not_found_page(subject: Subject, url: str, page: str | None = None) -> Iterator[Finding]:
    """Yield a finding if the not-found page's own URL is a soft 404.

    :param page: its module, if that is known.
    """
    if is_soft_404(subject, url, subject.ask(url)):
        why = "The not-found page's own URL isn't a page either, and says 200."
        yield soft_404("T102", subject, url, why=why, page=page)


def check_again(subject: Subject) -> Iterator[Finding]:
    """Yield a finding if an unknown URL is answered otherwise than before the pages were drawn."""
    url = subject.prefix + UNKNOWN_NAME
    before, after = subject.ask(url).status_code, subject.ask_again(url).status_code
    # A session that ended says nothing of the app.
    if after != before and not is_guards(after):
        why = (
            f"Unknown URLs were {before} before the pages were drawn, and are {after} since. A layout or a callback "
            "seems to change the app, such as dash.page_registry."
        )
        yield Finding("T116", url, "GET", after, before, why)


def check_dashs_own_urls(subject: Subject) -> Iterator[Finding]:
    """Yield what is wrong with the URLs that Dash itself, or every browser, asks for."""
    favicon = "/favicon.ico"
    if is_soft_404(subject, favicon, subject.ask(favicon)):
        why = "Browsers and crawlers ask for this icon and get Dash's HTML with status 200. A route may serve an icon."
        yield soft_404("T103", subject, favicon, why=why)
    update = subject.prefix + _UPDATE
    if is_soft_404(subject, update, subject.ask(update)):
        why = "Dash's callbacks accept POST only, and GET gets the index page: a health check on it never fails."
        yield soft_404("T104", subject, update, due=405, why=why)


def check_files(subject: Subject, index: bytes, assets: str, asset: str | None) -> Iterator[Finding | Unseen]:
    """Yield what is wrong with assets and component suites: those that are there, and those that are not.

    :param subject: the app.
    :param index: its index page, which names component bundles.
    :param assets: where the assets are, ending in a slash; "" if they are not the server's.
    :param asset: one that is there.
    """
    missing = [(subject.prefix + "_dash-component-suites/dash/true404-no-such.js", True)]
    if assets:
        missing.append((assets + "true404-no-such.css", False))
    for url, is_bundle in missing:
        yield from _check_missing_file(subject, url, is_bundle)
    bundle = _BUNDLE.search(index.decode("utf-8", "replace"))
    there = [subject.resolve(bundle[1], subject.prefix) if bundle else None, asset]
    for there_url in filter(None, there):
        status = subject.ask(there_url).status_code
        if status in UNAVAILABLE:
            yield Unseen(there_url, f"it answers {status}")
        elif status >= 400 and status not in GUARDED:
            why = (
                "This file is part of the app and could not be loaded, so pages come without it. Is a proxy or another "
                "route in the way, or a prefix wrong?"
            )
            yield Finding("T413", there_url, "GET", status, 200, why)


def _check_missing_file(subject: Subject, url: str, is_bundle: bool) -> Iterator[Finding | Unseen]:
    answer = subject.ask(url)
    if is_index(subject, answer):
        if is_soft_404(subject, url, answer):  # or a template matches this URL as well
            yield soft_404("T105", subject, url)
    elif answer.status_code in UNAVAILABLE:
        yield Unseen(url, f"it answers {answer.status_code}")
    elif answer.status_code == 500 and is_bundle and subject.cure:
        why = (
            "Dash fails on a component bundle that it does not have, which fills the log with tracebacks of bots and "
            "of browsers with an old page open."
        )
        yield soft_404("T105", subject, url, seen=answer.status_code, why=why)
    elif answer.status_code >= 500:
        yield Finding("T112", url, "GET", answer.status_code, 404, _FAILS)
    elif 200 <= answer.status_code < 300:
        yield Finding("T111", url, "GET", answer.status_code, 404, _HANDLER_SAYS_200)
