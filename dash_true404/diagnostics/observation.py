"""One request to an app: what is decided for it, and what the app really answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

from ..core.pages import Match
from ..servers import Decision, Outcome, Reason
from .answerers import UNSEEN, Answerer, find_answerer
from .client import Response
from .inspected_app import SAFE, InspectedApp
from .messages import GUARDED
from .urls import UNKNOWN_NAME, follow_redirects, is_log_in, resolve_link
from .watched import watched

# What answers in place of a page or rule.
_ANSWERING = ("before_request", "guard", "middleware", "inside")
_GUARDING = (*_ANSWERING, "dependency")
# What of the user's raises an error, and was reached.
_NO_GUARDS = ("its view", "the page's code", "what is mounted")

# One at a time, or the second would take the first one's watch for the page's own exists.
_watching = threading.RLock()


class Observation(NamedTuple):
    """A request, the decision, and the answer."""

    app: InspectedApp
    path: str
    method: str
    decision: Decision
    answer: Response | None
    """None where the app was not asked, because a view of the user's might have changed something."""
    exists_results: list[Any]
    """What the page's ``exists`` returned or raised."""
    answerer: Answerer
    """Who answered, as far as that was seen."""

    @property
    def status(self) -> int:
        """The status of the answer; 0 where the app was not asked."""
        return self.answer.status_code if self.answer else 0

    @property
    def location(self) -> str | None:
        """Where the answer redirects to."""
        return self.answer.location if self.answer and 300 <= self.status < 400 else None


def observe(app: InspectedApp, target: str, method: str) -> Observation:
    """Decide for a request, and send it to the app unless it might change something.

    :param target: path and query, percent-encoded.
    """
    path = target.partition("?")[0]
    decision = app.decide(path, method)
    is_anothers = decision.outcome is Outcome.PASS_ON and decision.reason in (Reason.OTHER_RULE, Reason.LATER)
    if method not in SAFE and is_anothers:
        return Observation(app, path, method, decision, None, [], UNSEEN)
    with watch_exists(decision.found.match) as results:
        answer = app.ask(target, method)
    if results[:1] == [False] and app.is_refusing and decision.reason is Reason.PAGE:
        decision = decision._replace(outcome=Outcome.NOT_FOUND, reason=Reason.NOT_THERE)
    answerer = find_answerer(app.client, target, method, answer)
    return Observation(app, path, method, decision, answer, results, _name_for(app, decision, answerer))


def _name_for(app: InspectedApp, decision: Decision, answerer: Answerer) -> Answerer:
    """Return who answered; a view that no rule has is one around Dash's."""
    if answerer.kind != "view" or decision.reason is Reason.LATER or app.find_rule(decision) is not None:
        return answerer
    name = f"the function {answerer.name.removeprefix('its view ')} around Dash's view"
    return answerer._replace(kind="guard", name=name)


def is_end_found(seen: Observation) -> bool | None:
    """Tell whether a request is answered with something, at the end of its redirects.

    :return: None if they lead out of the app, or the method does not ask ``exists``. A soft 404 is not found, whatever
        its status.
    """
    if seen.answer is None:
        return True
    path, method, answer = seen.path, seen.method, seen.answer
    if seen.location:
        leads_to = resolve_link(seen.location, path)
        if leads_to is None:
            return None
        urls, answer, is_endless = follow_redirects(seen.app.client.ask, leads_to, resolve_link)
        if 300 <= answer.status_code < 400 and answer.location:
            return False if is_endless else None
        path, method = urls[-1].partition("?")[0], "GET"
    elif seen.answerer.kind in _ANSWERING and not seen.answerer.was:
        return 200 <= answer.status_code < 300
    elif seen.answerer.kind == "errorhandler":
        return False
    elif is_exists_left_out(seen):
        return None
    is_known = seen.app.name_what_matches(seen.app.decide(path, method)) is not None
    return is_known and 200 <= answer.status_code < 300


def is_exists_left_out(seen: Observation) -> bool:
    """Tell whether a page is answered without a look at its ``exists``, as OPTIONS are."""
    is_asked = seen.app.is_refusing and seen.decision.found.asks_exists
    return is_asked and seen.decision.reason is Reason.METHOD and 200 <= seen.status < 300


def is_kept_out(seen: Observation) -> bool:
    """Tell whether a guard keeps the visitor from seeing whether a URL is found.

    It does so where it refuses what a page or a rule matches, or sends the visitor to a log-in, and where it answers a
    made-up URL beside or below it alike: one that redirects an old URL, or bars one, does not.
    """
    is_refused = seen.status in GUARDED
    if not _is_guards(seen) or not (is_refused or seen.location is not None or 200 <= seen.status < 300):
        return False
    is_barred = is_refused or is_log_in(seen.location or "")
    if is_barred and seen.app.name_what_matches(seen.decision) is not None:
        return True
    above = seen.path.rpartition("/")[0]
    return any(_is_answered_alike(seen, f"{start}/{UNKNOWN_NAME}") for start in (above, seen.path.rstrip("/")))


def _is_guards(seen: Observation) -> bool:
    who = seen.answerer
    if who.kind == "errorhandler":  # of what a guard has raised, if that was seen
        return not who.after.startswith(_NO_GUARDS) and (who.after != "" or seen.status in GUARDED)
    return who.kind in _GUARDING and not who.was


def _is_answered_alike(seen: Observation, url: str) -> bool:
    other = observe(seen.app, url, seen.method)
    told, others = ((one.status, (one.location or "").partition("?")[0], one.answerer.name) for one in (seen, other))
    return told == others


@contextmanager
def watch_exists(match: Match | None) -> Iterator[list[Any]]:
    """Note what a page's ``exists`` returns or raises when the app calls it; its log tells once a minute only."""
    with _watching:
        page = cast("dict[str, Any]", match.page) if match else {}
        exists = page.get("exists")
        results: list[Any] = []
        if not callable(exists):
            yield results
            return

        def note(result: Any, _: object) -> None:
            results.append(result)

        page["exists"] = watched(exists, note, note)
        try:
            yield results
        finally:
            page["exists"] = exists
