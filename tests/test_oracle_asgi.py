"""The same on Quart and FastAPI: generated apps, URLs and methods against Dash's router and a plain app of the server
with one route for each page.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import dash
import pytest
from fastapi import FastAPI, Response
from hypothesis import given
from hypothesis import strategies as st
from quart import Quart
from starlette.routing import Match, Route
from werkzeug.exceptions import HTTPException

from dash_true404 import enable_true_404
from dash_true404.paths import reencoded

from .apps import METHODS, make_app, register
from .asgi import Answer, ask_all
from .generated import EXISTS, page_paths, prefixes, repeatable, templates, urls
from .oracle import path_to_page, plain_werkzeug, rendered_page
from .scale import EXAMPLES

SHARE = EXAMPLES // 2

compared: dict[str, int] = {"quart": 0, "fastapi": 0}

RULES = [
    ("/api/<int:n>", ("GET", "POST")),
    ("/api/<int:n>", ("POST",)),
    ("/a/<path:rest>", ("PUT",)),
    ("/users/", ("GET",)),
    ("/users/<name>/", ("GET", "DELETE")),
    ("/b", ("POST",)),
]

generated_apps = given(
    prefixes,
    st.lists(page_paths, max_size=5, unique_by=lambda p: p.strip("/")),
    st.lists(templates.filter(lambda t: "<" in t), max_size=2, unique=True),
    st.lists(st.sampled_from(RULES), max_size=3, unique=True),
    st.lists(urls, min_size=15, max_size=30, unique=True),
    st.booleans(),
    st.randoms(),
)


def generated_app(backend: str, prefix: str, pages: list[str], random: Any) -> dash.Dash:
    """Return an app with pages in any order, of which some do not always exist."""
    dash.page_registry.clear()
    app = make_app(backend=backend, url_base_pathname=prefix)
    random.shuffle(pages)
    for order, path in enumerate(pages):
        register(path, module=f"m{order}", order=order, exists=random.choice([*map(as_async, EXISTS), *EXISTS]))
    return app


def as_async(exists: Any) -> Any:
    async def asked(**variables: str) -> bool:
        return exists(**variables)

    return exists and asked


def to_ask(prefix: str, asked: list[str], pages: list[str]) -> list[str]:
    """Return the URLs to ask for, those of pages and some outside the prefix included."""
    below = prefix.rstrip("/")
    inside = [*asked, *pages, "/"]
    sendable = [below + url for url in inside if url.isascii() and not {" ", "<"} & {*url} and url[:2] != "//"]
    return [*dict.fromkeys(sendable), *(url for url in ("/zz", "/api/7", "/users", "/v1.0") if prefix != "/")]


def skipped(pages: list[str], below: str, found: dict[str, Any]) -> Any:
    """Return what tells whether the oracles cannot say what a URL is due: see the test on Flask."""
    proxied = {reencoded(below + path) for path in pages if "%" in path}
    proxied_templates = any("%" in page and "<" in page for page in pages)
    decoded = {unquote(url.partition("?")[0]).rstrip("/") for url in found}

    def is_skipped(url: str) -> bool:
        path = url.partition("?")[0]
        if url in found:
            return "//" in path
        return path.rstrip("/") in proxied or proxied_templates or unquote(path).rstrip("/") in decoded

    return is_skipped


def to_compare(urls: list[str], is_skipped: Any) -> list[tuple[str, str]]:
    """Return the questions for both; what needs Dash's own middleware, its callbacks, is none for the plain app."""
    asked = [(url, method) for url in urls if not is_skipped(url) for method in METHODS]
    return [(url, method) for url, method in asked if method != "POST" or "_dash-update-component" not in url]


def due(app: dash.Dash, url: str, redirect_slashes: bool) -> tuple[int, str]:
    """Return the status and Location that a page is due."""
    path, _, query = url.partition("?")
    page, variables = path_to_page(app.strip_relative_path(path))
    registered = page["path_template"] if variables else page["path"]
    stripped = path[len(app.config.routes_pathname_prefix) :].strip("/")
    slash = "/" if stripped and registered.endswith("/") else ""
    own = app.config.routes_pathname_prefix + stripped + slash
    if redirect_slashes and path != own:
        return 308, own + (f"?{query}" if query else "")
    exists = page["exists"]
    if exists and "asked" in exists.__qualname__:
        exists = exists.__closure__[0].cell_contents
    return 200 if exists is None or exists(**(variables or {})) else 404, ""


def location(answer: Answer) -> str:
    return answer.headers.get("location", "").replace("http://localhost", "")


def allow(answer: Answer) -> set[str]:
    return set(answer.headers.get("allow", "").replace(" ", "").split(","))


