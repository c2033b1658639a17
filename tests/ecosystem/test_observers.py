"""Each entry of the table of observers, with the real package: in a process of its own, because they patch Flask."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dash_true404.dash_internals.observers import OBSERVERS

ROOT = Path(__file__).parent.parent.parent
QUIET = {"DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false", "DD_REMOTE_CONFIGURATION_ENABLED": "false"}


def run(folder: Path, observer: str, order: str) -> list:
    """Return the module of the outermost wrapper around Dash's view, the statuses, and how many pages were rendered."""
    command = [sys.executable, "-W", "ignore", str(Path(__file__).with_name("observed_app.py")), observer, order]
    environ = {**os.environ, **QUIET, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("observer", sorted(OBSERVERS))
@pytest.mark.parametrize("order", ["observer, enable", "enable, observer"])
def test_unknown_urls_are_404_for_every_method_and_no_page_is_drawn(tmp_path, observer, order):
    page, unknown, rendered = [200, 200, 405, 200], [404, 404, 404, 404], 2
    assert run(tmp_path, observer, order) == [observer, page + unknown, rendered]


@pytest.mark.parametrize("observer", sorted(OBSERVERS))
@pytest.mark.parametrize("order", ["observer, guard, enable", "guard, observer, enable"])
def test_guards_beside_them_stay_guards(tmp_path, observer, order):
    seen, statuses, rendered = run(tmp_path, observer, order)
    assert seen == (observer if order.startswith("guard") else "__main__")
    assert (statuses, rendered) == ([401, 401, 405, 200] * 2, 0)
