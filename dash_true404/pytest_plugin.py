"""The pytest plugin: whether a Dash app's URLs are found, by fixtures or, with ``--dash-pages``, without test code.

Every run of pytest loads it, used or not, so nothing of Dash, nor the rest of this package, is imported before it is
used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    import dash

    from .diagnostics.check.links import InProcess
    from .diagnostics.client import Answer, Client

# Only these say that a page has moved; a guard that sends to its login page says 302 for any URL.
_MOVED = (301, 308)
# A name that is in no app, and tells in the server's log where it comes from.
_NO_PAGE = "dash-true404-no-such-page"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--dash-pages`` and the ini setting ``dash_app``."""
    group = parser.getgroup("dash-true404", "true 404s of Dash apps")
    group.addoption(
        "--dash-pages",
        metavar="MODULE:APP",
        help="test each page and redirect of a Dash app, its unknown URLs, and its links; no test code needed",
    )
    parser.addini("dash_app", "the Dash app that the fixture dash_pages tests: module:app, or module:create()")


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

    def get(self, path: str, method: str = "GET", **options: Any) -> Answer:
        """Return the server's answer to one request, with its ``status``, ``headers`` and ``body``.

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
        return self.get(path, method).status

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
        asked = self._certain_paths()
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
        from .diagnostics.check.links import dead_links

        pages_by_url: dict[str, list[str]] = {}
        for link in dead_links(self.app, self._client):
            pages_by_url.setdefault(link.url, []).append(str(link.page))
        _fail_with(
            *(
                f"{url} is a dead link, on {', '.join(pages)}.\n{self._explained(url)}"
                for url, pages in pages_by_url.items()
            )
        )

    @property
    def _client(self) -> Client:
        from .diagnostics.client import Client

        self._open = self._open or Client(self.app)
        return self._open

    @cached_property
    def _subject(self) -> InProcess:
        from .diagnostics.check.links import InProcess

        return InProcess(self.app, self._client)

    def _pages(self) -> dict[str, Mapping[str, Any]]:
        """Return the pages that have a path of their own, by path, in Dash's order."""
        import dash

        from .core.paths import reachable

        pages: dict[str, Mapping[str, Any]] = {}
        for module, page in dash.page_registry.items() if self.app.use_pages else ():
            # The path that Dash infers from a template, such as /item/none, is a placeholder.
            path = page["supplied_path"] if page["path_template"] else page["path"]
            if path is not None and module.split(".")[-1] != "not_found_404":
                pages.setdefault(path, page)
        for path in self._subject.site.options.paths:
            if "<" not in path:
                pages.setdefault(path, {})
        return {self._prefix + reachable(path).lstrip("/"): page for path, page in pages.items()}

    def _certain_paths(self) -> list[str]:
        """Return the paths of pages that are there whatever the data."""
        return [path for path, page in self._pages().items() if page.get("exists") is None]

    def _redirects(self) -> list[str]:
        """Return the paths that ``redirect_from`` names."""
        from .diagnostics.rules import rules_of

        return [rule.path for rule in rules_of(self.app).all() if rule.kind == "redirect"]

    def _assert_unknown(self, method: str) -> None:
        """Fail unless URLs that are no page are 404 for a method."""
        site = self._subject.site
        made_up = [self._prefix + _NO_PAGE, *(f"{path.rstrip('/')}/{_NO_PAGE}" for path in self.paths[-1:])]
        unknown = [path for path in dict.fromkeys(made_up) if not site.look_up(path).is_page]
        # A route of the user's that takes it might change something.
        unknown = [path for path in unknown if self._may_ask(path, method)]
        if not unknown:
            pytest.skip("every URL is a page, or a route's that might change something")
        # One is enough: they fail for the same reason.
        _fail_with(next(filter(None, (self._why_no_404(path, method) for path in unknown)), None))

    def _may_ask(self, path: str, method: str) -> bool:
        return self._subject.may_ask(self._subject.prefix + path[len(self._prefix) :], method)

    @property
    def _prefix(self) -> str:
        prefix: str = self.app.config.routes_pathname_prefix
        return prefix

    def _why_not_found(self, path: str) -> str | None:
        seen = [path]
        while True:
            answer = self.get(seen[-1])
            if 200 <= answer.status < 300:
                return None
            target = self._inside(answer.headers.get("Location", "")) if answer.status in _MOVED else None
            if target is None or target in seen:
                return f"GET {' -> '.join(seen)} is {answer.status}, not found.\n{self._explained(seen[-1])}"
            seen.append(target)

    def _inside(self, location: str) -> str | None:
        """Return where a redirect leads to, as the server gets it; None if that is elsewhere."""
        to, requests_prefix = urlsplit(location), self.app.config.requests_pathname_prefix
        if to.netloc not in ("", "localhost") or not to.path:
            return None
        path = to.path
        if path.startswith(requests_prefix):
            path = self._prefix + path[len(requests_prefix) :]
        return f"{path}?{to.query}" if to.query else path

    def _why_no_404(self, path: str, method: str = "GET") -> str | None:
        status = self.status(path, method)
        return None if status == 404 else f"{method} {path} is {status}, not 404.\n{self._explained(path, method)}"

    def _explained(self, path: str, method: str = "GET") -> str:
        from .diagnostics.explain import explain

        return explain(self.app, path, method, client=self._client).text()


