"""What keeps the code easy to see: short modules, short functions, and one class for each name."""

import ast
from collections import Counter
from pathlib import Path

import dash_true404

MODULES = sorted(Path(dash_true404.__file__).parent.rglob("*.py"))
NODES = [(module, node) for module in MODULES for node in ast.walk(ast.parse(module.read_text("utf-8")))]
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def length_without_docstring(function):
    first = function.body[0] if ast.get_docstring(function) is not None else None
    return function.end_lineno - function.lineno + 1 - (first.end_lineno - first.lineno + 1 if first else 0)


def test_no_module_has_more_than_300_lines():
    assert [str(module) for module in MODULES if len(module.read_text("utf-8").splitlines()) > 300] == []


def test_no_function_has_more_than_60_lines_besides_its_docstring():
    functions = [(str(module), node) for module, node in NODES if isinstance(node, FUNCTIONS)]
    assert len(functions) > 500
    assert [(module, node.name) for module, node in functions if length_without_docstring(node) > 60] == []


def test_no_two_classes_have_one_name():
    names = Counter(node.name for _, node in NODES if isinstance(node, ast.ClassDef))
    assert [name for name, count in names.items() if count > 1] == []
