"""The version matrix, with Python 3.10 to 3.14 where they are installed.

``nox`` runs all of it, ``nox -t ci`` what CI runs, ``nox -s "tests(oldest)"`` one of it.
"""

import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import nox

nox.options.default_venv_backend = "venv"

# The oldest that are supported.
FLASK_2 = ["flask==2.2.5", "werkzeug==2.2.3", "click==8.0.4"]
TOOLS = ["pytest", "pytest-xdist", "hypothesis", "a2wsgi", "dash-auth", "flask-login", "flask-talisman", "jsonschema"]
TOOLS += ["wrapt"]
# Only the tests of the pytest plugin need these.
PLUGINS = ["pytest-flask", "pytest-randomly"]

MATRIX = {
    # id: Python, what is pinned
    "oldest": ("3.10", ["dash==2.9.0", *FLASK_2]),
    "2.9.3": ("3.11", ["dash==2.9.3", "flask<2.3", "werkzeug<2.3"]),
    "2.14.2": ("3.12", ["dash==2.14.2"]),
    "2.14.2-flask2": ("3.10", ["dash==2.14.2", *FLASK_2]),
    "2.18.2": ("3.12", ["dash==2.18.2"]),
    "3.0.4": ("3.13", ["dash==3.0.4"]),
    "3.0.4-flask2": ("3.11", ["dash==3.0.4", *FLASK_2]),
    "3.4.0": ("3.10", ["dash==3.4.0"]),
    "4.0.0": ("3.12", ["dash==4.0.0"]),
    "4.2.0": ("3.13", ["dash[async,fastapi,quart]==4.2.0", "fastapi==0.110.0", "quart==0.20.0"]),
    "4.4.1": ("3.11", ["dash[async,fastapi,quart]==4.4.1"]),
    "4.4.1-flask2": ("3.10", ["dash==4.4.1", *FLASK_2]),
    "latest": ("3.13", ["dash[async,fastapi,quart]"]),
    "latest-3.14": ("3.14", ["dash[async,fastapi,quart]"]),
}
CI = ("oldest", "4.2.0", "latest")
# What serves, which old versions of Dash are tested with; the tools are for those who develop, with a new one.
SERVING = ["tests/core", "tests/dash_internals", "tests/servers", "tests/test_enable.py", "tests/test_fire.py"]
SERVING += ["tests/test_options.py", "tests/test_promises.py"]
# Dash has these servers from 4.2 on, and Quart needs Flask 3.
ASGI = [
    "tests/servers/test_asgi_edges.py",
    "tests/diagnostics/test_check_asgi.py",
    "tests/servers/test_fastapi.py",
    "tests/servers/test_oracle_asgi.py",
    "tests/servers/test_quart.py",
]
# What is mutated, and the tests that are to notice: those that mirror it, the quickest first.
MUTANTS = {
    "pages": (
        ["core/pages.py", "core/path_templates.py"],
        ["core/test_pages", "test_options", "test_enable", "servers/test_statuses"],
    ),
    "rules": (
        ["servers/werkzeug_rules.py", "servers/werkzeug_decisions.py", "servers/prefilter.py"],
        [
            *("servers/test_prefilter", "servers/test_statuses", "servers/test_prefixes"),
            *("servers/test_hidden_rules", "servers/test_decisions"),
        ],
    ),
    "flask": (
        ["servers/werkzeug.py", "servers/flask.py", "servers/errors.py"],
        [
            *("servers/test_statuses", "servers/test_prefixes", "servers/test_guards", "servers/test_debug"),
            *("test_enable", "test_options"),
        ],
    ),
}
# Annotations are never evaluated, arithmetic on texts fails at once; of comparisons the opposite tells the most.
NO_MUTANTS = [
    "core/ReplaceBinaryOperator_BitOr_.*",
    "core/ReplaceBinaryOperator_.*_(?!Add|Sub).*",
    "core/ReplaceComparisonOperator_(Is|IsNot)_(?!Is).*",
    "core/ReplaceComparisonOperator_(Eq|NotEq)_(?!Eq|NotEq).*",
]
# The documentation shows what the newest versions print.
ELSEWHERE = ["tests/browser", "tests/deployment", "tests/docs", "tests/ecosystem", "tests/test_packaging.py"]
# What people have beside Dash: the newest versions that were tried.
ECOSYSTEM = ["ddtrace==4.16.0", "flask-profiler==1.8.1", "newrelic==14.1.0"]
ECOSYSTEM += ["opentelemetry-instrumentation-fastapi==0.66b2", "opentelemetry-sdk==1.45.2"]
ECOSYSTEM += ["prometheus-fastapi-instrumentator==8.1.0", "slowapi==0.1.10"]
ECOSYSTEM += ["dash-extensions==2.0.6", "dash-mantine-components==2.8.1", "vizro==1.0.0"]


def installed(version: str) -> str | None:
    """Return the interpreter of a version, or None, which is the one that runs nox, where it is not installed."""
    command = [f"python{version}", "-c", ""]
    works = shutil.which(command[0]) and subprocess.run(command, capture_output=True, check=False).returncode == 0
    return version if works else None


