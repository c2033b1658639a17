"""Calling enable_true_404(): where it works, and what it says where it does not."""

import logging
import os
import subprocess
import sys
from types import SimpleNamespace

import dash
import flask
import pytest

from dash_true404 import IN_APP, enable_true_404

from .apps import app_on, make_app, make_true_app, new_server, register
from .client import ask, status, statuses


def test_the_app_factory_pattern():
    def create_app():
        server = flask.Flask("factory")
        app = make_app(server=False)
        app.init_app(server)
        register("/")
        enable_true_404(app)
        register("/a")
        return server

    assert statuses(create_app(), "/", "/a", "/zz") == [200, 200, 404]


def test_before_init_app_is_too_early(backend):
    app = app_on(backend, server=False)
    with pytest.raises(RuntimeError, match=r"init_app\(server\)"):
        enable_true_404(app)


@pytest.mark.parametrize("by_name", [False, True])
def test_another_server_afterwards_is_refused(backend, by_name):
    app, other = app_on(backend, "/"), new_server(backend, "other")
    enable_true_404(app)
    enable_true_404(app)
    own = app.server
    with pytest.raises(RuntimeError, match=r"call app\.init_app\(server\) first, then enable_true_404\(app\)"):
        app.init_app(**{"app": other}) if by_name else app.init_app(other)
    assert app.server is own
    assert statuses(app, "/", "/zz") == [200, 404]


def test_another_server_is_fine_without_true_404s_and_the_same_one_with_them(backend):
    server = new_server(backend, "server")
    app = app_on(backend, "/")
    app.init_app(server)
    enable_true_404(app)
    calls = []

    class App(dash.Dash):
        def init_app(self, *args, **options):
            calls.append((args, options))

    app.__class__ = App
    del vars(app)["init_app"]
    enable_true_404(app)
    app.init_app()
    app.init_app(server)
    app.init_app(app=server, requests_pathname_prefix="/")
    assert calls == [((), {}), ((server,), {}), ((), {"app": server, "requests_pathname_prefix": "/"})]
    assert statuses(server, "/", "/zz") == [200, 404]


def test_a_prefix_with_a_variable_is_refused(backend):
    prefix = "/{env}/" if backend == "fastapi" else "/<env>/"
    app = app_on(backend, "/", routes_pathname_prefix=prefix, requests_pathname_prefix="/prod/")
    with pytest.raises(ValueError, match="contains a variable"):
        enable_true_404(app)


def test_after_the_first_request_is_too_late():
    app = make_app("/")
    status(app, "/")
    with pytest.raises(RuntimeError, match="first request"):
        enable_true_404(app)


def test_again_after_the_first_request_is_too_late():
    app = make_true_app("/")
    status(app, "/")
    with pytest.raises(RuntimeError, match="first request"):
        enable_true_404(app, IN_APP)


@pytest.mark.parametrize("calls", [[IN_APP, None], [None, "404.html"], ["other.html", "404.html"]])
def test_the_last_call_holds(backend, calls, tmp_path):
    (tmp_path / "404.html").write_text("mine")
    (tmp_path / "other.html").write_text("other")
    app = app_on(backend, "/", assets_folder=str(tmp_path))
    for page in calls:
        enable_true_404(app, page)
    assert ask(app, "/zz").text == "mine"
    assert statuses(app, "/", "/zz") == [200, 404]


def test_two_calls_ask_before_the_request_once():
    app = make_app("/")
    enable_true_404(app, IN_APP)
    enable_true_404(app)
    assert len([f for f in app.server.before_request_funcs[None] if "dash_true404" in f.__module__]) == 1


def test_a_second_call_has_nothing_asked_twice():
    asked = []
    app = make_app("/")
    register("/t/<x>", exists=lambda x: asked.append(x) or True)
    enable_true_404(app)
    views = dict(app.server.view_functions)
    enable_true_404(app)
    assert app.server.view_functions == views
    assert (status(app, "/t/1"), asked) == (200, ["1"])


def test_an_app_without_pages_is_refused():
    with pytest.raises(ValueError, match="use_pages=True"):
        enable_true_404(dash.Dash(__name__))


@pytest.mark.parametrize("thing", [None, "app", object(), flask.Flask("x")])
def test_what_is_no_dash_app_is_refused(thing):
    with pytest.raises(TypeError, match=r"takes a dash\.Dash app") as error:
        enable_true_404(thing)
    assert ("not its server" in str(error.value)) == isinstance(thing, flask.Flask)


