"""One Dash app on its web server: where it is mounted, which URLs are its pages, what the others get."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from .exists import Exists, PathsFunction
from .logs import OncePerMinute, log_once, logger
from .not_found_page import IN_APP, InApp, NotFoundPage
from .page_faults import find_faults, find_warnings
from .pages import Match, Pages, PathToPage
from .path_templates import PathTemplate
from .paths import encoded, reachable, reencoded

# What a report says about a request, and remembers for a minute.
_LONGEST_METHOD = 20
_LONGEST_PATH = 1000

PageChoice = str | os.PathLike[str] | InApp | None
#: Further paths and templates, or a function that returns whether a path is a page.
PathsChoice = tuple[str, ...] | Callable[[str], object]


class Options(NamedTuple):
    """The user's options; :func:`dash_true404.enable_true_404` documents them."""

    page: PageChoice = None
    paths: PathsChoice = ()
    redirect_slashes: bool = False
    everywhere: bool = False
    reload_dead_links: bool = True
    report_only: bool = False


class LookUp(NamedTuple):
    """What is known about a URL."""

    is_page: bool
    """Whether Dash draws a page for it."""
    match: Match | None = None
    """That page, if it is known; at the not-found page's own URL, the not-found page."""
    path: str = ""
    """The path below the app's prefix, with its leading slash."""
    is_answered_in_app: bool = False
    """Whether visitors see the app's own shell if it isn't a page."""
    asks_exists: bool = False
    """Whether the page has an ``exists``, which is called after all guards."""
    is_by_function: bool = False
    """Whether it is a page by the function given as ``paths=``."""
    others: tuple[Match, ...] = ()
    """The pages at other readings of the path, whose ``exists`` is called too if the page's returns False."""


#: An unknown URL, or one outside of all apps.
NOTHING = LookUp(False)
_IN_APP = LookUp(False, is_answered_in_app=True)


