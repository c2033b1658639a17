"""What ``check`` finds in an app in this process: each fault in an app that has it, nothing in one that has not."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path

import dash
import flask
import pytest
from click.testing import CliRunner
from dash import dcc, html

from dash_true404 import IN_APP, enable_true_404
from dash_true404.cli import main
from dash_true404.diagnostics.check.findings import Finding, Report
from dash_true404.diagnostics.check.in_process import check_app
from dash_true404.diagnostics.check.report import format_report
from dash_true404.diagnostics.client import Client
from dash_true404.diagnostics.rules import METHODS
from dash_true404.diagnostics.urls import UNKNOWN_NAME

from ..apps import app_on, make_app, make_true_app, register, wrap_dashs_views
from .asking import find_faults

PREFIXES = ({}, {"url_base_pathname": "/dash/"}, {"requests_pathname_prefix": "/d/", "routes_pathname_prefix": "/"})
OPTIONS = ({}, {"everywhere": True}, {"redirect_slashes": True}, {"page": IN_APP})
REPOSITORY = Path(__file__).parents[2]


def sound_app(backend="flask", true=True, options=None, **server):
    """Return an app with a bit of everything and no fault."""
    app = app_on(backend, "/", "/b/", "/caf%C3%A9", not_found_page=True, **server)
    links = [
        dcc.Link("b", href=dash.get_relative_path("/b")),
        html.A(href="#top"),
        html.A(href="https://dash.plotly.com"),
    ]
    register("/old-and-new", layout=html.Div(links), redirect_from=None if is_prefixed(server) else ["/old"])
    register("/item/<n>", exists=lambda n: n == "1")
    if true:
        enable_true_404(app, **(options or {}))
    return app


def is_prefixed(server):
    return any("prefix" in name or "base" in name for name in server)


def said(app):
    """Return all that a check of an app has to say, but for how much was asked."""
    report = check_app(app)
    return [*report.findings, *report.notes, *report.unseen]


def codes(app):
    """Return the codes of findings and notes."""
    report = check_app(app)
    return [finding.code for finding in (*report.findings, *report.notes)]


def seen(app, url=None):
    """Return the findings as {(URL, method): (seen, due)}."""
    return {(f.url, f.method): (f.seen, f.due) for f in find_faults(app) if url in (None, f.url)}


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("options", OPTIONS)
def test_a_sound_app_has_no_findings(backend, prefix, options):
    assert said(sound_app(backend, options=options, **prefix)) == []


@pytest.mark.parametrize("prefix", PREFIXES)
def test_without_true_404s_it_says_what_would_change(backend, prefix):
    app = sound_app(backend, true=False, **prefix)
    home = app.config.requests_pathname_prefix
    due = {(home + UNKNOWN_NAME, method): (405, 404) for method in METHODS}
    soft = ("GET",) if backend == "fastapi" else ("GET", "HEAD", "OPTIONS")
    due.update({(home + UNKNOWN_NAME, method): (200, 404) for method in soft})
    due[home + "_dash-update-component", "GET"] = (200, 405)
    due[home + "_dash-component-suites/dash/true404-no-such.js", "GET"] = (500, 404)
    due[home + "pages/not-found-404", "GET"] = (200, 404)
    if not prefix or (backend == "fastapi" and "url_base_pathname" in prefix):  # whose catch-all takes all, there too
        due["/favicon.ico", "GET"] = (200, 404)
    if backend == "fastapi":  # where there is no assets folder, Dash has no route for it either
        due[home + "assets/true404-no-such.css", "GET"] = (200, 404)
    assert seen(app) == due


def test_report_only_is_named():
    findings = find_faults(sound_app(options={"report_only": True}))
    assert findings
    assert {finding.group for finding in findings} == {"enable_true_404"}
    assert check_app(sound_app(options={"report_only": True})).cure == "Taking report_only=True away"


def test_an_app_without_pages_is_told_of_paths():
    app = dash.Dash(__name__)
    app.layout = html.Div()
    findings = find_faults(app)
    assert {finding.url for finding in findings} >= {"/" + UNKNOWN_NAME, "/favicon.ico"}
    assert "paths=[...]" in check_app(app).cure
    dash_with_paths = dash.Dash(__name__)
    dash_with_paths.layout = html.Div([html.A(href="/reports/1"), html.A(href="/gone")])
    enable_true_404(dash_with_paths, paths=["/", "/reports/<n>"])
    assert seen(dash_with_paths) == {("/gone", "GET"): (404, 200)}


def test_no_home_page_is_a_note_with_true_404s_and_a_finding_without():
    app = make_app("/a")
    enable_true_404(app)
    report = check_app(app)
    assert not report.findings
    assert "no page for /" in report.notes[0].why
    dash.page_registry.clear()
    assert seen(make_app("/a"), "/") == {("/", "GET"): (200, 404)}


@pytest.mark.parametrize(("status", "answered"), [(None, 200), (200, 200), (500, 500)])
def test_a_404_handler_that_answers_something_else(backend, status, answered):
    app = sound_app(backend)
    if backend == "fastapi":
        from fastapi.responses import PlainTextResponse

        app.server.add_exception_handler(404, lambda request, error: PlainTextResponse("sorry", status or 200))
    else:
        app.server.register_error_handler(404, lambda error: ("sorry", status) if status else "sorry")
    found = seen(app)
    assert found["/" + UNKNOWN_NAME, "GET"] == found["/" + UNKNOWN_NAME, "POST"] == (answered, 404)
    assert found["/assets/true404-no-such.css", "GET"] == (answered, 404)


def test_a_sound_404_handler_is_no_finding():
    app = sound_app()
    app.server.register_error_handler(404, lambda error: ("sorry", 404))
    assert said(app) == []


def test_a_handler_for_every_exception_that_answers_500():
    for true in (True, False):
        app = sound_app(true=true)
        app.server.register_error_handler(Exception, lambda error: ("oops", 500))
        found = seen(app)
        assert found["/assets/true404-no-such.css", "GET"] == (500, 404)
        assert found["/" + UNKNOWN_NAME, "GET"] == (500 if true else 200, 404)
        dash.page_registry.clear()


def test_a_redirecting_404_handler_is_noted():
    app = sound_app()
    app.server.register_error_handler(404, lambda error: ("", 302, {"Location": "/"}))
    report = check_app(app)
    assert any("are redirected (302, to /)" in note.why for note in report.notes)


def test_a_404_that_is_another_status_for_some_request_headers():
    app = sound_app()

    @app.server.errorhandler(404)
    def sorry(error):
        from flask import request

        return "sorry", 304 if "If-None-Match" in request.headers else 404

    (finding,) = find_faults(app)
    assert finding[1:5] == ("/" + UNKNOWN_NAME, "GET", 304, 404)
    assert "If-None-Match" in finding.why


def test_head_that_says_something_else():
    app = sound_app()

    @app.server.before_request
    def head():
        from flask import request

        if request.method == "HEAD":
            return "", 200 if request.path.endswith(UNKNOWN_NAME) else 501

    found = seen(app)
    assert found["/" + UNKNOWN_NAME, "HEAD"] == (200, 404)
    assert found["/b/", "HEAD"] == (501, 200)


def test_a_405_without_allow():
    app = sound_app()
    app.server.register_error_handler(405, lambda error: ("not so", 405))
    found = seen(app)
    assert found["/b/", "POST"] == (405, 405)


def test_a_404_that_may_be_cached_is_noted():
    app = sound_app()
    app.server.register_error_handler(404, lambda error: ("sorry", 404, {"Cache-Control": "public, max-age=864000"}))
    report = check_app(app)
    assert not report.findings
    assert "cached for 10 days" in report.notes[0].why


def test_a_page_that_fails_or_is_taken():
    app = sound_app()
    app.server.add_url_rule("/b/", "mine", lambda: ("oops", 500))
    assert seen(app)["/b/", "GET"] == (500, 200)


@pytest.mark.parametrize("prefixes", [("/dash/", "/dash/"), ("/dash/", "/")])
def test_a_redirect_that_leads_nowhere(prefixes):
    app = make_app("/", requests_pathname_prefix=prefixes[0], routes_pathname_prefix=prefixes[1])
    register("/new", redirect_from=["/old"])
    enable_true_404(app)
    with Client(app) as client:
        first = client.ask(prefixes[1] + "old")
    is_right = first.headers.get("Location") == "/dash/new"  # from Dash 4 on the prefix is there twice
    assert seen(app) == ({} if is_right else {("/dash/old", "GET"): (404, 200)})


def test_a_redirect_to_what_was_a_page():
    for true in (True, False):
        app = make_app("/")
        register("/new", module="new", redirect_from=["/old"])
        if true:
            enable_true_404(app)
        register("/newer", module="new")
        assert seen(app)["/old", "GET"] == ((404, 200) if true else (200, 404))
        dash.page_registry.clear()


def test_a_redirect_to_a_page_that_fails_says_so():
    app = make_app("/")
    register("/new", redirect_from=["/old"])
    enable_true_404(app)
    app.server.before_request(lambda: ("", 500) if flask.request.path == "/new" else None)
    whys = {finding.url: finding.why for finding in find_faults(app)}
    assert whys["/old"].startswith("A redirect_from leads to /new, which answers 500: ")
    assert "3549" not in whys["/old"]


@pytest.mark.parametrize("name", ["exist", "exits", "exsits", "exists_"])
def test_a_misspelt_exists(name):
    app = make_app("/")
    register("/item/<n>", **{name: lambda n: n == "1"})
    enable_true_404(app)
    (finding,) = find_faults(app)
    assert finding[1:5] == (f"/item/{UNKNOWN_NAME}", "GET", 200, 404)
    assert f"{name}=" in finding.why


@pytest.mark.parametrize("options", [{"exits": "two doors"}, {"existing": 3}, {"lists": lambda: []}])
def test_further_keywords_are_no_misspelt_exists(options):
    app = make_app("/")
    register("/item/<n>", **options)
    enable_true_404(app)
    assert find_faults(app) == []


@pytest.mark.parametrize(("path", "url"), [("/sp ace", "/sp%20ace"), ("/café/<n>", f"/caf%C3%A9/{UNKNOWN_NAME}")])
def test_a_page_that_no_browser_can_reach(path, url):
    for true in (True, False):
        app = make_app("/", path)
        if true:
            enable_true_404(app)
        finding = next(finding for finding in find_faults(app) if finding.url == url)
        assert finding[2:5] == (("GET", 404, 200) if true else ("GET", 200, 404))
        assert "No browser can reach" in finding.why
        dash.page_registry.clear()


def test_an_odd_template_is_noted():
    app = make_app("/", "/p+/<n>")
    enable_true_404(app)
    report = check_app(app)
    assert not report.findings
    assert "pattern" in report.notes[0].why


def test_a_template_that_takes_every_url_is_noted():
    for true in (True, False):
        app = make_app("/", "/<name>")
        if true:
            enable_true_404(app)
        assert not [finding for finding in find_faults(app) if finding.url == "/" + UNKNOWN_NAME]
        assert any("Every URL is a page" in note.why for note in check_app(app).notes)
        dash.page_registry.clear()


def test_unless_it_has_exists():
    app = make_app("/")
    register("/<name>", exists=lambda name: name == "me")
    enable_true_404(app)
    assert said(app) == []


def test_a_templates_inferred_path_is_no_page():
    app = make_app("/")
    register("/item/<n>", exists=lambda n: n != "none")
    register("/thing/<n>", module="thing", exists=lambda n=None: n in (None, "1"))
    enable_true_404(app)
    assert dash.page_registry["thing"]["path"] == "/thing/none"
    assert find_faults(app) == []


@pytest.mark.parametrize("answer", [("log in", 401), ("", 302, {"Location": "/login"}), "<form>log in</form>"])
@pytest.mark.parametrize("true", [True, False])
def test_behind_a_log_in_nothing_is_guessed(answer, true):
    app = sound_app(true=true)
    app.server.before_request(lambda: answer)
    report = check_app(app)
    assert (report.findings, report.is_complete, report.exit_status()) == ([], False, 2)
    assert "a guard" in report.unseen[0].why


def test_a_guard_around_the_views_keeps_its_405():
    app = make_app("/", "/a")
    wrap_dashs_views(app)
    enable_true_404(app)
    assert find_faults(app) == []


def test_assets_that_are_there(backend, tmp_path):
    (tmp_path / "style.css").write_text("p {}")
    app = app_on(backend, "/", assets_folder=str(tmp_path))
    enable_true_404(app)
    assert find_faults(app) == []


def test_an_asset_that_cannot_be_had(tmp_path):
    (tmp_path / "style.css").write_text("p {}")
    app = make_app("/", assets_folder=str(tmp_path))
    enable_true_404(app)

    @app.server.after_request
    def lose(response):
        from flask import request

        response.status_code = 404 if request.path == "/assets/style.css" else response.status_code
        return response

    assert seen(app) == {("/assets/style.css", "GET"): (404, 200)}


def test_a_served_favicon_is_no_finding():
    app = sound_app(true=False)
    app.server.add_url_rule("/favicon.ico", "icon", lambda: "icon")
    assert ("/favicon.ico", "GET") not in seen(app)


def test_an_exists_that_is_no_function():
    app = make_app("/")
    register("/item/<n>", exists="yes")
    assert any("exists of page" in finding.why for finding in check_app(app).findings if finding.code == "T303")


def test_a_layout_that_raises():
    app = make_app("/", suppress_callback_exceptions=True)
    register("/bad", layout=lambda **_: 1 / 0)
    enable_true_404(app)
    (finding,) = find_faults(app)
    assert finding[:5] == ("T401", "/bad", "GET", None, None)  # GET /bad is 200
    assert finding.why.endswith("so Dash draws nothing at /bad.")


@pytest.mark.parametrize("status", [500, 503])
def test_a_layout_that_did_not_raise_is_not_blamed(status):
    app = sound_app()
    app.server.before_request(lambda: ("", status) if flask.request.method == "POST" else None)
    report = check_app(app)
    assert "T401" not in {finding.code for finding in report.findings}
    assert ("/", f"asked for the layout, the server answers {status}") in report.unseen


@pytest.mark.parametrize("name", ["style.css", "true404-no-such.css"])
def test_an_asset_that_is_not_available_just_now_is_not_seen(name, tmp_path):
    (tmp_path / "style.css").write_text("")
    app = make_true_app("/", assets_folder=str(tmp_path))
    url = f"/assets/{name}"
    app.server.before_request(lambda: ("", 503) if flask.request.path == url else None)
    report = check_app(app)
    assert (report.findings, report.unseen) == ([], [(url, "it answers 503")])


def test_progress_is_told():
    told = []
    check_app(sound_app(), told.append)
    assert any("Asking page 1 of" in text for text in told)
    assert any("Reading page" in text for text in told)


def test_an_app_that_is_on_no_server_yet():
    app = dash.Dash(__name__, server=False)
    with pytest.raises(ValueError, match="init_app"):
        find_faults(app)


def write_app(folder, name, true, layout="'hi'"):
    lines = [
        "import dash",
        "from dash import Dash, html",
        "from dash_true404 import enable_true_404",
        "app = Dash(__name__, use_pages=True, pages_folder='')",
        "app.layout = html.Div(dash.page_container)",
        f"dash.register_page('home', path='/', layout={layout})",
        "print('noise')",
        "enable_true_404(app)" if true else "",
    ]
    (folder / f"{name}.py").write_text("\n".join(lines))


def run(folder, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", "from dash_true404.cli import main; main(prog_name='dash-true404')", "check"]
    return subprocess.run(
        [*command, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=100, check=False
    )


def test_the_command_on_a_sound_app(tmp_path):
    write_app(tmp_path, "sound", True)
    result = run(tmp_path, "sound:app")
    assert (result.returncode, result.stdout) == (0, "sound:app: no findings. Asked: 1 page.\n")


def test_the_command_on_a_plain_app(tmp_path):
    write_app(tmp_path, "plain", False)
    result = run(tmp_path, "plain:app")
    assert result.returncode == 1
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "\x1b" not in result.stdout + result.stderr
    assert "\r" not in result.stderr
    assert "Traceback" not in result.stderr
    assert f"200   404  GET, HEAD, OPTIONS        /{UNKNOWN_NAME}" in result.stdout
    assert "plain:app: 10 findings. enable_true_404(app) fixes them all." in result.stdout


def test_the_command_with_json(tmp_path):
    write_app(tmp_path, "linked", True, "html.A(href='/gone')")
    result = run(tmp_path, "linked:app", "--format", "json")
    assert result.returncode == 1
    told = json.loads(result.stdout)
    (finding,) = told["findings"]
    assert list(finding) == ["code", "severity", "url", "method", "seen", "due", "why", "page", "group"]
    assert finding["url"] == "/gone"
    assert (told["notes"], told["complete"]) == ([], True)


@pytest.mark.parametrize("name", ["no_such_module:app", "json:no_such_thing", "json:dumps", "nothing"])
def test_what_cannot_be_checked_ends_with_2(name):
    result = CliRunner().invoke(main, ["check", name])
    assert result.exit_code == 2
    assert result.output.startswith("Error: ") or "Error: " in result.output


def test_an_app_without_init_app_ends_with_2(tmp_path):
    (tmp_path / "early.py").write_text("import dash\napp = dash.Dash(__name__, server=False)\n")
    result = run(tmp_path, "early:app")
    assert result.returncode == 2
    assert "init_app" in result.stderr


def test_a_check_that_breaks_off_ends_with_2(tmp_path, monkeypatch):
    write_app(tmp_path, "fine_app", True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("dash_true404.cli.check_app", lambda *_, **__: 1 / 0)
    result = CliRunner().invoke(main, ["check", "fine_app:app"])
    assert result.exit_code == 2
    assert "stopped: ZeroDivisionError" in result.output


def test_one_reason_is_told_once():
    findings = [Finding("T411", url, "GET", 404, 200, "Reason.") for url in ("/a", "/b")]
    text = format_report("app", Report(findings, [Finding("T125", "/", why="A note.")]))
    assert text.count("Reason.") == 1
    assert text.endswith("Note T125: A note.\n\napp: 2 findings.")


def test_the_demo_has_no_findings_but_its_dead_ends():
    code = "from demo_app.app import create_app\nfrom dash_true404.diagnostics.check.in_process import check_app\n"
    code += "print([finding.url for finding in check_app(create_app(True)).findings])"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=100, check=True
    )
    # Its footer links to them on purpose.
    assert set(json.loads(result.stdout.replace("'", '"'))) <= {"/no-such-page", "/wp-login.php", "/About", "/%61bout"}


def test_no_view_of_the_users_is_called_with_an_unsafe_method():
    called = []
    app = make_app("/", "/contact")
    app.server.add_url_rule("/contact", "send", lambda: called.append("send") or "", methods=["POST"])
    app.server.add_url_rule(
        "/<path:rest>", "all", lambda rest: called.append(rest) or "", methods=["POST", "PUT", "DELETE"]
    )
    enable_true_404(app)
    assert find_faults(app) == []
    assert called == []


def test_what_exists_denies_is_told_without_true_404s():
    app = make_app("/")
    register("/sold", exists=lambda: False)
    (finding,) = [finding for finding in find_faults(app) if finding.url == "/sold"]
    assert finding[2:5] == ("GET", 200, 404)
    assert "The exists of page 'm_47_sold' returned False." in finding.why


def test_a_home_that_another_route_answers_is_no_finding():
    server = flask.Flask(__name__)
    server.add_url_rule("/", "start", lambda: "welcome")
    app = make_app("/a", server=server)
    enable_true_404(app)
    assert said(app) == []


@pytest.mark.parametrize("is_external", [True, False])
def test_assets_on_another_host_are_not_asked(is_external):
    app = make_app("/", assets_external_path="https://cdn.invalid/" if is_external else None)
    enable_true_404(app)
    app.server.register_error_handler(404, lambda error: "sorry")
    assert (("/assets/true404-no-such.css", "GET") in seen(app)) is not is_external


def test_hidden_files_are_no_assets(tmp_path):
    for name in (".hidden/a.css", ".gitkeep", "css/.gitkeep", "more/b.css"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("p {}")
    app = make_app("/", assets_folder=str(tmp_path))
    enable_true_404(app)
    asked = []
    app.server.before_request(lambda: asked.append(flask.request.path))
    assert find_faults(app) == []
    assert [path for path in asked if path.startswith("/assets/")] == [
        "/assets/true404-no-such.css",
        "/assets/more/b.css",
    ]


def test_a_405_without_allow_on_what_is_no_page():
    app = make_app("/")
    view = app.server.view_functions["/<path:path>"]
    app.server.view_functions["/<path:path>"] = functools.wraps(view)(lambda *args, **kw: view(*args, **kw))
    enable_true_404(app)
    app.server.register_error_handler(405, lambda error: ("no", 405))
    assert seen(app)["/" + UNKNOWN_NAME, "POST"] == (405, 405)


def test_head_with_another_content_type_is_noted():
    app = make_app("/")
    enable_true_404(app)

    @app.server.after_request
    def change(response):
        if flask.request.method == "HEAD":
            response.content_type = "text/plain"
        return response

    assert any("HEAD has another Content-Type (text/plain) than GET" in note.why for note in check_app(app).notes)
