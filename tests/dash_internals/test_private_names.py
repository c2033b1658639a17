"""What is private to Dash is used in dash_internals/ alone (import-linter doesn't see into other packages)."""

import ast
from pathlib import Path

import dash
import pytest

import dash_true404

from ..apps import make_app

PACKAGE = Path(dash_true404.__file__).parent
MODULES = {str(path.relative_to(PACKAGE)): path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}


def is_private_module(name):
    return name.startswith(("dash._", "dash.backends"))


def private_names_used(source, private):
    """Yield what is private to Dash in a module: imports, attributes of anything but self, and texts for getattr."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if is_private_module(alias.name))
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from filter(is_private_module, names)
        elif isinstance(node, ast.Attribute) and node.attr in private:
            if not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")):
                yield f"{ast.unparse(node.value)}.{node.attr}"
        elif isinstance(node, ast.Constant) and (node.value in private or is_private_module(str(node.value))):
            yield node.value


@pytest.fixture
def private():
    """What Dash's app, its class and its package have that is private."""
    names = {*dir(make_app()), *vars(dash), *vars(dash.dash)}
    return {name for name in names if name.startswith("_") and not name.endswith("__")}


@pytest.mark.parametrize("name", sorted(name for name in MODULES if not name.startswith("dash_internals")))
def test_what_is_private_to_dash_is_used_in_dash_internals_alone(name, private):
    assert list(private_names_used(MODULES[name], private)) == []


def test_each_way_of_using_what_is_private_is_found():
    source = """
import dash, dash._pages
import dash.backends._flask as flask_backend
from dash import html, _get_app
from dash._utils import patch
from dash.exceptions import PreventUpdate
self._private
app._private()
dash.Dash._private
getattr(app, "_private")
import_module("dash.backends._fastapi")
import dash_true404._private
from . import _private
"""
    assert set(private_names_used(source, {"_private"})) == {
        *("dash._pages", "dash.backends._flask", "dash._get_app", "dash._utils.patch"),
        *("app._private", "dash.Dash._private", "_private", "dash.backends._fastapi"),
    }
