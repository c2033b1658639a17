"""What is logged, and how often: a fault that every visitor runs into must not fill the disk."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Hashable, Iterable

logger = logging.getLogger("dash_true404")

_MINUTE = 60.0
_MOST_KEYS = 1000

_logged: set[object] = set()


class _TracebacksAsTheyAre(logging.Filter):
    """Keeps tracebacks from looking like log records of their own, or worse.

    The message of an exception often repeats what a visitor has sent, line breaks and terminal codes too (CWE-117).
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Format a record's traceback with all lines indented; its formatter then leaves it alone."""
        if record.exc_info:
            lines = "".join(traceback.format_exception(*record.exc_info)).splitlines()
            record.exc_text = "\n".join(f"  {_printable(line)}" for line in lines)
        return True


logger.addFilter(_TracebacksAsTheyAre())


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def origin(error: BaseException, besides: str = "") -> Hashable:
    """Return what identifies an error: its type and lines, not its message, which may contain what a visitor sent.

    How often a line ran doesn't count either, because it differs from one endless recursion to the next.

    :param besides: a file whose lines don't count, because there are several ways through them.
    """
    lines = traceback.walk_tb(error.__traceback__)
    return type(error), frozenset(line for frame, line in lines if frame.f_code.co_filename != besides)


def log_once(message: str, error: Exception) -> None:
    """Log a fault with its traceback the first time it occurs."""
    fault = message, origin(error)
    if fault not in _logged and len(_logged) < _MOST_KEYS:
        _logged.add(fault)
        logger.error(message, exc_info=error)


def warn_once(message: str) -> None:
    """Log a warning for the app's author the first time it applies."""
    if message not in _logged and len(_logged) < _MOST_KEYS:
        _logged.add(message)
        logger.warning(message)


def log_warnings(warnings: Iterable[str], level: int = logging.WARNING) -> None:
    """Log warnings for the app's author, each one once; an error while looking for them is logged and nothing else."""
    messages: list[str] = []
    try:
        messages.extend(warnings)
    except Exception as error:
        log_once("The pages could not be checked for mistakes.", error)
    for message in dict.fromkeys(messages):
        logger.log(level, message)


class OncePerMinute:
    """Says yes to each key at most once a minute, and to no more than 1,000 keys in a minute."""

    def __init__(self) -> None:
        self._since = -_MINUTE
        self._seen: set[object] = set()
        self._lock = threading.Lock()

    def __call__(self, key: object) -> bool:
        """Tell whether it is this key's turn."""
        with self._lock:
            now = time.monotonic()
            if now - self._since >= _MINUTE:
                self._since = now
                self._seen.clear()
            if key in self._seen or len(self._seen) >= _MOST_KEYS:
                return False
            self._seen.add(key)
            return True
