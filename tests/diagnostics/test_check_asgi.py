"""What ``check`` finds on Quart and FastAPI, where what is due may be something else."""

from __future__ import annotations

import dash
import pytest
from dash import html
from fastapi import Depends, FastAPI
from fastapi.responses import PlainTextResponse

from dash_true404 import enable_true_404
from dash_true404.diagnostics.check.checks import METHODS, Report
from dash_true404.diagnostics.check.in_process import check_app, find_faults
from dash_true404.diagnostics.check.links import DeadLink, find_dead_links
from dash_true404.diagnostics.urls import UNKNOWN_NAME

from ..apps import make_app, register
from .test_check import OPTIONS, PREFIXES, seen, sound_app

pytestmark = pytest.mark.parametrize("backend", ["quart", "fastapi"])


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("options", OPTIONS)
def test_a_sound_app_has_no_findings(backend, prefix, options):
    assert check_app(sound_app(options=options, backend=backend, **prefix)) == Report([], [])


def test_without_true_404s_it_says_what_would_change(backend):
    found = seen(sound_app(true=False, backend=backend, assets_folder="no-such-folder"))
    soft = ("GET",) if backend == "fastapi" else ("GET", "HEAD", "OPTIONS")
    assert {method: found["/" + UNKNOWN_NAME, method] for method in METHODS} == {
        method: (200 if method in soft else 405, 404) for method in METHODS
    }
    assert found["/favicon.ico", "GET"] == (200, 404)
    assert found["/_dash-update-component", "GET"] == (200, 405)
    assert found["/_dash-component-suites/dash/true404-no-such.js", "GET"] == (500, 404)
    # Where there is no assets folder, Dash on FastAPI has no route for it either.
    assert (("/assets/true404-no-such.css", "GET") in found) == (backend == "fastapi")


@pytest.mark.parametrize("status", [200, 500])
def test_a_404_handler_that_answers_something_else(backend, status):
    app = sound_app(backend=backend)
    if backend == "quart":
        app.server.register_error_handler(404, lambda error: ("sorry", status))
    else:
        app.server.add_exception_handler(404, lambda request, error: PlainTextResponse("sorry", status))
    assert seen(app)["/" + UNKNOWN_NAME, "GET"] == (status, 404)


def test_assets_that_are_there(backend, tmp_path):
    (tmp_path / "style.css").write_text("p {}")
    app = make_app("/", assets_folder=str(tmp_path), backend=backend)
    enable_true_404(app)
    assert find_faults(app) == []


def test_app_wide_dependencies_keep_their_405(backend):
    options = (
        {"server": FastAPI(dependencies=[Depends(lambda: None)])} if backend == "fastapi" else {"backend": backend}
    )
    app = make_app("/", "/a", **options)
    enable_true_404(app)
    assert find_faults(app) == []


@pytest.mark.parametrize("true", [True, False])
def test_dead_links(backend, true):
    app = make_app("/", "/a", "/t/<x>", backend=backend)
    links = ("/a", "/t/1?x=2", "/", "t/2", "/_dash-layout", "nope", "/A")
    register("/links", layout=html.Div([html.A(href=link) for link in links]))
    if true:
        enable_true_404(app)
    assert find_dead_links(app) == [DeadLink("/nope", "/links", 404), DeadLink("/A", "/links", 404)]


def test_a_layout_may_be_async(backend):
    app = make_app("/", backend=backend)

    async def layout(**_):
        return html.A(href="/gone")

    register("/later", layout=layout)
    enable_true_404(app)
    assert find_dead_links(app) == [DeadLink("/gone", "/later", 404)]


@pytest.mark.parametrize("true", [True, False])
@pytest.mark.parametrize("is_async", [True, False])
def test_what_does_not_exist_is_dead(backend, true, is_async):
    app = make_app("/", backend=backend)

    def exists(n):
        return n == "1"

    async def exists_async(n):
        return n == "1"

    register("/list", layout=html.Div([html.A(href="/item/1"), html.A(href="/item/2")]))
    register("/item/<n>", exists=exists_async if is_async else exists)
    if true:
        enable_true_404(app)
    assert find_dead_links(app) == [DeadLink("/item/2", "/list", 404)]


def test_redirects(backend):
    app = make_app("/", backend=backend)
    register("/new", module="new", redirect_from=["/old"])
    enable_true_404(app)
    assert find_faults(app) == []
    dash.page_registry.clear()
    app = make_app("/", backend=backend)
    register("/new", module="new", redirect_from=["/old"])
    register("/newer", module="new")
    enable_true_404(app)
    assert seen(app) == {("/old", "GET"): (404, 200)}
