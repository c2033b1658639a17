"""What visitors of an unknown URL see: a static page, a template, or the app's own shell. Knows no web framework."""

from __future__ import annotations

import enum
import html
import json
import os
import stat
import time
from collections.abc import Awaitable, Callable
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any, Final, Literal, Protocol

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from .logs import log_once

CONVENTION = "404.html"

#: What every answer carries. Without explicit cache information a cache may keep a 404 (RFC 9110, section 15.5.5).
HEADERS = {"X-Robots-Tag": "noindex", "Cache-Control": "no-cache", "Vary": "Accept"}

PROBLEM_TYPE = "application/problem+json"
#: RFC 9457, section 3. Without "instance", which would repeat the URL.
PROBLEM = json.dumps(
    {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "There is no page at this URL."}
).encode()

# Browsers need some 150 characters. Werkzeug's time is quadratic in the spaces of one: 14 seconds for 64 KB.
_LONGEST_ACCEPT = 1000


def prefers_json(accept: str) -> bool:
    """Tell whether a client prefers JSON to HTML (RFC 9110, section 12.5.1).

    :param accept: its Accept header. Browsers name HTML; curl accepts anything; an empty header has no preference.

    >>> prefers_json("application/json"), prefers_json("text/html,*/*;q=0.8"), prefers_json("*/*")
    (True, False, False)
    """
    if len(accept) > _LONGEST_ACCEPT:
        return False
    if "json" not in accept.lower() and "application/*" not in accept.lower():
        return False  # which saves every browser's request the parsing
    accepted = parse_accept_header(accept, MIMEAccept)
    return accepted.best_match(["text/html", "application/json", PROBLEM_TYPE], "text/html") != "text/html"


class _Page(enum.Enum):
    IN_APP = "IN_APP"

    def __repr__(self) -> str:
        return self.name


#: ``enable_true_404(app, page=IN_APP)``: the app's own shell, in which Dash draws its not-found page.
IN_APP: Final = _Page.IN_APP
InApp = Literal[_Page.IN_APP]


class HtmlSource(Protocol):
    """A source of the HTML of a 404 page."""

    def html(self) -> bytes | str | Awaitable[bytes | str]:
        """Return the current page; on some servers it has to be awaited."""


class Templates(Protocol):
    """The web framework's templates, as far as a 404 page needs them."""

    def places(self) -> list[str]:
        """Return the folders in which templates are looked for."""

    def find(self, name: str) -> HtmlSource | None:
        """Return a template of the framework's, checked for mistakes, or None if there is none of that name.

        :raises ValueError: if the template cannot be used.
        """


# It stays in memory, and every bot gets all of it.
_LARGEST_PAGE = 10_000_000

# Bots come in hundreds a second, and each would cost a system call.
SECONDS_BETWEEN_LOOKS = 1.0


