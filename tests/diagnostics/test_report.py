"""What a check reports: codes, exit statuses, and what is printed for people and programs."""

from __future__ import annotations

import json
import logging
import re
import sys
import types
from pathlib import Path

import dash
import jsonschema
import pytest
from click.testing import CliRunner

from dash_true404.cli import main
from dash_true404.diagnostics.check.annotations import to_github
from dash_true404.diagnostics.check.codes import CODES, FINDING, GROUPS, NOTE
from dash_true404.diagnostics.check.findings import ENABLE, Finding, Report, Unseen, make_report
from dash_true404.diagnostics.check.in_process import check_app
from dash_true404.diagnostics.check.report import format_report, silence_logging

from ..apps import make_app, register
from .test_check import sound_app

SCHEMA = json.loads(Path(make_report.__code__.co_filename).with_name("schema.json").read_text("utf-8"))
A_FINDING = Finding("T411", "/gone", "GET", 404, 200, "A dead link.")
A_NOTE = Finding("T125", "/", why="No home page.")


def test_codes_are_stable_and_say_all_there_is_to_say():
    for code, kind in CODES.items():
        assert re.fullmatch("T[1-6][0-9]{2}", code)
        assert code[1] in GROUPS
        assert kind.severity == (NOTE if int(code[2:]) > 20 else FINDING)
        assert kind.meaning.endswith(".")
        assert kind.remedy.endswith((".", ")"))
    assert list(CODES) == sorted(CODES)


@pytest.mark.parametrize(
    ("report", "status", "strictly"),
    [
        (Report(), 0, 0),
        (Report(notes=[A_NOTE]), 0, 1),
        (Report(unseen=[Unseen("/admin", "why")]), 2, 2),
        (Report([A_FINDING], unseen=[Unseen("/admin", "why")]), 1, 1),
    ],
)
def test_exit_statuses(report, status, strictly):
    assert (report.exit_status(), report.exit_status(is_strict=True)) == (status, strictly)


@pytest.mark.parametrize(
    ("ignored", "left"),
    [((), 2), (("T411",), 1), (("T411:/gone",), 1), (("T411:/other",), 2), (("T125:/", "T411"), 0)],
)
def test_what_is_ignored(ignored, left):
    report = Report([A_FINDING], [A_NOTE]).without(ignored)
    assert len(report.findings) + len(report.notes) == left


def test_what_enable_true_404_fixes_comes_first_and_is_said_once():
    soft = [Finding("T101", f"/{number}", why="Soft.", group=ENABLE) for number in range(2)]
    report = make_report([A_FINDING, *soft, A_FINDING, A_NOTE], cure="enable_true_404(app)")
    assert report.findings == [*soft, A_FINDING]
    text = format_report("app", report)
    assert text.endswith("\n\napp: 3 findings. enable_true_404(app) fixes the first 2 of 3.")
    assert format_report("app", make_report([soft[0]], cure="This")).endswith("app: 1 finding. This fixes it.")


