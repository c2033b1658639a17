"""What a request gets, and why, as values. A server's adapter makes decisions and carries them out."""

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
    """Dash draws a page at the URL."""
    NO_PAGE = "no page"
    """Dash draws "not found"."""
    NOT_FOUND_PAGE = "not-found page"
    """It is the not-found page's own URL, or matches that page's template."""
    NOT_THERE = "not there"
    """The page's ``exists`` returned False."""
    OTHER_RULE = "other rule"
    """Another rule of the server matches it; with ``WRONG_METHOD`` for other methods only."""
    SLASHES = "slashes"
    """It matches a page or another rule once its slashes are changed."""
    METHOD = "method"
    """It is a page's URL, and pages only have GET and HEAD."""
    GUARDED = "guarded"
    """A guard of the user's never sees this method, so the answer is the same for all URLs."""
    NO_RULE = "no rule"
    """No rule matches it, not even Dash's."""
    LATER = "later"
    """FastAPI: a route after Dash's catch-all matches it, or the router has a default of the user's."""


# For what is done at each request: on Python 3.11 a member of an enum takes fifty times as long as a name.
PASS_ON, NOT_FOUND = Outcome.PASS_ON, Outcome.NOT_FOUND
PAGE, NO_PAGE, OTHER_RULE, LATER = Reason.PAGE, Reason.NO_PAGE, Reason.OTHER_RULE, Reason.LATER
#: The reasons for a 405 as Dash's own rules give it.
DASHS_405 = Reason.METHOD, Reason.GUARDED


class Decision(NamedTuple):
    """What a request gets, by routing and the registered pages.

    A guard of the user's, and the page's ``exists``, may still change it: see ``guard_first`` and
    ``found.asks_exists``.
    """

    outcome: Outcome
    reason: Reason
    path: str = ""
    """The URL's path as the browser holds it."""
    site: Site | None = None
    """The enabled app that the URL belongs to, if there is one."""
    found: LookUp = NOTHING
    """What that app knows about the URL."""
    guard_first: bool = False
    """Whether something of the user's around Dash's view, or in its place, is called first."""
    rule: Any = None
    """The server's rule that matches, or would match other methods: a Werkzeug rule or a Starlette route."""
    location: str = ""
    """The target of a redirect."""
    redirect_status: int = 308
    allow: Iterable[str] = ()
    """The methods that a 405 names; none if the URL is a WebSocket's."""

    @property
    def status(self) -> int:
        """The status of a refusal or redirect; 200 where there is none."""
        statuses = {Outcome.NOT_FOUND: 404, Outcome.WRONG_METHOD: 405, Outcome.REDIRECT: self.redirect_status}
        return statuses.get(self.outcome, 200)
