"""One Dash app as its web server meets it: where it is mounted, which URLs are its pages, what the others get."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import dash
from flask.helpers import get_root_path

from .answers import Answer, InApp, Templates, log_once
from .pages import Pages
from .paths import encoded


class Site:
    """A Dash app that tells the truth.

    :param app: the Dash app, with its routes on the server.
    :param page: the user's choice of a 404 page, as for :func:`dash_true404.enable_true_404`.
    :param templates: the server's templates.
    """

    def __init__(self, app: dash.Dash, page: str | os.PathLike[str] | InApp | None, templates: Templates) -> None:
        self.app = app
        self.prefix: str = app.config.routes_pathname_prefix
        self.home: str = app.config.requests_pathname_prefix
        self.pages = Pages(dash.page_registry)
        self.answer = Answer(
            page,
            home=self.home,
            templates=templates,
            root_folder=Path(get_root_path(app.config.name)),
            assets_folder=Path(app.config.assets_folder),
        )

    @property
    def index_rule(self) -> str:
        """The rule, and endpoint, of the app's root."""
        return self.prefix

    @property
    def catch_all_rule(self) -> str:
        """The rule, and endpoint, of everything else below it."""
        return self.prefix + "<path:path>"

    def is_page(self, path: str) -> bool:
        """Tell whether Dash renders a page for a path.

        :param path: the whole path below the server's root, as the browser holds it.
        """
        for prefix in (self.prefix, encoded(self.prefix)):
            if path.startswith(prefix):
                return self._is_page_below_prefix(path[len(prefix) :].strip("/"))
        return False  # Dash's router looks for the prefix as it was configured, and fails without it

    def _is_page_below_prefix(self, path: str) -> bool:
        try:
            return self.pages.find(path) is not None
        except Exception as error:  # a false 404 is worse than a soft one
            log_once("The pages could not be read; the URL is taken for a page.", error)
            return True

    def is_answered_in_app(self) -> bool:
        """Tell whether the app's own shell is the answer to a URL that is no page."""
        return self.answer.is_in_app(self.pages.not_found_page is not None)

    def warnings(self, answers_root: bool) -> Iterable[str]:
        """Yield what the app's author should know before visitors find out.

        :param answers_root: whether the app's root URL is Dash's to answer, not another route's.
        """
        yield from self.pages.warnings()
        if answers_root and not self.is_page(self.prefix):
            yield (
                f"There is no page for {self.home!r}, so it answers 404 now. Load balancers and uptime monitors often "
                "probe it: register a page with path='/', or point them at a URL that is a page."
            )
