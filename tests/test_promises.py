"""What SECURITY.md promises: nothing leads away, nothing is told, nothing of a stranger's is written as it came."""

import io
import logging

import pytest

from dash_true404 import enable_true_404, logs

from .apps import make_app, register, status

# What a stranger would like to see in a log: a record of their own, and a terminal that does as they say.
FORGED = "\n2026-01-01 INFO admin logged in\r\x1b[2J\x85\u2028\u202e\ud800"


@pytest.fixture
def written():
    """What a handler of the usual kind writes of this library's records."""
    stream = io.TextIOWrapper(io.BytesIO(), "utf-8", errors="strict")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logs.logger.addHandler(handler)
    yield lambda: stream.flush() or stream.buffer.getvalue().decode()
    logs.logger.removeHandler(handler)


def assert_nothing_forged(text):
    assert all(line.startswith((" ", "ERROR", "WARNING")) for line in text.split("\n")[:-1]), text
    assert text.replace("\n", "").isprintable()


def raising(x):
    raise ValueError(f"no such thing: {x}{FORGED}")


def chained(x):
    try:
        raising(x)
    except ValueError:
        raise RuntimeError(FORGED) from None if x else ValueError(FORGED)


@pytest.mark.parametrize("exists", [raising, chained])
def test_a_traceback_of_exists_forges_no_line_of_the_log(exists, written):
    app = make_app("/")
    register("/t/<x>", exists=exists)
    enable_true_404(app)
    assert status(app, "/t/1") == 200
    assert "admin logged in" in written()
    assert_nothing_forged(written())


def test_the_traceback_itself_is_left_to_those_who_look_at_it(caplog):
    app = make_app("/")
    register("/t/<x>", exists=raising)
    enable_true_404(app)
    status(app, "/t/1")
    assert caplog.records[0].exc_info[0] is ValueError  # as error trackers do
