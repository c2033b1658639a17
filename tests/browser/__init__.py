"""What needs Chromium."""

import shutil

import pytest

# The runner stops a server by killing its threads, also those in the middle of an answer.
quiet = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")

needs_chromium = pytest.mark.skipif(
    not (shutil.which("chromedriver") and (shutil.which("chromium") or shutil.which("chromium-browser"))),
    reason="needs Chromium and its driver: apt-get install chromium chromium-driver",
)


def change_tab(browser):
    """Close the tab of a browser, and open another one: nothing is left of its documents, and of their workers."""
    driver = browser.driver
    (old,) = driver.window_handles
    driver.switch_to.new_window("tab")
    new = driver.current_window_handle
    driver.switch_to.window(old)
    driver.close()
    driver.switch_to.window(new)


STATUS = "return performance.getEntriesByType('navigation')[0].responseStatus"
