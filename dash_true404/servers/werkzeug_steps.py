"""How Flask and Quart share code although one calls what the other awaits.

Shared code calls nothing of the user's and raises nothing: it returns what to call for the answer or, if more has to
be called before, runs as a generator that yields the calls. They are made outside of it, because a StopIteration of the
user's would become a RuntimeError inside.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator
from typing import Any

#: Called for an answer, and on Quart awaited. This is where the user's code runs, and where errors are raised.
Call = Callable[[], Any]

#: Yields the calls, is sent their results, and returns the last call.
Steps = Generator[Call, Any, Call]


def same(answer: Any) -> Any:
    """Return an answer that exists already."""
    return answer


def throw(error: Exception) -> None:
    """Raise an error."""
    try:
        raise error
    finally:
        del error  # or this frame and the error, which holds it, would wait for the garbage collector


def as_function(answer: Callable[..., Call], like: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that calls what ``answer`` returns, named like another one."""

    @functools.wraps(like)
    def function(*args: Any, **kwargs: Any) -> Any:
        return answer(*args, **kwargs)()

    return function


def as_async_function(answer: Callable[..., Call], like: Callable[..., Any]) -> Callable[..., Any]:
    """Return such a function for a server that awaits it."""

    @functools.wraps(like)
    async def function(*args: Any, **kwargs: Any) -> Any:
        result = answer(*args, **kwargs)()
        return await result if inspect.isawaitable(result) else result

    return function


def run(steps: Steps) -> Any:
    """Make the calls of steps, and return the result of the last one."""
    result, is_last = None, False
    while not is_last:
        result, is_last = _make_next_call(steps, result)
    return result


async def run_async(steps: Steps) -> Any:
    """Do the same, and await what can be awaited."""
    result, is_last = None, False
    while not is_last:
        result, is_last = _make_next_call(steps, result)
        result = await result if inspect.isawaitable(result) else result
    return result


def _make_next_call(steps: Steps, result: Any) -> tuple[Any, bool]:
    """Make the next call; return its result, and whether it is the last one.

    :param result: of the call before.
    """
    call: Call
    try:
        call, is_last = steps.send(result), False
    except StopIteration as done:
        call, is_last = done.value, True
    try:
        return call(), is_last
    finally:
        del call  # which may hold an error that holds this frame
