"""Apps as people publish them: check finds nothing wrong with them, whatever it notes."""

from __future__ import annotations

import dash
import flask
import pytest
from dash import Input, Output, dcc, html

from dash_true404 import enable_true_404
from dash_true404.diagnostics.check.in_process import check_app

from ..apps import app_on, forget_last_app, make_app, new_server, register


def query_strings(backend):
    """Pages that read the query, and link to themselves with another one."""
    app = app_on(backend)
    register("/", layout=lambda page=None, **_: html.Div([dcc.Link("next", href="/?page=2"), html.P(page or "1")]))
    register("/search", layout=lambda q="", **_: html.Div([html.A("a", href="?q=a b&n=1"), html.A(href="#top"), q]))
    return app


def nested_pages(backend):
    """Folders of pages, with a menu made of the registry, below a prefix."""
    app = app_on(backend, "/", "/docs", "/docs/start", "/docs/api/v1", url_base_pathname="/portal/")
    menu = [dcc.Link(page["name"], href=page["relative_path"]) for page in dash.page_registry.values()]
    app.layout = html.Div([html.Nav(menu), dash.page_container])
    return app


def templates_with_lists(backend):
    """A list of things, and a page about each, which links back and to its neighbors."""
    app = app_on(backend)
    register("/", layout=html.Ul([html.Li(dcc.Link(n, href=f"/item/{n}")) for n in "abc"]), redirect_from=["/home"])
    register(
        "/item/<n>", layout=lambda n=None, **_: html.Div(dcc.Link("back", href="../")), exists=lambda n: n in "abc"
    )
    return app


def drawn_log_in(backend):
    """One page is drawn as a log-in for strangers, and its status is 200."""
    app = app_on(backend, "/")
    register("/login", layout=html.Div("Name and password"))
    register("/secret", layout=lambda **_: html.Div(["Please ", dcc.Link("log in", href="/login"), " to go on"]))
    register("/logout", layout=html.Div("Bye"))
    return app


def own_routes(backend):
    """A site with routes of its own and files, beside the pages."""
    server = new_server(backend)
    app = app_on(backend, "/", server=server) if backend == "flask" else app_on(backend, "/")
    add = app.server.add_url_rule if hasattr(app.server, "add_url_rule") else None
    if add:
        add("/download/<name>", "download", lambda name: f"file {name}")
        add("/api/health", "health", lambda: "ok")
    else:
        app.server.add_api_route("/download/{name}", lambda name: name)
        app.server.add_api_route("/api/health", lambda: "ok")
    links = ("/download/a.csv", "/api/health", "mailto:me@example.org", "https://dash.plotly.com")
    register("/links", layout=html.Div([html.A(link, href=link) for link in links]))
    return app


def markdown_docs(backend):
    """Documents in Markdown, with code that has links in it."""
    text = """
    # Welcome
    See [the guide](/guide) and [Dash](https://dash.plotly.com).

    ```python
    html.A("[x](/not-a-link)")
    ```
    """
    app = app_on(backend, "/guide")
    register("/", layout=dcc.Markdown(text))
    return app


def not_found_page(backend):
    """A page of its own for unknown URLs, which links home."""
    app = app_on(backend, "/")
    dash.register_page("pages.not_found_404", layout=html.Div(dcc.Link("home", href="/")))
    return app


@pytest.mark.parametrize(
    "make",
    [query_strings, nested_pages, templates_with_lists, drawn_log_in, own_routes, markdown_docs, not_found_page],
    ids=lambda make: make.__name__,
)
def test_a_demo_has_no_findings(make, backend):
    app = make(backend)
    enable_true_404(app)
    report = check_app(app)
    assert (report.findings, report.unseen) == ([], [])
    assert {note.code for note in report.notes} <= {"T423"}


def test_a_hand_routed_app_has_no_findings():
    forget_last_app()
    app = dash.Dash(__name__)
    app.layout = html.Div([dcc.Location(id="url"), html.Div(id="page"), dcc.Link("a", href="/reports")])
    app.callback(Output("page", "children"), Input("url", "pathname"))(lambda path: html.P(path))
    enable_true_404(app, paths=lambda path: path in ("/", "/reports"))
    report = check_app(app)
    assert (report.findings, report.notes, report.unseen) == ([], [], [])


@pytest.mark.parametrize("rule", ["/<path:path>", "/<user>/<repo>"])
def test_a_site_with_a_broad_rule_has_no_findings(rule):
    server = flask.Flask("site")
    server.add_url_rule(rule, "site", lambda **_: "the site")
    app = make_app("/", "/a", server=server, url_base_pathname="/dash/")
    enable_true_404(app)
    report = check_app(app)
    assert (report.findings, report.notes, report.unseen) == ([], [], [])
