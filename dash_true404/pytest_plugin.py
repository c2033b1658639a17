"""The pytest plugin: whether a Dash app's URLs are found, by fixtures or, with ``--dash-pages``, without test code.

Every run of pytest loads it, used or not, so nothing of Dash, nor the rest of this package, is imported before it is
used.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest

from .pytest_fixtures import (  # pytest finds fixtures by their names in a plugin
    _configured_dash_app,
    dash_app,
    dash_login,
    dash_page_case,
    dash_pages,
    isolated_page_registry,
)

__all__ = [
    "DashPages",  # noqa: F822  # it comes by __getattr__
    "_configured_dash_app",
    "dash_app",
    "dash_login",
    "dash_page_case",
    "dash_pages",
    "isolated_page_registry",
]

_COLLECTOR = "dash-pages"
# The tests of --dash-pages that are named on the command line, as "page[/trips]"; None: all of them.
_NAMED = pytest.StashKey["list[str] | None"]()


def __getattr__(name: str) -> Any:
    """Import the type of the fixture ``dash_pages`` when it is asked for."""
    if name == "DashPages":
        from .diagnostics.pytest_pages import DashPages

        return DashPages
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--dash-pages``, ``--dash-pages-from-config`` and the ini setting ``dash_app``."""
    group = parser.getgroup("dash-true404", "true 404s of Dash apps")
    group.addoption(
        "--dash-pages",
        metavar="MODULE:APP",
        help="Test each page and redirect of a Dash app, its unknown URLs, and its links; no test code needed. Who "
        "asks can be said in [tool.dash-true404] of pyproject.toml: header, user, base-url, login.",
    )
    group.addoption(
        "--dash-pages-from-config",
        action="store_true",
        help="The same for the app that is configured: dash_app in pytest's configuration, or app in "
        "[tool.dash-true404] of pyproject.toml.",
    )
    parser.addini("dash_app", "The Dash app that the fixture dash_pages tests: module:app, or module:create().")


def pytest_configure(config: pytest.Config) -> None:
    """Take the node ids of ``--dash-pages`` out of the arguments, which pytest would look for on disk."""
    asked = [_name_of_test(config, argument) for argument in config.args]
    named = [name for name in asked if name is not None]
    is_rest_named = any("::" in argument for argument, name in zip(config.args, asked, strict=True) if name is None)
    config.stash[_NAMED] = named if named or is_rest_named else None
    if not named:
        return
    if not _is_asked_for(config):
        raise pytest.UsageError(
            f"{_COLLECTOR}::{named[0]} is a test of a Dash app. Say which one: --dash-pages MODULE:APP, or "
            "--dash-pages-from-config."
        )
    config.args = [argument for argument, name in zip(config.args, asked, strict=True) if name is None]


def _name_of_test(config: pytest.Config, argument: str) -> str | None:
    """Return which test of ``--dash-pages`` an argument names, "" for all of them; None for any other argument."""
    file, _, name = argument.partition("::")
    if os.path.basename(file) != _COLLECTOR:
        return None
    # pytest prints node ids from the folder that it was started in, and others may take them from the root.
    path = os.path.abspath(os.path.join(config.invocation_params.dir, file))
    is_ours = path == str(config.rootpath / _COLLECTOR) or file == _COLLECTOR
    return name if is_ours and not os.path.exists(path) else None


def _is_asked_for(config: pytest.Config) -> bool:
    return config.getoption("dash_pages") is not None or bool(config.getoption("dash_pages_from_config"))


@pytest.hookimpl(tryfirst=True)  # so that -k and the like see these items too
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the items of ``--dash-pages``, or those of them that are named."""
    if not _is_asked_for(config) or config.stash[_NAMED] == []:
        return
    from .diagnostics.pytest_items import PagesCollector

    collector = PagesCollector.from_parent(session, name=_COLLECTOR, nodeid=_COLLECTOR)
    made = list(session.genitems(collector))
    items.extend(_select(made, config.stash[_NAMED]))


def _select(items: list[pytest.Item], names: list[str] | None) -> list[pytest.Item]:
    if not names or "" in names or not items:  # no items: the error of the collection says why
        return items
    selected = []
    for name in names:
        found = [item for item in items if name in (item.name, item.name.partition("[")[0])]
        if not found:
            raise pytest.UsageError(
                f"not found: {_COLLECTOR}::{name}\n(--collect-only -q {_COLLECTOR} lists its tests)"
            )
        selected += found
    return list(dict.fromkeys(selected))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say once why tests of ``--dash-pages`` were skipped, which pytest says only with ``-rs`` or ``-v``."""
    if not _is_asked_for(config) or terminalreporter.hasopt("skipped"):
        return
    ours = [one for one in terminalreporter.getreports("skipped") if one.nodeid.startswith(f"{_COLLECTOR}::")]
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in ours)
    if reasons:
        terminalreporter.section(f"skipped of {_COLLECTOR}", sep="-")
    for reason, number in reasons.items():
        terminalreporter.line(f"{number}: {reason}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each page, redirect and so on, where a test has the fixture ``dash_page_case``."""
    if "dash_page_case" in metafunc.fixturenames:
        from .diagnostics.pytest_params import parametrize

        parametrize(metafunc)
