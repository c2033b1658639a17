"""Small Dash apps for the tests."""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable
from typing import Any

import dash
import flask
import pytest
from dash import _get_app, html
from werkzeug.routing import Map

from dash_true404 import enable_true_404

from .client import FOUND, METHODS

BACKENDS = ["flask", *(pytest.param(backend, marks=pytest.mark.asgi) for backend in ("quart", "fastapi"))]
#: The servers that route by Werkzeug, and have its handlers of errors.
ON_WERKZEUG = pytest.mark.parametrize("backend", ["flask", pytest.param("quart", marks=pytest.mark.asgi)])
#: Options of apps on Flask that are asked often: with its async support, Dash has a thread there for each request.
WITHOUT_THREADS = {"use_async": False} if "use_async" in inspect.signature(dash.Dash.__init__).parameters else {}


def register(path: str, **options: Any) -> None:
    """Register a page by its path or, if it has variables, by its template; the layout's id is the module."""
    module = options.pop("module", "m" + "".join(c if c.isalnum() else f"_{ord(c)}_" for c in path))
    options.setdefault("layout", html.Div(f"page {path}", id=module))
    where = {"path_template": path} if "<" in path else {"path": path}
    dash.register_page(module, **where, **options)


def make_app(*paths: str, not_found_page: bool = False, **options: Any) -> dash.Dash:
    """Return an app with a page for each path or template; ``/`` is one of them only if it is named."""
    forget_last_app()
    app = dash.Dash(__name__, **{"use_pages": True, "pages_folder": "", "assets_folder": "no-assets", **options})
    app.layout = html.Div([html.Nav("navigation"), dash.page_container])
    for path in paths:
        register(path)
    if not_found_page:
        dash.register_page("pages.not_found_404", layout=html.Div("nothing here", id="not-found"))
    return app


def app_on(backend: str, *paths: str, **options: Any) -> dash.Dash:
    """Return such an app on a server; versions of Dash that have only Flask know no ``backend``."""
    return make_app(*paths, **options, **({} if backend == "flask" else {"backend": backend}))


def new_server(backend: str, name: str = "server", **options: Any) -> Any:
    """Return an empty server of a kind, as a user would make it; FastAPI's has no name."""
    if backend == "flask":
        return flask.Flask(name, **options)
    if backend == "quart":
        return importlib.import_module("quart").Quart(name, **options)
    return importlib.import_module("fastapi").FastAPI(**options)


def found_on(backend: str) -> dict[str, int]:
    """Return the statuses of a page by method; Dash's routes on FastAPI are for GET alone."""
    return FOUND if backend != "fastapi" else {**dict.fromkeys(METHODS, 405), "GET": 200}


class Unmerged(flask.Flask):
    """A Flask server that keeps doubled slashes; said to Werkzeug 2.2 later, its rules would not know it."""

    url_map_class = staticmethod(functools.partial(Map, merge_slashes=False))


def true_app_on(backend: str, *paths: str, page: Any = None, **options: Any) -> dash.Dash:
    """Return such an app with true 404s; what is an option of enable_true_404 is given to it."""
    names = ("redirect_slashes", "everywhere", "reload_dead_links", "report_only")
    given = {name: options.pop(name) for name in names if name in options}
    app = app_on(backend, *paths, **options)
    enable_true_404(app, page, **given)
    return app


def web_of(backend: str) -> Any:
    """Return the module of a server: flask and quart have what we use of them by the same names."""
    return importlib.import_module(backend)


def forget_last_app() -> None:
    """Take back what a request leaves behind from Dash 4 on: its app, on which register_page would put redirects."""
    context = getattr(_get_app, "app_context", None)
    if context is not None:
        context.set(None)


def make_true_app(*paths: str, page: Any = None, **options: Any) -> dash.Dash:
    """Return such an app with true 404s."""
    app = make_app(*paths, **options)
    enable_true_404(app, page)
    return app


def app_with(
    change: Callable[[dash.Dash], None], when: str = "after", page: Any = None, backend: str = "flask", **options: Any
) -> dash.Dash:
    """Return an app with true 404s and three pages, changed before or after the call."""
    app = app_on(backend, "/", "/a", "/t/<x>", **options)
    if when == "before":
        change(app)
    enable_true_404(app, page)
    if when == "after":
        change(app)
    return app


def wrap_dashs_views(app: dash.Dash) -> None:
    """Put something around the views of Dash's index and catch-all that lets everybody through."""
    for endpoint in ("/", "/<path:path>"):
        view = app.server.view_functions[endpoint]
        app.server.view_functions[endpoint] = functools.wraps(view)(lambda *args, view=view, **kw: view(*args, **kw))
