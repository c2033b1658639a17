"""Waiting for what comes some time, however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable

#: Far more than anything takes: PyInstaller, on a busy machine, needs most of it.
SECONDS = 300


def wait_for(is_so: Callable[[], object], seen: Callable[[], object]) -> None:
    """Return when something is so.

    :param is_so: tells whether it is.
    :param seen: returns what there is instead, for the message if it never comes.
    """
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"waited in vain; seen: {seen()}"
        time.sleep(0.05)
