"""Entries of dash.page_registry that are no pages, for people keep other things there: skipped, and named once."""

import logging

import dash
import pytest
from dash import html

from dash_true404 import IN_APP, enable_true_404
from dash_true404.core.pages import Pages
from dash_true404.diagnostics.check.in_process import check_app
from dash_true404.diagnostics.explain import explain
from dash_true404.diagnostics.routes import list_routes

from ..apps import app_on, make_app, register
from ..client import UNKNOWN, by_method, navigate, status, statuses

ODD = ["fr", None, {}, {"path": "/z"}, {"path_template": None}, {"path": None, "path_template": None}, 7, ["/z"]]
ODD.append({"path": "/z", "path_template": 7})


@pytest.fixture
def warned(caplog):
    """Return the warnings about entries that are no pages."""
    caplog.set_level(logging.WARNING, "dash_true404")
    return lambda: [text for text in (record.getMessage() for record in caplog.records) if "isn't a page" in text]


@pytest.mark.parametrize(("entry", "page"), [*((entry, None) for entry in ODD), ("fr", IN_APP)])
def test_unknown_urls_stay_404_where_an_entry_is_put_there_later(backend, entry, page, warned):
    app = app_on(backend, "/a", "/t/<x>", suppress_callback_exceptions=True)

    def layout():
        dash.page_registry["lang"] = entry
        return html.Div("home")

    register("/", layout=layout)
    enable_true_404(app, page)
    assert status(app, "/zz") == 404
    navigate(app, "/")
    assert dash.page_registry["lang"] == entry
    assert by_method(app, "/zz") == UNKNOWN
    assert statuses(app, "/", "/a", "/t/1", "/z", "/zz") == [200, 200, 200, 404, 404]
    (warning,) = warned()
    assert warning.startswith(f"dash.page_registry['lang'] isn't a page (it is a {type(entry).__name__}), so it is")
    assert "it doesn't draw the pages registered after it" in warning


@pytest.mark.parametrize("entry", ODD, ids=repr)
def test_pages_behind_it_are_what_bare_dash_makes_of_them(backend, entry, warned):
    def asked(true):
        dash.page_registry.clear()
        app = app_on(backend, "/", "/a")
        if true:
            enable_true_404(app)
        dash.page_registry["lang"] = entry
        dash.page_registry["behind"] = {**dash.page_registry["m_47_a"], "module": "behind", "path": "/behind"}
        return [_status_or_failure(app, url) for url in ("/", "/", "/a", "/behind")], app

    bare, _ = asked(False)
    true, app = asked(True)
    assert true == bare
    assert status(app, "/zz") == 404
    assert len(warned()) == 1


def _status_or_failure(app, url):
    try:
        return status(app, url)
    except Exception as error:  # FastAPI hands it to its server
        return type(error)


def test_a_key_that_is_no_text(backend, warned):
    app = app_on(backend, "/a", not_found_page=True)
    enable_true_404(app)
    assert status(app, "/a") == 200
    dash.page_registry[7] = "seven"
    dash.page_registry[8] = {"path": "/eight", "path_template": None, "layout": "8", "title": "8"}
    assert statuses(app, "/a", "/zz") == [200, 404]
    assert Pages(dash.page_registry).find("eight").page["title"] == "8"
    assert [text.partition(" ")[0] for text in warned()] == ["dash.page_registry[7]"]


def test_an_entry_in_the_place_of_the_not_found_page():
    registry = {"not_found_404": None, "pages.not_found_404": {"path": "/n", "path_template": None}}
    assert Pages(registry).not_found_page is registry["pages.not_found_404"]


def test_exists_of_a_page_without_a_module(caplog):
    app = make_app("/")
    enable_true_404(app)
    status(app, "/")
    page = {"path": "/a", "path_template": None, "layout": "a", "title": "a", "exists": lambda: 1 / 0}
    dash.page_registry["a"] = page
    assert status(app, "/a") == 200
    assert "exists of page None failed" in caplog.text
    assert explain(app, "/a").layer == "page"
    assert list_routes(app).text()


def test_the_tools_go_on(backend):
    app = app_on(backend, "/", "/a", "/t/<x>", not_found_page=True)
    enable_true_404(app)
    status(app, "/")
    dash.page_registry["lang"] = "fr"
    assert [page.path for page in list_routes(app).pages] == ["/", "/a", "/t/<x>"]
    assert explain(app, "/zz").status == 404
    assert explain(app, "/a").layer == "page"
    assert any(finding.why.startswith("dash.page_registry['lang'] isn't a page") for finding in check_app(app).findings)


def test_an_entry_that_goes_away_again(warned):
    app = make_app("/")
    enable_true_404(app)
    for _ in range(2):
        dash.page_registry["lang"] = "fr"
        assert Pages(dash.page_registry).odd_entries()
        dash.page_registry.pop("lang")
        assert not Pages(dash.page_registry).odd_entries()
    assert len(warned()) == 1
