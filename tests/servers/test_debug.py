"""In debug mode Dash makes a 500 of every error that has no handler of its own."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from werkzeug.exceptions import HTTPException

from dash_true404 import IN_APP, enable_true_404

from .. import client
from ..apps import app_with, make_app, make_true_app
from ..client import FOUND, UNKNOWN, by_method, status


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
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_app_run_with_debug_and_the_reloader(tmp_path, free_port):
    assets = tmp_path / "assets"
    assets.mkdir()
    (assets / "404.html").write_text("first")
    script = tmp_path / "debug_app.py"
    script.write_text(SCRIPT)
    command = [sys.executable, str(script), str(assets), str(free_port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True) as process:
        try:
            wait_for(free_port, process)
            assert ask(free_port, "/")[0] == 200
            assert ask(free_port, "/zz") == (404, "first")
            assert ask(free_port, "/zz", "POST") == (404, "first")
            assert ask(free_port, "/", "POST")[0] == 405
            (assets / "404.html").write_text("second")
            deadline = time.monotonic() + 120
            while ask(free_port, "/zz") != (404, "second") and time.monotonic() < deadline:
                time.sleep(0.1)
            assert ask(free_port, "/zz") == (404, "second")
            script.write_text(SCRIPT.replace('path="/"', 'path="/moved"'))
            deadline = time.monotonic() + 120
            while ask_or_none(free_port, "/moved") != 200:
                assert time.monotonic() < deadline, "the reloader did not restart the app"
                time.sleep(0.2)
            assert ask(free_port, "/zz")[0] == 404
        finally:
            stop_group(process)


def ask_or_none(port, path):
    try:
        return ask(port, path)[0]
    except OSError:  # while it restarts
        return None


def wait_for(port, process):
    deadline = time.monotonic() + 60
    while ask_or_none(port, "/_dash-layout") is None:
        assert process.poll() is None, process.stdout.read().decode()
        assert time.monotonic() < deadline, "the app did not start"
        time.sleep(0.1)


def stop_group(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # the reloader runs the app in a process of its own
    process.communicate()
