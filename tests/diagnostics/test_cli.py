"""The command line, as far as all commands share it."""

import contextlib
import io
import json
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from dash_true404.cli import main
from dash_true404.cli_options import paint
from dash_true404.diagnostics.check.findings import Report
from dash_true404.diagnostics.check.report import show_progress
from dash_true404.diagnostics.client import Client

from ..serving import serve

APP = """
import logging
import dash
from dash import html

logging.getLogger("shop").error("imported")
app = dash.Dash("command_line", use_pages=True, pages_folder="")
app.layout = html.Div(dash.page_container)
dash.register_page("home", path="/", layout=html.Div())
app.server.secret_key = "secret"


@app.server.before_request
def guard():
    from flask import abort, request, session

    logging.getLogger("shop").error("asked")
    if request.headers.get("X-Closed"):
        abort(403)
    if request.path == "/only":
        known = [request.headers.get("X-Key"), request.authorization and request.authorization.password]
        known += [session.get("name"), request.host_url]
        return repr(known)
    if request.path == "/break":
        raise SystemError


def log_in(client):
    client.set_session(name="ann")


def pass_by(client):
    pass


def panic(client):
    raise BaseException("rust")
"""


def run(*arguments):
    result = CliRunner().invoke(main, arguments)
    return result.exit_code, result.output


@pytest.fixture
def app_name(tmp_path, monkeypatch):
    """A module in the current folder, and the app in it."""
    (tmp_path / "command_line_app.py").write_text(APP)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "command_line_app", raising=False)
    return "command_line_app:app"


class Screen(io.StringIO):
    """A terminal that keeps what was written to it."""

    def isatty(self):
        return True


def test_what_is_no_method_is_refused(app_name):
    result = CliRunner().invoke(main, ["explain", app_name, "/", "--method", "GET /x"])
    assert result.exit_code == 2
    assert "'GET /x' isn't an HTTP method." in result.output


def test_what_an_app_and_its_children_print_is_not_part_of_the_answer(tmp_path, app_name, capfd):
    with (tmp_path / "command_line_app.py").open("a") as module:
        module.write("\nimport os\nprint('from the app', flush=True)\nos.write(1, b'from a child')\n")
    main(["routes", app_name, "--format", "json"], standalone_mode=False)
    output, errors = capfd.readouterr()
    json.loads(output)
    assert "from the app" in errors
    assert "from a child" in errors


def test_output_may_go_into_memory(app_name):
    """As in a notebook, whose standard output is no file."""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        main(["explain", app_name, "/"], standalone_mode=False)
    assert output.getvalue().startswith("GET /: 200 (page)")


def test_progress_is_one_line_that_is_gone_at_the_end(monkeypatch):
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("COLUMNS", "20")
    with show_progress() as show:
        show("Asking the first of all pages")
        show("Done")
    _, *written, rest = screen.getvalue().split("\r")
    assert written == ["Asking the first of", f"{'Done':19}", " " * 19]
    assert rest == ""


def test_without_a_terminal_there_is_no_progress(monkeypatch):
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with show_progress() as show:
        show("Asking")
    assert sys.stderr.getvalue() == ""


def test_the_package_runs_as_a_command():
    result = subprocess.run(
        [sys.executable, "-m", "dash_true404", "--help"], capture_output=True, text=True, check=True
    )
    assert result.stdout.startswith("Usage: python -m dash_true404 ")


def test_several_urls_are_explained_after_one_import(app_name):
    status, output = run("explain", app_name, "/", "/?x=1")
    assert status == 0
    assert [line for line in output.splitlines() if line.startswith("GET ")] == [
        "GET /: 200 (page)",
        "GET /?x=1: 200 (page)",
    ]
    status, output = run("explain", app_name, "/", "/nope", "--format", "json")
    assert (status, [each["url"] for each in json.loads(output)]) == (1, ["/", "/nope"])
    status, output = run("explain", app_name, "/", "--format", "json")
    assert (status, json.loads(output)["url"]) == (0, "/")


def test_the_app_and_who_asks_can_stand_in_pyproject_toml(app_name, tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.dash-true404]\napp = "{app_name}"\nlogin = "command_line_app:log_in"\n'
    )
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    asked = []
    monkeypatch.setattr(Client, "_make_request", recording(Client._make_request, asked))
    assert run("explain", "/")[0] == 0
    assert run("routes")[0] == 0
    assert run("check")[0] == 1
    strangers = [request for request in asked if not request.headers.get("Cookie", "").startswith("session=")]
    assert [request.target for request in strangers] == ["/"] * 3  # the session is made for it, once a command


def recording(function, results):
    def record(*args):
        results.append(function(*args))
        return results[-1]

    return record


