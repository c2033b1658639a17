"""What is said of dead links, and of files that are not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..names import name_some
from .crawl import DeadLink
from .findings import Finding
from .references import LINK
from .subject import Subject

# So many pages are named where a dead link is on more.
_MOST_NAMED = 2
# Looking for the reason takes some requests for each.
_MOST_EXPLAINED = 50
_NOTHING = (404, 405, 410)


def list_dead_links(subject: Subject, dead: Iterable[DeadLink]) -> Iterator[Finding]:
    """Yield one finding for each URL that dead links lead to, which names the pages that hold them.

    :param subject: the app.
    :param dead: the links, and the files of layouts.
    """
    holders: dict[DeadLink, list[str]] = {}
    for link in dead:
        holders.setdefault(link._replace(page=""), []).append(link.page)
    for number, (link, pages) in enumerate(holders.items()):
        why = _explain_link(link, pages) if link.kind == LINK else _explain_file(link, pages)
        reason = subject.explain_dead(link.url) if number < _MOST_EXPLAINED and link.kind == LINK else None
        code, due = ("T411" if link.kind == LINK else "T412"), (404 if link.status < 300 else 200)
        why += f" {reason}" if reason else ""
        yield Finding(code, link.url, "GET", link.status, due, why, subject.name_page(pages[0]))


def _explain_link(link: DeadLink, pages: list[str]) -> str:
    is_soft = link.status < 300
    if link.is_endless:
        end, advice = "are redirected again and again", "Correct the link, or the redirects."
    elif is_soft or link.status in _NOTHING:
        end, advice = "find nothing", "Correct the link, or provide the page."
    elif link.status >= 500:
        end, advice = "get an error", "Correct what fails there: the server's log names it."
    else:
        end, advice = "get an error", "Correct the link, or what answers there."
    return f"A dead link on {_name(pages)}: visitors who follow it {end}. {advice}" + (
        ' (The server says 200, and the browser draws "not found".)' if is_soft else ""
    )


def _explain_file(link: DeadLink, pages: list[str]) -> str:
    if link.status >= 300 and link.status not in _NOTHING:
        return f"The {link.kind} of {_name(pages)} can't be loaded: its URL answers {link.status}."
    return (
        f"The {link.kind} of {_name(pages)} isn't there. Correct the path (dash.get_asset_url() writes those of "
        "assets), or add the file."
    )


def _name(pages: list[str]) -> str:
    return " and ".join(pages) if len(pages) <= _MOST_NAMED else name_some(pages, _MOST_NAMED)
