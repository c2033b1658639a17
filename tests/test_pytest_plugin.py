"""The fixtures of the pytest plugin, and what ``dash_pages`` asks and asserts; its items: test_pytest_items.py."""

import subprocess
import sys
import textwrap

import dash
import flask
import pytest
from dash import html

from dash_true404 import enable_true_404, pytest_plugin
from dash_true404.diagnostics.explain import explain
from dash_true404.diagnostics.inspected_app import NotReadyError

from .apps import make_app, make_true_app, register
from .login_apps import LOGIN_APPS, session_app
from .plugin_runs import SERVERS, run, write_app, write_tests


@pytest.mark.parametrize("server", SERVERS)
def test_dash_pages_answers(pytester, server):
    write_app(pytester, server)
    write_tests(
        pytester,
        """
        assert dash_pages.get("/trips").status_code == 200
        assert b"_dash-config" in dash_pages.get("/trips?day=1").data
        answer = dash_pages.get("/nope", headers={"Accept": "application/json"})
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert dash_pages.post("/trips", data=b"x").status_code == 405
        assert (dash_pages.status("/nope"), dash_pages.status("/trips", method="POST")) == (404, 405)
        assert dash_pages.paths == ["/", "/asset/a1", "/sold", "/trips"]
        dash_pages.assert_found("/item/7")
        dash_pages.assert_found("/rides")
        dash_pages.assert_not_found("/nope")
        dash_pages.assert_not_found("/sold")
        dash_pages.assert_all_found()
        dash_pages.assert_no_dead_links()
        """,
    )
    run(pytester).assert_outcomes(passed=1)


@pytest.mark.parametrize("server", SERVERS)
def test_dash_pages_asks_an_app_without_true_404s(pytester, server):
    write_app(pytester, server, more="")
    write_tests(pytester, "dash_pages.assert_found('/trips')\ndash_pages.assert_not_found('/nope')")
    result = run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*GET /nope is 200, not 404."])


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("assert_found('/nope')", "GET /nope is 404, not found."),
        ("assert_not_found('/trips')", "GET /trips is 200, not 404."),
    ],
)
def test_a_failed_assertion_says_why_and_points_to_the_users_line(pytester, call, told):
    write_app(pytester)
    write_tests(pytester, f"dash_pages.{call}")
    result = run(pytester)
    result.stdout.fnmatch_lines([f">*dash_pages.{call}", f"E*{told}"])
    result.stdout.no_fnmatch_line("*raise AssertionError*")


def test_the_reason_is_what_explain_says():
    app = make_app("/a")
    pages = pytest_plugin.DashPages(app)
    with pytest.raises(AssertionError) as error:
        pages.assert_not_found("/zz?x=1")
    assert str(error.value) == f"GET /zz?x=1 is 200, not 404.\n{explain(app, '/zz?x=1').text()}"


def test_a_permanent_redirect_to_a_page_is_found_and_a_login_is_not():
    app = make_app("/", "/a")
    targets = {
        "/moved": ("/a", 308),
        "/far": ("https://example.org/a", 301),
        "/in": ("/a", 302),
        "/loop": ("/loop", 301),
    }
    for path, (target, code) in targets.items():
        app.server.add_url_rule(path, path, lambda t=target, c=code: (b"", c, {"Location": t}))
    app.server.add_url_rule("/twice", "twice", lambda: (b"", 301, {"Location": "http://localhost/moved?x=1"}))
    pages = pytest_plugin.DashPages(app)
    pages.assert_found("/moved")
    pages.assert_found("/twice")
    for path, told in {
        "/far": "GET /far is 301, not found.",
        "/in": "GET /in is 302, not found.",
        "/loop": "GET /loop is 301, not found.",
    }.items():
        with pytest.raises(AssertionError) as error:
            pages.assert_found(path)
        assert str(error.value).startswith(told + "\n")


def test_a_redirect_to_nowhere_is_told_step_by_step():
    app = make_true_app("/")
    app.server.add_url_rule("/old", "old", lambda: (b"", 301, {"Location": "/gone"}))
    with pytest.raises(AssertionError, match=r"^GET /old -> /gone is 404, not found\.\n"):
        pytest_plugin.DashPages(app).assert_found("/old")


