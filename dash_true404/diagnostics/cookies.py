"""Cookies: the standard library's jar, for our requests."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterable
from email.message import Message
from http.cookiejar import Cookie, CookieJar, DefaultCookiePolicy
from typing import Any, cast
from urllib.parse import urlsplit

from .messages import Request


def list_cookies(jar: CookieJar, request: Request) -> list[str]:
    """Return the cookies of a jar that are sent with a request, as one text; nothing if there are none."""
    question = _as_urllib_has_it(request)
    jar.add_cookie_header(question)
    cookies = question.get_header("Cookie")
    return [cookies] if cookies else []


def keep_cookies(jar: CookieJar, request: Request, headers: Iterable[str]) -> None:
    """Put the cookies of an answer into a jar.

    :param jar: where they are kept.
    :param request: that was answered.
    :param headers: the values of ``Set-Cookie``.
    """
    jar.extract_cookies(cast("Any", _Answer(headers)), _as_urllib_has_it(request))


class Policy(DefaultCookiePolicy):
    """Sends cookies for https by http too where nobody can listen: in this process and, as browsers do, to localhost.

    :param is_live: whether they go over the network.
    """

    def __init__(self, is_live: bool) -> None:
        super().__init__()
        self._is_live = is_live

    def return_ok_secure(self, cookie: Cookie, request: urllib.request.Request) -> bool:
        is_local = urlsplit(request.full_url).hostname in ("localhost", "127.0.0.1", "::1")
        return not self._is_live or is_local or super().return_ok_secure(cookie, request)


class _Answer:
    """An answer as http.cookiejar reads it."""

    def __init__(self, headers: Iterable[str]) -> None:
        self._message = Message()
        for value in headers:
            self._message["Set-Cookie"] = value

    def info(self) -> Message:
        return self._message


def _as_urllib_has_it(request: Request) -> urllib.request.Request:
    target = request.target if request.target.startswith("/") else "/"
    return urllib.request.Request(request.base + target)