@nox.session
@nox.parametrize(
    ("python", "pins"),
    [
        nox.param(installed(python), pins, id=name, tags=["ci"] if name in CI else [])
        for name, (python, pins) in MATRIX.items()
    ],
)
def tests(session: nox.Session, pins: list[str]) -> None:
    """Run the tests that depend on the versions: not those of the browser, the deployment and the wheel."""
    is_old = pins[0].startswith(("dash==2", "dash==3"))
    # CI tries the tools on the newest versions, in .ci/run, and a release on all (RELEASING.md).
    only_serving = is_old or "CI" in os.environ
    session.install("-e", ".", *TOOLS, *([] if only_serving else PLUGINS), *pins)
    session.run("python", "-m", "pip", "freeze", "--exclude-editable")
    report = Path(session.virtualenv.location) / "report.xml"
    # Old versions warn about their own dependencies.
    options = ["-q", "-o", "filterwarnings=default", "--disable-warnings", f"--junitxml={report}"]
    options += ["-p", "no:dash"]  # whose fixtures are for browsers, and which at 2.9.0 breaks every test without them
    has_asgi = any("quart" in pin for pin in pins)
    left_out = ELSEWHERE if has_asgi else ELSEWHERE + ASGI
    options += [] if has_asgi else ["-m", "not asgi"]
    options += [f"--ignore={path}" for path in left_out]
    session.run("python", "-m", "pytest", *(SERVING if only_serving else ["tests"]), *options)
    check_nothing_was_skipped(report)


@nox.session(tags=["ci"])
def wheel(session: nox.Session) -> None:
    """Prove that the wheel works in an empty environment, and with each extra."""
    folder = session.create_tmp()
    session.install("build")
    session.run("python", "-m", "build", "--quiet", "--wheel", "--outdir", folder, ".")
    (path,) = Path(folder).glob("*.whl")
    python = f"{folder}/empty/bin/python"
    for server, extra in (("flask", ""), ("quart", "[quart]"), ("fastapi", "[fastapi]")):
        session.run("python", "-m", "venv", "--clear", f"{folder}/empty")
        session.run(python, "-m", "pip", "install", "--quiet", f"{path}{extra}", external=True)
        session.run(python, "tests/smoke.py", server, external=True)


@nox.session(tags=["ci"])
def ecosystem(session: nox.Session) -> None:
    """Run the tests with packages that people have beside Dash; plain ``pytest`` runs those that are installed."""
    session.install("-e", ".", *TOOLS, *ECOSYSTEM, "dash[async,fastapi,quart]")
    report = Path(session.virtualenv.location) / "report.xml"
    session.run("python", "-m", "pytest", "-q", "-p", "no:dash", f"--junitxml={report}", "tests/ecosystem")
    check_nothing_was_skipped(report)


@nox.session(default=False)
def packed(session: nox.Session) -> None:
    """Pack an app with PyInstaller, as docs/howto/pyinstaller.md says, and run it; it takes some minutes."""
    session.install("-e", ".", *TOOLS, "pyinstaller")
    session.run("python", "-m", "pytest", "-q", "tests/docs", "-k", "pyinstaller")


@nox.session(default=False)
@nox.parametrize("name", list(MUTANTS), ids=list(MUTANTS))
def mutants(session: nox.Session, name: str) -> None:
    """Change the code in every small way, one at a time, and print what no test notices (tests/mutants.md)."""
    session.install("-e", ".[test]", "cosmic-ray>=8.4")
    copy = Path(session.create_tmp()) / "copy"  # for cosmic-ray changes the files that it is given
    shutil.rmtree(copy, ignore_errors=True)
    for folder in ("dash_true404", "tests"):
        shutil.copytree(folder, copy / folder)
    shutil.copy("pyproject.toml", copy)
    session.chdir(copy)
    modules, tests = MUTANTS[name]
    command = "python -m pytest -x -q -n0 -p no:cacheprovider --hypothesis-profile=mutants -m 'not asgi' "
    command += "-k 'not the_reloader and not all_options and not what_they_saw' "  # which take longer than the rest
    command += " ".join(f"tests/{test}.py" for test in tests)
    Path("mutants.toml").write_text(
        "[cosmic-ray]\n"
        f"module-path = {[f'dash_true404/{module}' for module in modules]}\n"
        f"test-command = {json.dumps(command)}\n"
        "timeout = 120.0\n"
        "excluded-modules = []\n"
        'distributor.name = "local"\n'
        f"filters.operators-filter.exclude-operators = {NO_MUTANTS}\n"
    )
    few = {"DASH_TRUE404_EXAMPLES": "5"}
    session.run("cosmic-ray", "baseline", "mutants.toml", env=few)  # the tests pass as long as nothing is changed
    session.run("cosmic-ray", "init", "--force", "mutants.toml", "mutants.sqlite")
    session.run("cr-filter-operators", "mutants.sqlite", "mutants.toml")
    session.run("cosmic-ray", "exec", "mutants.toml", "mutants.sqlite", env=few)
    session.run("cr-report", "--surviving-only", "--show-diff", "mutants.sqlite")


def check_nothing_was_skipped(report: Path) -> None:
    """End with an error if a test was skipped: what is skipped is not tested."""
    suites = list(ET.parse(report).getroot().iter("testsuite"))
    count, skipped = (sum(int(suite.get(key, 0)) for suite in suites) for key in ("tests", "skipped"))
    print(f"{count} tests, {skipped} skipped")
    if skipped or not count:
        sys.exit(f"{skipped} of {count} tests were skipped; each says what it needs.")


if __name__ == "__main__":
    check_nothing_was_skipped(Path(sys.argv[1]))
