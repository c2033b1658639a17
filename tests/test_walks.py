"""The walks of CONTRIBUTING.md, and through how few functions of ours a request goes."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import dash
import pytest

import dash_true404
from dash_true404 import enable_true_404
from dash_true404.diagnostics.explain import explain

from .apps import WITHOUT_THREADS, app_on
from .client import ask_all

DECIDE = "servers/werkzeug_decisions.py: decide"
PACKAGE = str(Path(dash_true404.__file__).parent)
CONTRIBUTING = (Path(__file__).parent.parent / "CONTRIBUTING.md").read_text("utf-8")


class Passed:
    """The functions of ours that are called within, each frame once."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._frames: dict[int, FrameType] = {}  # which are kept, so that no two have the same id

    def __enter__(self) -> Passed:
        sys.setprofile(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _note(self, frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(PACKAGE) and id(frame) not in self._frames:
            self._frames[id(frame)] = frame
            module = Path(code.co_filename).relative_to(PACKAGE).as_posix()
            self.names.append(f"{module}: {code.co_name}")


def app_with_ten_pages(backend: str) -> dash.Dash:
    app = app_on(backend, "/", *(f"/page-{number}" for number in range(9)), **on_flask(backend))
    enable_true_404(app)
    return app


def on_flask(backend: str) -> dict[str, Any]:
    return WITHOUT_THREADS if backend == "flask" else {}


def passed(app: dash.Dash, path: str, method: str = "GET") -> list[str]:
    """Return what a warm request passes."""
    noted: list[str] = []

    def questions():
        yield from [(path, method)] * 2
        with Passed() as third:
            yield path, method
        noted.extend(third.names)

    ask_all(app, questions())
    return noted


@pytest.mark.parametrize(
    ("backend", "path", "method", "most"),
    [
        ("flask", "/zz", "GET", 35),
        ("flask", "/zz", "POST", 35),
        ("flask", "/page-1", "GET", 22),
        pytest.param("fastapi", "/zz", "GET", 45, marks=pytest.mark.asgi),
        pytest.param("fastapi", "/zz", "POST", 45, marks=pytest.mark.asgi),
        pytest.param("fastapi", "/page-1", "GET", 45, marks=pytest.mark.asgi),
    ],
)
def test_a_request_goes_through_few_functions_of_ours(backend, path, method, most):
    names = passed(app_with_ten_pages(backend), path, method)
    assert 15 < len(names) <= most, "\n".join(names)


def walk(title: str) -> list[str]:
    """Return the functions of a walk in CONTRIBUTING.md."""
    text = CONTRIBUTING.partition(f"### {title}\n")[2].partition("\n#")[0]
    return re.findall(r"^\d+\. `([^`]+)`", text, re.MULTILINE)


def first_times(names: list[str]) -> list[str]:
    return list(dict.fromkeys(name for name in names if not name.endswith((">", ": __init__"))))


def test_the_walk_of_explain_is_what_is_called():
    app = app_with_ten_pages("flask")
    explain(app, "/page-1")
    with Passed() as noted:
        assert explain(app, "/page-1").status == 200
    rooms = ("explain", "observation", "verdicts", "inspected_app", "answerers/ask")
    names = [
        name
        for name in noted.names
        if name.startswith(tuple(f"diagnostics/{room}" for room in rooms)) or name == DECIDE
    ]
    assert walk("explain, for a page on Flask") == first_times(names)


@pytest.mark.parametrize(
    ("title", "backend", "path"),
    [
        ("An unknown GET on Flask", "flask", "/zz"),
        pytest.param("A page on FastAPI", "fastapi", "/page-1", marks=pytest.mark.asgi),
    ],
)
def test_a_walk_is_what_is_called(title, backend, path):
    assert walk(title) == first_times(passed(app_with_ten_pages(backend), path))
