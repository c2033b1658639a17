"""The adapters for AWS Lambda, called with events as AWS sends them (docs/deployment has the handlers)."""

from __future__ import annotations

import asyncio
import base64
import importlib
import re
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import dash
import pytest
from dash import html

from ..apps import found_on
from ..client import METHODS, UNKNOWN
from .recipes import PAGE, files_of

PAGES = ["/", "/trips", "/trips/", "/stations/central", "/stations/S%C3%A3o%20Bento"]
PAGES += ["/R%26D", "/caf%C3%A9", "/a%20b", "/it%27s", "/C%23", "/50%25", "/TCP%2FIP"]
NO_PAGES = ["/nope", "/caf%C3%A8", "/stations", "/stations/atlantis", "/Trips", "/r%26d", "/favicon.ico", "/%E6%9D%B1"]
#: Unknown URLs that cannot be distinguished from pages.
SOFT_404S = ["/%74rips", "/50%2525", "/caf%25C3%25A9"]

HEADERS = {"host": "example.com", "x-forwarded-port": "443", "x-forwarded-proto": "https"}


@pytest.fixture(autouse=True, scope="module")
def event_loop():
    """Give Mangum a loop: it makes one for the thread where there is none, and nobody closes that."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


def event_v1(path: str, method: str) -> dict[str, Any]:
    identity = {"sourceIp": "127.0.0.1", "userAgent": "test"}
    return {
        "version": "1.0",
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": HEADERS,
        "multiValueHeaders": {name: [value] for name, value in HEADERS.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": path[1:]},
        "stageVariables": None,
        "requestContext": {"stage": "$default", "path": path, "httpMethod": method, "identity": identity},
        "body": None,
        "isBase64Encoded": False,
    }


def event_v2(path: str, method: str) -> dict[str, Any]:
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "test"}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": HEADERS,
        "requestContext": {"stage": "$default", "http": http},
        "isBase64Encoded": False,
    }


#: An HTTP API decodes the path, in both versions.
EVENTS: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "REST API": event_v1,
    "HTTP API, version 1": lambda path, method: event_v1(unquote(path), method),
    "HTTP API, version 2": lambda path, method: event_v2(unquote(path), method),
    "function URL": event_v2,
}


@pytest.fixture(params=[name.removesuffix(".py") for name in files_of(PAGE, "AWS Lambda")])
def name(request):
    """The module of a handler."""
    return request.param


@pytest.fixture
def handler(name, tmp_path, monkeypatch):
    """A handler of the page."""
    files = {**files_of(PAGE, "The app"), **files_of(PAGE, "AWS Lambda")}
    needed = re.findall(r"\b(apig_wsgi|serverless_wsgi|mangum|fastapi)\b", files[f"{name}.py"])
    for package in [*needed, *(["dash.backends"] if "fastapi" in needed else [])]:
        pytest.importorskip(package, reason="needs what docs/deployment says")
    for file, text in files.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    for module in ("app", name):
        monkeypatch.delitem(sys.modules, module, raising=False)
    yield importlib.import_module(name).handler
    for module in ("app", name):
        del sys.modules[module]


@pytest.fixture(params=EVENTS)
def ask(request, handler):
    """Ask the handler by events of one kind."""

    def ask(path: str, method: str = "GET") -> tuple[int, str]:
        answer = handler(EVENTS[request.param](path, method), None)
        body = answer.get("body") or ""
        return answer["statusCode"], base64.b64decode(body).decode() if answer.get("isBase64Encoded") else body

    return ask


def test_every_url_gets_what_is_due_for_every_method(ask, name):
    # Flask itself fails for what apig-wsgi makes of it then, and docs/deployment says so.
    unknown = NO_PAGES if name != "apig" else [path for path in NO_PAGES if path != "/%E6%9D%B1"]
    found = found_on("fastapi" if "fastapi" in name else "flask")
    due = {**dict.fromkeys([*PAGES, *SOFT_404S], found), **dict.fromkeys(unknown, UNKNOWN)}
    # exists is asked for GET and HEAD alone.
    due["/stations/atlantis"] = {
        method: 404 if status == 200 and method != "OPTIONS" else status for method, status in found.items()
    }
    assert {path: {method: ask(path, method)[0] for method in METHODS} for path in due} == due


def test_unknown_urls_get_the_apps_own_404_page(ask):
    assert "This page does not exist" in ask("/nope")[1]


def test_an_encoded_percent_sign_before_two_digits_is_lost_on_an_http_api_alone(handler):
    dash.register_page("lost", path="/50%25ab", layout=html.H1("50%ab"))
    statuses = {kind: handler(event("/50%25ab", "GET"), None)["statusCode"] for kind, event in EVENTS.items()}
    assert statuses == {kind: 404 if kind.startswith("HTTP API") else 200 for kind in EVENTS}
