"""What is assumed of Dash is tried: each name and each shape is taken away, and no URL gets a wrong answer for it."""

import __future__

import inspect
import logging
import re
import subprocess
import sys
import textwrap
import types
from importlib import import_module

import dash
import pytest
from dash import dash as dash_module
from dash import html

from dash_true404 import enable_true_404
from dash_true404.dash_internals.assumptions import Navigation, check_assumptions
from dash_true404.dash_internals.navigation import without_ours

from ..apps import BACKENDS, app_on, make_app, register, wrap_dashs_views
from ..client import statuses

DIFFERS = re.escape(f"this Dash ({dash.__version__}) differs from what dash-true404 knows: ")
OWNERS = [owner for owner in (dash._pages, dash_module, dash.Dash) if hasattr(owner, "_path_to_page")]
ROUTERS_CALL = re.compile(r"self\.strip_relative_path\((pathname_?)\s*\)")


@pytest.fixture
def change(monkeypatch):
    """Have a function of Dash's say something else, as if Dash's own source had been changed."""

    def change(owner, name, old, new):
        function = inspect.unwrap(getattr(owner, name))
        source = textwrap.dedent(inspect.getsource(function))
        changed = re.sub(old, new, source)
        assert changed != source
        made = {}
        flags = __future__.annotations.compiler_flag if "annotations" in function.__globals__ else 0
        code = compile(changed, function.__code__.co_filename, "exec", flags, dont_inherit=True)
        exec(code, function.__globals__, made)
        monkeypatch.setattr(owner, name, made[name])

    return change


@pytest.fixture
def logged(caplog):
    """Return what has been logged so far, as (level, text), but for what wrappers cost."""
    caplog.set_level(logging.INFO, "dash_true404")

    def records():
        return [record for record in caplog.records if "has a wrapper" not in record.getMessage()]

    return lambda: [(record.levelname, record.getMessage()) for record in records()]


def enabled(backend, **options):
    app = app_on(backend, "/", "/a", "/t/<x>", **options)
    enable_true_404(app)
    return app


def assert_true_404s(app):
    assert statuses(app, "/", "/a", "/t/1", "/zz", "/t") == [200, 200, 200, 404, 404]


# Nothing is assumed wrongly of this Dash


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("options", [{}, {"url_base_pathname": "/dash/"}, {"suppress_callback_exceptions": True}])
def test_this_dash_is_as_assumed(backend, options, logged):
    assert check_assumptions(app_on(backend, "/", **options)) == Navigation(True, True)
    assert logged() == []


@pytest.mark.asgi  # which brings Dash's async callbacks
@pytest.mark.parametrize("use_async", [True, False])
def test_this_dash_is_as_assumed_with_and_without_async_callbacks(use_async):
    assert check_assumptions(make_app("/", use_async=use_async)) == Navigation(True, True)


def test_trying_changes_nothing_and_calls_nothing_of_the_users():
    def fail(**_):
        raise AssertionError("called")

    app = make_app()
    register("/a", layout=fail)
    app.strip_relative_path = fail
    register("/<x>", layout=fail, title=fail, name="anything")
    dash.register_page("pages.not_found_404", layout=fail)
    before = list(dash.page_registry.items()), list(app._callback_list), dict(app._got_first_request)
    assert check_assumptions(app) == Navigation(True, True)
    assert (list(dash.page_registry.items()), list(app._callback_list), dict(app._got_first_request)) == before


def test_an_app_that_is_enabled_already_is_as_assumed():
    app = make_app("/")
    enable_true_404(app)
    assert check_assumptions(app) == Navigation(True, True)


def test_a_router_of_the_users_is_not_tried(monkeypatch):
    app = make_app("/")
    monkeypatch.setattr(dash.Dash, "enable_pages", lambda self: 1 / 0)
    assert check_assumptions(app) == Navigation(True, True)


def test_without_pages_only_the_routes_are_checked(change):
    change(dash.Dash, "enable_pages", r"_path_to_page\(", "_gone(")
    app = make_app(use_pages=False)
    enable_true_404(app, paths=["/a"])
    assert statuses(app, "/a", "/zz") == [200, 404]


