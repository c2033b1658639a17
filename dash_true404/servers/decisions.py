"""What a request gets, and why, as values: a server's adapter decides, and carries out what was decided."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Any, NamedTuple

from ..core.site import NOTHING, LookUp, Site


class Outcome(enum.Enum):
    """What a request gets."""

    PASS_ON = "passed on"
    """The answer of the page, or of the rule, that matches it."""
    NOT_FOUND = "404"
    WRONG_METHOD = "405"
    """With the methods that are allowed."""
    REDIRECT = "redirect"


class Reason(enum.Enum):
    """Why."""

    PAGE = "page"
    """Dash draws a page for the URL."""
    NO_PAGE = "no page"
    """Dash draws "not found"."""
    NOT_FOUND_PAGE = "not-found page"
    """It is the not-found page's own URL, or one of a template that this page has."""
    NOT_THERE = "not there"
    """The page's ``exists`` returned False."""
    OTHER_RULE = "other rule"
    """Another rule of the server matches it; with ``WRONG_METHOD`` for other methods alone."""
    SLASHES = "slashes"
    """It is a page's, or another rule's, with other slashes."""
    METHOD = "method"
    """It is a page's, and pages have GET and HEAD."""
    GUARDED = "guarded"
    """A guard of the user's never sees this method, so strangers are told nothing."""
    NO_RULE = "no rule"
    """No rule matches it, not even Dash's."""
    LATER = "later"
    """FastAPI: a route behind Dash's catch-all matches it, or the router has a default of the user's."""


class Decision(NamedTuple):
    """What a request gets, as far as routing and the registered pages tell.

    A guard of the user's, and the page's ``exists``, may still say otherwise: see ``guard_first`` and
    ``found.asks_exists``.
    """

    outcome: Outcome
    reason: Reason
    path: str = ""
    """The URL's path as the browser holds it."""
    site: Site | None = None
    """The app that the URL belongs to, if it is one with true 404s."""
    found: LookUp = NOTHING
    """What that app's look-up has found."""
    guard_first: bool = False
    """Whether something of the user's around Dash's view, or in its place, answers first."""
    rule: Any = None
    """The rule of the server's that matches, or would for other methods: a Werkzeug rule or a Starlette route."""
    location: str = ""
    """Where a redirect leads to."""
    redirect_status: int = 308
    allow: Iterable[str] = ()
    """The methods that a 405 names; none where the URL is a websocket's."""

    @property
    def status(self) -> int:
        """The status of a refusal or redirect; 200 where there is none."""
        statuses = {Outcome.NOT_FOUND: 404, Outcome.WRONG_METHOD: 405, Outcome.REDIRECT: self.redirect_status}
        return statuses.get(self.outcome, 200)
