"""gunicorn's workers under fire: pages come and go, and every answer has the due status (tests/endurance.py)."""

import sys

import pytest

from tests.endurance import RIGHT, ask_by_python, gunicorn, memory_of_workers

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="gunicorn does not run on Windows")


def test_every_answer_of_two_workers_has_the_status_that_is_due():
    with gunicorn() as (port, process):
        before = None
        # As long as it takes: on a busy machine a worker may still be importing Dash when the other one answers.
        for _ in range(30):
            assert ask_by_python(port, 0.5).keys() == RIGHT
            held = memory_of_workers(process) if sys.platform == "linux" else {}
            if before is not None and all(size < before.get(pid, 0) + 500 for pid, size in held.items()):
                return
            before = held
    pytest.fail(f"The memory of the workers grows on and on: {held} KB.")
