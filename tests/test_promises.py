"""What SECURITY.md promises: nothing leads away, nothing is told, nothing of a stranger's is written as it came."""

import io
import logging
import re
from pathlib import Path
from urllib.parse import unquote_to_bytes, urljoin

import dash
import flask
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dash_true404 import IN_APP, enable_true_404
from dash_true404.core import logs
from dash_true404.core.paths import wsgi_readings
from dash_true404.servers import enabled_site

from .apps import make_app, register
from .client import METHODS, ask, status
from .oracle import routed_children
from .scale import EXAMPLES

# What a stranger would like to see in a log: a record of their own, and a terminal that does as they say.
FORGED = "\n2026-01-01 INFO admin logged in\r\x1b[2J\x85\u2028\u202e\ud800"


@pytest.fixture
def written():
    """What a handler of the usual kind writes of this library's records."""
    stream = io.TextIOWrapper(io.BytesIO(), "utf-8", errors="strict")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logs.logger.addHandler(handler)
    yield lambda: stream.flush() or stream.buffer.getvalue().decode()
    logs.logger.removeHandler(handler)


def assert_nothing_forged(text):
    assert all(line.startswith((" ", "ERROR", "WARNING")) for line in text.split("\n")[:-1]), text
    assert text.replace("\n", "").isprintable()


def raising(x):
    raise ValueError(f"no such thing: {x}{FORGED}")


def chained(x):
    try:
        raising(x)
    except ValueError:
        raise RuntimeError(FORGED) from None if x else ValueError(FORGED)


@pytest.mark.parametrize("exists", [raising, chained])
def test_a_traceback_of_exists_forges_no_line_of_the_log(exists, written):
    app = make_app("/")
    register("/t/<x>", exists=exists)
    enable_true_404(app)
    assert status(app, "/t/1") == 200
    assert "admin logged in" in written()
    assert_nothing_forged(written())


def test_the_traceback_itself_is_left_to_those_who_look_at_it(caplog):
    app = make_app("/")
    register("/t/<x>", exists=raising)
    enable_true_404(app)
    status(app, "/t/1")
    assert caplog.records[0].exc_info[0] is ValueError  # as error trackers do


def test_what_a_stranger_sends_is_not_written_as_it_came(written):
    app = make_app("/")
    register("/t/<x>", exists=lambda x: {}[x])
    enable_true_404(app)
    routed_children(app, "/t/" + FORGED[1:-1] + "z" * 100_000)  # the router reads no further than to a line break
    assert "admin logged in" in written()
    assert_nothing_forged(written())
    (record,) = [line for line in written().split("\n") if line.startswith("ERROR")]
    assert len(record) < 1200


def test_a_report_forges_no_line_of_the_log(written):
    app = make_app("/")
    enable_true_404(app, report_only=True)
    sent = FORGED.encode("utf-8", "replace").decode("latin-1")
    ask(app, "/zz", environ={"PATH_INFO": "/zz" + sent[1:]})
    ask(app, "/zz", headers={"Referer": "http://host/" + sent})
    ask(app, "/zz", "GET" + sent)
    assert written().count("Would be 404") == 3
    assert written().count("admin") == 2  # methods are cut short
    assert_nothing_forged(written())


# Redirects


HOSTS = [
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "http://evil.example",
    "/%2F%2Fevil.example",
    "@evil.example",
]


def test_a_redirect_stays_on_the_page_and_is_one_header():
    app = make_app("/", "/b/", "/t/<x>", "/<anything>", url_base_pathname="/dash/")
    enable_true_404(app, redirect_slashes=True)
    site = enabled_site(app)
    hostile = [*HOSTS, "/", "\\", "//", "\r\n", "\x00", "é", "%0d%0a", "t", "b", "..", ":", "?", "#"]

    @given(st.lists(st.sampled_from(hostile), max_size=6), st.binary(max_size=8))
    @settings(max_examples=5 * EXAMPLES)
    def stays(pieces, noise):
        path = b"/dash/" + "".join(pieces).encode() + noise
        environ = {"REQUEST_URI": path.decode("latin-1"), "PATH_INFO": unquote_to_bytes(path).decode("latin-1")}
        own = site.own_path(site.look_up(*wsgi_readings(environ))) or "/dash/"
        assert own.startswith("/dash/")
        assert own.isascii()
        assert own.isprintable()
        assert not set(own) & set(' "<>\\?#')
        assert urljoin("https://host/dash/x", own).startswith("https://host/")

    stays()


