"""Tables and paragraphs for the terminal, no wider than it."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Sequence

# So narrow that a table is no more readable than the text beside it.
_NARROWEST = 20


def table(headers: Sequence[str], rows: Iterable[Sequence[object]], width: int | None = None) -> str:
    """Return rows as a table; what is too wide is wrapped in its last column.

    :param headers: the columns' names.
    :param rows: the cells; None is empty.
    :param width: in characters; None: the terminal's, or 80 where there is none.

    >>> print(table(["URL", "what"], [["/", "a page"]]))
    URL  what
    /    a page
    """
    width = width or shutil.get_terminal_size((80, 24)).columns
    cells = [list(headers), *([("" if cell is None else str(cell)) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    indent = sum(widths[:-1]) + 2 * (len(widths) - 1)
    lines: list[str] = []
    for row in cells:
        start = "".join(cell.ljust(size + 2) for cell, size in zip(row[:-1], widths[:-1], strict=True))
        wrapped = textwrap.wrap(row[-1], max(width - indent, _NARROWEST)) or [""]
        lines += [(start + wrapped[0]).rstrip(), *(" " * indent + line for line in wrapped[1:])]
    return "\n".join(lines)


def fill(text: str, width: int, indent: str = "", bullet: str = "") -> str:
    """Return a text in lines; what is broken cannot be copied, so no URL is a word to hyphenate.

    :param text: one paragraph.
    :param width: in characters.
    :param indent: before all lines but the first.
    :param bullet: before the first one.
    """
    return textwrap.fill(
        text, width, initial_indent=bullet, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )
