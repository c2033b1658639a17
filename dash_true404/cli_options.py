"""What all commands share: who asks, where an app is named, and how a command ends."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import click

from .diagnostics.base_urls import split_base_url
from .diagnostics.check.live import LiveError
from .diagnostics.check.report import show_progress, silence_logging
from .diagnostics.client import NoAnswerError
from .diagnostics.inspected_app import NotReadyError
from .diagnostics.load import LoadError, add_folder
from .diagnostics.login import LoginError
from .diagnostics.settings import Settings, SettingsError, Visitor, make_visitor, read_settings

_URL = re.compile(r"/|[A-Za-z][A-Za-z0-9+.-]*://")
_FOR_PEOPLE = (LiveError, LoadError, LoginError, NoAnswerError, NotReadyError, SettingsError)


class CannotRun(click.ClickException):
    """A command could not do its work."""

    exit_code = 2


class Output(NamedTuple):
    """What a command prints, and its exit status."""

    text: str
    status: int = 0
    notes: Sequence[str] = ()
    """What to know about how it asked; shown beside the text, never in it."""


class Asked(NamedTuple):
    """What a command was told."""

    settings: Settings
    """The table of pyproject.toml."""
    given: Visitor
    """Who asks, by the command's options alone."""
    progress: Callable[[str], None]
    """Is told what is being done."""

    @property
    def visitor(self) -> Visitor:
        """Who asks: the options, and what the table has besides."""
        table, given = self.settings.visitor, self.given
        names = {name.lower() for name, _ in given.headers}
        kept = tuple(header for header in table.headers if header[0].lower() not in names)
        others = (new or old for old, new in zip(table[1:], given[1:], strict=True))
        return Visitor(kept + given.headers, *others)

    def visitor_at(self, url: str) -> tuple[Visitor, list[str]]:
        """Return who asks a live site, and what there is to say about that.

        What the table holds is sent to this computer and to the host of the table's base-url, and to no other that
        somebody types.

        :param url: of the site.
        """
        table = self.settings.visitor
        try:
            host = urlsplit(split_base_url(url)).hostname or ""
        except ValueError as error:
            raise CannotRun(str(error)) from None
        is_meant = host == urlsplit(table.base_url or "").hostname or _is_this_computer(host)
        if is_meant or table == Visitor():
            return self.visitor, []
        return self.given, [
            f"What [tool.dash-true404] says about the visitor isn't used at {host}, because its base-url names "
            "another host, or none."
        ]

    def name_app(self, given: str | None) -> tuple[str, str | None]:
        """Return the name of the app, and the folder that it is found from; None for the current one.

        :param given: on the command line.
        """
        if given:
            return given, None
        if self.settings.app:
            return self.settings.app, self.settings.folder
        if self.settings.fault:
            raise CannotRun(f"{self.settings.fault} Which app? Name it, such as app:app, or correct that file.")
        raise CannotRun(
            'Which app? Name it, such as app:app, or write it into pyproject.toml: [tool.dash-true404] app = "app:app".'
        )


def is_url(argument: str) -> bool:
    """Tell whether an argument is a URL, not the name of an app."""
    return _URL.match(argument) is not None


def _is_this_computer(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# What to look at first, and its color on a terminal.
_MARKS = (
    (re.compile(r"^T\d{3} [^:\n]*:", re.MULTILINE), "red"),
    (re.compile(r"^(?:Note T\d{3}|Not seen):", re.MULTILINE), "yellow"),
    (re.compile(r"(?<= )! .*$", re.MULTILINE), "yellow"),
)


def paint(text: str) -> str:
    """Return the text of a report or a listing with what is wrong in color."""
    for mark, color in _MARKS:
        text = mark.sub(lambda found, color=color: click.style(found[0], fg=color), text)  # type: ignore[misc]
    return text


_OPTIONS = (
    click.option(
        "--header",
        "headers",
        multiple=True,
        metavar="'NAME: VALUE'",
        help="Send this header with every request, such as 'Authorization: Bearer $TOKEN'. Repeatable. $NAME is an "
        "environment variable, a VALUE @FILE is what the file holds, and --header @FILE is a file with one header a "
        "line.",
    ),
    click.option(
        "--user",
        metavar="NAME:PASSWORD",
        help="Log in by Basic authentication. @FILE and $NAME work here, too: --user 'me:$PASSWORD'.",
    ),
    click.option(
        "--base-url",
        metavar="URL",
        help="Let all requests be for this scheme and host, such as https://app.example.org/. In this process the "
        "default is what the server is configured for (SERVER_NAME, TRUSTED_HOSTS, PREFERRED_URL_SCHEME, "
        "TrustedHostMiddleware). A live site is asked at its own address, with this one's Host and X-Forwarded-Proto, "
        "as its proxy would ask it.",
    ),
    click.option(
        "--login",
        metavar="MODULE:FUNCTION",
        help="Call this function first, such as logins:log_in. It gets a client with get(path), post(path, data=, "
        "json=, headers=) and, in this process, set_session(name=value), for log-ins that no script can go through. "
        "The cookies that it has in the end are sent from then on.",
    ),
    click.option(
        "-v", "--verbose", is_flag=True, help="Show the app's own log, and tracebacks of errors that stop a command."
    ),
)


def as_visitor(command: Callable[..., Output]) -> Callable[..., None]:
    """Give a command the options of who asks; it is called with :class:`Asked` and returns its :class:`Output`.

    Whatever keeps it from its work becomes one message, and exit status 2.
    """

    @functools.wraps(command)
    def run(
        *args: Any,
        headers: tuple[str, ...],
        user: str | None,
        base_url: str | None,
        login: str | None,
        verbose: bool,
        **options: Any,
    ) -> None:
        with _could_run(verbose), contextlib.nullcontext() if verbose else silence_logging():
            settings = read_settings()
            add_folder(settings.folder)
            with show_progress() as progress:
                given = make_visitor(headers, user, base_url, login)
                output = command(Asked(settings, given, progress), *args, **options)
        context = click.get_current_context()
        click.echo(output.text, color=False if os.environ.get("NO_COLOR") else None)
        for note in filter(None, (settings.fault, *output.notes)):
            click.echo(f"Note: {note}", err=True)
        context.exit(output.status)

    for option in reversed(_OPTIONS):
        run = option(run)
    return run


@contextlib.contextmanager
def _could_run(is_verbose: bool) -> Iterator[None]:
    try:
        with _output_to_stderr():
            yield
    except (click.ClickException, click.exceptions.Exit):
        raise
    except KeyboardInterrupt:
        click.echo("Aborted.", err=True)
        raise click.exceptions.Exit(128 + signal.SIGINT) from None  # as shells have it; click's own 1 means findings
    except _FOR_PEOPLE as error:
        raise CannotRun(str(error)) from error
    except BaseException as error:
        if is_verbose:
            traceback.print_exc()
        hint = "" if is_verbose else " The option -v shows where."
        raise CannotRun(f"The command stopped: {type(error).__name__}: {error}.{hint}") from error


@contextlib.contextmanager
def _output_to_stderr() -> Iterator[None]:
    """Send what the app prints to stderr, and what its child processes do: it is not part of the answer."""
    output = os.dup(1)
    os.dup2(2, 1)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(output, 1)
        os.close(output)
