"""In debug mode Dash makes a 500 of every error that has no handler of its own."""

import contextlib
import http.client
import os
import signal
import subprocess
import sys

import pytest
from werkzeug.exceptions import HTTPException

from dash_true404 import IN_APP, enable_true_404

from .. import client
from ..apps import app_with, make_app, make_true_app
from ..client import FOUND, UNKNOWN, by_method, status
from ..waiting import wait_for


def debug(app):
    app.enable_dev_tools(debug=True, dev_tools_hot_reload=False)
    app.server.debug = True


@pytest.mark.parametrize("page", [None, IN_APP])
@pytest.mark.parametrize("when", ["before", "after"])
def test_404_stays_404_and_405_stays_405(when, page):
    app = app_with(debug, when, page)
    assert by_method(app, "/a") == FOUND
    assert by_method(app, "/zz") == UNKNOWN
    assert status(app, "/_dash-update-component") == 405
    assert status(app, "/_dash-update-component", "PUT") == 405


def test_redirects_stay_redirects():
    app = make_app("/", "/a/b")
    enable_true_404(app, redirect_slashes=True)
    debug(app)
    assert [status(app, url) for url in ("/a/b/", "/a//b")] == [308, 308]


def test_what_is_not_under_the_catch_all_stays_as_dash_makes_it():
    app = make_true_app("/", url_base_pathname="/dash/")
    debug(app)
    assert status(app, "/zz") == 500
    assert status(app, "/dash/assets/none.css") == 500


@pytest.mark.parametrize("error", [404, HTTPException])
def test_the_users_handler_still_wins(error):
    app = make_true_app("/")
    app.server.register_error_handler(error, lambda e: ("mine", e.code))
    debug(app)
    answer = client.ask(app, "/zz")
    assert (answer.status, answer.text) == (404, "mine")


SCRIPT = """
import pathlib, sys
import dash
from dash import html
from dash_true404 import enable_true_404

app = dash.Dash(__name__, use_pages=True, pages_folder="", assets_folder=sys.argv[1])
app.layout = html.Div(dash.page_container)
dash.register_page("home", path="/", layout=html.Div())
enable_true_404(app)
if __name__ == "__main__":
    app.run(debug=True, port=int(sys.argv[2]))
"""


def ask(port, path, method="GET"):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, http.client.HTTPException):  # while it starts, or starts anew, in the middle of an answer too
            return None


@pytest.mark.slow
def test_app_run_with_debug_and_the_reloader(tmp_path, free_port):
    assets = tmp_path / "assets"
    assets.mkdir()
    (assets / "404.html").write_text("first")
    script = tmp_path / "debug_app.py"
    script.write_text(SCRIPT)
    command = [sys.executable, str(script), str(assets), str(free_port)]
    log = tmp_path / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True) as process,
    ):

        def answer(path, method="GET", until=lambda *_: True):
            found = None

            def is_there():
                nonlocal found
                assert process.poll() is None, f"it has ended: {log.read_text()}"
                found = ask(free_port, path, method)
                return found is not None and until(*found)

            wait_for(is_there, lambda: f"{method} {path}: {found}; {log.read_text()}")
            return found

        try:
            assert answer("/")[0] == 200
            assert answer("/zz") == (404, "first")
            assert answer("/zz", "POST") == (404, "first")
            assert answer("/", "POST")[0] == 405
            (assets / "404.html").write_text("second")
            answer("/zz", until=lambda status, text: (status, text) == (404, "second"))
            edited = tmp_path / "edited.py"
            edited.write_text(SCRIPT.replace('path="/"', 'path="/moved"'))
            edited.replace(script)  # at once, or half of it may be run
            answer("/moved", until=lambda status, text: status == 200)
            assert answer("/zz") == (404, "second")
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # the reloader runs the app in a process of its own
