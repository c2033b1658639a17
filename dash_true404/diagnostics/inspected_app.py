"""One app in this process: what its server decides for a URL, what matches it, and what the app answers."""

from __future__ import annotations

from functools import cached_property

import dash

from ..servers import Decision, Outcome, Reason, adapter_for, decisions_for
from .client import Client, Response
from .names import name_match, name_rule
from .rules import METHODS, Rule, describe, find_mount, list_rules
from .urls import UNKNOWN_NAME

#: The methods that change nothing (RFC 9110, section 9.2.1), so that anything may be asked with them.
SAFE = ("GET", "HEAD", "OPTIONS")


class NotReadyError(ValueError):
    """Raised if an app is not on its server yet, or this library does not know its server."""


def check_ready(app: dash.Dash) -> None:
    """Refuse an app that cannot be asked.

    :raises NotReadyError: if it is not on its server yet, or this library does not know its server.
    """
    try:
        is_ready = bool(app.server) and adapter_for(app.server).has_routes(app)
    except TypeError as error:
        raise NotReadyError(str(error)) from error
    if not is_ready:
        raise NotReadyError("The app is not on its server yet. With Dash(server=False), call app.init_app(server).")


class InspectedApp:
    """An app that is looked at.

    Where it does not have true 404s, everything is decided as if it had them.

    :param app: the Dash app.
    :param client: of that app; on FastAPI it has started the server, as Dash adds a route then.
    """

    def __init__(self, app: dash.Dash, client: Client) -> None:
        self.dash_app = app
        self.client = client
        self._decisions, self.site, self.is_enabled = decisions_for(app)

    @property
    def is_refusing(self) -> bool:
        """Whether the app answers 404 for unknown URLs."""
        return self.is_enabled and not self.site.is_report_only

    @cached_property
    def rules(self) -> list[Rule]:
        """The server's rules."""
        return list_rules(self.dash_app)

    def decide(self, path: str, method: str = "GET") -> Decision:
        """Return what a request gets.

        :param path: percent-encoded, below the server's root.
        """
        mount = find_mount(self.dash_app, path)
        if mount is not None:
            return Decision(Outcome.PASS_ON, Reason.OTHER_RULE, path, rule=mount)
        return self._decisions.decide_for(path, method)

    def is_page(self, decision: Decision) -> bool:
        """Tell whether a page of this app answers a request, if only by a redirect to its own path."""
        is_found = decision.site is self.site and decision.found.is_page
        return is_found and (decision.outcome is Outcome.PASS_ON or self.is_sent_to_own_path(decision))

    def is_sent_to_own_path(self, decision: Decision) -> bool:
        """Tell whether ``redirect_slashes`` redirects a request to the page's own path."""
        return decision.outcome is Outcome.REDIRECT and self.site.own_path(decision.found) is not None

    @property
    def knows_pages(self) -> bool:
        """Whether the app tells pages from other URLs: else Dash draws the same layout at all of them."""
        return self.is_enabled or bool(self.dash_app.use_pages)

    def is_only_layout(self, decision: Decision) -> bool:
        """Tell whether a URL is the home of an app without pages, at which Dash draws its layout."""
        is_home = decision.site is self.site and decision.path == self.site.prefix
        return is_home and not self.knows_pages

    def find_rule(self, decision: Decision) -> Rule | None:
        """Return the rule, other than Dash's for pages, that answers a request; None for a refused one too."""
        is_passed_on = decision.outcome is Outcome.PASS_ON and decision.reason in (Reason.OTHER_RULE, Reason.LATER)
        if not is_passed_on or decision.rule is None or self.find_hidden_rule(decision) is not None:
            return None
        rule = describe(self.dash_app, decision.rule)
        return None if rule.serves_pages else rule

    def find_hidden_rule(self, decision: Decision) -> Rule | None:
        """Return the rule that would match an unknown URL, were Dash's catch-all not before it."""
        is_unknown = decision.site is not None and not decision.found.is_page
        is_hidden = is_unknown and decision.outcome in (Outcome.PASS_ON, Outcome.NOT_FOUND)
        is_hidden = is_hidden and decision.reason is not Reason.LATER and decision.rule is not None
        return describe(self.dash_app, decision.rule) if is_hidden else None

    def find_other_app(self, decision: Decision) -> str | None:
        """Return the prefix of another Dash app on the server, if a URL is its business."""
        if decision.site is not None:
            return None if decision.site is self.site else decision.site.prefix
        if decision.rule is None or not describe(self.dash_app, decision.rule).serves_pages:
            return None
        prefixes = [rule.path for rule in self.rules if rule.kind == "index" and decision.path.startswith(rule.path)]
        prefix = max(prefixes, key=len, default=self.site.prefix)
        return None if prefix == self.site.prefix else prefix

    def name_what_matches(self, decision: Decision, path: str | None = None) -> str | None:
        """Name what answers a request, a page or a rule; None if nothing does.

        :param path: the URL, if it has just been named.
        """
        prefix = self.find_other_app(decision)
        if prefix is not None:
            return f"another Dash app on the server, at {prefix!r}" if decision.outcome is Outcome.PASS_ON else None
        if self.is_page(decision):
            return name_match(decision.found.match)
        if self.is_only_layout(decision):
            return "the app's layout"
        rule = self.find_rule(decision)
        return None if rule is None else name_rule(rule, path)

    def find_other_methods(self, path: str, method: str) -> dict[str, Rule]:
        """Return the rules, other than Dash's for pages, that match a URL with other methods than one."""
        others = [other for other in METHODS if other not in (method, "OPTIONS")]
        found = {other: self.find_rule(self.decide(path, other)) for other in others}
        return {other: rule for other, rule in found.items() if rule is not None}

    def ask(self, target: str, method: str) -> Response:
        """Return the app's answer."""
        return self.client.ask(target, method)

    def describe_answer(self, path: str, method: str) -> str | None:
        """Return what an app answers to a URL and what matches it, in words; None if that is no use to anybody.

        What could change something is not asked: there, the decision alone tells.
        """
        decision = self.decide(path, method)
        name, is_page = self.name_what_matches(decision, path), self.is_page(decision)
        if name is None:
            return None
        matched = f"{path} is matched by {name}"
        if method not in SAFE:
            return matched
        answer = self.ask(path, method)
        if answer.status_code in (404, 405) or answer.status_code >= 500:
            # Dash has a page there, and something in front of it answers.
            return matched if is_page and answer.status_code == 404 and not decision.found.asks_exists else None
        if self._is_said_to_unknown_urls(path, answer, is_page):
            return matched
        if is_page and answer.status_code >= 300 and not self.is_sent_to_own_path(decision):
            return f"{matched}, and answered {answer.status_code}"
        return f"{path} is answered {answer.status_code} by {name}"

    def _is_said_to_unknown_urls(self, path: str, answer: Response, is_page: bool) -> bool:
        """Tell whether a guard answers, such as a login, or an error handler, which say the same to an unknown URL."""
        unknown = self.site.prefix + UNKNOWN_NAME
        if answer.status_code < 300:  # Dash says the same 200 to all, too
            return not is_page and answer.data == self._answer_to_unknown_url.data
        return _leave_out(path, answer) == _leave_out(unknown, self._answer_to_unknown_url)

    @cached_property
    def _answer_to_unknown_url(self) -> Response:
        return self.ask(self.site.prefix + UNKNOWN_NAME, "GET")


def _leave_out(path: str, answer: Response) -> tuple[int, str]:
    """Return the status and the Location of an answer, without the path that was asked for."""
    return answer.status_code, answer.headers.get("Location", "").replace(path, "")
