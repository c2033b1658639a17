"""What to ask both apps, and the table of their answers."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPConnection
from typing import NamedTuple

import click


class Question(NamedTuple):
    """A request, and the status that each app should answer with."""

    url: str
    method: str
    plain: int
    true: int
    what: str


QUESTIONS = [
    Question("/", "GET", 200, 200, "the home page"),
    Question("/trips", "GET", 200, 200, "a page"),
    Question("/trips/", "GET", 200, 200, "the same, as Dash sees it"),
    Question("/trips?day=weekend", "GET", 200, 200, "a page with a query"),
    Question("/trips", "HEAD", 200, 200, "a page"),
    Question("/trips", "POST", 405, 405, "a page accepts no POST"),
    Question("/stations/ferry", "GET", 200, 200, "a page of a path template"),
    Question("/stations/central/north", "GET", 200, 200, "the same: <name> spans /"),
    Question("/rides", "GET", 301, 301, "redirect_from to /trips"),
    Question("/assets/logo.svg", "GET", 200, 200, "an asset"),
    Question("/assets/no-such.svg", "GET", 404, 404, "no asset"),
    Question("/_dash-layout", "GET", 200, 200, "Dash's own"),
    Question("/_dash-dependencies", "GET", 200, 200, "Dash's own"),
    Question("/_dash-update-component", "GET", 200, 405, "Dash's own, for POST only"),
    Question("/staff", "GET", 401, 401, "a guard answers first"),
    Question("/no-such-page", "GET", 200, 404, "no page"),
    Question("/no-such-page", "HEAD", 200, 404, "no page"),
    Question("/no-such-page", "POST", 405, 404, "no page, for any method"),
    Question("/no-such-page", "OPTIONS", 200, 404, "no page, for any method"),
    Question("/trips/no-such-page", "GET", 200, 404, "nothing below a page"),
    Question("/stations/atlantis", "GET", 200, 404, "no such station: exists="),
    Question("/stations/atlantis", "POST", 405, 405, "a page accepts no POST"),
    Question("/About", "GET", 200, 404, "/about in the wrong case"),
    Question("/%61bout", "GET", 200, 404, "Dash draws 'not found' here"),
    Question("/_dash-no-such", "GET", 200, 404, "not Dash's own"),
    Question("/robots.txt", "GET", 200, 404, "asked for by crawlers"),
    Question("/favicon.ico", "GET", 200, 404, "asked for by browsers"),
    Question("/wp-login.php", "GET", 200, 404, "asked for by attackers"),
]


def ask(host: str, port: int, question: Question) -> int:
    """Return the status of the answer, for the URL exactly as it is written and without following redirects.

    :raises OSError: if there is no answer.
    :raises http.client.HTTPException: if it is no HTTP.
    """
    connection = HTTPConnection(host, port, timeout=30)
    try:
        connection.request(question.method, question.url)
        response = connection.getresponse()
        response.read()  # a client that hangs up early is an error to the server
        return response.status
    finally:
        connection.close()


Answers = list[tuple[Question, int, int]]


def table(answers: Answers) -> Iterator[str]:
    """Yield the lines of the table, at most 80 columns wide without their colors."""
    yield click.style(_line("URL", "method", f"{'plain Dash':<12} {'true':<5}", "what it is"), bold=True)
    for question, plain, true in answers:
        statuses = [f"{plain:<12}", f"{true:<5}"]
        if not plain == true == question.true:  # only where there is something to see
            statuses = [_status(plain, question.true, 12), _status(true, question.true, 5)]
        yield _line(question.url, question.method, " ".join(statuses), question.what)


def _line(url: str, method: str, statuses: str, what: str) -> str:
    return f"{url:<23} {method:<7}  {statuses} {what}"


def _status(status: int, truth: int, width: int) -> str:
    if status == truth:
        return click.style(f"{status:<{width}}", fg="green")
    return click.style(f"{f'{status} {name_fault(status, truth)}':<{width}}", fg="red", bold=True)


def name_fault(status: int, truth: int) -> str:
    """Return what is wrong with a status: a soft 404, or another status than it should be.

    >>> name_fault(200, 404), name_fault(405, 404), name_fault(404, 404)
    ('soft 404', 'not 404', '')
    """
    if status == truth:
        return ""
    return "soft 404" if status < 300 and truth == 404 else f"not {truth}"


def summary(answers: Answers) -> str:
    """Return how often each app answered with another status than it should."""
    plain, true = (sum(answer[app] != answer[0].true for answer in answers) for app in (1, 2))
    return f"{plain} wrong statuses by plain Dash, {true} with dash-true404."


def surprises(answers: Answers) -> Iterator[str]:
    """Yield a line for each status that is not what it should be."""
    for question, plain, true in answers:
        for app, status, expected in (("plain Dash", plain, question.plain), ("true 404s", true, question.true)):
            if status != expected:
                yield f"Unexpected: {question.method} {question.url}, {app}: {status} instead of {expected}"
