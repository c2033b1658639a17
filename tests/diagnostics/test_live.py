"""What ``check`` finds on a live site: a real server on 127.0.0.1, with and without true 404s."""

from __future__ import annotations

import json
import socket
import socketserver
import ssl
import threading
from collections import Counter
from contextlib import contextmanager
from http.server import HTTPServer

import dash
import flask
import pytest
from click.testing import CliRunner
from dash import dcc, html
from werkzeug.serving import WSGIRequestHandler, make_server

from dash_true404 import IN_APP, enable_true_404
from dash_true404.cli import main
from dash_true404.diagnostics.check.live import LiveError, check_site
from dash_true404.diagnostics.client import AGENT
from dash_true404.diagnostics.rules import METHODS
from dash_true404.diagnostics.urls import UNKNOWN_NAME

from ..apps import make_app, register


class QuietHandler(WSGIRequestHandler):
    def log(self, *_):
        pass


@contextmanager
def served(wsgi):
    """Serve a WSGI app; yields its URL, without slash, and the list of what was asked."""
    asked = []

    def recording(environ, start_response):
        asked.append((environ["REQUEST_METHOD"], environ["REQUEST_URI"], environ.get("HTTP_USER_AGENT")))
        return wsgi(environ, start_response)

    server = make_server("127.0.0.1", 0, recording, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=HTTPServer.serve_forever, args=(server, 0.01), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def site_app(*links, true=True, page=None, layout=None, **options):
    """Return an app whose home page holds links."""
    app = make_app("/a", "/b", "/t/<x>", **options)
    register("/", layout=layout or html.Div([dcc.Link(link, href=link) for link in ("/a", "/b?x=1#y", *links)]))
    if true:
        enable_true_404(app, page)
    return app


def check(app, path="/", **options):
    with served(app.server) as (url, asked):
        report = check_site(url + path, pause=0, **options)
    return report, asked


def said(report):
    return [*report.findings, *report.notes, *report.unseen]


def seen(report):
    return {(finding.url, finding.method): (finding.seen, finding.due) for finding in report.findings}


@pytest.mark.parametrize("page", [None, IN_APP])
@pytest.mark.parametrize("not_found_page", [True, False])
def test_a_sound_site_has_no_findings(page, not_found_page):
    report, asked = check(site_app("/t/1", "https://example.org/x", page=page, not_found_page=not_found_page))
    assert said(report) == []
    assert {agent for _, _, agent in asked} == {AGENT}
    assert {target for method, target, _ in asked if method not in ("GET", "HEAD")} == {
        "/" + UNKNOWN_NAME,
        "/_dash-update-component",
    }


@pytest.mark.parametrize("not_found_page", [True, False])
def test_plain_dash_is_told_what_would_change(not_found_page):
    report, _ = check(site_app("/gone", "/A", "/t/1", true=False, not_found_page=not_found_page))
    due = {("/" + UNKNOWN_NAME, method): (405, 404) for method in METHODS}
    due.update({("/" + UNKNOWN_NAME, method): (200, 404) for method in ("GET", "HEAD", "OPTIONS")})
    due["/favicon.ico", "GET"] = (200, 404)
    due["/_dash-update-component", "GET"] = (200, 405)
    due["/_dash-component-suites/dash/true404-no-such.js", "GET"] = (500, 404)
    due["/gone", "GET"] = due["/A", "GET"] = (200, 404)
    assert seen(report) == due


@pytest.mark.parametrize("true", [True, False])
def test_dead_links_are_found_through_pages_that_are_linked(true):
    app = site_app("/more", true=False)
    register("/more", layout=html.A(href="/t/5"))
    dash.page_registry.pop("m_47_t_47__60_x_62_")
    register("/t/<x>", layout=lambda x=None, **_: html.A(href=f"/gone/{x}"))
    if true:
        enable_true_404(app)
    report, _ = check(app, "/a")
    (finding,) = (finding for finding in report.findings if "dead link" in finding.why)
    assert finding[:5] == ("T411", "/gone/5", "GET", *((404, 200) if true else (200, 404)))
    assert "on /t/5:" in finding.why


def test_a_site_below_a_prefix_is_not_left():
    app = site_app("/dash/a", "/outside", url_base_pathname="/dash/")
    register("/c")
    with served(app.server) as (url, asked):
        report = check_site(url + "/dash/c", pause=0)
    targets = {target for _, target, _ in asked if not target.startswith("/dash/")}
    assert targets == {"/favicon.ico", "/outside", "/a", "/b?x=1"}
    assert seen(report).keys() == {("/outside", "GET"), ("/a", "GET"), ("/b?x=1", "GET")}


def test_a_template_that_takes_every_url_is_noted():
    app = make_app("/")
    register("/<x>", layout=lambda x=None, **_: html.P(f"This is {x}"))
    report, _ = check(app)
    assert ("/" + UNKNOWN_NAME, "GET") not in seen(report)
    assert "Every URL is a page" in report.notes[0].why


def test_no_more_requests_than_allowed():
    app = make_app()
    register("/", layout=html.Div([html.A(href=f"/t/{number}") for number in range(100)]))
    register("/t/<x>")
    enable_true_404(app)
    report, asked = check(app, most=40)
    assert len(asked) == 40
    assert not report.findings
    assert "stopped after 40 requests" in report.unseen[0].why


def test_an_app_without_pages():
    app = dash.Dash(__name__)
    app.layout = html.Div([dcc.Location(id="url"), html.A(href="/by-hand"), html.A(href="/assets/no.css")])
    report, _ = check(app)
    assert "paths=" in report.cure
    assert ("/assets/no.css", "GET") in seen(report)
    assert ("/by-hand", "GET") not in seen(report)


def test_a_handler_without_a_status():
    app = site_app()
    app.server.register_error_handler(404, lambda error: "sorry")
    report, _ = check(app)
    assert seen(report)["/" + UNKNOWN_NAME, "GET"] == (200, 404)
    assert "return page, 404" in report.findings[0].why


def test_redirects_on_the_way_are_followed():
    app = site_app()

    def wsgi(environ, start_response):
        if environ["PATH_INFO"] == "/start":
            start_response("302 Found", [("Location", "/a")])
            return [b""]
        return app.server.wsgi_app(environ, start_response)

    with served(wsgi) as (url, _):
        assert said(check_site(url + "/start", pause=0)) == []


@pytest.mark.parametrize(
    ("status", "headers", "message"),
    [
        ("200 OK", {}, r"isn't a page of a Dash app .*Is the URL right\? If that is a log-in: log in with --user"),
        ("404 Not Found", {}, "Name the URL of one of its pages"),
        ("401 Unauthorized", {}, "it wants a log-in: log in with --user, --header or --login"),
        ("429 Too Many Requests", {}, "too many requests"),
        (
            "302 Found",
            {"Location": "http://example.org/a?state=1"},
            r"another host, http://example\.org\. If the app is",
        ),
        ("302 Found", {"Location": "https://127.0.0.1/"}, "another host"),
        ("302 Found", {"Location": "/"}, "again and again"),
        ("302 Found", {"Location": "http://["}, "which isn't a URL"),
    ],
)
def test_what_is_no_dash_app_is_named(status, headers, message):
    def wsgi(environ, start_response):
        start_response(status, list(headers.items()))
        return [b"hello"]

    with served(wsgi) as (url, _), pytest.raises(LiveError, match=message):
        check_site(url, pause=0)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://", "isn't a URL"),
        ("http://127.0.0.1:no/", "isn't a URL"),
        ("http://me:secret@127.0.0.1/", "Use --user"),
        ("http://no-such-host.invalid/", "cannot be reached"),
    ],
)
def test_what_cannot_be_reached_is_named(url, message):
    with pytest.raises(LiveError, match=message) as raised:
        check_site(url)
    assert "secret" not in str(raised.value)


