"""Every recipe of docs/deployment, served as printed and asked over real HTTP, against the oracles: plain apps
of the same server.
"""

import contextlib
import functools
import http.client
import importlib
import json
import re
import socket
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from ..apps import make_app
from ..client import METHODS, ask_all
from ..client import ask as ask_asgi
from ..oracle import due, plain_werkzeug, views
from ..waiting import wait_for
from .recipes import PAGE, RECIPES
from .servers import serving

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs process groups, which Windows has not")

# All are below the app's prefix.
PAGES = ["", "trips", "trips/", "trips?day=weekend", "stations/central", "stations/S%C3%A3o%20Bento"]
PAGES += ["R%26D", "caf%C3%A9", "caf%C3%A9/", "a%20b", "it%27s", "C%23", "50%25", "TCP%2FIP"]
NO_PAGES = ["no-such", "no-such/", "no-such?x=1", "trips/no-such", "Trips", "caf%C3%A9s", "r%26d", "R%26D/x"]
NO_PAGES += ["stations", "favicon.ico", "robots.txt", "wp-login.php", "_dash-no-such", "assets", "%E6%9D%B1", "50%2525"]
NO_STATIONS = ["stations/atlantis", "stations/central/north", "stations/Central"]
OTHERS = ["healthz", "healthz/", "assets/style.css", "assets/no-such.css", "_dash-layout", "_dash-dependencies"]
OTHERS += ["_dash-update-component", "rides"]

PINNED = {
    ("GET", ""): 200,
    ("GET", "trips"): 200,
    ("GET", "R%26D"): 200,
    ("GET", "TCP%2FIP"): 200,
    ("GET", "stations/S%C3%A3o%20Bento"): 200,
    ("GET", "stations/atlantis"): 404,
    ("GET", "no-such"): 404,
    ("HEAD", "no-such"): 404,
    ("POST", "no-such"): 404,
    ("OPTIONS", "no-such"): 404,
    ("POST", "trips"): 405,
    ("OPTIONS", "trips"): 200,
    ("GET", "_dash-update-component"): 405,
    ("GET", "assets/style.css"): 200,
    ("GET", "healthz"): 200,
}
BODY = b"x" * 1000
CALLBACK = ("/_dash-update-component", "POST")

BIGGER_APPS = [
    "In a bigger Flask app",
    "Flask in a FastAPI app",
    "On the server of a bigger FastAPI app",
    "Mounted in a bigger FastAPI app",
]


@pytest.fixture(scope="module", params=RECIPES, ids=str)
def running(request, tmp_path_factory):
    if request.param.missing():
        pytest.skip(request.param.missing())
    with serving(request.param, tmp_path_factory.mktemp("served")) as served:
        yield served


@pytest.fixture
def served(running):
    """A recipe that is being served; pytest shows what the server writes meanwhile, if the test fails."""
    before = len(running.output())
    yield running
    print(running.output()[before:])


class Due(NamedTuple):
    """What a plain app says for a method and a URL.

    :param is_left_to_dash: whether Dash has a part in it.
    """

    status: int
    location: str
    is_left_to_dash: bool


@functools.cache
def due_answers(backend):
    """Return what a plain app of a server says for each method and URL."""
    # FastAPI is not installed everywhere.
    oracle = importlib.import_module("..oracle_fastapi" if backend == "fastapi" else "..oracle", __package__)
    urls = ["/" + url for url in [*PAGES, *NO_PAGES, *NO_STATIONS, *OTHERS]]
    # A callback needs a body, and has a test of its own.
    questions = [(url, method) for url in urls for method in METHODS if (url, method) != CALLBACK]
    names = {"__name__": "app"}
    exec(RECIPES[0].files["app.py"], names)
    names["enable_true_404"] = lambda app: None
    with tempfile.TemporaryDirectory() as assets:
        Path(assets, "style.css").write_text(RECIPES[0].files["assets/style.css"], "utf-8")
        app = names["create_app"](assets_folder=assets, **({} if backend == "flask" else {"backend": backend}))
        found = {url: due(app, url) for url in urls if oracle.is_page(app, url.partition("?")[0])}
        if backend == "fastapi":
            plain = oracle.plain_fastapi(app.server.router.routes, "/", found)
        else:
            plain = plain_werkzeug(type(app.server)("plain", static_folder=None), app, views(found))
        left = {url: oracle.is_left_to_dash(app, url.partition("?")[0]) for url in urls}
        return {
            (method, url[1:]): Due(answer.status, location(answer.headers, "http://localhost"), left[url])
            for (url, method), answer in zip(questions, ask_all(plain, questions), strict=True)
        }


