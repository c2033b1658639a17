"""docs/howto/login.md: what a page that runs does not show of its code."""

import sys
from types import ModuleType

import pytest
from dash import Input, Output, html, page_container

from dash_true404 import enable_true_404

from ..apps import make_app
from .runner import ROOT, blocks

_BODY = {
    "output": "b.children",
    "outputs": {"id": "b", "property": "children"},
    "inputs": [{"id": "a", "property": "n_clicks", "value": 1}],
    "changedPropIds": ["a.n_clicks"],
}


def test_the_decorator_around_dashs_views_lets_callbacks_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """With Dash's async support, its view of callbacks is a coroutine function."""
    app = make_app("/")
    app.layout = html.Div([html.Button(id="a"), html.Div(id="b"), page_container])
    app.callback(Output("b", "children"), Input("a", "n_clicks"))(lambda clicks: f"{clicks} clicks")
    enable_true_404(app)
    module = ModuleType("app")
    module.app = app  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "app", module)
    texts = [block.text for block in blocks(ROOT / "docs" / "howto" / "login.md")]
    (text,) = (text for text in texts if "def login_required(" in text)
    exec(text, {})
    client = app.server.test_client()
    answers = [client.post("/_dash-update-component", json=_BODY, headers=who) for who in ({}, {"X-User": "ann"})]
    assert [answer.status_code for answer in answers] == [401, 200]
    assert answers[1].json["response"] == {"b": {"children": "1 clicks"}}