def test_a_closed_port_ends_with_2(free_port):
    result = CliRunner().invoke(main, ["check", f"http://127.0.0.1:{free_port}/"])
    assert result.exit_code == 2
    assert "cannot be reached: Connection refused." in result.output
    login = ["--login", "tests.login_apps:log_in"]
    result = CliRunner().invoke(main, ["check", f"http://127.0.0.1:{free_port}/", *login])
    assert (result.exit_code, "cannot be reached: Connection refused." in result.output) == (2, True)


def test_a_server_that_does_not_answer(monkeypatch):
    monkeypatch.setattr("dash_true404.diagnostics.messages.TIMEOUT", 0.2)
    silence = pytest.raises(LiveError, match=r"no answer within 0\.2 seconds")
    with socket.create_server(("127.0.0.1", 0)) as silent, silence:
        check_site(f"http://127.0.0.1:{silent.getsockname()[1]}/")


def test_a_server_without_tls_or_http():
    class Nonsense(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(1000)
            self.request.sendall(b"nonsense\r\n\r\n")

    with socketserver.TCPServer(("127.0.0.1", 0), Nonsense) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        address = f"127.0.0.1:{server.server_address[1]}/"
        try:
            with pytest.raises(LiveError, match="no TLS there"):
                check_site("https://" + address)
            with pytest.raises(LiveError, match="does not speak HTTP"):
                check_site("http://" + address)
        finally:
            server.shutdown()


def test_one_link_that_breaks_off_is_noted():
    app = site_app("/breaks", "/gone")

    def wsgi(environ, start_response):
        if environ["PATH_INFO"] == "/breaks":
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return app.server.wsgi_app(environ, start_response)

    with served(wsgi) as (url, _):
        report = check_site(url, pause=0)
    assert seen(report) == {("/gone", "GET"): (404, 200)}
    assert any("GET /breaks could not be asked" in unseen.why for unseen in report.unseen)


def test_no_get_is_sent_twice():
    _, asked = check(site_app("/gone"))
    counts = Counter(target for method, target, _ in asked if method == "GET")
    # The unknown URL is asked with the headers If-None-Match and Range as well.
    assert {target: number for target, number in counts.items() if number > 1} == {"/" + UNKNOWN_NAME: 3}


def test_it_waits_between_requests(monkeypatch):
    waited = []
    monkeypatch.setattr("time.sleep", waited.append)
    with served(site_app().server) as (url, asked):
        check_site(url)
    assert waited == [0.1] * (len(asked) - 1)


def test_the_command(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    with served(site_app("/gone").server) as (url, _):
        result = CliRunner().invoke(main, ["check", url, "--format", "json"])
    assert result.exit_code == 1
    assert [finding["url"] for finding in json.loads(result.output)["findings"]] == ["/gone"]
    with served(site_app().server) as (url, _):
        result = CliRunner().invoke(main, ["check", url])
    assert result.exit_code == 0
    assert result.output.startswith(f"{url}: no findings. Asked: 3 pages, 2 links.")


@pytest.mark.parametrize("config", ["no JSON", "[]", "{}", '{"requests_pathname_prefix": 1}'])
def test_what_only_looks_like_dash_is_no_dash_app(config):
    def wsgi(environ, start_response):
        start_response("200 OK", [])
        return [f'<script id="_dash-config">{config}</script>'.encode()]

    with served(wsgi) as (url, _), pytest.raises(LiveError, match="isn't a page of a Dash app"):
        check_site(url, pause=0)


def test_a_few_requests_are_no_more():
    report, asked = check(site_app(), most=4)
    assert len(asked) == 4
    assert [unseen.why for unseen in report.unseen] == [
        "stopped after 4 requests: with a larger --max, more is checked"
    ]


def test_the_not_found_pages_own_url_is_a_soft_404():
    app = make_app("/", "/a")
    dash.register_page("not_found_404", layout=html.P("nothing here"))
    paths = {page["path"] for page in dash.page_registry.values()}
    guarded = app.server.wsgi_app

    def wsgi(environ, start_response):
        if environ["PATH_INFO"] in paths or environ["PATH_INFO"].startswith(("/_", "/assets")):
            return guarded(environ, start_response)
        start_response("404 Not Found", [("Allow", "GET")])
        return []

    with served(wsgi) as (url, _):
        report = check_site(url, pause=0)
    assert seen(report)["/not-found-404", "GET"] == (200, 404)
    assert ("/" + UNKNOWN_NAME, "GET") not in seen(report)


def test_a_page_that_cannot_be_drawn_is_taken_to_be_found():
    app = site_app("/broken", true=False, suppress_callback_exceptions=True)
    register("/broken", layout=lambda **_: 1 / 0)
    report, _ = check(app)
    (finding,) = (finding for finding in report.findings if finding.code == "T401")
    assert finding[:5] == ("T401", "/broken", "GET", None, None)
    assert "POST /_dash-update-component answers 500. Does the layout raise?" in finding.why


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_server_that_is_not_available_just_now_is_not_blamed(status):
    app = site_app(true=False)
    missing = "/_dash-component-suites/dash/true404-no-such.js"
    there = "/_dash-component-suites/dash/dash-renderer"
    app.server.before_request(
        lambda: (
            ("", status)
            if flask.request.method == "POST" or flask.request.path == missing or there in flask.request.path
            else None
        )
    )
    report, _ = check(app)
    assert not {"T105", "T401", "T413"} & {finding.code for finding in report.findings}
    assert (missing, f"it answers {status}") in report.unseen
    assert ("/a", f"asked for the layout, the server answers {status}") in report.unseen


def test_a_blank_page_is_drawn():
    app = site_app("/blank", true=False, suppress_callback_exceptions=True)
    register("/blank", layout=lambda **_: None)
    enable_true_404(app)
    report, _ = check(app)
    assert said(report) == []
    assert report.counts == {"pages": 4, "links": 3, "assets": 0}


@pytest.mark.parametrize("prefix", ["/", "/dash/"])
def test_one_page_with_several_queries_is_not_drawn_alike(prefix):
    urls = [prefix + path for path in ("trips", "trips?year=2024", "trips/", "trips/?year=2024")]
    app = make_app(url_base_pathname=prefix)
    register("/", layout=html.Div([html.A(href=url) for url in urls]))
    register("/trips", layout=html.P("All trips"))
    enable_true_404(app)
    assert said(check(app, prefix)[0]) == []
    register("/login", layout=html.P("All trips"))
    dash.page_registry["m_47_"]["layout"].children.append(html.A(href=prefix + "login"))
    (note,) = check(app, prefix)[0].notes
    assert note.code == "T421"


@pytest.mark.parametrize("path", ["/", "/a"])
def test_what_the_server_answers_itself_is_not_a_page(path):
    app = make_app()
    register(path, layout=html.Div([html.A(href="/one.csv"), html.A(href="/two/all.csv")]))
    for name in ("one.csv", "two/all.csv"):
        app.server.add_url_rule(f"/{name}", name, lambda: "a;b")
    enable_true_404(app)
    report, _ = check(app, path)
    assert [note.code for note in report.notes] == []
    assert report.counts == {"pages": 1, "links": 2, "assets": 0}


@pytest.mark.parametrize("use_pages", [True, False])
def test_a_site_that_is_excluded_as_a_whole_is_not_seen(use_pages):
    app = site_app() if use_pages else dash.Dash(__name__)
    if not use_pages:
        app.layout = html.A(href="/gone")
    report, _ = check(app, exclude=["/"])
    why = "exclude leaves out the whole app: name paths below its root, such as /admin"
    assert [unseen.why for unseen in report.unseen] == [why]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (("", 401), "it answers 401: a guard"),
        (("", 302, {"Location": "/login?next=/m"}), "it answers 302, to /login?next=/m: a guard"),
        (("", 302, {"Location": "/moved"}), "it answers 302, to /login: a guard"),
        (("", 302, {"Location": "https://example.org/authorize"}), "it answers 302, to https://example.org/authorize"),
        (("", 301, {"Location": "https://example.org/"}), None),
        (("", 302, {"Location": "/a"}), None),
    ],
)
def test_a_link_that_a_guard_answers_is_not_seen(answer, said):
    app = site_app("/members/typo", "/login")
    answers = {"/members/typo": answer, "/moved": flask.redirect("/login"), "/login": flask.redirect("//example.org/")}
    app.server.before_request(lambda: answers.get(flask.request.path))
    report, _ = check(app)
    assert [unseen.url for unseen in report.unseen] == (["/members/typo"] if said else [])
    assert all(unseen.why.startswith(f"linked on /, {said}") for unseen in report.unseen)
    assert report.exit_status() == (2 if said else 0)


