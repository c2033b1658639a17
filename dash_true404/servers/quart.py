"""Quart: Flask's shape, awaited."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

import dash
import jinja2
import quart
from dash.exceptions import DependencyException
from werkzeug.exceptions import HTTPException, NotFound

from ..core.pages import is_async
from ..core.paths import asgi_path
from ..core.site import is_dashs_own
from ..dash_internals.router import awaits_layouts, is_shell, rendering, shell
from .errors import PageNotFound, users_handler_now
from .templates import FlaskTemplates, Html
from .werkzeug import View, WerkzeugServer


class QuartPageNotFound(PageNotFound):
    """Raised for a URL that is no page."""


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

    async def before_request(self) -> None:
        """Look at a request before its view does."""
        self.prepare()

    def _start(self) -> None:
        super()._start()
        functions = self._server.before_request_funcs[None]
        for number, function in enumerate(functions):
            if is_dashs_own(function) and not is_async(function):
                functions[number] = self._in_thread_once(function)

    def _in_thread_once(self, function: Callable[[], Any]) -> Callable[[], Awaitable[Any]]:
        """Return one of Dash's own ``before_request`` functions, in a thread the first time it is called only.

        Quart has a thread for what is no ``async def``, at every request, and Dash's do all their work at the first.
        """
        in_thread, is_done = self._server.ensure_async(function), False

        @functools.wraps(function)
        async def in_thread_once() -> Any:
            nonlocal is_done
            if is_done:
                return function()
            answer = await in_thread()
            is_done = True
            return answer

        return in_thread_once

    def path(self, request: Any) -> str:
        """Return a request's path as the browser holds it."""
        return asgi_path(request.scope, request.path)

    def accept(self, request: Any) -> str:
        """Return a request's Accept header."""
        return str(request.headers.get("Accept", ""))

    def page_or_404(self, endpoint: str, view: View) -> View:
        """Return Dash's view for a page, and for everything else an error raised."""
        call = self._server.ensure_async(view)

        @functools.wraps(view)
        async def page_or_404(*args: Any, **kwargs: Any) -> Any:
            request = self.asked()
            site = self.site_behind(endpoint, request)
            if site is None:
                return await call(*args, **kwargs)
            path = self.path(request)
            verdict = site.verdict(path)
            refusal = None if verdict.is_page else self.refusal(site, request, path)
            response = None
            if not self.is_open(site, endpoint, is_reached=True):
                # A guard that wraps Dash's view answers first. Only an answer of Dash's is replaced.
                with rendering(lambda: verdict.is_page or site.report_only):
                    response = await self._server.make_response(await call(*args, **kwargs))
                content = await response.get_data(as_text=False) if response.content_length else None
                if not is_shell(response.status_code, content):
                    return response
            refusal = refusal or self.redirect(verdict, request)
            if refusal is None:
                await verdict.ask(self._in_thread)
                refusal = None if verdict.exists else self.not_found_error(site.index_rule)
            refusal = self.unless_reported(site, request, refusal)
            if refusal is not None:
                try:
                    raise refusal
                finally:
                    del refusal  # or this frame and the error, which holds it, would wait for the garbage collector
            return await call(*args, **kwargs) if response is None else response

        return page_or_404

    def bundle_or_404(self, endpoint: str, view: View) -> View:
        """Return Dash's view for a component bundle, and an error raised for one that there is not."""
        call = self._server.ensure_async(view)

        @functools.wraps(view)
        async def bundle_or_404(*args: Any, **kwargs: Any) -> Any:
            try:
                return await call(*args, **kwargs)
            except DependencyException:
                if self._sites[endpoint].report_only:
                    raise
                raise self.not_found_error(endpoint) from None

        return bundle_or_404

    async def handle(self, error: HTTPException) -> Any:
        """Answer an error of ours: by the user's handler, or by the app's 404 page."""
        request = self.asked()
        handler = users_handler_now(self._server, request, error)
        answer = await self._server.ensure_async(handler)(error) if handler else error
        if not isinstance(error, PageNotFound):
            return answer
        # A handler may give the error back, alone or with a status of its own.
        if answer is error:
            return await self.not_found(error.endpoint, request)
        if isinstance(answer, tuple) and answer and answer[0] is error:
            return (await self.not_found(error.endpoint, request), *answer[1:])
        return answer

    async def handle_every_404(self, error: HTTPException) -> Any:
        """Answer any other 404 of the server."""
        request = self.asked()
        handler = users_handler_now(self._server, request, NotFound())
        if handler:
            return await self._server.ensure_async(handler)(error)
        if error.response is not None:  # abort(404, response=...), or abort(response)
            return error
        return await self.not_found(None, request) or error

    async def not_found(self, endpoint: str | None, request: Any) -> Any:
        """Return the answer to a URL that is no page.

        :param endpoint: whose app answers; None: whichever app answers every 404 of the server, if one does.
        """
        site = self.site_to_answer(endpoint, request)
        if site is None:
            return None
        if not self.is_shell_due(site, endpoint, request):
            return self.response(None if self.is_json_due(request) else await site.answer.html_async())
        try:
            page = await self._server.make_response(site.answer.or_built_in(lambda: shell(site), HTTPException))
        except HTTPException as aborted:
            return aborted
        return self.finished(page)

    async def _in_thread(self, function: Any) -> Any:
        return await self._server.ensure_async(function)()
