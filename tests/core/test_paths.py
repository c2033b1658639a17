"""The path as the browser holds it, from what a WSGI server tells."""

from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dash_true404.core.paths import (
    asgi_readings,
    browser_path,
    encoded,
    hidden_readings,
    reachable,
    reencoded,
    wsgi_readings,
)


@pytest.mark.parametrize(
    ("target", "root", "path", "held"),
    [
        (b"/b", b"", b"/b", "/b"),
        (b"/b?x=/c", b"", b"/b", "/b"),
        (b"/caf%C3%A9", b"", "/café".encode(), "/caf%C3%A9"),
        (b"/caf%c3%a9", b"", "/café".encode(), "/caf%c3%a9"),
        (b"/%61", b"", b"/a", "/%61"),
        (b"/a%2Fb", b"", b"/a/b", "/a%2Fb"),
        (b"http://host:80/%61?q", b"", b"/a", "/%61"),
        (b"http://host", b"", b"/", "/"),
        (b"/mount/%61", b"/mount", b"/a", "/%61"),
        (b"/mount", b"/mount", b"", "/"),
        (b"/caf%C3%A9/%61", "/café".encode(), b"/a", "/%61"),
        ("/café".encode(), b"", "/café".encode(), "/caf%C3%A9"),
        (b"/sp ace", b"", b"/sp ace", "/sp%20ace"),
        (b"//%62", b"", b"/b", "//%62"),
        (b"/%2Fb", b"", b"/b", "/%2Fb"),
    ],
)
def test_the_target_is_taken_as_it_was_sent_where_it_fits(target, root, path, held):
    assert browser_path(target, root, path) == held


@pytest.mark.parametrize(
    ("target", "root", "path", "held"),
    [
        (b"", b"", "/café".encode(), "/caf%C3%A9"),
        (b"", b"", b"", "/"),
        (b"/elsewhere/%61", b"", b"/a", "/a"),
        (b"/%6Dount/%61", b"/mount", b"/a", "/a"),
        (b"*", b"", b"/", "/"),
        (b"//", b"", b"//b", "//b"),
        (b"", b"", b"/100%", "/100%25"),
        (b"", b"", b"/a'b(c)~d|e", "/a'b(c)~d%7Ce"),
        (b"", b"", b"/\xff\n", "/%FF%0A"),
    ],
)
def test_a_target_that_does_not_fit_gives_way_to_what_a_browser_would_send(target, root, path, held):
    assert browser_path(target, root, path) == held


@given(st.binary(), st.sampled_from([b"", b"/mount", "/é".encode()]), st.binary())
def test_the_path_held_has_only_what_a_url_may_have(target, root, rest):
    for path in (b"/" + rest, rest):
        held = browser_path(target, root, path)
        assert held.isascii()
        assert held.isprintable()
        assert " " not in held


@given(st.text())
def test_encoding_again_changes_nothing_that_a_browser_encoded(text):
    assert reencoded(encoded(text)) == encoded(text)
    assert reachable(encoded(text)) == encoded(text)


def test_encoding_again_frees_what_need_not_be_encoded():
    assert reencoded("/R%26D/it%27s/a%2Bb/x%20%28y%29") == "/R&D/it's/a+b/x%20(y)"


def test_only_what_no_browser_leaves_alone_is_unreachable():
    assert reachable("/enc%20oded/a|b^c/100%") == "/enc%20oded/a|b^c/100%"
    assert reachable("/sp ace/é/<{`") == "/sp%20ace/%C3%A9/%3C%7B%60"


# Servers that decode in part, or hide what was sent


@pytest.mark.parametrize(
    ("target", "root", "path", "held"),
    [
        (b"/TCP%2FIP", b"", b"/TCP%2FIP", "/TCP%2FIP"),
        (b"/TCP%2fIP", b"", b"/TCP%2FIP", "/TCP%2fIP"),
        (b"/TCP%2fIP", b"", b"/TCP%2fIP", "/TCP%2fIP"),
        (b"/m/%63af%C3%A9%2Fb?x", b"/m", "/café%2Fb".encode(), "/%63af%C3%A9%2Fb"),
        (b"/caf%C3%A9", b"", b"/caf%C3%A9", "/caf%C3%A9"),
        (b"/m/a%20b%2fc", b"/m", b"/a%20b%2fc", "/a%20b%2fc"),
        (b"/a%252Fb", b"", b"/a%2Fb", "/a%252Fb"),
        (b"/a%252fb", b"", b"/a%2fb", "/a%252fb"),
    ],
)
def test_a_target_is_believed_too_where_the_server_has_decoded_it_in_part(target, root, path, held):
    assert browser_path(target, root, path) == held


