"""The items of ``--dash-pages``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from .inspected_app import NotReadyError, check_ready
from .pytest_app import AppError, LoadedApp, load_app_of_option, settings_of
from .pytest_cases import Case, Judge
from .pytest_pages import DashPages


class PagesCollector(pytest.Collector):
    """The tests of an app, or of all apps on a server."""

    def collect(self) -> Iterable[PageItem]:
        """Yield an item for each thing that there is to test.

        :raises CollectError: if there is no app that could be tested.
        """
        try:
            loaded, settings = load_app_of_option(self.config), settings_of(self.config)
            for found in loaded.apps:
                check_ready(found.app)
        except (AppError, NotReadyError) as error:
            raise self.CollectError(str(error)) from None
        for found in loaded.apps:
            pages = DashPages(
                found.app, settings.visitor, keeps_cookies=False, application=found.application, mount=found.mount
            )
            self.config.add_cleanup(pages.close)
            prefix = found.prefix if len(loaded.apps) > 1 else ""
            # An app that is made to be mounted has the mount in its own URLs.
            mount = found.prefix.removesuffix(found.app.config.requests_pathname_prefix)
            judge = Judge(found.app, settings, self._list_selected, mount, prefix)
            for case in judge.cases:
                item: PageItem = PageItem.from_parent(self, name=case.name)
                item.case, item.loaded, item.judge, item.pages = case, loaded, judge, pages
                yield item

    def _list_selected(self) -> list[Case]:
        return [item.case for item in self.session.items if isinstance(item, PageItem)]


class PageItem(pytest.Item):
    """One test of an app."""

    case: Case
    loaded: LoadedApp
    judge: Judge
    pages: DashPages

    def runtest(self) -> None:
        """Ask the app."""
        with self.loaded.restore_pages():
            self.judge.judge(self.case, self.pages)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return why a test failed, without a traceback where the app is at fault."""
        if isinstance(excinfo.value, AssertionError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return where the test is: it has no line."""
        return self.path, None, self.nodeid
