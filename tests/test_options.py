"""exists, redirect_slashes, everywhere, paths, report_only, JSON; alone and all together."""

import asyncio
import functools
import itertools
import json
import logging
import re

import dash
import flask
import pytest
from dash import dash as dash_module
from dash import dcc, html
from werkzeug.exceptions import HTTPException

from dash_true404 import IN_APP, enable_true_404
from dash_true404.core import logs
from dash_true404.servers import enabled_site

from .apps import ON_WERKZEUG, WITHOUT_THREADS, app_on, found_on, make_app, make_true_app, register, true_app_on, web_of
from .client import METHODS, UNKNOWN, ask, ask_all, by_method, navigate, status
from .measuring import growth
from .oracle import routed_children
from .scale import IS_LONG

BUILT_IN = "This page does not exist"
ASSETS = {"a1", "a2", "x/y"}


def get(app, url="/zz", **options):
    return ask(app, url, **options)


def text(app, url="/zz", **options):
    return get(app, url, **options).text


def asset_app(page=None, exists=lambda asset_id: asset_id in ASSETS, backend="flask", **options):
    app = app_on(backend, "/")
    register("/asset/<asset_id>", exists=exists, **options)
    enable_true_404(app, page)
    return app


# exists


@pytest.mark.parametrize("page", [None, IN_APP])
def test_what_does_not_exist_is_404_for_get_and_head_and_405_for_the_rest(backend, page):
    app, found = asset_app(page, backend=backend), found_on(backend)
    assert by_method(app, "/asset/a1") == found
    assert by_method(app, "/asset/x/y") == found
    gone = {"GET": 404, "HEAD": 404} if backend != "fastapi" else {"GET": 404}
    assert by_method(app, "/asset/nope") == {**found, **gone}
    assert by_method(app, "/asset") == UNKNOWN


def test_exists_gets_the_variables_as_dash_passes_them():
    calls = []

    def exists(**variables):
        calls.append(variables)
        return True

    app = make_app()
    register("/<year>/v1.0/<name>.csv", exists=exists, layout=lambda **variables: html.Pre(json.dumps(variables)))
    enable_true_404(app)
    for url in ("/2026/v1.0/a%20b.csv", "/a/v1.0/v1x0/v1.0/b.csv", "/a/b/v1.0/c/d.csv"):
        assert status(app, url) == 200
        passed = json.loads(routed_children(app, url)["props"]["children"])
        assert calls[-1] == passed == calls[0] | passed


def test_exists_of_a_page_without_variables_gets_no_arguments():
    there = [True]
    app = make_app()
    register("/season", exists=lambda: there[0])
    enable_true_404(app)
    assert status(app, "/season") == 200
    there[0] = False
    assert status(app, "/season") == 404


def test_exists_is_only_asked_for_the_page_that_dash_picks():
    calls = []
    app = make_app()
    register("/<first>", order=1, exists=lambda first: calls.append(("first", first)) or first != "b")
    register("/b", order=2, exists=lambda: calls.append("second") or True)
    register("/c/<third>", order=3, exists=lambda third: calls.append("third") or True)
    enable_true_404(app)
    assert (status(app, "/b"), status(app, "/a")) == (404, 200)
    assert calls == [("first", "b"), ("first", "a")]