def test_what_has_a_dash_app_is_refused_with_the_name_of_its_attribute():
    with pytest.raises(TypeError, match=r"It has a Dash app: pass its \.dash\.$"):
        enable_true_404(SimpleNamespace(title="Sales", dash=make_app("/")))


@pytest.mark.parametrize("page", [404, True, b"404.html", ["404.html"], "", "IN_APP"])
def test_what_is_no_page_is_refused(page):
    with pytest.raises(TypeError, match="page="):
        enable_true_404(make_app("/"), page)


@pytest.mark.parametrize("switch", ["redirect_slashes", "everywhere", "reload_dead_links", "report_only"])
def test_a_switch_that_is_neither_true_nor_false_is_refused(switch):
    with pytest.raises(TypeError, match=f"{switch}= takes True or False, not '0'"):
        enable_true_404(make_app("/"), **{switch: "0"})


def test_in_app_is_named_as_it_is_written():
    with pytest.raises(TypeError, match="not IN_APP"):
        enable_true_404(make_app("/"), paths=IN_APP)


def test_the_class_in_place_of_an_app_is_refused():
    with pytest.raises(TypeError, match="not the class"):
        enable_true_404(dash.Dash)


def test_a_server_that_is_not_known_is_refused():
    app = make_app("/")
    app.server = object()
    with pytest.raises(TypeError, match=r"builtins\.object"):
        enable_true_404(app)


def test_a_named_page_that_is_nowhere_is_refused():
    with pytest.raises(FileNotFoundError, match=r"'nowhere\.html'.*no-assets"):
        enable_true_404(make_app("/"), page="nowhere.html")


def test_a_page_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "404.html").write_bytes(b"caf\xe9")
    with pytest.raises(ValueError, match=r"not UTF-8 text.*Save it as UTF-8"):
        enable_true_404(make_app("/", assets_folder=str(tmp_path)))


def test_a_template_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "404.html").write_bytes(b"caf\xe9")
    server = flask.Flask("server", template_folder=str(tmp_path))
    with pytest.raises(ValueError, match=r"not UTF-8 text.*Save it as UTF-8"):
        enable_true_404(make_app("/", server=server))


@pytest.mark.parametrize("text", ["<style>a{#b{color:red}}</style>", "{% if %}", "{% mine %}"])
def test_a_template_with_a_mistake_is_refused(tmp_path, text):
    (tmp_path / "404.html").write_text(text)
    server = flask.Flask("server", template_folder=str(tmp_path))
    with pytest.raises(ValueError, match=r"minified CSS that contains '\{#'") as error:
        enable_true_404(make_app("/", server=server))
    assert "line 1" in str(error.value)


def test_a_directory_in_place_of_a_page_is_refused(tmp_path):
    (tmp_path / "404.html").mkdir()
    with pytest.raises(OSError, match="isn't a regular file"):
        enable_true_404(make_app("/", assets_folder=str(tmp_path)))


def test_a_page_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    (tmp_path / "404.html").write_text("mine")

    def refuse(self):
        raise PermissionError(13, "Permission denied")  # root, who runs the tests in CI, may read everything

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    with pytest.raises(PermissionError, match="Make it readable"):
        enable_true_404(make_app("/", assets_folder=str(tmp_path)))


def test_a_refused_call_leaves_the_app_as_it_was():
    app = make_app("/")
    views, hooks = dict(app.server.view_functions), list(app.server.before_request_funcs[None])
    with pytest.raises(FileNotFoundError):
        enable_true_404(app, "nowhere.html")
    assert app.server.view_functions == views
    assert app.server.before_request_funcs[None] == hooks
    assert status(app, "/zz") == 200


def test_start_up_warnings_come_once(backend, caplog):
    app = app_on(backend, "/café", "/f[0]/<x>", "/fine")
    has_handler = backend != "fastapi"  # where one for Exception takes no 404
    if has_handler:
        app.server.register_error_handler(Exception, lambda e: ("broken", 500))
    enable_true_404(app)
    for _ in range(3):
        assert status(app, "/fine") == 200
        assert status(app, "/zz") == 500 if has_handler else 404
    messages = [record.getMessage() for record in caplog.records if record.name == "dash_true404"]
    assert len(messages) == 3 + has_handler
    assert {record.levelno for record in caplog.records} == {logging.WARNING}
    for part in ("'/caf%C3%A9'", "'/f[0]/<x>'", "no page for '/'", *(["errorhandler(404)"] if has_handler else [])):
        assert sum(part in message for message in messages) == 1, part


