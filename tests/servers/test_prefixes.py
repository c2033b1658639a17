"""Apps below a prefix, behind proxies, in other apps, and several on one server."""

import flask
import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from dash_true404 import IN_APP, enable_true_404
from dash_true404.diagnostics import client

from ..apps import app_on, found_on, make_app, make_true_app, register, true_app_on
from ..client import FOUND, UNKNOWN, ask, by_method, status, statuses
from ..oracle import rendered_page


@pytest.mark.parametrize(
    "options",
    [
        {"url_base_pathname": "/dash/"},
        {"routes_pathname_prefix": "/dash/", "requests_pathname_prefix": "/proxy/dash/"},
        {"routes_pathname_prefix": "/dash/", "requests_pathname_prefix": "/elsewhere/"},
    ],
)
def test_a_prefix_bounds_what_is_the_apps(backend, options):
    app = app_on(backend, "/", "/a", "/t/<x>", **options)
    enable_true_404(app)
    for url in ("/dash/", "/dash/a", "/dash/a/", "/dash/t/1"):
        assert by_method(app, url) == found_on(backend), url
    for url in ("/dash/zz", "/dash/dash/a", "/dash/t", "/dash/_dash-nope", "/a", "/zz", "/", "/d%61sh/a"):
        assert by_method(app, url) == UNKNOWN, url
    assert status(app, "/dash") == (307 if backend == "fastapi" else 308)
    home = app.config.requests_pathname_prefix
    assert f'href="{home}"' in ask(app, "/dash/zz").text
    assert b"This page does not exist" not in ask(app, "/zz").body


def test_below_a_prefix_slashes_are_only_merged_to_what_is_a_page():
    app = make_true_app("/", "/a", url_base_pathname="/dash/")
    for url in ("/dash//zz", "/dash///a/zz", "/dash//_dash-nope", "/dash/%2Fzz"):
        assert by_method(app, url) == UNKNOWN, url
    for url in ("/dash//a", "/dash//", "/dash/%2Fa"):
        assert status(app, url) == 308, url
    assert status(app, "//dash/a") == 308


def test_an_encoded_slash_behind_the_prefix_is_a_part_of_the_path_to_dash():
    app = make_true_app("/a", "/<x>/docs", url_base_pathname="/dash/")
    assert rendered_page(app, "/dash%2Fb/docs") is not None
    assert [status(app, url) for url in ("/dash%2Fb/docs", "/dash%2fb/docs", "/dash%2Fa")] == [200, 200, 404]


def test_the_root_gets_its_slash_only_if_it_is_a_page():
    assert status(make_true_app("/a", url_base_pathname="/dash/"), "/dash") == 404


def test_slashes_are_merged_to_a_page_of_another_app():
    outer = make_app("/", "/a")
    inner = make_app(server=outer.server, url_base_pathname="/inner/")
    for app in (outer, inner):
        enable_true_404(app)
    assert status(outer, "/inner//a") == 308
    assert status(outer, "/inner//zz") == 404


def test_a_prefix_that_browsers_encode():
    app = make_true_app("/", "/a", routes_pathname_prefix="/my app/", requests_pathname_prefix="/my%20app/")
    assert status(app, "/my%20app/a") == 200
    assert status(app, "/my%20app/zz") == 404


def test_behind_a_proxy_that_strips_the_prefix():
    app = make_true_app("/", "/a", "/caf%C3%A9", routes_pathname_prefix="/", requests_pathname_prefix="/dash/")
    app.server.wsgi_app = ProxyFix(app.server.wsgi_app, x_prefix=1)
    for url, due in (("/", 200), ("/a", 200), ("/caf%C3%A9", 200), ("/zz", 404), ("/%61", 404), ("/dash/a", 404)):
        assert status(app, url, headers={"X-Forwarded-Prefix": "/dash"}) == due, url


def test_assets_are_found_behind_a_proxy_whose_prefix_begins_with_two_slashes():
    app = make_true_app("/")
    app.server.wsgi_app = ProxyFix(app.server.wsgi_app, x_prefix=1)
    answer = ask(app, "//assets//a.css", headers={"X-Forwarded-Prefix": "//dash"})
    assert (answer.status, answer.location) == (308, "/dash/assets/a.css")


@pytest.mark.parametrize("page", [None, IN_APP])
def test_mounted_by_dispatcher_middleware(page):
    app = make_true_app("/", "/a", "/caf%C3%A9", page=page, routes_pathname_prefix="/", requests_pathname_prefix="/m/")
    outer = flask.Flask("outer")
    outer.add_url_rule("/hello", "hello", lambda: "hello")
    both = DispatcherMiddleware(outer, {"/m": app.server})
    due = {
        "/m/": 200,
        "/m": 308,
        "/m/a": 200,
        "/m/caf%C3%A9": 200,
        "/m/zz": 404,
        "/m/%61": 404,
        "/hello": 200,
        "/zz": 404,
    }
    assert {url: status(both, url) for url in due} == due
    assert "/m/" in ask(both, "/m/zz").text