def test_exists_is_never_asked_for_strangers_nor_for_other_methods():
    calls = []
    app = make_app()
    register("/a/<x>", exists=lambda x: calls.append(flask.g.user) or False)
    enable_true_404(app)

    @app.server.before_request
    def guard():
        if "X-User" not in flask.request.headers:
            return "who are you?", 401
        flask.g.user = flask.request.headers["X-User"]

    for method in METHODS:
        assert status(app, "/a/1", method) == 401
        status(app, "/a/1", method, headers={"X-User": "me"}) if method not in ("GET", "HEAD") else None
    assert calls == []
    assert status(app, "/a/1", headers={"X-User": "me"}) == 404
    assert calls == ["me"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_exists_is_asked_after_a_guard_around_the_view_and_once(when):
    calls = []
    app = make_app()
    register("/a/<x>", exists=lambda x: calls.append(x) or x == "1", title=lambda x=None: calls.append("title") or "t")

    def wrap():
        view = app.server.view_functions["/<path:path>"]
        app.server.view_functions["/<path:path>"] = lambda **kw: view(**kw) if flask.request.args else ("who?", 401)

    if when == "before":
        wrap()
    enable_true_404(app)
    if when == "after":
        wrap()
    assert (status(app, "/a/1"), status(app, "/a/2"), calls) == (401, 401, [])
    assert (status(app, "/a/2?me"), calls) == (404, ["2"])
    assert (status(app, "/a/1?me"), calls) == (200, ["2", "1", "title"])


@pytest.mark.parametrize("page", [None, IN_APP])
def test_nothing_of_the_page_is_called_for_what_does_not_exist(page):
    called = []
    app = make_app("/")
    # A layout is called once without variables, when Dash collects all layouts for validation.
    register(
        "/<x>",
        exists=lambda x: x == "there",
        layout=lambda x=None, **_: x and called.append("layout"),
        title=lambda x=None: called.append("title") or "title",
        description=lambda x=None: called.append("description") or "description",
    )
    enable_true_404(app, page)
    assert status(app, "/gone") == 404
    routed_children(app, "/gone")
    assert called == []
    assert status(app, "/there") == 200
    assert set(called) == {"title", "description"}


@pytest.mark.parametrize("not_found_page", [True, False])
@pytest.mark.parametrize("is_async", [False, True])
def test_navigation_draws_not_found_for_what_does_not_exist(backend, not_found_page, is_async):
    def exists(x):
        return x == "1"

    async def exists_async(x):
        return exists(x)

    async def layout(x="", **_):
        return html.Div(f"page {x}", id="drawn")

    is_async = is_async and backend != "flask"  # which cannot wait
    app = app_on(backend, "/", not_found_page=not_found_page)
    of_page = {"layout": layout} if is_async else {"layout": lambda x="", **_: html.Div(f"page {x}", id="drawn")}
    register("/t/<x>", exists=exists_async if is_async else exists, title=lambda x="": f"Title {x}", **of_page)
    enable_true_404(app)
    drawn = navigate(app, "/t/1")
    assert (drawn["children"]["props"]["children"], drawn["title"]) == ("page 1", "Title 1")
    drawn = navigate(app, "/t/2")
    if not_found_page:
        assert drawn["children"]["props"]["id"] == "not-found"
        assert drawn["title"] == dash.page_registry["pages.not_found_404"]["title"]
    else:
        assert drawn["children"]["props"]["children"] == "404 - Page not found"
        assert drawn["children"]["props"]["className"] == "dash-true404-dead-link"
        assert drawn["title"] == app.title


def test_navigation_draws_dashs_own_not_found_in_the_shell(backend):
    app = asset_app(IN_APP, backend=backend)
    assert routed_children(app, "/asset/a1")["props"]["id"].startswith("m_47_asset")
    assert routed_children(app, "/asset/nope")["props"]["children"] == "404 - Page not found"


def test_navigation_of_an_app_that_is_not_enabled_stays_as_it_was():
    server = flask.Flask("server")
    true = make_app("/", server=server, url_base_pathname="/true/")
    bare = make_app(server=server, url_base_pathname="/bare/", suppress_callback_exceptions=True)
    register("/a/<x>", exists=lambda x: False)
    enable_true_404(true)
    assert routed_children(true, "/true/a/1")["props"]["children"] == "404 - Page not found"
    assert routed_children(bare, "/bare/a/1")["props"]["id"].startswith("m_47_a")
    assert "className" not in routed_children(bare, "/bare/zz")["props"]


def raising(x):
    raise KeyError(x)


def generating(x):
    yield False


async def coroutine(x):
    return False


async def raising_async(x):
    raise LookupError(x)


def cancelled(x):
    raise asyncio.CancelledError  # as asyncio.run() does of what was canceled in its own loop


@pytest.mark.parametrize(
    "exists",
    [raising, cancelled, generating, lambda x: None, lambda x: {}[x], lambda x: int(x + "!") > 0, raising_async],
)
def test_where_exists_fails_the_page_is_found_and_the_fault_is_logged(backend, exists, caplog):
    if exists is raising_async and backend == "flask":
        exists = lambda x: coroutine(x)  # of which nobody can tell beforehand that it is one  # noqa: E731
    app = app_on(backend)
    register("/a/<x>", exists=exists)
    enable_true_404(app, IN_APP)
    caplog.set_level(logging.ERROR)
    for number in range(5):
        assert status(app, f"/a/{number}") == 200
    faults = [record for record in caplog.records if record.name == "dash_true404"]
    assert len(faults) == 1
    assert routed_children(app, "/a/5")["props"]["id"].startswith("m_47_a")
    assert [record for record in caplog.records if record.name == "dash_true404"] == faults
    assert "m_47_a_47__60_x_62_" in faults[0].getMessage()
    assert "{'x': '0'}" in faults[0].getMessage()
    assert "the page is taken to exist" in faults[0].getMessage()
    assert faults[0].exc_info


@pytest.mark.parametrize(("answer", "due"), [(True, 200), (1, 200), ("yes", 200), (False, 404), (0, 404), ("", 404)])
def test_exists_may_return_what_is_true_or_false(answer, due):
    assert status(asset_app(exists=lambda asset_id: answer), "/asset/1") == due


def test_a_fault_is_logged_again_after_a_minute(caplog, clock):
    app = asset_app(exists=lambda asset_id: 1 / 0)
    caplog.set_level(logging.ERROR)
    for _ in range(3):
        status(app, "/asset/1")
    assert len(caplog.records) == 1
    clock.now += 61
    status(app, "/asset/1")
    assert len(caplog.records) == 2


async def waits(asset_id):
    return True


class Waits:
    async def __call__(self, asset_id):
        return True


@pytest.mark.parametrize(
    ("exists", "said"),
    [
        (lambda: True, "asset_id"),
        (lambda other: True, "asset_id"),
        (lambda asset_id, more: True, "asset_id"),
        (True, "should be a function"),
        (waits, "async"),
        (functools.partial(waits), "async"),
        (Waits(), "async"),
    ],
)
def test_an_exists_that_cannot_be_called_is_an_error_at_the_call(exists, said):
    with pytest.raises(TypeError, match=said):
        asset_app(exists=exists)


def test_an_exists_for_two_ways_to_its_page_must_take_both():
    def app_with(exists):
        app = make_app()
        dash.register_page("m", path="/all", path_template="/one/<x>", exists=exists, layout=html.Div())
        enable_true_404(app)
        return app

    app = app_with(lambda x="all": x in ("all", "1"))
    assert [status(app, url) for url in ("/all", "/one/1", "/one/2")] == [200, 200, 404]
    dash.page_registry.clear()
    with pytest.raises(TypeError, match="missing a required argument: 'x'"):
        app_with(lambda x: True)


def test_an_exists_registered_late_that_cannot_be_called_is_logged_at_start_up(caplog):
    app = make_app("/")
    enable_true_404(app)
    register("/a/<x>", exists=lambda: True)
    assert status(app, "/a/1") == 200
    assert "cannot be called" in caplog.text


def test_a_built_in_function_that_tells_no_signature_will_do():
    assert status(asset_app(exists=dict), "/asset/1") == 200


# reload_dead_links (what it does in a browser: tests/browser/test_navigation.py)


def is_dead_link(app, url):
    return "dead-link" in (routed_children(app, url)["props"].get("className") or "")


def scripts(app):
    callbacks = json.loads(get(app, "/_dash-dependencies").body)
    return sum("_pages_dummy.data-" in callback["output"] for callback in callbacks)


@pytest.mark.parametrize(
    ("calls", "reloads"),
    [
        ([{}], True),
        ([{"reload_dead_links": False}], False),
        ([{"reload_dead_links": False}, {}], True),
        ([{}, {"reload_dead_links": False}], False),
        ([{}, {}], True),
        ([{"page": IN_APP}], False),
        ([{"report_only": True}], False),
    ],
)
def test_dead_links_are_marked_as_the_last_call_says(backend, calls, reloads):
    app = app_on(backend, "/", "/a")
    for options in calls:
        enable_true_404(app, **options)
    assert is_dead_link(app, "/zz") == reloads
    assert not is_dead_link(app, "/a")
    assert scripts(app) == any(options in ({}, {"reload_dead_links": True}) for options in calls)


def test_dead_links_are_not_marked_with_a_not_found_page_of_the_users():
    app = make_true_app("/", not_found_page=True)
    assert not is_dead_link(app, "/zz")
    dash.page_registry.pop("pages.not_found_404")
    assert is_dead_link(app, "/zz")


@pytest.mark.parametrize("path", ["/a/b/", "/a", "/", "/x y"])
def test_a_path_that_the_user_has_the_app_strip_is_plain_text(path):
    bare, true = (app.strip_relative_path(path) for app in (make_app("/"), make_true_app("/")))
    assert (true, type(true)) == (bare, str)


@pytest.mark.parametrize("path", ["/t/1", "/zz"])
def test_a_path_is_only_once_on_its_way_through_the_router_of_an_app(path):
    server = flask.Flask("server")
    true = make_app(server=server, url_base_pathname="/true/")
    bare = make_app(server=server, url_base_pathname="/bare/")
    register("/t/<x>", exists=lambda x: False)
    enable_true_404(true)
    owners = [dash_module if hasattr(dash_module, "_path_to_page") else dash.Dash]

    def layout(app, text):
        page, _ = owners[0]._path_to_page(text)
        return page.get("layout")

    text = true.strip_relative_path(f"/true{path}")
    own = layout(true, text)
    assert own is None or "dash-true404-dead-link" in str(own)
    again = layout(bare, text)
    assert again is (dash.page_registry["m_47_t_47__60_x_62_"]["layout"] if path == "/t/1" else None)
    true.strip_relative_path("/true/other")
    assert layout(bare, bare.strip_relative_path(f"/bare{path}")) is again
    true.strip_relative_path(None)
    assert layout(bare, text) is again


# redirect_slashes


def slashes_app(*paths, **options):
    app = make_app(*paths, **options)
    enable_true_404(app, redirect_slashes=True)
    return app


@pytest.mark.parametrize("prefix", ["/", "/dash/"])
def test_slashes_are_redirected_to_the_pages_own_path(backend, prefix):
    app = app_on(backend, "/", "/b", "/t/<x>", "/caf%C3%A9", "/s/", "/u/<x>/", url_base_pathname=prefix)
    enable_true_404(app, redirect_slashes=True)
    leads = {
        "b/": "b",
        "b/?x=1&y=%2F": "b?x=1&y=%2F",
        "b/?x=%41&y": "b?x=%41&y",
        "b//": "b",
        "t/x/": "t/x",
        "t/x/y/": "t/x/y",
        "caf%C3%A9/": "caf%C3%A9",
        "s": "s/",
        "s//": "s/",
        "u/x": "u/x/",
    }
    for url, location in leads.items():
        for method in ("GET", "HEAD") if backend != "fastapi" else ("GET",):
            answer = ask(app, prefix + url, method)
            assert (answer.status, answer.location) == (308, prefix + location), (method, url)
        assert status(app, prefix + url, "POST") == 405, url
        answer = ask(app, prefix + location)
        assert (answer.status, answer.location) == (200, ""), location


@pytest.mark.parametrize("url", ["/", "/b", "/t/x", "/s/", "/u/x/"])
def test_a_pages_own_path_is_not_redirected(url):
    assert status(slashes_app("/", "/b", "/t/<x>", "/s/", "/u/<x>/"), url) == 200


def test_behind_a_proxy_the_redirect_has_the_prefix_that_browsers_see():
    app = slashes_app("/b", routes_pathname_prefix="/", requests_pathname_prefix="/seen/")
    assert get(app, "/b/").location == "/seen/b"


@pytest.mark.parametrize("target", ["//evil.example/", "/\\evil.example/", "/%5Cevil.example/", "/%2F%2Fevil.example/"])
def test_a_redirect_never_leads_away(target):
    app = slashes_app("/", "/<anything>")
    location = ask(app, target, environ={"PATH_INFO": target.replace("%5C", "\\")}).location or "/"
    assert location.startswith("/")
    assert location[1:2] not in ("/", "\\")


@pytest.mark.parametrize(
    ("arrives", "location"),
    [
        ("/R&D/", "/R%26D"),
        ("/x%20(y)", "/x%20%28y%29/"),
        ("/it's/q/", None),
        ("/R&D", None),
        ("/it%27s/q/", "/it%27s/q"),
    ],
)
def test_behind_a_proxy_that_encodes_anew_the_redirect_leads_to_the_page(arrives, location):
    app = slashes_app("/R%26D", "/x%20%28y%29/", "/it%27s/<a>")
    response = ask(app, arrives)
    assert response.status == (308 if location else 200)
    assert response.location == (location or "")


def test_a_users_route_with_the_slash_makes_no_loop():
    app = make_app("/b", "/c/")
    app.server.add_url_rule("/b/", "b", lambda: "mine")
    app.server.add_url_rule("/c", "c", lambda: "mine")
    enable_true_404(app, redirect_slashes=True)
    for url in ("/b", "/b/", "/c", "/c/"):
        assert app.server.test_client().get(url, follow_redirects=True).status_code == 200


def test_without_redirect_slashes_both_are_found():
    assert status(make_true_app("/b"), "/b/") == 200


# JSON


ACCEPTED = {
    None: False,
    "": False,
    "*/*": False,
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8": False,
    "application/json": True,
    "application/problem+json": True,
    "application/json, text/plain, */*": True,
    "application/json;q=0.5, text/html": False,
    "text/html;q=0.5, application/json": True,
    "application/json, text/html": False,
    "application/*": True,
    "image/png": False,
    "garbage;;q=x,,": False,
}


@pytest.mark.parametrize("page", [None, IN_APP])
def test_a_client_that_prefers_json_gets_problem_json(backend, page):
    app = true_app_on(backend, "/", page=page)
    for accept, is_json in ACCEPTED.items():
        headers = {} if accept is None else {"Accept": accept}
        answers = dict(
            zip(METHODS, ask_all(app, [("/zz?needle", method) for method in METHODS], headers=headers), strict=True)
        )
        for method, answer in answers.items():
            assert answer.status == 404
            assert answer.headers["Vary"] == "Accept"
            assert (answer.headers["Content-Type"] == "application/problem+json") == is_json, (accept, method)
            if is_json and method != "HEAD":
                problem = json.loads(answer.body)
                assert (problem["type"], problem["status"], problem["title"]) == ("about:blank", 404, "Not Found")
                assert "needle" not in answer.text
        assert answers["GET"].headers == answers["HEAD"].headers


# everywhere


def everywhere_app(when="before", handler=None, error=404, page=None, backend="flask", **options):
    app, web = app_on(backend, "/", **options), web_of(backend)
    blueprint = web.Blueprint("b", __name__)
    blueprint.add_url_rule("/gone", "gone", lambda: web.abort(404))
    blueprint.add_url_rule("/own", "own", lambda: web.abort(404, response=web.Response("own", 404)))
    app.server.register_blueprint(blueprint, url_prefix="/bp")
    if handler and when == "before":
        app.server.register_error_handler(error, handler)
    enable_true_404(app, page, everywhere=True)
    if handler and when == "after":
        app.server.register_error_handler(error, handler)
    return app


@ON_WERKZEUG
@pytest.mark.parametrize("debug", [False, True])
def test_every_404_of_the_server_gets_the_answer(backend, debug):
    app = everywhere_app(backend=backend, url_base_pathname="/dash/")
    if debug:
        app.enable_dev_tools(debug=True, dev_tools_hot_reload=False)
    for url in ("/dash/zz", "/zz", "/", "/bp/gone", "/bp/zz", "/dash/assets/none.css"):
        response = get(app, url)
        assert response.status == 404
        assert BUILT_IN in response.text, url
        assert response.headers["X-Robots-Tag"] == "noindex"
    assert text(app, "/bp/own") == "own"
    assert get(app, "/zz", headers={"Accept": "application/json"}).headers["Content-Type"] == "application/problem+json"


def test_without_everywhere_other_404s_stay_as_they_were():
    app = make_true_app("/", url_base_pathname="/dash/")
    assert BUILT_IN not in text(app, "/zz")


@ON_WERKZEUG
@pytest.mark.parametrize("error", [404, HTTPException, Exception])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_handler_of_the_users_wins_everywhere(backend, when, error):
    app = everywhere_app(when, lambda e: ("mine", 404), error, backend=backend, url_base_pathname="/dash/")
    for url in ("/dash/zz", "/zz", "/bp/gone", "/dash/assets/none.css"):
        assert text(app, url) == "mine"


@pytest.mark.parametrize("error", [HTTPException, Exception])
def test_a_blueprints_own_handler_wins_everywhere(error):
    app = make_app("/")
    blueprint = flask.Blueprint("b", __name__)
    blueprint.register_error_handler(error, lambda e: ("blueprint", 404))
    blueprint.add_url_rule("/b", "b", lambda: flask.abort(404))
    app.server.register_blueprint(blueprint)
    enable_true_404(app, everywhere=True)
    assert text(app, "/b") == "blueprint"
    assert BUILT_IN in text(app, "/zz")


def test_a_handler_of_the_blueprint_around_another_wins_everywhere():
    outer, inner = flask.Blueprint("outer", __name__), flask.Blueprint("inner", __name__)
    outer.register_error_handler(HTTPException, lambda e: ("outer", 404))
    inner.add_url_rule("/b", "b", lambda: flask.abort(404))
    outer.register_blueprint(inner)
    app = make_app("/")
    app.server.register_blueprint(outer)
    enable_true_404(app, everywhere=True)
    assert text(app, "/b") == "outer"


def test_the_shell_is_only_for_urls_of_the_apps_own():
    app = everywhere_app(page=IN_APP, url_base_pathname="/dash/")
    assert "_dash-config" in text(app, "/dash/zz")
    for url in ("/zz", "/bp/gone", "/dash/assets/none"):
        assert BUILT_IN in text(app, url)


def test_a_guard_that_hides_the_app_with_404_gets_no_shell():
    app = everywhere_app(page=IN_APP)
    app.server.before_request(lambda: flask.abort(404))
    for url in ("/", "/zz", "/_dash-layout"):
        assert get(app, url).status == 404
        assert BUILT_IN in text(app, url)


def test_the_nearest_app_answers_everywhere(tmp_path):
    server = flask.Flask("server")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "404.html").write_text(name)
        app = make_app("/", server=server, url_base_pathname=f"/{name}/", assets_folder=str(tmp_path / name))
        enable_true_404(app, everywhere=True)
    assert [ask(server, f"/{name}/assets/none").text for name in ("one", "two")] == ["one", "two"]
    assert status(server, "/zz") == 404


