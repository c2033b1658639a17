"""What ``check`` knows of a Dash app: how to ask it, in this process or on a live site, and what its answers are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from werkzeug.datastructures import Headers

from ...dash_internals.index_page import is_shell
from ..client import Response
from ..urls import follow_redirects
from .watch import Fault

# A guard, or a server that is busy, not a fault of the URL's.
GUARDED = frozenset({401, 403, 407, 429})
#: For a request that gets none, or would not come to this process.
NO_ANSWER = Response(0, Headers(), b"")

_PREFIX = re.compile(rb'"requests_pathname_prefix":\s*("[^"]*")')


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
        """What would fix soft 404s; empty for an app that has true 404s."""

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

    def is_left_out(self, url: str) -> bool:
        """Tell whether a URL is not to be asked: it was excluded."""

    def name_page(self, url: str) -> str | None:
        """Return the module of the page at a URL, if that is known."""

    def take_faults(self) -> list[Fault]:
        """Return what the functions of pages have raised since this was asked last, as far as that is known."""


def is_index(subject: Subject, answer: Response) -> bool:
    """Tell whether an answer is the app's index page with status 200, which is what a soft 404 looks like."""
    prefix = _find_prefix(answer)
    return prefix is not None and json.loads(prefix[1]) == subject.prefix  # there may be another app on the server


def is_below(url: str, paths: Iterable[str]) -> bool:
    """Tell whether a URL is one of some paths, or below one."""
    path = url.partition("?")[0].rstrip("/") + "/"
    return any(path.startswith(above.rstrip("/") + "/") for above in paths)


def shorten(answer: Response) -> bytes:
    """Return what has to be kept of an answer's content for :func:`is_index`: of a large app's, that is little."""
    prefix = _find_prefix(answer)
    return b"_dash-config " + prefix[0] if prefix is not None else b""


def _find_prefix(answer: Response) -> re.Match[bytes] | None:
    return _PREFIX.search(answer.data) if is_shell(answer.status_code, answer.data) else None


def is_soft_404(subject: Subject, url: str, answer: Response) -> bool:
    """Tell whether a URL isn't a page to Dash, although the server says 200."""
    return is_index(subject, answer) and not (subject.knows_pages and subject.is_found(url))


class End(NamedTuple):
    """Where a visitor ends who follows the redirects of a URL."""

    url: str
    status: int
    """As the server says it."""
    is_soft_404: bool = False
    """Whether Dash draws no page there, although the status is 200."""
    is_endless: bool = False
    """Whether the redirects lead back to where they came from."""

    @property
    def is_dead(self) -> bool:
        """Whether nothing is there; a guard's answer does not tell."""
        return self.is_endless or self.is_soft_404 or (self.status >= 400 and self.status not in GUARDED)


def follow(subject: Subject, url: str) -> End:
    """Return where a visitor ends who goes to a URL.

    :param subject: the app.
    :param url: where a redirect leaves the app's host, the redirect is the end.
    """
    urls, answer, is_endless = follow_redirects(subject.ask, url, subject.resolve)
    is_soft = is_index(subject, answer) and subject.knows_pages and not subject.is_found(urls[-1])
    return End(urls[-1], answer.status_code, is_soft, is_endless)
