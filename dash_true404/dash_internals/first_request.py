"""Dash's ``before_request`` functions, which do all their work at the first request.

The servers don't know that: Flask starts a thread and an event loop for an ``async def`` at every request (Dash 4.2 and
later register one where ``dash[async]`` is installed), and Quart takes a thread for each plain one. Here that is done
once.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any

from ..core.pages import is_async
from .own_code import is_dashs_own

Hook = Callable[[], Any]


def spare_loops(functions: list[Hook], ensure_sync: Callable[[Hook], Hook]) -> None:
    """Have Flask start an event loop for Dash's own async functions at the first request only.

    :param functions: the server's ``before_request`` functions, some of which are replaced.
    :param ensure_sync: the server's.
    """
    for number, function in enumerate(functions):
        if is_dashs_own(function) and is_async(function):
            functions[number] = _in_loop_once(function, ensure_sync(function))


def spare_threads(functions: list[Hook], ensure_async: Callable[[Hook], Callable[[], Awaitable[Any]]]) -> None:
    """Have Quart take a thread for Dash's own plain functions at the first request only.

    :param functions: the server's ``before_request`` functions, some of which are replaced.
    :param ensure_async: the server's.
    """
    for number, function in enumerate(functions):
        if is_dashs_own(function) and not is_async(function):
            functions[number] = _in_thread_once(function, ensure_async(function))


def _in_loop_once(function: Hook, in_loop: Hook) -> Hook:
    is_quick = None

    @functools.wraps(function)
    def in_loop_once() -> Any:
        nonlocal is_quick
        if is_quick:
            coroutine = function()
            try:
                coroutine.send(None)
            except StopIteration as done:
                return done.value
            coroutine.close()
            is_quick = False  # it waits for something after all, so from now on Flask runs it
        answer = in_loop()
        if is_quick is None:  # only after a first call has returned, because what that sets up must not be cut off
            is_quick = True
        return answer

    return in_loop_once


def _in_thread_once(function: Hook, in_thread: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Any]]:
    is_done = False

    @functools.wraps(function)
    async def in_thread_once() -> Any:
        nonlocal is_done
        if is_done:
            return function()
        answer = await in_thread()
        is_done = True
        return answer

    return in_thread_once