def test_what_could_not_be_seen_is_said(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    urls = [Unseen(f"/{number}", "it answers 401") for number in range(5)]
    text = format_report("app", Report(unseen=urls, counts={"pages": 1, "redirects": 0, "links": 2}))
    assert "Not seen: /0, /1, /2 and 2 more: it answers 401." in text
    assert text.endswith("app: no findings. The check is not complete: not all could be seen. Asked: 1 page, 2 links.")


@pytest.mark.parametrize(
    ("notes", "findings", "said"),
    [
        ([A_NOTE], [], "app: no findings, and 1 note, which --strict counts."),
        ([A_NOTE, A_NOTE], [], "app: no findings, and 2 notes, which --strict counts."),
        ([A_NOTE], [A_FINDING], "app: 1 finding, and 1 note, which --strict counts."),
        ([], [], "app: no findings."),
    ],
)
def test_notes_that_count_are_said_to(notes, findings, said):
    report = Report(findings, notes)
    assert format_report("app", report, is_strict=True).endswith(said)
    assert "--strict" not in format_report("app", report)


@pytest.mark.parametrize("true", [True, False])
def test_the_json_is_as_its_schema_says(true):
    app = sound_app(true=true)
    register("/links", layout=dash.html.A(href="/gone"))
    app.server.before_request(lambda: ("log in", 401) if dash.html and is_admin() else None)
    register("/admin")
    report = check_app(app)
    told = report.as_dict("app:app")
    jsonschema.validate(told, SCHEMA, jsonschema.Draft202012Validator)
    assert {finding["group"] for finding in told["findings"]} == ({None} if true else {None, ENABLE})
    assert told["findings"][-1]["severity"] == "finding"


def is_admin():
    import flask

    return flask.request.path == "/admin"


def test_the_schema_refuses_what_is_not_so():
    told = Report([A_FINDING]).as_dict("app")
    told["findings"][0]["severity"] = "note"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(told, SCHEMA)


def test_annotations_for_github(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "trips.py"
    file.write_text("\n\ndef layout():\n    return 'trips'\n")
    module = types.ModuleType("trips")
    module.__file__ = str(file)
    exec(compile(file.read_text(), str(file), "exec"), vars(module))
    monkeypatch.setitem(sys.modules, "trips", module)
    make_app()
    register("/trips", module="trips", layout=module.layout)
    told = to_github(
        Report(
            [A_FINDING._replace(page="trips", why="50 %\nof it, not: all")],
            [A_NOTE._replace(page="no_such_module")],
            [Unseen("/admin", "it answers 401")],
        )
    )
    assert told.splitlines() == [
        "::error title=T411 dead link,file=trips.py,line=3::GET /gone is 404, not 200. 50 %25%0Aof it, not: all",
        "::notice title=T125 no home page::No home page.",
        "::warning title=not seen::/admin: it answers 401",
    ]


@pytest.mark.parametrize("layout", ["text", len])
def test_annotations_of_a_page_whose_layout_is_elsewhere(layout, monkeypatch):
    monkeypatch.chdir(Path(__file__).parent)
    make_app()
    register("/here", module=__name__, layout=layout)
    told = to_github(Report([A_FINDING._replace(page=__name__)]))
    assert told.startswith("::error title=T411 dead link,file=test_report.py::")


def test_codes_are_told():
    result = CliRunner().invoke(main, ["check", "--codes"])
    assert result.exit_code == 0
    assert all(code in result.output for code in CODES)
    result = CliRunner().invoke(main, ["check", "--codes", "t411"])
    assert result.output.startswith("T411: dead link (finding)\n\n" + CODES["T411"].meaning)
    result = CliRunner().invoke(main, ["check", "--codes", "T999"])
    assert result.exit_code == 2
    assert "no code 'T999'" in result.output


@pytest.mark.parametrize(
    ("options", "status", "start"),
    [
        ([], 1, "T411 dead link"),
        (["--ignore", "T411:/gone"], 0, "Note T125"),
        (["--ignore", "T411", "--strict"], 1, "Note T125"),
        (["--format", "github"], 1, "::error title=T411 dead link"),
        (["--exclude", "/gone"], 0, "Note T125"),
        (["--exclude", "/gone/below"], 1, "T411"),
    ],
)
def test_the_options_of_the_command(options, status, start, tmp_path, monkeypatch):
    (tmp_path / "linked_app.py").write_text(
        "import dash\nfrom dash import html\nfrom dash_true404 import enable_true_404\n"
        "app = dash.Dash(__name__, use_pages=True, pages_folder='')\napp.layout = html.Div(dash.page_container)\n"
        "dash.register_page('a', path='/a', layout=html.A(href='/gone'))\nenable_true_404(app)\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "linked_app", raising=False)
    result = CliRunner().invoke(main, ["check", "linked_app:app", *options])
    assert result.exit_code == status
    assert result.output.startswith(start)
    assert ("which --strict counts" in result.output) is ("--strict" in options)


def test_logging_that_was_disabled_before_stays_disabled(monkeypatch):
    monkeypatch.setattr(logging.root.manager, "disable", logging.INFO)
    with silence_logging():
        assert logging.root.manager.disable == logging.CRITICAL
    assert logging.root.manager.disable == logging.INFO


def test_a_finding_about_no_answer_has_no_method():
    text = format_report("app", Report([Finding("T401", "/bad", why="It raised.")]))
    assert text.splitlines()[2:4] == ["  seen  due  method  URL", "                     /bad"]


def test_a_finding_about_no_url_has_no_table():
    text = format_report("app", Report([Finding("T207", "", why="An invalid entry.")]))
    assert text == "T207 invalid entry of the registry: An invalid entry.\n\napp: 1 finding."
