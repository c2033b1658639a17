"""The demo app: its table, its exit status, and how it stops."""

import functools
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from click.testing import CliRunner

from dash_true404.diagnostics.answerers import UNSEEN
from dash_true404.diagnostics.explain import explain
from demo_app.__main__ import main
from demo_app.app import create_app, staff_only
from demo_app.compare import QUESTIONS, Question, surprises, table

COMMAND = [sys.executable, "-m", "demo_app"]


@pytest.mark.slow
def test_once_prints_the_table_and_ends_well():
    result = subprocess.run([*COMMAND, "--once"], capture_output=True, text=True, timeout=120, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert len(lines) == len(QUESTIONS) + 3
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in result.stdout
    assert lines[-1] == "13 wrong statuses by plain Dash, 0 with dash-true404."


def test_a_soft_404_stands_out():
    question = Question("/zz", "GET", 200, 404, "no page")
    _, soft, honest = table([(question, 200, 404), (question, 404, 404)])
    assert re.search("\x1b.*200 soft 404.*\x1b.*404", soft)
    assert "soft" not in honest
    assert "\x1b" not in honest


def test_the_page_says_who_answered_and_breaks_urls_at_their_joints():
    app = create_app(true_404=True)
    statuses = sys.modules["pages.statuses"]
    said = {
        url: statuses.name_answerer(explain(app, url, method))
        for url, method in (("/staff", "GET"), ("/trips", "GET"), ("/zz", "GET"), ("/_dash-layout", "GET"))
    }
    said["not asked"] = statuses.name_answerer(explain(app, "/_dash-update-component", "POST"))
    line = staff_only.__code__.co_firstlineno
    assert said == {
        "/staff": f"before_request `staff_only` (demo_app/app.py:{line}).",
        "/trips": "Dash, with the page.",
        "/zz": "dash-true404, in place of Dash.",
        "/_dash-layout": "the server, by that rule.",
        "not asked": "nobody. It was not asked, because it might change something.",
    }
    unseen = explain(app, "/zz")._replace(answerer=UNSEEN)
    assert statuses.name_answerer(unseen) == "that could not be seen."
    parts = [part for part in statuses.breakable("/_dash-a/b.c?d=e") if isinstance(part, str)]
    assert parts == ["/_dash-", "a", "/b.", "c", "?d=", "e"]


def test_a_status_that_is_not_due_is_named():
    question = Question("/zz", "GET", 200, 404, "no page")
    assert list(surprises([(question, 200, 404)])) == []
    (line,) = surprises([(question, 200, 500)])
    assert line == "Unexpected: GET /zz, true 404s: 500 instead of 404"


def test_a_status_that_is_not_due_makes_it_fail(monkeypatch):
    monkeypatch.setattr("demo_app.__main__.ask", lambda host, port, question: 500)
    result = CliRunner().invoke(main, ["--once"])
    assert result.exit_code == 1
    assert "500 instead of 404" in result.output


def test_a_port_in_use_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = subprocess.run([*COMMAND, "--port", str(port)], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert f"Ports {port} and {port + 1} cannot both be had" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_both_until_it_is_stopped(stop):
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    # A shell that starts the tests in the background has them, and so the demo, ignore SIGINT.
    listen = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(COMMAND, env=environment, preexec_fn=listen, **pipes) as process:
        try:
            urls = []
            while len(urls) < 2:
                line = process.stdout.readline()
                assert line, process.stderr.read()
                urls += re.findall(r"http://127\.0\.0\.1:\d+/", line)
            for url in urls:
                with urllib.request.urlopen(url, timeout=120) as response:
                    assert response.status == 200
            time.sleep(0.2)  # it has a few words left to say
            process.send_signal(stop)
            rest, errors = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == 0
    assert errors == ""
    assert "Stopped." in rest
    for url in urls:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", int(url.split(":")[2].strip("/")))) != 0
