"""A _path_to_page that somebody has put in the place of Dash's: what Dash's router draws by it is a page."""

import functools
import logging

import dash
import pytest
from dash import dash as dash_module

from dash_true404 import IN_APP, enable_true_404
from dash_true404.dash_internals.assumptions import Navigation, check_assumptions
from dash_true404.servers import enabled_site

from ..apps import app_on, make_app, register
from ..client import UNKNOWN, by_method, navigate, statuses

OWNERS = [owner for owner in (dash._pages, dash_module, dash.Dash) if hasattr(owner, "_path_to_page")]
ROUTERS = OWNERS[-1]
NAME = f"{ROUTERS._path_to_page.__module__}.{ROUTERS._path_to_page.__qualname__}"


@pytest.fixture
def replace(monkeypatch):
    """Replace it, where Dash's router asks or elsewhere; return what was there."""

    def replace(make, owners=(ROUTERS,)):
        for owner in owners:
            new = make(owner._path_to_page)
            monkeypatch.setattr(owner, "_path_to_page", staticmethod(new) if isinstance(owner, type) else new)

    return replace


@pytest.fixture
def warned(caplog):
    caplog.set_level(logging.WARNING, "dash_true404")
    return lambda: [text for text in (record.getMessage() for record in caplog.records) if "_path_to_page" in text]


def by_lower_case(original):
    @functools.wraps(original)
    def path_to_page(path):
        return original(path.lower())

    return path_to_page


def from_the_registry(_):
    return lambda path: (
        next((page for page in dash.page_registry.values() if page["path"] == f"/{path}".lower()), {}),
        None,
    )


def is_drawn(app, path):
    return "404" not in str(navigate(app, path)["children"])


@pytest.mark.parametrize("owners", [(ROUTERS,), OWNERS], ids=["router", "all"])
@pytest.mark.parametrize("make", [by_lower_case, from_the_registry])
@pytest.mark.parametrize("when", ["before", "after"])
def test_it_is_asked_which_urls_are_pages(backend, make, owners, when, replace, warned):
    app = app_on(backend, "/", "/about")
    if when == "before":
        replace(make, owners)
    enable_true_404(app)
    if when == "after":
        assert statuses(app, "/about", "/About") == [200, 404]
        assert warned() == []
        replace(make, owners)
    assert statuses(app, "/", "/about", "/About", "/ABOUT/", "/zz") == [200, 200, 200, 200, 404]
    assert by_method(app, "/Zz") == UNKNOWN
    assert (is_drawn(app, "/About"), is_drawn(app, "/Zz")) == (True, False)
    (warning,) = warned()
    assert f"replaced by {NAME if make is by_lower_case else __name__}" in warning


if len(OWNERS) > 1:  # Dash 2.9 has it once

    def test_one_that_dashs_router_does_not_ask_is_not_asked(replace, warned):
        app = make_app("/", "/about")
        replace(by_lower_case, OWNERS[:1])
        enable_true_404(app)
        assert statuses(app, "/about", "/About") == [200, 404]
        assert not is_drawn(app, "/About")
        assert warned() == []


def test_it_is_taken_back(replace, warned, monkeypatch):
    app = make_app("/", "/about")
    enable_true_404(app)
    with monkeypatch.context() as patch:
        original = ROUTERS._path_to_page
        new = by_lower_case(original)
        patch.setattr(ROUTERS, "_path_to_page", staticmethod(new) if isinstance(ROUTERS, type) else new)
        assert statuses(app, "/About") == [200]
    assert statuses(app, "/About") == [404]
    assert len(warned()) == 1


def test_what_else_is_known_of_pages_still_holds(backend, replace):
    replace(by_lower_case)
    app = app_on(backend, "/", not_found_page=True)
    register("/t/<x>", exists=lambda x: x == "a")
    enable_true_404(app, IN_APP, paths=["/Extra", "/more/<x>"])
    own = dash.page_registry["pages.not_found_404"]["path"]
    assert statuses(app, "/T/A", "/T/B", "/Extra", "/extra", "/more/1", own) == [200, 404, 200, 404, 200, 404]
    assert navigate(app, "/T/B")["children"]["props"]["id"] == "not-found"


def test_its_pages_need_not_be_like_dashs(backend, replace):
    made = {"layout": "made", "title": "made"}
    replace(lambda original: lambda path: (made, None) if path == "made" else original(path))
    app = app_on(backend, "/")
    enable_true_404(app, redirect_slashes=True)
    assert statuses(app, "/made", "/made/", "/zz") == [200, 308, 404]


def test_where_it_fails_the_url_is_found_and_the_fault_is_logged(backend, replace, caplog):
    app = app_on(backend, "/")
    enable_true_404(app)
    assert statuses(app, "/zz") == [404]
    replace(lambda original: lambda path: original(path) if path != "broken" else 1 / 0)
    assert statuses(app, "/zz") == [404]
    assert "ZeroDivisionError" not in caplog.text
    assert enabled_site(app).look_up("/broken").is_page
    assert "ZeroDivisionError" in caplog.text


def test_what_is_assumed_of_dash_is_tried_all_the_same(replace):
    app = make_app("/")
    replace(from_the_registry, OWNERS)
    assert check_assumptions(app) == Navigation(True, True)


def test_one_of_an_app_without_pages_is_not_asked(replace, warned):
    app = make_app(use_pages=False)
    replace(by_lower_case)
    enable_true_404(app, paths=["/about"])
    assert statuses(app, "/about", "/About") == [200, 404]
    assert warned() == []


def test_slashes_are_redirected_where_it_gives_variables_to_a_page_without_a_template(replace):
    def by_language(original):
        def path_to_page(path):
            language, _, rest = path.partition("/")
            if language != "de":
                return original(path)
            page, variables = original(rest)
            return page, {**(variables or {}), "lang": language} if page else variables

        return path_to_page

    replace(by_language)
    app = make_app("/b", "/t/<x>")
    enable_true_404(app, redirect_slashes=True)
    assert statuses(app, "/b", "/de/b", "/de/b/", "/de/t/1", "/de/c") == [200, 200, 308, 200, 404]
