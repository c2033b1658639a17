"""What is Quart's own: guards, handlers, templates and websockets."""

from __future__ import annotations

import asyncio
import functools
import threading

import dash
import pytest
import quart

from dash_true404 import enable_true_404

from .. import apps
from ..apps import make_app, register
from ..client import ask, ask_all, statuses
from .test_guards import wrap_views

URLS = ("/", "/a", "/zz", "/t/1", "/t")
AUTH = {"x-user": "me"}


app_with = functools.partial(apps.app_with, backend="quart")


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_async_exists_is_asked_after_a_guard_around_the_view_and_once(when):
    asked = []

    async def exists(x):
        asked.append((x, quart.g.user))
        return x == "1"

    def remember(app):
        @app.server.before_request
        async def remember():
            quart.g.user = "me"

    app = make_app("/", backend="quart")
    register("/t/<x>", exists=exists)
    remember(app)
    if when == "before":
        wrap_views(app, "404", "quart")
    enable_true_404(app)
    if when == "after":
        wrap_views(app, "404", "quart")
    assert statuses(app, "/t/1", "/t/2") == [404, 404]
    assert asked == []
    assert statuses(app, "/t/1", "/t/2", headers=AUTH) == [200, 404]
    assert asked == [("1", "me"), ("2", "me")]


def test_everywhere_leaves_an_abort_with_a_response_alone():
    app = make_app("/", backend="quart")

    @app.server.get("/api")
    async def api():
        quart.abort(404, response=quart.Response("mine", 404))

    @app.server.get("/other")
    async def other():
        quart.abort(404)

    enable_true_404(app, everywhere=True)
    assert ask(app.server, "/api").body == b"mine"
    assert b"This page does not exist" in ask(app.server, "/other").body


def test_a_template_is_rendered_with_what_the_server_gives(tmp_path):
    (tmp_path / "404.html").write_text("{{ home }} {{ extra }} {{ request.method }}")
    server = quart.Quart("mine", template_folder=str(tmp_path))

    @server.context_processor
    async def extra():
        return {"extra": "more"}

    app = make_app("/", server=server, url_base_pathname="/dash/")
    enable_true_404(app)
    assert ask(app.server, "/dash/zz").body == b"/dash/ more GET"
    (tmp_path / "404.html").write_text("edited")
    assert ask(app.server, "/dash/zz").body == b"edited"
    (tmp_path / "404.html").write_text("{% broken")
    assert ask(app.server, "/dash/zz").body == b"edited"


def test_websockets_work_as_without_us():
    app = make_app("/", "/a", backend="quart")

    @app.server.websocket("/echo")
    async def echo():
        await quart.websocket.send(await quart.websocket.receive())

    enable_true_404(app)

    async def talk():
        async with app.server.test_client().websocket("/echo") as socket:
            await socket.send("hello")
            return await socket.receive()

    assert asyncio.run(talk()) == "hello"
    plain = quart.Quart("plain")
    plain.add_websocket("/echo", "echo", echo)
    assert ask(app.server, "/echo").status == ask(plain, "/echo").status


def test_quarts_own_test_client_is_answered_alike():
    pages = ("/", "/caf%C3%A9", "/100%25", "/what%3F", "/c%23")
    app = make_app(*pages, backend="quart")
    enable_true_404(app)

    async def ask_client():
        client = app.server.test_client()
        return [(await client.get(url)).status_code for url in (*pages, "/zz")]

    assert asyncio.run(ask_client()) == [200] * 5 + [404]


def test_an_encoded_slash_at_the_start_is_no_slash_to_dash():
    app = make_app("/", "/a", backend="quart")
    enable_true_404(app)
    answers = ask_all(app.server, [("/%2F", "GET"), ("/%2Fa", "GET"), ("//a", "GET"), ("//%61", "GET")])
    assert [a.status for a in answers] == [404, 404, 200, 404]


def test_rules_and_blueprints_of_the_users_stay_as_they_are():
    app = make_app("/", backend="quart")
    blueprint = quart.Blueprint("shop", __name__, url_prefix="/shop")
    blueprint.add_url_rule("/<int:n>", "item", lambda n: str(n), methods=["GET", "PUT"])
    enable_true_404(app)
    app.server.register_blueprint(blueprint)
    answers = ask_all(app.server, [("/shop/1", "GET"), ("/shop/1", "PUT"), ("/shop/1", "POST"), ("/shop/x", "GET")])
    assert [a.status for a in answers] == [200, 200, 405, 404]


def test_a_route_of_the_users_shows_the_index_as_it_is():
    app = make_app("/", url_base_pathname="/dash/", backend="quart")
    register("/t/<x>", exists=lambda x: False)
    enable_true_404(app)
    app.server.add_url_rule("/dash/t/mine", endpoint="/dash/")
    assert statuses(app, "/dash/t/mine", "/dash/t/other") == [200, 404]


@pytest.mark.parametrize("use_async", [True, False])
def test_later_requests_have_no_threads_for_what_dash_does_at_the_first_one(use_async, monkeypatch):
    ran, in_executor = [], asyncio.BaseEventLoop.run_in_executor

    def run_in_executor(*arguments):
        ran.append(arguments)
        return in_executor(*arguments)

    def threads(app):
        ran.clear()
        assert ask(app.server, "/a", lifespan=False).status == 200
        return len(ran)

    monkeypatch.setattr(asyncio.BaseEventLoop, "run_in_executor", run_in_executor)
    bare, true = (make_app("/", "/a", backend="quart", use_async=use_async) for _ in range(2))
    enable_true_404(true)
    dashs = threads(bare)
    assert threads(bare) == dashs > 0
    assert threads(true) == threads(true) == dashs
    assert threads(true) == 0


def test_the_users_own_functions_stay_where_they_were():
    app, called = make_app("/", "/a", backend="quart"), []
    app.server.before_request(lambda: called.append(("before", threading.current_thread())))
    enable_true_404(app)
    app.server.before_request(lambda: called.append(("after", threading.current_thread())))
    assert statuses(app, "/a", "/zz", "/a") == [200, 404, 200]
    assert [when for when, _ in called] == ["before", "after"] * 3
    assert all(thread is not threading.current_thread() for _, thread in called)


@pytest.mark.parametrize("fails_at", [2, 3])  # in one function of Dash's, and in the other
def test_an_error_of_dashs_set_up_is_the_first_answer_as_on_plain_dash(fails_at):
    def answers(app):
        calls = []

        def layout():
            calls.append(1)
            if len(calls) == fails_at:
                raise RuntimeError("no database")
            return dash.html.Div(dash.page_container)

        app.layout = layout
        app.server.config["PROPAGATE_EXCEPTIONS"] = False
        return statuses(app, "/a", "/a", "/zz", "/a"), len(calls)

    bare, true = (make_app("/", "/a", backend="quart", use_async=False) for _ in range(2))
    enable_true_404(true)
    (soft, dashs_calls), (due, our_calls) = answers(bare), answers(true)
    assert soft == [500, 200, 200, 200]
    assert due == [500, 200, 404, 200]
    assert our_calls == dashs_calls


def test_a_guard_that_strips_a_short_path_changes_no_page():
    app = make_app(server=quart.Quart(__name__))
    register("/<x>", exists=lambda x: x in ("7", "42"))

    @app.server.before_request
    async def strip():
        quart.g.page = app.strip_relative_path(quart.request.path)

    enable_true_404(app)
    # Python has one object for each text of one character.
    assert statuses(app, "/7", "/42", "/8", "/88") == [200, 200, 404, 404]
