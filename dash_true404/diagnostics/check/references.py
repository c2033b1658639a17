"""What a layout refers to: links, and files that the browser loads to show it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import Any, NamedTuple

#: What a visitor follows; all other kinds are files that the browser loads by itself.
LINK = "link"
_LOADED = {
    "Img": "image",
    "Iframe": "frame",
    "Video": "media file",
    "Audio": "media file",
    "Source": "media file",
}
_MOST_WORDS = 8

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(?:.*?[^`])?\1(?!`)", re.DOTALL)
# ![text](<target> "title"): one level of brackets within the text, none within the target.
_IN_MARKDOWN = re.compile(
    r"(?<!\\)(!?)\[((?:[^\[\]\\]|\\.|\[[^\[\]]*\](?:\([^()\s]*\))?)*)\]"
    r"\(\s*(?:<([^<>\n]*)>|([^\s()<>]+))(?:\s[^()]*)?\)"
)


class Reference(NamedTuple):
    """One URL in a layout."""

    kind: str
    """``link``, or what is loaded: ``image``, ``frame``, ``media file`` or ``stylesheet``."""
    href: str


def find_references(layout: Any) -> Iterator[Reference]:
    """Yield what a layout, as JSON has it, refers to, except links with ``rel="nofollow"``.

    Links are every component's ``href`` and those in the text of ``dcc.Markdown``.
    """
    if isinstance(layout, list):
        for item in layout:
            yield from find_references(item)
    elif isinstance(layout, dict):
        props = layout.get("props")
        if isinstance(props, dict) and isinstance(layout.get("type"), str):
            yield from _find_own(layout["type"], str(layout.get("namespace")), props)
        for value in layout.values():
            yield from find_references(value)


def _find_own(kind: str, namespace: str, props: dict[str, Any]) -> Iterator[Reference]:
    """Yield the references of one component."""
    href, source = props.get("href"), props.get("src")
    is_html = namespace == "dash_html_components"
    # A dcc.Location has the page's own address in it, not a link.
    if isinstance(href, str) and kind != "Location" and "nofollow" not in str(props.get("rel")):
        is_stylesheet = is_html and kind == "Link"
        if not is_stylesheet or "stylesheet" in str(props.get("rel")) or "icon" in str(props.get("rel")):
            yield Reference("stylesheet" if is_stylesheet else LINK, href)
    if isinstance(source, str) and is_html and kind in _LOADED:
        yield Reference(_LOADED[kind], source)
    if kind == "Markdown" and namespace == "dash_core_components":
        text = props.get("children")
        lines = text if isinstance(text, list) else [text]
        text = "\n".join(line for line in lines if isinstance(line, str))
        yield from find_in_markdown(text if props.get("dedent") is False else textwrap.dedent(text))


def find_in_markdown(text: str) -> Iterator[Reference]:
    r"""Yield the links and images of a text in Markdown, except what stands in code.

    >>> list(find_in_markdown("[a](/a) ![b](/b.png) `[c](/c)`"))
    [Reference(kind='link', href='/a'), Reference(kind='image', href='/b.png')]
    """
    for paragraph in re.split(r"\n\s*\n", _without_code_blocks(text)):
        for image, shown, in_brackets, bare in _IN_MARKDOWN.findall(_CODE_SPAN.sub(" ", paragraph)):
            yield Reference("image" if image else LINK, in_brackets or bare)
            yield from find_in_markdown(shown)


def _without_code_blocks(text: str) -> str:
    """Return a text without its fenced and indented blocks of code."""
    kept: list[str] = []
    fence, is_after_blank = "", True
    for line in text.expandtabs(4).splitlines():
        opened = _FENCE.match(line)
        if fence:
            if opened and opened[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif opened:
            fence = opened[1]
        elif line.startswith("    ") and is_after_blank:  # code, or what a list continues with, which is not read then
            continue
        else:
            kept.append(line)
            is_after_blank = not line.strip()
    return "\n".join(kept)


def first_words(layout: Any) -> str:
    """Return the first words that a layout shows; empty if it shows none."""
    words = " ".join(_find_texts(layout)).split()
    return " ".join(words[:_MOST_WORDS]) + (" ..." if len(words) > _MOST_WORDS else "")


def _find_texts(layout: Any) -> Iterator[str]:
    if isinstance(layout, str):
        yield layout
    elif isinstance(layout, list):
        for item in layout:
            yield from _find_texts(item)
    elif isinstance(layout, dict) and isinstance(layout.get("props"), dict):
        yield from _find_texts(layout["props"].get("children"))
