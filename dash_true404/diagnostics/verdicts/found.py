"""What a decision and an answer come to, in one sentence with its hints. Nothing is said that was not seen."""

from __future__ import annotations

from collections.abc import Iterator

from ...servers import Outcome, Reason
from ..hints import Hint
from ..hints.deployment import explain_prefixes
from ..hints.near_misses import find_fault_of_redirect
from ..names import capitalize, name_match, name_page, name_rule
from ..observation import Observation, is_exists_left_out
from ..rules import Rule
from . import Verdict
from .answers import explain_failure, is_in_front, is_unsure, say_who
from .unknown import judge_unknown


def judge(seen: Observation) -> Verdict:
    """Return what matched or refused a request, and why."""
    app, decision = seen.app, seen.decision
    prefix = app.find_other_app(decision)
    if prefix is not None:
        return _judge_other_app(seen, prefix)
    is_elsewhere = decision.outcome is Outcome.REDIRECT and not app.is_sent_to_own_path(decision)
    if decision.site is app.site and decision.found.is_page and not is_elsewhere:
        return _judge_page(seen)
    if app.is_only_layout(decision):
        return _judge_layout(seen)
    rule = app.find_rule(decision)
    return judge_unknown(seen) if rule is None else _judge_rule(seen, rule)


def _judge_other_app(seen: Observation, prefix: str) -> Verdict:
    sentence = f"Another Dash app on the server, at {prefix!r}, has it"
    if seen.status < 400:
        return Verdict("route", f"{sentence}.", [])
    hint = Hint("routing", "It is another Dash app. Name that one, to have it explained.")
    return Verdict("route", f"{sentence}, and the answer is {seen.status}.", [hint])


def _judge_layout(seen: Observation) -> Verdict:
    sentence = "It is the home of an app without pages: Dash answers with its layout"
    if seen.status < 300 and not is_in_front(seen):
        return Verdict("page", f"{sentence}.", [])
    return Verdict(_layer(seen, "page"), f"{sentence}, but {say_who(seen)}.", list(explain_failure(seen)))


def _judge_page(seen: Observation) -> Verdict:
    decision, location, status = seen.decision, seen.location, seen.status
    match = decision.found.match
    name = capitalize(name_match(match))
    given = ", ".join(f"{key}={value!r}" for key, value in match.variables.items()) if match else ""
    matches = f"{name} matches it" + (f", with {given}" if given else "")
    hints = [*_explain_exists(seen, given), *_find_pages_behind(seen)]
    hints += explain_prefixes(seen.app, seen.path, seen.method)
    if decision.reason is Reason.NOT_THERE:
        refused = f"{name} matches this path, but its exists({given}) returned False"
        if status == 404 and not is_in_front(seen):
            return Verdict("routing", f"{refused}.", hints)
        return Verdict(_layer(seen, "routing"), f"{refused}, and {say_who(seen)}.", hints)
    if decision.outcome is Outcome.WRONG_METHOD and status == 405:
        text = "Pages accept GET and, except on FastAPI, HEAD. For other methods, the URL needs a rule of its own."
        sentence = f"{name} matches this path, but a page does not accept {seen.method}."
        return Verdict("routing", sentence, [Hint("routing", text)])
    if location and decision.outcome is Outcome.REDIRECT and location.partition("?")[0] == decision.location:
        sentence = f"{matches}: redirect_slashes sends it to the page's own path, {location}."
        return Verdict("page", sentence, hints)
    if status < 300 and not is_in_front(seen):
        unsure = [Hint("routing", f"{capitalize(say_who(seen))}.")] if is_unsure(seen) else []
        return Verdict("page", f"{matches}.", [*unsure, *hints])
    return Verdict(_layer(seen, "page"), f"{matches}, but {say_who(seen)}.", [*explain_failure(seen), *hints])


def _layer(seen: Observation, layer: str) -> str:
    return "in front" if is_in_front(seen) else layer


def _explain_exists(seen: Observation, given: str) -> Iterator[Hint]:
    match, returned = seen.decision.found.match, seen.exists_results[0] if seen.exists_results else True
    if match is not None and match.page.get("exists") is not None and not seen.app.is_enabled:
        yield Hint("routing", "Its exists= is not called: enable_true_404(app) was not called for this app.")
    elif returned is False and seen.app.site.is_report_only:
        yield Hint("routing", f"exists({given}) returned False. With report_only=True that is only logged.")
    elif returned is False:
        yield Hint("routing", "If there is such a thing, look at the exists= of that page.")
        if "%" in given:
            yield Hint("routing", "Path variables arrive percent-encoded: use urllib.parse.unquote() in exists.")
    elif isinstance(returned, Exception):
        error = f"{type(returned).__name__}: {returned}"
        yield Hint("routing", f"exists({given}) failed with {error}. The page is taken to exist; fix exists.")
    elif returned is None:
        yield Hint("routing", f"exists({given}) returned None, so the page is taken to exist. Return True or False.")
    elif seen.decision.found.asks_exists and not seen.exists_results and is_in_front(seen):
        yield Hint("routing", f"exists({given}) was not called.")
    elif is_exists_left_out(seen):
        text = f"exists({given}) was not called: {seen.method} is answered without it. Ask with GET."
        yield Hint("routing", text)


def _find_pages_behind(seen: Observation) -> Iterator[Hint]:
    match = seen.decision.found.match
    path = seen.decision.found.path.strip("/")
    for page in seen.app.site.pages.list_all() if match is not None else ():
        if (
            match is not None
            and page is not match.page
            and not page["path_template"]
            and page["path"].strip("/") == path
        ):
            yield Hint(
                "routing",
                f"{capitalize(name_page(page))} has this path too, but {name_page(match.page)} comes first in "
                "dash.page_registry, and Dash draws the first one. Register it later, or give it another path.",
            )


def _judge_rule(seen: Observation, rule: Rule) -> Verdict:
    matches = f"{capitalize(name_rule(rule))} matches it"
    hints = list(explain_prefixes(seen.app, seen.path, seen.method))
    if seen.answer is None:
        sentence = f"{matches}. It was not asked: with {seen.method} its view might change something."
        return Verdict("route", sentence, hints)
    if seen.location:
        hints = [*_find_fault_of_location(seen, seen.location), *hints]
    elif seen.status < 300 and not is_in_front(seen):
        return Verdict("route", f"{matches}.", hints)
    joined = "and" if seen.status < 405 and not is_in_front(seen) else "but"
    hints = [*_explain_404(seen, rule), *explain_failure(seen), *hints]
    return Verdict(_layer(seen, "route"), f"{matches}, {joined} {say_who(seen)}.", hints)


def _explain_404(seen: Observation, rule: Rule) -> Iterator[Hint]:
    if seen.status != 404 or is_in_front(seen):
        return
    if rule.kind == "assets":
        folder = seen.app.dash_app.config.assets_folder
        yield Hint("routing", f"There is no such file in {folder}, or letter case or assets_ignore differ.")
    elif rule.kind == "mount":
        yield Hint("routing", "What is mounted there has no such URL. Look at its own routes.")


def _find_fault_of_location(seen: Observation, location: str) -> Iterator[Hint]:
    path = location.partition("?")[0]
    is_here = path.startswith("/") and path != seen.path
    fault = find_fault_of_redirect(seen.app, path) if is_here else None
    if fault:
        yield Hint("routing", f"{capitalize(fault)}.")