@pytest.mark.parametrize(
    ("target", "path", "held"),
    [
        ("/x%2Fy", "/TCP%2FIP", "/TCP%252FIP"),
        ("/caf%C3%A9%2Fb", "/caf%C3%A9/b", "/caf%25C3%25A9/b"),  # decoded the other way round
    ],
)
def test_a_target_that_is_read_in_none_of_the_three_ways_gives_way_as_before(target, path, held):
    assert wsgi_readings({"REQUEST_URI": target, "PATH_INFO": path}) == (held,)


def believed_before(target, root, path):
    """Return what was made of a target when only its decoded reading was believed."""
    decoded = unquote_to_bytes(target)
    if decoded == path:
        return target.decode()
    mount = next((m for m in (root, encoded(root).encode()) if target.startswith(m)), None)
    return target[len(mount) :].decode() or "/" if mount is not None and decoded == root + path else encoded(path)


PIECES = st.sampled_from(["a", "/", "%2F", "%2f", "%252F", "%252f", "%25", "%", "%C3%A9", "%E9", "%20", "'", "%27"])
SENT = st.lists(PIECES, max_size=6).map(lambda pieces: "/x" + "".join(pieces))
READINGS = [
    unquote_to_bytes,
    lambda sent: b"%2F".join(map(unquote_to_bytes, sent.replace(b"%2f", b"%2F").split(b"%2F"))),
    lambda sent: sent,
]


@given(SENT, st.sampled_from([b"", b"/m", "/é".encode()]), st.sampled_from(READINGS), st.booleans())
@settings(max_examples=500)
def test_each_reading_leads_to_the_path_that_was_sent(path, root, read, is_told_mount):
    sent = path.encode()
    target = (encoded(root).encode() if is_told_mount else b"") + sent
    if is_told_mount and read(target) != root + read(sent):  # a server that decodes the mount, and not the rest
        assert browser_path(target, root, read(sent)) in (path, believed_before(target, root, read(sent)))
    else:
        assert browser_path(target, root, read(sent)) == path


@given(SENT, st.sampled_from([b"", b"/m", "/é".encode()]), SENT, st.sampled_from(READINGS))
@settings(max_examples=500)
def test_any_target_leads_to_itself_or_to_what_it_led_to_before(target, root, path, read):
    target, routed = target.encode(), read(path.encode())
    held, before = browser_path(target, root, routed), believed_before(target, root, routed)
    assert held in (target.decode(), target[len(root) :].decode(), before)
    if before == target.decode() or unquote_to_bytes(target) in (routed, root + routed):
        assert held == before


@pytest.mark.parametrize(
    ("path", "readings"),
    [
        ("/b", ["/b"]),
        ("/caf%C3%A9", ["/caf%C3%A9"]),
        ("/100%25", ["/100%25"]),
        ("/caf%25C3%25A9", ["/caf%25C3%25A9", "/caf%C3%A9"]),
        ("/caf%E9", ["/caf%E9", "/caf%C3%A9"]),
        ("/caf%E9%252F", ["/caf%E9%252F", "/caf%E9%2F", "/caf%C3%A9%252F"]),
    ],
)
def test_a_path_that_the_server_hides_is_read_in_other_ways_where_there_are_any(path, readings):
    assert hidden_readings(path) == (*readings,)


def test_there_is_one_reading_where_the_server_tells_what_was_sent():
    sent, decoded = "/caf%25C3%25A9", {"PATH_INFO": "/caf%C3%A9"}
    for name in ("REQUEST_URI", "RAW_URI"):
        assert wsgi_readings({name: sent, **decoded}) == (sent,)
    assert wsgi_readings({"asgi.scope": {"raw_path": sent.encode()}, **decoded}) == (sent,)
    assert asgi_readings({"raw_path": sent.encode()}, "/caf%C3%A9") == (sent,)
    for environ in ({}, {"REQUEST_URI": ""}, {"asgi.scope": {}}, {"asgi.scope": {"raw_path": None}}):
        assert wsgi_readings({**environ, **decoded}) == (sent, "/caf%C3%A9")
    assert asgi_readings({"raw_path": None}, "/caf%C3%A9") == (sent, "/caf%C3%A9")


@given(st.binary())
def test_readings_are_what_a_url_may_have_and_the_first_is_what_it_was_before(rest):
    before = encoded(b"/" + rest)
    first, *others = hidden_readings(before)
    assert first == before
    for reading in others:
        assert reading.isascii()
        assert reading.isprintable()
        assert reading != before
