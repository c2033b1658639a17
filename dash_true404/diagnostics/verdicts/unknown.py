"""What is said of a URL that no page and no rule answers."""

from __future__ import annotations

from collections.abc import Iterator

from ...servers import Outcome, Reason
from ..hints import Hint
from ..hints.deployment import explain_missing_prefix, explain_prefixes
from ..hints.misspelt import find_misspelt
from ..hints.near_misses import find_near_misses
from ..hints.not_loaded import find_not_loaded
from ..in_front import name_wrappers
from ..names import name_rule
from ..observation import Observation
from . import Verdict
from .answers import explain_failure, is_in_front, say_who

_MOST_HINTS = 4  # so that there is room for what to do


def judge_unknown(seen: Observation) -> Verdict:
    """Return the layer, the sentence and the hints for a request that no page and no rule answers."""
    decision, status = seen.decision, seen.status
    nothing = _say_that_nothing_matches(seen)
    if is_in_front(seen):
        layer, hints = _collect_hints(seen)
        return Verdict("in front", f"{nothing}, but {say_who(seen)}.", [*hints, *_explain_handler(seen)])
    if seen.location and decision.outcome is Outcome.REDIRECT:
        sentence = f"A page or a rule has it with other slashes: the server redirects to {seen.location}."
        return Verdict("route", sentence, [])
    layer, hints = _collect_hints(seen)
    if decision.reason is Reason.GUARDED and (status == 405 or status < 300):
        text = "never sees other methods than GET, so these are 405 everywhere and tell strangers nothing."
        hint = Hint("routing", f"A guard ({', '.join(name_wrappers(seen.app.dash_app, decision))}) {text}")
        return Verdict(layer, f"{nothing}, and the answer is {status}.", [*hints, hint])
    if status == 405 and decision.outcome is Outcome.WRONG_METHOD:
        allow = seen.answer.headers.get("Allow", "") if seen.answer else ""
        allowed = f". Allow: {allow}" if allow else ""
        return Verdict(layer, f"The URL is there, but not for {seen.method}{allowed}.", hints)
    if _is_soft(seen):
        return _judge_soft(seen, layer, nothing, hints)
    if status == 404 and not seen.answerer.error:
        return Verdict(layer, f"{nothing}.", hints)
    if decision.reason is Reason.LATER:
        return Verdict(layer, f"{nothing}, which answers {status}.", hints)
    return Verdict(layer, f"{nothing}, but {say_who(seen)}.", [*hints, *explain_failure(seen)])


def _explain_handler(seen: Observation) -> Iterator[Hint]:
    if seen.answerer.kind == "errorhandler" and seen.status >= 500:
        yield Hint("routing", "It gets the server's 404s too. Register an errorhandler(404) as well.")


def _say_that_nothing_matches(seen: Observation) -> str:
    decision, hidden = seen.decision, seen.app.find_hidden_rule(seen.decision)
    if decision.reason is Reason.NOT_FOUND_PAGE and decision.found.match is not None:
        return f"It is the not-found page's own URL ({decision.found.match.page['module']!r}), which isn't a page"
    if hidden is not None:
        return f"No page matches it, and Dash's catch-all hides {name_rule(hidden)} from it"
    if decision.reason is Reason.LATER:
        return "No page and no route matches it, only what the router has for all other URLs"
    nothing = "No page and no rule of the server matches it"
    if decision.outcome is Outcome.WRONG_METHOD and decision.reason is Reason.OTHER_RULE:
        return f"{nothing} with {seen.method}"
    return f"{nothing} with these slashes" if decision.reason is Reason.SLASHES else nothing


def _collect_hints(seen: Observation) -> tuple[str, list[Hint]]:
    """Return the layer in which the URL got lost, and what is near it."""
    args = (seen.app, seen.path, seen.method)
    if seen.decision.reason is Reason.NOT_FOUND_PAGE:
        return "routing", list(explain_prefixes(*args))
    prefixes, near_misses = list(explain_prefixes(*args)), list(find_near_misses(*args))
    hints = [*prefixes, *(hint for hint in near_misses if hint.layer == "routing"), *find_not_loaded(*args)]
    hints += explain_missing_prefix(*args)
    if not prefixes:
        hints += [hint for hint in near_misses if hint.layer == "deployment"]
    hints = hints or list(find_misspelt(*args))
    layer = hints[0].layer if hints else "routing"
    if not hints and seen.app.find_hidden_rule(seen.decision) is not None:
        text = "If the rule is meant, give it a prefix of its own, or the app one, with Dash(url_base_pathname=...)."
        hints = [Hint("routing", text)]
    if not hints and seen.status == 404:
        text = "Nothing is near it, so 404 may well be right. `dash-true404 routes` lists all that there is."
        hints = [Hint("routing", text)]
    return layer, hints[:_MOST_HINTS]


def _is_soft(seen: Observation) -> bool:
    """Tell whether Dash's catch-all answers what it should refuse."""
    is_dashs = seen.decision.outcome is not Outcome.PASS_ON or seen.decision.rule is not None
    return is_dashs and not seen.app.is_refusing and (seen.status < 300 or seen.status == 405)


def _judge_soft(seen: Observation, layer: str, nothing: str, hints: list[Hint]) -> Verdict:
    app, due = seen.app, seen.decision.outcome.value
    if app.is_enabled:
        todo = f"With report_only=True, enable_true_404() only logs it. Without that, it is a {due}."
    elif not app.dash_app.use_pages:
        sentence = "The app has no pages: Dash answers every URL with its layout."
        todo = "If only some are meant, name them: enable_true_404(app, paths=['/', ...]). The others are 404 then."
        return Verdict(layer, sentence, [*hints, Hint("routing", todo)])
    else:
        todo = f"Call enable_true_404(app) where the app is made, and it is a {due}."
    how = "draws 'not found' in the browser: a soft 404"
    if seen.status == 405:
        how = "only for the method: what it has for its pages matches every URL"
    return Verdict(
        layer, f"{nothing}. Dash answers {seen.status} all the same, and {how}.", [*hints, Hint("routing", todo)]
    )
