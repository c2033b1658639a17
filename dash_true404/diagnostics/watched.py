"""Functions of the user's that are watched: what they return and raise is noted, and nobody else notices."""

from __future__ import annotations

import functools
from asyncio import CancelledError
from collections.abc import Callable, Mapping
from typing import Any

from ..core.pages import is_async

#: Called with what a function returned or raised, and with the variables that it was called with.
Note = Callable[[Any, Mapping[str, Any]], None]


def watched(function: Callable[..., Any], note_result: Note, note_error: Note) -> Callable[..., Any]:
    """Return a function that does the same as another one, plain or async as that is, and notes how it ended."""

    @functools.wraps(function)
    def call(*args: Any, **variables: Any) -> Any:
        try:
            result = function(*args, **variables)
        except BaseException as error:
            note_error(error, variables)
            raise
        note_result(result, variables)
        return result

    @functools.wraps(function)
    async def call_async(*args: Any, **variables: Any) -> Any:
        try:
            result = await function(*args, **variables)
        except CancelledError:  # of a request that is given up, not raised by the function
            raise
        except BaseException as error:
            note_error(error, variables)
            raise
        note_result(result, variables)
        return result

    return call_async if is_async(function) else call