def test_a_query_makes_no_header_of_its_own():
    app = make_app("/", "/b")
    enable_true_404(app, redirect_slashes=True)
    answer = ask(app, "/b/", environ={"QUERY_STRING": "a=\r\nX-Evil: 1\xff&b=%0A"})
    assert answer.status == 308
    assert "X-Evil" not in answer.headers
    assert answer.headers["Location"].endswith("/b?a=%0D%0AX-Evil:%201%FF&b=%0A")


# Files


def test_no_url_names_a_file(tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    for name in ("templates", "assets"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "404.html").write_text("not found")
    for page in (None, "404.html", "errors/../404.html"):
        server = flask.Flask("server", template_folder=str(tmp_path / "templates"))
        app = make_app("/", "/t/<x>", server=server, assets_folder=str(tmp_path / "assets"))
        (tmp_path / "assets" / "errors").mkdir(exist_ok=True)
        enable_true_404(app, page)
        for up in ("..", "%2e%2e", "..%2f..", "%2e%2e%2f", "..\\", "....//", "/" + str(tmp_path)):
            for target in (f"/{up}/secret.txt", f"/zz/{up}/{up}/secret.txt", f"//{up}/secret.txt%00.html"):
                answer = ask(app, target)
                assert (answer.status, answer.body) == (404, b"not found")


# Strangers


def whole(app, url, method):
    """Return all that an answer tells; the order inside Allow is random, and so is a fingerprint of Dash's."""
    answer = ask(app, url, method)
    headers = {name: sorted(value.split(", ")) for name, value in answer.headers.items()}
    return answer.status, headers, answer.body


@pytest.mark.parametrize("page", [None, IN_APP])
@pytest.mark.parametrize("turned_away", [lambda: ("who are you?", 401), lambda: flask.redirect("/login")])
def test_strangers_are_told_what_plain_dash_tells_them(page, turned_away):
    def guarded():
        dash.page_registry.clear()
        app = make_app("/", "/b", "/café")
        register("/t/<x>", exists=lambda x: x == "1")
        app.server.before_request(turned_away)
        return app

    plain, true = guarded(), guarded()
    enable_true_404(true, page, redirect_slashes=True, everywhere=True, paths=["/extra"])
    for method in METHODS:
        for url in ("/", "/b", "/b/", "/t/1", "/t/2", "/zz", "/extra", "/_dash-layout", "/assets/none", "/caf%C3%A9"):
            assert whole(true, url, method) == whole(plain, url, method), (method, url)


@pytest.mark.parametrize("page", [None, IN_APP])
def test_an_answer_repeats_nothing_of_the_request(page):
    app = make_app("/", "/b")
    enable_true_404(app, page, everywhere=True)
    sent = 'needle"><script>needle</script>{{ needle }}\xff'
    environ = {"PATH_INFO": f"/zz{sent}", "REQUEST_URI": f"/zz{sent}?{sent}", "QUERY_STRING": sent}
    headers = {"Referer": sent, "User-Agent": sent, "X-Forwarded-Host": sent}
    for accept in ("text/html", "application/json"):
        for method in METHODS:
            answer = ask(app, "/", method, headers={**headers, "Accept": accept}, environ=environ)
            assert answer.status == 404
            assert b"needle" not in answer.body + str(answer.headers).encode()


# SECURITY.md


def test_the_tests_that_hold_the_promises_are_there():
    tests = Path(__file__).parent
    named = set(re.findall(r"`([\w/]+\.py)`", (tests.parent / "SECURITY.md").read_text("utf-8")))
    assert len(named) > 5
    assert [name for name in named if not (tests / name).exists()] == []
