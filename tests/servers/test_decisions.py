"""What a request gets, and why, as the servers decide it and the tools are told."""

import asyncio

import dash
import pytest

from dash_true404 import enable_true_404
from dash_true404.servers import Outcome, Reason, decisions_for

from ..apps import BACKENDS, app_on, register
from ..client import status

DECIDED = [
    ("GET", "/", Outcome.PASS_ON, Reason.PAGE),
    ("HEAD", "/a/", Outcome.PASS_ON, Reason.PAGE),
    ("GET", "/t/1/2", Outcome.PASS_ON, Reason.PAGE),
    ("POST", "/a", Outcome.WRONG_METHOD, Reason.METHOD),
    ("GET", "/zz", Outcome.NOT_FOUND, Reason.NO_PAGE),
    ("DELETE", "/zz", Outcome.NOT_FOUND, Reason.NO_PAGE),
    ("GET", "/not-found-404", Outcome.NOT_FOUND, Reason.NOT_FOUND_PAGE),
    ("GET", "/own/", Outcome.PASS_ON, Reason.OTHER_RULE),
    ("GET", "/_dash-layout", Outcome.PASS_ON, Reason.OTHER_RULE),
    ("GET", "/_dash-update-component", Outcome.WRONG_METHOD, Reason.OTHER_RULE),
    ("POST", "/own/", Outcome.WRONG_METHOD, Reason.OTHER_RULE),
]


def app_with_a_rule(backend):
    app = app_on(backend, "/", "/a", "/t/<x>")
    register("/not-found-404", module="pages.not_found_404")
    if backend == "fastapi":
        app.server.add_api_route("/own/", lambda: "own")
    else:
        app.server.add_url_rule("/own/", "own", lambda: "own")
    return app


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("method", "path", "outcome", "reason"), DECIDED)
def test_a_decision_says_what_a_request_gets_and_why(backend, method, path, outcome, reason):
    if (backend, method) == ("fastapi", "HEAD"):
        outcome, reason = Outcome.WRONG_METHOD, Reason.METHOD  # FastAPI's routes add no HEAD
    app = app_with_a_rule(backend)
    as_if, _, was_enabled = decisions_for(app)
    assert not was_enabled
    assert as_if.decide_for(path, method)[:2] == (outcome, reason)  # as it would be
    enable_true_404(app)
    decisions, site, is_enabled = decisions_for(app)
    decision = decisions.decide_for(path, method)
    assert is_enabled
    assert decision[:3] == (outcome, reason, path)
    assert decision.site in (site, None)
    assert status(app, path, method) == decision.status


@pytest.mark.parametrize("backend", BACKENDS)
def test_asking_for_decisions_changes_nothing(backend):
    app = app_with_a_rule(backend)
    decisions, _, _ = decisions_for(app)
    decisions.decide_for("/zz", "GET")
    assert [status(app, path) for path in ("/", "/zz")] == [200, 200]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_decision_says_where_a_redirect_leads_to(backend):
    app = app_with_a_rule(backend)
    enable_true_404(app, redirect_slashes=True)
    decisions, _, _ = decisions_for(app)
    page, rule = decisions.decide_for("/a/", "GET"), decisions.decide_for("/own", "GET")
    assert (page.outcome, page.reason, page.location, page.status) == (Outcome.REDIRECT, Reason.SLASHES, "/a", 308)
    assert (rule.outcome, rule.reason) == (Outcome.REDIRECT, Reason.SLASHES)
    assert rule.location.endswith("/own/")


@pytest.mark.parametrize("backend", BACKENDS)
def test_deciding_calls_nothing_of_the_users(backend):
    app = app_on(backend, "/")
    calls = []

    def exists(x):
        calls.append(x)
        return False

    register("/t/<x>", exists=exists)
    if backend == "fastapi":

        @app.server.middleware("http")
        async def guard(request, call_next):
            calls.append("guard")
            return await call_next(request)

    else:
        app.server.before_request(lambda: calls.append("guard"))
    enable_true_404(app)
    decision = decisions_for(app)[0].decide_for("/t/1", "GET")
    assert (decision.reason, decision.found.asks_exists) == (Reason.PAGE, True)
    assert calls == []


def test_a_guard_around_dashs_view_goes_first_and_other_methods_tell_nothing():
    app = app_on("flask", "/")
    view = app.server.view_functions["/<path:path>"]
    app.server.view_functions["/<path:path>"] = lambda path: view(path)
    enable_true_404(app)
    decisions, _, _ = decisions_for(app)
    assert decisions.decide_for("/zz", "GET").guard_first
    assert decisions.decide_for("/zz", "POST")[:2] == (Outcome.WRONG_METHOD, Reason.GUARDED)
    assert decisions.decide_for("/zz", "OPTIONS")[:2] == (Outcome.PASS_ON, Reason.GUARDED)


def test_a_url_outside_the_prefix_is_the_servers_own():
    app = app_on("flask", "/", url_base_pathname="/dash/")
    enable_true_404(app)
    assert decisions_for(app)[0].decide_for("/zz", "GET")[:2] == (Outcome.PASS_ON, Reason.NO_RULE)


# No code of the user's runs in a generator or coroutine of ours that Flask drives: there a StopIteration would be a
# RuntimeError.


def stop(*_, **__):
    raise StopIteration


@pytest.mark.parametrize("where", ["view", "guard", "handler", "exists", "everywhere"])
def test_a_stop_iteration_of_the_users_stays_one(where):
    app = app_on("flask", "/a")
    server = app.server
    if where == "guard":
        server.view_functions["/<path:path>"] = stop
    register("/t/<x>", exists=stop if where == "exists" else lambda x: True)
    enable_true_404(app, everywhere=where == "everywhere")
    if where == "view":
        app.interpolate_index = stop
    if where in ("handler", "everywhere"):
        server.register_error_handler(404, stop)
    server.testing = True  # exceptions come to the client
    if where == "exists":
        assert status(app, "/t/1") == 200  # a fault is found
        return
    with pytest.raises(StopIteration):
        app.server.test_client().get("/a" if where in ("view", "guard") else "/zz")


@pytest.mark.asgi
def test_on_fastapi_what_apps_that_only_report_leave_alone_matches_no_rule():
    app = app_on("fastapi", "/", url_base_pathname="/dash/")
    enable_true_404(app, report_only=True)
    assert decisions_for(app)[0].decide_for("/zz", "GET")[:2] == (Outcome.PASS_ON, Reason.NO_RULE)


@pytest.mark.asgi
def test_on_fastapi_a_request_is_decided_once_whoever_asks(monkeypatch):
    from dash_true404.servers.fastapi_decisions import FastAPIDecisions

    app = app_on("fastapi", "/", "/a")
    enable_true_404(app)

    @app.server.middleware("http")
    async def look_for_the_route(request, call_next):  # as metrics do
        for route in app.server.router.routes:
            route.matches(request.scope)
        return await call_next(request)

    status(app, "/")  # the first request also looks whether there is a home page
    decided, decide = [], FastAPIDecisions._decide
    monkeypatch.setattr(FastAPIDecisions, "_decide", lambda *args: decided.append(args) or decide(*args))
    for path in ("/a", "/zz"):
        decided.clear()
        assert status(app, path) in (200, 404)
        assert len(decided) == 1


def test_no_loop_is_needed_to_decide():
    app = app_on("flask", "/")
    enable_true_404(app)
    assert isinstance(app, dash.Dash)

    async def asked():
        return decisions_for(app)[0].decide_for("/", "GET").reason

    assert asyncio.run(asked()) is Reason.PAGE
