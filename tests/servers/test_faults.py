"""What breaks while the app runs, exists or the 404 page: the visitor gets the status that is due all the same."""

import asyncio
import os
import threading

import pytest

from dash_true404 import enable_true_404

from ..apps import app_on, make_app, register
from ..client import ask_all, ask_asgi, status
from ..waiting import SECONDS

BUILT_IN = b"This page does not exist"


def get_all(app, *urls):
    """Return status and content of each URL."""
    return [(answer.status, answer.body) for answer in ask_all(app, [(url, "GET") for url in urls])]


# exists


class BoolOfNumpy:
    def __init__(self, value):
        self.value = value

    def __bool__(self):
        return self.value


class Undecided:
    def __bool__(self):
        raise ValueError("The truth value of an array with more than one element is ambiguous.")


class Unwilling:
    def __len__(self):
        return -1


async def waits():
    return False


def generates():
    yield False


async def generates_async():
    yield False


TRUE = [BoolOfNumpy(True), "False", "no", object(), float("nan"), [False]]
FALSE = [BoolOfNumpy(False), "", b"", [], 0.0, {}]


@pytest.mark.parametrize(("answer", "due"), [*((true, 200) for true in TRUE), *((false, 404) for false in FALSE)])
def test_what_python_takes_for_true_exists_and_nothing_else(backend, answer, due, caplog):
    app = app_on(backend, "/")
    register("/t/<x>", exists=lambda x: answer)
    enable_true_404(app)
    assert [status for status, _ in get_all(app, "/t/1")] == [due]
    assert not caplog.records


def raises():
    raise RecursionError


@pytest.mark.parametrize(
    "answer", [Undecided, Unwilling, generates, generates_async, raises, lambda: None, lambda: NotImplemented]
)
def test_an_answer_that_is_none_is_logged_and_the_page_is_found(backend, answer, caplog):
    app = app_on(backend, "/")
    register("/t/<x>", exists=lambda x: answer())
    enable_true_404(app)
    assert [status for status, _ in get_all(app, "/t/1", "/t/2", "/zz")] == [200, 200, 404]
    assert [record.levelname for record in caplog.records if record.name == "dash_true404"] == ["ERROR"]


def test_a_coroutine_is_no_answer_on_flask(caplog):
    app = make_app("/")
    register("/t/<x>", exists=lambda x: waits())
    enable_true_404(app)
    assert status(app, "/t/1") == 200
    assert "should return True or False" in caplog.text


def test_an_exists_that_hangs_holds_up_nobody_else():
    asked, goes_on, answers = threading.Event(), threading.Event(), []
    app = make_app("/")
    register("/t/<x>", exists=lambda x: x != "slow" or asked.set() or not goes_on.wait(SECONDS))
    enable_true_404(app)
    waiting = threading.Thread(target=lambda: answers.append(status(app, "/t/slow")))
    waiting.start()
    assert asked.wait(SECONDS)
    register("/late")
    assert [status(app, url) for url in ("/", "/t/1", "/late", "/zz")] == [200, 200, 200, 404]
    assert answers == []
    goes_on.set()
    waiting.join()
    assert answers == [404]


@pytest.mark.asgi
@pytest.mark.parametrize("backend", ["quart", "fastapi"])
def test_an_exists_that_hangs_holds_up_nobody_else_in_the_loop(backend):
    goes_on = threading.Event()
    app = make_app("/", backend=backend)
    register("/t/<x>", exists=lambda x: not goes_on.wait(SECONDS))
    enable_true_404(app)

    async def statuses():
        slow = asyncio.create_task(ask_asgi(app.server, "/t/slow", "GET"))
        others = [await ask_asgi(app.server, url, "GET") for url in ("/zz", "/nope")]
        goes_on.set()
        return [answer.status for answer in (*others, await slow)]

    assert asyncio.run(statuses()) == [404, 404, 404]


# The 404 page


