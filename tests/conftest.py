"""Fixtures for all tests: a page registry of its own for each, and Chromium where it is installed."""

from __future__ import annotations

import os
import shutil
import socket

import dash
import pytest
from dash import _pages  # no public name reaches the settings that Dash keeps for all apps' pages

from dash_true404 import logs


def pytest_configure(config: pytest.Config) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium:
        os.environ.setdefault("DASH_TEST_CHROMEPATH", chromium)
    if hasattr(config.option, "headless"):
        config.option.headless = True


@pytest.fixture(autouse=True)
def isolated_registry():
    """The process-wide page registry, empty for each test."""
    pages, config = dict(dash.page_registry), dict(_pages.CONFIG)
    dash.page_registry.clear()
    logs._logged.clear()
    yield
    dash.page_registry.clear()
    dash.page_registry.update(pages)
    _pages.CONFIG.clear()
    _pages.CONFIG.update(config)


@pytest.fixture
def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
