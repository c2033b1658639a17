"""The functions that an answer or an error came through, whose they are, and how they are named."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any, NamedTuple

from ..names import find_code, name_function, name_line

_FRAMEWORKS = ("fastapi", "flask", "quart", "starlette", "werkzeug")
# They call what they are given, in another thread or loop, or with what has to be closed afterwards.
_PLUMBING = ("anyio", "asgiref", "blinker", "wrapt")
_STDLIB = sysconfig.get_path("stdlib")
_OURS = str(Path(__file__).parents[2])


class Step(NamedTuple):
    """A function that returned an object, or that an error came through."""

    code: CodeType | None
    line: int
    """The line that returned, raised or called."""
    owner: Any = None
    """``self``, if it is a method or a closure within one."""
    function: Any = None
    """What was called in another thread or loop, where nobody looks on; its code may be unknown."""

    @property
    def whose(self) -> str:
        """Return ``user``, ``dash``, ``ours``, ``framework`` or ``plumbing``."""
        return "user" if self.code is None else _find_owner(self.code.co_filename)

    def name(self) -> str:
        """Return how the function is named: `need_login` (shop/app.py:27)."""
        if self.code is None or self.function is not None:
            return name_function(self.function)
        name = self.code.co_name
        if name == "__call__" and self.owner is not None:
            name = type(self.owner).__name__
        return name_line(name, self.code.co_filename, self.code.co_firstlineno)

    def name_object(self) -> str:
        """Return how the function is named, or the object whose method it is."""
        if self.owner is None or self.code is None:
            return self.name()
        name = type(self.owner).__name__
        is_users = self.whose == "user"
        return name_line(name, self.code.co_filename, self.code.co_firstlineno) if is_users else f"`{name}`"

    def name_line(self) -> str:
        """Return how the line is named that returned or raised."""
        if self.code is None or self.function is not None:
            return name_function(self.function)
        return name_line(self.code.co_name, self.code.co_filename, self.line)


def step_at(frame: FrameType, line: int | None = None) -> Step:
    """Return a frame as a step."""
    return Step(frame.f_code, line or frame.f_lineno, frame.f_locals.get("self"))


def step_elsewhere(function: Any) -> Step:
    """Return the step of what is called where nobody looks on."""
    code = find_code(function)
    return Step(code, code.co_firstlineno if code else 0, None, function)


def walk_callers(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield a frame and those that have called it, innermost first."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def split_at(steps: Sequence[Step], is_it: Callable[[Step], bool]) -> tuple[Step | None, Sequence[Step]]:
    """Return the innermost step that is looked for, and the steps inside of it; None and all steps if there is none.

    :param steps: outermost first.
    :param is_it: tells the step.
    """
    at = max((number for number, step in enumerate(steps) if is_it(step)), default=-1)
    return (steps[at] if at >= 0 else None), steps[at + 1 :]


def walk_traceback(trace: TracebackType | None) -> Iterator[Step]:
    """Yield what an error came through, outermost first."""
    while trace is not None:
        yield step_at(trace.tb_frame, trace.tb_lineno)
        trace = trace.tb_next


class Users(NamedTuple):
    """The user's functions that an answer or an error comes from."""

    called: Step
    """The one that somebody else called."""
    made: Step
    """The one that made the answer, or raised."""
    called_by: str
    """Whose the caller is: ``dash``, ``ours``; ``framework`` for all others."""


def find_users(steps: Sequence[Step]) -> Users | None:
    """Return the user's functions at the inner end of some steps; None if that is somebody else's.

    :param steps: outermost first. What a framework does on the way is skipped.
    """
    owned = [step for step in steps if step.whose in ("user", "dash", "ours")]
    first = len(owned)
    while first and owned[first - 1].whose == "user":
        first -= 1
    if first == len(owned):
        return None
    return Users(owned[first], owned[-1], owned[first - 1].whose if first else "framework")


@lru_cache(maxsize=4096)
def _find_owner(file: str) -> str:
    if file.startswith(os.path.join(_OURS, "")):
        return "ours"
    for package in ("dash", *_FRAMEWORKS, *_PLUMBING):
        folder = next(iter(getattr(sys.modules.get(package), "__path__", ())), None)
        if folder is not None and file.startswith(os.path.join(folder, "")):
            return "plumbing" if package in _PLUMBING else "dash" if package == "dash" else "framework"
    is_stdlib = file.startswith((os.path.join(_STDLIB, ""), "<frozen ")) and "-packages" not in file
    return "plumbing" if is_stdlib else "user"