if hasattr(dash._pages, "_path_to_page"):  # not in Dash 2.9 itself

    def test_a_router_of_dash_2_9_is_as_assumed_too(change, monkeypatch):
        app = make_app("/")
        found = without_ours(dash._pages._path_to_page)
        monkeypatch.setattr(dash.Dash, "_path_to_page", staticmethod(found), raising=False)
        inputs = "Input(_ID_LOCATION, 'pathname'), Input(_ID_LOCATION, 'search'),"
        change(dash.Dash, "enable_pages", r"inputs=inputs,((?s:.*?))_path_to_page\(", rf"{inputs}\1self._path_to_page(")
        assert check_assumptions(app) == Navigation(True, True)

    def test_a_router_of_dash_2_9_whose_look_up_is_replaced_too(change, monkeypatch):
        app = make_app("/")
        monkeypatch.setattr(dash.Dash, "_path_to_page", staticmethod(lambda path: ({}, None)), raising=False)
        inputs = "Input(_ID_LOCATION, 'pathname'), Input(_ID_LOCATION, 'search'),"
        change(dash.Dash, "enable_pages", r"inputs=inputs,((?s:.*?))_path_to_page\(", rf"{inputs}\1self._path_to_page(")
        assert check_assumptions(app) == Navigation(True, True)


def test_a_router_that_asks_more_of_its_app_is_as_assumed(change):
    app = make_app("/")
    more = r"\1for each in self.plugins['pages'].registered:\n        each()\n"
    change(dash.Dash, "enable_pages", r"(def enable_pages.*:\n\s+)(?=if)", more + "    ")
    assert check_assumptions(app) == Navigation(True, True)


# What a visitor would be told wrongly otherwise is an error


@pytest.mark.parametrize("backend", BACKENDS)
def test_without_path_to_page(backend, monkeypatch):
    for owner in OWNERS:
        monkeypatch.delattr(owner, "_path_to_page")
    with pytest.raises(RuntimeError, match=DIFFERS + "its router can't be tried"):
        enabled(backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_router_that_does_not_strip_paths_by_the_apps_method(backend, change):
    change(dash.Dash, "enable_pages", ROUTERS_CALL, r'\1.strip("/")')
    with pytest.raises(RuntimeError, match=DIFFERS + "its router draws another page than expected.*; update"):
        enabled(backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_router_that_is_not_made_before_the_first_request(backend, change):
    app = app_on(backend, "/")
    change(dash.Dash, "enable_pages", "before_request", "at_another_time")
    with pytest.raises(RuntimeError, match=DIFFERS + "its router can't be tried"):
        enable_true_404(app)


def test_a_router_that_is_made_in_another_module(monkeypatch):
    app, made = make_app("/"), dash.Dash.enable_pages
    elsewhere = types.FunctionType(made.__code__, dict(made.__globals__))
    monkeypatch.setattr(dash.Dash, "enable_pages", elsewhere)
    with pytest.raises(RuntimeError, match=DIFFERS + "its router is made in a module that wasn't expected"):
        enable_true_404(app)


@pytest.mark.asgi
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_router_that_waits(backend, change):
    change(dash.Dash, "enable_pages", r"(?s)(async def update.*?:\n\s+)", r"\1await __import__('asyncio').sleep(0); ")
    with pytest.raises(RuntimeError, match=DIFFERS + "its router can't be tried .*it waits for something"):
        enabled(backend, use_async=True)


@pytest.mark.parametrize(
    "parse",
    [
        lambda path, template: None,
        lambda path, template: {"x": path},
        lambda path, template: 1 / 0,
    ],
)
def test_path_variables_that_are_parsed_in_another_way(parse, monkeypatch):
    for owner in (dash._pages, dash_module):
        if hasattr(owner, "_parse_path_variables"):
            monkeypatch.setattr(owner, "_parse_path_variables", parse)
    with pytest.raises(RuntimeError, match=DIFFERS + "its router"):
        enabled("flask")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"in (.*)\.values\(\):", r"in reversed(\1.values()):"),  # not the first match wins
        (r"if path_id ==", "if path_id.lower() =="),
        (r"return page, path_variables", "return page, None"),
    ],
)
def test_pages_that_are_found_in_another_way(old, new, change):
    for owner in OWNERS:
        change(owner, "_path_to_page", old, new)
    with pytest.raises(RuntimeError, match=DIFFERS + "its router draws another page than expected"):
        enabled("flask")