# paths


def hand_routed_app(backend="flask", **options):
    app = app_on(backend, use_pages=False)
    app.layout = html.Div([dcc.Location(id="url"), html.Div(id="content")])
    enable_true_404(app, **options)
    return app


def test_an_app_that_routes_by_hand(backend):
    app = hand_routed_app(backend, paths=["/", "/reports", "/reports/<year>/<month>"])
    for url in ("/", "/reports", "/reports/", "/reports/2026/11"):
        assert by_method(app, url) == found_on(backend), url
    for url in ("/zz", "/reports/2026", "/Reports"):
        assert by_method(app, url) == UNKNOWN, url


def test_an_app_that_routes_by_hand_does_not_see_the_pages_of_others():
    make_app("/a", not_found_page=True)
    app = hand_routed_app(paths=["/"])
    assert status(app, "/a") == 404
    assert BUILT_IN in text(app)


def test_further_paths_of_an_app_with_pages():
    app = make_app("/", "/a")
    enable_true_404(app, paths=("/extra", "/more/<x>"))
    assert [status(app, url) for url in ("/a", "/extra", "/more/1", "/more", "/zz")] == [200, 200, 200, 404, 404]
    register("/late")
    assert [status(app, url) for url in ("/late", "/extra")] == [200, 200]


DEMO = re.compile("/demo/.*")


