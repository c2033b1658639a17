"""How Flask and Quart share what they do although the one calls what the other awaits.

What is shared calls and raises nothing: it returns what is to be called for an answer or, where more has to be called
before, steps that yield it. So no StopIteration of the user's becomes a RuntimeError in a generator of ours.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator
from typing import Any

#: What is called for an answer, and on Quart awaited. The user's code runs there, and errors are raised there.
Call = Callable[[], Any]

#: Yields what is called first, is sent what that returned, and returns the last call.
Steps = Generator[Call, Any, Call]


def same(answer: Any) -> Any:
    """Return an answer that is there already."""
    return answer


def throw(error: Exception) -> None:
    """Raise an error."""
    try:
        raise error
    finally:
        del error  # or this frame and the error, which holds it, would wait for the garbage collector


def as_function(answer: Callable[..., Call], like: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that calls what another one returns, with the name of a third."""

    @functools.wraps(like)
    def function(*args: Any, **kwargs: Any) -> Any:
        return answer(*args, **kwargs)()

    return function


def as_async_function(answer: Callable[..., Call], like: Callable[..., Any]) -> Callable[..., Any]:
    """Return the same to be awaited."""

    @functools.wraps(like)
    async def function(*args: Any, **kwargs: Any) -> Any:
        result = answer(*args, **kwargs)()
        return await result if inspect.isawaitable(result) else result

    return function


def run(steps: Steps) -> Any:
    """Call what steps yield, and then what they return."""
    result, is_last = None, False
    while not is_last:
        call, is_last = _next_call(steps, result)
        try:
            result = call()
        finally:
            del call  # which may hold an error that holds this frame
    return result


async def run_async(steps: Steps) -> Any:
    """Do the same, and await what can be awaited."""
    result, is_last = None, False
    while not is_last:
        call, is_last = _next_call(steps, result)
        try:
            result = call()
        finally:
            del call  # which may hold an error that holds this frame
        result = await result if inspect.isawaitable(result) else result
    return result


def _next_call(steps: Steps, result: Any) -> tuple[Call, bool]:
    """Return the next call, and whether it is the last one."""
    try:
        return steps.send(result), False
    except StopIteration as done:
        return done.value, True
