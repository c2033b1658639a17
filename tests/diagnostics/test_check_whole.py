"""How much check asks, and what it says of what it could not, or should not, see."""

from __future__ import annotations

from collections import Counter

import dash
import flask
import pytest
from dash import dcc, html

from dash_true404 import enable_true_404
from dash_true404.core.logs import logger
from dash_true404.diagnostics.check.findings import Unseen
from dash_true404.diagnostics.check.in_process import check_app
from dash_true404.diagnostics.client import Client, NoAnswerError
from dash_true404.diagnostics.settings import Visitor
from dash_true404.diagnostics.urls import UNKNOWN_NAME

from ..apps import app_on, make_app, make_true_app, register


def ask_everything(app, **options):
    """Return the report of a check, and how often it has asked each URL with each method."""
    asked: Counter[tuple[str, str]] = Counter()

    class Counting(Client):
        def ask(self, target, method="GET", headers=None, body=b""):
            asked[method, target] += method == "POST" or not headers
            return super().ask(target, method, headers, body)

    with Counting(app) as client:
        return check_app(app, client=client, **options), asked


def found(report, *codes):
    return [one for one in (*report.findings, *report.notes) if one.code in codes]


def test_no_page_is_asked_more_than_needed(backend):
    app = app_on(backend)
    paths = ["/", *(f"/page-{number}" for number in range(40))]
    for number, path in enumerate(paths):
        register(path, layout=html.Div([dcc.Link("next", href=paths[number - 1]), html.Img(src=paths[0])]))
    enable_true_404(app)
    report, asked = ask_everything(app)
    assert report.findings == report.notes == report.unseen == []
    assert report.counts == {"pages": 41, "redirects": 0, "links": 40, "assets": 1}
    pages = Counter({key: count for key, count in asked.items() if key[1] in paths})
    assert max(pages.values()) == 1
    assert {path for method, path in pages if method == "GET"} == set(paths)
    assert sum(method == "HEAD" for method, _ in pages) == 25
    assert asked["POST", "/_dash-update-component"] == len(paths)
    assert asked["GET", "/" + UNKNOWN_NAME] == 2  # at the start and at the end


def test_log_outs_are_neither_asked_nor_drawn():
    drawn = []
    app = make_app("/", suppress_callback_exceptions=True)
    register("/logout", layout=lambda **_: drawn.append("logout"))
    register("/menu", layout=html.Div([html.A(href="/logout"), html.A(href="/auth/sign-out?next=/")]))
    enable_true_404(app)
    report, asked = ask_everything(app)
    assert not report.findings
    assert sorted({note.url for note in found(report, "T423")}) == ["/auth/sign-out?next=/", "/logout"]
    assert drawn == []
    assert not [url for _, url in asked if "log" in url or "sign" in url]


def test_what_is_excluded_is_not_due():
    app = make_app("/admin", "/admin/users", "/administration", suppress_callback_exceptions=True)
    register(
        "/", layout=html.Div([html.A(href="/admin/users?x=1"), html.A(href="/gone")]), redirect_from=["/admin/old"]
    )
    app.server.before_request(lambda: ("no", 403) if flask.request.path.startswith("/admin") else None)
    enable_true_404(app)
    report, _ = ask_everything(app)
    assert [unseen.url for unseen in report.unseen][:2] == ["/admin", "/admin/users"]
    assert report.exit_status() == 1
    report, asked = ask_everything(app, exclude=["/admin/", "/administration", "/gone"])
    assert (report.findings, report.unseen, report.exit_status()) == ([], [], 0)
    assert not [url for _, url in asked if url.startswith("/admin")]


@pytest.mark.parametrize("exclude", ["/", "/dash"])
def test_what_is_excluded_as_a_whole_is_not_seen(exclude):
    app = make_true_app("/", "/a", url_base_pathname="/dash/")
    report, _ = ask_everything(app, exclude=[exclude])
    why = "exclude leaves out the whole app: name paths below its root, such as /dash/admin"
    assert report.unseen == [Unseen("/dash/", why)]
    assert report.exit_status() == 2


def test_pages_that_are_excluded_one_by_one_are_not_seen():
    report, _ = ask_everything(make_true_app("/a", "/b"), exclude=["/a", "/b"])
    assert report.unseen == [Unseen("/", "none of the app's pages (2 are registered) was asked")]


