"""What is compared: a Dash app with true 404s, the same without, and what people have instead."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from unittest import mock

import dash
import flask
from dash import Input, Output, dcc, html
from fastapi import FastAPI
from quart import Quart
from werkzeug.exceptions import NotFound

import dash_true404
from dash_true404 import enable_true_404
from dash_true404.core.not_found_page import HEADERS

#: The paths of ten pages.
PATHS = ["/", *(f"/page-{number}" for number in range(1, 10))]

#: A URL that is no page.
UNKNOWN = "/zz"

#: A callback as the browser sends it.
CALLBACK = {
    "output": "out.children",
    "outputs": {"id": "out", "property": "children"},
    "inputs": [{"id": "in", "property": "value", "value": "x"}],
    "changedPropIds": ["in.value"],
}

_HTML = (Path(dash_true404.__file__).parent / "404.html").read_bytes()
_ASSETS = Path(__file__).parent / "assets"


def registry(paths: Iterable[str]) -> OrderedDict[str, dict[str, Any]]:
    """Return a page registry.

    Not made by ``register_page``, which goes through all pages for each one: 100,000 would take it hours.
    """
    modules = ((f"pages.m{number}", number, path) for number, path in enumerate(paths))
    return OrderedDict((module, _page(module, number, path)) for module, number, path in modules)


def _page(module: str, number: int, path: str) -> dict[str, Any]:
    template = path if "<" in path else None
    path = path.replace("<", "").replace(">", "")
    same = dict.fromkeys(("title", "name", "description"), "A page")
    none = dict.fromkeys(("image", "image_url", "redirect_from"))
    where = {"path": path, "path_template": template, "supplied_path": None if template else path}
    return {"module": module, "order": number, "relative_path": path, "layout": html.Div("x"), **where, **same, **none}


@functools.cache
def assets_with_404() -> str:
    """Return a folder of assets with a ``404.html`` of the bytes that all peers send."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    shutil.copytree(_ASSETS, folder, dirs_exist_ok=True)
    (folder / "404.html").write_bytes(_HTML)
    return str(folder)


def bare_dash(**options: Any) -> dash.Dash:
    """Return a Dash app with ten pages and soft 404s."""
    # Without use_async, Dash runs on Flask each hook in a thread of its own where its async support is installed.
    options = {"use_async": "backend" in options, "assets_folder": str(_ASSETS), **options}
    app = dash.Dash("benchmark", use_pages=True, pages_folder="", **options)
    app.layout = html.Div([html.Div(id="in"), html.Div(id="out"), dash.page_container])
    app.callback(Output("out", "children"), Input("in", "value"))(lambda value: value)
    dash.page_registry.update(registry(PATHS))
    return app


def true_dash(paths: Iterable[str] = PATHS, **options: Any) -> dash.Dash:
    """Return a Dash app with true 404s.

    :param paths: of its pages, in a registry of its own; Dash's, which all apps share, keeps the ten.
    """
    app = bare_dash(**options)
    with mock.patch.object(dash, "page_registry", registry(["/", *paths])):
        enable_true_404(app)
    return app


def refusing_dash(**options: Any) -> dash.Dash:
    """Return a Dash app on Flask or Quart whose catch-all refuses all, unasked: the least that a 404 costs there."""
    app = bare_dash(**options)

    def refuse(path: str) -> None:
        raise NotFound

    async def refuse_later(path: str) -> None:
        raise NotFound

    app.server.view_functions["/<path:path>"] = refuse if isinstance(app.server, flask.Flask) else refuse_later
    answer_404(app.server)
    return app


def linked_dash(paths: list[str]) -> dash.Dash:
    """Return a Dash app with true 404s whose pages link to each other; they replace all in the registry."""
    app = bare_dash()
    dash.page_registry.clear()
    dash.page_registry.update(registry(paths))
    for number, page in enumerate(dash.page_registry.values()):
        page["layout"] = html.Div(dcc.Link("next", href=paths[number - 1]))
    enable_true_404(app)
    return app


def hook_with_sets() -> dash.Dash:
    """Return a Dash app with the community's hook that makes its sets of paths for each request."""
    app = bare_dash()

    @app.server.before_request
    def check() -> None:
        path = flask.request.path.strip("/")
        known = {page["path"].strip("/") for page in dash.page_registry.values()}
        rules = {rule.rule.strip("/") for rule in app.server.url_map.iter_rules()}
        if path not in known and path not in rules and not path.startswith(("_dash", "assets/", "favicon.ico")):
            flask.abort(404)

    answer_404(app.server)
    return app


def hook_with_dict() -> dash.Dash:
    """Return a Dash app with the community's hook that has a dict of paths, and looks at the endpoint."""
    app = bare_dash()
    known = {page["path"]: page for page in dash.page_registry.values()}

    @app.server.before_request
    def check() -> None:
        if flask.request.endpoint == "/<path:path>" and flask.request.path not in known:
            flask.abort(404)

    answer_404(app.server)
    return app


def plain_flask() -> flask.Flask:
    """Return a Flask app with a route for each page, and a 404 of the same bytes."""
    server = flask.Flask("plain")
    for path in PATHS:
        server.add_url_rule(path, path, lambda: "A page")
    answer_404(server)
    return server


def bare_quart() -> Quart:
    """Return a Quart app with a route for each page."""
    server = Quart("bare")
    for path in PATHS:
        server.add_url_rule(path, path, _answer)
    return server


def bare_fastapi() -> FastAPI:
    """Return a FastAPI app with a route for each page."""
    server = FastAPI()
    for path in PATHS:
        server.add_api_route(path, _answer)
    return server


def answer_404(server: Any) -> None:
    """Let a Flask or Quart app answer its 404s with the bytes of ours."""
    if isinstance(server, flask.Flask):
        server.register_error_handler(404, lambda error: (_HTML, 404, HEADERS))
        return

    async def not_found(error: Exception) -> Any:
        return _HTML, 404, HEADERS

    server.register_error_handler(404, not_found)


async def _answer() -> str:
    return "A page"
