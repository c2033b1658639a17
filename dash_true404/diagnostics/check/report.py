"""What ``dash-true404 check`` shows on the terminal."""

from __future__ import annotations

import logging
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from ..names import name_some
from ..tables import fill, table
from .codes import CODES
from .findings import Finding, Report

# Longer lines are hard to read.
_WIDEST = 100
# So many URLs are named that could not be seen for one reason.
_MOST_NAMED = 3
_COLUMNS = ("seen", "due", "method", "URL")


@contextmanager
def silence_logging() -> Iterator[None]:
    """Keep the tracebacks of what a check provokes out of the terminal."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


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


def format_report(name: str, report: Report, is_strict: bool = False) -> str:
    """Return a report for people to read: what is wrong and why, then the URLs that it is wrong for.

    :param name: of the app or site.
    :param report: what ``check`` has found.
    :param is_strict: whether notes count like findings.
    """
    width = min(shutil.get_terminal_size((80, 24)).columns, _WIDEST)
    return "\n\n".join(
        [
            *format_findings(report.findings, width),
            *(fill(f"Note {note.code}: {note.why}", width, "  ") for note in report.notes),
            *_format_unseen(report, width),
            fill(_summarize(name, report, is_strict), width),
        ]
    )


def format_findings(findings: list[Finding], width: int) -> Iterator[str]:
    """Yield each reason, with a table of the URLs that it is given for."""
    reasons: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        reasons.setdefault((finding.code, finding.why), []).append(finding)
    for (code, why), alike in reasons.items():
        text = fill(f"{code} {CODES[code].name}: {why}", width)
        methods: dict[tuple[str, int | None, int | None], list[str]] = {}
        for finding in alike:
            if finding.url:
                asked = "" if finding.seen is None else finding.method
                methods.setdefault((finding.url, finding.seen, finding.due), []).append(asked)
        rows = [(seen, due, ", ".join(names), url) for (url, seen, due), names in methods.items()]
        yield text + ("\n\n" + textwrap.indent(table(_COLUMNS, rows, width - 2), "  ") if rows else "")


def _format_unseen(report: Report, width: int) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for unseen in report.unseen:
        reasons.setdefault(unseen.why, []).append(unseen.url)
    for why, urls in reasons.items():
        yield fill(f"Not seen: {name_some(urls, _MOST_NAMED)}: {why}.", width, "  ")


def _summarize(name: str, report: Report, is_strict: bool) -> str:
    """Return the last lines: how many findings there are, what fixes them, and how much was asked."""
    number = len(report.findings)
    counted = f", and {count(len(report.notes), 'note')}, which --strict counts" if is_strict and report.notes else ""
    sentences = [f"{name}: {count(number, 'finding') if number else 'no findings'}{counted}."]
    fixed = sum(finding.group is not None for finding in report.findings)
    if fixed:
        which = "them all" if fixed == number else f"the first {fixed} of {number}"
        sentences.append(f"{report.cure} fixes {which if number > 1 else 'it'}.")
    if not report.is_complete:
        sentences.append("The check is not complete: not all could be seen.")
    asked = [count(number, kind[:-1]) for kind, number in report.counts.items() if number]
    if asked:
        sentences.append(f"Asked: {', '.join(asked)}.")
    return " ".join(sentences)


def count(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> count(2, "page")
    '2 pages'
    """
    return f"{number} {noun}{'s'[: number != 1]}"
