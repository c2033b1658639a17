"""Logging in by a function of the user's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .load import LoadError, load_function, shorten_traceback
from .messages import NoAnswerError

if TYPE_CHECKING:
    from .client import Client


class LoginError(Exception):
    """The login failed; its text is for the person who asked for it."""


def log_in(name: str, client: Client) -> None:
    """Call the function that logs in.

    :param name: ``module:function``.
    :param client: given to the function.
    :raises LoginError: if there is no such function, or it raises.
    :raises NoAnswerError: if the app does not answer.
    """
    try:
        function = load_function(name)
    except LoadError as error:
        raise LoginError(f"The login failed. {error}") from error
    try:
        function(client)
    except (KeyboardInterrupt, LoginError, NoAnswerError):
        raise
    except BaseException as error:
        raise LoginError(shorten_traceback(f"The login {name} failed", error)) from error
