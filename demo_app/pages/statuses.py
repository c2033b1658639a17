"""What both apps say of any URL, and why: the page to look at."""

from __future__ import annotations

from collections.abc import Sequence
from http.client import HTTPException
from urllib.parse import quote, urlsplit

import dash
import flask
from dash import Input, Output, State, callback, dcc, html

from dash_true404.diagnostics.explain import explain
from demo_app.compare import QUESTIONS, Question, ask
from demo_app.servers import HOST

dash.register_page(__name__, path="/statuses", name="Statuses", title="Statuses - Harbour Bikes", order=4)

#: Under this name the app's server knows the ports of plain Dash and of true 404s.
PORTS = "DEMO_PORTS"

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")

# What a browser leaves as it is in the path and query of an address that is typed in.
_AS_TYPED = "/?%!$&'()*+,;=:@-._~[]|^"


def layout() -> html.Div:
    """Return the page; what the servers say is asked when it is shown."""
    return html.Div(
        [
            html.H1("What is the status?"),
            html.P(
                "This app is served twice: by plain Dash, and with one line more. Both are asked while you look. "
                "In plain Dash the page may say “not found”, and the status still 200: a soft 404."
            ),
            html.Div(
                [
                    dcc.Input(
                        id="statuses-url",
                        value="/stations/atlantis",
                        debounce=True,
                        spellCheck=False,
                        autoComplete="off",
                        type="text",
                        placeholder="/any/url",
                        className="url",
                    ),
                    dcc.Dropdown(METHODS, "GET", id="statuses-method", clearable=False, searchable=False),
                    html.Button("Ask both", id="statuses-ask", className="button"),
                ],
                className="ask",
            ),
            html.Div(id="statuses-answer", **{"aria-live": "polite"}),
            html.H2("What crawlers, monitors and visitors ask"),
            dcc.Loading(html.Div(id="statuses-table", className="wide")),
        ]
    )


@callback(Output("statuses-table", "children"), Input("statuses-table", "id"))
def show_table(_: str) -> html.Table:
    """Ask both servers everything that the terminal's table holds."""
    rows = [(question, *ask_both(question)) for question in QUESTIONS]
    lies = sum(plain != question.true for question, plain, _ in rows)
    return html.Table(
        [
            html.Caption(f"{lies} of {len(rows)} answers by plain Dash are not true."),
            html.Thead(html.Tr([html.Th(name, scope="col") for name in ("URL", "Plain", "True", "What it is")])),
            html.Tbody([_row(*row) for row in rows]),
        ]
    )


@callback(
    Output("statuses-answer", "children"),
    Input("statuses-ask", "n_clicks"),
    Input("statuses-url", "value"),
    Input("statuses-method", "value"),
    State("statuses-url", "id"),
)
def show_answer(_: int | None, typed: str | None, method: str, __: str) -> Sequence[object]:
    """Ask both servers for one URL, and say what ``explain`` says of it."""
    url = as_sent(typed or "")
    plain, true = ask_both(Question(url, method, 0, 0, ""))
    explained = explain(dash.get_app(), url, method)
    return [
        html.Dl(
            [
                html.Div([html.Dt("plain Dash"), html.Dd(_status(plain, true))]),
                html.Div([html.Dt("with true 404s"), html.Dd(_status(true, true))]),
            ],
            className="cards",
        ),
        html.P([html.Code(f"{method} {url}"), ": ", explained.verdict], className="verdict"),
        html.Ul([html.Li(hint) for hint in explained.hints], className="hints") if explained.hints else None,
    ]


def as_sent(typed: str) -> str:
    """Return the path and query that a browser sends for what was typed.

    >>> as_sent("https://example.org/sp ace?x#y"), as_sent("trips")
    ('/sp%20ace?x', '/trips')
    """
    parts = urlsplit(typed.strip()) if "://" in typed.partition("?")[0] else None
    target = (parts.path + (f"?{parts.query}" if parts.query else "")) if parts else typed.strip().partition("#")[0]
    return "/" + quote(target, safe=_AS_TYPED).lstrip("/")


def ask_both(question: Question) -> tuple[int | None, int | None]:
    """Return what plain Dash and true 404s say; None where nobody is there to ask."""
    ports = flask.current_app.config.get(PORTS, (None, None))
    plain, true = (_ask(port, question) for port in ports)
    return plain, true


def _ask(port: int | None, question: Question) -> int | None:
    try:
        return None if port is None else ask(HOST, port, question)
    except (OSError, HTTPException):
        return None


def _row(question: Question, plain: int | None, true: int | None) -> html.Tr:
    url = html.Code(question.url)
    return html.Tr(
        [
            html.Th([url, *([f" {question.method}"] if question.method != "GET" else [])], scope="row"),
            html.Td(_status(plain, question.true)),
            html.Td(_status(true, question.true)),
            html.Td(question.what),
        ]
    )


def _status(status: int | None, truth: int | None) -> html.Span:
    if status is None:
        return html.Span("not asked", className="status", title="Start both servers with: python -m demo_app")
    is_lie = status != truth
    return html.Span([str(status), *([" lie"] if is_lie else [])], className="status lie" if is_lie else "status")
