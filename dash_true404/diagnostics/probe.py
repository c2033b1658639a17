"""One app, asked in this process who takes a URL: a page, another rule, or nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, NamedTuple, cast

import dash

from ..core.pages import Match, is_async
from ..core.site import Site
from ..servers import adapter_for, decisions_for, enabled_site
from .client import Answer, Client
from .rules import METHODS, Rule, rules_of

#: The methods that change nothing (RFC 9110, section 9.2.1), so that anything may be asked with them.
SAFE = ("GET", "HEAD", "OPTIONS")


# One at a time, or the second would take the first one's watch for the page's own exists.
_watching = threading.RLock()


class NotReadyError(ValueError):
    """Raised if an app is not on its server yet, or its server is none that this library knows."""


class Taker(NamedTuple):
    """What takes a URL: a page, or a rule."""

    page: Match | None
    rule: Rule | None

    def named(self, path: str | None = None) -> str:
        """Name it.

        :param path: the URL that has just been named.
        """
        if self.page is not None:
            return page_name(self.page.page)
        assert self.rule is not None
        return rule_name(self.rule, path)


def page_name(page: Any) -> str:
    """Name a page of the registry, or one of ``paths=``."""
    template = page["path_template"]
    if not page["module"]:
        return f"the page {template or page['path']} of paths="
    return f"page {page['module']!r}" + (f" ({template})" if template else "")


def rule_name(rule: Rule, path: str | None = None) -> str:
    """Name a rule.

    :param path: the URL that has just been named, for a rule that is no more than that.
    """
    kinds = {"assets": "Dash's rule for assets", "mount": "the mount", "dash": "Dash's own rule"}
    kinds |= dict.fromkeys(("index", "catch-all"), "another Dash app on the server")
    kind = kinds.get(rule.kind, "the rule")
    if rule.kind in kinds or rule.kind == "redirect":
        return kind if rule.path == path else f"{kind} {rule.path}"
    return f"{kind} of endpoint {rule.endpoint}" if rule.path == path else f"{kind} {rule.path} ({rule.endpoint})"


def check_ready(app: dash.Dash) -> None:
    """Refuse an app that cannot be asked.

    :raises NotReadyError: if it is not on its server yet, or its server is none that this library knows.
    """
    try:
        is_ready = bool(app.server) and adapter_for(app.server).has_routes(app)
    except TypeError as error:
        raise NotReadyError(str(error)) from error
    if not is_ready:
        raise NotReadyError("The app is not on its server yet. With Dash(server=False), call app.init_app(server).")


def site_of(app: dash.Dash) -> Site:
    """Return what ``enable_true_404`` made of an app, or would make of it."""
    return decisions_for(app)[1]


class Probe:
    """Asks an app.

    :param app: the Dash app, with or without true 404s.
    :param client: of that app.
    """

    def __init__(self, app: dash.Dash, client: Client) -> None:
        self.app = app
        self.client = client
        self.rules = rules_of(app)
        self.is_enabled = enabled_site(app) is not None
        self.site = site_of(app)

    @property
    def is_refusing(self) -> bool:
        """Whether the app answers 404 for what is no page."""
        return self.is_enabled and not self.site.is_report_only

    @cached_property
    def all_rules(self) -> list[Rule]:
        """The server's rules."""
        return self.rules.all()

    def page(self, path: str) -> Match | None:
        """Return the page at a URL, whether it exists or not."""
        found = self.site.look_up(path)
        return found.match if found.is_page else None

    def taker(self, path: str, method: str) -> Taker | None:
        """Return what takes a URL, by routing alone; None for a redirect too."""
        rule = self.rules.match(path, method)
        if rule is not None and not self.is_own(rule, path):
            return Taker(None, rule)
        page = self.page(path) if rule is not None else None
        return Taker(page, None) if page is not None else None

    def is_own(self, rule: Rule, path: str) -> bool:
        """Tell whether a rule is one through which Dash serves the pages of this app."""
        return rule.serves_pages and self.other_app(path) is None

    def other_app(self, path: str) -> str | None:
        """Return the prefix of another Dash app on the server, if a URL is its business."""
        prefixes = [rule.path for rule in self.all_rules if rule.kind == "index" and path.startswith(rule.path)]
        longest = max(prefixes, key=len, default=self.site.prefix)
        return None if longest == self.site.prefix else longest

    def other_methods(self, path: str, method: str) -> dict[str, Rule]:
        """Return the rules, beside Dash's two for its pages, that take a URL with other methods than one."""
        found = {other: self.rules.match(path, other) for other in METHODS if other not in (method, "OPTIONS")}
        return {other: rule for other, rule in found.items() if rule is not None and not self.is_own(rule, path)}

    def ask(self, path: str, method: str, query: str = "") -> Answer:
        """Return the app's answer."""
        return self.client.ask(f"{path}?{query}" if query else path, method)

    def told(self, path: str, method: str) -> str | None:
        """Return what an app answers to a URL and who does it, in words; None if that is no use to anybody.

        What could change something is not asked: there, routing alone tells.
        """
        taker = self.taker(path, method)
        if taker is None:
            return None
        if method not in SAFE:
            return f"{path} is taken by {taker.named(path)}"
        answer = self.ask(path, method)
        if answer.status in (404, 405) or answer.status >= 500 or self._is_guards(answer):
            return None
        return f"{path} is answered {answer.status} by {taker.named(path)}"

    def _is_guards(self, answer: Answer) -> bool:
        """Tell whether a guard answers, such as a login, which says the same to a URL that nobody has."""
        if answer.status < 300:
            return False
        guard = self._of_nobody
        return (answer.status, answer.headers.get("Location")) == (guard.status, guard.headers.get("Location"))

    @cached_property
    def _of_nobody(self) -> Answer:
        return self.ask(self.site.prefix + "true404-no-such-page", "GET")


@contextmanager
def watched(match: Match | None) -> Iterator[list[Any]]:
    """Note what a page's ``exists`` returns or raises when the app asks it; its log would tell once a minute only."""
    with _watching:
        page = cast("dict[str, Any]", match.page) if match else {}
        exists = page.get("exists")
        outcomes: list[Any] = []
        if not callable(exists):
            yield outcomes
            return
        page["exists"] = _noting(exists, outcomes)
        try:
            yield outcomes
        finally:
            page["exists"] = exists


def _noting(exists: Callable[..., Any], outcomes: list[Any]) -> Callable[..., Any]:
    def noting(**variables: Any) -> Any:
        try:
            outcomes.append(exists(**variables))
        except Exception as error:
            outcomes.append(error)
            raise
        return outcomes[-1]

    async def noting_async(**variables: Any) -> Any:
        try:
            outcomes.append(await exists(**variables))
        except Exception as error:
            outcomes.append(error)
            raise
        return outcomes[-1]

    return noting_async if is_async(exists) else noting
