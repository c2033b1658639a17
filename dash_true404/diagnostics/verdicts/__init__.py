"""What a decision and an answer come to, in one sentence. Nothing is said that was not seen."""

from __future__ import annotations

from typing import NamedTuple

from ..hints import Hint
from ..in_front import name_error_handlers, name_guards
from ..observation import Observation

_UNSEEN = "What answered could not be seen: the server has no guard, middleware or handler of yours."


class Verdict(NamedTuple):
    """The layer, the sentence, and the hints, most likely first."""

    layer: str
    sentence: str
    hints: list[Hint]


def explain_failure(seen: Observation, what: str, is_refused: bool = False) -> list[Hint]:
    """Say where to look after a 5xx.

    :param what: what may have failed.
    :param is_refused: whether error handlers are called too.
    """
    log = Hint("routing", f"If {what} has failed, the server's log says where.")
    hint = may_have_answered(seen, is_refused)
    return [log] if hint.text == _UNSEEN else [log, hint]


def may_have_answered(seen: Observation, is_refused: bool = False) -> Hint:
    """Name what may have answered.

    :param is_refused: whether the request is refused once nothing in front answers, so that error handlers are called.
    """
    names = name_guards(seen.app.dash_app, seen.decision)
    if is_refused:
        names += name_error_handlers(seen.app.dash_app)
    if names:
        return Hint("routing", f"This may have answered: {', '.join(names)}.")
    return Hint("routing", _UNSEEN)
