"""What ``dash-true404 check`` prints for GitHub Actions: annotations."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import dash

from .codes import CODES
from .findings import Finding, Report

# https://docs.github.com/actions/reference/workflow-commands-for-github-actions
_LEVELS = {"finding": "error", "note": "notice"}


def to_github(report: Report) -> str:
    """Return a report as workflow commands of GitHub Actions, which shows them beside the files of the pages.

    :param report: what ``check`` has found.
    """
    lines = [_annotate(finding) for finding in [*report.findings, *report.notes]]
    lines += [
        f"::warning title={_escape('not seen', True)}::{_escape(f'{unseen.url}: {unseen.why}')}"
        for unseen in report.unseen
    ]
    return "\n".join(lines)


def _annotate(finding: Finding) -> str:
    name = CODES[finding.code].name
    title = _escape(f"{finding.code} {name}", True)
    where = "".join(f",{key}={_escape(str(value), True)}" for key, value in _find_place(finding.page))
    statuses = f"{finding.method} {finding.url} is {finding.seen}, not {finding.due}. " if finding.due else ""
    return f"::{_LEVELS[finding.severity]} title={title}{where}::{_escape(statuses + finding.why)}"


def _find_place(module: str | None) -> Iterator[tuple[str, object]]:
    """Yield the file of a page, from the current folder, and the line of its layout where it is a function there."""
    file = getattr(sys.modules.get(module or ""), "__file__", None)
    if file is None or not Path(file).is_relative_to(Path.cwd()):
        return
    yield "file", Path(os.path.relpath(file)).as_posix()
    layout = dash.page_registry.get(module, {}).get("layout")
    if inspect.isfunction(layout) and layout.__code__.co_filename == file:
        yield "line", layout.__code__.co_firstlineno


def _escape(text: str, is_property: bool = False) -> str:
    """Return a text as workflow commands need it.

    :param is_property: whether it stands before the ``::``, where commas and colons end it.
    """
    for char in "%\r\n" + ":," * is_property:
        text = text.replace(char, f"%{ord(char):02X}")
    return text
