"""What needs Chromium."""

import shutil

import pytest

# The runner stops a server by killing its threads, also those in the middle of an answer.
quiet = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")

needs_chromium = pytest.mark.skipif(
    not (shutil.which("chromedriver") and (shutil.which("chromium") or shutil.which("chromium-browser"))),
    reason="needs Chromium and its driver: apt-get install chromium chromium-driver",
)

STATUS = "return performance.getEntriesByType('navigation')[0].responseStatus"
