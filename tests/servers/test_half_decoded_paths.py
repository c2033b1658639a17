"""Servers that decode a path in part, twice or not at all, and those that do not tell what was sent."""

import asyncio
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dash_true404 import enable_true_404

from ..apps import BACKENDS, WITHOUT_THREADS, app_on, make_app, make_true_app, register, true_app_on
from ..client import METHODS, Answer, ask_asgi, by_method, is_asgi, status
from ..client import ask as ask_server
from ..scale import EXAMPLES


def ask_hidden(app, routed: bytes, method="GET", **options) -> Answer:
    """Ask a server that is told the routed path alone; on ASGI it is text."""
    if not is_asgi(app.server):
        return ask_server(
            app, "", method, told_as=(), environ={"PATH_INFO": routed.decode("latin-1"), **options.pop("environ", {})}
        )

    async def without_raw_path(scope, receive, send):
        scope = {**scope, "path": routed.decode("utf-8", "surrogateescape"), "raw_path": None, **options}
        await app.server(scope, receive, send)

    return asyncio.run(ask_asgi(without_raw_path, "/", method))


# A target that is told


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("routed", ["/TCP%2FIP", "/TCP/IP"])
def test_a_page_with_an_encoded_slash_is_found_however_far_the_server_decodes(routed, method):
    app = make_true_app("/TCP%2FIP", "/item/<x>")
    due = {"GET": 200, "HEAD": 200, "OPTIONS": 200}.get(method, 405)
    assert status(app, "/TCP%2FIP", method, environ={"PATH_INFO": routed}) == due
    item = routed.replace("TCP", "item/a")
    assert status(app, "/item/a%2FIP", method, environ={"PATH_INFO": item}) == due


def test_the_page_is_drawn_by_the_path_as_it_was_sent():
    app, asked = make_app("/"), []
    register("/item/<x>", exists=lambda x: asked.append(x) or x == "a%2Fb")
    enable_true_404(app)
    assert status(app, "/item/a%2Fb", environ={"PATH_INFO": "/item/a%2Fb"}) == 200
    assert status(app, "/item/a%2fb", environ={"PATH_INFO": "/item/a%2Fb"}) == 404  # Dash tells the two apart
    assert asked == ["a%2Fb", "a%2fb"]


def test_what_is_not_a_page_stays_unknown_on_a_server_that_decodes_in_part():
    app = make_true_app("/a/b", "/TCP%252FIP")
    for target in ("/a%2Fb", "/TCP%2FIP", "/zz%2F"):
        assert {status(app, target, method, environ={"PATH_INFO": target}) for method in METHODS} == {404}


def test_the_prefix_is_taken_off_a_half_decoded_path():
    app = make_true_app("/TCP%2FIP", url_base_pathname="/dash/")
    assert status(app, "/dash/TCP%2FIP", environ={"PATH_INFO": "/dash/TCP%2FIP"}) == 200
    app = make_true_app("/TCP%2FIP", routes_pathname_prefix="/", requests_pathname_prefix="/dash/")
    assert status(app, "/TCP%2FIP", root_path="/dash", environ={"PATH_INFO": "/TCP%2FIP"}) == 200


# A target that is hidden


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_path_that_arrives_as_it_was_sent_is_found(backend):
    app = true_app_on(backend, "/", "/caf%C3%A9", "/TCP%2FIP", "/t/<x>")
    for routed in (b"/caf%C3%A9", b"/TCP%2FIP", "/café".encode(), b"/TCP/IP", b"/t/a%2Fb"):
        assert ask_hidden(app, routed).status == 200
    for routed in (b"/caf%C3%A8", b"/%2561", b"/zz%2F", b"/zz"):
        assert {ask_hidden(app, routed, method).status for method in METHODS} == {404}
    assert ask_hidden(app, b"/caf%C3%A9", "POST").status == 405


def test_a_path_that_arrives_in_latin_1_is_found():
    app = make_true_app("/", "/caf%C3%A9", "/zo%C3%A9/<x>")
    for routed in ("/café", "/zoé/1"):
        assert ask_hidden(app, routed.encode("latin-1")).status == 200
        assert ask_hidden(app, routed.encode()).status == 200
    assert ask_hidden(app, "/cafè".encode("latin-1")).status == 404


