"""gunicorn's workers under fire: pages come and go, and every answer has the due status (tests/endurance.py)."""

import sys

import pytest

from tests.endurance import ask_by_python, gunicorn

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="gunicorn does not run on Windows")


def test_every_answer_of_two_workers_has_the_status_that_is_due():
    with gunicorn() as (port, _):
        assert ask_by_python(port, 2).keys() == {(200, "200"), (404, "404")}
