"""What ``dash-true404 check`` shows on the terminal."""

from __future__ import annotations

import logging
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from ..tables import table
from .checks import Finding, Report

# Longer lines are hard to read.
_WIDEST = 100
_COLUMNS = ("seen", "due", "method", "URL")


@contextmanager
def silence_logging() -> Iterator[None]:
    """Keep the tracebacks of what a check provokes out of the terminal."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


@contextmanager
def show_progress() -> Iterator[Callable[[str], None]]:
    """Show what is being asked in one line, which is gone at the end; only on a terminal."""
    width = shutil.get_terminal_size((80, 24)).columns - 1
    is_shown = sys.stderr.isatty()

    def show(text: str) -> None:
        if is_shown:
            click.echo(f"\r{text[:width]:<{width}}", nl=False, err=True)

    try:
        yield show
    finally:
        if is_shown:
            click.echo(f"\r{'':<{width}}\r", nl=False, err=True)


def format_report(name: str, report: Report) -> str:
    """Return a report for people to read: what is wrong and why, then the URLs that it is wrong for.

    :param name: of the app or site.
    :param report: what ``check`` has found.
    """
    width = min(shutil.get_terminal_size((80, 24)).columns, _WIDEST)
    reasons: dict[str, list[Finding]] = {}
    for finding in report.findings:
        reasons.setdefault(finding.why, []).append(finding)
    parts = []
    for why, findings in reasons.items():
        methods: dict[tuple[str, int, int], list[str]] = {}
        for finding in findings:
            methods.setdefault((finding.url, finding.seen, finding.due), []).append(finding.method)
        rows = [(seen, due, ", ".join(names), url) for (url, seen, due), names in methods.items()]
        parts.append(
            textwrap.fill(why, width, break_on_hyphens=False)
            + "\n\n"
            + textwrap.indent(table(_COLUMNS, rows, width - 2), "  ")
        )
    parts += [
        textwrap.fill(f"Note: {note}", width, subsequent_indent="  ", break_on_hyphens=False) for note in report.notes
    ]
    number = len(report.findings)
    parts.append(f"{name}: " + (f"{number} finding{'s'[: number != 1]}." if number else "no findings."))
    return "\n\n".join(parts)
