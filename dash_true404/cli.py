"""The command line: ``dash-true404 routes | explain | check``."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from . import __version__
from .cli_options import Asked, CannotRun, Output, as_visitor, is_url, paint
from .diagnostics.check.annotations import to_github
from .diagnostics.check.codes import describe_codes
from .diagnostics.check.findings import Report
from .diagnostics.check.in_process import check_app
from .diagnostics.check.live import check_site
from .diagnostics.check.report import format_report
from .diagnostics.client import Client
from .diagnostics.explain import Explanation, explain
from .diagnostics.find_apps import FoundApp, choose_app
from .diagnostics.inspected_app import check_ready
from .diagnostics.load import load_apps
from .diagnostics.login import advise_log_in
from .diagnostics.routes import Listing, list_routes
from .diagnostics.settings import check_choices
from .diagnostics.urls import strip_origin

APP = click.argument("app", metavar="[APP]", required=False)
_ADDRESS = re.compile(r"[\w.-]+:\d+/?")


def format_option(help_text: str, *more: str) -> Callable[[Any], Any]:
    """Return the option ``--format``.

    :param help_text: shown by ``--help``.
    :param more: the forms besides ``text`` and ``json``.
    """
    forms = click.Choice(["text", "json", *more])
    return click.option("--format", "form", type=forms, default="text", show_default=True, help=help_text)


FORMAT = format_option("Print it for people, or for programs.")


def load(asked: Asked, name: str | None) -> dict[str, FoundApp]:
    """Return the apps of the name that was given, each with a name of its own."""
    if name and _ADDRESS.fullmatch(name):
        raise CannotRun(
            f"{name} isn't an app, such as app:app. If `check` is to ask a site, write http://{name.rstrip('/')}/."
        )
    name, folder = asked.name_app(name)
    asked.progress(f"Importing {name}")
    apps = load_apps(name, folder)
    return {name if len(apps) == 1 else f"{name} at {app.prefix}": app for app in apps}


def open_client(asked: Asked, app: FoundApp) -> Client:
    """Return the client of an app."""
    check_ready(app.app)
    return Client(app.app, asked.visitor, application=app.application, mount=app.mount)


def one_or_all(things: Sequence[Any]) -> str:
    """Return things as JSON: one by itself, several as a list."""
    return json.dumps(things[0] if len(things) == 1 else things, indent=2)


# Given as texts, because python -OO drops docstrings.
_MAIN = """Honest HTTP statuses for Plotly Dash: see them, explain them, check them.

APP is module:attribute, found from the current folder, as gunicorn takes it: a Dash app, its server, a dispatcher with
several apps, an object that holds one, or a factory call such as "app:create()". APP and the options
that say who is asking can be set in pyproject.toml instead, under their own names:

\b
    [tool.dash-true404]
    app = "app:app"
    header = ["Authorization: Bearer $TOKEN"]
    user = "me:$PASSWORD"
    base-url = "https://app.example.org/"
    login = "logins:log_in"
    exclude = ["/admin"]
    ignore = ["T411:/old"]

An argument that begins with / or a scheme is a URL, so APP can be left out then.
"""
_CHECK = """Ask an app or a live site what it answers, and show what it should answer.

It asks for an unknown URL with each method, for every page and redirect, for assets and Dash's own URLs, and follows
every link in the pages' layouts. URL is http(s)://HOST/ with the app's prefix; the pages of a live site are found by
their links.

A finding was seen and is wrong for every visitor; a note may be meant. The exit status is 1 if there are findings, 2
if not all could be seen, and else 0.

\b
    dash-true404 check app:app
    dash-true404 check https://app.example.org/ --user 'me:$PASSWORD'
"""
_ROUTES = """List every URL that the server of APP answers.

Pages, Dash's own rules, assets, and all other rules; like "flask routes", but with the pages in it. What no visitor
ever gets is marked with "!": pages that no browser can reach or that something else matches first, and redirects that
lead nowhere.

\b
    dash-true404 routes app:app
"""
_EXPLAIN = """Tell which layer of APP matches or refuses a URL, why, and what to do.

URL is a path or a full URL, as in a browser's address bar; several are explained one after the other, and the app is
imported once. It is asked in this process, without a port. The exit status is 0 if each URL is found, 1 if one is not,
and 2 if that could not be seen.

\b
    dash-true404 explain app:app /about /item/42
