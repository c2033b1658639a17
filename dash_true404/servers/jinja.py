"""404 pages from the server's own Jinja templates."""

from __future__ import annotations

import flask
import jinja2

from ..answers import log_once


class FlaskTemplates:
    """The templates of a Flask server and of its blueprints.

    :param server: the Flask server.
    :param home: the app's root URL, which templates get as ``home``.
    """

    def __init__(self, server: flask.Flask, home: str) -> None:
        self._server = server
        self._home = home

    def places(self) -> list[str]:
        """Return the folders in which templates are looked for."""
        loaders = [self._server.jinja_loader, *(b.jinja_loader for b in self._server.blueprints.values())]
        return [folder for loader in loaders for folder in getattr(loader, "searchpath", [])]

    def find(self, name: str) -> TemplatePage | None:
        """Return a template, parsed to find mistakes now, or None if there is none of that name.

        :raises ValueError: if it is not UTF-8 text or no valid template.
        """
        # Asking for jinja_env would create it, and make it too late for the user to set jinja_options.
        made = vars(self._server).get("jinja_env")
        environment = made or self._server.create_jinja_environment()
        loader = environment.loader or self._server.create_global_jinja_loader()
        try:
            source, file, _ = loader.get_source(environment, name)
            environment.parse(source, name, file)
        except jinja2.TemplateNotFound:
            return None
        except UnicodeDecodeError as error:
            raise ValueError(f"The 404 template {name!r} is not UTF-8 text ({error}). Save it as UTF-8.") from error
        except jinja2.TemplateSyntaxError as error:
            raise ValueError(
                f"The 404 template {name!r} is no valid Jinja template: {error.message} (line {error.lineno} of "
                f"{file}). A page that is not meant as a template, minified CSS with '{{#' in it for instance, "
                "belongs into the assets folder or between {% raw %} and {% endraw %}. A tag of an extension "
                "is only known if the extension is added to server.jinja_env before enable_true_404()."
            ) from error
        return TemplatePage(self._server, name, source, self._home)


class TemplatePage:
    """A template that is rendered for every request, and read again when it changes, in any mode."""

    def __init__(self, server: flask.Flask, name: str, source: str, home: str) -> None:
        self._server = server
        self._name = name
        self._home = home
        self._last_good: jinja2.Template | str = source
        self._environment: jinja2.Environment | None = None

    def html(self) -> str:
        """Return the rendered page; of the last good template if that has vanished or is broken now."""
        if self._environment is None:
            # Outside debug mode Flask's own environment keeps a template once it is loaded.
            self._environment = self._server.jinja_env.overlay(auto_reload=True)
        try:
            self._last_good = self._environment.get_template(self._name)
        except (jinja2.TemplateError, OSError, ValueError) as error:
            log_once(f"The 404 template {self._name!r} cannot be used; its last good version is served.", error)
            if isinstance(self._last_good, str):
                self._last_good = self._environment.from_string(self._last_good)
        return flask.render_template(self._last_good, home=self._home)
