"""Fires at one app and counts."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from .shapes import Shape
from .shots import Shot
from .targets import TARGETS
from .verdict import judge


class Wrong(NamedTuple):
    """A request that was answered wrongly; its shape, seed and number make it again."""

    number: int
    shot: Shot
    reasons: list[str]


class Report:
    """What came of the requests to one shape."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.pardoned: Counter[str] = Counter()
        self.wrong: list[Wrong] = []
        self.seconds = 0.0


def fire(
    shape: Shape, seed: int, numbers: Iterable[int], enable: bool = True, tell: Callable[[int], object] = lambda _: None
) -> Report:
    """Send the requests of these numbers.

    :param enable: whether the app has true 404s.
    :param tell: called with each number, for progress.
    """
    report, begun = Report(), time.perf_counter()
    target = TARGETS[shape.backend](shape, enable)
    target.begin()
    gun = target.gun(seed)
    for number in numbers:
        shot = gun.shot(number)
        answer, reasons, pardon = judge(target, shot)
        report.statuses[answer.status] += 1
        if pardon:
            report.pardoned[pardon] += 1
        if reasons:
            report.wrong.append(Wrong(number, shot, reasons))
        tell(number)
    target.close()
    report.seconds = time.perf_counter() - begun
    return report