def test_options_come_before_the_table(app_name, tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.dash-true404]\nuser = "ann:1"\nheader = ["X-Key: 1", "X-More: 1"]\nbase-url = "https://ann.example"'
    )
    asked = []
    monkeypatch.setattr(Client, "_make_request", recording(Client._make_request, asked))
    run("explain", app_name, "/", "--user", "bob:2", "--header", "x-key: 2")
    request = asked[0]
    assert request.headers["Authorization"] == "Basic Ym9iOjI="
    assert [request.headers.getlist(name) for name in ("X-Key", "X-More")] == [["2"], ["1"]]
    assert request.base == "https://ann.example"


@pytest.mark.parametrize(
    ("url", "is_told"),
    [
        ("https://ann.example/", True),
        ("http://127.0.0.1:8050/", True),
        ("http://localhost/", True),
        ("https://bob.example/", False),
    ],
)
def test_what_the_table_holds_is_told_to_no_other_host(tmp_path, monkeypatch, url, is_told):
    (tmp_path / "pyproject.toml").write_text('[tool.dash-true404]\nuser = "ann:1"\nbase-url = "https://ann.example/"')
    monkeypatch.chdir(tmp_path)
    visitors = []

    def check_site(url, most, progress, visitor, exclude):
        visitors.append(visitor)
        return Report()

    monkeypatch.setattr("dash_true404.cli.check_site", check_site)
    _, output = run("check", url, "--header", "X-Key: 2")
    (visitor,) = visitors
    assert visitor.headers == (("X-Key", "2"),)
    assert visitor.user == ("ann:1" if is_told else None)
    assert ("isn't used at bob.example" in output) is not is_told


@pytest.mark.parametrize("command", ["routes", "explain", "check"])
def test_the_apps_own_log_is_shown_with_v_only(app_name, command, caplog):
    arguments = [command, app_name, *(["/"] if command == "explain" else [])]
    main(arguments, standalone_mode=False)
    assert not caplog.records
    main([*arguments, "-v"], standalone_mode=False)
    assert {"asked"} <= {record.message for record in caplog.records}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check"], "Which app? Name it, such as app:app, or write it into pyproject.toml"),
        (["explain", "/"], "Which app?"),
        (["explain", "command_line_app:app"], "Which URL? Name it after the app"),
        (["routes", "command_line_app:app", "--login", "command_line_app:nope"], "has no function 'nope'"),
        (["routes", "command_line_app:app", "--user", "ann"], "The user has to be name:password."),
        (["check", "http://["], "Error: 'http://[' isn't a URL of a site. Write http://HOST/ or https://HOST/.\n"),
        (["check", "/about"], "Error: '/about' isn't a URL of a site. Write http://HOST/ or https://HOST/.\n"),
        (["routes", "command_line_app:app", "--base-url", "http://["], "Error: 'http://[' isn't a base URL."),
        (["check", "command_line_app:app", "--exclude", "trips"], "exclude: 'trips' isn't a path. Write it with a"),
        (["check", "http://127.0.0.1:9/", "--exclude", "http://a/b"], "exclude: 'http://a/b' isn't a path."),
        (["check", "command_line_app:app", "--ignore", "foo"], "ignore: 'foo' doesn't begin with a code. Write CODE"),
        (["check", "command_line_app:app", "--ignore", "T999"], "`dash-true404 check --codes` lists the codes."),
        (["routes", "http://a.example/"], "http://a.example/ is a URL, and this needs the app itself"),
        (["explain", "http://a.example/"], "http://a.example/ is a URL, and this needs the app itself"),
        (["check", "localhost:8157"], "If `check` is to ask a site, write http://localhost:8157/."),
        (["check", "localhost:8157/"], "write http://localhost:8157/."),
        (["routes", "no_such_app:app"], "There is no module 'no_such_app'"),
    ],
)
def test_what_keeps_a_command_from_its_work_is_one_message_and_status_2(app_name, arguments, said):
    status, output = run(*arguments)
    assert status == 2
    assert said in output
    assert "Traceback" not in output


@pytest.mark.parametrize("command", ["check", "routes", "explain"])
def test_a_configuration_that_cannot_be_read_keeps_from_work_only_where_it_is_needed(app_name, tmp_path, command):
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'shop")
    urls = ["/"] if command == "explain" else []
    fault = f"{tmp_path / 'pyproject.toml'} isn't TOML: "
    status, output = run(command, *urls)
    assert status == 2
    assert output.startswith(f"Error: {fault}")
    assert output.endswith("Which app? Name it, such as app:app, or correct that file.\n")
    (tmp_path / "pyproject.toml").rename(tmp_path / "elsewhere.toml")
    expected = run(command, app_name, *urls)
    (tmp_path / "elsewhere.toml").rename(tmp_path / "pyproject.toml")
    status, output = run(command, app_name, *urls)
    text, _, note = output.rpartition("Note: ")
    assert note.startswith(fault)
    assert (status, text) == expected


