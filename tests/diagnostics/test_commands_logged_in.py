"""The commands on apps that are not open to everybody: as a user all is seen, as a stranger the exit status says so."""

from __future__ import annotations

import json
import sys
from types import ModuleType

import pytest
from click.testing import CliRunner

from dash_true404.cli import main
from dash_true404.diagnostics.settings import STRANGER

from ..login_apps import DEAD, LOGIN_APPS
from ..serving import serve

LIVE = [kind for kind, login_app in LOGIN_APPS.items() if login_app.live_visitor]
CLOSED = [kind for kind, login_app in LOGIN_APPS.items() if login_app.is_closed]


def options(visitor):
    """Return a visitor as the commands' options."""
    named = {"--user": visitor.user, "--base-url": visitor.base_url, "--login": visitor.login}
    return [part for name, value in named.items() if value for part in (name, value)]


def run(command, *arguments):
    result = CliRunner().invoke(main, [command, *arguments])
    return result.exit_code, result.stdout


@pytest.fixture
def named(monkeypatch, backend):
    """Return a function that gives an app of a kind a name."""

    def name(kind):
        module = ModuleType("login_app_of_a_test")
        module.app = LOGIN_APPS[kind].make(backend)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        return f"{module.__name__}:app", module.app

    monkeypatch.setattr("time.sleep", lambda _: None)
    return name


def found(output):
    # click 8.0 mixes what is beside it into the output.
    report = json.loads(output[output.index("{") : output.rindex("}") + 1])
    return [finding["url"] for finding in report["findings"]], report["complete"]


@pytest.mark.parametrize("kind", LOGIN_APPS)
def test_a_user_has_all_of_an_app_checked(named, kind):
    name, _ = named(kind)
    as_user = options(LOGIN_APPS[kind].visitor)
    status, output = run("check", name, *as_user, "--format", "json")
    assert (status, *found(output)) == (1, [DEAD], True)
    status, output = run("explain", name, "/sales", DEAD, *as_user)
    assert status == 1
    assert "GET /sales: 200 (page)" in output
    assert f"GET {DEAD}: 404" in output
    assert run("explain", name, "/sales", *as_user)[0] == 0
    assert run("routes", name, *as_user)[0] == 0


@pytest.mark.parametrize("kind", CLOSED)
def test_a_stranger_is_told_that_not_all_was_seen(named, kind):
    name, app = named(kind)
    status, output = run("check", name, "--format", "json")
    assert (status, *found(output)) == (2, [], False)
    with serve(app.server) as url:
        assert run("check", url + "/")[0] == 2


@pytest.mark.parametrize("kind", LIVE)
def test_a_user_has_all_of_a_live_site_checked(named, kind):
    _, app = named(kind)
    as_user = options(LOGIN_APPS[kind].live_visitor or STRANGER)
    with serve(app.server) as url:
        status, output = run("check", url + "/", *as_user, "--format", "json")
    assert (status, *found(output)) == (1, [DEAD], True)
