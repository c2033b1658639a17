"""decide_for(): what a request would get, asked by the tools, is what the server does."""

import functools

import dash
import pytest

from dash_true404 import enable_true_404
from dash_true404.diagnostics.client import Client
from dash_true404.servers import Outcome, Reason, decisions_for

from ..apps import BACKENDS, app_on, wrap_dashs_views


def add_rule(app, path, method="GET"):
    if hasattr(app.server, "url_map"):
        app.server.add_url_rule(path, path, lambda **_: "x", methods=[method])
    else:
        app.server.add_api_route(path, lambda: "x", methods=[method])


def decided(app, path, method="GET"):
    """Return what is decided for a request, and what the server answers."""
    with Client(app) as client:
        decisions, _, _ = decisions_for(app)
        return decisions.decide_for(path, method), client.ask(path, method)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_redirect_to_other_slashes_is_decided(backend):
    app = app_on(backend, "/")
    add_rule(app, "/users/")
    enable_true_404(app)
    decision, answer = decided(app, "/users")
    assert (decision.outcome, decision.reason) == (Outcome.REDIRECT, Reason.SLASHES)
    assert answer.status_code == decision.status if backend == "fastapi" else 308
    assert decision.location.endswith("/users/")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("is_true", [True, False])
def test_a_rule_that_takes_another_method_is_decided(backend, is_true):
    app = app_on(backend, "/")
    add_rule(app, "/users")
    if is_true:
        enable_true_404(app)
    decision, answer = decided(app, "/users", "POST")
    assert (decision.outcome, decision.reason) == (Outcome.WRONG_METHOD, Reason.OTHER_RULE)
    assert answer.status_code == decision.status == 405
    assert {*decision.allow} >= {"GET"}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("path", "method", "outcome", "reason"),
    [
        ("/a", "GET", Outcome.PASS_ON, Reason.PAGE),
        ("/a", "POST", Outcome.WRONG_METHOD, Reason.METHOD),
        ("/zz", "GET", Outcome.NOT_FOUND, Reason.NO_PAGE),
        ("/pages/not-found-404", "GET", Outcome.NOT_FOUND, Reason.NOT_FOUND_PAGE),
    ],
)
def test_without_true_404s_the_same_is_decided(backend, path, method, outcome, reason):
    for is_true in (False, True):
        dash.page_registry.clear()
        app = app_on(backend, "/", "/a", not_found_page=True)
        if is_true:
            enable_true_404(app)
        decision, _ = decided(app, path, method)
        assert (decision.outcome, decision.reason) == (outcome, reason)


@pytest.mark.asgi
def test_the_route_of_an_included_router_is_the_rule():
    from fastapi import APIRouter

    app, router = app_on("fastapi", "/"), APIRouter(prefix="/api")
    router.add_api_route("/other", lambda: 1)
    router.add_api_route("/users/{n}", lambda n: n, name="user")
    app.server.include_router(router, prefix="/v1")
    enable_true_404(app)
    for method in ("GET", "PUT"):
        decision, _ = decided(app, "/v1/api/users/3", method)
        assert (decision.rule.path, decision.rule.name) == ("/v1/api/users/{n}", "user")


@pytest.mark.asgi
def test_a_page_behind_a_guard_around_dashs_route_is_told():
    app = app_on("fastapi", "/", "/a")
    enable_true_404(app)
    with Client(app) as client:
        route = app.server.router.routes[-1]
        assert route.path == "{path:path}"

        @functools.wraps(route.app)
        async def guard(scope, receive, send, inner=route.app):
            await inner(scope, receive, send)

        guard.__module__ = "shop"
        route.app = guard
        decisions, site, _ = decisions_for(app)
        decision = decisions.decide_for("/a", "GET")
        assert (decision.outcome, decision.reason) == (Outcome.PASS_ON, Reason.GUARDED)
        assert (decision.site, decision.found.is_page, decision.guard_first) == (site, True, True)
        assert client.ask("/a").status_code == 200


def test_a_guard_around_the_views_goes_first():
    app = app_on("flask", "/", "/a")
    wrap_dashs_views(app)
    decision, _ = decided(app, "/a")
    assert decision.guard_first


def test_the_redirect_to_an_apps_root_is_decided():
    app = app_on("flask", "/", url_base_pathname="/d/")
    enable_true_404(app)
    decision, answer = decided(app, "/d")
    assert (decision.outcome, decision.location) == (Outcome.REDIRECT, "http://localhost/d/")
    assert answer.status_code == 308
