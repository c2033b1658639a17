"""Scheme and host: as the server is configured, as redirects say, and never where secrets don't belong."""

from __future__ import annotations

import importlib
import itertools
from types import SimpleNamespace

import flask
import pytest
from flask_talisman import Talisman

from dash_true404.diagnostics.base_urls import find_base_url, is_same_host, split_base_url
from dash_true404.diagnostics.client import Client
from dash_true404.diagnostics.settings import Visitor

from ..apps import ON_WERKZEUG, app_on, make_app, true_app_on
from ..serving import serve
from .asking import app_that_redirects


@ON_WERKZEUG
@pytest.mark.parametrize(
    ("config", "base"),
    [
        ({}, "http://localhost"),
        ({"PREFERRED_URL_SCHEME": "https"}, "https://localhost"),
        ({"SERVER_NAME": "shop.example:8050"}, "http://shop.example:8050"),
        ({"TRUSTED_HOSTS": [".example.org", "shop.example"]}, "http://example.org"),
        ({"TRUSTED_HOSTS": ["shop.example", "localhost"]}, "http://localhost"),
        ({"TRUSTED_HOSTS": ["a.example", ".example.org"], "SERVER_NAME": "example.org"}, "http://example.org"),
    ],
)
def test_the_server_is_asked_as_it_is_configured(backend, config, base):
    app = app_on(backend, "/")
    app.server.config.update(config)
    with Client(app) as client:
        assert client.base_url == base
        assert client.get("/").status_code == 200
    with Client(app, Visitor(base_url="https://app.example.org/")) as client:
        assert client.base_url == "https://app.example.org"


def test_an_app_that_matches_subdomains_is_asked_at_its_own_host():
    app = make_app("/", server=flask.Flask("server", subdomain_matching=True))
    app.server.config["SERVER_NAME"] = "shop.example"
    with Client(app) as client:
        assert client.get("/").status_code == 200


@pytest.mark.asgi
@pytest.mark.parametrize(
    ("hosts", "base"),
    [
        (["*.example.org"], "http://www.example.org"),
        (["shop.example", "localhost"], "http://shop.example"),
        (["*", "shop.example"], "http://localhost"),
        (None, "http://localhost"),
    ],
)
def test_trusted_hosts_of_starlette_are_asked(hosts, base):
    app = app_on("fastapi", "/")
    middleware = importlib.import_module("starlette.middleware.trustedhost").TrustedHostMiddleware
    app.server.add_middleware(importlib.import_module("starlette.middleware.gzip").GZipMiddleware)
    app.server.add_middleware(middleware, allowed_hosts=hosts)
    with Client(app) as client:
        assert (client.base_url, client.get("/").status_code) == (base, 200)


def test_middleware_of_any_version_of_starlette_is_read():
    kind = type("TrustedHostMiddleware", (), {})
    old = SimpleNamespace(user_middleware=[SimpleNamespace(cls=kind, options={"allowed_hosts": ["a.example"]})])
    by_position = SimpleNamespace(user_middleware=[SimpleNamespace(cls=kind, args=(["b.example"],), kwargs={})])
    assert [find_base_url(server) for server in (old, by_position)] == ["http://a.example", "http://b.example"]


def test_the_app_below_says_it_where_what_it_is_mounted_on_does_not():
    outer, inner = flask.Flask("outer"), flask.Flask("inner")
    inner.config["SERVER_NAME"] = "inner.example"
    assert find_base_url(outer, inner) == "http://inner.example"
    outer.config["SERVER_NAME"] = "outer.example"
    assert find_base_url(outer, inner) == "http://outer.example"
    assert find_base_url(object(), inner) == "http://inner.example"
    inner.config["TRUSTED_HOSTS"] = ["trusted.example"]
    assert find_base_url(inner) == "http://trusted.example"


def test_talisman_is_asked_by_https():
    app = true_app_on("flask", "/")
    Talisman(app.server, content_security_policy=None)
    with Client(app) as client:
        assert [client.ask(url).status_code for url in ("/", "/nope")] == [200, 404]
    assert client.notes == ["Requests to http://localhost are redirected to https://localhost, so they are sent there."]


@pytest.mark.asgi
def test_https_redirect_middleware_is_asked_by_https():
    app = true_app_on("fastapi", "/")
    app.server.add_middleware(importlib.import_module("starlette.middleware.httpsredirect").HTTPSRedirectMiddleware)
    with Client(app) as client:
        assert [client.ask(url).status_code for url in ("/?x=%41", "/nope")] == [200, 404]
    assert client.base_url == "https://localhost"


def redirecting_app(*targets):
    """Return an app that redirects each host to the next one, with all of the URL or to another path."""
    app = make_app("/", "/a")

    @app.server.before_request
    def move():
        base = flask.request.host_url.rstrip("/")
        hops = dict(itertools.pairwise(targets))
        if base in hops:
            return "", 302, {"Location": hops[base] + flask.request.full_path.rstrip("?")}
        return None

    return app