"""


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, help=_MAIN)
@click.version_option(__version__)
def main() -> None:
    """Run one of the commands."""
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


@main.command(help=_CHECK)
@click.argument("target", metavar="[APP|URL]", required=False)
@format_option("Print it for people, for programs, or as annotations for GitHub Actions.", "github")
@click.option("--strict", is_flag=True, help="Count notes like findings: exit status 1.")
@click.option("--ignore", multiple=True, metavar="CODE[:URL]", help="Leave these out, such as T411:/old. Repeatable.")
@click.option(
    "--exclude",
    multiple=True,
    metavar="PATH",
    help="Don't ask for this path, nor for anything below it, such as /admin. Repeatable.",
)
@click.option(
    "--probe-templates",
    is_flag=True,
    help="Draw pages with a path_template for made-up values, too. A layout that writes to a database would do so.",
)
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
@click.option(
    "--max", "most", type=click.IntRange(25), default=200, help="Send at most this many requests to a live site (200)."
)
@as_visitor
def check(
    asked: Asked,
    target: str | None,
    form: str,
    strict: bool,
    ignore: tuple[str, ...],
    exclude: tuple[str, ...],
    probe_templates: bool,
    most: int,
) -> Output:
    """Check an app or a live site."""
    check_choices(exclude, ignore)
    excluded = (*asked.settings.exclude, *exclude)
    reports: dict[str, Report] = {}
    notes: list[str] = []
    visitor = asked.visitor
    if target and is_url(target):
        visitor, notes = asked.visitor_at(target)
        reports[target] = check_site(target, most, asked.progress, visitor=visitor, exclude=excluded)
    else:
        for name, app in load(asked, target).items():
            with open_client(asked, app) as client:
                reports[name] = check_app(
                    app.app, asked.progress, client=client, exclude=excluded, probe_templates=probe_templates
                )
            notes += client.notes
    if any(unseen.is_guards for report in reports.values() for unseen in report.unseen):
        notes = [*notes, f"A guard seems to answer first: {advise_log_in(visitor)}"]
    reports = {name: report.without((*asked.settings.ignore, *ignore)) for name, report in reports.items()}
    if form == "json":
        text = one_or_all([report.as_dict(name) for name, report in reports.items()])
    elif form == "github":
        text = "\n".join(to_github(report) for report in reports.values())
    else:
        text = "\n\n".join(paint(format_report(name, report, strict)) for name, report in reports.items())
    statuses = {report.exit_status(strict) for report in reports.values()}
    return Output(text, 1 if 1 in statuses else max(statuses), notes)


@main.command("routes", help=_ROUTES)
@APP
@FORMAT
@as_visitor
def routes_command(asked: Asked, app: str | None, form: str) -> Output:
    """List what the server of an app answers."""
    listings: dict[str, Listing] = {}
    notes: list[str] = []
    for name, found in load(asked, app).items():
        with open_client(asked, found) as client:
            listings[name] = list_routes(found.app, client)
        notes += client.notes
    if form == "json":
        return Output(one_or_all([listing.as_dict() for listing in listings.values()]), notes=notes)
    title = "{}\n\n" if len(listings) > 1 else ""
    texts = [title.format(name) + paint(listing.text()) for name, listing in listings.items()]
    return Output("\n\n\n".join(texts), notes=notes)


@main.command("explain", help=_EXPLAIN)
@click.argument("arguments", metavar="[APP] URL...", nargs=-1, required=True)
@click.option("--method", default="GET", show_default=True, help="Ask with this method, such as POST.")
@FORMAT
@as_visitor
def explain_command(asked: Asked, arguments: tuple[str, ...], method: str, form: str) -> Output:
    """Explain URLs."""
    if not re.fullmatch("[A-Za-z-]+", method):
        raise CannotRun(f"{method!r} isn't an HTTP method.")
    name, urls = (None, arguments) if is_url(arguments[0]) else (arguments[0], arguments[1:])
    if name is None and asked.settings.app is None and not urls[0].startswith("/"):
        name = urls[0]  # which load() refuses
    if not urls:
        raise CannotRun(f"Which URL? Name it after the app: dash-true404 explain {name} /about")
    explanations, notes, is_complete = explain_all(asked, list(load(asked, name).values()), urls, method)
    if form == "json":
        found = [explanation.as_dict() for explanation in explanations]
        text = json.dumps(found if len(urls) > 1 else found[0], indent=2)
    else:
        text = "\n\n\n".join(map(write, explanations))
    seen = {explanation.is_found for explanation in explanations} | (set() if is_complete else {None})
    return Output(text, 2 if None in seen else 1 if False in seen else 0, notes)


def write(explanation: Explanation) -> str:
    """Return an explanation for people."""
    headline, _, rest = explanation.text().partition("\n")
    color = {True: "green", False: "red", None: "yellow"}[explanation.is_found]
    return click.style(headline, fg=color, bold=True) + "\n" + rest


def explain_all(
    asked: Asked, apps: list[FoundApp], urls: Sequence[str], method: str
) -> tuple[list[Explanation], list[str], bool]:
    """Return the explanation of each URL by its app, what there is to know besides, and whether each URL has an app."""
    explanations: dict[int, Explanation] = {}
    owners = [choose_app(apps, strip_origin(url).partition("?")[0]) for url in urls]
    prefixes = ", ".join(app.prefix for app in apps)
    outside = [url for url, owner in zip(urls, owners, strict=True) if owner is None]
    notes = [f"{url} is outside of all Dash apps here: {prefixes}" for url in outside]
    if len(outside) == len(urls):
        raise CannotRun("\n".join(notes))
    for app in apps:
        numbers = [number for number, owner in enumerate(owners) if owner is app]
        if not numbers:
            continue
        with open_client(asked, app) as client:
            for number in numbers:
                asked.progress(f"Explaining {urls[number]}")
                below = strip_origin(urls[number]).removeprefix(app.mount)
                explanations[number] = explain(app.app, below, method, client)
        notes += client.notes
        if app.mount:
            notes.append(f"The Dash app is mounted at {app.mount}, which is left out in what is said of its URLs.")
    return [explanations[number] for number in sorted(explanations)], notes, len(explanations) == len(urls)
