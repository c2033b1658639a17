"""Each broken app, by check, explain and the pytest plugin; and the table of them in the documents."""

from __future__ import annotations

import os
import re
from pathlib import Path

import dash
import jsonschema
import pytest

from dash_true404.diagnostics.check.in_process import check_app
from dash_true404.diagnostics.explain import explain
from dash_true404.diagnostics.pytest_pages import DashPages

from .broken_apps import CASES, Case
from .test_report import SCHEMA

VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "broken-apps.md"
RUNS = [
    pytest.param(case, backend, id=f"{case.name}-{backend}", marks=[] if backend == "flask" else pytest.mark.asgi)
    for case in CASES
    for backend in case.backends
]


def run_plugin(case: Case, app: dash.Dash) -> str:
    """Return the message of the assertion that fails; empty if it passes, or there is none."""
    pages = DashPages(app)
    try:
        check = getattr(pages, case.test)
        check(*([case.url] if case.test in ("assert_found", "assert_not_found") else []))
    except AssertionError as error:
        return str(error)
    finally:
        pages.close()
    return ""


@pytest.mark.parametrize(("case", "backend"), RUNS)
def test_the_tools_say_what_is_wrong(case, backend):
    app = case.make(backend)
    report = check_app(app)
    found = [one for one in (*report.findings, *report.notes) if (one.code, one.url) == (case.code, case.url)]
    assert found, report
    assert found[0].why.startswith(case.why)
    is_note = found[0] in report.notes
    assert report.exit_status() == (0 if is_note else 1)
    VALIDATOR.validate(report.as_dict("app:app"))
    # One fault makes no other findings, except of the same kind at other URLs, and what follows from it.
    assert {one.code for one in report.findings} <= {case.code, *FOLLOWS.get(case.name, ())}, report.findings
    assert report.is_complete


SOFT = ("T101", "T102", "T103", "T104", "T105")

# What else is wrong with an app that has a fault.
FOLLOWS = {
    **{case.name: SOFT for case in CASES if case.code in SOFT or case.code == "T106"},
    "`exists` does not take the variable": ("T301",),
}


@pytest.mark.parametrize(("case", "backend"), [run for run in RUNS if run.values[0].explained])
def test_explain_names_it(case, backend):
    assert case.explained.lower() in " ".join(explain(case.make(backend), case.url).text().lower().split())


@pytest.mark.parametrize(("case", "backend"), [run for run in RUNS if run.values[0].test])
def test_the_plugin_fails_with_it(case, backend):
    assert run_plugin(case, case.make(backend)).startswith(case.failure)


def make_table() -> str:
    """Return the page of the documents: what the tools say on Flask."""

    def make(case: Case) -> dash.Dash:
        dash.page_registry.clear()
        return case.make("flask")

    rows = []
    for case in CASES:
        report = check_app(make(case))
        found = next(one for one in (*report.findings, *report.notes) if (one.code, one.url) == (case.code, case.url))
        text = explain(make(case), case.url).verdict if case.explained else ""
        failure = run_plugin(case, make(case)).splitlines()[0] if case.test else ""
        severity = "" if found.severity == "finding" else " (note)"
        code = f"[{found.code}](findings.md#{found.code.lower()})"
        rows.append(f"| {case.name} | {code}{severity} {found.why} | {text} | {failure} |")
    head = "| what is wrong | `check` | `explain` | `pytest` |\n|---|---|---|---|\n"
    # The line of a test's own file says nothing; angle brackets would be HTML, but not in code.
    parts = re.sub(r" \(tests/[^)]*\)", "", "\n".join(rows)).split("`")
    parts[::2] = [part.replace("<", "&lt;").replace(">", "&gt;") for part in parts[::2]]
    return f"{INTRODUCTION}\n{head}{'`'.join(parts)}\n"


INTRODUCTION = """# Broken apps, and what the tools say

Each row is an app with one fault: what `dash-true404 check` finds, what `dash-true404 explain` says of the URL, and
what the pytest plugin fails with. A test makes all of them, on Flask, Quart and FastAPI; the table has what is said on
Flask.
"""


@pytest.mark.slow
def test_the_page_of_the_documents_is_what_is_said():
    table = make_table()
    if os.environ.get("DASH_TRUE404_UPDATE"):
        PAGE.write_text(table, "utf-8")
    assert PAGE.read_text("utf-8") == table
