"""One Dash app as its web server meets it: where it is mounted, which URLs are its pages, what the others get."""

from __future__ import annotations

import functools
import inspect
import os
import types
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import dash

from .exists import Exists
from .logs import OncePerMinute, log_once, logger
from .not_found_page import IN_APP, Answer, InApp, Templates
from .pages import Match, Pages
from .path_templates import PathTemplate
from .paths import encoded, reachable, reencoded

#: What Dash puts behind the prefix for everything but its root.
CATCH_ALL = "<path:path>"

# What a report tells of a request, and remembers for a minute.
_LONGEST_METHOD = 20
_LONGEST_PATH = 1000

PageChoice = str | os.PathLike[str] | InApp | None

# As its code has it: in an app that PyInstaller made, or without sources, that is not where Dash is now.
_DASH_FOLDER = os.path.join(os.path.dirname(dash.dependencies.Input.__init__.__code__.co_filename), "")


def is_dashs_own(function: Any) -> bool:
    """Tell a function or method of Dash's from one of the user's in its place, or around it.

    A decorator copies the name and the module, a proxy pretends to be of the same class: the code tells.
    """
    is_plain = type(function) in (types.FunctionType, types.MethodType)
    return is_plain and function.__code__.co_filename.startswith(_DASH_FOLDER)


def has_dashs_core(function: Any) -> bool:
    """Tell a function of Dash's, whoever has put something around it, from one of the user's that Dash has wrapped."""
    return is_dashs_own(inspect.unwrap(function))


def root_url(app: dash.Dash) -> str:
    """Return an app's root URL, as browsers see it; ``app.run()`` in Jupyter sets it late."""
    home: str = app.config["requests_pathname_prefix"]  # its attributes take ten times as long
    return home


def _root_folder(app: dash.Dash) -> Path:
    # Here, for importing it takes 100 ms, and Dash has no need of Flask on other servers.
    from flask.helpers import get_root_path

    return Path(get_root_path(app.config.name))


class Options(NamedTuple):
    """What the user chose; :func:`dash_true404.enable_true_404` says what each one means."""

    page: PageChoice = None
    paths: tuple[str, ...] = ()
    redirect_slashes: bool = False
    everywhere: bool = False
    reload_dead_links: bool = True
    report_only: bool = False


class Verdict:
    """What is known of a URL, and what is only looked up when someone asks.

    :param site: the app that the URL belongs to.
    :param is_page: whether its path is a page's.
    :param match: the page, if it is known.
    """

    def __init__(self, site: Site, is_page: bool, match: Match | None = None, path: str = "") -> None:
        self.is_page = is_page
        self._site = site
        self.match = match
        self._path = path
        self._exists: bool | None = None

    # No cached_property: until Python 3.12 it has one lock for all, and a slow look-up would hold up every visitor.
    @property
    def exists(self) -> bool:
        """Whether the thing that the page is about exists; asks the page's own ``exists``, once."""
        if self._exists is None:
            self._exists = self.match is None or self._site.exists.ask(self.match)
        return self._exists

    async def ask(self, in_thread: Callable[..., Awaitable[Any]]) -> None:
        """Ask the page's own ``exists`` on a server that can wait for it; afterwards ``exists`` knows.

        :param in_thread: runs a function such that it does not block the server.
        """
        self._exists = self.match is None or await self._site.exists.ask_async(self.match, in_thread)

    def is_found(self) -> bool:
        """Tell whether Dash draws a page."""
        return self.is_page and self.exists

    def own_path(self) -> str | None:
        """Return where the URL should redirect to, if it is not the page's own: only its slashes may differ."""
        if self.match is None or not self._site.options.redirect_slashes:
            return None
        page, stripped = self.match.page, self._path.strip("/")
        registered = page["path_template"] if self.match.variables else page["path"]
        slash = "/" if stripped and registered.endswith("/") else ""
        if self._path == f"/{stripped}{slash}":
            return None
        if self.match.variables and not PathTemplate(registered).takes(stripped):
            return None  # a proxy has encoded the path anew, and there is no telling what the browser has
        if reencoded(registered.strip("/")) == stripped:
            stripped = registered.strip("/")
        return self._site.home.rstrip("/") + reachable(f"/{stripped}{slash}")


