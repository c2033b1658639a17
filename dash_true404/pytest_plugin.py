"""The pytest plugin: whether a Dash app's URLs are found, by fixtures or, with ``--dash-pages``, without test code.

Every run of pytest loads it, used or not, so nothing of Dash, nor the rest of this package, is imported before it is
used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import dash

    from .diagnostics.pytest_pages import DashPages, LoadedApp


def __getattr__(name: str) -> Any:
    """Import the type of the fixture ``dash_pages`` when it is asked for."""
    if name == "DashPages":
        from .diagnostics.pytest_pages import DashPages

        return DashPages
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--dash-pages`` and the ini setting ``dash_app``."""
    group = parser.getgroup("dash-true404", "true 404s of Dash apps")
    group.addoption(
        "--dash-pages",
        metavar="MODULE:APP",
        help="test each page and redirect of a Dash app, its unknown URLs, and its links; no test code needed",
    )
    parser.addini("dash_app", "the Dash app that the fixture dash_pages tests: module:app, or module:create()")


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
def _dash_app_of_ini(pytestconfig: pytest.Config) -> LoadedApp:
    # Of the session, so that it is set up before any isolated_page_registry.
    name = pytestconfig.getini("dash_app")
    if not name:
        pytest.fail(
            "Which app? Write a fixture dash_app that returns it, or name it in pytest's configuration: "
            "dash_app = module:app",
            pytrace=False,
        )
    from .diagnostics.load import LoadError
    from .diagnostics.pytest_pages import LoadedApp

    try:
        return LoadedApp(name)
    except LoadError as error:
        pytest.fail(f"dash_app: {error}", pytrace=False)


@pytest.fixture
def dash_app(_dash_app_of_ini: LoadedApp, isolated_page_registry: None) -> Iterator[dash.Dash]:
    """The Dash app that dash_pages tests: the one that the ini setting dash_app names; override it with your own."""
    with _dash_app_of_ini.restore_pages():
        yield _dash_app_of_ini.app


@pytest.fixture
def dash_pages(dash_app: dash.Dash) -> Iterator[DashPages]:
    """The pages of dash_app: what their URLs answer, and assertions that say why a URL is found or not."""
    from .diagnostics.pytest_pages import DashPages

    pages = DashPages(dash_app)
    yield pages
    pages.close()


@pytest.hookimpl(tryfirst=True)  # so that -k and the like see these items too
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the items of ``--dash-pages``."""
    if config.getoption("dash_pages"):
        from .diagnostics.pytest_pages import PagesCollector

        collector = PagesCollector.from_parent(session, name="dash-pages", nodeid="dash-pages")
        items.extend(session.genitems(collector))