@pytest.mark.parametrize(
    ("strip", "difference"),
    [
        (lambda prefix, path: path, "doesn't remove just the prefix"),
        (lambda prefix, path: path.strip("/").lower().replace("//", "/"), "doesn't remove just the prefix"),
        (lambda path: path, "fails on paths below"),
    ],
)
def test_paths_that_are_stripped_in_another_way(strip, difference, monkeypatch):
    app = app_on("flask", "/", url_base_pathname="/dash/")
    monkeypatch.setattr(dash._get_paths, "app_strip_relative_path", strip)
    with pytest.raises(RuntimeError, match=DIFFERS + f"its strip_relative_path {difference}"):
        enable_true_404(app)


@pytest.mark.parametrize("backend", BACKENDS[:2])
def test_a_catch_all_of_another_name(backend, monkeypatch):
    add = dash.Dash._add_url

    def add_renamed(self, name, *args, **options):
        return add(self, "<path:rest>" if name == "<path:path>" else name, *args, **options)

    monkeypatch.setattr(dash.Dash, "_add_url", add_renamed)
    with pytest.raises(RuntimeError, match=DIFFERS + "it has no rule and endpoint '/<path:path>'"):
        enabled(backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_index_route_of_another_name(backend):
    app = app_on(backend, "/")
    if backend == "fastapi":
        next(route for route in app.server.routes if route.path == "/").name = "index"
    else:
        app.server.view_functions["index"] = app.server.view_functions.pop("/")
    with pytest.raises(RuntimeError, match=DIFFERS + "its index page isn't where it was expected"):
        enable_true_404(app)


# Private modules


def test_without_its_module_of_pages(monkeypatch):
    app = make_app("/")
    monkeypatch.setitem(sys.modules, "dash._pages", None)
    with pytest.raises(RuntimeError, match=DIFFERS + r"its router can't be tried|it has no module dash\._pages"):
        enable_true_404(app)


@pytest.mark.parametrize("name", ["_callback", "_get_app", "_get_paths", "_pages"])
def test_without_the_modules_of_its_state(name, monkeypatch):
    monkeypatch.delitem(sys.modules, "dash_true404.dash_internals.state")
    monkeypatch.setitem(sys.modules, f"dash.{name}", None)
    with pytest.raises(RuntimeError, match=DIFFERS + rf"it has no module dash\.{name}; update dash-true404"):
        import_module("dash_true404.dash_internals.state")


def test_without_a_name_of_its_state(monkeypatch):
    monkeypatch.delitem(sys.modules, "dash_true404.dash_internals.state")
    monkeypatch.delattr("dash._get_app.APP")
    with pytest.raises(RuntimeError, match=DIFFERS + r"dash\._get_app has no APP; update dash-true404"):
        import_module("dash_true404.dash_internals.state")


def test_importing_dash_true404_needs_no_private_module():
    program = """
    import sys, dash
    app = dash.Dash(__name__, use_pages=True, pages_folder="")
    for name in [name for name in sys.modules if name.startswith("dash._") or name.startswith("dash.backends")]:
        sys.modules[name] = None
    import dash_true404, dash_true404.pytest_plugin
    try:
        dash_true404.enable_true_404(app)
    except RuntimeError as error:
        print(error)
    """
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True)
    assert "it has no module dash._pages; update dash-true404" in run.stdout, run.stderr


# What can be done without is a warning


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_router_that_asks_another_name(backend, change, monkeypatch, logged):
    for owner in OWNERS:
        static = isinstance(owner, type)
        found = without_ours(owner._path_to_page)
        monkeypatch.setattr(owner, "_page_of", staticmethod(found) if static else found, raising=False)
    change(dash.Dash, "enable_pages", r"_path_to_page\(", "_page_of(")
    app = enabled(backend)
    assert [level for level, _ in logged()] == ["WARNING"]
    assert "links inside the app aren't told what exists= says" in logged()[0][1]
    assert not any("dash-true404" in str(callback) for callback in app._callback_list)
    assert_true_404s(app)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_router_that_asks_with_another_text(backend, change, logged):
    change(dash.Dash, "enable_pages", r"_path_to_page\(", "_path_to_page('' + ")
    app = enabled(backend)
    assert [level for level, _ in logged()] == ["WARNING"]
    assert_true_404s(app)


