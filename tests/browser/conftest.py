"""One Chromium for the tests of a file, and a new tab for each: to start it takes longer than most of them."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from dash.testing.application_runners import ThreadedRunner
from dash.testing.browser import Browser
from selenium.webdriver.support.wait import WebDriverWait


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
    driver = chromium.driver
    driver.delete_all_cookies()
    (old,) = driver.window_handles
    driver.switch_to.new_window("tab")
    new = driver.current_window_handle
    driver.switch_to.window(old)
    driver.close()
    driver.switch_to.window(new)
    return chromium


@pytest.fixture
def dash_thread_server(dash_thread_server: ThreadedRunner, dash_br: Browser) -> Iterator[ThreadedRunner]:
    """A runner of an app in a thread, which is stopped when nothing is asked any more.

    It kills its threads: one in the middle of an answer would leave an event loop behind, and whichever test comes next
    when that is collected would be told of it.
    """
    yield dash_thread_server
    dash_br.driver.get("about:blank")
    deadline = time.monotonic() + 60
    while any(map(_is_answering, sys._current_frames().values())) and time.monotonic() < deadline:
        time.sleep(0.01)


def _is_answering(frame: Any) -> bool:
    while frame is not None and frame.f_code.co_name != "run_wsgi":  # Werkzeug's
        frame = frame.f_back
    return frame is not None
