"""What dash-true404 relies on in Dash, so that a Dash that changes it turns a test red."""

import re

import dash
import pytest
from dash import dash as dash_module
from dash import html

from dash_true404.core.pages import is_async
from dash_true404.dash_internals.own_code import is_dashs_own

from ..apps import make_app, register
from ..client import ask, status, statuses
from ..measuring import steps
from ..oracle import rendered_page, routed_children


def test_index_and_catch_all_have_the_prefix_as_rule_and_endpoint():
    for prefix in ("/", "/dash/"):
        dash.page_registry.clear()
        server = make_app("/", url_base_pathname=prefix).server
        rules = {rule.endpoint: rule for rule in server.url_map.iter_rules()}
        for name in (prefix, prefix + "<path:path>"):
            assert rules[name].rule == name
            assert rules[name].methods == {"GET", "HEAD", "OPTIONS"}
            assert name in server.view_functions


def test_without_init_app_there_is_no_catch_all():
    app = make_app(server=False)
    assert not app.server or "/<path:path>" not in app.server.view_functions


def test_the_shell_is_marked_whatever_the_index_string_is():
    app = make_app("/", index_string="<html><body>{%app_entry%}{%config%}{%scripts%}{%renderer%}</body></html>")
    assert b'id="_dash-config"' in ask(app, "/").body


@pytest.mark.parametrize("path", ["/a", "/b", "/c"])
def test_whatever_is_registered_every_page_is_moved_in_the_end(path, monkeypatch):
    make_app("/", "/a", "/b")
    steps, moved = iter(dash.page_registry), []

    class Watched(type(dash.page_registry)):
        def move_to_end(self, module):
            super().move_to_end(module)
            moved.append((module, list(self.values())))

    register(path)
    with pytest.raises(RuntimeError):
        next(steps)
    monkeypatch.setattr(dash._pages, "PAGE_REGISTRY", Watched(dash.page_registry))
    register(path, name="again")
    assert [module for module, _ in moved] == list(dash._pages.PAGE_REGISTRY)
    assert moved[-1][1] == list(dash._pages.PAGE_REGISTRY.values())


def test_registering_a_page_again_makes_a_new_entry():
    make_app("/a")
    before = dash.page_registry["m_47_a"]
    register("/a")
    assert dash.page_registry["m_47_a"] is not before


def test_extra_arguments_of_register_page_are_kept():
    make_app()
    register("/a", extra="kept")
    assert dash.page_registry["m_47_a"]["extra"] == "kept"


@pytest.mark.parametrize("not_found_page", [True, False])
def test_the_routers_callback_renders_what_its_matching_function_finds(not_found_page):
    app = make_app("/", "/a/b", "/t/<x>", "/caf%C3%A9", "/f[0]/<y>", "/p+/<z>", not_found_page=not_found_page)
    paths = ["/", "/a/b", "/a/b/", "//a/b", "/A/b", "/a%2Fb", "/t/", "/t/1", "/t/1/2", "/t/%20"]
    paths += ["/caf%C3%A9", "/caf%c3%a9", "/f0/x", "/f[0]/x", "/p+/x", "/not-found-404", "/zz", "/_dash-layout"]
    for path in paths:
        children, module = routed_children(app, path), rendered_page(app, path)
        if module:
            assert children["props"]["id"] == module, path
        elif children is not None:  # None where the router fails
            assert children["props"].get("id") in ("not-found", None), path


def test_the_router_and_the_index_page_ask_the_one_name_that_navigation_replaces():
    asked = []

    def ask(path):
        asked.append(path)
        return {}, None

    app = make_app("/a")
    owners = [owner for owner in (dash._pages, dash_module, dash.Dash) if hasattr(owner, "_path_to_page")]
    assert owners, "This Dash has no _path_to_page: navigation.py needs another way into Dash's navigation."
    with pytest.MonkeyPatch.context() as patch:
        for owner in owners:
            patch.setattr(owner, "_path_to_page", staticmethod(ask) if isinstance(owner, type) else ask)
        assert routed_children(app, "/a")["props"]["children"] == "404 - Page not found"
        status(app, "/a")
    assert asked == ["a", "a"]


def test_the_router_strips_paths_by_the_apps_own_method():
    app = make_app("/a")
    app.strip_relative_path = lambda path: "a"
    assert routed_children(app, "/zz")["props"]["id"] == "m_47_a"


def test_the_page_container_has_the_ids_that_dead_links_need():
    container = dash.page_container
    assert {"_pages_location", "_pages_content", "_pages_store", "_pages_dummy"} == {c.id for c in container.children}


def test_the_index_page_names_the_url_in_one_meta_tag():
    app = make_app("/")
    shell = ask(app, "/needle").text
    assert shell.count("needle") == 1
    assert re.search('<meta property="twitter:url" content="[^"]*needle"', shell)


def test_dashs_own_error_handlers_are_recognised_by_their_module():
    app = make_app("/")
    app.enable_dev_tools(debug=True, dev_tools_hot_reload=False)
    handler = app.server.error_handler_spec[None][None][Exception]
    assert handler.__module__.split(".")[0] == "dash"


def test_layouts_are_not_called_by_the_index_page():
    app = make_app()
    register("/a", layout=lambda: html.Div(1 / 0))
    with app.server.test_request_context("/a"):
        assert "_dash-config" in app.index()


@pytest.mark.asgi
@pytest.mark.parametrize("use_async", [True, False])
def test_before_a_request_dash_does_nothing_but_at_the_first_one_on_quart(use_async):
    app = make_app("/", backend="quart", use_async=use_async)
    functions = [each for each in app.server.before_request_funcs[None] if not is_async(each)]
    assert functions
    assert all(is_dashs_own(each) for each in functions)
    assert statuses(app, "/") == [200]
    for function in functions:
        assert function() is None
        assert steps(function) == steps(lambda: None)
