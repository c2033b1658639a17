"""Which layer takes or refuses a URL, and why, with what to do."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import dash

from ..core.paths import reachable
from .client import Answer, Client
from .hints.deployment import configured, stripped
from .hints.near_misses import Hint, all_pages, capital, last_resort, near, problem_of_redirect
from .hints.not_loaded import not_loaded
from .probe import SAFE, Probe, check_ready, page_name, rule_name, watched
from .rules import Rule

_WIDTH = 80
_MOST_HINTS = 5
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


class Explanation(NamedTuple):
    """Who took or refused a URL, and why."""

    url: str
    """Path and query, percent-encoded as browsers send them."""
    method: str
    status: int
    """What the app answers; 0 where it was not asked, since the method might have changed something."""
    layer: str
    """``page`` or ``route`` for what takes it; where it is refused, ``routing``, ``loading`` or ``deployment``."""
    verdict: str
    """One sentence: who took or refused it, and why."""
    hints: list[str]
    """What nearly matches or is wrong, and what to do; most likely first."""

    def text(self) -> str:
        """Return it for people, wrapped to 80 columns."""
        status = str(self.status) if self.status else "not asked"
        lines = [f"{self.method} {self.url}: {status} ({self.layer})", "", *_wrapped(self.verdict)]
        for hint in self.hints:
            lines += ["", *_wrapped(hint, "- ")]
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return self._asdict()


def _wrapped(text: str, bullet: str = "") -> list[str]:
    # A URL is no word to hyphenate: what is broken cannot be copied.
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=bullet,
        subsequent_indent=" " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )


def explain(app: dash.Dash, url: str, method: str = "GET", client: Client | None = None) -> Explanation:
    """Tell which layer of an app takes or refuses a URL, and why.

    ::

        print(explain(app, "/About").text())

    The app is asked in this process, for the URL and for those that nearly match; with other methods than GET, HEAD and
    OPTIONS only where it refuses, so that no view of the user's changes anything.

    :param app: the Dash app, with or without true 404s.
    :param url: a path with or without a query, or a full URL, whose host is left out.
    :param method: the HTTP method.
    :param client: of that app; None: one for this question.
    :raises NotReadyError: (a ValueError) if the app is not on its server yet (``server=False`` and no ``init_app()``),
        or its server is none that this library knows.
    """
    check_ready(app)
    with ExitStack() as stack:
        probe = Probe(app, client or stack.enter_context(Client(app)))
        path, query = _target(url)
        return _Question(probe, path, query, method.upper()).explanation()


def _target(url: str) -> tuple[str, str]:
    """Return the path and the query that a browser sends for a URL."""
    text = url.strip().encode("utf-8", "replace").decode()
    text = _ORIGIN.sub("", text, count=1).partition("#")[0]
    path, _, query = text.partition("?")
    return reachable(path if path.startswith("/") else f"/{path}"), reachable(query)


def _without_slashes(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


class _Question:
    def __init__(self, probe: Probe, path: str, query: str, method: str) -> None:
        self.probe, self.path, self.query, self.method = probe, path, query, method
        self.taker = probe.taker(path, method)
        # A page takes GET and HEAD alone, but it is a page for all methods.
        self.page: Any = self.taker.page if self.taker else self._page_for_other_methods()
        self.exists: list[Any] = []
        self.answer = self._asked()

    def _page_for_other_methods(self) -> Any:
        rule = self.probe.rules.match(self.path, "GET")
        return self.probe.page(self.path) if rule is not None and self.probe.is_own(rule, self.path) else None

    def _asked(self) -> Answer | None:
        if self.method not in SAFE and self.taker is not None:
            return None
        with watched(self.page) as self.exists:
            return self.probe.ask(self.path, self.method, self.query)

    @property
    def status(self) -> int:
        return self.answer.status if self.answer else 0

    def explanation(self) -> Explanation:
        layer, verdict, hints = self._found()
        url = f"{self.path}?{self.query}" if self.query else self.path
        return Explanation(url, self.method, self.status, layer, verdict, _texts(hints)[:_MOST_HINTS])

    def _found(self) -> tuple[str, str, list[Hint]]:
        if self.page is not None:
            return self._of_page()
        if self.taker is not None and self.taker.rule is not None:
            return self._of_rule(self.taker.rule)
        return self._of_nobody()

    def _of_page(self) -> tuple[str, str, list[Hint]]:
        name = capital(page_name(self.page.page))
        given = ", ".join(f"{key}={value!r}" for key, value in self.page.variables.items())
        taken = f"{name} takes it" + (f", with {given}" if given else "")
        hints = [*self._about_exists(given), *self._other_pages(), *configured(self.probe, self.path, self.method)]
        location = self._location()
        if self.status == 405:
            hint = "Pages take GET, and but for FastAPI HEAD. For other methods, the URL needs a rule of its own."
            return "routing", f"{name} is there, but a page does not take {self.method}.", [Hint("routing", hint)]
        if self.status == 404 and self.exists[:1] == [False]:
            return "routing", f"{name} takes this path, but its exists({given}) said no.", hints
        if location and self.probe.site.own_path(self.probe.site.look_up(self.path)) == location.partition("?")[0]:
            return "page", f"{taken}: redirect_slashes sends it to the page's own path, {location}.", hints
        if location:
            return "page", f"{taken}, but something in front of it (such as a login) redirects to {location}.", hints
        if self.status < 400:
            return "page", f"{taken}.", hints
        return "page", f"{taken}, but the answer is {self.status}: {self._blame()}", hints

    def _about_exists(self, given: str) -> Iterator[Hint]:
        said = self.exists[0] if self.exists else True
        if self.page.page.get("exists") is not None and not self.probe.is_enabled:
            yield Hint("routing", "Its exists= is not asked: enable_true_404(app) was not called for this app.")
        elif said is False and self.probe.site.is_report_only:
            yield Hint("routing", f"exists({given}) said no. With report_only=True that is only logged.")
        elif said is False:
            yield Hint("routing", "If there is such a thing, look at the exists= of that page.")
            if "%" in given:
                yield Hint("routing", "Path variables arrive percent-encoded: use urllib.parse.unquote() in exists.")
        elif isinstance(said, Exception):
            error = f"{type(said).__name__}: {said}"
            yield Hint("routing", f"exists({given}) failed with {error}. The page is taken to exist; mend exists.")
        elif not isinstance(said, bool) and said is None:
            yield Hint(
                "routing", f"exists({given}) returned None, so the page is taken to exist. Return True or False."
            )

    def _other_pages(self) -> Iterator[Hint]:
        path = self.path.removeprefix(self.probe.site.prefix).strip("/")
        for page in all_pages(self.probe):
            if page is not self.page.page and not page.get("path_template") and page["path"].strip("/") == path:
                yield Hint(
                    "routing",
                    f"{capital(page_name(page))} has this path too, but {page_name(self.page.page)} comes first in "
                    "dash.page_registry, and Dash draws the first one. Register it later, or give it another path.",
                )

    def _location(self) -> str | None:
        return self.answer.headers.get("Location") if self.answer and 300 <= self.status < 400 else None

    def _blame(self) -> str:
        if self.status >= 500:
            return "your code or Dash failed, and the server's log says where."
        if self.status in (401, 403):
            return "something in front of it, such as a login, refuses."
        return "something in front of it, such as a guard or middleware, says so."

    def _of_rule(self, rule: Rule) -> tuple[str, str, list[Hint]]:
        name = capital(rule_name(rule))
        hints = list(configured(self.probe, self.path, self.method))
        location = self._location()
        if self.answer is None:
            verdict = f"{name} takes it. It was not asked: with {self.method} its view might change something."
        elif location:
            verdict, hints = f"{name} redirects it to {location}.", [*self._redirected(location), *hints]
        elif self.status == 404:
            verdict, hints = f"{name} takes it, and answers 404 itself.", [self._why_404(rule), *hints]
        elif self.status >= 400:
            verdict = f"{name} takes it, but the answer is {self.status}: {self._blame()}"
        else:
            verdict = f"{name} takes it."
        return "route", verdict, hints

    def _why_404(self, rule: Rule) -> Hint:
        if rule.kind == "assets":
            folder = self.probe.app.config.assets_folder
            return Hint("routing", f"There is no such file in {folder}, or letter case or assets_ignore differ.")
        if rule.kind == "mount":
            return Hint("routing", "What is mounted there has no such URL. Look at its own routes.")
        if rule.serves_pages:
            return Hint("routing", "It is another Dash app. Name that one, to have it explained.")
        return Hint("routing", f"Look for abort(404) and the like in {rule.endpoint!r}, and in what runs before it.")

    def _redirected(self, location: str) -> Iterator[Hint]:
        path, _ = _target(location)
        is_here = location.startswith(("/", "http://localhost/"))
        problem = problem_of_redirect(self.probe, path) if is_here and path != self.path else None
        if problem:
            yield Hint("routing", f"{capital(problem)}.")

    def _of_nobody(self) -> tuple[str, str, list[Hint]]:
        args = (self.probe, self.path, self.method)
        set_up, close = list(configured(*args)), list(near(*args))
        hints = [*set_up, *(hint for hint in close if hint.layer == "routing"), *not_loaded(*args), *stripped(*args)]
        if not set_up:
            hints += [hint for hint in close if hint.layer == "deployment"]
        hints = hints or list(last_resort(*args))
        layer = hints[0].layer if hints else "routing"
        hints = hints[: _MOST_HINTS - 1]
        if not hints and self.status not in (200, 405):
            text = "Nothing is near it, so 404 may well be right. `dash-true404 routes` lists all that there is."
            hints = [Hint("routing", text)]
        location = self._location()
        nobody = "No page and no rule of the server takes it"
        if location and _without_slashes(_target(location)[0]) == _without_slashes(self.path):
            return "route", f"A rule has it with other slashes: the server redirects to {location}.", []
        if location:
            return layer, f"{nobody}, but something in front (such as a login) redirects to {location}.", hints
        if self.status == 405 and self.probe.other_methods(self.path, self.method):
            allow = self.answer.headers.get("Allow", "") if self.answer else ""
            return (
                layer,
                f"The URL is there, but not for {self.method}" + (f". Allow: {allow}" if allow else "."),
                hints,
            )
        if self.status < 400 or (self.status == 405 and not self.probe.is_refusing):
            return self._soft(layer, nobody, hints)
        if self.status == 404:
            return layer, f"{nobody}.", hints
        return layer, f"{nobody}, and the answer is {self.status}.", [*hints, self._why_not_404()]

    def _soft(self, layer: str, nobody: str, hints: list[Hint]) -> tuple[str, str, list[Hint]]:
        probe = self.probe
        if probe.site.is_report_only:
            todo = "With report_only=True, enable_true_404() only logs it. Take that out, and it is a 404."
        elif probe.is_enabled:
            todo = "Your own errorhandler(404) seems to answer without a status: return text, 404."
            return layer, f"{nobody}, but the answer is {self.status} all the same.", [*hints, Hint("routing", todo)]
        elif not probe.app.use_pages:
            verdict = "The app has no pages: Dash answers every URL with its layout."
            todo = "If only some are meant, name them: enable_true_404(app, paths=['/', ...]). The others are 404 then."
            return layer, verdict, [*hints, Hint("routing", todo)]
        else:
            todo = "Call enable_true_404(app) where the app is made, and it is a 404."
        how = "draws 'not found' in the browser: a soft 404"
        if self.status == 405:
            how = "only for the method: what it has for its pages takes every URL"
        verdict = f"{nobody}. Dash answers {self.status} all the same, and {how}."
        return layer, verdict, [*hints, Hint("routing", todo)]

    def _why_not_404(self) -> Hint:
        if self.status == 405:
            text = (
                "A guard of yours (a decorator around Dash's views, or an app-wide dependency) never sees other "
                "methods than GET, so these are 405 everywhere and tell strangers nothing."
            )
        elif self.status >= 500:
            text = (
                "An errorhandler(Exception) of yours or, in debug mode, of Dash's makes it that: register an "
                "errorhandler(404) too. Otherwise the server's log says what failed."
            )
        else:
            text = "Something in front of the pages, such as a login or middleware, answers before anybody looks."
        return Hint("routing", text)


def _texts(hints: list[Hint]) -> list[str]:
    return list(dict.fromkeys(hint.text for hint in hints))