def test_a_link_to_a_log_in_is_seen_wherever_that_is():
    app = site_app("/login")
    app.server.add_url_rule("/login", "login", lambda: flask.redirect("https://example.org/authorize"))
    assert said(check(app)[0]) == []


@pytest.mark.parametrize("refused", ["/_dash-dependencies", "/_dash-layout"])
@pytest.mark.parametrize("answer", [("", 403), ("a log-in", 200)])
def test_a_part_of_dash_that_is_refused_is_not_seen(refused, answer):
    app = site_app()
    app.server.before_request(lambda: answer if flask.request.path == refused else None)
    report, _ = check(app)
    assert report.exit_status() == 2
    (unseen,) = report.unseen
    assert unseen.url == "/"
    assert f"({refused}), the server answers {answer[1]}" in unseen.why


@pytest.mark.parametrize("log_in", ["<form>", {"error": "log in"}, {"response": None}])
def test_a_log_in_that_answers_for_the_router_is_no_blank_page(log_in):
    app = site_app()
    app.server.before_request(lambda: log_in if flask.request.method == "POST" else None)
    report, _ = check(app)
    assert {why for url, why in report.unseen if url == "/a"} == {
        "asked for the layout, the server answers 200, but not as Dash does"
    }


def test_a_connection_that_is_closed_is_no_status():
    app = site_app()

    def wsgi(environ, start_response):
        if environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"].endswith("component"):
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return app.server.wsgi_app(environ, start_response)

    with served(wsgi) as (url, _):
        report = check_site(url, pause=0)
    assert {unseen.why for unseen in report.unseen} == {
        "asked for the layout, the server gives no answer",
        "POST /_dash-update-component could not be asked: Remote end closed connection without response",
    }


