"""What tests ask of the tools."""

from __future__ import annotations

import dash

from dash_true404.diagnostics.check.crawl import DeadLink
from dash_true404.diagnostics.check.findings import Finding
from dash_true404.diagnostics.check.in_process import check_app
from dash_true404.diagnostics.check.links import InProcess, crawl_app
from dash_true404.diagnostics.client import Client

from ..apps import make_app


def app_that_redirects(location: str) -> dash.Dash:
    """Return an app whose server redirects all requests, by WSGI alone."""
    app = make_app("/")

    def redirect(environ, start_response):
        start_response("302 Found", [("Location", location)])
        return []

    app.server.wsgi_app = redirect
    return app


def find_faults(app: dash.Dash) -> list[Finding]:
    """Return the findings of a check, asked as a stranger."""
    return check_app(app).findings


def find_dead_links(app: dash.Dash, client: Client | None = None) -> list[DeadLink]:
    """Return the dead links in an app's layouts.

    :param client: asks the app; None: a stranger's.
    """
    if client is None:
        with Client(app) as client:
            return find_dead_links(app, client)
    return crawl_app(InProcess(app, client)).dead