def test_paths_are_those_that_the_server_gets():
    app = make_app(
        "/", "/a", "/t/<x>", "/b/", not_found_page=True, requests_pathname_prefix="/p/q/", routes_pathname_prefix="/q/"
    )
    register("/caf%C3%A9 x")
    pages = pytest_plugin.DashPages(app)
    assert pages.paths == ["/q/", "/q/a", "/q/b/", "/q/caf%C3%A9%20x"]
    app.server.add_url_rule("/q/moved", "moved", lambda: (b"", 301, {"Location": "/p/q/a"}))
    pages.assert_found("/q/moved")


def test_pages_of_paths_are_pages():
    app = make_app(use_pages=False)
    enable_true_404(app, paths=["/", "/reports", "/reports/<year>"])
    pages = pytest_plugin.DashPages(app)
    assert pages.paths == ["/", "/reports"]
    pages.assert_all_found()
    pages.assert_not_found("/nope")


def test_all_pages_are_asked_and_all_that_fail_are_told():
    app = make_true_app("/", "/caf\xe9", "/b", "/t/<x>")
    register("/gone", exists=lambda: False)
    register("/d/<x>", exists=lambda x: False)
    pages = pytest_plugin.DashPages(app)
    app.server.before_request(lambda: ("no", 403) if flask.request.path == "/b" else None)
    with pytest.raises(AssertionError) as error:
        pages.assert_all_found()
    told = [line for line in str(error.value).splitlines() if "not found." in line]
    assert sorted(told) == ["GET /b is 403, not found.", "GET /caf%C3%A9 is 404, not found."]


def test_no_pages_at_all_is_a_failure():
    with pytest.raises(AssertionError, match="no pages that could be asked for"):
        pytest_plugin.DashPages(make_true_app("/t/<x>")).assert_all_found()


def test_dead_links_are_told_with_the_page_that_they_are_on():
    app = make_true_app("/", "/b")
    register("/a", layout=html.Div([html.A("dead", href="/nope"), html.A("alive", href="/b")]))
    with pytest.raises(AssertionError, match=r"\A/nope is a dead link, on /a\.\nGET /nope"):
        pytest_plugin.DashPages(app).assert_no_dead_links()


def test_an_unstarted_client_needs_no_end():
    pages = pytest_plugin.DashPages(make_app("/"))
    pages.close()
    assert pages.status("/") == 200
    pages.close()
    assert pages.status("/") == 200


def test_each_method_is_asked_with_content_and_headers():
    def echo():
        return f"{flask.request.method} {flask.request.headers.get('X-A')} {flask.request.get_data(as_text=True)}"

    app = make_app("/")
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    app.server.add_url_rule("/echo", "echo", echo, methods=methods)
    pages = pytest_plugin.DashPages(app)
    for method in methods:
        ask = getattr(pages, method.lower())
        assert ask("/echo", json={"a": 1}, headers={"X-A": "b"}).text == f'{method} b {{"a": 1}}'
        assert ask("/echo", data={"a": "1 2"}).text == f"{method} None a=1+2"
    assert pages.head("/echo").headers["Content-Length"] == str(len("HEAD None "))
    assert set(pages.options("/echo").headers["Allow"].split(", ")) == {*methods, "HEAD", "OPTIONS"}


@pytest.mark.parametrize("method", ["get", "post", "assert_found", "assert_not_found"])
def test_an_unknown_argument_is_named(method):
    pages = pytest_plugin.DashPages(make_app("/"))
    with pytest.raises(TypeError, match=rf"DashPages\.{method}\(\) got an unexpected keyword argument 'jsn'"):
        getattr(pages, method)("/", jsn={})


def test_cookies_are_kept_until_the_app_drops_them(backend):
    pages = pytest_plugin.DashPages(session_app(backend))
    assert pages.get("/sales").location == "/login"
    assert pages.post("/login", data={"name": "ann", "password": "secret"}).status_code == 302
    pages.assert_found("/sales")
    assert pages.get("/logout").status_code == 302
    with pytest.raises(AssertionError, match="GET /sales is 302, not found"):
        pages.assert_found("/sales")
    pages.close()


def test_a_session_can_be_set(backend):
    pages = pytest_plugin.DashPages(LOGIN_APPS["provider"].make(backend))
    pages.client.set_session(user="ann")
    pages.assert_found("/sales")
    assert len(pages.client.cookies) == 1
    pages.close()


def test_assertions_ask_with_headers():
    app = make_true_app("/", "/a")
    app.server.before_request(lambda: None if flask.request.headers.get("X-Key") == "k" else ("no", 403))
    pages = pytest_plugin.DashPages(app)
    pages.assert_found("/a", headers={"X-Key": "k"})
    pages.assert_not_found("/b", headers={"X-Key": "k"})
    with pytest.raises(AssertionError, match="GET /b is 403, not 404"):
        pages.assert_not_found("/b")


