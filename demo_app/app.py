"""Harbour Bikes, a multi-page Dash app as people write them."""

from __future__ import annotations

import dash
import flask
from dash import Dash, dcc, html

from dash_true404 import enable_true_404


def create_app(true_404: bool) -> Dash:
    """Make the app; the one line that tells the truth is the only difference."""
    app = Dash(__name__, use_pages=True, title="Harbour Bikes")
    app.index_string = app.index_string.replace("<html>", '<html lang="en">')
    app.server.before_request(staff_only)
    app.layout = html.Div([_header(), html.Main(dash.page_container), _footer(true_404)], className="site")
    if true_404:
        enable_true_404(app)
    return app


def staff_only() -> tuple[str, int] | None:
    """Turn everybody away from the staff's URLs; nobody has a key."""
    return ("For staff only.", 401) if flask.request.path.startswith("/staff") else None


def _header() -> html.Header:
    pages = [page for page in dash.page_registry.values() if not page["path_template"]]
    return html.Header(
        [
            dcc.Link(
                [html.Img(src=dash.get_asset_url("logo.svg"), alt="", width=36, height=36), "Harbour Bikes"],
                href="/",
                className="brand",
            ),
            html.Nav([dcc.Link(page["name"], href=page["relative_path"]) for page in pages]),
        ]
    )


def _footer(true_404: bool) -> html.Footer:
    # html.A, not dcc.Link: only a full load asks the server. "nofollow", because they are meant to be dead.
    urls = ("/no-such-page", "/wp-login.php", "/About", "/%61bout")
    dead_ends = [html.A(html.Code(url), href=url, rel="nofollow") for url in urls]
    return html.Footer(
        [
            html.Strong("Served with true 404s." if true_404 else "Served by plain Dash."),
            html.Span(["No pages here: ", *(part for link in dead_ends for part in (link, " "))]),
        ]
    )
