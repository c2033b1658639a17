"""404 pages from the server's own Jinja templates."""

from __future__ import annotations

import os

import flask
import jinja2

from ..logs import log_once


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
        owners = [self._server, *self._server.blueprints.values()]
        return [
            os.path.join(owner.root_path, owner.template_folder)
            for owner in owners
            if owner.template_folder is not None
        ]

    def find(self, name: str) -> TemplatePage | None:
        """Return a template, parsed to find mistakes now, or None if there is none of that name.

        :raises ValueError: if it is not UTF-8 text or no valid template.
        """
        # Made and kept by Flask when first asked for; after that it is too late for the user to set what they are
        # made of. So they are left as they were.
        owners = [self._server, *self._server.blueprints.values()]
        unasked = [owner for owner in owners if "jinja_loader" not in vars(owner)]
        made = vars(self._server).get("jinja_env")
        environment = made or self._server.create_jinja_environment()
        try:
            return self._find(name, environment)
        finally:
            for owner in unasked:
                vars(owner).pop("jinja_loader", None)

    def _find(self, name: str, environment: jinja2.Environment) -> TemplatePage | None:
        loader = environment.loader or self._server.create_global_jinja_loader()
        try:
            if not loader.has_source_access:  # compiled, hence without mistakes
                template = environment.get_template(name)
                return TemplatePage(self._server, name, template, self._home)
            try:
                source, file, _ = loader.get_source(environment, name)
            except RuntimeError:
                # Loaders of themes or tenants ask for the app's context; the others are spared it, for at its end
                # the user's teardown functions run.
                with self._server.app_context():
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

    def __init__(self, server: flask.Flask, name: str, source: str | jinja2.Template, home: str) -> None:
        self._server = server
        self._name = name
        self._home = home
        self._last_good = source
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
