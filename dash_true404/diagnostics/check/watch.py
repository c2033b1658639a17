"""What goes wrong while an app is checked: in the functions of its pages, and in the log of this library."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, cast

from ...core.exists import yes_or_no
from ...core.logs import logger
from ...core.pages import Page
from ..names import shorten_file
from ..watched import watched

_FUNCTIONS = ("layout", "title", "description", "exists")
_LONGEST = 300


class Fault(NamedTuple):
    """A function of a page that raised an exception, or an ``exists`` that returned no answer."""

    module: str
    function: str
    """Which one: ``layout``, ``title``, ``description`` or ``exists``."""
    variables: Mapping[str, Any]
    error: BaseException
    is_answer: bool = False
    """Whether it returned no answer."""

    @property
    def code(self) -> str:
        """The code of its finding."""
        if self.function == "exists":
            return "T302" if self.is_answer else "T301"
        return "T401" if self.function == "layout" else "T402"

    def text(self) -> str:
        """Return what happened, as a sentence without its end."""
        asked = f" for {dict(self.variables)}" if self.variables else ""
        if self.is_answer:
            return f"The exists of page {self.module!r} failed{asked}: {self.error}".rstrip(".")
        message = f"{type(self.error).__name__}: {self.error}".rstrip(": ")[:_LONGEST]
        frames = [
            frame
            for frame in traceback.extract_tb(self.error.__traceback__)
            if frame.filename != watched.__code__.co_filename
        ]
        place = f" ({shorten_file(Path(frames[-1].filename))}:{frames[-1].lineno})" if frames else ""
        return f"The {self.function} of page {self.module!r} raised {message}{asked}{place}"


@contextmanager
def watch_pages(pages: Iterable[tuple[str, Page]]) -> Iterator[list[Fault]]:
    """Note the exceptions that the functions of pages raise; nobody else notices that they are watched.

    :param pages: by their modules.
    """
    faults: list[Fault] = []
    replaced: list[tuple[dict[str, Any], str, Any, Any]] = []
    for module, page in pages:
        for name in _FUNCTIONS:
            function = page.get(name)
            if callable(function):
                entry = cast("dict[str, Any]", page)
                entry[name] = _watch(function, module, name, faults)
                replaced.append((entry, name, function, entry[name]))
    try:
        yield faults
    finally:
        for entry, name, function, replacement in replaced:
            if entry.get(name) is replacement:  # a layout may have replaced it meanwhile
                entry[name] = function


def _watch(function: Callable[..., Any], module: str, name: str, faults: list[Fault]) -> Callable[..., Any]:
    def judge(result: Any, variables: Mapping[str, Any]) -> None:
        if name == "exists":
            try:
                yes_or_no(result)
            except TypeError as error:
                faults.append(Fault(module, name, variables, error, is_answer=True))

    def note_error(error: BaseException, variables: Mapping[str, Any]) -> None:
        faults.append(Fault(module, name, variables, error))

    return watched(function, judge, note_error)


@contextmanager
def record_log() -> Iterator[list[logging.LogRecord]]:
    """Record what this library logs as warning or error, also while all logging is disabled."""
    records: list[logging.LogRecord] = []
    handler = logging.Handler(logging.WARNING)
    cast(Any, handler).emit = records.append
    handlers, propagate = logger.handlers, logger.propagate
    logger.handlers, logger.propagate = [handler], False
    # Logging that is disabled as a whole never asks the handlers.
    cast(Any, logger).isEnabledFor = lambda level: level >= logging.WARNING
    try:
        yield records
    finally:
        del cast(Any, logger).isEnabledFor
        logger.handlers, logger.propagate = handlers, propagate