@pytest.mark.asgi
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("use_async", [True, False])
def test_a_router_whose_kind_has_another_switch(backend, use_async, change, logged):
    app = app_on(backend, "/", "/a", "/t/<x>", use_async=use_async)
    change(dash.Dash, "enable_pages", "self._use_async", "self._is_async")
    app._is_async = not use_async
    enable_true_404(app)
    assert [level for level, _ in logged()] == ["WARNING"]
    assert statuses(app, "/zz") == [404]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("missing", ["_pages_content", "_pages_dummy"])
def test_a_page_container_without_the_ids(backend, missing, monkeypatch, logged):
    app = app_on(backend, "/", "/a", "/t/<x>")
    kept = [each for each in dash.page_container.children if each.id != missing]
    monkeypatch.setattr(dash, "page_container", html.Div(kept))
    enable_true_404(app)
    assert [level for level, _ in logged()] == ["WARNING"]
    assert "dead links inside the app don't end in the real 404" in logged()[0][1]
    assert not any("dash-true404" in str(callback) for callback in app._callback_list)
    assert_true_404s(app)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_router_that_draws_into_something_else(backend, change, logged):
    change(dash.Dash, "enable_pages", r"Output\(_ID_CONTENT", 'Output("elsewhere"')
    app = enabled(backend)
    assert [level for level, _ in logged()] == ["WARNING"]
    assert_true_404s(app)


def test_what_is_left_of_navigation_still_knows_what_exists(monkeypatch, logged):
    monkeypatch.setattr(dash, "page_container", html.Div())
    app = make_app("/a")
    register("/t/<x>", exists=lambda x: x == "1")
    enable_true_404(app)
    router_asks = next(owner for owner in reversed(OWNERS))._path_to_page
    assert router_asks(app.strip_relative_path("/t/1"))[1] == {"x": "1"}
    assert router_asks(app.strip_relative_path("/t/2")) == ({}, None)


# FastAPI, at the call


@pytest.fixture
def fastapi_backend():
    return pytest.importorskip("dash.backends._fastapi")


@pytest.mark.asgi
@pytest.mark.parametrize("name", ["set_current_request", "reset_current_request"])
def test_fastapi_without_a_way_to_tell_the_request(name, monkeypatch, fastapi_backend):
    app = app_on("fastapi", "/")
    monkeypatch.delattr(fastapi_backend, name)
    with pytest.raises(RuntimeError, match=DIFFERS + rf"dash\.backends\._fastapi has no {name}; update"):
        enable_true_404(app)


@pytest.mark.asgi
def test_fastapi_in_a_module_of_another_name(monkeypatch):
    app = app_on("fastapi", "/")
    monkeypatch.setitem(sys.modules, "dash.backends._fastapi", None)
    with pytest.raises(RuntimeError, match=DIFFERS + r"it has no module dash\.backends\._fastapi; update"):
        enable_true_404(app)


@pytest.mark.asgi
@pytest.mark.parametrize(
    ("set_request", "difference"),
    [
        (lambda request: None, "it can't be told the FastAPI request that its index page is for"),
        (lambda: None, "it can't be told the FastAPI request that its index page is for"),
    ],
)
def test_fastapi_that_is_told_the_request_in_another_way(set_request, difference, monkeypatch, fastapi_backend):
    app = app_on("fastapi", "/")
    monkeypatch.setattr(fastapi_backend, "set_current_request", set_request)
    with pytest.raises(RuntimeError, match=DIFFERS + difference):
        enable_true_404(app)


@pytest.mark.asgi
def test_fastapi_that_looks_for_the_request_elsewhere(monkeypatch):
    app = app_on("fastapi", "/")
    monkeypatch.setattr(type(app.backend), "has_request_context", lambda self: False)
    with pytest.raises(RuntimeError, match=DIFFERS + "it doesn't find the FastAPI request"):
        enable_true_404(app)


