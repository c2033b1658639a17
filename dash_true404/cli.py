"""The command line: ``dash-true404 routes | explain | check``."""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
from collections.abc import Iterator
from typing import Any

import click
import dash

from . import __version__
from .diagnostics.check.codes import describe_codes
from .diagnostics.check.formats import to_github, to_json
from .diagnostics.check.in_process import check_app
from .diagnostics.check.live import LiveError, check_site
from .diagnostics.check.report import format_report, show_progress, silence_logging
from .diagnostics.client import NoAnswerError
from .diagnostics.explain import explain
from .diagnostics.inspected_app import NotReadyError
from .diagnostics.load import LoadError, load_app
from .diagnostics.routes import list_routes


class CannotRun(click.ClickException):
    """A command could not do its work."""

    exit_code = 2


class _App(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on only
    name = "app"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dash.Dash:
        """Return the app of a name."""
        try:
            with contextlib.redirect_stdout(sys.stderr):  # what the app prints is not part of the answer
                return load_app(value)
        except LoadError as error:
            raise CannotRun(str(error)) from error


APP = click.argument("app", metavar="APP", type=_App())
FORMAT = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What to print."
)


@contextlib.contextmanager
def could_run() -> Iterator[None]:
    """Turn whatever keeps a command from its work into one message, and exit status 2."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except (click.ClickException, click.exceptions.Exit):
        raise
    except (NotReadyError, NoAnswerError, LiveError) as error:
        raise CannotRun(str(error)) from error
    except Exception as error:
        raise CannotRun(
            f"The command broke off: {type(error).__name__}: {error}. If your own code raised it, fix that. Otherwise "
            "update dash-true404, and ask there with this message and the version of Dash."
        ) from error


def print_json(thing: Any) -> None:
    """Print a thing as JSON."""
    click.echo(json.dumps(thing, indent=2))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Honest HTTP statuses for Plotly Dash: see them, explain them, check them.

    APP is module:attribute, found from the current folder, as gunicorn takes it: a Dash app, its server, or a factory
    call such as "app:create()".
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # for terminals and pipes that do not have all letters


def _print_codes(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value is None:
        return
    try:
        click.echo(describe_codes(value if value != _ALL_CODES else None))
    except KeyError:
        raise CannotRun(f"There is no code {value!r}. `dash-true404 check --codes` lists them.") from None
    ctx.exit()


_ALL_CODES = "all"


@main.command()
@click.argument("app", metavar="APP|URL")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="What to print: for people, for programs, or annotations for GitHub Actions.",
)
@click.option("--strict", is_flag=True, help="Count notes like findings: exit status 1.")
@click.option("--ignore", multiple=True, metavar="CODE[:URL]", help="Leave these out, such as T411:/old. Repeatable.")
@click.option(
    "--codes",
    is_flag=False,
    flag_value=_ALL_CODES,
    metavar="[CODE]",
    is_eager=True,
    expose_value=False,
    callback=_print_codes,
    help="List what can be found, or say what one code means and what to do, and exit.",
)
@click.option("--max", "most", type=click.IntRange(25), default=200, help="Requests to a live site, at most (200).")
@click.pass_context
def check(ctx: click.Context, app: str, form: str, strict: bool, ignore: tuple[str, ...], most: int) -> None:
    """Ask an app or a live site what it answers, and show what it should answer.

    An unknown URL with each method, every page and redirect, assets, Dash's own URLs, and every link in the
    pages' layouts. URL is http(s)://HOST/ with the app's prefix; its pages are found by their links.

    A finding was seen and is wrong for every visitor; a note may be meant. Exit status 1 means findings, 2 that not all
    could be seen, 0 neither.
    """
    with could_run(), silence_logging(), show_progress() as progress:
        if app.lower().startswith(("http://", "https://")):
            report = check_site(app, most, progress)
        else:
            report = check_app(_App().convert(app, None, ctx), progress)
    report = report.without(ignore)
    if form == "json":
        click.echo(to_json(app, report))
    elif form == "github":
        click.echo(to_github(report))
    else:
        click.echo(format_report(app, report))
    ctx.exit(report.exit_status(strict))


@main.command("routes")
@APP
@FORMAT
def routes_command(app: dash.Dash, form: str) -> None:
    """List every URL that the server of APP answers.

    Pages, Dash's own rules, assets, and all other rules; like "flask routes", but with the pages in it. What no visitor
    ever gets is marked with "!": pages that no browser can reach or that something else matches first, and redirects
    that lead nowhere.
    """
    with could_run():
        listing = list_routes(app)
    if form == "json":
        print_json(listing.as_dict())
    else:
        click.echo(listing.text())


@main.command("explain")
@APP
@click.argument("url", metavar="URL")
@click.option("--method", default="GET", show_default=True, help="The request's method.")
@FORMAT
def explain_command(app: dash.Dash, url: str, method: str, form: str) -> None:
    """Tell which layer of APP matches or refuses a URL, why, and what to do.

    URL is a path or a full URL, as in a browser's address bar. The app is asked in this process, without a port. Exit
    status 0 means that the URL is found, 1 that it isn't, 2 that this could not be seen.
    """
    if not re.fullmatch("[A-Za-z-]+", method):
        raise CannotRun(f"{method!r} isn't an HTTP method.")
    with could_run():
        explanation = explain(app, url, method)
    if form == "json":
        print_json(explanation.as_dict())
    else:
        click.echo(explanation.text())
    click.get_current_context().exit({True: 0, False: 1, None: 2}[explanation.is_found])
