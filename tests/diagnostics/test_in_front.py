"""explain() where something answers in front of Dash, or in place of its 404: named with its line, and not called."""

import functools
import os

import dash
import pytest

from dash_true404 import enable_true_404
from dash_true404.diagnostics.explain import explain
from dash_true404.diagnostics.in_front import name_wrappers
from dash_true404.servers import decisions_for

from ..apps import BACKENDS, app_on, make_app, make_true_app, register

FILE = os.path.relpath(__file__)
NOTHING = "No page and no rule of the server matches it"


def at(function):
    """Return how a function is named."""
    return f"`{function.__code__.co_name}` ({FILE}:{function.__code__.co_firstlineno})"


def wrapped_app(around):
    """Return an app with something around Dash's views."""
    app = make_app("/", "/a")
    for endpoint in ("/", "/<path:path>"):
        view = app.server.view_functions[endpoint]
        app.server.view_functions[endpoint] = functools.wraps(view)(functools.partial(around, view))
    enable_true_404(app)
    return app


def test_a_guard_around_the_views_is_named_for_other_methods():
    def need_login(view, **arguments):
        return view(**arguments)

    found = explain(wrapped_app(need_login), "/zz", "POST")
    assert (found.status, found.reason) == (405, "guarded")
    assert found.hints == [
        f"A guard ({at(need_login)} around Dash's view) never sees other methods than GET, so these are 405 "
        "everywhere and tell strangers nothing."
    ]


def test_a_replaced_index_is_named():
    app = make_app("/", "/a")

    def index(*args, **kwargs):
        return "no", 403

    app.index = index
    app.server.view_functions["/<path:path>"] = lambda path: app.index()
    enable_true_404(app)
    found = explain(app, "/a")
    assert found.verdict.startswith("Page 'm_47_a' matches it, but the function `<lambda>` (")
    assert found.verdict.endswith(f"answers 403, made by `index` ({FILE}:{index.__code__.co_firstlineno + 1}).")
    decisions, _, _ = decisions_for(app)
    assert name_wrappers(app, decisions.decide_for("/", "GET")) == [f"{at(index)} as app.index"]


def test_an_error_handler_that_answers_for_what_does_not_exist_is_named():
    app = make_app("/")
    register("/t/<x>", exists=lambda x: False)
    enable_true_404(app)
    app.server.register_error_handler(404, lambda error: "sorry")
    found = explain(app, "/t/1")
    assert (found.status, found.reason, found.layer) == (200, "not there", "in front")
    assert found.verdict.startswith(
        "Page 'm_47_t_47__60_x_62_' (/t/<x>) matches this path, but its exists(x='1') returned False, and your "
        "errorhandler(404) `<lambda>` ("
    )
    assert found.verdict.endswith(" answers 200: return a status.")


def test_a_router_that_fails_is_told():
    app = make_true_app("/")
    app.strip_relative_path = lambda path: 1 / 0
    assert explain(app, "/a").verdict == "A page that could not be looked up matches it."


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_not_found_pages_own_url_is_told(backend):
    app = app_on(backend, "/", not_found_page=True)
    enable_true_404(app)
    found = explain(app, "/pages/not-found-404")
    assert (found.status, found.layer, found.reason, found.hints) == (404, "routing", "not-found page", [])
    assert found.verdict == "It is the not-found page's own URL ('pages.not_found_404'), which isn't a page."


@pytest.mark.parametrize("backend", BACKENDS)
def test_other_slashes(backend):
    for is_true in (True, False):
        dash.page_registry.clear()
        app = app_on(backend, "/")
        if backend == "fastapi":
            app.server.add_api_route("/users/", lambda: "x")
        else:
            app.server.add_url_rule("/users/", "users", lambda: "x")
        if is_true:
            enable_true_404(app)
        found = explain(app, "/users")
        assert (found.outcome, found.reason) == ("redirect", "slashes")
        if is_true or backend != "fastapi":
            assert found.verdict.startswith("A page or a rule has it with other slashes: the server redirects to ")
        else:
            assert found.verdict.startswith(f"{NOTHING} with these slashes. Dash answers 200 all the same")
            assert found.hints[-1].endswith("and it is a redirect.")


def test_a_rule_behind_dashs_catch_all_is_told():
    app = make_app("/", url_base_pathname="/dash/")
    app.server.add_url_rule("/<path:path>", "all", lambda path: "x")
    enable_true_404(app)
    found = explain(app, "/dash/nope")
    if found.status == 200:
        assert found.verdict == (
            "No page matches it, and Dash's catch-all hides the rule /<path:path> (all) from it. Dash answers 200 all "
            "the same, and draws 'not found' in the browser: a soft 404."
        )
        assert "a prefix of its own" in found.hints[-1]


# FastAPI


def fastapi_app(**options):
    import fastapi

    return make_app("/", "/a", server=fastapi.FastAPI(**options))


@pytest.mark.asgi
def test_a_function_around_dashs_route_is_named():
    app = fastapi_app()
    enable_true_404(app)
    index = next(route for route in app.server.router.routes if route.path == "/" and route.name == "/")

    async def refuse_all(scope, receive, send):
        await send({"type": "http.response.start", "status": 403, "headers": []})
        await send({"type": "http.response.data", "body": b""})

    index.app = refuse_all
    found = explain(app, "/")
    assert (found.status, found.reason) == (403, "guarded")
    said = f"the function {at(refuse_all)} around Dash's view answers 403"
    assert found.verdict == f"Page 'm_47_' matches it, but {said}."


@pytest.mark.asgi
def test_guards_are_named_for_other_methods_on_fastapi():
    import fastapi

    def need_login():
        """Let everybody through."""

    app = fastapi_app(dependencies=[fastapi.Depends(need_login)])
    enable_true_404(app)
    hint = explain(app, "/zz", "POST").hints[-1]
    assert hint.startswith(f"A guard (dependency {at(need_login)}) never sees other methods than GET")
    app = fastapi_app()
    enable_true_404(app)
    index = next(route for route in app.server.router.routes if route.path == "/" and route.name == "/")
    index.app = functools.partial(need_login)
    decisions, _, _ = decisions_for(app)
    assert name_wrappers(app, decisions.decide_for("/", "POST")) == [f"{at(need_login)} around Dash's route"]


@pytest.mark.asgi
def test_a_default_of_the_routers_is_told():
    from fastapi.responses import PlainTextResponse

    app = fastapi_app()
    enable_true_404(app)
    app.server.router.default = PlainTextResponse("mine")
    found = explain(app, "/zz")
    assert found.verdict == (
        "No page and no route matches it, only what the router has for all other URLs, which answers 200."
    )
    assert found.reason == "later"


@pytest.mark.asgi
def test_routes_after_the_call_are_seen_as_the_server_sees_them():
    app = fastapi_app()
    enable_true_404(app)
    app.server.add_api_route("/early", lambda: "x", name="early")
    app.server.add_api_route("/a", lambda: "x", name="a")
    assert explain(app, "/early").verdict == "The rule /early (early) matches it."
    assert explain(app, "/a").verdict == "The rule /a (a) matches it."


def test_two_pages_with_one_path_are_not_blamed_on_a_handler():
    app = make_app("/", "/a")
    register("/a", module="again")
    enable_true_404(app)
    found = explain(app, "/zz")
    if found.status == 500:  # Dash fails at its first request alone
        assert found.verdict == (
            f"{NOTHING}, but the answer is 500, and asked again it is 404: the two differ, so it is unknown who "
            "answered."
        )