def routes_by_hand(path):
    return path in ("/", "/reports", "/caf%C3%A9") or DEMO.fullmatch(path)


@pytest.mark.parametrize("prefix", ["/", "/dash/"])
@pytest.mark.parametrize("use_pages", [False, True])
def test_a_function_says_which_paths_are_pages(backend, prefix, use_pages):
    app = app_on(backend, use_pages=use_pages, url_base_pathname=prefix)
    enable_true_404(app, paths=routes_by_hand)
    base = prefix.rstrip("/")
    for url in ("/", "/reports", "/caf%C3%A9", "/demo/", "/demo/x", "/demo/x/"):
        assert by_method(app, base + url) == found_on(backend), url
    for url in ("/reports/", "/demo", "/zz", "/Reports", "/caf%C3%A9/"):
        assert by_method(app, base + url) == UNKNOWN, url


def test_a_function_gets_the_path_as_the_browser_holds_it(backend):
    asked = []
    app = app_on(backend, "/", url_base_pathname="/dash/")
    enable_true_404(app, paths=lambda path: asked.append(path) or True)
    status(app, "/dash/")  # which checks more than this, once
    for path in ("/zz", "/a%20b/", "/a%2Fb", "/x/y//"):
        asked.clear()
        assert status(app, f"/dash{path}?q=1") == 200
        assert set(asked) == {path}


