"""What the pytest plugin asks of an app: :class:`DashPages`, and the items of ``--dash-pages``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import dash
import pytest

from ..core.pages import registered_path
from ..core.paths import reachable
from ..dash_internals import state as page_state
from .check.links import InProcess, find_dead_links
from .client import Client, Response
from .explain import explain
from .load import LoadError, load_app
from .rules import METHODS, list_rules
from .urls import UNKNOWN_NAME, follow_redirects, resolve_link, to_server

# Only these say that a page has moved; a guard that sends to its login page says 302 for any URL.
_MOVED = (301, 308)


class DashPages:
    """The pages of a Dash app, asked through its server, in this process; the type of the fixture ``dash_pages``.

    ::

        def test_trips(dash_pages: DashPages):
            dash_pages.assert_found("/trips")
            dash_pages.assert_not_found("/no-such-page")

    Paths are what the server gets: percent-encoded as a browser does it, with the app's ``routes_pathname_prefix``.
    Found is what answers 200 (or another 2xx), or redirects for good (301, 308) to what does. Other redirects are not
    followed: a login page answers for any URL. Plain Dash says 200 to every URL, so there all are found, and it is
    ``assert_not_found`` that tells.

    :param app: the Dash app.
    """

    def __init__(self, app: dash.Dash) -> None:
        self.app = app
        self._open: Client | None = None

    def close(self) -> None:
        """Shut the app's server down, if it was asked anything."""
        if self._open:
            self._open.close()
            self._open = None

    def get(self, path: str, method: str = "GET", **options: Any) -> Response:
        """Return the server's response to one request.

        ::

            dash_pages.get("/trips", headers={"Accept": "application/json"}).headers["Content-Type"]

        :param path: the path, and the query if there is one.
        :param method: the HTTP method.
        :param options: ``headers``, a dictionary, and ``body``, bytes.
        """
        return self._client.ask(path, method, **options)

    def status(self, path: str, method: str = "GET") -> int:
        """Return the status that the server answers with.

        ::

            assert dash_pages.status("/trips", "POST") == 405

        :param path: the path, and the query if there is one.
        :param method: the HTTP method.
        """
        return self.get(path, method).status_code

    @property
    def paths(self) -> list[str]:
        """The paths of all pages; of a page with a ``path_template`` its ``path``, if it was registered with one."""
        return list(self._pages())

    def assert_found(self, path: str) -> None:
        """Fail unless a path is found, with the reason.

        ::

            dash_pages.assert_found("/trips")

        :param path: the path, and the query if there is one.
        """
        __tracebackhide__ = True
        _fail_with(self._why_not_found(path))

    def assert_not_found(self, path: str) -> None:
        """Fail unless a path is 404, with the reason.

        ::

            dash_pages.assert_not_found("/no-such-page")

        :param path: the path, and the query if there is one.
        """
        __tracebackhide__ = True
        _fail_with(self._why_no_404(path))

    def assert_all_found(self) -> None:
        """Fail unless all pages are found, or if there are none.

        ::

            def test_all_pages(dash_pages):
                dash_pages.assert_all_found()

        It asks for all ``paths`` but those of pages with an ``exists``, which may rightly be 404.
        """
        __tracebackhide__ = True
        asked = self.list_certain_paths()
        if not asked:
            raise AssertionError(
                "The app has no pages that could be asked for. If isolated_page_registry has taken them away, make the "
                "app in a fixture that uses isolated_page_registry itself."
            )
        _fail_with(*map(self._why_not_found, asked))

    def assert_no_dead_links(self) -> None:
        """Fail if a page links to a URL of the app that is not found.

        ::

            def test_links(dash_pages):
                dash_pages.assert_no_dead_links()
        """
        __tracebackhide__ = True
        pages_by_url: dict[str, list[str]] = {}
        for link in find_dead_links(self.app, self._client):
            pages_by_url.setdefault(link.url, []).append(str(link.page))
        _fail_with(
            *(
                f"{url} is a dead link, on {', '.join(pages)}.\n{self._explain(url)}"
                for url, pages in pages_by_url.items()
            )
        )

    @property
    def _client(self) -> Client:
        self._open = self._open or Client(self.app)
        return self._open

    @cached_property
    def _subject(self) -> InProcess:
        return InProcess(self.app, self._client)

    def _pages(self) -> dict[str, Mapping[str, Any]]:
        """Return the pages that have a path of their own, by path, in Dash's order."""
        pages: dict[str, Mapping[str, Any]] = {}
        for page in self._subject.site.pages.list_all():
            path = registered_path(page)
            if path is not None:
                pages.setdefault(self._prefix + reachable(path).lstrip("/"), page)
        return pages

    def list_certain_paths(self) -> list[str]:
        """Return the paths of pages that are there whatever the data."""
        return [path for path, page in self._pages().items() if page.get("exists") is None]

    def list_redirects(self) -> list[str]:
        """Return the paths that ``redirect_from`` names."""
        return [rule.path for rule in list_rules(self.app) if rule.kind == "redirect"]

    def assert_unknown_refused(self, method: str) -> None:
        """Fail unless unknown URLs are 404 for a method."""
        made_up = [self._prefix + UNKNOWN_NAME, *(f"{path.rstrip('/')}/{UNKNOWN_NAME}" for path in self.paths[-1:])]
        unknown = [path for path in dict.fromkeys(made_up) if not self._subject.site.look_up(path).is_page]
        # A route of the user's that matches it might change something.
        unknown = [path for path in unknown if self._subject.may_ask_server(path, method)]
        if not unknown:
            pytest.skip("every URL is a page, or a route's that might change something")
        # One is enough: they fail for the same reason.
        _fail_with(next(filter(None, (self._why_no_404(path, method) for path in unknown)), None))

    @property
    def _prefix(self) -> str:
        prefix: str = self.app.config.routes_pathname_prefix
        return prefix

    def _why_not_found(self, path: str) -> str | None:
        urls, answer, _ = follow_redirects(self.get, path, self._resolve, _MOVED)
        if 200 <= answer.status_code < 300:
            return None
        return f"GET {' -> '.join(urls)} is {answer.status_code}, not found.\n{self._explain(urls[-1])}"

    def _resolve(self, location: str, url: str) -> str | None:
        """Return where a redirect leads to, as the server gets it; None if that is elsewhere."""
        there = resolve_link(location.removeprefix("http://localhost"), url)
        return None if there is None else to_server(self.app, there) or there

    def _why_no_404(self, path: str, method: str = "GET") -> str | None:
        status = self.status(path, method)
        return None if status == 404 else f"{method} {path} is {status}, not 404.\n{self._explain(path, method)}"

    def _explain(self, path: str, method: str = "GET") -> str:
        return explain(self.app, path, method, client=self._client).text()