@pytest.mark.asgi
@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        (r"index\(_request: Request\)", "index(_request: Request, name: str)", "can't be called with the request"),
        (r"async def index", "def index", "can't be awaited"),
    ],
)
def test_fastapi_with_another_index_route(old, new, difference, change, fastapi_backend):
    change(fastapi_backend.FastAPIDashServer, "setup_index", old, new)
    with pytest.raises(RuntimeError, match=DIFFERS + f"its index route on FastAPI {difference}"):
        enabled("fastapi")


# FastAPI, once Dash has added its catch-all


@pytest.mark.asgi
@pytest.mark.parametrize("path", ["{rest:path}", "/{rest:path}"])
def test_fastapis_catch_all_by_another_parameter(path, change, fastapi_backend, logged):
    change(fastapi_backend.FastAPIDashServer, "_setup_catchall", re.escape("{path:path}"), path)
    app = enabled("fastapi")
    assert_true_404s(app)
    assert logged() == []


@pytest.mark.asgi
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (re.escape('"{path:path}"'), '"/{first}/{rest:path}"'),
        ("catchall, methods", "__import__('functools').partial(catchall), methods"),
        (r"self\.add_url_rule\((.*), catchall.*\)", r'self.server.router.add_route("/{rest:path}", catchall)'),
    ],
)
def test_fastapis_catch_all_of_another_shape(old, new, change, fastapi_backend, logged):
    change(fastapi_backend.FastAPIDashServer, "_setup_catchall", old, new)
    app = enabled("fastapi")
    assert statuses(app, "/", "/a", "/t/1", "/zz", "/t", "/zz/zz", "/zz/zz/zz") == [200, 200, 200, 404, 404, 404, 404]
    app.server.add_api_route("/more", lambda: "more")
    assert statuses(app, "/a", "/more", "/zz", lifespan=False) == [200, 200, 404]
    assert [level for level, _ in logged()] == ["ERROR"]
    assert "on FastAPI matches every URL. Unknown URLs are refused all the same." in logged()[0][1]


# The mark of the index page


@pytest.fixture
def unmarked(change):
    """Have Dash's index page lack the mark by which it is known again."""
    change(dash.Dash, "index", r"return index\b", 'return index.replace("_dash-config", "_configuration")')


def guard_index(app):
    index = app.index
    app.index = lambda *args, **kwargs: index(*args, **kwargs)


@pytest.mark.parametrize(
    ("backend", "guard"),
    [
        ("flask", wrap_dashs_views),
        ("flask", guard_index),
        *(pytest.param(backend, guard_index, marks=pytest.mark.asgi) for backend in ("quart", "fastapi")),
    ],
)
def test_an_index_page_without_its_mark(backend, guard, unmarked, logged):
    app = app_on(backend, "/", "/a", "/t/<x>")
    guard(app)
    enable_true_404(app)
    assert_true_404s(app)
    assert_true_404s(app)
    assert [level for level, _ in logged()] == ["ERROR"]
    assert "its index page has no _dash-config" in logged()[0][1]


def test_an_index_page_without_its_mark_and_without_guards(unmarked, logged):
    app = enabled("flask")
    assert_true_404s(app)
    assert logged() == []


def test_where_the_index_page_fails_a_guards_answer_is_its_own(monkeypatch, logged):
    app = make_app("/", "/a")
    for endpoint in ("/", "/<path:path>"):
        app.server.view_functions[endpoint] = lambda **_: "<form>a login form</form>"
    enable_true_404(app)
    monkeypatch.setattr(dash.Dash, "index", lambda self: 1 / 0)
    assert statuses(app, "/a", "/zz") == [200, 200]
    assert logged() == []


def test_a_page_registry_that_somebody_has_replaced_is_no_difference(monkeypatch):
    app = make_app("/")
    monkeypatch.setattr(dash, "page_registry", dict(dash.page_registry))
    enable_true_404(app)
    assert statuses(app, "/", "/zz") == [200, 404]