def test_links_are_followed_without_ending_the_session():
    pages = pytest_plugin.DashPages(session_app("flask"), LOGIN_APPS["session"].visitor)
    with pytest.raises(AssertionError, match=r"\A/salse is a dead link, on /sales\.\n"):
        pages.assert_no_dead_links()
    pages.assert_found("/sales")


def test_a_failed_assertion_leaves_the_cookies_as_they_were():
    app = make_true_app("/A")
    app.server.after_request(lambda response: response.set_cookie("last", flask.request.path) or response)
    pages = pytest_plugin.DashPages(app)
    with pytest.raises(AssertionError, match="/A is answered 200"):
        pages.assert_found("/a")
    assert [cookie.value for cookie in pages.client.cookies] == ["/a"]
    pages.get("/b")
    assert [cookie.value for cookie in pages.client.cookies] == ["/b"]


def test_links_that_could_not_be_read_are_a_failure():
    with pytest.raises(AssertionError, match=r"/sales was not seen: asked for the layout, .* 302"):
        pytest_plugin.DashPages(session_app("flask")).assert_no_dead_links()


@pytest.mark.parametrize("path", ["/admin/users", "/"])
def test_links_that_a_guard_answers_are_a_failure(path):
    app = make_true_app("/b")
    register("/", layout=html.Div([html.A("b", href="/b"), html.A("?", href="/admin/users")]))
    # At "/", only the pages themselves are open.
    is_open = {"/admin/users": lambda: not flask.request.path.startswith("/admin"), "/": is_page_or_dashs}[path]
    app.server.before_request(lambda: None if is_open() else ("log in", 401))
    with pytest.raises(AssertionError, match=r"\A/admin/users was not seen: linked on /, it answers 401: a guard.*\Z"):
        pytest_plugin.DashPages(app).assert_no_dead_links()


def is_page_or_dashs():
    return flask.request.path in ("/", "/b") or flask.request.path.startswith("/_dash")


def test_links_of_no_page_at_all_are_a_failure():
    with pytest.raises(AssertionError, match="no pages that could be asked for"):
        pytest_plugin.DashPages(make_true_app("/t/<x>")).assert_no_dead_links()


def test_links_in_the_apps_own_layout_are_enough():
    app = make_true_app("/t/<x>")
    app.layout = html.Div([html.A("portal", href="/portal"), dash.page_container])
    app.server.add_url_rule("/portal", "portal", lambda: "welcome")
    pytest_plugin.DashPages(app).assert_no_dead_links()


def test_a_layout_that_raises_has_links_that_were_not_seen():
    app = make_true_app("/")
    register("/raises", layout=lambda: 1 / 0)
    with pytest.raises(AssertionError, match=r"\A/raises was not seen: Dash draws nothing"):
        pytest_plugin.DashPages(app).assert_no_dead_links()


def test_an_app_on_no_server_cannot_be_asked():
    pages = pytest_plugin.DashPages(dash.Dash(__name__, server=False))
    with pytest.raises(NotReadyError, match="not on its server yet"):
        pages.get("/")


LOGIN = """
    [tool.dash-true404]
    app = "guarded:app"
    login = "logins:log_in"
    header = ["X-Key: k"]
"""
GUARDED = """
    import flask
    from shop import app

    app.server.secret_key = "for tests"

    @app.server.before_request
    def need_login():
        if flask.request.headers.get("X-Key") != "k":
            return "no", 403
        if not flask.session.get("user"):
            return flask.redirect("/login?next=" + flask.request.path)
"""


def write_guarded_app(pytester):
    """Write an app behind a login, with the table that says who asks."""
    write_app(pytester)
    pytester.makepyfile(guarded=GUARDED, logins="def log_in(client):\n    client.set_session(user='ann')")
    pytester.makepyprojecttoml(textwrap.dedent(LOGIN))


