"""What a URL that is no page gets."""

import os
import re
import sys
from pathlib import Path

import dash
import flask
import pytest
from dash import html
from werkzeug.exceptions import HTTPException

from dash_true404 import IN_APP, enable_true_404

from ..apps import app_on, make_app, make_true_app, register, true_app_on, web_of
from ..client import METHODS, ask, ask_all, status

BUILT_IN = "This page does not exist"
#: Servers with Werkzeug's handlers of errors, which on Quart may be async.
WERKZEUG = pytest.mark.parametrize(
    ("backend", "is_async"),
    [("flask", False), *(pytest.param("quart", is_async, marks=pytest.mark.asgi) for is_async in (False, True))],
)


def as_async(function):
    async def called(*arguments):
        return function(*arguments)

    return called


def get(app, url="/zz", **options):
    return ask(app, url, **options)


@pytest.fixture
def folders(tmp_path):
    """A server whose template folder is tmp_path/templates, and an assets folder."""
    for name in ("templates", "assets"):
        (tmp_path / name).mkdir()
    return tmp_path


def app_in(folders, *paths, **options):
    server = flask.Flask("server", template_folder=str(folders / "templates"))
    return make_app(*(paths or ("/",)), server=server, assets_folder=str(folders / "assets"), **options)


def test_the_built_in_page_is_complete_in_itself():
    text = get(make_true_app("/")).text
    assert BUILT_IN in text
    assert '<html lang="en">' in text
    assert "<title>Page not found (404)</title>" in text
    assert 'name="viewport"' in text
    assert "prefers-color-scheme: dark" in text
    assert '<link rel="icon" href="data:,">' in text  # or browsers would ask for /favicon.ico
    assert not re.search(r"""(src=|url\(|@import|<link(?! rel="icon" href="data:,">)|https?:)""", text)
    assert '<a href="/">' in text


