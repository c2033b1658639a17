"""The items of ``--dash-pages``, and ``dash_page_case``: what they are called, what fails, and what is skipped."""

from __future__ import annotations

import flask
import pytest
from dash import html

from dash_true404 import enable_true_404
from dash_true404.diagnostics import pytest_cases
from dash_true404.diagnostics.check.in_process import check_app
from dash_true404.diagnostics.client import Client
from dash_true404.diagnostics.pytest_cases import Case, Judge, list_cases
from dash_true404.diagnostics.pytest_pages import DashPages
from dash_true404.diagnostics.settings import STRANGER, Settings

from .apps import app_on, make_app, make_true_app, register, true_app_on
from .client import METHODS
from .login_apps import LOGIN_APPS
from .plugin_runs import SERVERS, items, run, write_app, write_tests

UNKNOWN = [f"unknown[{method}]" for method in METHODS]
ALL_OF_SHOP = ["page[/]", "page[/trips]", "page[/asset/a1]", "redirect[/rides]", *UNKNOWN, "dead-links", "app"]


def outcomes(app, visitor=STRANGER, names=None):
    """Return what becomes of each case of an app: ``passed``, or how it fails or why it is skipped."""
    cases = [case for case in list_cases(app) if names is None or case.name in names]
    pages = DashPages(app, visitor, keeps_cookies=False)
    judge = Judge(app, Settings(visitor=visitor), lambda: cases)
    found = {}
    for case in cases:
        try:
            judge.judge(case, pages)
        except AssertionError as error:
            found[case.name] = f"failed: {error}"
        except pytest.skip.Exception as error:
            found[case.name] = f"skipped: {error}"
        else:
            found[case.name] = "passed"
    pages.close()
    return found


def counts(result):
    """Return how many tests had which outcome."""
    return {outcome: number for outcome, number in result.parseoutcomes().items() if "warning" not in outcome}


def names_of(found, outcome):
    return [name for name, text in found.items() if text.startswith(outcome)]


@pytest.mark.parametrize("server", SERVERS)
def test_the_option_tests_everything_without_a_line_of_code(pytester, server):
    write_app(pytester, server)
    result = run(pytester, "--dash-pages", "shop:app", "-v")
    assert items(result) == dict.fromkeys(ALL_OF_SHOP, "PASSED")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*collected 13 items", "*= 13 passed*"])


