"""404 pages from the server's own Jinja templates: found and checked at start-up, rendered for every request."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import jinja2

from ..core.logs import log_once

Html = str | bytes | Awaitable[str | bytes]
Render = Callable[[jinja2.Template], Html]


class FlaskTemplates:
    """The templates of a Flask server and of its blueprints, and, with the same names, those of Quart's.

    :param server: the server.
    :param home: called for the app's root URL, which templates get as ``home``.
    :param render: the framework's ``render_template``.
    """

    def __init__(self, server: Any, home: Callable[[], str], render: Callable[..., Html]) -> None:
        self._server = server
        self._render = lambda template: render(template, home=home())

    def places(self) -> list[str]:
        """Return the folders in which templates are looked for."""
        owners = [self._server, *self._server.blueprints.values()]
        return [
            os.path.join(owner.root_path, owner.template_folder)
            for owner in owners
            if owner.template_folder is not None
        ]

    def find(self, name: str) -> TemplatePage | None:
        """Return a template, parsed to find mistakes now, or None if there is none of that name.

        :raises ValueError: if it isn't UTF-8 text or not a valid template.
        """
        # Flask makes and keeps these at the first access, and then ignores what the user sets. So they are reset.
        owners = [self._server, *self._server.blueprints.values()]
        unasked = [owner for owner in owners if "jinja_loader" not in vars(owner)]
        environment = vars(self._server).get("jinja_env") or self._server.create_jinja_environment()
        loader = environment.loader or self._server.create_global_jinja_loader()
        try:
            source = checked(name, environment, loader)
        except RuntimeError:
            # Loaders of themes or tenants need the app's context. Others don't get one, because at its end the user's
            # teardown functions run.
            with self._server.app_context():
                source = checked(name, environment, loader)
        finally:
            for owner in unasked:
                vars(owner).pop("jinja_loader", None)
        if source is None:
            return None
        # Not in the server's own environment, which keeps a loaded template outside of debug mode.
        return TemplatePage(name, source, lambda: self._server.jinja_env.overlay(auto_reload=True), self._render)


class StarletteTemplates:
    """The templates of a user's ``Jinja2Templates``.

    :param templates: the user's.
    :param home: called for the app's root URL, which templates get as ``home``.
    """

    def __init__(self, templates: Any, home: Callable[[], str]) -> None:
        self._templates = templates
        self._home = home

    def places(self) -> list[str]:
        """Return the folders in which templates are looked for."""
        return [str(folder) for folder in getattr(self._templates.env.loader, "searchpath", [])]

    def find(self, name: str) -> TemplatePage | None:
        """Return a template, parsed to find mistakes now, or None if there is none of that name.

        :raises ValueError: if it isn't UTF-8 text or not a valid template.
        """
        environment = self._templates.env
        source = checked(name, environment, environment.loader) if environment.loader else None
        if source is None:
            return None
        return TemplatePage(name, source, lambda: environment.overlay(auto_reload=True), self._render)

    def _render(self, template: jinja2.Template) -> Html:
        request, context = request_of_template.get(), {"home": self._home()}
        if not template.environment.is_async:
            html: bytes = self._templates.TemplateResponse(request=request, name=template, context=context).body
            return html
        for process in self._templates.context_processors:
            context |= process(request)
        return template.render_async(request=request, **context)


class NoTemplates:
    """No templates, for a FastAPI server whose user has none."""

    def places(self) -> list[str]:
        """Return the folders in which templates are looked for."""
        return []

    def find(self, name: str) -> None:
        """Return None, whatever the name."""


#: The Starlette request that a template is rendered for.
request_of_template: ContextVar[Any] = ContextVar("dash_true404_request")


def checked(name: str, environment: jinja2.Environment, loader: jinja2.BaseLoader) -> str | jinja2.Template | None:
    """Return the source of a template without mistakes, the template if it has no source, or None.

    :raises ValueError: if it isn't UTF-8 text or not a valid template.
    """
    try:
        if not loader.has_source_access:  # compiled, so without mistakes
            return environment.get_template(name)
        source, file, _ = loader.get_source(environment, name)
        environment.parse(source, name, file)
    except jinja2.TemplateNotFound:
        return None
    except UnicodeDecodeError as error:
        raise ValueError(f"The 404 template {name!r} is not UTF-8 text ({error}). Save it as UTF-8.") from error
    except jinja2.TemplateSyntaxError as error:
        raise ValueError(
            f"The 404 template {name!r} isn't a valid Jinja template: {error.message} (line {error.lineno} of "
            f"{file}). Put a page that isn't meant as a template, for instance with minified CSS that contains '{{#', "
            "into the assets folder or between {% raw %} and {% endraw %}. Add extensions with tags of their own "
            "to the server's Jinja environment before enable_true_404()."
        ) from error
    return source


class TemplatePage:
    """A template that is rendered for every request, and read again after a change, in debug mode or not.

    :param name: its name.
    :param source: what it is now.
    :param environment: called once, at the first request, for the environment to load it in.
    :param render: renders it.
    """

    def __init__(
        self, name: str, source: str | jinja2.Template, environment: Callable[[], jinja2.Environment], render: Render
    ) -> None:
        self._name = name
        self._last_good = source
        self._make_environment = environment
        self._environment: jinja2.Environment | None = None
        self._render = render

    def html(self) -> Html:
        """Return the rendered page; from the last good template if it is gone or broken now."""
        if self._environment is None:
            self._environment = self._make_environment()
        try:
            self._last_good = self._environment.get_template(self._name)
        except (jinja2.TemplateError, OSError, ValueError) as error:
            log_once(f"The 404 template {self._name!r} cannot be used; its last good version is served.", error)
            if isinstance(self._last_good, str):
                self._last_good = self._environment.from_string(self._last_good)
        return self._render(self._last_good)
