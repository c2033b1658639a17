"""The wheel, installed in an empty virtual environment."""

import importlib.util
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


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


def test_the_wheel_works_in_an_empty_environment(wheel, tmp_path):
    """Without extras; with them, which takes its time, in noxfile.py."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", wheel], check=True)
    subprocess.run([python, ROOT / "tests" / "smoke.py", "flask"], check=True, cwd=tmp_path)
