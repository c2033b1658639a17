"""URLs as the tools read them."""

import pytest

from dash_true404.diagnostics.urls import is_log_in, is_log_out, resolve_dots, strip_origin


@pytest.mark.parametrize(
    "url",
    [
        "/logout",
        "/log-out",
        "/log_out/",
        "/signout",
        "/sign-out",
        "/logoff",
        "/SignOff",
        "/auth/Logout?next=/a",
        "/logout#top",
        "/logout.html",
        "/oidc/endsession",
        "https://shop.example.org/logout",
    ],
)
def test_what_ends_a_session_looks_like_it(url):
    assert is_log_out(url)


@pytest.mark.parametrize("url", ["/", "/login", "/logout/help", "/logout-help", "/catalogout", "/a?next=/logout", ""])
def test_other_urls_do_not(url):
    assert not is_log_out(url)


@pytest.mark.parametrize(
    "url", ["/login", "/auth/sign-in/?next=/logout", "/login#next=/", "https://id.example/authorize"]
)
def test_a_log_in_looks_like_it(url):
    assert is_log_in(url)
    assert not is_log_out(url)


@pytest.mark.parametrize("url", ["/go?to=https://shop.example/cart", "go?to=https://shop.example/cart", "/http://a/b"])
def test_only_an_origin_at_the_beginning_is_taken_off(url):
    assert strip_origin(url) == url
    assert strip_origin(f"https://shop.example/{url}") == f"/{url}"


@pytest.mark.parametrize(
    ("path", "resolved"),
    [
        ("/", "/"),
        ("/a/.", "/a/"),
        ("/a/..", "/"),
        ("/a/b/%2E%2e", "/a/"),
        ("/a//../b/", "/a/b/"),
        ("//a/./b", "//a/b"),
        ("/..", "/"),
        ("/.../a..b/.c", "/.../a..b/.c"),
    ],
)
def test_dots_are_resolved(path, resolved):
    assert resolve_dots(path) == resolved