def test_dash_pages_asks_as_the_table_says_and_logs_in_as_a_fixture_does(pytester):
    write_guarded_app(pytester)
    pytester.makepyfile(
        """
        import pytest

        def test_as_the_table_says(dash_pages):
            dash_pages.assert_all_found()

        class TestStranger:
            @pytest.fixture
            def dash_login(self):
                return None

            def test_it(self, dash_pages):
                assert dash_pages.get("/trips").location == "/login?next=/trips"

        class TestAdmin:
            @pytest.fixture
            def dash_login(self, request):
                request.getfixturevalue("tmp_path")
                return lambda client: client.set_session(user="root")

            def test_it(self, dash_pages):
                dash_pages.assert_found("/trips")
        """
    )
    run(pytester).assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("login = 'logins:nobody'", "The login failed. Module 'logins' has no function 'nobody'."),
        ("login = 'logins:fail'", "The login logins:fail failed:"),
        ("lojin = ''", "*has unknown keys: lojin.*"),
    ],
)
def test_a_table_that_cannot_be_used_is_told_in_words(pytester, table, told):
    write_app(pytester)
    write_tests(pytester, "pass")
    pytester.makepyfile(logins="def fail(client):\n    1 / 0")
    pytester.makepyprojecttoml(f"[tool.dash-true404]\n{table}\n")
    result = run(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([told])
    result.stdout.no_fnmatch_line("*pytest_fixtures.py*")


def test_the_app_is_found_from_rootdir_after_pythonpath(pytester, monkeypatch):
    """Wherever pytest was started: beside the tests is another app of the same name."""
    for folder, place in ((".", "root"), ("src", "src"), ("tests", "tests")):
        (pytester.path / folder).mkdir(exist_ok=True)
        (pytester.path / folder / "site_app.py").write_text(f"place = {place!r}\nfrom shop import app")
    write_app(pytester)
    pytester.makepyprojecttoml("[tool.dash-true404]\napp = 'site_app:app'\n")
    (pytester.path / "tests/test_it.py").write_text(
        "import sys\n\ndef test_it(dash_pages):\n    print('found in', sys.modules['site_app'].place)"
    )
    monkeypatch.chdir(pytester.path / "tests")
    for ini, place in (("", "root"), ("pythonpath = src", "src")):
        pytester.makeini(f"[pytest]\n{ini}\n")
        result = run(pytester, "-s", "-p", "no:cacheprovider", "--import-mode=importlib")
        result.assert_outcomes(passed=1)
        result.stdout.fnmatch_lines([f"*found in {place}*"])


def test_a_fixture_of_the_users_gives_the_app(pytester):
    write_app(pytester)
    write_tests(pytester, "assert dash_pages.paths[0] == '/'")
    pytester.makeini("[pytest]")
    pytester.makeconftest(
        "import pytest\n\n@pytest.fixture(scope='session')\ndef dash_app():\n    import shop\n    return shop.app"
    )
    run(pytester).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("ini", "told"),
    [
        ("", "Which app? Name it in*: dash_app = module:app, or write a fixture dash_app that returns it."),
        ("dash_app = shop", "dash_app: 'shop' doesn't name an app. Write module:attribute*"),
        ("dash_app = shoq:app", "dash_app: There is no module 'shoq' in *"),
    ],
)
def test_without_an_app_the_error_says_what_to_do(pytester, ini, told):
    write_app(pytester)
    write_tests(pytester, "pass")
    pytester.makeini(f"[pytest]\n{ini}")
    result = run(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([told])
    assert len(result.outlines) < 30


def test_the_app_of_the_ini_file_keeps_its_pages_where_others_are_taken_away(pytester):
    write_app(pytester)
    write_tests(pytester, "")
    pytester.makepyfile(
        test_it="""
        import dash
        import pytest

        @pytest.fixture(autouse=True)
        def isolated(isolated_page_registry):
            pass

        def test_other():
            assert not dash.page_registry
            dash.Dash(__name__, use_pages=True, pages_folder="")
            dash.register_page("other", path="/other")

        @pytest.mark.parametrize("time", [1, 2])
        def test_pages(dash_pages, time):
            dash_pages.assert_all_found()
            assert "/other" not in dash_pages.paths
            assert dash.page_registry["home"]["relative_path"] == "/"
            dash_pages.assert_not_found("/other")
        """
    )
    run(pytester).assert_outcomes(passed=3)


def test_the_registry_is_emptied_and_restored(pytester):
    """In a run of its own, for here each test has an empty one."""
    pytester.makepyfile(
        """
        import dash
        import pytest
        from dash import Input, Output, html, _callback, _pages

        outer = dash.Dash("outer", use_pages=True, pages_folder="", title="Outer")
        outer.layout = html.Div(dash.page_container)
        dash.register_page("outer_page", path="/outer", layout=html.Div())
        page = dash.page_registry["outer_page"]
        dash.callback(Output("a", "children"), Input("b", "children"))(lambda b: b)
        waiting = list(_callback.GLOBAL_CALLBACK_LIST)
        assert waiting
        assert outer.server.test_client().get("/_favicon.ico").status_code == 200  # leaves its app behind

        def current_app():
            try:
                return dash.get_app()
            except Exception:
                return None

        @pytest.fixture
        def checked():
            settings = _pages.CONFIG
            told = dict(settings)
            callbacks = list(_callback.GLOBAL_CALLBACK_LIST)
            yield
            assert dict(dash.page_registry) == {"outer_page": page}
            assert dash.page_registry["outer_page"] is page
            assert page["relative_path"] == "/outer"
            assert _pages.CONFIG is settings is outer.config
            assert dict(settings) == told
            assert dash.get_relative_path("/x") == "/x"
            assert settings["title"] == "Outer"
            assert _callback.GLOBAL_CALLBACK_LIST == callbacks
            assert dash.get_app() is outer

        @pytest.mark.parametrize("time", [1, 2])
        def test_inner(checked, isolated_page_registry, time):
            assert not dash.page_registry
            assert not _pages.CONFIG
            assert not _callback.GLOBAL_CALLBACK_LIST
            assert current_app() is None
            inner = dash.Dash("inner", use_pages=True, pages_folder="", url_base_pathname="/in/", title="Inner")
            inner.layout = html.Div(dash.page_container)
            dash.register_page("inner_page", path="/inner", redirect_from=["/old"], layout=html.Div())
            dash.callback(Output("c", "children"), Input("d", "children"))(lambda d: d)
            assert dash.get_app() is inner
            assert list(dash.page_registry) == ["inner_page"]
            if time == 1:
                assert inner.server.test_client().get("/in/inner").status_code == 200
        """
    )
    run(pytester).assert_outcomes(passed=2)


def test_beside_other_plugins(pytester):
    for plugin in ("pytest_flask", "pytest_randomly", "dash.testing.plugin"):  # which pytest loads by itself
        pytest.importorskip(plugin)
    write_app(pytester)
    write_tests(pytester, "dash_pages.assert_all_found()\nassert dash_pages.status('/') == 200")
    result = pytester.runpytest_inprocess("--dash-pages", "shop:app", "-W", "error:::dash_true404")
    result.assert_outcomes(passed=14)


def test_flasks_own_fixtures_stay_those_of_pytest_flask(pytester):
    pytest.importorskip("pytest_flask")
    write_app(pytester)
    write_tests(
        pytester,
        "assert client.get('/nope').status_code == 404\ndash_pages.assert_not_found('/nope')",
        header="client, dash_pages",
    )
    pytester.makeconftest("import pytest\n\n@pytest.fixture\ndef app(dash_app):\n    return dash_app.server")
    run(pytester).assert_outcomes(passed=1)


def test_the_fixtures_are_five():
    fixtures = {
        name
        for name, thing in vars(pytest_plugin).items()
        if "fixture" in type(thing).__name__.lower() or hasattr(thing, "_pytestfixturefunction")
    }
    assert fixtures - {"_configured_dash_app"} == {
        "dash_app",
        "dash_login",
        "dash_page_case",
        "dash_pages",
        "isolated_page_registry",
    }


def test_unused_it_imports_nothing(run_pytest, pytester):
    pytester.makepyfile(
        """
        import sys

        def test_modules():
            ours = {name for name in sys.modules if name.startswith("dash_true404")}
            assert ours == {"dash_true404", "dash_true404.pytest_plugin", "dash_true404.pytest_fixtures"}
            assert not {"dash", "flask", "quart", "fastapi", "werkzeug"} & set(sys.modules)
        """
    )
    others = [f"-pno:{name}" for name in ("flask", "pytest-flask")]  # which import these themselves
    run_pytest(*others, "-W", "error").assert_outcomes(passed=1)


def test_the_package_imports_its_names_on_demand():
    code = (
        "import sys, dash_true404; assert 'dash' not in sys.modules; from dash_true404 import *; print(enable_true_404)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "function enable_true_404" in done.stdout
    with pytest.raises(ImportError, match="nope"):
        from dash_true404 import nope  # noqa: F401


def test_a_redirect_out_of_the_apps_prefix_is_followed():
    app = make_app("/", url_base_pathname="/dash/")
    app.server.add_url_rule("/dash/moved", "moved", lambda: (b"", 301, {"Location": "/portal"}))
    app.server.add_url_rule("/portal", "portal", lambda: "welcome")
    pytest_plugin.DashPages(app).assert_found("/dash/moved")