def luminance(color):
    """Relative luminance (WCAG 2.2)."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_built_in_page_has_enough_contrast_in_both_schemes():
    text = get(make_true_app("/")).text
    schemes = [dict(re.findall(r"--(\w+): (#\w{6})", line)) for line in text.splitlines() if "--ink:" in line]
    assert len(schemes) == 2
    for colors in schemes:
        for name in ("ink", "soft", "link"):
            lighter, darker = sorted(map(luminance, (colors[name], colors["paper"])), reverse=True)
            assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (name, colors)


def test_every_answer_has_explicit_headers_and_says_nothing_of_the_url(backend):
    app = true_app_on(backend, "/")
    for method in METHODS:
        response = get(app, "/zz-needle?q=needle", method=method, headers={"X-Needle": "needle"})
        assert response.status == 404
        assert response.headers["X-Robots-Tag"] == "noindex"
        assert response.headers["Cache-Control"] == "no-cache"
        assert response.headers["Vary"] == "Accept"
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "ETag" not in response.headers
        assert "Last-Modified" not in response.headers
        assert "needle" not in response.text + str(response.headers)
        assert method == "HEAD" or BUILT_IN in response.text


@pytest.mark.parametrize("page", [None, IN_APP])
def test_conditional_and_range_requests_get_the_whole_404(backend, page):
    app = true_app_on(backend, "/", page=page)
    headers = {"If-None-Match": "*", "If-Modified-Since": "Fri, 20 Nov 2026 00:00:00 GMT", "Range": "bytes=0-3"}
    for method in ("GET", "HEAD"):
        response = get(app, method=method, headers=headers)
        assert response.status == 404
    assert get(app, headers=headers).text.strip().endswith("</html>")


@pytest.mark.parametrize("page", [None, IN_APP])
def test_head_has_the_headers_of_get(backend, page):
    app = true_app_on(backend, "/", page=page)
    head = get(app, method="HEAD")
    assert head.headers == get(app).headers
    assert head.body == b"" or backend != "flask"  # where the server takes the body off


def test_404_html_in_the_template_folder_is_rendered(folders):
    (folders / "templates" / "404.html").write_text("{{ home }} {{ request.method }} {{ config.ENV_NAME }}")
    (folders / "assets" / "404.html").write_text("from assets")
    app = app_in(folders, url_base_pathname="/dash/")
    app.server.config["ENV_NAME"] = "test"
    enable_true_404(app)
    assert get(app, "/dash/zz").text == "/dash/ GET test"


def test_404_html_in_a_blueprints_template_folder_is_rendered(folders):
    (folders / "assets" / "404.html").write_text("from {{ 'blueprint' }}")
    app = app_in(folders, assets_ignore=".*")
    app.server.register_blueprint(flask.Blueprint("b", "tests", template_folder=str(folders / "assets")))
    enable_true_404(app)
    assert get(app).text == "from blueprint"


def test_404_html_in_the_assets_folder_is_served_as_it_is(backend, folders):
    (folders / "assets" / "404.html").write_bytes("as {{ it }} is: é".encode())
    app = true_app_on(backend, "/", assets_folder=str(folders / "assets"))
    assert get(app).body == "as {{ it }} is: é".encode()


@pytest.mark.parametrize("as_type", [str, Path])
def test_a_named_page_is_looked_for_in_three_places(folders, as_type, monkeypatch):
    monkeypatch.syspath_prepend(folders)
    (folders / "somewhere.py").write_text("")
    places = [folders / "templates" / "errors" / "no.html", folders / "errors" / "no.html"]
    places.append(folders / "assets" / "errors" / "no.html")
    for place in places:
        place.parent.mkdir()
        place.write_text(f"from {place.parent.parent.name}")
    for place in places:
        server = flask.Flask("server", template_folder=str(folders / "templates"))
        app = dash.Dash("somewhere", server=server, use_pages=True, pages_folder="", assets_folder="assets")
        enable_true_404(app, page=as_type("errors/no.html"))
        assert get(app).text == f"from {place.parent.parent.name}"
        place.unlink()
    server = flask.Flask("server", template_folder=str(folders / "templates"))
    app = dash.Dash("somewhere", server=server, use_pages=True, pages_folder="", assets_folder="assets")
    with pytest.raises(FileNotFoundError) as error:
        enable_true_404(app, page="errors/no.html")
    for place in (folders / "templates", folders, folders / "assets"):
        assert str(place) in str(error.value)
    assert "errors/no.html" in str(error.value)


@pytest.mark.parametrize("folder", ["templates", "assets"])
def test_an_edited_page_shows_at_once_and_a_lost_one_leaves_its_last_version(folders, folder, caplog):
    file = folders / folder / "404.html"
    file.write_text("first")
    app = app_in(folders)
    enable_true_404(app)
    file.write_text("second version")
    assert get(app).text == "second version"
    os.utime(file, ns=(1, 1))
    file.write_text("third")
    assert get(app).text == "third"
    file.unlink()
    for _ in range(3):
        assert get(app).text == "third"
    assert len(caplog.records) == 1
    file.write_text("fourth")
    assert get(app).text == "fourth"


@pytest.mark.parametrize("folder", ["templates", "assets"])
def test_a_page_deleted_before_anyone_asked_is_served_as_it_was_at_the_call(folders, folder):
    file = folders / folder / "404.html"
    file.write_text("at the call")
    app = app_in(folders)
    enable_true_404(app)
    file.unlink()
    assert get(app).text == "at the call"


@pytest.mark.parametrize(
    ("folder", "broken"),
    [("templates", b"{% if %}"), ("templates", b"\xff"), ("assets", b"\xff\xfe"), ("assets", b"\n")],
)
def test_a_page_broken_while_running_leaves_its_last_good_version(folders, folder, broken, caplog):
    file = folders / folder / "404.html"
    file.write_text("good")
    app = app_in(folders)
    enable_true_404(app)
    file.write_bytes(broken)
    for _ in range(3):
        assert (get(app).text, get(app).status) == ("good", 404)
    assert len(caplog.records) == 1
    assert "404.html" in caplog.text


def test_a_page_replaced_by_a_directory_or_a_pipe_leaves_its_last_good_version(folders):
    file = folders / "assets" / "404.html"
    file.write_text("good")
    app = app_in(folders)
    enable_true_404(app)
    file.unlink()
    file.mkdir()
    assert get(app).text == "good"
    file.rmdir()
    os.mkfifo(file)
    assert get(app).text == "good"


def test_a_template_may_use_what_is_added_to_the_server_later(folders):
    (folders / "templates" / "404.html").write_text("{{ 'x' | late }} {{ late_value }}")
    app = app_in(folders)
    enable_true_404(app)
    app.server.jinja_options = {**app.server.jinja_options, "trim_blocks": True}
    app.server.add_template_filter(lambda text: text * 2, "late")
    app.server.context_processor(lambda: {"late_value": 1})
    assert get(app).text == "xx 1"
    assert app.server.jinja_env.trim_blocks


def test_the_apps_not_found_page_is_the_answer_by_convention(backend):
    app = true_app_on(backend, "/", "/a")
    assert BUILT_IN in get(app).text
    dash.register_page("pages.not_found_404", layout=html.Div())
    response = get(app)
    assert response.status == 404
    assert "_dash-config" in response.text
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert response.headers["Cache-Control"] == "no-cache"
    dash.page_registry.pop("pages.not_found_404")
    assert BUILT_IN in get(app).text


def test_404_html_goes_before_the_not_found_page(folders):
    (folders / "assets" / "404.html").write_text("static")
    app = app_in(folders, not_found_page=True)
    enable_true_404(app)
    assert get(app).text == "static"


def test_the_shell_does_not_claim_that_the_url_is_a_page():
    app = make_app("/", "/a")
    register("/titled", title=lambda: 1 / 0, description=lambda: 1 / 0)
    enable_true_404(app, IN_APP)
    found = get(app, "/a").text
    response = get(app, "/%61?needle")
    unknown = response.text
    assert response.status == 404
    title = dash.page_registry["m_47_a"]["title"]
    assert f'property="og:title" content="{title}"' in found
    assert f'property="og:title" content="{title}"' not in unknown
    assert 'property="twitter:url" content="/"' in unknown
    assert "needle" not in unknown
    assert "%61" not in unknown
    assert get(app, "/%74itled").status == 404  # its title is not asked for


def test_other_methods_get_a_small_page_in_place_of_the_shell(backend):
    app = true_app_on(backend, "/", page=IN_APP)
    for method in ("POST", "PUT", "OPTIONS"):
        response = get(app, method=method)
        assert response.status == 404
        assert BUILT_IN in response.text


def test_a_shell_that_fails_gives_way_to_the_built_in_page(backend, caplog):
    app = true_app_on(backend, "/", page=IN_APP)
    app.interpolate_index = lambda **_: 1 / 0
    for response in ask_all(app, [("/zz", "GET")] * 2):
        assert response.status == 404
        assert BUILT_IN in response.text
    assert caplog.text.count("could not be rendered") == 1
    assert "ZeroDivisionError" in caplog.text


@WERKZEUG
@pytest.mark.parametrize("error", [404, HTTPException, Exception])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("page", [None, IN_APP])
def test_the_users_own_handler_wins(backend, is_async, error, when, page):
    app = app_on(backend, "/")

    def handler(error):
        return f"mine {getattr(error, 'code', '')}", 404

    def register_handler():
        app.server.register_error_handler(error, as_async(handler) if is_async else handler)

    if when == "before":
        register_handler()
    enable_true_404(app, page)
    if when == "after":
        register_handler()
    for method in METHODS:
        response = get(app, method=method)
        assert response.status == 404
        assert method == "HEAD" or response.text == "mine 404"


def test_the_most_special_handler_wins():
    app = make_true_app("/")
    app.server.register_error_handler(Exception, lambda e: ("exception", 500))
    assert get(make_true_app("/")).status == 404
    app.server.register_error_handler(HTTPException, lambda e: ("http", e.code))
    app.server.register_error_handler(404, lambda e: ("404", 404))
    app.server.register_error_handler(405, lambda e: ("405", 405))
    assert get(app).text == "404"
    assert get(app, "/", method="POST").text == "405"
    assert get(app, "/_dash-update-component").text == "405"


@WERKZEUG
@pytest.mark.parametrize("error", [404, HTTPException])
@pytest.mark.parametrize(
    ("give_back", "due"),
    [
        (lambda e: e, 404),
        (lambda e: (e, 404), 404),
        (lambda e: (e, 404, {"X-Mine": "1"}), 404),
        (lambda e: (e, 410), 410),
    ],
)
def test_a_handler_that_gives_the_error_back_gets_the_page(backend, is_async, error, give_back, due):
    app = true_app_on(backend, "/")
    app.server.register_error_handler(error, as_async(give_back) if is_async else give_back)
    response = get(app)
    assert response.status == due
    assert BUILT_IN in response.text
    assert response.headers["X-Robots-Tag"] == "noindex"


def test_a_handler_that_gives_the_errors_response_gets_the_page():
    app = make_true_app("/")
    app.server.register_error_handler(HTTPException, lambda e: e.get_response())
    response = get(app)
    assert response.status == 404
    assert BUILT_IN in response.text
    assert response.headers["X-Robots-Tag"] == "noindex"


def test_a_handler_without_a_status_keeps_its_200_as_in_plain_flask():
    app = make_true_app("/")
    app.server.register_error_handler(404, lambda e: "sorry")
    assert status(app, "/zz") == 200


def test_a_handler_of_a_blueprint_is_for_that_blueprint():
    app = make_app("/")
    blueprint = flask.Blueprint("b", __name__)
    blueprint.register_error_handler(404, lambda e: ("blueprint", 404))
    blueprint.add_url_rule("/b", "b", lambda: flask.abort(404))
    app.server.register_blueprint(blueprint)
    enable_true_404(app)
    assert get(app, "/b").text == "blueprint"
    assert BUILT_IN in get(app).text


def test_code_of_the_users_in_the_shell_sees_the_real_url():
    app = make_true_app("/", page=IN_APP)
    original = app.interpolate_index
    app.interpolate_index = lambda **parts: original(**parts) + flask.request.path
    assert get(app).text.endswith("/zz")


def test_an_abort_in_the_shell_is_an_answer(backend):
    def abort(**_):
        if backend != "fastapi":
            web_of(backend).abort(503)
        raise web_of(backend).HTTPException(503)

    app = true_app_on(backend, "/", page=IN_APP)
    app.interpolate_index = abort
    assert get(app).status == 503


def test_a_shell_that_is_minified_is_known():
    class Minified(dash.Dash):
        def index(self, *args, **kwargs):
            return super().index(*args, **kwargs).replace('id="_dash-config"', "id=_dash-config")

    app = Minified(__name__, use_pages=True, pages_folder="")
    app.layout = dash.page_container
    enable_true_404(app)
    assert status(app, "/zz") == 404


def test_a_handler_that_is_no_plain_function():
    app = make_true_app("/")
    app.server.register_error_handler(404, {}.__class__)  # built-ins may have no module
    app.server.register_error_handler(404, type("Handler", (), {"__call__": lambda self, e: ("mine", 404)})())
    assert get(app).text == "mine"
    app = make_true_app("/")
    app.server.register_error_handler(404, {404: 1}.get)
    assert get(app, "/").status == 200


def test_the_search_for_templates_leaves_the_server_as_it_was(folders):
    server = flask.Flask("server")
    server.register_blueprint(flask.Blueprint("b", "tests", template_folder="none"))
    app = make_app("/", server=server)
    before = set(vars(server)) | {"b." + name for name in vars(server.blueprints["b"])}
    enable_true_404(app)
    assert before | {"extensions"} >= set(vars(server)) | {"b." + name for name in vars(server.blueprints["b"])}
    server.template_folder = str(folders / "templates")
    (folders / "templates" / "late.html").write_text("late")
    server.add_url_rule("/late", "late", lambda: flask.render_template("late.html"))
    assert get(app, "/late").text == "late"


def test_the_search_for_templates_runs_no_teardown_function_of_the_users(folders):
    (folders / "templates" / "404.html").write_text("mine")
    app, ended = app_in(folders), []
    app.server.teardown_appcontext(ended.append)
    enable_true_404(app)
    assert ended == []
    assert get(app).text == "mine"


@pytest.fixture
def no_weak_modules():
    """Take away what Jinja leaves in sys.modules: weak proxies, which pytester would bring back when they are dead."""
    yield
    for name in [name for name in sys.modules if name.startswith("_jinja2_module_templates")]:
        sys.modules.pop(name, None)


def test_compiled_templates(folders, no_weak_modules):
    (folders / "templates" / "404.html").write_text("compiled {{ home }}")
    import jinja2

    jinja2.Environment(loader=jinja2.FileSystemLoader(folders / "templates")).compile_templates(
        str(folders / "compiled"), zip=None
    )
    server = flask.Flask("server")
    server.jinja_env.loader = jinja2.ModuleLoader(str(folders / "compiled"))
    app = make_app("/", server=server)
    enable_true_404(app)
    assert get(app).text == "compiled /"


@pytest.mark.parametrize("theme", ["plain", None])
def test_templates_that_depend_on_the_app_or_the_request(theme, caplog):
    import jinja2

    class Themes(jinja2.BaseLoader):
        def get_source(self, environment, template):
            source = flask.current_app.config["THEME"] or flask.request.args["theme"]
            return source + " {{ home }}", None, None

    server, another = flask.Flask("server"), flask.Flask("another")
    server.config["THEME"] = another.config["THEME"] = theme
    server.jinja_loader = another.jinja_loader = Themes()
    app = make_app("/", server=server)
    enable_true_404(app)
    answer = get(app).text
    assert answer == "plain /" if theme else BUILT_IN in answer
    assert ("could not be searched" in caplog.text) == (theme is None)
    if theme is None:
        with pytest.raises(RuntimeError):
            enable_true_404(make_app("/", server=another), page="named.html")


def test_the_error_can_be_pickled():
    import pickle

    from dash_true404.servers.flask import FlaskPageNotFound as PageNotFound

    app = make_true_app("/")
    with app.server.test_request_context("/zz"):
        response = pickle.loads(pickle.dumps(PageNotFound("/"))).get_response()
    assert BUILT_IN in response.get_data(as_text=True)
