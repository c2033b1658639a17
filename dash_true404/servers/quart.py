"""Quart: what it shares with Flask, awaited."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

import dash
import jinja2
import quart
from dash.exceptions import DependencyException

from ..core.not_found_page import PROBLEM, PROBLEM_TYPE
from ..core.paths import asgi_path, asgi_readings
from ..core.site import Site
from ..dash_internals.first_request import spare_threads
from ..dash_internals.index_page import rendering
from ..dash_internals.navigation import awaits_layouts
from .decisions import Decision
from .errors import PageNotFound
from .templates import FlaskTemplates, Html
from .werkzeug import Steps, WerkzeugServer
from .werkzeug_decisions import View


class QuartPageNotFound(PageNotFound):
    """Raised for an unknown URL."""


class QuartTemplates(FlaskTemplates):
    """The templates of a Quart server and of its blueprints."""

    def render(self, template: jinja2.Template) -> Html:
        """Render a template with what the server gives to all of them."""
        return quart.render_template(template, home=self._home())  # type: ignore[arg-type]


class QuartServer(WerkzeugServer):
    """True 404s on a Quart server."""

    framework: ClassVar[Any] = quart
    templates_class = QuartTemplates
    not_found_error = QuartPageNotFound

    @staticmethod
    def can_wait(app: dash.Dash) -> bool:
        """Tell whether a page's ``exists`` may be async."""
        return awaits_layouts(app)

    def as_function(self, steps: Callable[..., Steps], like: View | None = None) -> View:
        """Return a function that calls what the steps yield, and raises the error or returns the answer of theirs."""

        @functools.wraps(like or steps)
        async def function(*args: Any, **kwargs: Any) -> Any:
            refusal, answer = await self.run(steps(*args, **kwargs))
            if refusal is None:
                return answer
            try:
                raise refusal
            finally:
                del refusal  # or this frame and the error, which holds it, would wait for the garbage collector

        return function

    @staticmethod
    async def run(steps: Steps) -> Any:
        """Call what the steps yield, one after the other, and return what they return."""
        result = None
        while True:
            try:
                step = steps.send(result)
            except StopIteration as done:
                return done.value
            result = step()
            result = await result if inspect.isawaitable(result) else result

    def callable(self, function: View) -> View:
        """Return a function of the user's, plain or async, as the server calls it."""
        callable_: View = self._server.ensure_async(function)
        return callable_

    def spare_hooks(self, functions: list[Callable[[], Any]]) -> None:
        """Have Dash's own ``before_request`` functions cost nothing once they have done their work."""
        spare_threads(functions, self._server.ensure_async)

    async def before_request(self) -> None:
        """Do, before a request is served, what cannot be done in a view: see to other methods than GET and HEAD."""
        super().before_request()

    def paths(self, request: Any) -> tuple[str, ...]:
        """Return a request's path as the browser holds it, and what else it may be."""
        path = asgi_path(request.scope, request.path)
        return asgi_readings(request.scope, path) if "%" in path else (path,)

    def accept(self, request: Any) -> str:
        """Return a request's Accept header."""
        return str(request.headers.get("Accept", ""))

    async def exists(self, decision: Decision) -> bool:
        """Tell whether what a page is about exists: call its ``exists``."""
        site, match, others = decision.site, decision.found.match, decision.found.others
        return site is None or match is None or await site.exists.ask_async(match, self._in_thread, others)

    async def _in_thread(self, function: Callable[[], Any]) -> Any:
        return await self._server.ensure_async(function)()

    async def guarded(
        self, call: View, decision: Decision, exists: Callable[[], Awaitable[bool]]
    ) -> tuple[Any, bytes | None]:
        """Return the response of Dash's view behind the user's guard, and its content if it is there already."""
        is_reporting = decision.site is not None and decision.site.is_report_only
        with rendering(lambda: is_reporting or decision.found.is_page):  # which cannot wait for exists
            response = await self._server.make_response(await call())
        return response, await response.get_data(as_text=False) if response.content_length else None

    async def bundle(self, call: View) -> Any:
        """Return Dash's answer to a component bundle, or the error that it raises for one that does not exist."""
        try:
            return await call()
        except DependencyException as error:
            return error

    async def static_answer(self, site: Site | None) -> Any:
        """Return the response with the 404 page of a site; with a problem in JSON for None."""
        if site is None:
            return self.response(PROBLEM, PROBLEM_TYPE)
        return self.response(await site.not_found_page.html_async())
