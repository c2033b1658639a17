"""Timing several things in one run, in turns, so that what else the machine does meets all of them alike.

That is what pyperf and pytest-benchmark do not do: they time one thing after the other, and between the two a shared
machine drifts by more than what is to be told apart. As with pyperf, the garbage collector stays on, as in a server.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping

Call = Callable[[], object]

# From CPython 3.11 on, the call that begins a new piece of the stack costs microseconds, and which one that is, is
# chance: so each round begins at another depth.
_DEPTHS = 20

# Seconds that one thing is timed for before it is the next one's turn.
_TURN = 0.03


def best(calls: Mapping[str, Call], rounds: int) -> dict[str, float]:
    """Return how many seconds each call takes, the best of several rounds.

    :param calls: what to time, by name.
    :param rounds: how often each one has its turn.
    """
    counts = {name: _calls_per_turn(call) for name, call in calls.items()}
    seconds = dict.fromkeys(calls, float("inf"))
    gc.collect()
    gc.freeze()
    try:
        for number in range(rounds):
            for name, call in calls.items():
                taken = _timed(call, counts[name], depth=number % _DEPTHS)
                seconds[name] = min(seconds[name], taken / counts[name])
    finally:
        gc.unfreeze()
    return seconds


def _calls_per_turn(call: Call) -> int:
    count = 1
    while (seconds := _timed(call, count)) < _TURN:
        count = max(2 * count, int(count * _TURN / max(seconds, 1e-9)))
    return count


def _timed(call: Call, count: int, depth: int = 0) -> float:
    if depth:
        return _timed(call, count, depth - 1)
    start = time.perf_counter()
    for _ in range(count):
        call()
    return time.perf_counter() - start
