"""The fixtures of the pytest plugin, which imports them by their names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import dash

    from .diagnostics.client import Client
    from .diagnostics.pytest_app import LoadedApp
    from .diagnostics.pytest_pages import DashPages
    from .diagnostics.pytest_params import PageCase
    from .diagnostics.settings import Visitor


@pytest.fixture
def isolated_page_registry(request: pytest.FixtureRequest) -> Iterator[None]:
    """No pages at first, and afterwards those that were: for tests that make Dash apps of their own.

    What all apps of a process share is saved, emptied and restored: ``dash.page_registry``, its settings, callbacks
    that wait for an app, and the app of ``dash.get_app()``.
    """
    from .dash_internals import state as page_state

    if request.config.getini("dash_app"):
        request.getfixturevalue("_configured_dash_app")  # or its pages would be registered here, and be lost in the end
    before = page_state.saved()
    page_state.restore(page_state.emptied(before))
    try:
        yield
    finally:
        page_state.restore(before)


@pytest.fixture(scope="session")
def _configured_dash_app(pytestconfig: pytest.Config) -> LoadedApp:
    """Load the configured app: for the fixture dash_app, which is what tests use."""
    # Of the session, so that it is set up before any isolated_page_registry.
    from .diagnostics.pytest_app import load_configured_app

    with _failures_in_words():
        return load_configured_app(pytestconfig, ", or write a fixture dash_app that returns it")


@pytest.fixture
def dash_app(_configured_dash_app: LoadedApp, isolated_page_registry: None) -> Iterator[dash.Dash]:
    """The Dash app that dash_pages tests: the one that is configured; override it with your own."""
    with _failures_in_words():
        app = _configured_dash_app.app
    with _configured_dash_app.restore_pages():
        yield app


@pytest.fixture
def dash_login(pytestconfig: pytest.Config) -> Callable[[Client], object] | None:
    """What logs dash_pages in: a function, called with the client; by default the configured one. Override it."""
    from .diagnostics.login import log_in

    name = _visitor(pytestconfig).login
    return partial(log_in, name) if name else None


@pytest.fixture
def dash_pages(
    pytestconfig: pytest.Config, dash_app: dash.Dash, dash_login: Callable[[Client], object] | None
) -> Iterator[DashPages]:
    """The pages of dash_app: what their URLs answer, and assertions that say why a URL is found or not."""
    from .diagnostics.pytest_pages import DashPages

    pages = DashPages(dash_app, _visitor(pytestconfig)._replace(login=None))
    try:
        if dash_login:
            with _failures_in_words():
                dash_login(pages.client)
        yield pages
    finally:
        pages.close()


@pytest.fixture
def dash_page_case(request: pytest.FixtureRequest, dash_pages: DashPages) -> PageCase:
    """Each page, redirect and so on of the configured app, one after the other; call its check()."""
    from .diagnostics.pytest_params import bind

    return bind(request, dash_pages)


@contextmanager
def _failures_in_words() -> Iterator[None]:
    """Say what kept the app from being asked without a traceback of this package."""
    from .diagnostics.login import LoginError
    from .diagnostics.pytest_app import AppError

    try:
        yield
    except (AppError, LoginError) as error:
        pytest.fail(str(error), pytrace=False)


def _visitor(config: pytest.Config) -> Visitor:
    from .diagnostics.pytest_app import settings_of

    with _failures_in_words():
        return settings_of(config).visitor
