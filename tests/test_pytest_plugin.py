"""The pytest plugin, in runs of pytest of its own."""

import importlib
import importlib.util
import subprocess
import sys
import textwrap

import dash
import flask
import pytest
from dash import html

from dash_true404 import enable_true_404, pytest_plugin
from dash_true404.diagnostics.client import Client
from dash_true404.diagnostics.explain import explain

from .apps import make_app, make_true_app, register
from .client import METHODS

ASGI = hasattr(dash, "backends") and importlib.util.find_spec("fastapi") and importlib.util.find_spec("quart")
SERVERS = ["flask", "quart", "fastapi"] if ASGI else ["flask"]
# pytester forgets what its runs import, and these do not bear to be imported twice, or take long each time.
for name in ("importlib_metadata", "quart", "fastapi", "hypothesis"):
    if importlib.util.find_spec(name):
        importlib.import_module(name)

APP = """
    import dash
    from dash import Dash, dcc, html
    from dash_true404 import enable_true_404

    app = Dash(__name__, use_pages=True, pages_folder="" {options})
    app.layout = html.Div(dash.page_container)
    dash.register_page("home", path="/", layout=dcc.Link("Trips", href="/trips"))
    dash.register_page("trips", path="/trips", redirect_from=["/rides"], layout=html.Div())
    dash.register_page("item", path_template="/item/<item_id>", layout=lambda item_id="", **_: html.Div())
    dash.register_page("asset", path_template="/asset/<a>", path="/asset/a1", layout=html.Div())
    dash.register_page("sold", path="/sold", layout=html.Div(), exists=lambda: False)
    {more}
"""


def write_app(pytester, server="flask", more="enable_true_404(app)", options="", name="shop"):
    """Write an app's module; without ``more``, one of plain Dash."""
    options += "" if server == "flask" else f', backend="{server}"'
    pytester.makepyfile(**{name: textwrap.dedent(APP).format(options=options, more=textwrap.dedent(more))})


def write_tests(pytester, body, header="dash_pages"):
    """Write a module with one test."""
    pytester.makeini("[pytest]\ndash_app = shop:app\n")
    body = textwrap.indent(textwrap.dedent(body), "    ")
    pytester.makepyfile(test_it=f"import dash\nimport pytest\n\ndef test_it({header}):\n{body}")


def run(pytester, *args):
    dash.page_registry.clear()  # of the run before, in the same process
    return pytester.runpytest_inprocess("-p", "no:randomly", "--disable-warnings", *args)


def items(result):
    """Return the outcome of each test of a verbose run."""
    lines = [line.rsplit("[", 1)[0].strip() for line in result.outlines if line.startswith("dash-pages::")]
    return {name.partition("::")[2]: outcome for name, _, outcome in (line.rpartition(" ") for line in lines)}


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
        assert dash_pages.get("/trips", "POST", body=b"x").status_code == 405
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
        ("", "Which app? Write a fixture dash_app that returns it, or name it*dash_app = module:app"),
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


@pytest.mark.parametrize("server", SERVERS)
def test_the_option_tests_everything_without_a_line_of_code(pytester, server):
    write_app(pytester, server)
    result = run(pytester, "--dash-pages", "shop:app", "-v")
    assert items(result) == {
        "page /": "PASSED",
        "page /trips": "PASSED",
        "page /asset/a1": "PASSED",
        "redirect /rides": "PASSED",
        **{f"unknown {method}": "PASSED" for method in METHODS},
        "dead links": "PASSED",
    }
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*collected 12 items", "*= 12 passed*"])


