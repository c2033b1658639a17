"""README's examples run as printed."""

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path

import dash
import pytest
from dash import html

from .apps import make_app
from .client import ask, status

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


OF_PYTEST = re.findall(r"^<!-- pytest: ([^>]*) -->\n```(?:python)?\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def test_the_quick_start_does_what_is_said_of_it():
    names = {"__name__": "quick_start"}
    exec(blocks("python")[0], names)
    asked = {url: status(names["app"], url) for url in ("/", "/item/42", "/nope", "/item")}
    assert asked == {"/": 200, "/item/42": 200, "/nope": 404, "/item": 404}


def runs_here(example):
    return "backend=" not in example or (hasattr(dash, "backends") and importlib.util.find_spec("fastapi"))


def is_alone(example):
    """Tell whether an example needs no other file: those of the pytest plugin are run by pytest, below."""
    return example not in dict(OF_PYTEST).values()


@pytest.mark.parametrize(
    "number", [n for n, example in enumerate(blocks("python")) if n and runs_here(example) and is_alone(example)]
)
def test_the_other_examples_run(tmp_path, number):
    (tmp_path / "errors").mkdir()
    (tmp_path / "errors" / "404.html").write_text("mine")
    names = {"app": make_app("/", assets_folder=str(tmp_path)), "dash": dash, "html": html, "Dash": dash.Dash}
    names["__name__"] = __name__
    exec("from dash_true404 import enable_true_404\n" + blocks("python")[number], names)
    if "exists=" in blocks("python")[number]:
        names["enable_true_404"](names["app"])
        assert [status(names["app"], url) for url in ("/asset/a%202", "/asset/a3")] == [200, 404]
    if "backend=" in blocks("python")[number]:
        assert [ask(names["app"].server, url).status for url in ("/", "/zz")] == [200, 404]
    else:
        assert status(names["app"], "/") == 200


def test_the_table_is_what_the_demo_prints():
    result = subprocess.run([sys.executable, "-m", "demo_app", "--once"], capture_output=True, text=True, check=True)
    assert result.stdout in README


def test_every_file_that_is_linked_exists():
    for link in re.findall(r"\]\((?!http)([^)#]+)", README):
        assert (ROOT / link).is_file(), link


def test_every_room_is_on_the_map():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    for module in (ROOT / "dash_true404").rglob("*.py"):
        if module.name != "__init__.py":
            assert str(module.relative_to(ROOT / "dash_true404")) in text


def test_the_example_of_the_pytest_plugin_prints_what_is_printed(pytester, run_pytest):
    shown = dict(OF_PYTEST)
    for name in ("app.py", "test_pages.py"):
        (pytester.path / name).write_text(shown[name])
    pytester.makeini("[pytest]\ndash_app = app:app\n")
    plain = ["-p", "no:randomly", "-p", "no:cacheprovider", "--disable-warnings"]
    by_option = run_pytest(*plain, "--dash-pages", "app:app", "--ignore=test_pages.py")
    in_tests = run_pytest(*plain, "-q")
    for result, key in ((by_option, "--dash-pages app:app"), (in_tests, "-q")):
        assert shown[key].strip() in result.stdout.str()


SESSIONS = re.findall(r"^\$ (dash-true404 .*)\n((?:(?!\$ |```).*\n)*)", README, re.MULTILINE)


@pytest.mark.parametrize(("command", "printed"), SESSIONS, ids=[command for command, _ in SESSIONS])
def test_the_commands_print_what_is_printed(command, printed):
    arguments = [sys.executable, "-c", "from dash_true404.cli import main; main()", *shlex.split(command)[1:]]
    result = subprocess.run(arguments, capture_output=True, text=True, cwd=ROOT, check=False)
    assert result.stdout.strip() == printed.strip()
    assert result.stderr == ""


def test_enough_sessions_are_shown():
    assert {command.split()[1] for command, _ in SESSIONS} == {"routes", "explain", "check"}