def test_registered_pages_come_before_a_function(backend):
    asked = []
    app = app_on(backend, "/", "/a", "/t/<x>", not_found_page=True)
    register("/gone/<x>", exists=lambda x: False)
    enable_true_404(app, paths=lambda path: asked.append(path) or path == "/extra", redirect_slashes=True)
    urls = ("/", "/a", "/a/", "/t/1", "/gone/1", dash.page_registry["pages.not_found_404"]["path"])
    assert [status(app, url) for url in urls] == [200, 200, 308, 200, 404, 404]
    assert not {*asked} & {*urls}
    assert (status(app, "/extra"), status(app, "/extra/")) == (200, 404)


def test_redirect_slashes_leaves_the_paths_of_a_function_alone(backend):
    app = app_on(backend, "/", "/a")
    enable_true_404(app, paths=lambda path: path.startswith("/demo"), redirect_slashes=True)
    assert [status(app, url) for url in ("/a/", "/demo", "/demo/", "/demo/x//")] == [308, 200, 200, 200]


class _Untrue:
    def __bool__(self):
        raise ValueError("neither")


def _stops(path):
    raise StopIteration


@pytest.mark.parametrize(
    "answer",
    [
        lambda path: {}[path],
        lambda path: coroutine(path),
        lambda path: generating(path),
        lambda path: (None async for _ in path),
        lambda path: _Untrue(),
        lambda path: NotImplemented,
        _stops,
        cancelled,
    ],
)
def test_where_a_function_fails_the_path_is_found_and_the_fault_is_logged(backend, answer, caplog):
    caplog.set_level(logging.ERROR)
    app = app_on(backend, "/")
    enable_true_404(app, paths=answer)
    for number in range(3):
        assert by_method(app, f"/z{number}") == found_on(backend)
    (fault,) = [record for record in caplog.records if record.name == "dash_true404"]
    assert re.fullmatch(
        r"The function given as paths= failed for '/[\w-]+'; the path counts as a page\.", fault.getMessage()
    )
    assert fault.exc_info