def test_two_apps_on_one_server_warn_of_the_same_page_once(caplog):
    server = flask.Flask("server")
    for prefix in ("/one/", "/two/"):
        enable_true_404(make_app("/", server=server, url_base_pathname=prefix))
    register("/café")
    status(server, "/one/")
    assert len(caplog.records) == 1


@pytest.mark.parametrize("handled", [404, 400, None])
def test_a_sound_app_starts_without_warnings(caplog, handled):
    app = make_app("/", "/a", "/t/<x>", not_found_page=True)
    if handled == 404:
        app.server.register_error_handler(Exception, lambda e: ("broken", 500))
    if handled:
        app.server.register_error_handler(handled, lambda e: ("", handled))
    enable_true_404(app)
    status(app, "/")
    assert not caplog.records


def test_root_that_another_route_takes_is_no_reason_to_warn(caplog):
    server = flask.Flask("server")
    server.add_url_rule("/", "start", lambda: "start")
    app = make_app("/a", server=server)
    enable_true_404(app)
    assert status(app, "/") == 200
    assert not caplog.records


def test_where_the_verdict_fails_the_url_is_taken_for_a_page(caplog, monkeypatch):
    app = make_true_app("/")
    monkeypatch.setattr("dash_true404.core.pages.Pages.look_up", lambda *_: 1 / 0)
    for _ in range(3):
        assert status(app, "/zz") == 200
        assert status(app, "/zz", "POST") == 405
    assert len([record for record in caplog.records if "counts as a page" in record.getMessage()]) == 1
    assert "ZeroDivisionError" in caplog.text


def test_an_app_without_a_server_is_too_early():
    app = make_app("/")
    app.server = None  # as up to Dash 4.1 with server=False
    with pytest.raises(RuntimeError, match="before the app had its routes"):
        enable_true_404(app)


def test_where_the_pages_cannot_be_checked_the_visitor_is_served(caplog, monkeypatch):
    app = make_true_app("/")
    monkeypatch.setattr("dash_true404.core.site.find_warnings", lambda *_: 1 / 0)
    assert (status(app, "/"), status(app, "/zz")) == (200, 404)
    assert "could not be checked" in caplog.text


@pytest.mark.filterwarnings("ignore:Current server name")
def test_a_first_request_for_another_host_costs_no_warning(caplog):
    app = make_app("/café", "/")
    app.server.config["SERVER_NAME"] = "here.example"
    app.server.subdomain_matching = True
    enable_true_404(app)
    status(app, "/", headers={"Host": "elsewhere.example"})
    assert "'/caf%C3%A9'" in caplog.text
    assert "could not be checked" not in caplog.text


def test_a_server_whose_class_was_replaced_is_known(monkeypatch):
    app = make_app("/")
    monkeypatch.setattr(flask, "Flask", type("Instrumented", (flask.Flask,), {}))  # as OpenTelemetry does
    enable_true_404(app)
    assert status(app, "/zz") == 404


def test_importing_the_package_imports_no_other_server():
    code = "import sys, dash_true404; sys.exit(any(m in sys.modules for m in ('quart', 'fastapi', 'starlette')))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0


FROZEN = """
import os, sys
from importlib.machinery import SourceFileLoader

get_code = SourceFileLoader.get_code

def frozen(self, name):
    if name.partition(".")[0] != "dash":
        return get_code(self, name)
    source = self.get_data(self.get_filename(name))
    return compile(source, name.replace(".", os.sep) + ".py", "exec", dont_inherit=True)

SourceFileLoader.get_code = frozen

import dash
from dash_true404 import enable_true_404
from dash_true404.diagnostics.client import Client
from tests.apps import app_on

app = app_on(sys.argv[1], "/", "/a")
assert not os.path.isabs(dash.Dash.index.__code__.co_filename)
enable_true_404(app)
with Client(app) as client:
    for url, method in ("/a", "GET"), ("/a", "POST"), ("/zz", "GET"), ("/zz", "POST"), ("/zz", "OPTIONS"):
        print(client.ask(url, method).status_code, end=" ")
"""


@pytest.mark.slow
def test_an_app_that_was_packed_by_pyinstaller(backend):
    # Its code names its files by relative paths.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", FROZEN, backend]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (result.stdout, result.stderr) == ("200 405 404 404 404 ", "")
