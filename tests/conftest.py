"""Fixtures for all tests: a page registry of its own for each, and Chromium where it is installed."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
from collections.abc import Callable, Generator
from pathlib import Path

import hypothesis
import pytest

from dash_true404.core import logs, not_found_page

from . import ports
from .apps import BACKENDS

pytest_plugins = ["pytester"]

# Dash looks for hooks through all that is installed, for each app anew, which is half of what an app takes to be made.
with contextlib.suppress(ImportError):  # older versions have none
    from dash._hooks import HooksManager

    HooksManager._registered = True

# Seconds say nothing on a busy machine. All else is Hypothesis' default: new examples in each run, and where CI is set
# the same ones in each.
hypothesis.settings.register_profile(
    "tests", hypothesis.settings.default, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("tests")

# For `nox -s mutants`: that a mutant fails is enough, and finding the smallest example of it would take minutes.
hypothesis.settings.register_profile("mutants", phases=[hypothesis.Phase.generate], derandomize=True, database=None)


def pytest_configure(config: pytest.Config) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium:
        os.environ.setdefault("DASH_TEST_CHROMEPATH", chromium)
    if hasattr(config.option, "headless"):
        config.option.headless = True
    is_chosen = any(config.getoption(name, default=None) for name in ("markexpr", "keyword", "lf", "stepwise"))
    if config.args_source is pytest.Config.ArgsSource.TESTPATHS and not is_chosen:
        config.option.markexpr = "not slow"


def pytest_report_header(config: pytest.Config) -> str | None:
    return "slow tests are left out; to run all: pytest tests" if config.option.markexpr == "not slow" else None


@pytest.hookimpl(tryfirst=True)  # before pytest selects by marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that start browsers, servers, and all that the documents show."""
    folders = {Path(__file__).parent / name for name in ("browser", "deployment", "docs")}
    for item in items:
        if not folders.isdisjoint(item.path.parents):
            item.add_marker("slow")


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Run one worker more than there are cores: a third of the time tests wait for Chromium and for servers."""
    return (yield) + 1


class Clock:
    """What stands for the module ``time`` where something is logged once a minute."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that a test sets forward, else it stands still: on a busy machine a test takes more than a minute."""
    made = Clock()
    monkeypatch.setattr(logs, "time", made)
    return made


@pytest.fixture(autouse=True)
def isolated_registry(isolated_page_registry, clock, monkeypatch):
    """The process-wide page registry, empty for each test, nothing logged yet, and a 404 page looked at each time."""
    logs._logged.clear()
    monkeypatch.setattr(not_found_page, "SECONDS_BETWEEN_LOOKS", 0)


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Each of the servers that Dash runs on."""
    return request.param


@pytest.fixture
def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    return ports.free_port()


@pytest.fixture
def run_pytest(pytester: pytest.Pytester) -> Callable[..., pytest.RunResult]:
    """Run pytest in a process of its own, without what takes seconds: installed plugins, and rewriting assertions."""
    without = [option for name in ("hypothesispytest", "dash", "anyio") for option in ("-p", f"no:{name}")]
    return functools.partial(pytester.runpytest_subprocess, "--assert=plain", *without)