@pytest.mark.parametrize("is_enabled", [True, False])
@pytest.mark.parametrize("not_found_page", [True, False])
def test_an_app_without_any_page_is_not_seen(is_enabled, not_found_page):
    app = make_app(not_found_page=not_found_page)
    if is_enabled:
        enable_true_404(app)
    report, _ = ask_everything(app)
    assert report.unseen == [Unseen("/", "none of the app's pages (0 are registered) was asked")]
    assert report.exit_status() == (2 if is_enabled else 1)


@pytest.mark.parametrize(("use_pages", "paths"), [(False, ()), (False, ["/a"]), (True, ["/"]), (True, str.isascii)])
def test_an_app_without_registered_pages_may_be_meant(use_pages, paths):
    app = dash.Dash(use_pages=use_pages, pages_folder="")
    app.layout = html.Div(dash.page_container if use_pages else "one page")
    if use_pages or paths:
        enable_true_404(app, paths=paths)
    assert ask_everything(app)[0].unseen == []


def test_a_guard_before_unknown_urls_is_noted_if_all_pages_are_excluded():
    app = make_app("/")
    app.server.before_request(lambda: ("", 302, {"Location": "/login"}))
    enable_true_404(app)
    report, _ = ask_everything(app, exclude=["/"])
    why = "it answers 302, to /login: a guard, such as a log-in, seems to answer first"
    assert Unseen("/" + UNKNOWN_NAME, why) in report.unseen


@pytest.mark.parametrize(("prefix_inside", "links", "files"), [("/", 2, 1), ("/dash/", 3, 2)])
def test_links_that_are_not_asked_are_not_counted(prefix_inside, links, files):
    app = make_app("/", requests_pathname_prefix="/dash/", routes_pathname_prefix=prefix_inside)
    hrefs = ("/dash/", "/dash/gone", "/portal/", "https://example.org/")
    files_of_layout = [html.Img(src="/dash/a.png"), html.Img(src="/portal/b.png")]
    register("/a", layout=html.Div([*(html.A(href=href) for href in hrefs), *files_of_layout]))
    enable_true_404(app)
    report, asked = ask_everything(app)
    assert report.counts == {"pages": 2, "redirects": 0, "links": links, "assets": files}
    assert ("GET", "/portal/") in asked or prefix_inside == "/"


@pytest.mark.parametrize(
    ("location", "status", "is_seen"),
    [
        ("/home", 302, True),
        ("/login", 302, False),
        ("/account/sign-in/", 303, False),
        ("/home?next=/", 302, False),
        ("/home?from=/", 301, True),
        ("/gone", 302, False),
        ("https://sso.example.org/", 302, False),
    ],
)
def test_a_page_that_is_redirected_is_seen_if_no_log_in_does_so(location, status, is_seen):
    app = make_true_app("/", "/home", "/login", "/account/sign-in")

    @app.server.before_request
    def move():
        return flask.redirect(location, status) if flask.request.path == "/" else None

    report, _ = ask_everything(app)
    assert not report.findings
    assert ("/" not in [unseen.url for unseen in report.unseen]) is is_seen


@pytest.mark.parametrize("is_enabled", [True, False])
def test_a_link_that_a_guard_answers_and_nothing_matches_is_not_seen(is_enabled):
    app = make_app("/login", "/new", suppress_callback_exceptions=True)
    links = ["/admin/no", "/dl/x", "/chain", "/sso/x", "/admin/page", "/own", "/own-login", "/slashed", "/old/x"]
    register("/", layout=html.Div([html.A(href=link) for link in links]))
    register("/admin/page")
    server = app.server
    for rule, to in (("/own", "/new"), ("/own-login", "/login?x=1"), ("/slashed/", "/new"), ("/chain", "/admin/2")):
        server.add_url_rule(rule, rule, lambda to=to: flask.redirect(to))

    @server.before_request
    def guard():
        answers = {
            "admin": flask.redirect("/login?next=/"),
            "dl": ("no", 401),
            "sso": flask.redirect("https://sso.example.org/"),
            "old": flask.redirect("/new", 301),
        }
        return answers.get(flask.request.path.split("/")[1])

    if is_enabled:
        enable_true_404(app)
    report, _ = ask_everything(app)
    assert not [finding for finding in report.findings if finding.url in links]
    guards = "a guard, such as a log-in, seems to answer first"
    to_login = f"it answers 302, to /login?next=/: {guards}"
    assert report.unseen == [
        Unseen("/admin/page", to_login),
        Unseen("/admin/no", f"linked on /, {to_login}"),
        Unseen("/dl/x", f"linked on /, it answers 401: {guards}"),
        Unseen("/chain", f"linked on /, {to_login}"),
        Unseen("/sso/x", f"linked on /, it answers 302, to https://sso.example.org/: {guards}"),
    ]
    left_out = ["/admin", "/dl", "/chain", "/sso"]
    report, _ = ask_everything(app, exclude=left_out)
    assert report.unseen == []
    assert report.exit_status() == (0 if is_enabled else 1)