@dataclass(eq=False, kw_only=True, repr=False)
class Site:
    """A Dash app with true 404s."""

    app: Any
    """The Dash app."""
    prefix: str
    """Where it is on its server, its ``routes_pathname_prefix``."""
    home: Callable[[], str]
    """Returns its root URL as browsers see it."""
    strip: Callable[[str], tuple[str, PathToPage | None]]
    """Returns what Dash's router looks up for a path below the prefix, and the function in which it does, if that is
    not Dash's own."""
    pages: Pages
    not_found_page: NotFoundPage
    """What visitors of unknown URLs see."""
    options: Options
    can_wait: bool
    """Whether a page's ``exists`` may be async."""

    def __post_init__(self) -> None:
        self.exists = Exists()
        self.is_report_only = self.options.report_only
        paths = self.options.paths
        self._paths_function = PathsFunction(paths) if callable(paths) else None
        self._prefixes = tuple(dict.fromkeys((self.prefix, encoded(self.prefix))))
        self._may_report = OncePerMinute()

    def below(self, path: str) -> str | None:
        """Return what comes after the app's prefix in a path, as the browser holds it; None if it isn't below it."""
        for prefix in self._prefixes:
            if path.startswith(prefix):
                return path[len(prefix) :]
            rest = path[len(prefix) - 1 :]
            if path.startswith(prefix[:-1]) and rest[:3] in ("%2F", "%2f"):
                return rest  # a slash of the prefix to servers, and a part of the path to Dash
        return None

    def look_up(self, path: str, *others: str) -> LookUp:
        """Return whether a URL is a page, and which.

        :param path: its whole path below the server's root, as the browser holds it.
        :param others: what else the browser may hold. The first that is a page, and exists, is found.
        """
        inner = path[len(self.prefix) :] if path.startswith(self.prefix) else self.below(path)
        if inner is None:
            return NOTHING  # Dash's router only knows the prefix as configured, and fails without it
        try:
            match, not_found_page = self.pages.look_up(*self.strip(inner))
        except Exception as error:  # a false 404 is worse than a soft one
            log_once("The pages could not be read; the URL counts as a page.", error)
            return LookUp(True)
        if match is None and self._paths_function is not None and self._paths_function.matches(f"/{inner}"):
            match = Match({"module": None, "path": f"/{inner}", "path_template": None}, {})
            return LookUp(True, match, f"/{inner}", is_by_function=True)
        answer = self.not_found_page
        in_app = answer.is_in_app or (answer.is_in_app_by_convention and not_found_page is not None)
        if match is None:
            found = _IN_APP if in_app else NOTHING
        else:
            is_page = match.page is not not_found_page
            asks_exists = is_page and match.page.get("exists") is not None
            found = LookUp(is_page, match, f"/{inner}", in_app, asks_exists)
        if others and (found.asks_exists or not found.is_page):
            pages = [page for page in (found, *map(self.look_up, others)) if page.is_page]
            if pages:
                matches = tuple(page.match for page in pages[1:] if page.match is not None)
                return pages[0]._replace(others=matches)
        return found

    def own_path(self, found: LookUp) -> str | None:
        """Return where a page's URL should redirect to, if it is not the page's own: only its slashes may differ.

        A function given as ``paths=`` decides about slashes itself.
        """
        if found.match is None or not found.is_page or found.is_by_function or not self.options.redirect_slashes:
            return None
        page, stripped = found.match.page, found.path.strip("/")
        template = page["path_template"] if found.match.variables else None  # a replaced router gives both to any page
        registered = template or page["path"]
        slash = "/" if stripped and registered.endswith("/") else ""
        if found.path == f"/{stripped}{slash}":
            return None
        if template and not PathTemplate(template).takes(stripped):
            return None  # a proxy has encoded the path again, so what the browser holds is unknown
        if reencoded(registered.strip("/")) == stripped:
            stripped = registered.strip("/")
        return self.home().rstrip("/") + reachable(f"/{stripped}{slash}")

    def report(self, status: int, method: str, path: str, referrer: str | None) -> None:
        """Log a URL that would not have been passed on; each URL at most once a minute.

        :param status: what it would have got.
        :param path: as the browser holds it, hence without control characters.
        """
        method, path = ascii(method[:_LONGEST_METHOD])[1:-1], path[:_LONGEST_PATH]
        if self._may_report((method, path)):
            told = ascii(referrer[:_LONGEST_PATH]) if referrer else "none"
            logger.warning("Would be %s: %s %s (referrer: %s)", status, method, path, told)

    @property
    def may_reload_dead_links(self) -> bool:
        """Whether a dead link may ever have to end in a full load."""
        return self.options.reload_dead_links and self.options.page is not IN_APP and not self.is_report_only

    def reloads_dead_links(self) -> bool:
        """Tell whether a dead link ends in a full load, as things are now."""
        return self.may_reload_dead_links and self.pages.not_found_page is None

    def faults(self) -> Iterable[str]:
        """Yield what is wrong with the pages registered so far."""
        return find_faults(self.pages.registered(), may_be_async=self.can_wait)

    def warnings(self, answers_root: bool) -> Iterable[str]:
        """Yield warnings for the app's author.

        :param answers_root: whether Dash answers the app's root URL, not another route.
        """
        yield from find_warnings(self.pages.registered())
        yield from self.faults()
        if answers_root and not self.look_up(self.prefix).is_page:
            yield (
                f"There is no page for {self.home()!r}, so it answers 404 now. Load balancers and uptime monitors "
                "often probe it: register a page with path='/', or point them at a URL that is a page."
            )


def site_below(sites: Iterable[Site], path: str) -> Site | None:
    """Return the app that a path, as the browser holds it, belongs to; of nested apps the innermost."""
    inner = None
    for site in sites:
        if (inner is None or len(site.prefix) > len(inner.prefix)) and site.below(path) is not None:
            inner = site
    return inner


def everywhere_site(sites: Iterable[Site], path: str) -> Site | None:
    """Return the app that answers the server's other 404s, if there is one."""
    everywhere = [site for site in sites if site.options.everywhere and not site.is_report_only]
    below = [site for site in everywhere if path.startswith(site.prefix)]
    return max(below or everywhere, key=lambda site: len(site.prefix), default=None)
