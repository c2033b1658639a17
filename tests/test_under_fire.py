"""Many requests, long ones and hostile ones: time linear in the input, flat memory, right answers under threads."""

import pytest

from dash_true404 import answers
from dash_true404.answers import prefers_json

from .apps import make_true_app, status


@pytest.mark.parametrize("filling", [" ", ",", ";", '"', "\\", ";a=b", ", a/json", '"a,', "*1"])
def test_a_hostile_accept_header_is_not_parsed(filling, monkeypatch):
    def parse(header, _):
        raise AssertionError(f"{len(header)} characters are parsed")

    monkeypatch.setattr(answers, "parse_accept_header", parse)
    assert not prefers_json("application/json" + filling * 10_000 + "x")


def test_a_long_accept_header_gets_html():
    assert status(make_true_app("/"), "/zz", headers={"Accept": "application/json" + " " * 64_000 + "x"}) == 404
