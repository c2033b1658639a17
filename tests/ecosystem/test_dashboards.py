"""What is built on Dash: Vizro's dashboards, dash-extensions' DashProxy, and dash-mantine-components' layouts."""

from __future__ import annotations

import json

import dash
import dash_mantine_components as dmc
import pytest
import vizro.models as vm
from dash import Input, Output, html
from dash_extensions.enrich import DashProxy, MultiplexerTransform
from vizro import Vizro

from dash_true404 import enable_true_404
from dash_true404.diagnostics.find_apps import FoundApp, find_apps

from ..client import FOUND, UNKNOWN, ask, by_method, navigate

UNKNOWN_URLS = ["nope", "Sales", "sales/2026", "favicon.ico", "wp-login.php"]


@pytest.fixture(params=["/", "/dash/"])
def prefix(request):
    """Where the app is."""
    return request.param


@pytest.fixture
def vizro(prefix):
    """A dashboard of two pages."""
    Vizro._reset()
    pages = [vm.Page(title=title, components=[vm.Card(text=title)]) for title in ("Home", "Sales")]
    yield Vizro(url_base_pathname=prefix).build(vm.Dashboard(title="Figures", pages=pages))
    Vizro._reset()


def test_the_commands_take_a_dashboard(vizro):
    """It is what Vizro has gunicorn call, and no Dash app."""
    assert find_apps(vizro) == [FoundApp(vizro.dash, vizro)]


def proxied(prefix):
    """Return DashProxy's app, in which two callbacks have one output, with Mantine's components."""
    app = DashProxy(
        "proxied",
        use_pages=True,
        pages_folder="",
        url_base_pathname=prefix,
        transforms=[MultiplexerTransform()],
        suppress_callback_exceptions=True,
    )
    app.layout = dmc.MantineProvider(html.Div([dash.page_container, dmc.Text(id="greeting")]))
    dash.register_page("home", path="/", layout=dmc.TextInput(id="name"))
    dash.register_page("sales", path="/sales", layout=dmc.Title("Sales"))
    dash.register_page("month", path_template="/months/<month>", layout=lambda month=None, **_: dmc.Title(month))

    @app.callback(Output("greeting", "children"), Input("name", "value"))
    def greet(name):
        return f"Hello {name}"

    @app.callback(Output("greeting", "children"), Input("other", "value"))
    def wave(name):
        return f"Goodbye {name}"

    return app


def check_urls(app, prefix, pages):
    """Compare the statuses of pages, which Dash's router draws, and of unknown URLs, for which it draws nothing."""
    due = {**dict.fromkeys(pages, FOUND), **dict.fromkeys(UNKNOWN_URLS, UNKNOWN)}
    assert {url: by_method(app, prefix + url) for url in due} == due
    not_found = navigate(app, f"{prefix}nope")["children"]
    assert [url for url in due if navigate(app, prefix + url)["children"] != not_found] == pages
    for url in ("_dash-layout", "_dash-dependencies"):
        assert ask(app, prefix + url).status == 200


def test_a_vizro_dashboard_has_true_404s_by_its_dash_app(vizro, prefix):
    with pytest.raises(TypeError, match=r"pass its \.dash\.$"):
        enable_true_404(vizro)
    enable_true_404(vizro.dash)
    check_urls(vizro.dash, prefix, ["", "sales"])


def test_a_dash_proxy_with_mantine_has_true_404s(prefix):
    app = proxied(prefix)
    enable_true_404(app)
    check_urls(app, prefix, ["", "sales", "months/may"])


@pytest.mark.parametrize("is_enabled", [True, False])
def test_the_callbacks_of_a_dash_proxy_stay_as_they_are(is_enabled):
    app = proxied("/")
    if is_enabled:
        enable_true_404(app)
    drawn = {}
    for callback in json.loads(ask(app, "/_dash-dependencies").body):
        if "greeting" not in callback["output"]:
            continue
        body = {
            "output": callback["output"],
            "outputs": {"id": callback["output"].rpartition(".")[0], "property": callback["output"].rpartition(".")[2]},
            "inputs": [{**given, "value": "Ada"} for given in callback["inputs"]],
            "changedPropIds": [f"{given['id']}.{given['property']}" for given in callback["inputs"]],
        }
        is_json = {"content-type": "application/json"}
        answer = ask(app, "/_dash-update-component", "POST", headers=is_json, body=json.dumps(body).encode())
        drawn[callback["inputs"][0]["id"]] = answer.status, b"Ada" in answer.body
    assert {"name": (200, True), "other": (200, True)}.items() <= drawn.items()
