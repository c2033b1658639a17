"""What work costs, in steps and in memory: neither depends on how busy the machine is, as seconds do."""

from __future__ import annotations

import gc
import itertools
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any


def steps(work: Callable[[], object]) -> int:
    """Return how many functions are called, C functions too."""
    count = 0

    def called(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(called)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def growth(ask: Callable[[int], None], count: int) -> int:
    """Return how many bytes are left behind by so many questions, each with a number of its own.

    The smaller one of two goes: a table that Python happens to make anew is no leak.
    """
    numbers, grown = itertools.count(), []
    tracemalloc.start()
    for number in itertools.islice(numbers, 150):  # to fill caches of a fixed size, as urllib has one of 128
        ask(number)
    for _ in range(2):
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        for number in itertools.islice(numbers, count):
            ask(number)
        gc.collect()
        grown.append(tracemalloc.get_traced_memory()[0] - before)
    tracemalloc.stop()
    return min(grown)


def held(work: Callable[[], object]) -> int:
    """Return how many bytes are still held when work is done."""
    tracemalloc.start()
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    work()
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return grown