def page_in(backend, kind, folder):
    """Return a 404.html that says "good", an asset or a template of an app with true 404s, and the app."""
    file = folder / "404.html"
    file.write_text("good")
    app = app_on(backend, "/", assets_folder=str(folder) if kind == "asset" else "none")
    if kind == "template" and backend == "fastapi":
        from fastapi.templating import Jinja2Templates

        app.server.state.templates = Jinja2Templates(folder)
    elif kind == "template":
        app.server.template_folder = str(folder)
    enable_true_404(app)
    return file, app


def make_directory(file):
    file.unlink()
    file.mkdir()


def make_pipe(file):
    file.unlink()
    os.mkfifo(file)


def make_dangling(file):
    file.unlink()
    file.symlink_to("nowhere")


def make_loop(file):
    file.unlink()
    file.symlink_to(file)


def make_huge(file):
    with file.open("r+b") as opened:
        opened.truncate(50_000_000)


has_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes in folders")

FAULTS = [
    make_directory,
    make_dangling,
    make_loop,
    lambda file: file.unlink(),
    lambda file: file.write_bytes(b"\xff\xfe"),
]


@pytest.mark.parametrize(
    ("kind", "replace"),
    [
        pytest.param("asset", make_pipe, marks=has_pipes),
        pytest.param("template", make_pipe, marks=has_pipes),
        *(("asset", fault) for fault in [*FAULTS, make_huge, lambda file: file.write_text(" \n")]),
        *(("template", fault) for fault in [*FAULTS, lambda file: file.write_text("{% if %}")]),
    ],
)
def test_a_page_that_something_else_has_replaced_leaves_its_last_good_version(backend, kind, replace, tmp_path, caplog):
    file, app = page_in(backend, kind, tmp_path)
    replace(file)
    for _ in range(3):
        assert get_all(app, "/zz", "/zz2") == [(404, b"good")] * 2
    assert len(caplog.records) == 1
    assert "its last good version is served" in caplog.text


@pytest.mark.parametrize("kind", ["asset", "template"])
def test_a_page_that_may_not_be_read_any_more_leaves_its_last_version(backend, kind, tmp_path, caplog, monkeypatch):
    file, app = page_in(backend, kind, tmp_path)
    assert get_all(app, "/zz") == [(404, b"good")]
    file.write_text("better")

    def refuse(name, *_, **__):
        raise PermissionError(13, "Permission denied", name)  # root, who runs the tests in CI, may read everything

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.read_bytes" if kind == "asset" else "builtins.open", refuse)
        answers = get_all(app, "/zz", "/zz")
    assert answers == [(404, b"good")] * 2
    assert caplog.text.count("its last good version is served") == 1


@pytest.mark.parametrize(
    "mistake",
    [
        "{{ 1 / 0 }}",
        "{{ nothing.at.all }}",
        "{{ ''.encode(request.method ~ request.url) }}",
        "{% macro endless() %}{{ endless() }}{% endmacro %}{{ endless() }}",
        "{% include 'nowhere.html' %}",
    ],
)
def test_a_template_that_fails_gives_way_to_the_built_in_page_and_is_logged_once(backend, mistake, tmp_path, caplog):
    file, app = page_in(backend, "template", tmp_path)
    file.write_text(mistake)
    for number in range(5):  # each URL words the error differently
        ((answered, content),) = get_all(app, f"/zz{number}?x={number}")
        assert (answered, BUILT_IN in content) == (404, True)
    assert len(caplog.records) == 1
    assert "could not be rendered" in caplog.text
    assert "404.html" in caplog.text
    file.write_text("mended")
    assert get_all(app, "/zz") == [(404, b"mended")]


@has_pipes
def test_a_pipe_in_a_template_folder_is_no_page_from_the_start(tmp_path):
    os.mkfifo(tmp_path / "404.html")
    app = make_app("/", assets_folder="none")
    app.server.template_folder = str(tmp_path)
    enable_true_404(app)
    assert BUILT_IN in get_all(app, "/zz")[0][1]


def test_a_file_of_more_than_10_mb_is_refused(tmp_path):
    (tmp_path / "404.html").write_bytes(b" " * 10_000_001)
    with pytest.raises(ValueError, match="has 10,000,001 bytes"):
        enable_true_404(make_app("/", assets_folder=str(tmp_path)))