@pytest.mark.parametrize("server", SERVERS)
def test_plain_dash_fails_once_for_its_soft_404s(pytester, server):
    write_app(pytester, server, more="dash.page_registry['home']['layout'].href = '/nope'")
    result = run(pytester, "--dash-pages", "shop:app", "-v", "-rsf")
    assert items(result) == {
        **dict.fromkeys(["page[/]", "page[/trips]", "page[/asset/a1]", "redirect[/rides]"], "PASSED"),
        **dict.fromkeys(["unknown[GET]", "dead-links", "app"], "FAILED"),
        **dict.fromkeys(UNKNOWN[1:], "SKIPPED"),
    }
    result.stdout.fnmatch_lines(
        [
            "GET /true404-no-such-page is 200, not 404.",
            "T101 soft 404: *",
            "  seen  due  method *",
            "  200   404  GET* /true404-no-such-page",
            "GET /true404-no-such-page: 200*",
            "*A dead link on /*",
            "SKIPPED [[]6[]]*: the same fault as unknown[[]GET[]]",
            "FAILED dash-pages::unknown[[]GET[]]*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*Captured*")
    result.stdout.no_fnmatch_line("*skipped of dash-pages*")


def test_a_404_handler_without_a_status_is_one_failure_with_a_table(backend):
    app = true_app_on(backend, "/", "/a")
    if backend == "fastapi":
        from starlette.responses import HTMLResponse

        app.server.add_exception_handler(404, lambda request, error: HTMLResponse("sorry"))
    elif backend == "quart":

        async def sorry(error):
            return "sorry"

        app.server.register_error_handler(404, sorry)
    else:
        app.server.register_error_handler(404, lambda error: "sorry")
    found = outcomes(app)
    failed = names_of(found, "failed")
    assert [name for name in failed if name.startswith("unknown")] == ["unknown[GET]"]
    assert "T111" in found["unknown[GET]"]
    assert "DELETE" in found["unknown[GET]"]
    assert found["unknown[DELETE]"] == "skipped: the same fault as unknown[GET]"
    # Whichever of them is tested alone fails.
    assert "T111" in outcomes(app, names=["unknown[DELETE]"])["unknown[DELETE]"]


@pytest.mark.parametrize("kind", [kind for kind, login_app in LOGIN_APPS.items() if login_app.is_closed])
def test_behind_a_login_a_stranger_fails_once(kind, backend):
    app = LOGIN_APPS[kind].make(backend)
    assert check_app(app).exit_status() == 2
    found = outcomes(app)
    reason = found.pop("page[/]")
    assert reason.startswith("failed: No page could be seen: / was not seen: ")
    assert reason.endswith("Say who asks in [tool.dash-true404] of pyproject.toml: login, user or header")
    assert set(found.values()) == {"skipped: no page could be seen: see page[/]"}


def test_whichever_is_tested_alone_fails_where_no_page_could_be_seen():
    found = outcomes(LOGIN_APPS["basic"].make("flask"), names=["dead-links", "app"])
    assert found["dead-links"].startswith("failed: No page could be seen")
    assert found["app"] == "skipped: no page could be seen: see dead-links"


def test_unknown_urls_are_tested_although_no_page_could_be_seen():
    app = make_true_app("/", "/a", "/logout")
    app.server.before_request(lambda: ("no", 401) if flask.request.path in ("/", "/a") else None)
    found = outcomes(app)
    assert names_of(found, "failed") == ["page[/]"]
    assert names_of(found, "passed") == UNKNOWN


def test_a_finding_is_told_although_no_page_could_be_seen():
    app = make_true_app("/d/a", "/", url_base_pathname="/d/")
    app.server.before_request(lambda: ("no", 401))
    found = outcomes(app)
    assert names_of(found, "failed") == ["page[/d/]", "page[/d/d/a]"]
    assert "T206" in found["page[/d/d/a]"]
    found = outcomes(app, names=["page[/d/d/a]", "app"])
    assert "T206" in found["page[/d/d/a]"]
    assert found["app"].startswith("failed: No page could be seen: /d/ was not seen")


def test_pages_of_paths_are_asked(backend):
    app = app_on(backend, use_pages=False)
    app.layout = html.Div()
    enable_true_404(app, paths=["/", "/a", "/closed", "/fails", "/logout", "/mine", "/t/<x>"])
    answers = {"/closed": 401, "/fails": 500}
    add_guard(app, backend, answers)
    if backend == "fastapi":
        app.server.add_api_route("/mine", lambda: "mine")
    else:
        app.server.add_url_rule("/mine", "mine", lambda: "mine")
    found = outcomes(app)
    assert names_of(found, "failed") == ["page[/fails]"]
    assert names_of(found, "skipped") == ["page[/closed]", "page[/logout]", "dead-links"]
    assert "The page /fails of paths= is registered but" in found["page[/fails]"]


def add_guard(app, backend, answers):
    """Answer some paths with a status."""
    if backend == "fastapi":
        from starlette.responses import Response

        @app.server.middleware("http")
        async def answer(request, call_next):
            status = answers.get(request.url.path)
            return Response("no", status) if status else await call_next(request)

    else:
        request = (flask if backend == "flask" else pytest.importorskip("quart")).request
        app.server.before_request(lambda: ("no", answers[request.path]) if request.path in answers else None)


@pytest.mark.parametrize("kind", LOGIN_APPS)
def test_somebody_who_is_let_in_sees_all(kind, backend):
    found = outcomes(LOGIN_APPS[kind].make(backend), LOGIN_APPS[kind].visitor)
    assert names_of(found, "failed") == ["dead-links"]
    assert "/salse" in found["dead-links"]
    assert set(names_of(found, "passed")) >= {"page[/]", "page[/sales]", *UNKNOWN, "app"}


def test_why_tests_were_skipped_is_said_once_without_being_asked(pytester):
    write_app(pytester, more="app.server.before_request(lambda: ('no', 401))\nenable_true_404(app)")
    write_tests(pytester, "pytest.skip('of their own')", header="")
    result = run(pytester, "--dash-pages", "shop:app")
    result.assert_outcomes(skipped=13, failed=1)
    result.stdout.fnmatch_lines(
        ["*- skipped of dash-pages -*", "12: no page could be seen: see page[[]/[]]"], consecutive=True
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result = run(pytester, "--dash-pages", "shop:app", "-k", "test_it")
    result.stdout.no_fnmatch_line("*skipped of dash-pages*")


def test_a_page_behind_a_guard_is_skipped_and_so_are_the_links_on_it():
    app = make_true_app("/", "/admin", "/b")
    app.server.before_request(
        lambda: ("no", 403) if "/admin" in (flask.request.path, *str(flask.request.get_data()).split('"')) else None
    )
    found = outcomes(app)
    assert names_of(found, "failed") == []
    assert names_of(found, "skipped") == ["page[/admin]", "dead-links"]
    assert "403" in found["page[/admin]"]


def test_each_finding_of_check_fails_one_test():
    app = make_app("/", "/b")
    register("/raises", layout=lambda: 1 / 0)
    register("/t/<x>", exist=lambda x: True)
    app.server.before_request(lambda: ("no", 500) if flask.request.path == "/b" else None)
    found = outcomes(app)
    assert names_of(found, "failed") == ["page[/b]", "page[/raises]", "unknown[GET]", "app"]
    assert "GET /b: 500" in found["page[/b]"]
    assert "T304" in found["app"]
    assert found["page[/raises]"].startswith("failed: T401 layout raises: The layout of page 'm_47_raises' raised")
    assert "200 (page)" not in found["page[/raises]"]


def test_what_is_ignored_fails_no_test():
    app = make_true_app("/")
    register("/a", layout=html.A("dead", href="/nope"))
    pages, settings = DashPages(app), Settings(ignore=("T411",))
    case = Case("dead-links")
    Judge(app, settings, lambda: [case]).judge(case, pages)


def test_where_unknown_urls_are_pages_nothing_is_unknown():
    found = outcomes(make_true_app("/", "/<x>"))
    assert names_of(found, "skipped") == UNKNOWN
    assert found["unknown[GET]"].startswith("skipped: Every URL is a page of this app")


def test_other_notes_about_unknown_urls_let_them_pass():
    app = make_true_app("/")
    app.server.after_request(lambda response: response.headers.set("Cache-Control", "max-age=999999") or response)
    assert names_of(outcomes(app), "failed") == names_of(outcomes(app), "skipped") == []


def test_a_finding_that_is_about_no_answer_has_no_table():
    app = make_true_app("/")
    app.server.add_url_rule("/<path:anything>", "hidden", lambda anything: anything)
    assert outcomes(app)["app"].startswith("failed: T501 rule that is never reached: ")


def test_what_is_excluded_is_not_tested():
    app = make_true_app("/", "/a", "/admin", "/admin/b")
    names = [case.name for case in list_cases(app, ["/admin"])]
    assert names[:3] == ["page[/]", "page[/a]", "unknown[GET]"]
    app.server.before_request(lambda: 1 / 0 if flask.request.path.startswith("/admin") else None)
    pages = DashPages(app)
    judge = Judge(app, Settings(exclude=("/admin",)), lambda: judge.cases)
    for case in judge.cases:
        judge.judge(case, pages)


def test_an_app_without_any_page_fails():
    found = outcomes(make_true_app())
    said = "No page could be seen: / was not seen: none of the app's pages (0 are registered) was asked"
    assert [found[name] for name in names_of(found, "failed")] == [f"failed: {said}"]


def test_pages_that_log_out_are_not_asked():
    app = make_true_app("/", "/logout")
    app.server.before_request(lambda: 1 / 0 if flask.request.path == "/logout" else None)
    found = outcomes(app)
    assert names_of(found, "skipped") == ["page[/logout]"]
    assert found["page[/logout]"] == "skipped: /logout seems to log out, so it was neither asked nor drawn."


def test_where_only_the_home_page_is_guarded_the_rest_is_tested():
    app = make_true_app("/", "/a")
    app.server.before_request(lambda: flask.redirect("/login") if flask.request.path == "/" else None)
    found = outcomes(app)
    assert names_of(found, "failed") == []
    assert found["page[/]"].startswith("skipped: / was not seen: it answers 302")
    assert {"page[/a]", "unknown[GET]", "app"} <= set(names_of(found, "passed"))


def test_unknown_urls_that_are_redirected_are_skipped():
    app = make_true_app("/", "/a")
    app.server.register_error_handler(404, lambda error: flask.redirect("/"))
    assert outcomes(app)["unknown[GET]"].startswith("skipped: Unknown URLs are redirected (302, to /).")


def test_methods_that_a_route_matches_are_not_asked():
    app = make_true_app("/")
    app.server.add_url_rule("/<path:anything>", "save", lambda anything: 1 / 0, methods=["POST"])
    found = outcomes(app)
    assert found["unknown[POST]"].startswith("skipped: a route of yours matches unknown URLs")
    assert found["unknown[PUT]"] == "passed"


def test_an_app_that_does_not_answer_fails_once(monkeypatch):
    pages = DashPages(make_true_app("/"), STRANGER._replace(login="tests.login_apps:fail"))
    cases = list_cases(pages.app)
    judge = Judge(pages.app, Settings(), lambda: cases)
    with pytest.raises(AssertionError, match="The login tests.login_apps:fail failed".replace(".", "[.]")):
        judge.judge(cases[0], pages)
    for case in cases[1:]:
        with pytest.raises(pytest.skip.Exception, match=r"could not be asked: see page\[/\]"):
            judge.judge(case, pages)


def test_an_error_of_the_tools_own_is_raised_once(monkeypatch):
    monkeypatch.setattr(Client, "ask", lambda *_: 1 / 0)
    app = make_true_app("/")
    pages, cases = DashPages(app), list_cases(app)
    judge = Judge(app, Settings(), lambda: cases)
    with pytest.raises(ZeroDivisionError):
        judge.judge(cases[0], pages)
    with pytest.raises(pytest.skip.Exception):
        judge.judge(cases[1], pages)


def test_where_no_page_can_be_seen_no_redirect_passes():
    app = make_app()
    register("/a", redirect_from=["/old"])
    enable_true_404(app)
    app.server.before_request(lambda: ("no", 500))
    found = outcomes(app)
    assert names_of(found, "passed") == []
    assert found["redirect[/old]"] == "failed: No page could be seen: / was not seen: it answers 500"


def test_where_a_guard_answers_for_the_only_page_redirects_are_skipped():
    app = make_app()
    register("/a", redirect_from=["/old"])
    enable_true_404(app)
    app.server.before_request(lambda: ("no", 403) if flask.request.path == "/a" else None)
    found = outcomes(app)
    assert found["redirect[/old]"] == "skipped: no page could be seen, so redirects to pages were not asked"


def test_names_are_urls_as_browsers_have_them():
    app = make_app("/", "/caf%C3%A9", requests_pathname_prefix="/p/q/", routes_pathname_prefix="/q/")
    assert [case.name for case in list_cases(app)][:2] == ["page[/p/q/]", "page[/p/q/caf%C3%A9]"]
    assert names_of(outcomes(app), "skipped") == UNKNOWN[1:]


SEVERAL = """
    from werkzeug.middleware.dispatcher import DispatcherMiddleware
    from dash import Dash, dcc, html
    import dash
    from dash_true404 import enable_true_404

    def make(name, link):
        app = Dash(name, use_pages=False)
        app.layout = html.Div(dcc.Link("x", href=link))
        return app

    one, two = make("one", "/one/"), make("two", "/nope")
    enable_true_404(one, paths=["/", "/a"])
    enable_true_404(two, paths=["/", "/b"])
    dispatcher = DispatcherMiddleware(lambda environ, start: start("404 NOT FOUND", []) or [], {
        "/one": one.server.wsgi_app, "/two": two.server.wsgi_app,
    })
"""


def test_several_apps_are_tested_below_their_mounts(pytester):
    pytester.makepyfile(several=SEVERAL)
    result = run(pytester, "--dash-pages", "several:dispatcher", "-v")
    found = items(result)
    assert len(found) == 22
    assert {"page[/one/a]", "page[/two/b]", "unknown[GET /one/]", "unknown[GET /two/]", "app[/one/]"} < set(found)
    result = run(pytester, "--dash-pages", "several:dispatcher", "dash-pages::unknown[GET /two/]")
    result.assert_outcomes(passed=1)


MOUNTED = """
    import dash
    from werkzeug.middleware.dispatcher import DispatcherMiddleware
    from dash_true404 import enable_true_404

    app = dash.Dash("mounted", requests_pathname_prefix="/shop/", routes_pathname_prefix="/")
    app.layout = dash.dcc.Link("a", href="/shop/a")
    enable_true_404(app, paths=["/", "/a"])
    site = DispatcherMiddleware(lambda environ, start: start("404 NOT FOUND", []) or [], {"/shop": app.server})
"""


def test_the_mount_is_once_in_the_names_of_an_app_that_is_made_for_it(pytester):
    pytester.makepyfile(mounted=MOUNTED)
    found = items(run(pytester, "--dash-pages", "mounted:site", "-v"))
    assert found == dict.fromkeys(["page[/shop/]", "page[/shop/a]", *UNKNOWN, "dead-links", "app"], "PASSED")


@pytest.mark.parametrize("fixture", ["dash_pages", "dash_page_case"])
def test_fixtures_are_of_one_app(pytester, fixture):
    pytester.makepyfile(several=SEVERAL)
    write_tests(pytester, "pass", header=fixture)
    pytester.makeini("[pytest]\ndash_app = several:dispatcher\n")
    result = run(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*'several:dispatcher' has 2 Dash apps, at /one/, /two/. Name one of them."])


def test_a_redirect_that_leads_nowhere_fails():
    app = make_app("/", requests_pathname_prefix="/dash/", routes_pathname_prefix="/")
    register("/new", redirect_from=["/old"])
    enable_true_404(app)
    assert "T208" in outcomes(app)["redirect[/dash/old]"]


def test_items_are_added_to_the_tests_that_there_are(pytester):
    write_app(pytester)
    write_tests(
        pytester,
        "dash.Dash('x', use_pages=True, pages_folder='', url_base_pathname='/x/')\ndash.register_page('x', path='/x')",
        header="",
    )
    result = run(pytester, "--dash-pages", "shop:app")
    result.assert_outcomes(passed=14)  # although the test has left a page behind
    result = run(pytester, "--dash-pages-from-config", "-k", "redirect or POST")
    result.assert_outcomes(passed=2, deselected=12)


DEAD = "dash.page_registry['trips']['layout'].children = dcc.Link('x', href='/a::b/nope')\nenable_true_404(app)"


def test_node_ids_run_again_as_they_are_printed(pytester, monkeypatch):
    write_app(pytester, more=DEAD)
    write_tests(pytester, "pass", header="")
    (pytester.path / "sub").mkdir()
    for folder, args in ((".", []), ("sub", ["--rootdir", ".."])):
        monkeypatch.chdir(pytester.path / folder)
        first = run(pytester, "--dash-pages-from-config", "-c", str(pytester.path / "tox.ini"), *args)
        printed = [line.split(" - ")[0].split()[1] for line in first.outlines if line.startswith("FAILED")]
        assert [node_id.rpartition("/")[2] for node_id in printed] == ["dash-pages::dead-links"]
        again = run(pytester, "--dash-pages-from-config", "-c", str(pytester.path / "tox.ini"), *args, *printed)
        assert counts(again) == {"failed": 1}


ITEMS = [f"dash-pages::{name}" for name in ALL_OF_SHOP]
OWN = "test_it.py::test_it"


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ([ITEMS[1]], {ITEMS[1]}),
        ([ITEMS[1], "dash-pages::page"], set(ITEMS[:3])),
        (["dash-pages"], set(ITEMS)),
        (["dash-pages::unknown[GET]", "test_it.py"], {"dash-pages::unknown[GET]", OWN}),
        ([OWN], {OWN}),
        (["test_it.py"], {*ITEMS, OWN}),
        (["--deselect", ITEMS[1]], {*ITEMS, OWN} - {ITEMS[1]}),
    ],
)
def test_tests_are_selected_as_others_are(pytester, args, expected):
    write_app(pytester)
    write_tests(pytester, "pass", header="")
    result = run(pytester, "--dash-pages", "shop:app", "--collect-only", "-q", *args)
    assert result.ret == 0
    collected = [line for line in result.outlines if "::" in line]
    assert set(collected) == expected
    assert len(collected) == len(expected)


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--dash-pages", "shop:app", "dash-pages::page[/nope]"], "ERROR: not found: dash-pages::page[[]/nope[]]"),
        (["dash-pages::page[/nope]"], "ERROR: dash-pages::page[[]/nope[]] is a test of a Dash app. Say which one*"),
    ],
)
def test_a_test_that_is_not_there_is_an_error(pytester, args, told):
    write_app(pytester)
    result = run(pytester, *args)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    pytest.LineMatcher([*result.outlines, *result.errlines]).fnmatch_lines([told])


