"""The wheel, installed in an empty virtual environment."""

import importlib.util
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

SMOKE = """
import asyncio, sys
import dash
from dash import html
from importlib import resources
from dash_true404 import enable_true_404, IN_APP

backend = sys.argv[1]
app = dash.Dash("smoke", use_pages=True, pages_folder="", **({"backend": backend} if backend != "flask" else {}))
app.layout = html.Div(dash.page_container)
dash.register_page("home", path="/", layout=html.Div())

async def exists(x):
    return x == "1"

options = {"exists": exists} if backend != "flask" else {}
dash.register_page("thing", path_template="/t/<x>", layout=html.Div(), **options)
enable_true_404(app)
servers = {"flask", "quart", "fastapi"} - {backend}
assert not [name for name in servers - {"flask"} if name in sys.modules], "another server was imported"

async def ask(path):
    sent = []
    scope = {"type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": path, "root_path": ""}
    scope |= {"raw_path": path.encode(), "query_string": b"", "headers": [(b"host", b"x")], "asgi": {"version": "3.0"}}

    incoming = asyncio.Queue()
    await incoming.put({"type": "http.request", "body": b"", "more_body": False})

    async def send(message):
        sent.append(message)

    await app.server(scope, incoming.get, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])

def get(path):
    if backend != "flask":
        return asyncio.run(ask(path))
    answer = app.server.test_client().get(path)
    return answer.status_code, answer.data

assert get("/")[0] == 200
status, body = get("/zz")
assert status == 404 and b"This page does not exist" in body
if backend != "flask":
    assert [get(path)[0] for path in ("/t/1", "/t/2")] == [200, 404]
assert resources.files("dash_true404").joinpath("py.typed").is_file()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    if importlib.util.find_spec("build") is None:
        pytest.skip("needs the package build: pip install build")
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"dash_true404/404.html", "dash_true404/py.typed", "dash_true404/servers/fastapi.py"} <= names
    assert {name.split("/")[0].split("-")[0] for name in names} <= {"dash_true404"}


@pytest.mark.parametrize("extra", ["", "quart", "fastapi"])
def test_the_wheel_works_in_an_empty_environment(wheel, tmp_path, extra):
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--no-compile", f"{wheel}[{extra}]" if extra else wheel], check=True
    )
    subprocess.run(
        [python, "-W", "error::DeprecationWarning:dash_true404", "-c", SMOKE, extra or "flask"],
        check=True,
        cwd=tmp_path,
    )