def test_application_root_changes_nothing():
    app = make_app("/", "/a")
    app.server.config["APPLICATION_ROOT"] = "/root"
    enable_true_404(app)
    for mounted in ("", "/root"):
        assert statuses(app, "/", "/a", "/zz", root_path=mounted) == [200, 200, 404]


def test_several_apps_on_one_server_each_with_its_own_answer(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "404.html").write_text(f"not in {name}")
    server = flask.Flask("server")
    apps = [
        make_app("/", "/a", server=server, url_base_pathname=f"/{name}/", assets_folder=str(tmp_path / name))
        for name in ("one", "two", "bare")
    ]
    enable_true_404(apps[0])
    enable_true_404(apps[1])
    for name in ("one", "two"):
        assert status(server, f"/{name}/a") == 200
        answer = ask(server, f"/{name}/zz")
        assert (answer.status, answer.text) == (404, f"not in {name}")
        assert status(server, f"/{name}/zz", "POST") == 404
    assert status(server, "/bare/zz") == 200
    assert status(server, "/bare/zz", "POST") == 405


@pytest.mark.parametrize("enabled", ["inner", "outer", "both"])
def test_an_app_below_another(enabled):
    server = flask.Flask("server")
    outer = make_app("/", "/a", server=server, url_base_pathname="/")
    inner = make_app(server=server, url_base_pathname="/inner/")
    for name, app in (("inner", inner), ("outer", outer)):
        if enabled in (name, "both"):
            enable_true_404(app)
    bare = {**FOUND}
    assert by_method(outer, "/inner/a") == by_method(outer, "/a") == FOUND
    assert by_method(outer, "/inner/zz") == (bare if enabled == "outer" else UNKNOWN)
    assert by_method(outer, "/zz") == (bare if enabled == "inner" else UNKNOWN)


def test_init_app_with_a_prefix_given_late():
    server = flask.Flask("server")
    app = make_app(server=False)
    app.init_app(server, routes_pathname_prefix="/late/", requests_pathname_prefix="/late/")
    register("/")
    register("/a")
    enable_true_404(app)
    assert [status(app, url) for url in ("/late/", "/late/a", "/late/zz", "/a")] == [200, 200, 404, 404]


@pytest.mark.parametrize("page", [None, "mine.html"])
def test_a_prefix_that_is_set_late_as_in_jupyter(backend, page, tmp_path, monkeypatch):
    (tmp_path / "mine.html").write_text('<a href="{{ home }}">home</a>')
    app = app_on(backend, "/", "/b")
    if backend == "fastapi":
        from fastapi.templating import Jinja2Templates

        app.server.state.templates = Jinja2Templates(tmp_path)
    else:
        monkeypatch.setattr(app.server, "template_folder", str(tmp_path))
    enable_true_404(app, page, redirect_slashes=True)
    dict.__setitem__(app.config, "requests_pathname_prefix", "/user/me/proxy/8050/")  # so does app.run() there
    with client.Client(app) as asking:
        assert asking.ask("/b/").headers["Location"] == "/user/me/proxy/8050/b"
        assert b'href="/user/me/proxy/8050/"' in asking.ask("/zz").data
        assert asking.ask("/b").status_code == 200


@pytest.mark.parametrize(
    ("prefix", "root", "others"),
    [
        ("/dash/", "/dash/", ["/d%61sh/", "/%64ash/", "/d%61sh%2F"]),
        ("/caf\xe9/", "/caf%C3%A9/", ["/caf%c3%a9/", "/c%61f%C3%A9/"]),
    ],
)
@pytest.mark.parametrize("has_home", [True, False])
def test_a_root_in_another_encoding_is_not_the_page_as_in_the_browser(backend, prefix, root, others, has_home):
    app = true_app_on(backend, *["/"] * has_home, "/a", url_base_pathname=prefix)
    assert by_method(app, root) == (found_on(backend) if has_home else UNKNOWN)
    for other in others:
        assert by_method(app, other) == UNKNOWN, other
        assert b"This page does not exist" in ask(app, other).body


def test_a_root_in_another_encoding_is_reported(backend, caplog):
    app = true_app_on(backend, "/", url_base_pathname="/dash/", report_only=True)
    assert statuses(app, "/dash/", "/d%61sh/") == [200, 200]
    assert [message for message in caplog.messages if "Would be" in message] == [
        "Would be 404: GET /d%61sh/ (referrer: none)"
    ]
