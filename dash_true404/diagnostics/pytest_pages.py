"""The type of the fixture ``dash_pages``: asks an app through its server, and asserts what its URLs answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash

from ..core.pages import registered_path
from ..core.paths import reachable
from ..servers import decisions_for
from .check.findings import Unseen
from .check.links import InProcess, crawl_app
from .check.pages import PageChecks
from .client import Client, Response
from .explain import explain
from .inspected_app import check_ready
from .settings import STRANGER, Visitor
from .urls import follow_redirects, resolve_link, to_server

# Only these say that a page has moved; a guard that sends to its login page says 302 for any URL.
_MOVED = (301, 308)
_NO_PAGES = (
    "The app has no pages that could be asked for. If isolated_page_registry has taken them away, make the app in a "
    "fixture that uses isolated_page_registry itself."
)
_Data = Mapping[str, Any] | str | bytes | None
_Headers = Mapping[str, str] | None


class DashPages:
    """The pages of a Dash app, asked through its server, in this process; the type of the fixture ``dash_pages``.

    ::

        def test_trips(dash_pages: DashPages):
            dash_pages.assert_found("/trips")
            dash_pages.assert_not_found("/no-such-page")

    Paths are what the server gets: percent-encoded as a browser does it, with the app's ``routes_pathname_prefix``.
    ``get``, ``post`` and so on follow no redirects, and keep the cookies that answers set. Their ``data`` is a form's
    fields, or the content itself; ``json`` is sent as JSON.

    Found is what answers 200 (or another 2xx), or redirects for good (301, 308) to what does. Other redirects are not
    followed: a login page answers for any URL. Plain Dash says 200 to every URL, so there all are found, and only
    ``assert_not_found`` fails.

    :param app: the Dash app.
    :param visitor: who asks.
    :param keeps_cookies: whether cookies that answers set after the visitor's login are kept.
    :param application: what a web server would call; None: the app's own server.
    :param mount: where the app's server is mounted in it, such as ``/shop``; paths are below that.
    """

    def __init__(
        self,
        app: dash.Dash,
        visitor: Visitor = STRANGER,
        *,
        keeps_cookies: bool = True,
        application: Any = None,
        mount: str = "",
    ) -> None:
        self.app = app
        self._visitor = visitor
        self._keeps_cookies = keeps_cookies
        self._application = application
        self._mount = mount
        self._open: Client | None = None

    def close(self) -> None:
        """Shut the app's server down, if it was asked anything."""
        if self._open:
            self._open.close()
            self._open = None

    @property
    def client(self) -> Client:
        """What asks the app: with its ``cookies``, and ``set_session(**values)``."""
        if self._open is None:
            check_ready(self.app)
            self._open = Client(
                self.app,
                self._visitor,
                keeps_cookies=self._keeps_cookies,
                application=self._application,
                mount=self._mount,
            )
        return self._open

    def get(self, path: str, *, data: _Data = None, json: Any = None, headers: _Headers = None) -> Response:
        """Return the answer to GET.

        ::

            dash_pages.get("/trips", headers={"Accept": "application/json"}).headers["Content-Type"]

        :param path: the path, and the query if there is one.
        :param data: the request's content.
        :param json: the same, sent as JSON.
        :param headers: further request headers.
        """
        return self.client.request("GET", path, data, json, headers)

    def head(self, path: str, *, data: _Data = None, json: Any = None, headers: _Headers = None) -> Response:
        """Return the answer to HEAD; see :meth:`get`."""
        return self.client.request("HEAD", path, data, json, headers)

    def options(self, path: str, *, data: _Data = None, json: Any = None, headers: _Headers = None) -> Response:
        """Return the answer to OPTIONS; see :meth:`get`."""
        return self.client.request("OPTIONS", path, data, json, headers)

    def post(self, path: str, *, data: _Data = None, json: Any = None, headers: _Headers = None) -> Response:
        """Return the answer to POST.

        ::

            dash_pages.post("/login", data={"name": "me", "password": "secret"})

        See :meth:`get`.
        """
        return self.client.request("POST", path, data, json, headers)

    def put(self, path: str, *, data: _Data = None, json: Any = None, headers: _Headers = None) -> Response:
        """Return the answer to PUT; see :meth:`get`."""
        return self.client.request("PUT", path, data, json, headers)

    def patch(self, path: str, *, data: _Data = None, json: Any = None, headers: _Headers = None) -> Response:
        """Return the answer to PATCH; see :meth:`get`."""
        return self.client.request("PATCH", path, data, json, headers)

    def delete(self, path: str, *, data: _Data = None, json: Any = None, headers: _Headers = None) -> Response:
        """Return the answer to DELETE; see :meth:`get`."""
        return self.client.request("DELETE", path, data, json, headers)

    def status(self, path: str, method: str = "GET") -> int:
        """Return the status that the server answers with.

        ::

            assert dash_pages.status("/trips", "POST") == 405

        :param path: the path, and the query if there is one.
        :param method: the HTTP method.
        """
        return self.client.ask(path, method).status_code

    @property
    def paths(self) -> list[str]:
        """The paths of all pages; of a page with a ``path_template`` its ``path``, if it was registered with one."""
        return list(find_pages(self.app))

    def assert_found(self, path: str, headers: _Headers = None) -> None:
        """Fail unless a path is found, with the reason.

        ::

            dash_pages.assert_found("/trips")

        :param path: the path, and the query if there is one.
        :param headers: further request headers.
        """
        __tracebackhide__ = True
        _fail_with(self._why_not_found(path, headers))

    def assert_not_found(self, path: str, headers: _Headers = None) -> None:
        """Fail unless a path is 404, with the reason.

        ::

            dash_pages.assert_not_found("/no-such-page")

        :param path: the path, and the query if there is one.
        :param headers: further request headers.
        """
        __tracebackhide__ = True
        status = self.get(path, headers=headers).status_code
        _fail_with(None if status == 404 else f"GET {path} is {status}, not 404.\n{self.explain(path)}")

    def assert_all_found(self) -> None:
        """Fail unless all pages are found, or if there are none.

        ::

            def test_all_pages(dash_pages):
                dash_pages.assert_all_found()

        It asks for all ``paths`` except those of pages with an ``exists``, which may rightly be 404.
        """
        __tracebackhide__ = True
        asked = list_certain_paths(self.app)
        if not asked:
            raise AssertionError(_NO_PAGES)
        _fail_with(*map(self._why_not_found, asked))

    def assert_no_dead_links(self) -> None:
        """Fail if a page links to a URL of the app that is not found, or if that could not be seen.

        ::

            def test_links(dash_pages):
                dash_pages.assert_no_dead_links()

        Not seen are links that a guard answers and nothing else matches, and those of a layout that could not be
        loaded. It fails, too, if there is no page to read.
        """
        __tracebackhide__ = True
        subject = InProcess(self.app, self.client)
        with self.client.frozen_cookies():  # a link may log out
            subject.ask(subject.prefix)  # Dash's first request fails if a layout raises, whatever is asked
            crawl = crawl_app(subject)
            guarded = list(PageChecks(subject).find_guarded_links(crawl.alive))
        if self.app.use_pages and not crawl.pages and not crawl.counts["links"]:
            raise AssertionError(_NO_PAGES)
        pages_by_url: dict[str, list[str]] = {}
        for link in crawl.dead:
            pages_by_url.setdefault(link.url, []).append(link.page)
        unseen = [one for one in (*crawl.found, *guarded) if isinstance(one, Unseen) or not one.is_note]
        _fail_with(
            *(f"{url} is a dead link, on {', '.join(on)}.\n{self.explain(url)}" for url, on in pages_by_url.items()),
            *(f"{one.url} was not seen: {one.why}" for one in unseen),
        )

    def explain(self, path: str, method: str = "GET") -> str:
        """Return why a path is found or not, as ``dash-true404 explain`` says it.

        :param path: the path, and the query if there is one.
        :param method: the HTTP method.
        """
        with self.client.frozen_cookies():  # it asks for other URLs as well
            return explain(self.app, path, method, client=self.client).text()

    def _why_not_found(self, path: str, headers: _Headers = None) -> str | None:
        def ask(url: str) -> Response:
            return self.get(url, headers=headers)

        urls, answer, _ = follow_redirects(ask, path, self._resolve, _MOVED)
        if 200 <= answer.status_code < 300:
            return None
        return f"GET {' -> '.join(urls)} is {answer.status_code}, not found.\n{self.explain(urls[-1])}"

    def _resolve(self, location: str, url: str) -> str | None:
        """Return where a redirect leads to, as the server gets it; None if that is elsewhere."""
        there = resolve_link(location, url, self.client.base_url)
        return None if there is None else to_server(self.app, there) or there


def find_pages(app: dash.Dash) -> dict[str, Mapping[str, Any]]:
    """Return the pages that have a path of their own, by path, in Dash's order."""
    _, site, _ = decisions_for(app)
    pages: dict[str, Mapping[str, Any]] = {}
    for page in site.pages.list_all():
        path = registered_path(page)
        if path is not None:
            pages.setdefault(site.prefix + reachable(path).lstrip("/"), page)
    return pages


def list_certain_paths(app: dash.Dash) -> list[str]:
    """Return the paths of pages that are there whatever the data."""
    return [path for path, page in find_pages(app).items() if page.get("exists") is None]


def _fail_with(*problems: str | None) -> None:
    __tracebackhide__ = True
    found = [problem for problem in problems if problem]
    if found:
        raise AssertionError("\n\n".join(found))
