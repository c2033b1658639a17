"""Which layer takes or refuses a URL, and why, with what to do."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import dash

from .client import Answer, Client
from .deployment import on_its_way
from .loading import not_loaded
from .near import Hint, last_resort, near
from .paths import reachable
from .probe import SAFE, Probe, Taker, page_name, watched
from .server_rules import Rule

_WIDTH = 80
_MOST_HINTS = 5
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


class Explanation(NamedTuple):
    """Who took or refused a URL, and why."""

    url: str
    """Path and query, percent-encoded as browsers send them."""
    method: str
    status: int
    """What the app answers; 0 where it was not asked, since the method might have changed something."""
    layer: str
    """``page`` or ``route`` for what takes it; where it is refused, ``routing``, ``loading`` or ``deployment``."""
    verdict: str
    """One sentence: who took or refused it, and why."""
    hints: list[str]
    """What nearly matches or is wrong, and what to do; most likely first."""

    def text(self) -> str:
        """Return it for people, wrapped to 80 columns."""
        status = str(self.status) if self.status else "not asked"
        lines = [f"{self.method} {self.url}: {status} ({self.layer})", "", *_wrapped(self.verdict)]
        for hint in self.hints:
            lines += ["", *_wrapped(hint, "- ")]
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return self._asdict()


def _wrapped(text: str, bullet: str = "") -> list[str]:
    # A URL is no word to hyphenate: what is broken cannot be copied.
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=bullet,
        subsequent_indent=" " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )


def explain(app: dash.Dash, url: str, method: str = "GET", client: Client | None = None) -> Explanation:
    """Tell which layer of an app takes or refuses a URL, and why.

    ::

        print(explain(app, "/About").text())

    The app is asked in this process, for the URL and for those that nearly match; with other methods than GET, HEAD and
    OPTIONS only where it refuses, so that no view of the user's changes anything.

    :param app: the Dash app, with or without true 404s.
    :param url: a path with or without a query, or a full URL, whose host is left out.
    :param method: the HTTP method.
    :param client: of that app; None: one for this question.
    :raises ValueError: if the app is not on its server yet (``server=False``, and no ``init_app()``).
    :raises TypeError: if its server is none that this library knows.
    """
    with ExitStack() as stack:
        probe = Probe(app, client or stack.enter_context(Client(app)))
        path, query = _target(url)
        return _Question(probe, path, query, method.upper()).explanation()


def _target(url: str) -> tuple[str, str]:
    """Return the path and the query that a browser sends for a URL."""
    text = url.strip().encode("utf-8", "replace").decode()
    text = _ORIGIN.sub("", text, count=1).partition("#")[0]
    path, _, query = text.partition("?")
    return reachable(path if path.startswith("/") else f"/{path}"), reachable(query)


class _Question:
    def __init__(self, probe: Probe, path: str, query: str, method: str) -> None:
        self.probe, self.path, self.query, self.method = probe, path, query, method
        self.taker = probe.taker(path, method)
        # A page takes GET and HEAD alone, but it is a page for all methods.
        self.page = self.taker.page if self.taker else self._page_for_other_methods()
        self.exists: list[Any] = []
        self.answer = self._asked()

    def _page_for_other_methods(self) -> Any:
        rule = self.probe.rules.match(self.path, "GET")
        return self.probe.page(self.path) if rule is not None and self.probe.is_own(rule, self.path) else None

    def _asked(self) -> Answer | None:
        if self.method not in SAFE and self.taker is not None:
            return None
        with watched(self.page) as self.exists:
            return self.probe.ask(self.path, self.method, self.query)

    @property
    def status(self) -> int:
        return self.answer.status if self.answer else 0

    def explanation(self) -> Explanation:
        layer, verdict, hints = self._found()
        url = f"{self.path}?{self.query}" if self.query else self.path
        return Explanation(url, self.method, self.status, layer, verdict, _texts(hints)[:_MOST_HINTS])

    def _found(self) -> tuple[str, str, list[Hint]]:
        if self.page is not None:
            return self._of_page()
        if self.taker is not None and self.taker.rule is not None:
            return self._of_rule(self.taker.rule)
        return self._of_nobody()
