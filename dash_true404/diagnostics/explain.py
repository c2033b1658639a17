"""Which layer matches or refuses a URL, and why, with what to do."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, NamedTuple

import dash

from ..core.paths import reachable
from .answerers import Answerer
from .client import Client
from .inspected_app import InspectedApp, check_ready
from .observation import Observation, is_end_found, is_kept_out, observe
from .tables import fill
from .urls import resolve_dots, strip_origin
from .verdicts.found import judge

_WIDTH = 80
_MOST_HINTS = 5


class Explanation(NamedTuple):
    """What matched or refused a URL, and why."""

    url: str
    """Path and query, percent-encoded as browsers send them."""
    method: str
    status: int
    """What the app answers; 0 where it was not asked, since the method might have changed something."""
    layer: str
    """``page`` or ``route`` for what answers it; ``in front`` if a guard, middleware or an error handler did; where it
    is refused, ``routing``, ``loading`` or ``deployment``."""
    verdict: str
    """One sentence: what matched or refused it, and why."""
    hints: list[str]
    """What nearly matches or is wrong, and what to do; most likely first."""
    outcome: str
    """What is decided for it, such as ``passed on`` or ``404``; without true 404s, what would be."""
    reason: str
    """Why, such as ``page`` or ``no page``."""
    is_found: bool | None
    """Whether a visitor gets something: a 2xx, if by redirects, or a rule that matches and was not asked. None where
    that could not be seen: a redirect leads out of the app, a guard answers first, or the method does
    not ask ``exists``."""
    answerer: Answerer | None
    """Who answered, as far as that was seen; None where it was not asked."""

    def text(self) -> str:
        """Return it for people, wrapped to 80 columns."""
        status = str(self.status) if self.status else "not asked"
        lines = [f"{self.method} {self.url}: {status} ({self.layer})", "", fill(self.verdict, _WIDTH)]
        for hint in self.hints:
            lines += ["", fill(hint, _WIDTH, "  ", "- ")]
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON, as the schema ``explain.json`` in this package's ``schemas`` says."""
        return {**self._asdict(), "answerer": None if self.answerer is None else self.answerer._asdict()}


def explain(app: dash.Dash, url: str, method: str = "GET", client: Client | None = None) -> Explanation:
    """Tell which layer of an app matches or refuses a URL, and why.

    ::

        print(explain(app, "/About").text())

    The app is asked in this process: twice for the URL, to see who answers, and once for those that nearly match; with
    other methods than GET, HEAD and OPTIONS only where it refuses, so that no view of the user's changes anything.

    :param app: the Dash app, with or without true 404s.
    :param url: a path with or without a query, or a full URL, whose host is left out.
    :param method: the HTTP method.
    :param client: of that app; None: one for this question.
    :raises NotReadyError: (a ValueError) if the app is not on its server yet (``server=False`` and no ``init_app()``),
        or this library does not know its server.
    """
    check_ready(app)
    target = _find_target(url)
    with ExitStack() as stack:
        client = client or stack.enter_context(Client(app))
        seen = observe(InspectedApp(app, client), target, method.upper())
        layer, sentence, hints = judge(seen)
        texts = list(dict.fromkeys(hint.text for hint in hints))[:_MOST_HINTS]
        if is_kept_out(seen):
            is_found, texts = None, [*texts[: _MOST_HINTS - 1], _advise_log_in(seen)]
        else:
            is_found = is_end_found(seen)
    return Explanation(
        url=target,
        method=seen.method,
        status=seen.status,
        layer=layer,
        verdict=sentence,
        hints=texts,
        outcome=seen.decision.outcome.value,
        reason=seen.decision.reason.value,
        is_found=is_found,
        answerer=None if seen.answer is None else seen.answerer,
    )


def _advise_log_in(seen: Observation) -> str:
    client = seen.app.client
    if client.visitor.login:
        return f"--login {client.visitor.login} was called, but the guard still answers."
    if client.is_somebody:
        return "The guard does not accept this visitor: look at --user and --header, or log in with --login."
    return (
        "Whether it is found was not seen, because that answered first. If it is a log-in, log in with --login, --user "
        "or --header."
    )


def _find_target(url: str) -> str:
    """Return the path and the query that a browser sends for a URL."""
    text = url.strip().encode("utf-8", "replace").decode()
    path, _, query = strip_origin(text).partition("#")[0].partition("?")
    path = resolve_dots(path if path.startswith("/") else f"/{path}")
    return reachable(path) + (f"?{reachable(query)}" if query else "")
