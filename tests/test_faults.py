"""What breaks while the app runs: exists, the 404 page, its template. The visitor gets the right status all the same."""

import flask
import pytest

from dash_true404 import enable_true_404

from .apps import make_app

BUILT_IN = b"This page does not exist"


def get(app, url="/zz"):
    return app.server.test_client().get(url)


def app_in(folder, kind):
    """Return an app whose 404.html, which says "good", is a template or an asset."""
    (folder / "404.html").write_text("good")
    server = flask.Flask("server", template_folder=str(folder) if kind == "template" else "none")
    return make_app("/", server=server, assets_folder=str(folder) if kind == "asset" else "none")


# A template


@pytest.mark.parametrize(
    "mistake",
    [
        "{{ 1 / 0 }}",
        "{{ request.args['x'].y.z }}",
        "{{ ''.encode(request.path) }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    ],
)
def test_a_fault_that_each_url_words_differently_is_logged_once(mistake, tmp_path, caplog):
    app = app_in(tmp_path, "template")
    enable_true_404(app)
    (tmp_path / "404.html").write_text(mistake)
    for number in range(5):
        response = get(app, f"/zz{number}?x={number}")
        assert (response.status_code, BUILT_IN in response.data) == (404, True)
    assert len(caplog.records) == 1
