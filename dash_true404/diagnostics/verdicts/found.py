"""What a decision and an answer come to, in one sentence with its hints. Nothing is said that was not seen."""

from __future__ import annotations

from collections.abc import Iterator

from ...servers import Outcome, Reason
from ..hints import Hint
from ..hints.deployment import explain_prefixes
from ..hints.near_misses import find_fault_of_redirect
from ..in_front import name_guards
from ..names import capitalize, name_match, name_page, name_rule
from ..observation import Observation
from ..rules import Rule
from . import Verdict, explain_failure, may_have_answered
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
    rule = app.find_rule(decision)
    return judge_unknown(seen) if rule is None else _judge_rule(seen, rule)


def _judge_other_app(seen: Observation, prefix: str) -> Verdict:
    sentence = f"Another Dash app on the server, at {prefix!r}, has it"
    if seen.status < 400:
        return Verdict("route", f"{sentence}.", [])
    hint = Hint("routing", "It is another Dash app. Name that one, to have it explained.")
    return Verdict("route", f"{sentence}, and the answer is {seen.status}.", [hint])


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
        if status == 404:
            return Verdict("routing", f"{refused}.", hints)
        hint = may_have_answered(seen, is_refused=True)
        return Verdict("routing", f"{refused}, and the answer is {status} all the same.", [hint, *hints])
    if decision.outcome is Outcome.WRONG_METHOD and status == 405:
        text = "Pages accept GET and, except on FastAPI, HEAD. For other methods, the URL needs a rule of its own."
        sentence = f"{name} is there, but a page does not accept {seen.method}."
        return Verdict("routing", sentence, [Hint("routing", text)])
    if location and decision.outcome is Outcome.REDIRECT and location.partition("?")[0] == decision.location:
        sentence = f"{matches}: redirect_slashes sends it to the page's own path, {location}."
        return Verdict("page", sentence, hints)
    if status < 300:
        return Verdict("page", f"{matches}.", hints)
    in_front = f"redirects to {location}" if location else f"answers {status}"
    if status >= 500:
        failure = explain_failure(seen, "the page's code, a guard or Dash")
        return Verdict("page", f"{matches}, but the answer is {status}.", [*failure, *hints])
    sentence = f"{matches}, but something in front of it {in_front}."
    return Verdict("page", sentence, [may_have_answered(seen), *hints])


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
    matches, status = f"{capitalize(name_rule(rule))} matches it", seen.status
    hints = list(explain_prefixes(seen.app, seen.path, seen.method))
    if seen.answer is None:
        sentence = f"{matches}. It was not asked: with {seen.method} its view might change something."
    elif seen.location:
        sentence = f"{matches}, and the answer redirects to {seen.location}."
        hints = [*_find_fault_of_location(seen, seen.location), *hints]
    elif status == 404:
        sentence, hints = f"{matches}, and the answer is 404.", [_explain_404(seen, rule), *hints]
    elif status >= 500:
        sentence = f"{matches}, but the answer is {status}."
        hints = [*explain_failure(seen, "its view or a guard"), *hints]
    elif status >= 400:
        sentence, hints = f"{matches}, but the answer is {status}.", [may_have_answered(seen), *hints]
    else:
        sentence = f"{matches}."
    return Verdict("route", sentence, hints)


def _explain_404(seen: Observation, rule: Rule) -> Hint:
    if rule.kind == "assets":
        folder = seen.app.dash_app.config.assets_folder
        return Hint("routing", f"There is no such file in {folder}, or letter case or assets_ignore differ.")
    if rule.kind == "mount":
        return Hint("routing", "What is mounted there has no such URL. Look at its own routes.")
    before = name_guards(seen.app.dash_app, seen.decision)
    runs_before = f": {', '.join(before)}" if before else ""
    text = f"Look for abort(404) and the like in {rule.endpoint!r}, and in what runs before it{runs_before}."
    return Hint("routing", text)


def _find_fault_of_location(seen: Observation, location: str) -> Iterator[Hint]:
    path = location.partition("?")[0]
    is_here = path.startswith("/") and path != seen.path
    fault = find_fault_of_redirect(seen.app, path) if is_here else None
    if fault:
        yield Hint("routing", f"{capitalize(fault)}.")