@pytest.mark.parametrize("server", SERVERS)
def test_the_option_tells_the_truth_about_plain_dash(pytester, server):
    write_app(pytester, server, more="dash.page_registry['home']['layout'].href = '/nope'")
    result = run(pytester, "--dash-pages", "shop:app", "-v")
    outcomes = items(result)
    assert {name for name, outcome in outcomes.items() if outcome == "PASSED"} == {
        "page /",
        "page /trips",
        "page /asset/a1",
        "redirect /rides",
    }
    assert {name for name, outcome in outcomes.items() if outcome == "FAILED"} == {
        *(f"unknown {method}" for method in METHODS),
        "dead links",
    }
    result.stdout.fnmatch_lines(
        [
            "GET /true404-no-such-page is 200, not 404.",
            "/nope is a dead link, on /.",
            "FAILED dash-pages::unknown GET*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")


def test_the_option_adds_to_the_tests_that_there_are(pytester):
    write_app(pytester)
    write_tests(
        pytester,
        "dash.Dash('x', use_pages=True, pages_folder='', url_base_pathname='/x/')\ndash.register_page('x', path='/x')",
        header="",
    )
    result = run(pytester, "--dash-pages", "shop:app")
    result.assert_outcomes(passed=13)  # although the test has left a page behind
    result = run(pytester, "--dash-pages", "shop:app", "-k", "redirect or POST")
    result.assert_outcomes(passed=2, deselected=11)


def test_what_failed_last_can_be_run_again(pytester):
    guard = """
        enable_true_404(app)

        @app.server.before_request
        def guard():
            import flask
            return ("no", 403) if flask.request.path == "/trips" else None
    """
    write_app(pytester, more=guard)
    result = run(pytester, "--dash-pages", "shop:app")
    result.stdout.fnmatch_lines(["GET /trips is 403, not found.", "FAILED dash-pages::page /trips*"])
    failed = result.parseoutcomes()["failed"]
    again = run(pytester, "--dash-pages", "shop:app", "--lf")
    assert again.parseoutcomes()["failed"] == failed
    assert "passed" not in again.parseoutcomes()


def test_where_every_url_is_a_page_there_is_nothing_unknown(pytester):
    write_app(pytester, more="dash.register_page('all', path_template='/<x>', layout=html.Div())\nenable_true_404(app)")
    result = run(pytester, "--dash-pages", "shop:app", "-rs")
    result.assert_outcomes(passed=5, skipped=7)
    result.stdout.fnmatch_lines(["SKIPPED*every URL is a page*"])


def test_an_app_below_a_prefix(pytester):
    write_app(pytester, options=", url_base_pathname='/dash/'")
    outcomes = items(run(pytester, "--dash-pages", "shop:app", "-v"))
    assert {"page /dash/", "page /dash/trips", "redirect /dash/rides", "unknown GET"} <= set(outcomes)
    del outcomes["redirect /dash/rides"], outcomes["dead links"]  # the former is a bug of Dash 4
    assert set(outcomes.values()) == {"PASSED"}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("shop", "--dash-pages: 'shop' doesn't name an app*"),
        ("shop:nope", "*Module 'shop' has no attribute 'nope'. It has shop:app."),
    ],
)
def test_an_app_that_cannot_be_had_is_an_error_of_collection(pytester, name, told):
    write_app(pytester)
    result = run(pytester, "--dash-pages", name)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*ERROR collecting dash-pages*", told])
    assert len(result.outlines) < 30


def test_an_error_that_is_no_verdict_has_its_traceback(pytester, monkeypatch):
    monkeypatch.setattr(Client, "ask", lambda *_: 1 / 0)
    write_app(pytester)
    result = run(pytester, "--dash-pages", "shop:app", "-k", "trips")
    result.stdout.fnmatch_lines(["*ZeroDivisionError*"])


def test_with_xdist_each_item_runs_once(pytester, run_pytest):
    pytest.importorskip("xdist")
    write_app(pytester)
    write_tests(pytester, "dash_pages.assert_all_found()")
    run_pytest("--dash-pages", "shop:app", "-n", "2").assert_outcomes(passed=13)


def test_beside_other_plugins(pytester):
    for plugin in ("pytest_flask", "pytest_randomly", "dash.testing.plugin"):  # which pytest loads by itself
        pytest.importorskip(plugin)
    write_app(pytester)
    write_tests(pytester, "dash_pages.assert_all_found()\nassert dash_pages.status('/') == 200")
    result = pytester.runpytest_subprocess("--dash-pages", "shop:app", "-W", "error:::dash_true404")
    result.assert_outcomes(passed=13)


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


def test_the_fixtures_are_three():
    fixtures = {
        name
        for name, thing in vars(pytest_plugin).items()
        if "fixture" in type(thing).__name__.lower() or hasattr(thing, "_pytestfixturefunction")
    }
    assert fixtures - {"_dash_app_of_ini"} == {"dash_app", "dash_pages", "isolated_page_registry"}


def test_unused_it_imports_nothing(pytester):
    pytester.makepyfile(
        """
        import sys

        def test_modules():
            assert "dash_true404.pytest_plugin" in sys.modules
            assert not {"dash", "flask", "quart", "fastapi", "werkzeug", "dash_true404.core.site"} & set(sys.modules)
        """
    )
    others = [f"-pno:{name}" for name in ("dash", "flask", "pytest-flask")]  # import these themselves
    pytester.runpytest_subprocess(*others, "-W", "error").assert_outcomes(passed=1)


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
