"""A profile function: it sees which functions return what, in one thread, and changes nothing."""

from __future__ import annotations

import sys
from asyncio import isfuture
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from inspect import CO_COROUTINE
from types import CodeType, FrameType
from typing import Any, NamedTuple

from .steps import Step, step_at, step_elsewhere

#: Called with a frame that returns, what it returns, and the steps that have returned this before: outermost first.
OnReturn = Callable[[FrameType, Any, list[Step]], None]

# None of these is an answer.
_TOO_SMALL = (type(None), bool, int, float)


class Spots(NamedTuple):
    """What is looked at, by the code of functions."""

    call: Mapping[CodeType, Callable[[FrameType], None]]
    """Functions that begin."""
    leave: Mapping[CodeType, OnReturn]
    """Functions that return."""
    return_to: Mapping[CodeType, OnReturn]
    """Functions to which another one returns."""
    elsewhere: Mapping[CodeType, Callable[[FrameType], Any]]
    """Functions that have another function called in another thread or loop: it is returned."""
    convert: frozenset[CodeType]
    """Methods that make a response of their argument."""


class Trace:
    """Follows objects through the functions that return them.

    :param spots: what is looked at.
    :param response_class: whose objects are followed wherever they are put. Others, such as texts, may be the same by
        chance: they are followed from a function to its caller.
    """

    def __init__(self, spots: Spots, response_class: type) -> None:
        #: Whether something was not as expected, so that nothing is known.
        self.is_broken = False
        self._spots = spots
        self._response_class = response_class
        # Innermost first. The objects are kept, or another one might get the same id.
        self._responses: dict[int, tuple[Any, list[Step]]] = {}
        # By the frame to which they were returned.
        self._returned: dict[int, dict[int, tuple[Any, list[Step]]]] = {}
        self._begun: set[FrameType] = set()
        self._converted: dict[FrameType, list[Step]] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look on in this thread."""
        before = sys.getprofile()
        sys.setprofile(self._look)
        try:
            yield
        finally:
            sys.setprofile(before)

    def steps_of(self, response: Any) -> list[Step]:
        """Return the steps that have returned a response, outermost first."""
        known, steps = self._responses.get(id(response), (None, []))
        return steps[::-1] if known is response else []

    def _look(self, frame: FrameType, event: str, value: Any) -> None:
        try:
            if event == "call":
                self._look_at_call(frame)
            elif event == "return":
                self._look_at_return(frame, value)
        except Exception:  # the request must not suffer from a framework that is not as we know it
            self.is_broken = True

    def _look_at_call(self, frame: FrameType) -> None:
        code = frame.f_code
        is_looked_at = code in self._spots.call or code in self._spots.convert
        if not is_looked_at or frame in self._begun:
            return
        self._begun.add(frame)  # a coroutine is also "called" where it goes on
        if code in self._spots.call:
            self._spots.call[code](frame)
        else:
            self._converted[frame] = self._find(frame.f_back, frame.f_locals[code.co_varnames[1]])

    def _look_at_return(self, frame: FrameType, value: Any) -> None:
        code, caller = frame.f_code, frame.f_back
        is_coroutine = bool(code.co_flags & CO_COROUTINE)
        if is_coroutine and isfuture(value):  # it waits, and goes on
            return
        if caller is not None and type(value) not in _TOO_SMALL:
            inner = self._converted.get(frame) or self._find(frame, value)
            if code in self._spots.leave:
                self._spots.leave[code](frame, value, inner[::-1])
            elsewhere = self._spots.elsewhere.get(code)
            steps = [*inner, step_at(frame)] if elsewhere is None else [step_elsewhere(elsewhere(frame))]
            if caller.f_code in self._spots.return_to:
                self._spots.return_to[caller.f_code](frame, value, steps[::-1])
            self._keep(caller, value, steps)
            for part in value if type(value) is tuple else ():  # as those that drive our adapters return it
                known = self._find(frame, part)
                if known:
                    self._keep(caller, part, [*known, step_at(frame)])
        if not is_coroutine:  # which may also wait for what is no future
            self._returned.pop(id(frame), None)

    def _keep(self, caller: FrameType, value: Any, steps: list[Step]) -> None:
        if isinstance(value, self._response_class):
            self._responses[id(value)] = value, steps
        else:
            self._returned.setdefault(id(caller), {}).setdefault(id(value), (value, steps))

    def _find(self, frame: FrameType | None, value: Any) -> list[Step]:
        """Return the steps that have returned an object to a frame before, innermost first."""
        if isinstance(value, self._response_class):
            kept, steps = self._responses.get(id(value), (None, []))
        else:
            kept, steps = self._returned.get(id(frame), {}).get(id(value), (None, []))
        return steps if kept is value else []