def test_what_failed_last_is_run_again(pytester):
    write_app(pytester, more=DEAD)
    assert counts(run(pytester, "--dash-pages", "shop:app")) == {"failed": 1, "passed": 12}
    again = run(pytester, "--dash-pages", "shop:app", "--lf")
    assert counts(again) == {"failed": 1, "deselected": 12}


@pytest.mark.slow
def test_with_xdist_each_item_runs_once(pytester, run_pytest):
    pytest.importorskip("xdist")
    write_app(pytester)
    write_tests(pytester, "dash_pages.assert_all_found()")
    names = ["dash-pages::page", "dash-pages::unknown[POST]", "test_it.py::test_it"]
    run_pytest("--dash-pages", "shop:app", "-n", "2", *names).assert_outcomes(passed=5)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "--dash-pages: '' doesn't name an app*"),  # a variable that is not set
        ("shop", "--dash-pages: 'shop' doesn't name an app*"),
        ("http://127.0.0.1:9/", "--dash-pages: http://127.0.0.1:9/ is a URL, *run `dash-true404 check http:*"),
        ("shop:nope", "*Module 'shop' has no attribute 'nope'. It has shop:app."),
        ("shop:dash.Dash(server=False)", "*The app is not on its server yet. *"),
    ],
)
def test_an_app_that_cannot_be_tested_is_an_error_of_collection(pytester, name, told):
    write_app(pytester)
    result = run(pytester, "--dash-pages", name)
    assert result.ret not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*ERROR collecting dash-pages*", told])
    assert len(result.outlines) < 30