def test_what_is_utf_8_is_never_taken_for_latin_1():
    app = make_true_app("/", "/caf%C3%83%C2%A9")
    assert ask_hidden(app, "/café".encode()).status == 404


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_first_reading_that_is_a_page_and_exists_is_found(backend):
    app, asked = app_on(backend, "/"), []

    def exists(x):
        asked.append(x)
        return x in ("%25C3%25A9", "a%2Fb")

    register("/t/<x>", exists=exists)
    enable_true_404(app)
    assert ask_hidden(app, b"/t/%C3%A9").status == 200
    assert asked == ["%25C3%25A9"]
    assert ask_hidden(app, b"/t/a%2Fb").status == 200
    assert asked[1:] == ["a%252Fb", "a%2Fb"]
    assert ask_hidden(app, b"/t/b%2Fb").status == 404
    assert asked[3:] == ["b%252Fb", "b%2Fb"]
    assert ask_hidden(app, b"/t/b").status == 404
    assert asked[5:] == ["b"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_page_that_exists_at_a_later_reading_has_another_exists_or_none(backend):
    app = app_on(backend, "/")
    register("/t/a%2Fb", module="a")
    register("/t/<x>", module="b", exists=lambda x: False)
    enable_true_404(app)
    assert ask_hidden(app, b"/t/a%2Fb").status == 200
    assert ask_hidden(app, b"/t/b%2Fb").status == 404


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("options", [{"redirect_slashes": True}, {}])
def test_nothing_is_redirected_where_there_is_more_than_one_reading(backend, options):
    app = true_app_on(backend, "/", "/caf%C3%A9", "/50%25", "/a%2525/b", **options)
    for routed in (b"/caf%C3%A9/", b"/50%25/", b"//a%25//b"):
        # Starlette merges no slashes.
        due = {404} if backend == "fastapi" and b"//" in routed else {200, 405}
        assert {ask_hidden(app, routed, method).status for method in METHODS} == due
    assert ask_hidden(app, b"/50%/").status == (308 if options else 200)  # one reading


@pytest.mark.parametrize("backend", BACKENDS[:2])
def test_a_redirect_to_a_rule_of_the_users_is_none_either(backend):
    app = app_on(backend, "/")
    app.server.add_url_rule("/api/<x>/", "api", lambda x: "api")
    enable_true_404(app)
    assert ask_hidden(app, b"/api/a/").status == 200
    assert ask_hidden(app, b"/api/a").status == 308
    assert ask_hidden(app, b"/api/a%25C3").status in (200, 308)


@pytest.mark.asgi
def test_a_redirect_of_starlettes_is_none_either():
    app = app_on("fastapi", "/")
    app.server.get("/api/{x}/")(lambda x: "api")
    enable_true_404(app)
    assert ask_hidden(app, b"/api/a").status == 307
    assert ask_hidden(app, b"/api/a%C3%A9").status == 200
    assert ask_hidden(app, b"/api/a%C3%A9", "POST").status == 405


def test_a_page_is_found_by_another_reading_behind_a_guard_too():
    app = make_app("/", "/caf%C3%A9")
    index = app.server.view_functions["/<path:path>"]
    app.server.view_functions["/<path:path>"] = lambda **kwargs: index(**kwargs)
    enable_true_404(app)
    assert ask_hidden(app, b"/caf%C3%A9").status == 200
    assert ask_hidden(app, b"/caf%C3%A8").status == 404


PIECES = ["a", "/", "%2F", "%2f", "%252F", "%25", "%", "%C3%A9", "%E9", "é", "%20"]
PATHS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map(lambda pieces: "/x" + "".join(pieces) + "x")


@pytest.mark.slow
@given(PATHS, st.lists(PATHS, min_size=1, max_size=3, unique=True))
@settings(max_examples=5 * EXAMPLES)
def test_what_is_found_at_the_first_reading_stays_found(path, pages):
    app = make_app(*(page.replace("é", "%C3%A9") for page in pages), **WITHOUT_THREADS)
    enable_true_404(app)
    routed = path.encode("latin-1")
    first = ask_server(app, "", environ={"PATH_INFO": routed.decode("latin-1"), "REQUEST_URI": "/elsewhere"})
    hidden = ask_hidden(app, routed)
    assert hidden.status in ((200,) if first.status == 200 else (200, 308, 404))
    if b"%" not in routed and routed.isascii():
        assert (hidden.status, hidden.location) == (first.status, first.location)
    for page in pages:
        sent = page.replace("é", "%C3%A9")
        for read in (sent, unquote(sent, "latin-1")):
            assert ask_server(app, sent, environ={"PATH_INFO": read}).status == 200


def test_one_reading_is_looked_up_where_the_server_tells_the_path():
    app = make_true_app("/caf%C3%A9")
    assert by_method(app, "/caf%25C3%25A9") == dict.fromkeys(METHODS, 404)
