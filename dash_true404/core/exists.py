"""Asking a page's own ``exists``, and a function given as ``paths=``.

A false 404 is worse than a soft one, so a function that fails counts as True, and the fault is logged.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from .logs import OncePerMinute, logger, origin
from .pages import Match, is_async

# What a function of the user's may fail with. What was canceled in a loop of its own, as with asyncio.run(), is no
# Exception; nothing waits here, so the task that serves the request can't be what was canceled.
_FAULTS = (Exception, asyncio.CancelledError)


class Exists:
    """Calls the ``exists`` of one app's pages; each fault is logged at most once a minute."""

    def __init__(self) -> None:
        self._may_log = OncePerMinute()

    def ask(self, *matches: Match) -> bool:
        """Call a page's ``exists`` with the variables of its URL; if it fails, the page is found.

        :param matches: the page, and those at other readings of the URL, which are asked while the answer is False.
        """
        for match in matches:
            exists = match.page.get("exists")
            try:
                answer = exists is None or exists(**match.variables)
                if inspect.iscoroutine(answer):
                    answer.close()
                if yes_or_no(answer):
                    return True
            except _FAULTS as error:
                return self._failed(match, error)
        return False

    async def ask_async(self, *matches: Match, in_thread: Callable[..., Awaitable[Any]] | None = None) -> bool:
        """Do the same on a server that can await it.

        :param in_thread: runs a function such that it does not block the server; None: in this thread.
        """
        for match in matches:
            exists = match.page.get("exists")
            if exists is None:
                return True
            try:
                ask = functools.partial(exists, **match.variables)
                if in_thread is not None and not is_async(exists):
                    answer, error = await in_thread(functools.partial(_outcome, ask))
                else:
                    answer, error = _outcome(ask)
                if error is not None:
                    return self._failed(match, error)
                if yes_or_no(await answer if inspect.isawaitable(answer) else answer):
                    return True
            except asyncio.CancelledError as error:
                if _is_being_cancelled():
                    raise
                return self._failed(match, error)
            except Exception as error:
                return self._failed(match, error)
        return False

    def _failed(self, match: Match, error: BaseException) -> bool:
        if self._may_log((match.page.get("module"), origin(error, besides=__file__))):
            logger.error(
                "exists of page %r failed for %.1000r; the page is taken to exist.",
                match.page.get("module"),
                dict(match.variables),
                exc_info=error,
            )
        return True


class PathsFunction:
    """Calls the function given as ``paths=``; each fault is logged at most once a minute.

    :param function: called with a path below the app's prefix.
    """

    def __init__(self, function: Callable[[str], object]) -> None:
        self._function = function
        self._may_log = OncePerMinute()

    def matches(self, path: str) -> bool:
        """Tell whether a path is a page according to the function; if it fails, it is one.

        :param path: with its leading slash, as the browser holds it.
        """
        try:
            answer = self._function(path)
            if inspect.iscoroutine(answer):
                answer.close()
            if answer is NotImplemented or _is_unasked(answer):
                raise TypeError(f"it returned {answer!r}; it should return True or False.")
            return bool(answer)
        except _FAULTS as error:
            if self._may_log(origin(error)):
                logger.error(
                    "The function given as paths= failed for %.1000r; the path counts as a page.",
                    path,
                    exc_info=error,
                )
            return True


def _is_unasked(answer: Any) -> bool:
    return inspect.isawaitable(answer) or inspect.isgenerator(answer) or inspect.isasyncgen(answer)


def yes_or_no(answer: Any) -> bool:
    """Return what an ``exists`` has answered.

    :raises TypeError: if that is no answer.
    """
    if answer is None or answer is NotImplemented or _is_unasked(answer):
        raise TypeError(f"exists returned {answer!r}; it should return True or False.")
    return bool(answer)


def _outcome(ask: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    # No future can hold a StopIteration, which next() raises where it finds nothing.
    try:
        return ask(), None
    except _FAULTS as error:
        return None, error


def _is_being_cancelled() -> bool:
    """Tell whether this very task is cancelled, not one that it waits for; Python 3.10 cannot tell."""
    task = asyncio.current_task()
    return task is None or not hasattr(task, "cancelling") or task.cancelling() > 0