def test_an_error_that_is_no_verdict_has_its_traceback(pytester, monkeypatch):
    monkeypatch.setattr(Client, "ask", lambda *_: 1 / 0)
    write_app(pytester)
    result = run(pytester, "--dash-pages", "shop:app", "-k", "trips")
    result.stdout.fnmatch_lines(["*ZeroDivisionError*"])


def test_a_case_for_each_page_with_fixtures_of_the_users(pytester, monkeypatch):
    more = """
        enable_true_404(app)

        @app.server.before_request
        def guard():
            import flask
            from database import users
            if flask.request.headers.get("X-User") not in users:
                return "no", 403
    """
    write_app(pytester, more=more)
    pytester.makeini("[pytest]\ndash_app = shop:app\n")
    pytester.makepyfile(database="users = set()")
    pytester.makepyprojecttoml("[tool.dash-true404]\nheader = ['X-User: ann']\n")
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def database():
            import database
            database.users.add("ann")
            yield
            database.users.clear()

        @pytest.mark.parametrize("other", [1, 2])
        def test_pages(dash_page_case, database, other):
            print(dash_page_case)
            dash_page_case.check()

        def test_strangers(dash_page_case):
            dash_page_case.check()
        """
    )
    looks = []
    monkeypatch.setattr(
        pytest_cases, "check_app", lambda *args, **options: looks.append(1) or check_app(*args, **options)
    )
    result = run(pytester, "-v", "-rs")
    result.assert_outcomes(passed=26, failed=1, skipped=12)
    assert len(looks) == 3  # once for each function and each of its other parameters
    result.stdout.fnmatch_lines(["E*No page could be seen: / was not seen: *403*"])
    result = run(pytester, "-v", "test_a_case_for_each_page_with_fixtures_of_the_users.py::test_pages[page-/trips-1]")
    result.assert_outcomes(passed=1)


def test_a_case_that_fails_says_why(pytester):
    write_app(pytester, more="")
    write_tests(pytester, "dash_page_case.check()", header="dash_page_case")
    pytester.makepyfile(test_unknown="def test_more(): pass")
    result = run(pytester, "-k", "unknown", "-rsf")
    result.assert_outcomes(passed=1, failed=1, skipped=6, deselected=6)
    result.stdout.fnmatch_lines(
        [
            "dash_page_case = unknown[[]GET[]]",
            ">*dash_page_case.check()",
            "E*T101*",
            "FAILED test_it.py::test_it[[]unknown-GET[]]*",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_cases.py*")


def test_cases_need_an_app_that_is_known_when_tests_are_collected(pytester):
    write_app(pytester)
    write_tests(pytester, "dash_page_case.check()", header="dash_page_case")
    pytester.makeini("[pytest]\n")
    result = run(pytester)
    result.assert_outcomes(errors=1)
    # A fixture dash_app comes too late for it.
    named = "Which app? Name it in pytest's configuration: dash_app = module:app."
    result.stdout.fnmatch_lines([f"dash_page_case: {named}"])
    assert len(result.outlines) < 30


def test_a_configuration_that_cannot_be_read_is_named_where_it_would_name_the_app(pytester, monkeypatch):
    pytester.makepyprojecttoml("[project]\nname = 'shop")
    pytester.mkdir("below").joinpath("pytest.ini").write_text("[pytest]\n")  # pytest looks no further
    monkeypatch.chdir(pytester.path / "below")
    result = run(pytester, "--dash-pages-from-config")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["Which app?*: dash_app = module:app. */pyproject.toml isn't TOML: *"])


def test_cases_are_of_the_app_that_is_asked(pytester):
    write_app(pytester)
    write_app(pytester, name="other", more="dash.register_page('new', path='/new', layout='x')\nenable_true_404(app)")
    write_tests(pytester, "dash_page_case.check()", header="dash_page_case")
    pytester.makeini("[pytest]\ndash_app = other:app\n")
    pytester.makeconftest(
        "import pytest\n\n@pytest.fixture\ndef dash_app(isolated_page_registry):\n    import shop\n    return shop.app"
    )
    result = run(pytester)
    result.assert_outcomes(passed=13, failed=1)
    result.stdout.fnmatch_lines(["E*page[[]/new[]] is a test of the configured app, and the app of your fixture*"])