class Site:
    """A Dash app that tells the truth.

    :param app: the Dash app, with its routes on the server.
    :param options: what the user chose.
    :param templates: the server's templates.
    :param can_wait: whether a page's ``exists`` may be async.
    """

    def __init__(self, app: dash.Dash, options: Options, templates: Templates, can_wait: bool = False) -> None:
        self.app = app
        self.options = options
        self.can_wait = can_wait
        self.prefix: str = app.config.routes_pathname_prefix
        self._prefixes = tuple(dict.fromkeys((self.prefix, encoded(self.prefix))))
        self.pages = Pages(dash.page_registry if app.use_pages else {}, options.paths)
        self.answer = Answer(
            options.page,
            home=functools.partial(root_url, app),
            templates=templates,
            root_folder=lambda: _root_folder(app),
            assets_folder=Path(app.config.assets_folder),
        )
        self._known_strip: object = None
        self._strips_as_dash = False
        self.exists = Exists()
        self._may_report = OncePerMinute()

    @property
    def home(self) -> str:
        """The app's root URL, as browsers see it."""
        return root_url(self.app)

    @property
    def index_rule(self) -> str:
        """The rule, and endpoint, of the app's root."""
        return self.prefix

    @property
    def catch_all_rule(self) -> str:
        """The rule, and endpoint, of everything else below it."""
        return self.prefix + CATCH_ALL

    @property
    def bundles_rule(self) -> str:
        """The rule, and endpoint, of the components' scripts and styles."""
        return self.prefix + "_dash-component-suites/<string:package_name>/<path:fingerprinted_path>"

    @property
    def report_only(self) -> bool:
        """Whether nothing is refused."""
        return self.options.report_only

    def covers(self, path: str) -> bool:
        """Tell whether a path, as the browser holds it, is below the app's prefix."""
        return self._below(path) is not None

    def _below(self, path: str) -> str | None:
        for prefix in self._prefixes:
            if path.startswith(prefix):
                return path[len(prefix) :]
            rest = path[len(prefix) - 1 :]
            if path.startswith(prefix[:-1]) and rest[:3] in ("%2F", "%2f"):
                return rest  # servers take that for the prefix's slash, and Dash for a part of the path
        return None

    def verdict(self, path: str) -> Verdict:
        """Return what is known of a URL.

        :param path: its whole path below the server's root, as the browser holds it.
        """
        inner = self._below(path)
        if inner is None:
            return Verdict(self, False)  # Dash's router looks for the prefix as it was configured, and fails without it
        try:
            match = self.pages.find(self._stripped(inner))
        except Exception as error:  # a false 404 is worse than a soft one
            log_once("The pages could not be read; the URL is taken for a page.", error)
            return Verdict(self, True)
        return Verdict(self, match is not None, match, "/" + inner)

    def _stripped(self, path: str) -> str:
        """Return what Dash's router looks up for a path below the app's prefix."""
        strip = self.app.strip_relative_path
        if strip is not self._known_strip:
            self._strips_as_dash = is_dashs_own(getattr(strip, "__wrapped__", strip))
            self._known_strip = strip
        if self._strips_as_dash:
            return path.strip("/")
        strip = getattr(strip, "__wrapped__", strip)
        return str(strip(self.home.rstrip("/") + "/" + path))  # a user's own, which may strip a language too

    def report(self, status: int | None, method: str, path: str, referrer: str | None) -> None:
        """Log a URL that would have been refused; every URL at most once a minute.

        :param status: what it would have been refused with.
        :param path: as the browser holds it, hence without control characters.
        """
        method, path = ascii(method[:_LONGEST_METHOD])[1:-1], path[:_LONGEST_PATH]
        if self._may_report((method, path)):
            told = ascii(referrer[:_LONGEST_PATH]) if referrer else "none"
            logger.warning("Would be %s: %s %s (referrer: %s)", status, method, path, told)

    def is_answered_in_app(self) -> bool:
        """Tell whether the app's own shell is the answer to a URL that is no page."""
        return self.answer.is_in_app(self.pages.not_found_page is not None)

    @property
    def may_reload_dead_links(self) -> bool:
        """Whether a dead link may ever have to end in a full load."""
        return self.options.reload_dead_links and self.options.page is not IN_APP and not self.report_only

    def reloads_dead_links(self) -> bool:
        """Tell whether a dead link ends in a full load, as things are now."""
        return self.may_reload_dead_links and self.pages.not_found_page is None and not self.is_answered_in_app()

    def faults(self) -> Iterable[str]:
        """Yield what is wrong with the pages, as far as they are known."""
        return self.pages.faults(may_be_async=self.can_wait)

    def warnings(self, answers_root: bool) -> Iterable[str]:
        """Yield what the app's author should know before visitors find out.

        :param answers_root: whether the app's root URL is Dash's to answer, not another route's.
        """
        yield from self.pages.warnings()
        yield from self.faults()
        if answers_root and not self.verdict(self.prefix).is_page:
            yield (
                f"There is no page for {self.home!r}, so it answers 404 now. Load balancers and uptime monitors often "
                "probe it: register a page with path='/', or point them at a URL that is a page."
            )


def site_below(sites: Iterable[Site], path: str) -> Site | None:
    """Return the app that a path, as the browser holds it, belongs to; of those within another the inner one."""
    return max((site for site in sites if site.covers(path)), key=lambda site: len(site.prefix), default=None)


def everywhere_site(sites: Iterable[Site], path: str) -> Site | None:
    """Return the app that answers a 404 of its server which is not its own, if one does."""
    everywhere = [site for site in sites if site.options.everywhere and not site.report_only]
    below = [site for site in everywhere if path.startswith(site.prefix)]
    return max(below or everywhere, key=lambda site: len(site.prefix), default=None)
