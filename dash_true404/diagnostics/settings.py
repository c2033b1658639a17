"""Who asks, and what else the tools are told: on the command line, or in ``[tool.dash-true404]`` of pyproject.toml."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from .base_urls import split_base_url
from .check.codes import CODES

_TABLE = "tool.dash-true404"
_MENTION = re.compile(r"""tool["']?\s*\.\s*["']?dash-true404""")
_LISTS = ("header", "exclude", "ignore")
_TEXTS = ("app", "user", "base-url", "login")
_VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)\}|(\w+))")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

_BASE_URL = re.compile(r"https?://(?:[^/?#@:\s\[\]]+|\[[0-9a-f:.]+\])(:\d+)?/?", re.IGNORECASE)


class SettingsError(ValueError):
    """Raised if a setting cannot be used; its text is for the person who wrote it."""


class Visitor(NamedTuple):
    """Who asks.

    ::

        Visitor(user="me:secret", base_url="https://app.example.org/")
    """

    headers: tuple[tuple[str, str], ...] = ()
    """Sent with every request."""
    user: str | None = None
    """``name:password`` for Basic authentication."""
    base_url: str | None = None
    """Scheme and host of all requests."""
    login: str | None = None
    """``module:function`` that logs in; it is called with the client."""

    def __repr__(self) -> str:
        """Name what is given without telling secrets, since tracebacks and test reports show it."""
        names = [name for name in ("headers", "user") if getattr(self, name)]
        return f"<Visitor at {self.base_url}, logged in by {self.login}, with {' and '.join(names) or 'nothing else'}>"


#: Somebody who isn't logged in.
STRANGER = Visitor()


class Settings(NamedTuple):
    """The table ``[tool.dash-true404]``."""

    app: str | None = None
    """``module:attribute``, found from ``folder``."""
    visitor: Visitor = STRANGER
    exclude: tuple[str, ...] = ()
    """Paths that are not checked."""
    ignore: tuple[str, ...] = ()
    """Findings that are not reported: ``CODE`` or ``CODE:URL``."""
    folder: str = "."
    """Where pyproject.toml is."""
    fault: str = ""
    """Why a pyproject.toml that would come first could not be read, where it does not seem to have the table."""


def read_settings(folder: str | os.PathLike[str] = ".") -> Settings:
    """Return the table ``[tool.dash-true404]`` of the nearest pyproject.toml that has one.

    ::

        [tool.dash-true404]
        app = "app:app"
        header = ["Authorization: Bearer $TOKEN"]

    :param folder: where the search begins; it goes on in the folders above.
    :raises SettingsError: if the table cannot be read, or holds unknown keys.
    """
    start, fault = Path(folder).resolve(), ""
    for above in (start, *start.parents):
        file = above / "pyproject.toml"
        try:
            text = file.read_text("utf-8", "replace") if file.is_file() else ""
        except OSError as error:
            fault = fault or f"{file} could not be read: {error}."
            continue
        is_mentioned = _MENTION.search(text) is not None
        try:
            tool = _parse(text, file, is_mentioned).get("tool")
        except SettingsError as error:
            if is_mentioned:
                raise
            fault = fault or str(error)
            continue
        table = tool.get("dash-true404") if isinstance(tool, dict) else None
        if table is not None:
            return _make_settings(table, above, file)._replace(fault=fault)
    return Settings(folder=str(start), fault=fault)


def _parse(text: str, file: Path, is_mentioned: bool) -> Mapping[str, Any]:
    for name in ("tomllib", "tomli"):
        try:
            toml = import_module(name)
        except ImportError:
            continue
        try:
            parsed: Mapping[str, Any] = toml.loads(text)
        except ValueError as error:
            raise SettingsError(f"{file} isn't TOML: {error}.") from None
        return parsed
    if not is_mentioned:
        return {}
    raise SettingsError(
        f"{file} has a table [{_TABLE}], and Python 3.10 cannot read TOML by itself: pip install tomli, or write the "
        "settings as options."
    )


