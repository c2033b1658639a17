"""The fixture ``dash_page_case``: one test function, and a test of each case."""

from __future__ import annotations

from typing import Any

import pytest

from .pytest_app import AppError, load_configured_app, settings_of
from .pytest_cases import Case, Judge, list_cases
from .pytest_pages import DashPages

_NAME = "dash_page_case"
_JUDGES = pytest.StashKey["dict[Any, Judge]"]()


class PageCase:
    """One page, redirect or so of the configured app; what the fixture ``dash_page_case`` is.

    ::

        def test_page(dash_page_case, database):
            dash_page_case.check()

    The app is looked at once for each test function, in the first of its tests.

    :param case: what is to be tested.
    :param judge: knows whether it passes.
    :param pages: asks the app.
    """

    def __init__(self, case: Case, judge: Judge, pages: DashPages) -> None:
        self._case, self._judge, self._pages = case, judge, pages

    def __repr__(self) -> str:
        """Return its name, since pytest shows the values of fixtures."""
        return self.name

    @property
    def name(self) -> str:
        """Such as ``page[/trips]``, ``redirect[/old]``, ``unknown[GET]``, ``dead-links`` or ``app``."""
        return self._case.name

    def check(self) -> None:
        """Fail or skip the test, with the reason, or return."""
        __tracebackhide__ = True
        self._judge.judge(self._case, self._pages)


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Make a test of each case of the configured app.

    :raises CollectError: if there is no such app.
    """
    try:
        cases = list_cases(load_configured_app(metafunc.config).app, settings_of(metafunc.config).exclude)
    except AppError as error:
        raise pytest.Collector.CollectError(f"{_NAME}: {error}") from None
    metafunc.parametrize(_NAME, cases, indirect=True, ids=[case.parameter for case in cases])


def bind(request: pytest.FixtureRequest, pages: DashPages) -> PageCase:
    """Return the case of one test."""
    key = _key(request.node)
    judges = request.config.stash.setdefault(_JUDGES, {})
    if key not in judges:
        judges[key] = Judge(pages.app, settings_of(request.config), lambda: _list_selected(request.session, key))
    return PageCase(request.param, judges[key], pages)


def _list_selected(session: pytest.Session, key: Any) -> list[Case]:
    tests: list[Any] = [item for item in session.items if _key(item) == key]
    return [test.callspec.params[_NAME] for test in tests]


def _key(item: Any) -> Any:
    """Return what tests have in common that differ in their case alone; None if they have none."""
    callspec = getattr(item, "callspec", None)
    if callspec is None or _NAME not in callspec.params:
        return None
    # By identity: values may be unhashable, and pytest's own indices differ from test to test.
    others = tuple((name, id(value)) for name, value in callspec.params.items() if name != _NAME)
    return item.nodeid.partition("[")[0], others
