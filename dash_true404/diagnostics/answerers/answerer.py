"""Who answered a request, as a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .steps import Step, find_users


class Answerer(NamedTuple):
    """Who answered a request."""

    kind: str
    """``before_request``, ``after_request``, ``errorhandler``, ``guard`` (around Dash's view), ``view``, ``mount``,
    ``dependency``, ``middleware``; ``server`` for Dash, this library or the framework, where nothing of the user's
    answered; ``inside`` a middleware, ``one of`` several; ``unseen``, and ``differs`` where two answers were not the
    same."""
    name: str = ""
    """Whose it is, in words: before_request `need_login` (shop/app.py:27)."""
    made_by: str = ""
    """The line that made the answer, where that is another function's: `deny` (shop/auth.py:9); of an error, always."""
    error: str = ""
    """What was raised, if it wasn't meant as an answer: ZeroDivisionError."""
    after: str = ""
    """For what an errorhandler answered: before_request `need_login` (shop/app.py:27) raised Unauthorized."""
    was: int = 0
    """The status that was there before, if it only changed an answer."""

    @property
    def is_known(self) -> bool:
        """Whether it is somebody, and not only somewhere."""
        return self.kind not in ("server", "inside", "one of", "unseen", "differs")


UNSEEN = Answerer("unseen")
SERVER = Answerer("server")

_NAMES = {
    "view": "its view {}",
    "guard": "the function {} around Dash's view",
    "page": "the page's code {}",
    "errorhandler": "your errorhandler {}",
}


def name_users(kind: str, steps: Sequence[Step], error: str = "") -> Answerer:
    """Return the user's function at the inner end of some steps as who answered; ``SERVER`` if there is none.

    :param kind: what the function is.
    :param steps: outermost first.
    :param error: the name of what was raised, if it wasn't meant as an answer.
    """
    users = find_users(steps)
    if users is None:
        return SERVER._replace(error=error)
    is_another = users.made.code is not users.called.code
    name = _NAMES.get(kind, f"{kind} {{}}").format(
        users.called.name_object() if kind == "middleware" else users.called.name()
    )
    return Answerer(kind, name, users.made.name_line() if is_another or error else "", error)
