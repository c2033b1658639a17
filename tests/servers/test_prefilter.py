"""What is ruled out without matching is what no rule takes or redirects, on Werkzeug and on Starlette."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import Map, Rule

from dash_true404.servers.prefilter import Prefilter

from ..generated import repeatable
from ..scale import EXAMPLES

PARTS = ["a", "ab", "A", "b.c", "é", "a b", "<x>", "<path:x>", "a-<x>", "<x>.a", "<int:n>"]
rules = st.tuples(st.lists(st.sampled_from(PARTS), max_size=3), st.sampled_from(["", "/"])).map(
    lambda parts: ("/" + "/".join(parts[0]) + parts[1]).replace("//", "/")
)
SENT = ["a", "ab", "abc", "A", "b.c", "é", "a b", "a-", "7", "", "\n", "b\n", "<x>"]
paths = st.lists(st.sampled_from(SENT), max_size=4).map(lambda parts: "/" + "/".join(parts))

examples = given(st.lists(rules.filter(lambda rule: rule.count("x>") < 2 and rule.count("n>") < 2), max_size=4), paths)
ruled_out: dict[str, int] = {"werkzeug": 0, "starlette": 0}


@repeatable(EXAMPLES * 20)
@examples
def test_werkzeug_finds_nothing_for_what_is_ruled_out(some, path):
    if not Prefilter(some, "<").rule_out(path):
        return
    try:
        adapter = Map([Rule(rule, endpoint=rule) for rule in some]).bind("localhost")
    except (LookupError, ValueError):  # rules that this Werkzeug does not take
        return
    with pytest.raises(HTTPException) as raised:
        adapter.match(path)
    assert type(raised.value) is NotFound
    ruled_out["werkzeug"] += 1


@pytest.mark.asgi
@repeatable(EXAMPLES * 20)
@examples
def test_starlette_finds_nothing_for_what_is_ruled_out(some, path):
    from starlette.routing import Match, Route

    def starlettes(rule):
        return rule.replace("<path:x>", "{x:path}").replace("<int:n>", "{n:int}").replace("<x>", "{x}")

    if not Prefilter(map(starlettes, some), "{").rule_out(path):
        return
    for sent in (path, path.rstrip("/"), path + "/"):  # it redirects to what another slash would find
        scope = {"type": "http", "method": "GET", "path": sent, "root_path": "", "headers": []}
        assert all(Route(starlettes(rule), lambda request: None).matches(scope)[0] is Match.NONE for rule in some)
    ruled_out["starlette"] += 1


@pytest.mark.parametrize("path", ["/a/b", "/a/b/", "/a//b", "/a/b\n", "/t", "/t/", "/t/1", "/t//1"])
def test_what_a_rule_takes_or_redirects_is_not_ruled_out(path):
    assert not Prefilter(["/a/b/", "/t<x>"], "<").rule_out(path)


@pytest.mark.parametrize("server", ["werkzeug", pytest.param("starlette", marks=pytest.mark.asgi)])
def test_much_is_ruled_out(server):
    assert ruled_out[server] > 4 * EXAMPLES
