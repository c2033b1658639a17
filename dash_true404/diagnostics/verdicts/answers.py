"""What an answer was, and who answered, in a clause; and what to say where that was not seen."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from ...servers import Outcome
from ..hints import Hint
from ..observation import Observation

_IN_FRONT = ("before_request", "after_request", "errorhandler", "guard", "dependency", "middleware", "inside", "one of")


def is_in_front(seen: Observation) -> bool:
    """Tell whether something in front of pages and rules answered, or changed the answer."""
    who, decision = seen.answerer, seen.decision
    # A 404 page of the user's, in place of ours or the server's, is no news.
    due = 404 if decision.outcome is Outcome.PASS_ON else decision.status
    is_own_page = who.kind == "errorhandler" and not who.after and seen.status == due
    return who.kind in _IN_FRONT and not is_own_page


def is_unsure(seen: Observation) -> bool:
    """Tell whether it was not seen who answered."""
    return seen.answerer.kind in ("unseen", "differs")


def say_who(seen: Observation) -> str:
    """Return who answered, and what: "before_request `need_login` (shop/app.py:27) redirects to /login"."""
    who, what = seen.answerer, say_what(seen)
    if who.kind == "inside":
        return f"it was answered inside {who.name}: the answer {what}"
    if who.kind == "one of":
        return f"the status was changed after the router, from {who.was} to {seen.status}, by one of: {who.name}"
    if who.kind == "differs":
        return f"the answer {what}, and asked again it is {who.name}: the two differ, so it is unknown who answered"
    if who.kind == "unseen":
        return f"the answer {what}, and I could not see who answered"
    if who.error and who.made_by:
        return f"{who.name} raises {who.error} in {who.made_by}"
    if not who.is_known or who.kind == "mount":
        return f"the answer {what}"
    made_by = f", made by {who.made_by}" if who.made_by else ""
    advice = ": return a status" if who.kind == "errorhandler" and seen.status < 300 else ""
    return f"{who.name} {what}{made_by}{advice}" + (f", after {who.after}" if who.after else "")


def say_what(seen: Observation) -> str:
    """Return what an answer was, as a verb: "answers 403", "is 403" where nobody is named."""
    if seen.answerer.was and seen.answerer.is_known and not seen.location:
        return f"turns {seen.answerer.was} into {seen.status}"
    if not seen.location:
        is_named = seen.answerer.is_known and seen.answerer.kind != "mount"
        return f"{'answers' if is_named else 'is'} {seen.status}"
    here, there = urlsplit(seen.app.client.base_url), urlsplit(seen.location)
    if there.scheme == "https" and there.hostname == here.hostname:
        return f"redirects to https: {seen.location}"
    return f"redirects to another host: {seen.location}" if there.netloc else f"redirects to {seen.location}"


def explain_failure(seen: Observation) -> Iterator[Hint]:
    """Yield where to look after a 5xx, unless it was seen what was raised."""
    if seen.status >= 500 and not seen.answerer.is_known:
        yield Hint("routing", "If something has failed, the server's log says where.")
