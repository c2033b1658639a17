"""Asking a Dash app as somebody, in this process without a port or on a live site, with targets exactly as given."""

from __future__ import annotations

import base64
import contextlib
import json as json_module
from collections.abc import Callable, Iterator, Mapping
from http.cookiejar import CookieJar
from types import TracebackType
from typing import Any
from urllib.parse import SplitResult, unquote, urlencode, urljoin, urlsplit

import dash
from werkzeug.datastructures import Headers

from .. import __version__
from .base_urls import find_base_url, is_same_host, split_base_url
from .cookies import Policy, keep_cookies, list_cookies
from .login import LoginError, log_in
from .messages import NoAnswerError, Request, Response
from .sessions import make_session
from .settings import STRANGER, Visitor
from .transports import Transport, is_asgi
from .transports.asgi import Asgi
from .transports.network import Network
from .transports.wsgi import Wsgi

__all__ = ["AGENT", "Client", "NoAnswerError", "Response"]

#: A browser, to guards that look for bots; in logs one can tell who it was.
AGENT = f"Mozilla/5.0 (compatible; dash-true404/{__version__})"
_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
_KEEP_PATH = (301, 302, 303, 307, 308)


class Client:
    """Asks a Dash app, on any of its servers, or a live site; on Quart and FastAPI between start-up and shutdown.

    ::

        with Client(app, Visitor(login="logins:log_in")) as client:
            client.get("/caf%C3%A9?x=1").status_code

    :param app: the Dash app, or the URL of a live site.
    :param visitor: who asks. The login is done at once.
    :param keeps_cookies: whether cookies are kept after the login too. By default they are frozen then, because an
        answer that ends the session (a "Log out" link that was followed) would make a stranger of the visitor.
    :param application: what a web server would call; None: the app's own server.
    :param mount: where the app's server is mounted in it, such as ``/shop``.
    :raises NoAnswerError: if the app's server does not start.
    :raises LoginError: if the login fails.
    :raises ValueError: if the URL isn't one of a site.
    """

    def __init__(
        self,
        app: dash.Dash | str,
        visitor: Visitor = STRANGER,
        *,
        keeps_cookies: bool = False,
        application: Any = None,
        mount: str = "",
    ) -> None:
        #: What is worth knowing about how it asks.
        self.notes: list[str] = []
        self.mount = mount
        self.visitor = visitor
        self._is_frozen = False
        self._is_live = isinstance(app, str)
        self._own_headers = _list_own_headers(visitor)
        self._transport: Transport
        if isinstance(app, str):
            site = split_base_url(app)
            self.base_url = split_base_url(visitor.base_url or app)
            self._transport = Network(None if site == self.base_url else site)
        else:
            #: The app, where it is in this process.
            self.app = app
            asked = app.server if application is None else application
            self.base_url = split_base_url(visitor.base_url or find_base_url(asked, app.server))
            self._transport = Asgi(asked) if is_asgi(asked) else Wsgi(asked)
        self._bases = [self.base_url]
        #: The cookies that are sent, and kept while they are not frozen.
        self.cookies = CookieJar(Policy(self._is_live))
        try:
            if visitor.login:
                log_in(visitor.login, self)
        except BaseException:
            self.close()
            raise
        if not keeps_cookies:
            self.freeze_cookies()

    def __enter__(self) -> Client:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Shut the app's server down."""
        self._transport.close()

    @property
    def server(self) -> Any:
        """The app's server; None for a live site."""
        return None if self._is_live else self.app.server

    @contextlib.contextmanager
    def through(self, middleware: Callable[[Any], Any]) -> Iterator[None]:
        """Send the requests within through a middleware in front of the application: WSGI on Flask, else ASGI.

        :param middleware: called with the application; returns what is called in its place.
        """
        application = self._transport.application
        self._transport.application = middleware(application)
        try:
            yield
        finally:
            self._transport.application = application

    @property
    def is_somebody(self) -> bool:
        """Whether the visitor is somebody whom the app may know."""
        return self.visitor._replace(base_url=None) != STRANGER

    def freeze_cookies(self) -> None:
        """Drop the cookies that answers set from now on."""
        self._is_frozen = True

    @contextlib.contextmanager
    def frozen_cookies(self) -> Iterator[None]:
        """Drop the cookies that answers set within."""
        was_frozen, self._is_frozen = self._is_frozen, True
        try:
            yield
        finally:
            self._is_frozen = was_frozen

    def ask(
        self, target: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Response:
        """Return the answer to one request.

        :param target: path and query, as a browser sends them: percent-encoded.
        :param method: the HTTP method.
        :param headers: further request headers.
        :param body: the request's content.
        :raises NoAnswerError: if nothing comes.
        """
        return self._ask(self.mount + target, method, headers, body)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Response:
        """Return the answer to GET.

        ::

            client.get("/login").text

        :param path: path and query, or a full URL of the same site. An app that is mounted has its mount left out of
            the path.
        :param headers: further request headers.
        :raises NoAnswerError: if nothing comes.
        :raises ValueError: if the URL is on another host.
        """
        return self.request("GET", path, headers=headers)

    def post(
        self,
        path: str,
        data: Mapping[str, Any] | str | bytes | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Return the answer to POST. Redirects are not followed; what they set is kept.

        ::

            client.post("/login", data={"name": "me", "password": "secret"})

        :param path: path and query, or a full URL of the same site.
        :param data: a form's fields, or the content itself.
        :param json: sent as JSON.
        :param headers: further request headers.
        :raises NoAnswerError: if nothing comes.
        :raises ValueError: if the URL is on another host.
        """
        return self.request("POST", path, data, json, headers)

    def request(
        self,
        method: str,
        path: str,
        data: Mapping[str, Any] | str | bytes | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Return the answer to a request with content; as :meth:`post`, with any method.

        :param method: the HTTP method.
        """
        kind, body = None, data or b""
        if json is not None:
            kind, body = "application/json", json_module.dumps(json)
        elif isinstance(body, Mapping):
            kind, body = "application/x-www-form-urlencoded", urlencode(body, doseq=True)
        named = {**({"Content-Type": kind} if kind else {}), **(headers or {})}
        return self._ask(self._find_target(path), method, named, body.encode() if isinstance(body, str) else body)

    def set_session(self, **values: Any) -> None:
        """Put values into the session, for log-ins that no script can go through; in this process only.

        ::

            client.set_session(user_id=1)

        :param values: as the app itself would put them in.
        :raises LoginError: if the app has no session that could be set.
        """
        request = self._make_request(self.mount + "/", "GET", None, b"")
        servers = [] if self._is_live else [self._transport.application, self.server]
        cookies = make_session(servers, self._transport, request, values)
        keep_cookies(self.cookies, request, cookies)
        if not {cookie.name for cookie in self.cookies} & {cookie.partition("=")[0] for cookie in cookies}:
            raise LoginError(
                f"The session's cookie isn't for {self.base_url}, so no browser would keep it. Name the host that it "
                "is for with --base-url."
            )

    def _ask(self, target: str, method: str, headers: Mapping[str, str] | None, body: bytes) -> Response:
        while True:
            request = self._make_request(target, method, headers, body)
            response = self._transport.send(request)
            if not self._is_frozen:
                keep_cookies(self.cookies, request, response.headers.getlist("Set-Cookie"))
            base = self._find_new_base(target, response)
            if base is None:
                break
            self.base_url = base
            self._bases.append(base)
            self.notes.append(f"Requests to {self._bases[0]} are redirected to {base}, so they are sent there.")
        # Starlette, and Werkzeug before 2.1, write the host into it; the path alone says the same (RFC 9110, 10.2.2).
        location = response.location or ""
        if location.startswith(f"{self.base_url}/"):
            response.headers["Location"] = location[len(self.base_url) :]
        return response

    def _make_request(self, target: str, method: str, headers: Mapping[str, str] | None, body: bytes) -> Request:
        named = Headers([("User-Agent", AGENT), ("Accept", _ACCEPT)])
        for more in (self._own_headers, Headers(dict(headers or {}))):
            for name in set(more.keys()):
                named.setlist(name, more.getlist(name))
        request = Request(self.base_url, target, method, named, body)
        cookies = [*named.getlist("Cookie"), *list_cookies(self.cookies, request)]
        if cookies:
            named["Cookie"] = "; ".join(cookies)
        return request

    def _find_new_base(self, target: str, response: Response) -> str | None:
        """Return where the same path and query are on the same host, if that is where a redirect leads."""
        if response.status_code not in _KEEP_PATH or not response.location:
            return None
        try:
            there = urlsplit(urljoin(self.base_url + target, response.location))
            base = split_base_url(there.geturl())
        except ValueError:
            return None
        if base in self._bases or unquote(_strip_base(there)) != unquote(target):
            return None
        return base if is_same_host(self.base_url, base, is_live=self._is_live) else None

    def _find_target(self, url: str) -> str:
        if "://" not in url.partition("?")[0]:
            return self.mount + url
        if split_base_url(url) != self.base_url:
            raise ValueError(f"{url} isn't on {self.base_url}: requests are sent to that host alone.")
        return _strip_base(urlsplit(url))


def _strip_base(url: SplitResult) -> str:
    return (url.path or "/") + (f"?{url.query}" if url.query else "")


def _list_own_headers(visitor: Visitor) -> Headers:
    headers = Headers(list(visitor.headers))
    if visitor.user is not None:
        headers["Authorization"] = "Basic " + base64.b64encode(visitor.user.encode()).decode()
    return headers
