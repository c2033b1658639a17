"""What the wheel holds; `nox -s wheel` installs it in an empty environment, which takes its time."""

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_nothing_else(tmp_path):
    if importlib.util.find_spec("build") is None:
        pytest.skip("needs the package build: pip install build")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (path,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(path).namelist())
    assert {"dash_true404/404.html", "dash_true404/py.typed", "dash_true404/servers/fastapi.py"} <= names
    assert {name.split("/")[0].split("-")[0] for name in names} <= {"dash_true404"}
