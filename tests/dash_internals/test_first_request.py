"""Dash's hooks before a request do their work at the first one as in bare Dash, and cost nothing at later ones."""

import asyncio
import threading

import dash
import pytest
from dash import html

from dash_true404 import enable_true_404
from dash_true404.core.pages import is_async
from dash_true404.dash_internals.first_request import spare_loops
from dash_true404.dash_internals.own_code import is_dashs_own

from ..apps import app_on, make_app, make_true_app, register
from ..client import status
from ..measuring import steps
from ..oracle import routed_children
from ..waiting import SECONDS

pytestmark = pytest.mark.asgi  # for dash[async] makes Dash's hooks async from 4.2 on

MAKERS = [make_app, make_true_app]


def callbacks(app):
    """Return the callbacks that Dash's hooks have made; reload_dead_links has one of its own."""
    return sorted(name for name in app.callback_map if "dash-true404" not in name)


@pytest.fixture
def started(monkeypatch):
    """Return what is started from now on: threads and event loops."""
    started = []
    start, new_event_loop = threading.Thread.start, asyncio.events.new_event_loop
    monkeypatch.setattr(threading.Thread, "start", lambda thread: (started.append("thread"), start(thread))[1])
    monkeypatch.setattr(asyncio.events, "new_event_loop", lambda: (started.append("loop"), new_event_loop())[1])
    return started


@pytest.mark.parametrize("url", ["/", "/zz"])
def test_a_warm_request_on_flask_starts_no_thread_and_no_event_loop(url, started):
    bare, true = make_app("/", use_async=True), make_true_app("/", use_async=True)
    for _ in range(3):
        status(bare, url)
        status(true, url)
    started.clear()
    status(bare, url)
    assert {"thread", "loop"} <= set(started)  # or this test would count in the wrong place
    started.clear()
    assert status(true, url) == (200 if url == "/" else 404)
    assert started == []


def test_pages_that_are_registered_before_the_first_request_work():
    app = make_true_app("/", use_async=True)
    register("/late")
    assert status(app, "/late") == 200
    assert routed_children(app, "/late")["props"]["id"] == "m_47_late"


@pytest.mark.parametrize("use_async", [True, False])
def test_a_first_request_that_fails_ends_as_in_bare_dash(use_async):
    seen = []
    for make in MAKERS:
        dash.page_registry.clear()
        app = make("/", use_async=use_async)
        register("/twice", name="one")
        register("/twice", name="two", module="another")
        seen.append(([status(app, "/") for _ in range(4)], callbacks(app), app._got_first_request))
    assert seen[0][0] == [500, 200, 200, 200]
    assert seen[1] == seen[0]


def test_first_requests_that_race_end_as_in_bare_dash():
    seen = []
    for make in MAKERS:
        dash.page_registry.clear()
        app, is_drawing, may_go_on, statuses = make("/", use_async=True), threading.Event(), threading.Event(), []

        def layout(is_drawing=is_drawing, may_go_on=may_go_on):
            is_drawing.set()
            assert may_go_on.wait(SECONDS)
            return html.Div("slow", id="slow")

        register("/slow", layout=layout)
        first = threading.Thread(target=lambda app=app, statuses=statuses: statuses.append(status(app, "/slow")))
        first.start()
        assert is_drawing.wait(SECONDS)
        meanwhile = [status(app, "/slow") for _ in range(3)]
        may_go_on.set()
        first.join()
        later = [status(app, "/slow") for _ in range(3)]
        drawn = routed_children(app, "/slow")["props"]["id"]
        seen.append((statuses, meanwhile, later, drawn, callbacks(app)))
    assert seen[0][:4] == ([200], [200] * 3, [200] * 3, "slow")
    assert seen[1] == seen[0]


def dashs(source):
    """Return a function that passes for one of Dash's own."""
    made = {"asyncio": asyncio}
    exec(compile(source, dash.Dash.index.__code__.co_filename, "exec"), made)
    assert is_dashs_own(made["hook"])
    return made["hook"]


class Loops:
    """Stands for Flask: counts for which functions an event loop is started."""

    def __init__(self):
        self.runs = 0

    def ensure_sync(self, function):
        def run():
            self.runs += 1
            return asyncio.run(function())

        return run


def test_a_hook_that_waits_after_all_is_run_by_flask_from_then_on():
    hook = dashs(
        "calls = 0\nasync def hook():\n global calls\n calls += 1\n await asyncio.sleep(0) if calls > 2 else 0"
    )
    functions, loops = [hook], Loops()
    spare_loops(functions, loops.ensure_sync)
    runs = []
    for _ in range(5):
        assert functions[0]() is None
        runs.append(loops.runs)
    assert runs == [1, 1, 2, 3, 4]


def test_the_answer_of_a_hook_is_handed_on():
    functions, loops = [dashs("async def hook():\n return 'an answer'")], Loops()
    spare_loops(functions, loops.ensure_sync)
    assert [functions[0]() for _ in range(3)] == ["an answer"] * 3
    assert loops.runs == 1


def test_a_hook_that_fails_at_first_is_run_by_flask_until_it_does_not():
    functions, loops = [dashs("calls = 0\nasync def hook():\n global calls\n calls += 1\n 1 / (calls > 2)")], Loops()
    spare_loops(functions, loops.ensure_sync)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            functions[0]()
    for _ in range(3):
        assert functions[0]() is None
    assert loops.runs == 3


@pytest.mark.parametrize("backend", ["flask", "quart"])
def test_functions_of_the_users_are_left_alone(backend):
    app = app_on(backend, "/", use_async=True)
    seen = []

    async def users_async():
        seen.append("async")

    def users():
        seen.append("plain")

    app.server.before_request(users_async)
    app.server.before_request(users)
    enable_true_404(app)
    if backend == "flask":
        assert [status(app, "/") for _ in range(2)] == [200, 200]
        assert seen == ["async", "plain"] * 2
    functions = list(app.server.before_request_funcs[None])
    (spare_loops if backend == "flask" else lambda *_: None)(functions, lambda function: None)
    assert [each for each in functions if each in (users_async, users)] == [users_async, users]


async def nothing():
    pass


def run(function):
    """Drive a coroutine that waits for nothing."""
    with pytest.raises(StopIteration) as done:
        function().send(None)
    return done.value.value


def test_before_a_request_dashs_async_hooks_do_nothing_but_at_the_first_one():
    app = make_app("/", use_async=True)
    hooks = [each for each in app.server.before_request_funcs[None] if is_async(each) and is_dashs_own(each)]
    assert hooks, "This Dash has no async hooks: first_request.spare_loops() has nothing left to do."
    assert status(app, "/") == 200
    for hook in hooks:
        assert run(hook) is None
        # One look at a flag, which calls nothing.
        assert steps(lambda hook=hook: run(hook)) == steps(lambda: run(nothing))
