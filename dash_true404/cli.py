"""The command line: ``dash-true404 routes | explain | check``."""

from __future__ import annotations

import json
from typing import Any

import click
import dash

from . import __version__
from .load import LoadError, load


class CannotRun(click.ClickException):
    """A command could not do its work."""

    exit_code = 2


class _App(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on only
    name = "app"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dash.Dash:
        """Return the app of a name."""
        if isinstance(value, dash.Dash):
            return value
        try:
            return load(value)
        except LoadError as error:
            raise CannotRun(str(error)) from error


APP = click.argument("app", metavar="APP", type=_App())
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")


def print_json(thing: Any) -> None:
    """Print a thing as JSON."""
    click.echo(json.dumps(thing, indent=2, ensure_ascii=False))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Honest HTTP statuses for Plotly Dash: see them, explain them, check them.

    APP is module:attribute, found from the current folder, as gunicorn takes it: a Dash app, its server, or a factory
    call such as "app:create()".
    """