def _fail_with(*problems: str | None) -> None:
    __tracebackhide__ = True
    told = [problem for problem in problems if problem]
    if told:
        raise AssertionError("\n\n".join(told))


class _Loaded:
    """An app that was named to pytest, with Dash's page state as it was left by the app.

    :param name: the app's name, as :func:`dash_true404.load.load` takes it.
    """

    def __init__(self, name: str) -> None:
        from .dash_internals import state as page_state
        from .diagnostics.load import load

        self.app = load(name)
        self._state = page_state.saved()

    @contextmanager
    def pages(self) -> Iterator[None]:
        """Let Dash know the app's pages, and those alone, whatever tests have made of the registry."""
        from .dash_internals import state as page_state

        before = page_state.saved()
        page_state.restore(self._state)
        try:
            yield
        finally:
            self._state = page_state.saved()
            page_state.restore(before)


@pytest.fixture
def isolated_page_registry(request: pytest.FixtureRequest) -> Iterator[None]:
    """No pages at first, and afterwards those that were: for tests that make Dash apps of their own.

    What all apps of a process share is saved, emptied and restored: ``dash.page_registry``, its settings, callbacks
    that wait for an app, and the app of ``dash.get_app()``.
    """
    from .dash_internals import state as page_state

    if request.config.getini("dash_app"):
        request.getfixturevalue("_dash_app_of_ini")  # or its pages would be registered here, and be lost in the end
    before = page_state.saved()
    page_state.restore(page_state.emptied(before))
    try:
        yield
    finally:
        page_state.restore(before)


@pytest.fixture(scope="session")
def _dash_app_of_ini(pytestconfig: pytest.Config) -> _Loaded:
    # Of the session, so that it is set up before any isolated_page_registry.
    name = pytestconfig.getini("dash_app")
    if not name:
        pytest.fail(
            "Which app? Write a fixture dash_app that returns it, or name it in pytest's configuration: "
            "dash_app = module:app",
            pytrace=False,
        )
    from .diagnostics.load import LoadError

    try:
        return _Loaded(name)
    except LoadError as error:
        pytest.fail(f"dash_app: {error}", pytrace=False)


@pytest.fixture
def dash_app(_dash_app_of_ini: _Loaded, isolated_page_registry: None) -> Iterator[dash.Dash]:
    """The Dash app that dash_pages tests: the one that the ini setting dash_app names; override it with your own."""
    with _dash_app_of_ini.pages():
        yield _dash_app_of_ini.app


@pytest.fixture
def dash_pages(dash_app: dash.Dash) -> Iterator[DashPages]:
    """The pages of dash_app: what their URLs answer, and assertions that say why a URL is found or not."""
    pages = DashPages(dash_app)
    yield pages
    pages.close()


@pytest.hookimpl(tryfirst=True)  # so that -k and the like see these items too
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the items of ``--dash-pages``."""
    if config.getoption("dash_pages"):
        collector = _PagesCollector.from_parent(session, name="dash-pages", nodeid="dash-pages")
        items.extend(session.genitems(collector))


class _PagesCollector(pytest.Collector):
    """The tests of one app."""

    def collect(self) -> Iterable[_PageItem]:
        from .diagnostics.load import LoadError
        from .diagnostics.rules import METHODS

        try:
            loaded = _Loaded(self.config.getoption("dash_pages"))
        except LoadError as error:
            raise self.CollectError(f"--dash-pages: {error}") from None
        pages = DashPages(loaded.app)
        self.config.add_cleanup(pages.close)

        def item(name: str, check: Callable[..., None], *arguments: str) -> _PageItem:
            made: _PageItem = _PageItem.from_parent(self, name=name)
            made.loaded, made.check, made.arguments = loaded, check, arguments
            return made

        for path in pages._certain_paths():
            yield item(f"page {path}", pages.assert_found, path)
        for path in pages._redirects():
            yield item(f"redirect {path}", pages.assert_found, path)
        for method in METHODS:
            yield item(f"unknown {method}", pages._assert_unknown, method)
        yield item("dead links", pages.assert_no_dead_links)


class _PageItem(pytest.Item):
    """One test of one app."""

    loaded: _Loaded
    check: Callable[..., None]
    arguments: tuple[str, ...]

    def runtest(self) -> None:
        with self.loaded.pages():
            self.check(*self.arguments)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, AssertionError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        return self.path, None, self.nodeid