@pytest.mark.parametrize(("answer", "due"), [(re.match("a", "a"), 200), ("x", 200), (None, 404), (0, 404), ((), 404)])
def test_the_answer_of_a_function_counts_by_its_truth(answer, due):
    assert status(hand_routed_app(paths=lambda path: answer), "/zz") == due


def test_a_function_is_no_guard_and_runs_for_all_methods_alike(backend):
    app = app_on(backend, "/")
    enable_true_404(app, page=IN_APP, paths=functools.partial(str.__eq__, "/extra"), report_only=True)
    assert (status(app, "/extra"), status(app, "/zz")) == (200, 200)


async def _async_paths(path):
    return True


async def _async_generator(path):
    yield True


class _AsyncPaths:
    async def __call__(self, path):
        return True


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        (_async_paths, "plain function"),
        (_async_generator, "plain function"),
        (functools.partial(_async_paths), "plain function"),
        (_AsyncPaths(), "plain function"),
        (lambda: True, "one argument, the path"),
        (lambda path, more: True, "one argument, the path"),
    ],
)
def test_functions_that_cannot_be_asked_are_errors_at_the_call(paths, said):
    with pytest.raises(TypeError, match=said):
        hand_routed_app(paths=paths)


def test_a_function_that_does_not_tell_its_signature():
    assert status(hand_routed_app(paths=type), "/zz") == 200


