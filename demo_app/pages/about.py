"""What all this is."""

import dash
from dash import dcc

dash.register_page(__name__, path="/about", name="About", title="About - Harbour Bikes", order=3)

layout = dcc.Markdown(
    """
# About

Harbour Bikes is an invented bike sharing scheme, and the demo app of **dash-true404**: a Dash app with pages,
a path template, a redirect, assets and a `404.html`.

It runs twice: once as plain Dash serves it, once with one line more.

    enable_true_404(app)

Ask both for a page that does not exist, and look at the status in the browser's network tab.
"""
)