def location(headers, host):
    return {name.lower(): value for name, value in headers.items()}.get("location", "").removeprefix(host)


def ask(served, connection, method, url):
    body = BODY if method in ("POST", "PUT", "PATCH", "DELETE") else None
    return connection.ask(method, served.recipe.prefix + url, body)


def test_every_section_of_the_page_is_tested():
    sections = [section.partition("\n") for section in re.split("^## ", PAGE, flags=re.MULTILINE)]
    with_code = {heading for heading, _, text in sections if "```" in text}
    assert with_code - {recipe.heading for recipe in RECIPES} == {
        "The app",
        "The recipes",  # how to run them
        "AWS Lambda",  # test_lambda.py
    }


def test_what_is_missing_is_named_with_the_way_to_install_it():
    recipe = next(recipe for recipe in RECIPES if recipe.nginx)
    files = {"wsgi.py": "import no_such_module\nfrom app import create_app", "app.py": ""}
    missing = recipe._replace(command="no-such-server wsgi:server", files=files).missing()
    assert missing == "needs no-such-server, no_such_module: apt-get install nginx and pip install gunicorn"
    assert "no_such_backend: " in recipe._replace(files={"asgi.py": 'backend="no_such_backend"'}).missing()


@pytest.mark.parametrize("is_mounted", [True, False])
def test_below_a_root_path_dash_itself_has_no_callbacks(is_mounted):
    """The page warns of it. Once this fails, Dash has been mended, and the page should say since when."""
    fastapi = pytest.importorskip("fastapi", reason='needs fastapi: pip install "dash[async,fastapi]"')
    app = make_app("/", backend="fastapi", requests_pathname_prefix="/dash/", routes_pathname_prefix="/")
    bigger = fastapi.FastAPI()
    bigger.mount("/dash", app.server)
    server, root_path = (bigger, "") if is_mounted else (app.server, "/dash")
    url = "/dash/_dash-update-component" if is_mounted else "/_dash-update-component"
    with pytest.raises(RuntimeError, match="No active request"):
        ask_asgi(server, url, "POST", root_path=root_path)


def test_every_url_gets_what_the_plain_app_says_for_every_method(served):
    recipe, answers, different = served.recipe, due_answers(served.recipe.backend), {}
    with served.connection() as connection:
        host = f"http://{connection.host}:{connection.port}"
        for method, url in answers:
            if url == "rides" and recipe.has_prefix:
                continue  # redirect_from does not work then (README)
            is_soft_404 = recipe.hides_path and url == "50%2525"
            status, path, is_left_to_dash = answers[method, "50%25" if is_soft_404 else url]
            # In debug mode Dash makes a 500 of what other routes refuse (README).
            status = 500 if recipe.is_debug and not is_left_to_dash and status in (404, 405) else status
            due = status, path and recipe.prefix + path[1:]
            answer = ask(served, connection, method, url)
            got = answer.status, location(answer.headers, host)
            if got != due:
                different[method, url] = f"{got} instead of {due}"
        assert different == {}
        assert len(answers) > 250
        assert (connection.opened == 1) == recipe.keeps_alive
    assert recipe.is_debug or "Traceback" not in served.output()


def test_the_statuses_that_matter_most(served):
    # FastAPI's routes answer no methods that they do not name.
    pinned = {**PINNED, ("OPTIONS", "trips"): 405} if served.recipe.backend == "fastapi" else PINNED
    with served.connection() as connection:
        assert {asked: ask(served, connection, *asked).status for asked in pinned} == pinned


def test_a_page_written_with_letters_encoded_is_none_if_the_server_can_know(served):
    with served.connection() as connection:
        is_hidden = served.recipe.encodes_anew or served.recipe.hides_path
        assert ask(served, connection, "GET", "%74rips").status == (200 if is_hidden else 404)


def test_unknown_urls_get_the_apps_own_404_page(served):
    with served.connection() as connection:
        answer = ask(served, connection, "GET", "no-such")
    assert b"This page does not exist" in answer.body
    assert f'href="{served.recipe.prefix}"'.encode() in answer.body
    assert answer.headers["x-robots-tag"] == "noindex"


def stable(headers):
    """Return the headers that do not tell when the request was answered."""
    return {name: value for name, value in headers.items() if name not in ("date", "expires", "server-timing")}


