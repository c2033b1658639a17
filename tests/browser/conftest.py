"""One Chromium for the tests of a file, and a new tab for each: to start it takes longer than most of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from dash.testing.browser import Browser
from selenium.webdriver.support.wait import WebDriverWait

from . import change_tab


@pytest.fixture(scope="module")
def chromium(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, as dash[testing] drives it."""
    with Browser(
        browser=request.config.getoption("webdriver"),
        headless=request.config.getoption("headless"),
        options=request.config.hook.pytest_setup_options(),
        download_path=str(tmp_path_factory.mktemp("download")),
        percy_run=False,
    ) as browser:
        # Dash's looks twice a second, and for ten seconds, which is little on a busy machine.
        browser._wd_wait = WebDriverWait(browser.driver, 120, poll_frequency=0.05)
        yield browser
    # Where the runner has killed the threads of a server, those that wait for Chromium hear of it only now.
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(10)


@pytest.fixture
def dash_br(chromium: Browser) -> Browser:
    """Chromium in a new tab, with nothing of another test's: no history, no storage, no emulated phone."""
    chromium.driver.delete_all_cookies()
    change_tab(chromium)
    return chromium
