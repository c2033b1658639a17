"""The client as somebody: logged in, by https, on the host that the app expects, and as a browser."""

from __future__ import annotations

import flask
import pytest

from dash_true404.diagnostics.client import AGENT, Client
from dash_true404.diagnostics.login import LoginError
from dash_true404.diagnostics.settings import STRANGER, Visitor

from ..apps import app_on, make_app
from ..login_apps import LOGIN_APPS, PROVIDER, session_app
from ..serving import serve

kinds = pytest.mark.parametrize("kind", LOGIN_APPS)


def statuses(client, *targets):
    return [client.ask(target).status_code for target in targets]


@kinds
def test_a_visitor_sees_pages_and_404s(kind, backend):
    login_app = LOGIN_APPS[kind]
    with Client(login_app.make(backend), login_app.visitor) as client:
        assert statuses(client, "/", "/sales", "/salse") == [200, 200, 404]


@kinds
def test_a_stranger_sees_what_strangers_see(kind, backend):
    login_app = LOGIN_APPS[kind]
    with Client(login_app.make(backend)) as client:
        seen = statuses(client, "/", "/sales", "/salse")
    assert seen == ([{"basic": 401}.get(kind, 302)] * 3 if login_app.is_closed else [200, 200, 404])


@pytest.mark.parametrize("kind", [kind for kind, login_app in LOGIN_APPS.items() if login_app.live_visitor])
def test_a_visitor_of_a_live_site_sees_them_too(kind, backend):
    login_app = LOGIN_APPS[kind]
    app = login_app.make(backend)
    with serve(app.server) as url, Client(url, login_app.live_visitor) as client:
        assert statuses(client, "/", "/sales", "/salse") == [200, 200, 404]
        assert client.get(client.base_url + "/sales").status_code == 200


def test_a_live_site_has_no_session_to_set(backend):
    with serve(LOGIN_APPS["provider"].make(backend).server) as url, pytest.raises(LoginError, match="on a live site"):
        Client(url, LOGIN_APPS["provider"].visitor)


def test_a_log_out_that_is_visited_does_not_end_the_session(backend):
    with Client(session_app(backend), LOGIN_APPS["session"].visitor) as client:
        assert statuses(client, "/logout", "/account/sign-out", "/sales") == [302, 302, 200]


def test_cookies_that_are_kept_can_be_lost_again(backend):
    with Client(session_app(backend), LOGIN_APPS["session"].visitor, keeps_cookies=True) as client:
        assert statuses(client, "/sales", "/logout", "/sales") == [200, 302, 302]
        client.freeze_cookies()
        assert client.post("/login", data={"name": "ann", "password": "secret"}).status_code == 302
        assert statuses(client, "/sales") == [302]


def test_cookies_can_be_frozen_for_a_while():
    with Client(session_app("flask"), LOGIN_APPS["session"].visitor, keeps_cookies=True) as client:
        with client.frozen_cookies():
            assert statuses(client, "/logout", "/sales") == [302, 200]
        assert statuses(client, "/logout", "/sales") == [302, 302]


@pytest.mark.parametrize(
    ("content", "received"),
    [({"data": {"a": ["1", "2"]}}, "a=1&a=2"), ({"data": "text"}, "text"), ({"json": [1]}, "[1]"), ({}, "")],
)
def test_content_is_sent_with_any_method(content, received):
    app = make_app("/")
    app.server.add_url_rule("/echo", "echo", lambda: flask.request.get_data(), methods=["PUT"])
    with Client(app) as client:
        assert client.request("PUT", "/echo", **content).text == received


def test_a_session_keeps_what_it_had(backend):
    app = LOGIN_APPS["provider"].make(backend)
    with Client(app, keeps_cookies=True) as client:
        client.set_session(user="ann")
        client.set_session(more=1)
        assert statuses(client, "/sales") == [200]


def test_the_provider_on_another_host_is_not_asked(backend):
    with Client(LOGIN_APPS["provider"].make(backend)) as client:
        response = client.get("/")
    assert (response.status_code, response.location) == (302, PROVIDER)
    assert client.notes == []


def test_a_redirect_to_https_is_followed_and_said(backend):
    with Client(LOGIN_APPS["https"].make(backend)) as client:
        assert client.post("/nope", json={}).status_code == 404
        assert client.base_url == "https://localhost"
    assert client.notes == ["Requests to http://localhost are redirected to https://localhost, so they are sent there."]


@pytest.mark.parametrize("wrong", ["a_log_in", "fail"])
def test_a_login_that_fails_says_why(backend, wrong):
    with pytest.raises(LoginError) as raised:
        Client(session_app(backend), Visitor(login=f"tests.login_apps:{wrong}"))
    said = "has no function 'a_log_in'" if wrong == "a_log_in" else "RuntimeError: the form answers 403"
    assert said in str(raised.value)


def test_without_sessions_there_is_nothing_to_set(backend):
    with Client(app_on(backend, "/")) as client, pytest.raises(LoginError, match="no session that set_session"):
        client.set_session(user=1)


def test_what_no_session_can_hold_is_said(backend):
    app = LOGIN_APPS["provider"].make(backend)
    with Client(app) as client, pytest.raises(LoginError, match=r"set_session\(\) failed"):
        client.set_session(user=object())


def test_a_session_for_a_domain_is_set_there():
    app = LOGIN_APPS["provider"].make("flask")
    app.server.config.update(SESSION_COOKIE_DOMAIN=".example.org", SESSION_COOKIE_SECURE=True)
    with Client(app, LOGIN_APPS["provider"].visitor) as client:
        assert (client.base_url, *statuses(client, "/sales")) == ("http://example.org", 200)
    visitor = LOGIN_APPS["provider"].visitor._replace(base_url="http://localhost/")
    with pytest.raises(LoginError, match="isn't for http://localhost, so no browser would keep it"):
        Client(app, visitor)


def test_headers_of_the_visitor_are_sent_and_a_request_has_the_last_word(backend):
    seen = []
    app = app_on(backend, "/")
    visitor = Visitor(headers=(("X-One", "1"), ("X-Two", "2"), ("Accept-Language", "de")), user="ann:ü")
    with Client(app, visitor) as client, client.through(_recording(backend, seen)):
        client.get("/", headers={"x-two": "3"})
    assert seen == [
        {
            "user-agent": AGENT,
            "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "x-one": "1",
            "x-two": "3",
            "accept-language": "de",
            "authorization": "Basic YW5uOsO8",
            "host": "localhost",
        }
    ]


def _recording(backend, seen):
    def on_wsgi(application):
        def call(environ, start_response):
            seen.append(
                {
                    name[5:].lower().replace("_", "-"): value
                    for name, value in environ.items()
                    if name.startswith("HTTP_")
                }
            )
            return application(environ, start_response)

        return call

    def on_asgi(application):
        async def call(scope, receive, send):
            seen.append({name.decode(): value.decode() for name, value in scope["headers"]})
            seen[-1].pop("content-length")
            await application(scope, receive, send)

        return call

    return on_wsgi if backend == "flask" else on_asgi


def test_another_host_is_never_asked():
    with Client(make_app("/"), STRANGER) as client:
        assert client.get("http://localhost/").status_code == 200
        with pytest.raises(ValueError, match="isn't on http://localhost"):
            client.get("http://example.org/")
