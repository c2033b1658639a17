"""The command line, as far as all commands share it."""

import contextlib
import io
import subprocess
import sys

import pytest
from click.testing import CliRunner

from dash_true404.cli import main
from dash_true404.diagnostics.check.report import show_progress

APP = """
import dash
from dash import html

app = dash.Dash("command_line", use_pages=True, pages_folder="")
app.layout = html.Div(dash.page_container)
dash.register_page("home", path="/", layout=html.Div())
"""


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