def test_links_of_pages_that_nothing_links_to_are_noted_and_not_counted():
    app = site_app("/gone")
    links = ["/gone", "/lost", "here", "/a", "/logout", "/left/x", "https://example.org/"]
    hidden = html.Div([*(html.A(href=link) for link in links), html.Img(src="/lost.png"), html.Img(src="/b")])
    register("/hidden", layout=hidden)
    report, asked = check(app, exclude=["/left"])
    assert [finding.url for finding in report.findings] == ["/gone"]
    (note,) = report.notes
    assert note[:2] == ("T424", "/lost")
    assert note.why.startswith("/lost, /lost.png: dead in Dash's validation layout, and on no page that was read.")
    assert report.counts == {"pages": 3, "links": 3, "assets": 0}
    assert not {"/here", "/logout", "/left/x"} & {target for _, target, _ in asked}
    assert report.exit_status() == 1
    dash.page_registry["m_47_"]["layout"].children.append(html.A(href="/hidden"))
    report, _ = check(app, exclude=["/left"])
    assert [finding.url for finding in report.findings] == ["/gone", "/lost", "/here", "/lost.png"]
    assert {note.code for note in report.notes} == {"T423"}


def test_links_that_dash_made_without_the_variables_of_a_template_are_no_links():
    def layout(n=None, **_):
        return html.Div([html.A(href=f"/item/{n}"), html.A(href=f"/edit/{n}"), html.A(href=f"/find?n={n}")])

    app = site_app("/item/1")
    for template in ("/item/<n>", "/edit/<n>"):
        register(template, layout=layout, exists=lambda n: n.isdigit())
    app.server.add_url_rule("/find", "find", lambda: "found" if flask.request.args["n"] == "1" else ("", 404))
    report, asked = check(app)
    assert said(report) == []
    assert not [target for _, target, _ in asked if "None" in target]


def test_a_page_that_only_an_unlinked_page_links_to_is_read():
    app = site_app()
    register("/hidden", layout=html.A(href="/known"))
    register("/known", layout=html.A(href="/gone"))
    report, _ = check(app)
    assert [finding.why.partition(":")[0] for finding in report.findings] == ["A dead link on /known"]
    assert report.notes == []


def test_a_certificate_that_is_not_trusted_is_named(monkeypatch):
    """Where the handshake fails as ssl says it does, for making a certificate takes more than Python has."""

    def refuse(*_, **__):
        error = ssl.SSLCertVerificationError(1, "certificate verify failed")
        error.verify_message = "self-signed certificate"
        raise error

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", refuse)
    refusal = pytest.raises(LiveError, match=r"its certificate is not trusted \(self-signed certificate\)\.")
    with socket.create_server(("127.0.0.1", 0)) as server, refusal:
        check_site(f"https://127.0.0.1:{server.getsockname()[1]}/")