@pytest.mark.parametrize("command", ["check", "routes", "explain"])
def test_an_app_on_no_server_is_told_to_get_one(app_name, tmp_path, command):
    (tmp_path / "no_server.py").write_text("import dash\n\napp = dash.Dash('no_server', server=False)\n")
    status, output = run(command, "no_server:app", *(["/"] if command == "explain" else []))
    assert status == 2
    assert "The app is not on its server yet" in output


def test_what_breaks_off_shows_its_traceback_with_v(app_name, monkeypatch):
    monkeypatch.setattr("dash_true404.cli.list_routes", lambda *_: 1 / 0)
    status, output = run("routes", app_name)
    assert (status, output) == (
        2,
        "Error: The command stopped: ZeroDivisionError: division by zero. The option -v shows where.\n",
    )
    status, output = run("routes", app_name, "-v")
    assert status == 2
    assert "Traceback" in output


def test_a_panic_that_breaks_a_command_off_is_no_finding(app_name, monkeypatch):
    class Panic(BaseException):
        pass

    def panic(*_):
        raise Panic("rust")

    status, output = run("routes", app_name, "--login", "command_line_app:panic")
    assert (status, output.splitlines()[-1]) == (2, "BaseException: rust")
    monkeypatch.setattr("dash_true404.cli.list_routes", panic)
    assert run("routes", app_name) == (2, "Error: The command stopped: Panic: rust. The option -v shows where.\n")


@pytest.mark.parametrize("command", ["check", "routes", "explain"])
def test_ctrl_c_is_no_finding(app_name, command, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("dash_true404.cli.load_apps", interrupt)
    assert run(command, app_name, *(["/"] if command == "explain" else [])) == (130, "Aborted.\n")


def test_a_full_url_is_explained_by_the_app_of_the_table(app_name, tmp_path):
    (tmp_path / "pyproject.toml").write_text(f'[tool.dash-true404]\napp = "{app_name}"\n')
    status, output = run("explain", "http://a.example/")
    assert status == 0
    assert output.startswith("GET /: 200 (page)")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "log in with --user, --header or --login."),
        (["--header", "X-Key: 1"], "it does not accept this visitor: look at --user and --header, or log in with"),
        (["--login", "command_line_app:log_in"], "--login command_line_app:log_in was called, and it still answers."),
    ],
)
def test_what_to_do_about_a_guard_is_said(app_name, tmp_path, options, said):
    assert "Note: A guard" not in run("check", app_name, *options)[1]
    (tmp_path / "command_line_app.py").write_text(APP.replace('request.headers.get("X-Closed")', "True"))
    sys.modules.pop("command_line_app")
    status, output = run("check", app_name, *options)
    assert status == 2
    assert f"Note: A guard seems to answer first: {said}" in output
    with serve(sys.modules["command_line_app"].app.server) as url:
        status, output = run(
            "check", url, *options[:1], *(option.replace("log_in", "pass_by") for option in options[1:])
        )
    assert status == 2
    assert f"it wants a log-in: {said.replace('log_in', 'pass_by')}" in output


def test_a_guarded_app_is_seen_with_a_user(app_name):
    assert run("check", app_name, "--header", "X-Closed: 1")[0] == 2
    assert run("explain", app_name, "/", "--header", "X-Closed: 1")[0] == 2


def test_what_is_wrong_is_in_color_on_a_terminal_only(app_name, monkeypatch):
    for command, marked in (
        ("check", "\x1b[31mT101 "),
        ("explain", "\x1b[32m\x1b[1mGET /: 200 (page)\x1b[0m\n"),
    ):
        arguments = [command, app_name, *(["/"] if command == "explain" else [])]
        assert marked in CliRunner().invoke(main, arguments, color=True).output
        assert "\x1b" not in CliRunner().invoke(main, arguments).output
        monkeypatch.setenv("NO_COLOR", "1")
        assert "\x1b" not in CliRunner().invoke(main, arguments, color=True).output
        monkeypatch.delenv("NO_COLOR")


def test_marks_of_listings_are_in_color():
    assert paint("/a  page ! never reached\n/b!  page") == "/a  page \x1b[33m! never reached\x1b[0m\n/b!  page"
    assert paint("Note T501: a") == "\x1b[33mNote T501:\x1b[0m a"


@pytest.mark.slow
@pytest.mark.parametrize("command", [[], ["check"], ["routes"], ["explain"]])
def test_help_survives_without_docstrings(command):
    arguments = [sys.executable, "-OO", "-m", "dash_true404", *command, "--help"]
    printed = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
    _, description, *_, options = re.split(r"\n\n(?=\S|  \S)", printed)
    assert description.strip().endswith(".")
    assert options.startswith(("Options:", "Commands:"))
    if command:
        assert f"dash-true404 {command[0]} app:app" in printed