def test_links_are_not_said_to_be_guarded_where_every_unknown_url_is_redirected():
    app = make_app("/new")
    register("/", layout=html.A(href="/gone"))
    enable_true_404(app)
    app.server.register_error_handler(404, lambda _: flask.redirect("/login"))
    app.server.add_url_rule("/login", "login", lambda: "log in")
    report, _ = ask_everything(app)
    assert [one.url for one in found(report, "T121")] == ["/" + UNKNOWN_NAME]
    assert report.unseen == []


def test_links_of_an_app_whose_pages_nobody_knows_are_not_said_to_be_guarded():
    app = dash.Dash()
    app.layout = html.A(href="/dl/x")
    app.server.before_request(lambda: ("no", 401) if flask.request.path == "/dl/x" else None)
    report, _ = ask_everything(app)
    assert report.unseen == []


def test_an_open_home_page_with_a_guarded_one_is_not_complete(backend):
    app = app_on(backend, "/", "/admin")
    if backend == "fastapi":
        from fastapi.responses import RedirectResponse

        @app.server.middleware("http")
        async def guard(request, call_next):
            return RedirectResponse("/login", 302) if request.url.path == "/admin" else await call_next(request)

    else:

        @app.server.before_request
        def guard():
            path = (flask if backend == "flask" else pytest.importorskip("quart")).request.path
            return ("", 302, {"Location": "/login"}) if path == "/admin" else None

    enable_true_404(app)
    report, _ = ask_everything(app)
    why = "it answers 302, to /login: a guard, such as a log-in, seems to answer first"
    assert report.unseen == [Unseen("/admin", why)]
    assert (report.findings, report.exit_status()) == ([], 2)


def test_a_session_that_ends_meanwhile_makes_the_check_incomplete():
    app = make_true_app("/", "/a", "/b")
    left = iter(range(12))

    @app.server.before_request
    def guard():
        return None if next(left, None) is not None else ("log in", 401)

    with Client(app, Visitor(headers=(("Authorization", "token"),))) as client:
        report = check_app(app, client=client)
    assert report.exit_status() == 2
    assert any("the session of the check has ended" in unseen.why for unseen in report.unseen)
    assert not report.findings


def test_a_session_that_lasts_is_no_reason():
    app = make_true_app("/", "/a")
    with Client(app, Visitor(user="me:secret")) as client:
        assert check_app(app, client=client).exit_status() == 0


class Silent(Client):
    """Gets no answer for some pages."""

    def ask(self, target, method="GET", headers=None, body=b""):
        if target.startswith("/slow") or b"/undrawn" in body:
            raise NoAnswerError("The app has not answered.")
        return super().ask(target, method, headers, body)


def test_what_does_not_answer_makes_the_check_incomplete():
    app = make_true_app("/", "/slow", "/undrawn")
    with Silent(app) as client:
        report = check_app(app, client=client)
    assert not report.findings
    assert {unseen.url for unseen in report.unseen} == {"/slow", "/undrawn"}


def test_an_app_that_answers_no_more_is_not_waited_for():
    app = make_true_app("/", *(f"/slow/{number}" for number in range(9)))
    asked = []

    class Counting(Silent):
        def ask(self, target, *args):
            asked.append(target)
            return super().ask(target, *args)

    with Counting(app) as client, pytest.raises(NoAnswerError, match="none of 3 requests"):
        check_app(app, client=client)
    assert sum(target.startswith("/slow") for target in asked) == 3