def test_a_canonical_host_in_this_process_is_followed():
    app = redirecting_app("http://shop.example", "https://shop.example", "https://www.shop.example")
    with Client(app, Visitor(base_url="http://shop.example/")) as client:
        assert client.get("/a?x=1").status_code == 200
    assert client.base_url == "https://www.shop.example"
    assert len(client.notes) == 2


@pytest.mark.parametrize(
    "targets",
    [
        ("http://localhost", "https://login.example"),
        ("http://localhost", "https://localhost/login?next="),
        ("http://localhost", "ftp://localhost"),
        ("https://localhost", "http://localhost"),
    ],
)
def test_other_redirects_are_answers(targets):
    with Client(redirecting_app(*targets), Visitor(base_url=targets[0])) as client:
        assert client.get("/a?x=1").status_code == 302
        assert client.base_url == targets[0]
        assert client.notes == []


def test_a_location_that_is_no_url_is_an_answer():
    with Client(app_that_redirects("http://[")) as client:
        assert client.get("/").location == "http://["


def test_hosts_that_redirect_to_each_other_are_not_followed_for_ever():
    with Client(redirecting_app("http://localhost", "http://www.localhost", "http://localhost")) as client:
        assert client.get("/a").status_code == 302
    assert client.base_url == "http://www.localhost"


@pytest.mark.parametrize(
    ("old", "new", "in_process", "live"),
    [
        ("http://a.example", "https://a.example", True, True),
        ("http://a.example", "https://www.a.example", True, False),
        ("http://www.a.example", "https://a.example", True, False),
        ("https://a.example", "http://a.example", False, False),
        ("http://a.example", "https://b.example", False, False),
        ("http://a.example:8050", "https://a.example:8443", True, False),
        ("http://a.example:8050", "https://a.example", True, False),
        ("http://a.example:8050", "http://a.example:8051", True, False),
    ],
)
def test_what_may_be_told_to_another_base_url(old, new, in_process, live):
    assert is_same_host(old, new, is_live=False) is in_process
    assert is_same_host(old, new, is_live=True) is live


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://Shop.Example:443/a?b", "https://shop.example"),
        ("http://shop.example:8050", "http://shop.example:8050"),
        ("http://[::1]:80/", "http://[::1]"),
    ],
)
def test_the_base_of_a_url(url, base):
    assert split_base_url(url) == base


@pytest.mark.parametrize("url", ["/a", "ftp://a.example", "http:///a", "http://a.example:port", "http://["])
def test_what_has_no_base_is_an_error(url):
    with pytest.raises(ValueError, match=r"isn't a URL of a site\. Write http"):
        split_base_url(url)


def test_a_live_site_is_asked_exactly_as_given(backend):
    seen = []
    app = app_on(backend, "/")
    record = recording(app.server, backend, seen)
    targets = ["/a//b/../c", "/%2e%2E/%41?x=%zz&y=a+b", "/caf%C3%A9;p=1", "/a?", "/?q=http://x/"]
    with serve(record) as url, Client(url) as client:
        for target in targets:
            client.ask(target)
    # uvicorn hands on no "?" without a query.
    assert seen == [target if backend == "flask" else target.removesuffix("?") for target in targets]


def recording(server, backend, seen):
    def on_wsgi(environ, start_response):
        seen.append(environ["REQUEST_URI"])
        return server(environ, start_response)

    async def on_asgi(scope, receive, send):
        if scope["type"] == "http":
            query = scope["query_string"].decode()
            seen.append(scope["raw_path"].decode() + (f"?{query}" if query else ""))
        await server(scope, receive, send)

    return on_wsgi if backend == "flask" else on_asgi


def test_cookies_stay_on_their_host_and_secure_ones_are_sent_here():
    app = make_app("/")

    @app.server.after_request
    def add_cookies(response):
        response.set_cookie("own", "1", secure=True)
        response.set_cookie("foreign", "1", domain="other.example")
        return response

    for base in ("http://localhost/", "http://shop.example/"):
        with Client(app, Visitor(base_url=base), keeps_cookies=True) as client:
            client.get("/")
            assert [cookie.name for cookie in client.cookies] == ["own"]
            assert client._make_request("/", "GET", None, b"").headers["Cookie"] == "own=1"
    with serve(app.server) as url, Client(url, Visitor(base_url="http://shop.example/"), keeps_cookies=True) as client:
        client.get("/")
        assert "Cookie" not in client._make_request("/", "GET", None, b"").headers
    with serve(app.server) as url, Client(url, Visitor((("Cookie", "a=b"),)), keeps_cookies=True) as client:
        client.get("/")
        assert client._make_request("/", "GET", None, b"").headers["Cookie"] == "a=b; own=1"
