"""The command: ``python -m tests.fire``. Its exit status is 1 if any answer is wrong."""

from __future__ import annotations

import argparse
import contextlib
import logging
import platform
import sys
import time
from collections import Counter
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise

from .firing import Report, fire
from .shapes import SHAPES, Shape

_PACKAGES = ("dash-true404", "dash", "flask", "werkzeug", "quart", "fastapi", "starlette")
_TOLD_IN_FULL = 20


def main() -> int:
    """Fire, tell, and return the exit status."""
    names = [shape.name for shape in SHAPES]
    parser = argparse.ArgumentParser(prog="python -m tests.fire", description=sys.modules["tests.fire"].__doc__)
    parser.add_argument("--requests", type=int, default=10_000, help="how many, over all shapes (default 10000)")
    parser.add_argument("--seed", type=int, default=404)
    parser.add_argument("--shape", choices=names, action="append", help="only this app; may be repeated")
    parser.add_argument("--number", type=int, help="only the request of this number, to each shape")
    options = parser.parse_args()
    # What exists() raises is logged by design, and nothing here waits for it.
    logging.disable(logging.CRITICAL)

    shapes = [shape for shape in SHAPES if shape.name in (options.shape or names)]
    print(f"seed {options.seed}, {', '.join(_versions())}", flush=True)
    reports = {}
    for shape, count in zip(shapes, _shares(shapes, options.requests), strict=True):
        numbers = range(count) if options.number is None else [options.number]
        reports[shape] = fire(shape, options.seed, numbers, tell=_Progress(shape.name, count))
        _tell(shape.name, reports[shape])
    return _sum_up(list(reports.values()))


def _versions() -> list[str]:
    found = [f"Python {platform.python_version()}"]
    for package in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found.append(f"{package} {version(package)}")
    return found


def _shares(shapes: list[Shape], requests: int) -> list[int]:
    """Return how many requests each shape gets; together exactly as many as asked for."""
    whole = sum(shape.share for shape in shapes)
    ends = [requests * sum(shape.share for shape in shapes[:n]) // whole for n in range(len(shapes) + 1)]
    return [end - start for start, end in pairwise(ends)]


class _Progress:
    def __init__(self, name: str, count: int) -> None:
        self._name, self._count = name, count
        self._due = time.monotonic() + 10

    def __call__(self, number: int) -> None:
        if time.monotonic() > self._due:
            self._due += 10
            print(f"  {self._name}: {number + 1:,} of {self._count:,}", file=sys.stderr, flush=True)


def _counts(counter: Counter[int]) -> str:
    return ", ".join(f"{count:,} x {what}" for what, count in sorted(counter.items()))


def _tell(name: str, report: Report) -> None:
    print(f"{name}: {report.statuses.total():,} requests in {report.seconds:.0f} s: {_counts(report.statuses)}")
    for why, count in report.pardoned.most_common():
        print(f"    {count:,} x not compared: {why}")
    for number, shot, reasons in report.wrong[:_TOLD_IN_FULL]:
        print(f"    WRONG number {number}: {'; '.join(reasons)}\n        {shot!r}")
    print(f"    {len(report.wrong):,} wrong", flush=True)


def _sum_up(reports: list[Report]) -> int:
    statuses = sum((report.statuses for report in reports), Counter[int]())
    pardoned = sum(report.pardoned.total() for report in reports)
    wrong = sum(len(report.wrong) for report in reports)
    seconds = sum(report.seconds for report in reports)
    print(f"all: {statuses.total():,} requests in {seconds:.0f} s: {_counts(statuses)}")
    print(f"     {pardoned:,} not compared, {wrong:,} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
