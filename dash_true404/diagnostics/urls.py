"""URLs as the browser has them, and as they arrive at the server."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from urllib.parse import quote, urljoin, urlsplit

import dash

from ..core.paths import reachable
from .client import Response

#: A name that no page has, unless a template of the app matches every name; it tells in logs where it comes from.
UNKNOWN_NAME = "true404-no-such-page"

_ORIGIN = re.compile(r"\A[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_LOG_IN = re.compile(r"(.*[-_])?(log|sign)[-_]?(in|on)([-_.].*)?|o?auth\d?|sso|saml\d?|authorize", re.IGNORECASE)
_LOG_OUT = re.compile(r"(?:(?:log|sign)[-_]?(?:out|off)|end[-_]?session)(?:\.\w+)?", re.IGNORECASE)
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
# That of an app in this process, which no link can name.
_HOST = "http://app.invalid"
_MOST_HOPS = 5


def to_server(app: dash.Dash, url: str) -> str | None:
    """Return a browser's URL as it arrives at the server; None if it is not below the app's root.

    A proxy that takes the prefix off is what an app with two different prefixes is made for.
    """
    outside, inside = str(app.config.requests_pathname_prefix), str(app.config.routes_pathname_prefix)
    if outside == inside:
        return url
    return inside + url[len(outside) :] if url.startswith(outside) else None


def strip_origin(url: str) -> str:
    """Return a URL without scheme and host.

    >>> strip_origin("https://shop.example/cart?x=1")
    '/cart?x=1'
    """
    return _ORIGIN.sub("", url)


def resolve_dots(path: str) -> str:
    """Return a path as a browser asks for it: without segments that are dots, encoded or not.

    >>> resolve_dots("/a/./b/%2E./c")
    '/a/c'
    """
    kept: list[str] = []
    is_folder = False
    for segment in path.split("/"):
        dots = segment.lower().replace("%2e", ".")
        is_folder = dots in (".", "..")
        if dots == "..":
            kept = [*kept[:1], *kept[1:-1]]
        elif not is_folder:
            kept.append(segment)
    return "/".join([*kept, ""] if is_folder else kept)


def is_log_in(url: str) -> bool:
    """Tell whether a URL looks like a log-in.

    >>> is_log_in("/auth/sign-in/?next=/")
    True
    """
    return _LOG_IN.fullmatch(_last_segment(url)) is not None


def is_log_out(url: str) -> bool:
    """Tell whether a URL looks as if a visit ended the session: its last segment is a log-out.

    >>> [is_log_out(url) for url in ("/auth/Sign-Out/?next=/", "/logout-help")]
    [True, False]

    :param url: path and query, or a full URL.
    """
    return _LOG_OUT.fullmatch(_last_segment(url)) is not None


def _last_segment(url: str) -> str:
    return re.split("[?#]", url, maxsplit=1)[0].rstrip("/").rpartition("/")[2]


def to_browser(app: dash.Dash, path: str) -> str:
    """Return a path of the server as browsers have it; one that is outside the app stays as it is."""
    outside, inside = str(app.config.requests_pathname_prefix), str(app.config.routes_pathname_prefix)
    return outside + path[len(inside) :] if path.startswith(inside) else path


def resolve_link(href: str, url: str, host: str = _HOST) -> str | None:
    """Return the request target that a link leads to, as a browser sends it; None if it leaves the host.

    >>> resolve_link("../b?x=1#top", "/a/c")
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
    except ValueError:  # not a URL at all
        return None
    query = f"?{quote(there.query, safe=_PRINTABLE)}" if there.query else ""
    return reachable(there.path or "/") + query


def follow_redirects(
    ask: Callable[[str], Response],
    url: str,
    resolve: Callable[[str, str], str | None],
    statuses: Collection[int] = (301, 302, 303, 305, 307, 308),
) -> tuple[list[str], Response, bool]:
    """Return the URLs that a visitor comes by, the last one's answer, and whether there was no end to it.

    :param ask: returns the answer to GET of a URL.
    :param url: where the visitor goes to.
    :param resolve: returns where a Location at a URL leads to; None if that is not followed.
    :param statuses: the redirects that are followed.
    """
    urls = [url]
    while True:
        answer = ask(urls[-1])
        location = answer.location if answer.status_code in statuses else None
        leads_to = resolve(location, urls[-1]) if location else None
        if leads_to is None:
            return urls, answer, False
        if leads_to in urls or len(urls) == _MOST_HOPS:
            return urls, answer, True
        urls.append(leads_to)