@pytest.mark.parametrize(
    ("paths", "error", "said"),
    [
        ("/a", TypeError, "takes a list"),
        (None, TypeError, "takes a list"),
        ([1], TypeError, "not 1"),
        (["a"], ValueError, "start with a slash"),
        (["http://host/a"], ValueError, "without host"),
        (["/a/<b"], ValueError, "isn't part of a variable"),
        (["/a/b>"], ValueError, "isn't part of a variable"),
        (["/a/<b c>"], ValueError, "isn't part of a variable"),
        (["/a/<>"], ValueError, "isn't part of a variable"),
        (["/a/{b}"], ValueError, "written '<name>'"),
        (["/a/{b"], ValueError, "written '<name>'"),
        (["/a/b}"], ValueError, "written '<name>'"),
        (["/café/<b>"], ValueError, r"Write '/caf%C3%A9/<b>'"),
        (["/a b"], ValueError, r"Write '/a%20b'"),
        (["/a?x=1"], ValueError, r"Write '/a%3Fx=1'"),
    ],
)
def test_bad_paths_are_errors_at_the_call(paths, error, said):
    with pytest.raises(error, match=said):
        hand_routed_app(paths=paths)


# report_only


@ON_WERKZEUG
def test_report_only_refuses_nothing_and_logs_what_would_have_been(backend, caplog):
    bare = app_on(backend)
    app = app_on(backend, "/", "/b")
    register("/a/<x>", exists=lambda x: False)
    enable_true_404(app, report_only=True, redirect_slashes=True, everywhere=True)
    for url in ("/zz", "/b", "/b/", "/a/1", "/", "/_dash-update-component"):
        expected = by_method(bare, url)
        assert {**by_method(app, url), "POST": expected["POST"]} == expected
    messages = [record.getMessage() for record in caplog.records if record.name == "dash_true404"]
    assert "Would be 404: GET /zz (referrer: none)" in messages
    assert "Would be 404: POST /zz (referrer: none)" in messages
    assert "Would be 404: GET /a/1 (referrer: none)" in messages
    assert "Would be 308: GET /b/ (referrer: none)" in messages
    assert "Would be 405: GET /_dash-update-component (referrer: none)" in messages
    assert not any(" /b " in message or " / " in message for message in messages)
    assert routed_children(app, "/a/1")["props"]["id"].startswith("m_47_a")


def test_a_report_names_the_referrer_and_comes_once(backend, caplog):
    caplog.set_level(logging.WARNING, "dash_true404")
    app = app_on(backend, "/", "/b")
    register("/t/<x>", exists=lambda x: False)
    enable_true_404(app, report_only=True, redirect_slashes=True)
    questions = [("/zz", "GET"), ("/zz", "GET"), ("/zz", "POST"), ("/b/", "GET"), ("/t/1", "GET")]
    questions += [("/_dash-update-component", "GET"), ("/b", "GET")]
    answers = ask_all(app, questions, headers={"referer": "http://here/"})
    assert [answer.status for answer in answers] == [200, 200, 405, 200, 200, 200, 200]
    assert [record.message for record in caplog.records if "Would" in record.message] == [
        f"Would be {said} (referrer: 'http://here/')"
        for said in (
            "404: GET /zz",
            "404: POST /zz",
            "308: GET /b/",
            "404: GET /t/1",
            "405: GET /_dash-update-component",
        )
    ]


def test_report_only_leaves_the_tags_of_a_page_behind_a_guard_as_they_are():
    def guarded(*paths):
        app = make_app(*paths)
        view = app.server.view_functions["/<path:path>"]
        app.server.view_functions["/<path:path>"] = lambda **variables: view(**variables)
        return app

    app, bare = guarded("/a"), guarded()
    register("/t/<x>", exists=lambda x: False)
    enable_true_404(app, report_only=True)
    for url in ("/a", "/t/gone", "/zz"):
        tags, due = (re.findall("<meta[^>]*>", text(each, url)) for each in (app, bare))
        assert tags == due


@pytest.mark.parametrize("debug", [False, True])
def test_report_only_leaves_other_404s_alone(debug):
    app, bare = make_app("/"), make_app("/")
    enable_true_404(app, report_only=True, everywhere=True)
    for each in (app, bare):
        if debug:
            each.enable_dev_tools(debug=True, dev_tools_hot_reload=False)
    assert get(app, "/assets/none").status == get(bare, "/assets/none").status
    assert BUILT_IN not in text(app, "/assets/none")


def test_a_report_comes_once_a_minute_with_its_referrer(caplog, clock):
    app = make_app("/")
    enable_true_404(app, report_only=True)
    for _ in range(3):
        status(app, "/zz", headers={"Referer": "http://localhost/é\x1b[31m"})
    assert [r.getMessage() for r in caplog.records] == [
        r"Would be 404: GET /zz (referrer: 'http://localhost/\xe9\x1b[31m')"
    ]
    clock.now += 61
    status(app, "/zz")
    assert len(caplog.records) == 2


