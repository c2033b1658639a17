"""Runs of pytest that load the plugin, on small apps that are written for them."""

from __future__ import annotations

import importlib
import importlib.util
import re
import textwrap

import dash
import pytest

ASGI = hasattr(dash, "backends") and importlib.util.find_spec("fastapi") and importlib.util.find_spec("quart")
SERVERS = ["flask", "quart", "fastapi"] if ASGI else ["flask"]
# pytester forgets what its runs import, and these do not bear to be imported twice, or take long each time.
for name in ("importlib_metadata", "quart", "fastapi", "hypothesis"):
    if importlib.util.find_spec(name):
        importlib.import_module(name)

APP = """
    import dash
    from dash import Dash, dcc, html
    from dash_true404 import enable_true_404

    app = Dash(__name__, use_pages=True, pages_folder="" {options})
    app.layout = html.Div(dash.page_container)
    dash.register_page("home", path="/", layout=dcc.Link("Trips", href="/trips"))
    dash.register_page("trips", path="/trips", redirect_from=["/rides"], layout=html.Div())
    dash.register_page("item", path_template="/item/<item_id>", layout=lambda item_id="", **_: html.Div())
    dash.register_page("asset", path_template="/asset/<a>", path="/asset/a1", layout=html.Div())
    dash.register_page("sold", path="/sold", layout=html.Div(), exists=lambda: False)
    {more}
"""


def write_app(
    pytester: pytest.Pytester,
    server: str = "flask",
    more: str = "enable_true_404(app)",
    options: str = "",
    name: str = "shop",
) -> None:
    """Write an app's module; without ``more``, one of plain Dash."""
    options += "" if server == "flask" else f', backend="{server}"'
    pytester.makepyfile(**{name: textwrap.dedent(APP).format(options=options, more=textwrap.dedent(more))})


def write_tests(pytester: pytest.Pytester, body: str, header: str = "dash_pages") -> None:
    """Write a module with one test."""
    pytester.makeini("[pytest]\ndash_app = shop:app\n")
    body = textwrap.indent(textwrap.dedent(body), "    ")
    pytester.makepyfile(test_it=f"import dash\nimport pytest\n\ndef test_it({header}):\n{body}")


def run(pytester: pytest.Pytester, *args: str) -> pytest.RunResult:
    """Run pytest in this process."""
    dash.page_registry.clear()  # of the run before, in the same process
    return pytester.runpytest_inprocess("-p", "no:randomly", "--disable-warnings", *args)


def items(result: pytest.RunResult) -> dict[str, str]:
    """Return the outcome of each item of a verbose run, by its name."""
    found = (re.match(r"dash-pages::(.*\S) (PASSED|FAILED|SKIPPED)\b", line) for line in result.outlines)
    return {match[1]: match[2] for match in found if match}