@repeatable(SHARE)
@generated_apps
def test_on_quart(prefix, paths, some_templates, some_rules, asked, redirect_slashes, random):
    pages = [*paths, *some_templates]
    app = generated_app("quart", prefix, pages, random)
    for number, (rule, methods) in enumerate(some_rules):
        app.server.add_url_rule(rule, f"user {number}", lambda **_: "200", methods=list(methods))
    enable_true_404(app, redirect_slashes=redirect_slashes)

    def is_page(path: str) -> bool:
        try:
            endpoint, _ = app.server.url_map.bind("localhost").match(unquote(path))
        except HTTPException:
            return False
        return endpoint in (prefix, prefix + "<path:path>") and rendered_page(app, path) is not None

    urls = to_ask(prefix, asked, pages)
    found = {url: due(app, url, redirect_slashes) for url in urls if is_page(url.partition("?")[0])}
    views = {unquote(url.partition("?")[0]): view_of(*answer) for url, answer in found.items()}
    plain = plain_werkzeug(Quart("plain", static_folder=None), app, views)
    is_skipped = skipped(pages, prefix.rstrip("/"), found)
    questions = to_compare(urls, is_skipped)
    for (url, method), ours, theirs in zip(
        questions, ask_all(app.server, questions), ask_all(plain, questions), strict=True
    ):
        if method == "OPTIONS" and theirs.status_code == 200:
            assert ours.status_code == 200, (method, url)
        elif (ours.status_code, theirs.status_code) == (405, 404) and location(
            ask_all(plain, [(url, "GET")])[0]
        ).rstrip("/"):
            pass  # the slashless form of a rule that ends in a slash stays 405 for other methods (FACTS)
        else:
            assert ours.status_code == theirs.status_code, (method, url)
            assert location(ours) == location(theirs), (method, url)
            if method in ("GET", "HEAD"):
                assert allow(ours) == allow(theirs), (method, url)
            compared["quart"] += 1


def view_of(status: int, where: str) -> Any:
    async def view() -> Any:
        return "page", status, {"Location": where} if where else {}

    return view


class PageRoute(Route):
    """A page of a plain FastAPI app, at one decoded path."""

    def __init__(self, path: str, status: int, where: str) -> None:
        async def answer(request: Any) -> Response:
            return Response("page", status, {"Location": where} if where else {})

        super().__init__("/", answer, methods=["GET"])
        self.methods = {"GET"}  # FastAPI's routes do not add HEAD
        self.decoded = path

    def matches(self, scope: Any) -> Any:
        if scope["type"] != "http" or scope["path"] != self.decoded:
            return Match.NONE, {}
        return (Match.FULL if scope["method"] == "GET" else Match.PARTIAL), {}


def plain_fastapi(bare: FastAPI, prefix: str, found: dict[str, tuple[int, str]], before: bool, rules: list) -> FastAPI:
    """Return a FastAPI app with the routes of a Dash app's, but a route for each page and no index or catch-all."""
    plain = FastAPI()
    plain.router.routes[:] = [
        route for route in bare.router.routes if route.name != prefix and not hasattr(route, "is_users")
    ]
    pages = [PageRoute(unquote(url.partition("?")[0]), *answer) for url, answer in found.items()]
    if not before:
        plain.router.routes.extend(pages)
    add_rules(plain, rules)
    if before:
        plain.router.routes.extend(pages)
    return plain


def add_rules(server: FastAPI, rules: list[tuple[str, tuple[str, ...]]]) -> None:
    async def answer() -> str:
        return "200"

    for rule, methods in rules:
        path = rule.replace("<int:n>", "{n:int}").replace("<path:rest>", "{rest:path}").replace("<name>", "{name}")
        server.add_api_route(path, answer, methods=list(methods))


@repeatable(SHARE)
@generated_apps
def test_on_fastapi(prefix, paths, some_templates, some_rules, asked, redirect_slashes, random):
    pages = [*paths, *some_templates]
    app = generated_app("fastapi", prefix, pages, random)
    dashs = FastAPI()
    dashs.router.routes[:] = app.server.router.routes
    before = random.choice([True, False])
    if before:
        add_rules(app.server, some_rules)
    enable_true_404(app, redirect_slashes=redirect_slashes)
    if not before:
        add_rules(app.server, some_rules)
    users = FastAPI()
    users.router.routes[:] = [route for route in dashs.router.routes if route.name != prefix]
    add_rules(users, some_rules)

    def is_page(path: str) -> bool:
        scope = {"type": "http", "method": "GET", "path": unquote(path), "root_path": "", "headers": []}
        is_taken = any(route.matches(dict(scope))[0] is Match.FULL for route in users.router.routes)
        return (not is_taken or unquote(path) == prefix) and rendered_page(app, path) is not None

    urls = to_ask(prefix, asked, pages)
    found = {url: due(app, url, redirect_slashes) for url in urls if is_page(url.partition("?")[0])}
    plain = plain_fastapi(dashs, prefix, found, before, some_rules)
    is_skipped = skipped(pages, prefix.rstrip("/"), found)
    questions = to_compare(urls, is_skipped)
    lifespan = random.choice([True, False])
    for (url, method), ours, theirs in zip(
        questions, ask_all(app.server, questions, lifespan=lifespan), ask_all(plain, questions), strict=True
    ):
        assert ours.status_code == theirs.status_code, (method, url)
        assert location(ours) == location(theirs), (method, url)
        assert allow(ours) == allow(theirs), (method, url)
        compared["fastapi"] += 1


@pytest.mark.parametrize("backend", compared)
def test_enough_cases_were_compared(backend):
    assert compared[backend] >= 60 * SHARE
