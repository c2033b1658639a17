"""Asking an app in this process: exactly as given, on every server, from wherever."""

import asyncio
import gc
import threading

import flask
import pytest
from werkzeug.datastructures import Headers

from dash_true404 import enable_true_404
from dash_true404.diagnostics import messages
from dash_true404.diagnostics.client import Client, NoAnswerError
from dash_true404.diagnostics.transports.asgi import Asgi
from dash_true404.diagnostics.watched import watched

from ..apps import BACKENDS, app_on, make_app, register
from ..waiting import SECONDS
from .asking import app_that_redirects


@pytest.fixture(params=BACKENDS)
def asked_app(request):
    app = app_on(request.param, "/", "/caf%C3%A9")
    register("/old", module="m_new", path_template=None, redirect_from=["/older"])
    enable_true_404(app)
    return app


def test_targets_are_sent_as_given(asked_app):
    with Client(asked_app) as client:
        asked = {
            url: client.ask(url).status_code
            for url in ("/", "/caf%C3%A9", "/caf%c3%a9", "/%63af%C3%A9", "/?x=%41", "/zz")
        }
        assert client.ask("/zz", "HEAD").headers["X-Robots-Tag"] == "noindex"
        assert client.ask("/zz", headers={"Accept": "application/json"}).data.startswith(b"{")
        assert (
            client.ask("/_dash-update-component", "POST", {"Content-Type": "application/json"}, b"{}").status_code
            >= 400
        )
    assert asked == {"/": 200, "/caf%C3%A9": 200, "/caf%c3%a9": 404, "/%63af%C3%A9": 404, "/?x=%41": 200, "/zz": 404}


def test_redirects_are_told_without_the_host(asked_app):
    with Client(asked_app) as client:
        answer = client.ask("/older")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/old")


def test_a_location_that_names_the_own_host_loses_it():
    with Client(app_that_redirects("http://localhost/there?x=1")) as client:
        assert client.ask("/").location == "/there?x=1"


def test_it_can_be_asked_where_a_loop_is_running(asked_app):
    async def ask():
        with Client(asked_app) as client:
            return client.ask("/zz").status_code

    assert asyncio.run(ask()) == 404


def test_an_exception_that_the_server_lets_through_is_a_500(asked_app):
    asked_app.server.config = getattr(asked_app.server, "config", {})
    asked_app.server.config["PROPAGATE_EXCEPTIONS"] = True
    asked_app.interpolate_index = lambda **_: 1 / 0
    with Client(asked_app) as client:
        assert client.ask("/").status_code == 500
        assert client.ask("/caf%C3%A9").status_code == 500
        assert client.ask("/zz").status_code == 404


def test_nothing_runs_on_after_it_is_closed(asked_app):
    with Client(asked_app) as client:
        client.ask("/")
    assert not threads_left()


def threads_left():
    threads = [thread for thread in threading.enumerate() if thread.name.startswith(("dash-true404", "asyncio_"))]
    for thread in threads:
        thread.join(SECONDS)  # it may be about to end
    return [thread.name for thread in threads if thread.is_alive()]


def test_a_response_that_does_not_end_is_cut(monkeypatch):
    app, ended = make_app("/"), threading.Event()
    app.server.add_url_rule(
        "/events", "events", lambda: flask.Response("event " for _ in iter(lambda: ended.wait(0.1), True))
    )
    app.server.add_url_rule("/slow", "slow", lambda: str(ended.wait(60)))
    with Client(app) as client:
        client.ask("/")  # or its first answer might take longer
        monkeypatch.setattr(messages, "TIMEOUT", 3)
        answer = client.ask("/events")
        assert (answer.status_code, answer.data[:6]) == (200, b"event ")
        with pytest.raises(NoAnswerError, match="has not answered GET /slow within"):
            client.ask("/slow")
    ended.set()


@pytest.mark.asgi
def test_a_server_that_does_not_start_is_an_error():
    from contextlib import asynccontextmanager

    from fastapi import FastAPI

    @asynccontextmanager
    async def lifespan(server):
        raise RuntimeError("no database")
        yield

    app = make_app("/", server=FastAPI(lifespan=lifespan))
    with pytest.raises(NoAnswerError, match="no database"):
        Client(app)
    assert not threads_left()


def test_middleware_may_answer_with_a_plain_list():
    app = make_app("/")

    def closed(environ, start_response):
        start_response("503 Service Unavailable", [("Retry-After", "60")])
        return [b"closed"]

    app.server.wsgi_app = closed
    with Client(app) as client:
        answer = client.ask("/")
    assert (answer.status_code, answer.headers["Retry-After"], answer.data) == (503, "60", b"closed")


