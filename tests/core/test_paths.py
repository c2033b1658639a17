"""The path as the browser holds it, from what a WSGI server tells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dash_true404.core.paths import browser_path, encoded, reachable, reencoded


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
