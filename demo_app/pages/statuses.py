"""What both apps say of any URL, and why: the page to look at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http.client import HTTPException
from urllib.parse import quote, urlsplit

import dash
import flask
from dash import Input, Output, callback, clientside_callback, dcc, html

from dash_true404.diagnostics.explain import Explanation, explain
from demo_app.compare import QUESTIONS, Question, ask, name_fault
from demo_app.servers import HOST

dash.register_page(__name__, path="/statuses", name="Statuses", title="Statuses - Harbour Bikes", order=4)

#: Under this name the app's server knows the ports of plain Dash and of true 404s.
PORTS = "DEMO_PORTS"

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")

# What a browser leaves as it is in the path and query of an address that is typed in.
_AS_TYPED = "/?%!$&'()*+,;=:@-._~[]|^"


def layout(url: str = "/stations/atlantis", method: str = "GET", **_: str) -> html.Div:
    """Return the page, with the question of its URL; what the servers say is asked when it is shown."""
    method = method if method in METHODS else "GET"
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
                        value=url,
                        debounce=True,
                        spellCheck=False,
                        autoComplete="off",
                        type="text",
                        placeholder="/any/url",
                        className="url",
                    ),
                    dcc.Dropdown(
                        METHODS,
                        method if method in METHODS else "GET",
                        id="statuses-method",
                        clearable=False,
                        searchable=False,
                    ),
                    html.Button("Ask both", id="statuses-ask", className="button"),
                ],
                className="ask",
            ),
            dcc.Store(id="statuses-shared"),
            html.Div(id="statuses-answer", **{"aria-live": "polite"}),
            html.H2("What crawlers, monitors and visitors ask"),
            dcc.Loading(html.Div(id="statuses-table", className="wide")),
        ]
    )


# Written into the address without the router's knowledge, which would draw the page anew while somebody types.
clientside_callback(
    """function(clicks, url, method) {
        const query = new URLSearchParams({url: url || "", method: method});
        history.replaceState(history.state, "", location.pathname + "?" + query);
        return query.toString();
    }""",
    Output("statuses-shared", "data"),
    Input("statuses-ask", "n_clicks"),
    Input("statuses-url", "value"),
    Input("statuses-method", "value"),
)


@callback(Output("statuses-table", "children"), Input("statuses-table", "id"))
def show_table(_: str) -> html.Table:
    """Ask both servers everything that the terminal's table holds."""
    rows = [(question, *ask_both(question)) for question in QUESTIONS]
    wrong = sum(plain != question.true for question, plain, _ in rows)
    return html.Table(
        [
            html.Caption(f"{wrong} of {len(rows)} statuses by plain Dash are wrong."),
            html.Thead(html.Tr([html.Th(name, scope="col") for name in ("URL", "Plain", "True", "What it is")])),
            html.Tbody([_row(*row) for row in rows]),
        ]
    )


@callback(
    Output("statuses-answer", "children"),
    Input("statuses-ask", "n_clicks"),
    Input("statuses-url", "value"),
    Input("statuses-method", "value"),
)
def show_answer(_: int | None, typed: str | None, method: str) -> Sequence[object]:
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
        html.P([html.Code([f"{method} ", *breakable(url)]), ": ", *show_code(explained.verdict)], className="verdict"),
        html.P(["Who answered: ", *show_code(name_answerer(explained))], className="answerer"),
        html.Ul([html.Li(show_code(hint)) for hint in explained.hints], className="hints") if explained.hints else None,
    ]


def name_answerer(explained: Explanation) -> str:
    """Return who answered with true 404s, as far as ``explain`` saw it."""
    answerer = explained.answerer
    if answerer is None:
        return "nobody. It was not asked, because it might change something."
    if answerer.is_known:
        return f"{answerer.name}."
    if answerer.kind != "server":
        return "that could not be seen."
    if explained.outcome != "passed on":
        return "dash-true404, in place of Dash."
    return "Dash, with the page." if explained.layer == "page" else "the server, by that rule."


def breakable(url: str) -> list[str | html.Wbr]:
    """Return a URL that may be broken before its slashes, after its hyphens and the like, and within no word.

    >>> breakable("/a-b/c")
    ['/a-', Wbr(None), 'b', Wbr(None), '/c']
    """
    parts: list[str | html.Wbr] = []
    for part in filter(None, re.findall(r"[/?&]?[^/?&=.-]*[=.-]?", url)):
        parts += [part, html.Wbr()]
    return parts[:-1]


def show_code(text: str) -> list[str | html.Code]:
    """Return a sentence with what stands between backticks as code."""
    return [html.Code(part) if number % 2 else part for number, part in enumerate(text.split("`"))]


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
    url = html.Code(breakable(question.url))
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
    fault = name_fault(status, status if truth is None else truth)
    wrong = [" ", html.Span(fault, className="fault")] if fault else []
    return html.Span([str(status), *wrong], className="status wrong" if fault else "status")