@pytest.mark.asgi
def test_a_response_that_does_not_end_is_cut_on_asgi_servers_too(monkeypatch):
    from starlette.responses import StreamingResponse

    async def events():
        yield b"event "
        await asyncio.sleep(60)

    app = make_app("/", backend="fastapi")
    app.server.add_api_route("/events", lambda: StreamingResponse(events()))
    enable_true_404(app)
    with Client(app) as client:
        client.ask("/")  # or its first answer might take longer
        monkeypatch.setattr(messages, "TIMEOUT", 3)
        answer = client.ask("/events")
        monkeypatch.undo()
    assert (answer.status_code, answer.data) == (200, b"event ")


@pytest.mark.asgi
def test_ctrl_c_while_an_answer_is_awaited_is_no_answer(monkeypatch):
    def interrupt(self, coroutine):
        coroutine.close()
        raise KeyboardInterrupt

    with Client(make_app("/", backend="fastapi")) as client:
        monkeypatch.setattr(Asgi, "wait_for", interrupt)
        with pytest.raises(KeyboardInterrupt):
            client.ask("/")
        monkeypatch.undo()


def test_a_function_that_is_given_up_has_raised_nothing():
    noted = []

    async def wait():
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(watched(wait, lambda *_: None, lambda *error: noted.append(error))())
    assert noted == []


@pytest.mark.asgi
def test_a_server_that_blocks_its_loop_does_not_hold_up_the_end(monkeypatch):
    app, released = make_app("/", backend="fastapi"), threading.Event()
    loops, new_event_loop = [], asyncio.new_event_loop
    monkeypatch.setattr(asyncio, "new_event_loop", lambda: loops.append(new_event_loop()) or loops[-1])

    async def block():
        released.wait(60)

    app.server.add_api_route("/block", block)
    client = Client(app)
    monkeypatch.setattr(messages, "TIMEOUT", 0.2)
    with pytest.raises(NoAnswerError):
        client.ask("/block")
    client.close()
    thread = next(thread for thread in threading.enumerate() if thread.name == "dash-true404 client")
    released.set()
    end(thread, *loops)


def end(thread, loop):
    """End what an app that hangs has left behind."""
    thread.join(SECONDS)
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.close()


@pytest.mark.asgi
@pytest.mark.parametrize("hangs_at", ["start-up", "shutdown"])
def test_a_server_that_hangs_at_its_start_or_end_is_ended(hangs_at, monkeypatch, caplog):
    from contextlib import asynccontextmanager

    from fastapi import FastAPI

    @asynccontextmanager
    async def lifespan(server):
        await asyncio.sleep(60 if hangs_at == "start-up" else 0)
        yield
        await asyncio.sleep(60)

    app = make_app("/", server=FastAPI(lifespan=lifespan))
    if hangs_at == "start-up":
        monkeypatch.setattr(messages, "TIMEOUT", 2)
        with pytest.raises(NoAnswerError, match=r"it has not ended within 2 seconds"):
            Client(app)
    else:
        client = Client(app)
        monkeypatch.setattr(messages, "TIMEOUT", 2)
        client.close()
    assert not threads_left()
    gc.collect()
    assert not caplog.records  # in which Python reports tasks that were not ended


@pytest.mark.asgi
def test_a_server_that_ends_with_a_task_that_it_has_cancelled(caplog):
    from contextlib import asynccontextmanager

    from fastapi import FastAPI

    @asynccontextmanager
    async def lifespan(server):
        task = asyncio.create_task(asyncio.sleep(60))
        yield
        task.cancel()
        await task

    app = make_app("/", server=FastAPI(lifespan=lifespan))
    with Client(app) as client:
        assert client.ask("/").status_code == 200
    assert not threads_left()
    assert not caplog.records


@pytest.mark.parametrize(
    ("content_type", "data", "text"),
    [
        ("text/html; charset=utf-8", b"caf\xc3\xa9", "café"),
        ('text/html; charset="latin-1"', b"caf\xe9", "café"),
        ("text/html; charset=no-such", b"caf\xc3\xa9", "café"),
        ("", b"\xff", "\ufffd"),
    ],
)
def test_a_response_has_its_text_in_its_own_charset(content_type, data, text):
    assert messages.Response(200, Headers({"Content-Type": content_type}), data).text == text


def test_a_response_has_its_json_and_its_location():
    response = messages.Response(302, Headers({"Location": "/there"}), b'{"a": 1}')
    assert (response.json(), response.location) == ({"a": 1}, "/there")
    assert messages.Response(200, Headers(), b"").location is None


def test_a_middleware_is_in_front_of_the_server_for_the_requests_within(asked_app):
    passed = []

    def middleware(server):
        def call(*args):
            passed.append(server)
            return server(*args)

        return call

    with Client(asked_app) as client:
        with client.through(middleware):
            assert client.ask("/").status_code == 200
        assert passed == [asked_app.server]
        client.ask("/")
    assert passed == [asked_app.server]