@pytest.mark.parametrize("is_async", [False, pytest.param(True, marks=pytest.mark.asgi)])
def test_a_layout_that_needs_its_variables_fails_the_first_request(is_async):
    def layout(n):
        return html.P(n)

    async def layout_async(n):
        return layout(n)

    app = make_app("/")
    register("/item/<n>", module="item", layout=layout_async if is_async else layout, exists=lambda n: n == "1")
    enable_true_404(app)
    (finding,) = check_app(app).findings
    assert finding[:5] == ("T401", f"/item/{UNKNOWN_NAME}", "GET", None, None)
    assert finding.why.endswith("at the first request to each process, which fails: GET /_dash-layout answered 500.")
    assert dash.page_registry["item"]["layout"] in (layout, layout_async)


class Panic(BaseException):
    """As extensions written in Rust raise it."""


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("error", [SystemExit("no DATABASE_URL"), Panic("no DATABASE_URL")])
def test_a_layout_that_ends_the_server_is_one_finding_and_the_rest_is_checked(backend, error, is_async):
    def layout(**_):
        raise error

    async def layout_async(**_):
        raise error

    app = app_on(backend, "/", suppress_callback_exceptions=True)
    register("/ends", module="ends", layout=layout_async if is_async else layout)
    register("/links", layout=html.A(href="/gone"))
    enable_true_404(app)
    report = check_app(app)
    assert {(finding.code, finding.url) for finding in report.findings} == {("T401", "/ends"), ("T411", "/gone")}
    assert f"raised {type(error).__name__}: no DATABASE_URL" in found(report, "T401")[0].why
    assert report.unseen == []


def test_templates_are_drawn_with_made_up_values_if_that_is_wanted():
    drawn = []

    def layout(n=None, **_):
        drawn.append(n)
        return html.P(int(n))

    app = make_app("/", suppress_callback_exceptions=True)
    register("/item/<n>", layout=layout, exists=lambda n: True)
    enable_true_404(app)
    assert check_app(app).findings == []
    assert drawn == []
    (finding,) = check_app(app, probe_templates=True).findings
    assert finding.code == "T401"
    assert "raised ValueError: invalid literal" in finding.why
    assert drawn == [UNKNOWN_NAME]


@pytest.mark.asgi
def test_an_async_function_that_raises_is_named():
    async def exists(n):
        raise KeyError(n)

    app = app_on("quart", "/")
    register("/item/<n>", exists=exists)
    enable_true_404(app)
    (finding,) = found(check_app(app), "T301")
    assert "raised KeyError" in finding.why


def test_a_function_that_a_layout_replaces_stays_replaced():
    def later(**_):
        return html.P("later")

    def layout(**_):
        dash.page_registry["page"]["layout"] = later
        return html.P("now")

    app = make_app("/", suppress_callback_exceptions=True)
    register("/page", module="page", layout=layout)
    enable_true_404(app)
    assert check_app(app).findings == []
    assert dash.page_registry["page"]["layout"] is later


def test_what_the_library_logs_is_a_finding(monkeypatch):
    handled = []
    app = make_true_app("/")
    app.server.register_error_handler(Exception, lambda error: ("oops", 500))

    @app.server.before_request
    def warn():
        if flask.request.path == "/":
            logger.error("Something broke.", exc_info=ValueError("why"))

    monkeypatch.setattr(logger, "handlers", [type("Handler", (), {"level": 0, "handle": handled.append})()])
    report = check_app(app)
    whys = [finding.why for finding in found(report, "T601")]
    assert "Something broke. (ValueError: why)" in whys
    assert any("errorhandler(Exception)" in why for why in whys)
    assert handled == []


def test_pages_that_show_nothing_are_not_drawn_alike():
    app = make_app("/")
    for path in ("/a", "/b", "/c", "/d"):
        register(
            path, layout=html.Div() if path < "/c" else html.Div(["One, two three", [html.B("four five six")] * 2])
        )
    enable_true_404(app)
    (note,) = check_app(app).notes
    assert note.why == '/c, /d are drawn alike: "One, two three four five six four five ...". Is that a log-in?'


def test_a_made_up_value_that_does_not_exist_is_no_finding_without_true_404s():
    app = make_app("/")
    register("/item/<n>", exists=lambda n: n == "1")
    report = check_app(app)
    assert not [one for one in (*report.findings, *report.notes) if "/item" in one.url]
