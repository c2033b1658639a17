"""``python -m benchmarks``: measures, and prints or records what came out beside the bar for each."""

from __future__ import annotations

import cProfile
import os
import platform
import pstats
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from importlib.metadata import version
from pathlib import Path

import click

from dash_true404.diagnostics.tables import table

from . import apps
from .asking import wsgi
from .measures import MEASURES, Result

_README = Path(__file__).with_name("README.md")
_MARKS = ("<!-- results -->\n", "<!-- end of results -->")
_PROFILED = 2000


@click.command()
@click.argument("names", nargs=-1, type=click.Choice([*MEASURES, "profile"]), metavar="[NAME]...")
@click.option("--rounds", default=20, show_default=True, help="How often each thing has its turn; the best one counts.")
@click.option("--record", is_flag=True, help="Write the results into benchmarks/README.md too.")
def main(names: tuple[str, ...], rounds: int, record: bool) -> None:
    """Measure what true 404s cost; ends with status 1 if a bar is missed.

    NAME is flask, asgi, scale, import, gunicorn or profile; all of them by default.
    """
    chosen = names or (*MEASURES, "profile")
    results = [result for name in chosen if name in MEASURES for result in MEASURES[name](rounds)]
    told = "\n\n".join(filter(None, [_machine(), _told(results), _profile() if "profile" in chosen else ""]))
    click.echo(told)
    if record:
        before, after = re.split(f"(?s){_MARKS[0]}.*{_MARKS[1]}", _README.read_text("utf-8"))
        _README.write_text(f"{before}{_MARKS[0]}```\n{told}\n```\n{_MARKS[1]}{after}", "utf-8")
    if not all(result.is_met for result in results):
        raise SystemExit(1)


def _machine() -> str:
    versions = [f"{name} {version(name)}" for name in ("dash", "flask", "werkzeug", "quart", "fastapi", "starlette")]
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    return f"{date.today()}, {machine}\n{', '.join(versions)}"


def _told(results: Iterable[Result]) -> str:
    rows = []
    for result in results:
        ratio = "" if result.ratio is None else f"{result.ratio:.2f}{result.unit}"
        bar = "" if result.bar is None else f"{'>=' if result.least else '<='} {result.bar:g}"
        rows.append((result.what, result.ours, ratio, bar, "" if result.is_met else "missed", result.peer))
    return table(["what", "takes", "ratio", "bar", "", "against"], rows, width=140) if rows else ""


def _profile() -> str:
    """Return where the time of a true 404 on Flask goes, by package."""
    ask = wsgi(apps.true_dash().server, apps.UNKNOWN, 404)
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(_PROFILED):
        ask()
    profile.disable()
    shares: dict[str, float] = defaultdict(float)
    for (file, _, _), (_, _, own, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        shares[_package(file)] += own
    total = sum(shares.values())
    rows = sorted(((name, f"{share / total:.0%}") for name, share in shares.items() if share > total / 100), key=_share)
    return table(["a true 404 on Flask, by package", "share of its time"], rows)


def _share(row: tuple[str, str]) -> int:
    return -int(row[1].rstrip("%"))


def _package(file: str) -> str:
    parts = Path(file).parts
    if file == "~":
        return "built-in functions"
    for folder in ("site-packages", "dash_true404", "benchmarks"):
        if folder in parts:
            return parts[parts.index(folder) + 1] if folder == "site-packages" else folder
    return "the standard library"


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
