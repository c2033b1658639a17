"""A short run of the hostile requests (``python -m tests.fire`` is the long one), and that it finds what is wrong."""

from __future__ import annotations

import logging

import pytest

from dash_true404.core import site

from .fire.firing import fire
from .fire.shapes import SHAPES
from .scale import EXAMPLES

BY_NAME = {shape.name: shape for shape in SHAPES}
SEED = 404

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def quiet():
    """What exists() raises is logged by design, with a traceback."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def reasons(report):
    return {reason for wrong in report.wrong for reason in wrong.reasons}


@pytest.mark.parametrize(
    "shape",
    [pytest.param(s, id=s.name, marks=[] if s.backend == "flask" else [pytest.mark.asgi]) for s in SHAPES],
)
def test_no_hostile_request_is_answered_wrongly(shape):
    count = EXAMPLES * shape.share
    report = fire(shape, SEED, range(count))
    assert [tuple(wrong) for wrong in report.wrong] == []
    assert report.statuses.total() == count
    assert report.statuses[200] > 0
    # Broad rules of the user's answer what is not below the prefix, and 405 below it; on FastAPI almost everything.
    refused = report.statuses[404] + report.statuses[405] * shape.has_broad_rules
    if shape.has_broad_rules and shape.backend == "fastapi":
        assert refused > 0
    else:
        assert report.statuses[404] > 0
        assert refused > count / (3 if shape.has_broad_rules else 2)


def test_the_same_seed_and_number_make_the_same_request():
    shape = BY_NAME["pages"]
    alone = [wrong for n in (11, 3) for wrong in fire(shape, SEED, [n], enable=False).wrong]
    among = [wrong for wrong in fire(shape, SEED, range(12), enable=False).wrong if wrong.number in (3, 11)]
    assert sorted(alone) == among != []


@pytest.mark.parametrize("name", ["prefix", pytest.param("quart", marks=pytest.mark.asgi)])
def test_without_true_404s_much_is_wrong(name):
    report = fire(BY_NAME[name], SEED, range(100), enable=False)
    assert "status 200, not 404" in reasons(report)
    assert len(report.wrong) > 30


def test_a_false_404_is_found_out(monkeypatch):
    monkeypatch.setattr(site.Site, "look_up", lambda *_: site.NOTHING)
    assert "status 404, not 200" in reasons(fire(BY_NAME["pages"], SEED, range(100)))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda answer: answer._replace(body=b"no /ZQmarkerqz"), "part of the request in the answer"),
        (lambda answer: answer._replace(fields=[]), "404 without X-Robots-Tag: noindex"),
        (lambda answer: answer._replace(fields=[*answer.fields, ("X", "a\nb")]), "control characters in a header"),
        (lambda answer: answer._replace(status=304), "status 304, not 404"),
        (lambda answer: answer._replace(body=b"x"), "a body for HEAD"),
        (lambda answer: answer._replace(status=405), "405 without Allow"),
        (lambda answer: answer._replace(fields=[("Location", "//evil.example")]), "a redirect to elsewhere, "),
        (lambda answer: answer._replace(status=500, error=KeyError()), "raised KeyError(), not None"),
    ],
)
def test_a_spoilt_answer_is_found_out(monkeypatch, spoil, reason):
    from .fire import targets

    target_class = targets.FlaskTarget
    ask = target_class.ask

    def asked(self, server, shot):
        answer = ask(self, server, shot)
        return spoil(answer) if server is self.server else answer

    monkeypatch.setattr(target_class, "ask", asked)
    found = reasons(fire(BY_NAME["pages"], SEED, range(100)))
    assert any(text.startswith(reason) for text in found)
