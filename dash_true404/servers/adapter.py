"""What the adapters of all servers share."""

from __future__ import annotations

import functools
import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, Protocol

import dash

from ..core.logs import log_warnings
from ..core.not_found_page import Templates
from ..core.site import Site
from .decisions import Decision
from .hidden_rules import ServerRule, find_hidden


class Decisions(Protocol):
    """What requests to a server get."""

    sites: dict[str, Site]

    def decide_for(self, path: str, method: str) -> Decision:
        """Return what a request would get; nothing of the user's is called.

        :param path: percent-encoded, as a browser sends it, below the server's root.
        """

    def including(self, site: Site) -> Decisions:
        """Return decisions as they would be if an app were enabled too."""

    def server_rules(self) -> list[ServerRule]:
        """Return the server's own rules for GET."""

    def note_guards(self) -> Iterator[str]:
        """Yield a note on each wrapper around Dash's views that counts as a guard, and what that costs."""


class Adapter(ABC):
    """True 404s on one server, for all Dash apps on it that asked for them.

    :param decisions: what requests to the server get.
    """

    variable_start: ClassVar[str]
    """What a variable in the server's rules begins with."""
    can_wait: ClassVar[bool] = True
    """Whether a page's ``exists`` may be async, where Dash itself awaits layouts."""

    def __init__(self, decisions: Decisions) -> None:
        self.decisions = decisions

    @property
    def sites(self) -> list[Site]:
        """The enabled apps."""
        return list(dict.fromkeys(self.decisions.sites.values()))

    @staticmethod
    @abstractmethod
    def installed(server: Any) -> Any:
        """Return the adapter that serves on a server; None if no app on it is enabled."""

    @staticmethod
    @abstractmethod
    def has_routes(app: dash.Dash) -> bool:
        """Tell whether a Dash app has put its routes on its server."""

    @abstractmethod
    def templates(self, app: dash.Dash) -> Templates:
        """Return the templates of an app's server."""

    @abstractmethod
    def enable(self, site: Site) -> None:
        """Enable an app, instead of its earlier site if it is enabled already.

        :raises RuntimeError: if it is too late for that, or if Dash has no working pages on the server.
        """

    def _log_at_start(self) -> None:
        """Log what the apps' authors should know; at the first request, when all pages and rules are there."""
        log_warnings(self._warnings())
        log_warnings(self.decisions.note_guards(), logging.INFO)

    def _warnings(self) -> Iterator[str]:
        decide = functools.partial(self.decisions.decide_for, method="GET")
        for site in self.sites:
            yield from site.warnings(answers_root=decide(site.prefix).site is site)
        yield from (hidden.warning for hidden in find_hidden(self.decisions.server_rules(), self.sites, decide))