def test_a_report_holds_no_control_characters_and_is_short(caplog):
    app = make_app("/")
    enable_true_404(app, report_only=True)
    status(app, "/" + "z" * 5000, "\x1b[31mFAKE", headers={"Referer": "http://localhost/" + "r" * 5000})
    (record,) = caplog.records
    assert record.getMessage().isprintable()
    assert len(record.getMessage()) < 2200


def test_reports_do_not_keep_faults_out_of_the_log(caplog):
    app = make_app("/")
    register("/a/<x>", exists=lambda x: 1 / 0)
    enable_true_404(app, report_only=True)
    site = enabled_site(app)
    for number in range(1001):
        site.report(404, "GET", f"/zz{number}", None)
    status(app, "/a/1")
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("method", METHODS)
def test_report_only_changes_nothing_in_debug_mode(method):
    app, bare = make_app("/"), make_app("/")
    enable_true_404(app, report_only=True)
    for each in (app, bare):
        each.enable_dev_tools(debug=True, dev_tools_hot_reload=False)
    for url in ("/", "/zz", "/_dash-update-component"):
        assert status(app, url, method) == status(bare, url, method)


@pytest.mark.slow
def test_reports_are_bounded():
    turn = logs.OncePerMinute()
    assert sum(turn(number) for number in range(5000)) == 1000
    assert growth(turn, 1000) < 1000  # what comes later is not kept


# Dash's other wrong statuses


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("page", [None, IN_APP])
def test_an_unregistered_bundle_is_404(backend, page, debug):
    app = true_app_on(backend, "/", page=page)
    if debug:
        app.enable_dev_tools(debug=True, dev_tools_hot_reload=False)
    for url in ("dash/nope.js", "nope/x.js", "dash/../x.js", "dash/x"):
        answer = ask(app, f"/_dash-component-suites/{url}")
        assert answer.status == 404, url
        assert BUILT_IN in answer.text


def test_a_registered_bundle_is_served(backend):
    app = true_app_on(backend, "/")
    script = re.search(r'src="(/_dash-component-suites/[^"]+)"', text(app, "/"))[1]
    assert status(app, script) == 200


# All together


OPTIONS = {
    "page": [None, IN_APP],
    "paths": [(), ("/extra/<x>",)],
    "redirect_slashes": [False, True],
    "everywhere": [False, True],
    "reload_dead_links": [False, True],
    "report_only": [False, True],
}


def together(not_found_page):
    """Yield values of all options: in a long run all, else a quarter, in which any three stand in every combination."""
    for bits in itertools.product((0, 1), repeat=len(OPTIONS)):
        a, b, c, d, e, f = bits
        if IS_LONG or (a + b + c + d + f) % 2 == (a + b + d + e + not_found_page) % 2 == 0:
            yield [values[bit] for values, bit in zip(OPTIONS.values(), bits, strict=True)]


@pytest.mark.slow
@pytest.mark.parametrize("not_found_page", [False, True])
def test_all_options_together(not_found_page):
    for values in together(not_found_page):
        options = dict(zip(OPTIONS, values, strict=True))
        dash.page_registry.clear()
        app = make_app("/", "/b", not_found_page=not_found_page, **WITHOUT_THREADS)
        register("/a/<x>", exists=lambda x: x == "1")
        enable_true_404(app, **options)
        refused = not options["report_only"]
        due = {
            ("/", "GET"): 200,
            ("/b", "GET"): 200,
            ("/b", "POST"): 405,
            ("/b/", "GET"): 308 if options["redirect_slashes"] and refused else 200,
            ("/a/1", "GET"): 200,
            ("/a/2", "GET"): 404 if refused else 200,
            ("/a/2", "POST"): 405,
            ("/zz", "GET"): 404 if refused else 200,
            ("/zz", "HEAD"): 404 if refused else 200,
            ("/zz", "POST"): 404 if refused else 405,
            ("/zz", "OPTIONS"): 404 if refused else 200,
            ("/not-found-404", "GET"): 404 if refused else 200,
            ("/extra/1", "GET"): 200 if options["paths"] or not refused else 404,
            ("/assets/none", "GET"): 404,
            ("/_dash-layout", "GET"): 200,
            ("/_dash-update-component", "GET"): 405 if refused else 200,
        }
        assert {(url, method): status(app, url, method) for url, method in due} == due, options
        assert routed_children(app, "/a/1")["props"]["id"].startswith("m_47_a")
        assert (routed_children(app, "/a/2")["props"].get("id", "").startswith("m_47_a")) != refused


def test_a_path_that_is_none_is_stripped_as_in_dash():
    assert make_app("/").strip_relative_path(None) is make_true_app("/").strip_relative_path(None) is None


def test_everywhere_may_be_taken_back(backend):
    app = true_app_on(backend, "/", everywhere=True, url_base_pathname="/dash/")
    enable_true_404(app)
    other, own = ask_all(app, [("/zz", "GET"), ("/dash/zz", "GET")])
    assert (other.status, own.status) == (404, 404)
    assert BUILT_IN not in other.text
    assert BUILT_IN in own.text
