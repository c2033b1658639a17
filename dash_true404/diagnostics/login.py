"""Logging in by a function of the user's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .load import LoadError, load_function, shorten_traceback
from .messages import NoAnswerError

if TYPE_CHECKING:
    from .client import Client
    from .settings import Visitor


class LoginError(Exception):
    """The login failed; its text is for the person who asked for it."""


def advise_log_in(visitor: Visitor) -> str:
    """Return what to do where a guard answers a visitor."""
    if visitor.login:
        return f"--login {visitor.login} was called, and it still answers."
    if visitor.user or visitor.headers:
        return "it does not accept this visitor: look at --user and --header, or log in with --login."
    return "log in with --user, --header or --login."


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
