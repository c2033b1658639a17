"""What ``check`` knows of a Dash app: how to ask it, in this process or on a live site, and what its answers are."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from werkzeug.datastructures import Headers

from ...dash_internals.index_page import is_shell
from ..client import Client, NoAnswerError, Response
from ..messages import GUARDED
from ..urls import follow_redirects, resolve_link
from .watch import Fault

#: A server that is not there just now, often said by a proxy in front of it.
UNAVAILABLE = frozenset({502, 503, 504})
#: For a request that gets none, or would not come to this process.
NO_ANSWER = Response(0, Headers(), b"")
#: Requests in a row that are not answered: each costs the time that the client waits.
MOST_SILENCES = 3

_PREFIX = re.compile(rb'"requests_pathname_prefix":\s*("[^"]*")')


Progress = Callable[[str], None]


class Subject(ABC):
    """A Dash app to be checked, by the URLs that browsers see.

    No GET is sent twice, because pages, links and files are often the same URLs.

    :param client: asks the app.
    :param exclude: paths that are not asked, with all below them.
    :param progress: is told what is being asked.
    """

    prefix: str
    """The app's root URL."""
    knows_pages: bool
    """Whether it can be known which URLs are pages."""
    cure: str
    """What would fix soft 404s; empty for an app that has true 404s."""

    def __init__(self, client: Client, exclude: Iterable[str], progress: Progress | None) -> None:
        self.progress = progress or (lambda _: None)
        self._client = client
        self._exclude = tuple(exclude)
        self._answers: dict[str, Response] = {}
        self._silences = 0

    def ask(
        self, target: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Response:
        """Return the answer to one request; of one that was asked before, only what :func:`is_index` needs.

        :raises NoAnswerError: if the app does not answer.
        """
        is_kept = method == "GET" and not headers and not target.startswith(f"{self.prefix}_dash-")
        if is_kept and target in self._answers:
            return self._answers[target]
        answer = self.ask_again(target, method, headers, body)
        if is_kept:
            self._answers[target] = answer._replace(data=_shorten(answer))
        return answer

    def ask_again(
        self, target: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Response:
        """Do the same, whether it was asked before or not."""
        try:
            answer = self._client.ask(target, method, headers, body)
        except NoAnswerError:
            self._silences += 1
            raise
        self._silences = 0
        return answer

    @property
    def is_silent(self) -> bool:
        """Whether so many requests in a row were not answered that no more should be sent."""
        return self._silences == MOST_SILENCES

    def can_judge(self, url: str) -> bool:
        """Tell whether a visitor would get the same answer; what is in front of an app has more URLs."""
        return True

    @abstractmethod
    def may_ask(self, url: str, method: str) -> bool:
        """Tell whether a request can change nothing, as far as can be known."""

    @abstractmethod
    def is_found(self, url: str) -> bool:
        """Tell whether Dash draws a page for a URL that is answered by Dash's index page."""

    def resolve(self, href: str, url: str) -> str | None:
        """Return where a link in the page at a URL leads to; None if it leaves the app's host."""
        return resolve_link(href, url)

    def is_left_out(self, url: str) -> bool:
        """Tell whether a URL is not to be asked: it was excluded."""
        return is_below(url, self._exclude)

    def explain_left_out(self) -> str | None:
        """Return why nothing of the app is asked, if it was excluded as a whole."""
        if not self.is_left_out(self.prefix):
            return None
        return f"exclude leaves out the whole app: name paths below its root, such as {self.prefix}admin"

    def name_page(self, url: str) -> str | None:
        """Return the module of the page at a URL, if that is known."""
        return None

    def explain_dead(self, url: str) -> str | None:
        """Return what answers a dead link, or else what its URL nearly is, as far as that is known."""
        return None

    def take_faults(self) -> list[Fault] | None:
        """Return what the functions of pages have raised since this was asked last; None if that is not known."""
        return None


def is_index(subject: Subject, answer: Response) -> bool:
    """Tell whether an answer is the app's index page with status 200, which is what a soft 404 looks like."""
    prefix = _find_prefix(answer)
    return prefix is not None and json.loads(prefix[1]) == subject.prefix  # there may be another app on the server


def is_below(url: str, paths: Iterable[str]) -> bool:
    """Tell whether a URL is one of some paths, or below one."""
    path = url.partition("?")[0].rstrip("/") + "/"
    return any(path.startswith(above.rstrip("/") + "/") for above in paths)


def _shorten(answer: Response) -> bytes:
    """Return what has to be kept of an answer's content for :func:`is_index`: of a large app's, that is little."""
    prefix = _find_prefix(answer)
    return b"_dash-config " + prefix[0] if prefix is not None else b""


def _find_prefix(answer: Response) -> re.Match[bytes] | None:
    return _PREFIX.search(answer.data) if is_shell(answer.status_code, answer.data) else None


def is_soft_404(subject: Subject, url: str, answer: Response) -> bool:
    """Tell whether a URL isn't a page to Dash, although the server says 200."""
    return is_index(subject, answer) and not (subject.knows_pages and subject.is_found(url))


def is_guards(status: int) -> bool:
    """Tell whether a status may be that of a guard: it refuses, or redirects to a log-in."""
    return status in GUARDED or 300 <= status < 400


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
