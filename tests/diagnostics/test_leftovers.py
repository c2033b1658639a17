"""What check finds of files, Blueprints and routers that never came to be served."""

from __future__ import annotations

import importlib
import sys
import types

import dash
import pytest
from dash import html

from dash_true404 import enable_true_404
from dash_true404.diagnostics.check.in_process import check_app

from ..apps import ON_WERKZEUG, app_on, forget_last_app, web_of

PAGE = "import dash\nfrom dash import html\nlayout = html.Div('hi')\n"


def said(app, *codes):
    report = check_app(app)
    return [(one.code, one.why) for one in (*report.findings, *report.notes) if one.code in codes]


@pytest.fixture
def pages(tmp_path, monkeypatch):
    """Return a function that makes an app of a folder of pages."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    before = set(sys.modules)

    def make(files):
        (tmp_path / "pages").mkdir()
        for name, text in files.items():
            file = tmp_path / "pages" / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(PAGE + text)
        forget_last_app()
        app = dash.Dash("files", use_pages=True, pages_folder=str(tmp_path / "pages"), assets_folder="none")
        app.layout = html.Div(dash.page_container)
        enable_true_404(app)
        return app

    yield make
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_files_that_are_as_they_should_be(pages):
    app = pages(
        {
            "home.py": "dash.register_page(__name__, path='/')",
            "named.py": "dash.register_page('other', path='/other')",
            "by_word.py": "dash.register_page(module='word', path='/word')",
            "computed.py": "for n in 'ab':\n    dash.register_page(f'x{n}', path=f'/{n}')",
            "loose.py": "dash.register_page('y' + 'z', path='/yz')",
            "options.py": "dash.register_page(**{'module': 'opt', 'path': '/opt'})",
            "maybe.py": "if not __name__:\n    dash.register_page(__name__, path='/maybe')",
            "__init__.py": "",
            ".hidden/copy.py": "dash.register_page(__name__)",
            "helping.py": "import sys\nsys.modules['helper'] = type(sys)('helper')\n"
            "sys.modules['helper'].__file__ = __file__.replace('helping', 'helper')\n"
            "dash.register_page(__name__, path='/helping')",
            "helper.py": "",
        }
    )
    assert said(app, "T209", "T222") == []


def test_a_page_that_was_taken_out(pages):
    app = pages({"home.py": "dash.register_page(__name__, path='/')", "lost.py": "dash.register_page(__name__)"})
    (module,) = [module for module in dash.page_registry if module.endswith("lost")]
    del dash.page_registry[module]
    ((code, why),) = said(app, "T209", "T222")
    assert code == "T209"
    assert why.startswith("pages/lost.py was imported, but its page is not in dash.page_registry any more")


def test_files_that_nothing_imported(pages):
    app = pages(
        {
            "home.py": "dash.register_page(__name__, path='/')",
            "_draft.py": "dash.register_page(__name__)",
            "forgotten.py": "",
            "broken.py": "def",
        }
    )
    assert said(app, "T209", "T222") == [
        ("T222", "pages/_draft.py is skipped: Dash reads no file or folder that begins with '_' or '.'. Rename it to "
         "draft.py."),
        ("T222", "pages/broken.py cannot be read as Python: invalid syntax (<unknown>, line 4). Correct it."),
        ("T222", "pages/forgotten.py never calls register_page, so Dash does not import it. Add "
         "dash.register_page(__name__)."),
    ]  # fmt: skip


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Return a module of the user's own."""
    made = types.ModuleType("own_views")
    made.__file__ = str(tmp_path / "own_views.py")
    monkeypatch.setitem(sys.modules, "own_views", made)
    return made


@ON_WERKZEUG
def test_a_blueprint_on_no_server(backend, module):
    app = app_on(backend, "/")
    enable_true_404(app)
    web = web_of(backend)
    module.api, module.used, module.elsewhere = (web.Blueprint(name, "own_views") for name in ("api", "used", "else"))
    module.alias = module.api
    app.server.register_blueprint(module.used)
    module.server = getattr(web, backend.capitalize())("other")
    module.server.register_blueprint(module.elsewhere)
    assert said(app, "T521") == [
        (
            "T521",
            "The Blueprint own_views:api is on no server. Call app.server.register_blueprint(api), if it is meant.",
        )
    ]


def test_modules_that_are_not_the_users_are_left_alone(module):
    module.api = web_of("flask").Blueprint("api", "own_views")
    module.__file__ = importlib.import_module("flask").__file__
    assert said(app_on("flask", "/"), "T521") == []


@pytest.mark.asgi
@pytest.mark.parametrize("backend", ["quart", "fastapi"])
def test_a_blueprint_of_another_kind_of_server(backend, module):
    module.api = web_of("flask").Blueprint("api", "own_views")
    assert said(app_on(backend, "/"), "T521") == []


@pytest.mark.asgi
def test_a_router_on_no_server(module):
    from fastapi import APIRouter, FastAPI

    app = app_on("fastapi", "/")
    enable_true_404(app)
    module.router, module.used, module.elsewhere, module.empty = (APIRouter() for _ in range(4))
    for router in (module.router, module.used, module.elsewhere):
        router.add_api_route("/x", lambda: "x")
    app.server.include_router(module.used, prefix="/used")
    module.server = FastAPI()
    module.server.include_router(module.elsewhere)
    assert said(app, "T521") == [
        (
            "T521",
            "The APIRouter own_views:router is on no server. Call app.server.include_router(router), if it is meant.",
        )
    ]


@ON_WERKZEUG
def test_a_blueprint_with_its_prefix_twice(backend):
    app = app_on(backend, "/")
    blueprint = web_of(backend).Blueprint("api", __name__, url_prefix="/api")
    blueprint.add_url_rule("/api/users", "users", lambda: "users")
    blueprint.add_url_rule("/cars", "cars", lambda: "cars")
    app.server.register_blueprint(blueprint)
    app.server.add_url_rule("/on/on/air", "air", lambda: "no Blueprint's")
    enable_true_404(app)
    ((_, why),) = said(app, "T502")
    assert why.startswith("The rule /api/api/users has '/api', the prefix of Blueprint 'api', twice.")


@pytest.mark.asgi
def test_a_router_with_its_prefix_twice(module):
    from fastapi import APIRouter

    app = app_on("fastapi", "/")
    module.router = APIRouter(prefix="/api")
    module.router.add_api_route("/users", lambda: "users")
    app.server.include_router(module.router, prefix="/api")
    app.server.add_api_route("/on/on/air", lambda: "no router's")
    enable_true_404(app)
    ((_, why),) = said(app, "T502")
    assert why.startswith("The rule /api/api/users has '/api', the prefix of its router, twice.")