class StaticPage:
    """A file that is served from memory, and read again after a change, which is noticed within a second.

    :param path: the file, UTF-8 text.
    :raises OSError: if the file cannot be read.
    :raises ValueError: if it is not UTF-8 text, empty, or larger than 10 MB.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, ...] | None = None
        self._looks_again_at = 0.0
        self._html = b""
        try:
            self._refresh()
        except PermissionError as error:
            raise PermissionError(
                f"The 404 page {path} cannot be read. Make it readable for the user that runs the app."
            ) from error

    def html(self) -> bytes:
        """Return the file's content; the last good one if the file is gone or can't be used any more."""
        try:
            self._refresh()
        except (OSError, ValueError) as error:
            log_once(f"The 404 page {self._path} cannot be used; its last good version is served.", error)
        return self._html

    def _refresh(self) -> None:
        now = time.monotonic()
        if now < self._looks_again_at:
            return
        self._looks_again_at = now + SECONDS_BETWEEN_LOOKS
        status = self._path.stat()
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if stamp == self._stamp:
            return
        self._stamp = stamp  # also of a broken file, so that it is not read again before it changes
        if not stat.S_ISREG(status.st_mode):
            raise OSError(f"The 404 page {self._path} isn't a regular file. Make it one, or name another page.")
        if status.st_size > _LARGEST_PAGE:
            raise ValueError(f"The 404 page {self._path} has {status.st_size:,} bytes. Make it one of 10 MB at most.")
        content = self._path.read_bytes()
        try:
            content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"The 404 page {self._path} is not UTF-8 text ({error}). Save it as UTF-8.") from error
        if not content.strip():  # or an editor is about to write it
            raise ValueError(f"The 404 page {self._path} is empty. Write something, or remove it.")
        self._html = content


class BuiltInPage:
    """The page for apps that don't provide one.

    :param home: called for the URL that it links to.
    """

    def __init__(self, home: Callable[[], str]) -> None:
        self._template = Template((resources.files("dash_true404") / CONVENTION).read_text("utf-8"))
        self._home = home
        self._made = ("", b"")

    def html(self) -> bytes:
        """Return the page."""
        home = self._home()
        if self._made[0] != home:
            self._made = (home, self._template.substitute(home=html.escape(home)).encode())
        return self._made[1]


class NotFoundPage:
    """What visitors of unknown URLs see, except for the app's own shell, which only the server can render.

    :param page: what the user chose (None: 404.html by convention, if there is one).
    :param home: called for the app's root URL, as browsers see it.
    :param templates: the server's templates.
    :param root_folder: called, if needed, for the folder of the app's own code.
    :param assets_folder: the app's assets.
    :raises FileNotFoundError: if a named page does not exist.
    :raises OSError: if it cannot be read.
    :raises ValueError: if it is not UTF-8 text, no valid template, or a file larger than 10 MB.
    """

    def __init__(
        self,
        page: str | os.PathLike[str] | InApp | None,
        *,
        home: Callable[[], str],
        templates: Templates,
        root_folder: Callable[[], Path],
        assets_folder: Path,
    ) -> None:
        self._built_in = BuiltInPage(home)
        self._name = CONVENTION if page is None or page is IN_APP else os.fspath(page)
        self._source: HtmlSource = self._built_in
        #: Whether the app's own shell is the answer: always, or while the app has a ``not_found_404`` page (Dash's
        #: convention).
        self.is_in_app, self.is_in_app_by_convention = page is IN_APP, False
        if page is IN_APP:
            return
        name = self._name
        folders = [root_folder(), assets_folder] if page is not None else [assets_folder]
        try:
            found = templates.find(name)
        except Exception as error:
            if page is not None or isinstance(error, (OSError, ValueError)):
                raise
            # Nobody asked for a template, and some loaders only work during a request.
            log_once(f"The server's templates could not be searched for {name}; it is assumed not to exist.", error)
            found = None
        if found is None:
            file = next((folder / name for folder in folders if os.path.lexists(folder / name)), None)
            found = StaticPage(file) if file else None
        if found is not None:
            self._source = found
        elif page is None:
            self.is_in_app_by_convention = True
        else:
            places = [*templates.places(), *map(str, folders)]
            raise FileNotFoundError(
                f"There is no 404 page {name!r}. Looked for it in: {', '.join(places)}. "
                "Put it into one of these folders, or correct the name (page=...)."
            )

    def html(self, render: Callable[[], Any] | None = None, *let_through: type[Exception]) -> Any:
        """Return the page to send; if it fails, log the cause and return the built-in one.

        :param render: renders the app's own shell; None: the page of the user's that was found at the start.
        :param let_through: exceptions that are answers themselves.
        """
        try:
            return (render or self._source.html)()
        except let_through:
            raise
        except Exception as error:  # the user's template or layout may raise anything, and the visitor still gets a 404
            return self._instead(error)

    async def html_async(self) -> bytes | str:
        """Do the same on a server whose templates have to be awaited."""
        try:
            html = self._source.html()
            return await html if isinstance(html, Awaitable) else html
        except Exception as error:
            return self._instead(error)

    def _instead(self, error: Exception) -> bytes:
        name = "the app's index page" if self._source is self._built_in else self._name
        log_once(f"The 404 page ({name}) could not be rendered; the built-in one is served.", error)
        return self._built_in.html()
