"""Sphinx's configuration: ``sphinx-build -n -W docs docs/_build``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from textwrap import indent
from typing import Any

import dash_true404
from dash_true404 import pytest_plugin
from dash_true404.diagnostics.check.codes import CODES, GROUPS

HERE = Path(__file__).parent

project = "dash-true404"
author = "the dash-true404 contributors"
release = version = dash_true404.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_click", "sphinx_copybutton"]
exclude_patterns = ["_build", "_generated"]
html_theme = "furo"
html_title = "dash-true404"
html_show_copyright = False
html_static_path = ["_static"]
html_css_files = ["custom.css"]

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "substitution"]
myst_heading_anchors = 3
myst_substitutions = {"version": version}

autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
# Other projects' objects are not linked, so that the site can be built without a network.
nitpick_ignore_regex = [
    (r"py:.*", r"(dash|flask|quart|fastapi|pytest|os|collections|typing|click)\..*"),
    (
        r"py:.*",
        r"(dash_true404\.diagnostics\.)?.*(Client|Answer|Visitor|Listing|Explanation|Error)",
    ),  # not public
]

# Prompts and what is printed are left out of what is copied.
copybutton_prompt_text = "$ "
copybutton_only_copy_prompt_lines = True


#: A word that is no English, such as ``exists=``, ``/<name>`` and ``--login``.
_CODE = re.compile(
    r"(?<!\S)(\(?)((?=\S*[\w>][_=/<(]|[/<]|--)(?:[\w.]+\([^()`]*\)|[^\s`()]*[^\s`.,:;()]))"
)


class _Options:
    """Notes what ``pytest_addoption`` adds."""

    def __init__(self) -> None:
        self.options: list[tuple[str, str]] = []
        self.settings: list[tuple[str, str]] = []

    def getgroup(self, *_: object, **__: object) -> _Options:
        return self

    def addoption(self, *names: str, help: str, metavar: str = "", **_: object) -> None:
        self.options.append((f"{', '.join(names)} {metavar}".strip(), help))

    def addini(self, name: str, help: str, *_: object, **__: object) -> None:
        self.settings.append((name, help))


def _fixtures() -> Iterator[tuple[str, str]]:
    for name, fixture in vars(pytest_plugin).items():
        function: Any = getattr(fixture, "__wrapped__", None) or getattr(
            fixture, "_fixture_function", None
        )
        if (
            function is not None
            and not name.startswith("_")
            and "ixture" in type(fixture).__name__
        ):
            yield name, inspect.getdoc(function) or ""


def _definitions(entries: Iterable[tuple[str, str]]) -> str:
    return "\n".join(
        f"`{name}`\n: {indent(text, '  ').strip()}\n".replace("``", "`")
        for name, text in entries
    )


def _findings() -> Iterator[str]:
    for digit, group in GROUPS.items():
        yield f"## {group}\n"
        for code in CODES.values():
            if code.code[1] == digit:
                yield f"({code.code})=\n### {code.code} {code.name}\n"
                yield f"*A {code.severity}.* {_as_code(code.meaning)}\n"
                yield f"What to do: {_as_code(code.remedy)}\n"


def _as_code(text: str) -> str:
    parts = text.split("`")
    parts[::2] = [_CODE.sub(r"\1`\2`", part) for part in parts[::2]]
    return "`".join(parts)


def write_generated(_: object) -> None:
    """Write the parts of the reference that the code itself says."""
    folder = HERE / "_generated"
    folder.mkdir(exist_ok=True)
    options = _Options()
    pytest_plugin.pytest_addoption(options)  # type: ignore[arg-type]
    (folder / "pytest-options.md").write_text(_definitions(options.options), "utf-8")
    (folder / "pytest-settings.md").write_text(_definitions(options.settings), "utf-8")
    (folder / "findings.md").write_text("\n".join(_findings()), "utf-8")
    (folder / "pytest-fixtures.md").write_text(_definitions(_fixtures()), "utf-8")


def setup(app: Any) -> None:
    """Generate before anything is read."""
    app.connect("builder-inited", write_generated)
