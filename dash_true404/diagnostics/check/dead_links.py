"""What is said of dead links, and of files that are not there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ..names import name_some
from .crawl import DeadLink
from .findings import Finding
from .references import LINK

# So many pages are named where a dead link is on more.
_MOST_NAMED = 2
# Looking for the reason takes some requests for each.
_MOST_EXPLAINED = 50


def list_dead_links(
    dead: Iterable[DeadLink], explain: Callable[[str], str | None], name_page: Callable[[str], str | None]
) -> Iterator[Finding]:
    """Yield one finding for each URL that dead links lead to, which names the pages that hold them.

    :param dead: the links, and the files of layouts.
    :param explain: returns what a URL that isn't found nearly is.
    :param name_page: returns the module of the page at a URL.
    """
    holders: dict[DeadLink, list[str]] = {}
    for link in dead:
        holders.setdefault(link._replace(page=""), []).append(link.page)
    for number, (link, pages) in enumerate(holders.items()):
        why = _explain_link(link, pages) if link.kind == LINK else _explain_file(link, pages)
        reason = explain(link.url) if number < _MOST_EXPLAINED and link.kind == LINK else None
        code, due = ("T411" if link.kind == LINK else "T412"), (404 if link.status < 300 else 200)
        why += f" {reason}" if reason else ""
        yield Finding(code, link.url, "GET", link.status, due, why, name_page(pages[0]))


def _explain_link(link: DeadLink, pages: list[str]) -> str:
    nothing = "are redirected again and again" if link.is_endless else "find nothing"
    is_soft = link.status < 300
    return (
        f"A dead link on {_name(pages)}: visitors who follow it {nothing}. Correct the link, or provide the page."
        + (' (The server says 200, and the browser draws "not found".)' if is_soft else "")
    )


def _explain_file(link: DeadLink, pages: list[str]) -> str:
    return (
        f"The {link.kind} of {_name(pages)} isn't there. Correct the path (dash.get_asset_url() writes those of "
        "assets), or add the file."
    )


def _name(pages: list[str]) -> str:
    return " and ".join(pages) if len(pages) <= _MOST_NAMED else name_some(pages, _MOST_NAMED)