def test_head_has_the_headers_of_get_and_no_body(served):
    for url in ("", "R%26D", "no-such", "stations/atlantis", "assets/style.css", "assets/no-such.css", "healthz"):
        with served.connection() as connection:
            get, head = (ask(served, connection, method, url) for method in ("GET", "HEAD"))
        # On FastAPI HEAD is 405 for most.
        assert head.status != get.status or stable(head.headers) == stable(get.headers), url
        # http.client would not notice a body.
        with socket.create_connection((connection.host, connection.port), timeout=120) as plain:
            request = f"HEAD {served.recipe.prefix}{url} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
            plain.sendall(request.encode())
            with plain.makefile("rb") as stream:
                assert stream.read().partition(b"\r\n\r\n")[2] == b"", url


def test_assets_and_callbacks_work(served):
    callback = {
        "output": "greeting.children",
        "outputs": {"id": "greeting", "property": "children"},
        "inputs": [{"id": "name", "property": "value", "value": "Ada"}],
        "changedPropIds": ["name.value"],
    }
    url = served.recipe.prefix + "_dash-update-component"
    with served.connection() as connection:
        asset = ask(served, connection, "GET", "assets/style.css").body.decode()
        answer = connection.ask("POST", url, json.dumps(callback).encode(), "application/json")
    assert asset == served.recipe.files["assets/style.css"]
    assert answer.status == 200
    assert json.loads(answer.body)["response"] == {"greeting": {"children": "Hello Ada"}}


@pytest.mark.only("Quart", "FastAPI")
def test_exists_may_be_async(served):
    with served.connection() as connection:
        assert [ask(served, connection, "GET", f"lines/{number}").status for number in (1, 2, 3)] == [200, 200, 404]


@pytest.mark.only("Quart", "FastAPI")
def test_the_users_websockets_work(served):
    with served.connection() as connection:
        assert connection.open_websocket("/echo", {}) == 101
        assert connection.echoed(b"Hello Ada") == b"Hello Ada"


@pytest.mark.only("Quart", "FastAPI", "nginx that strips a prefix, before FastAPI", *BIGGER_APPS[2:])
def test_dashs_websocket_is_there_for_the_apps_own_pages_only(served):
    for is_own, status in ((True, 101), (False, 403)):
        with served.connection() as connection:
            origin = f"http://{connection.host}:{connection.port}" if is_own else "http://elsewhere"
            path = f"{served.recipe.prefix}_dash-ws-callback"
            assert connection.open_websocket(path, {"Origin": origin}) == status


@pytest.mark.only("Werkzeug's development server")
def test_a_page_that_is_written_while_it_runs_is_found_after_the_reload(served):
    app, status = served.folder / "app.py", 404
    with served.connection() as connection:
        assert ask(served, connection, "GET", "new").status == 404
    app.write_text(app.read_text("utf-8").replace('"/C%23"', '"/C%23", "/new"'), "utf-8")

    def is_reloaded():
        nonlocal status
        with contextlib.suppress(OSError, http.client.HTTPException), served.connection() as connection:
            status = ask(served, connection, "GET", "new").status
        return status != 404

    wait_for(is_reloaded, served.output)
    assert status == 200


@pytest.mark.only("gunicorn", "gunicorn with a factory")
def test_both_workers_say_the_same(served):
    before, workers, rounds = len(served.output()), Counter(), 0
    while (len(workers) < 2 or min(workers.values()) < len(PINNED)) and rounds < 60:
        with served.connection() as idle, served.connection() as connection:
            if rounds % 2:
                idle.connect()  # and say nothing: a worker of the default kind waits for it, so the other one answers
            assert {asked: ask(served, connection, *asked).status for asked in PINNED} == PINNED
        workers = Counter(re.findall(r"worker <(\d+)>", served.output()[before:]))
        rounds += 1
    assert len(workers) == 2


@pytest.mark.only("nginx that strips a prefix", "nginx that strips a prefix, before FastAPI", *BIGGER_APPS)
def test_the_prefix_without_its_slash_leads_to_the_app(served):
    with served.connection() as connection:
        answer = connection.ask("GET", "/dash")
    assert answer.status in (301, 307, 308)
    assert answer.headers["location"].endswith("/dash/")


@pytest.mark.only(*BIGGER_APPS)
def test_the_bigger_app_has_pages_and_a_404_of_its_own(served):
    with served.connection() as connection:
        assert b"The bigger app" in connection.ask("GET", "/").body
        assert re.search(b"Not in the bigger app|Not Found", connection.ask("GET", "/no-such").body)
        for url in ("/no-such", "/trips", "/R%26D", "/dashboard", "/healthz", "/assets/style.css"):
            for method in METHODS:
                answer = connection.ask(method, url)
                assert answer.status == 404, (method, url)
                assert b"This page does not exist" not in answer.body