def _make_settings(table: Any, folder: Path, file: Path) -> Settings:
    if not isinstance(table, dict):
        raise SettingsError(f"{_TABLE} in {file} isn't a table.")
    unknown = sorted(set(table) - {*_LISTS, *_TEXTS})
    if unknown:
        known = ", ".join((*_TEXTS, *_LISTS))
        raise SettingsError(f"[{_TABLE}] in {file} has unknown keys: {', '.join(unknown)}. It may have {known}.")
    texts: dict[str, str | None] = dict.fromkeys(_TEXTS)
    lists: dict[str, tuple[str, ...]] = dict.fromkeys(_LISTS, ())
    for name, value in table.items():
        if name in texts:
            if not isinstance(value, str):
                raise SettingsError(f'{name} in [{_TABLE}] of {file} has to be a string: {name} = "...".')
            texts[name] = value
        elif not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise SettingsError(f'{name} in [{_TABLE}] of {file} has to be a list of strings: {name} = ["..."].')
        else:
            lists[name] = tuple(value)
    check_choices(lists["exclude"], lists["ignore"])
    visitor = make_visitor(lists["header"], texts["user"], texts["base-url"], texts["login"], str(folder))
    return Settings(texts["app"], visitor, lists["exclude"], lists["ignore"], str(folder))


def make_visitor(
    headers: tuple[str, ...], user: str | None, base_url: str | None, login: str | None, folder: str = "."
) -> Visitor:
    """Return who asks, from what was written.

    ``$NAME`` is replaced by the environment variable, ``$$`` is a dollar. A value that begins with ``@`` is read from
    the file that it names; a header that begins with it names a file with one header a line.

    :param headers: each ``Name: value``.
    :param user: ``name:password``.
    :param base_url: ``http://host/`` or ``https://host/``.
    :param login: ``module:function``.
    :param folder: where the files are.
    :raises SettingsError: if one of them cannot be used.
    """
    if user is not None:
        user = _expand(user, folder)
        if ":" not in user:
            raise SettingsError("The user has to be name:password.")
    if base_url is not None and not _is_base_url(base_url):
        raise SettingsError(
            f"{base_url!r} isn't a base URL. Write http://HOST/ or https://HOST/, without user or path."
        )
    if login is not None and not all(login.partition(":")):
        raise SettingsError(f"{login!r} doesn't name a function. Write module:function, such as logins:log_in.")
    return Visitor(tuple(_list_headers(headers, folder)), user, base_url, login)


def check_choices(exclude: Iterable[str], ignore: Iterable[str]) -> None:
    """Raise an error for what would leave nothing out, because it is no path or no code.

    :param exclude: paths.
    :param ignore: each ``CODE`` or ``CODE:URL``.
    :raises SettingsError: if one of them cannot be used.
    """
    for path in exclude:
        if not path.startswith("/"):
            raise SettingsError(f"exclude: {path!r} isn't a path. Write it with a slash in front, such as /admin.")
    for wanted in ignore:
        if wanted.partition(":")[0] not in CODES:
            raise SettingsError(
                f"ignore: {wanted!r} doesn't begin with a code. Write CODE or CODE:URL, such as T411 or T411:/old. "
                "`dash-true404 check --codes` lists the codes."
            )


def _is_base_url(url: str) -> bool:
    try:
        split_base_url(url)
    except ValueError:
        return False
    return _BASE_URL.fullmatch(url) is not None


def _list_headers(headers: tuple[str, ...], folder: str) -> list[tuple[str, str]]:
    found = []
    for header in headers:
        lines = _read(header[1:], folder).splitlines() if header.startswith("@") else [header]
        for line in filter(str.strip, lines):
            name, colon, value = line.partition(":")
            if not colon or not _HEADER_NAME.fullmatch(name.strip()):
                # Not shown: what was forgotten may be the name of a secret.
                raise SettingsError("A header has to be 'Name: value', such as 'Accept-Language: de'.")
            expanded = _expand(value.strip(), folder)
            if not expanded.isprintable():
                raise SettingsError(f"The value of header {name.strip()} has a character that no header may have.")
            found.append((name.strip(), expanded))
    return found


def _expand(value: str, folder: str) -> str:
    if value.startswith("@"):
        return _read(value[1:], folder).strip()

    def look_up(variable: re.Match[str]) -> str:
        name = variable[2] or variable[3]
        if variable[1]:
            return "$"
        if name not in os.environ:
            raise SettingsError(f"The environment variable {name} is not set. For a dollar, write $$.")
        return os.environ[name]

    return _VARIABLE.sub(look_up, value)


def _read(name: str, folder: str) -> str:
    try:
        return Path(folder, name).read_text("utf-8")
    except (OSError, ValueError) as error:
        raise SettingsError(f"The file {name!r} could not be read: {error}.") from None