def _fail_with(*problems: str | None) -> None:
    __tracebackhide__ = True
    found = [problem for problem in problems if problem]
    if found:
        raise AssertionError("\n\n".join(found))


class LoadedApp:
    """An app that was named to pytest, with Dash's page state as it was left by the app.

    :param name: the app's name, as :func:`~dash_true404.diagnostics.load.load_app` takes it.
    """

    def __init__(self, name: str) -> None:
        self.app = load_app(name)
        self._state = page_state.saved()

    @contextmanager
    def restore_pages(self) -> Iterator[None]:
        """Let Dash know the app's pages, and those alone, whatever tests have made of the registry."""
        before = page_state.saved()
        page_state.restore(self._state)
        try:
            yield
        finally:
            self._state = page_state.saved()
            page_state.restore(before)


class PagesCollector(pytest.Collector):
    """The tests of one app."""

    def collect(self) -> Iterable[_PageItem]:
        try:
            loaded = LoadedApp(self.config.getoption("dash_pages"))
        except LoadError as error:
            raise self.CollectError(f"--dash-pages: {error}") from None
        pages = DashPages(loaded.app)
        self.config.add_cleanup(pages.close)

        def item(name: str, check: Callable[..., None], *arguments: str) -> _PageItem:
            made: _PageItem = _PageItem.from_parent(self, name=name)
            made.loaded, made.check, made.arguments = loaded, check, arguments
            return made

        for path in pages.list_certain_paths():
            yield item(f"page {path}", pages.assert_found, path)
        for path in pages.list_redirects():
            yield item(f"redirect {path}", pages.assert_found, path)
        for method in METHODS:
            yield item(f"unknown {method}", pages.assert_unknown_refused, method)
        yield item("dead links", pages.assert_no_dead_links)


class _PageItem(pytest.Item):
    """One test of one app."""

    loaded: LoadedApp
    check: Callable[..., None]
    arguments: tuple[str, ...]

    def runtest(self) -> None:
        with self.loaded.restore_pages():
            self.check(*self.arguments)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, AssertionError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        return self.path, None, self.nodeid
