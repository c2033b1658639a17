"""enable_true_404(): checks what it is given, picks the server's adapter, and connects the rest."""

from __future__ import annotations

import os

import dash
import flask

from .answers import IN_APP, InApp
from .servers.flask import FlaskServer
from .servers.jinja import FlaskTemplates
from .site import Site


def enable_true_404(app: dash.Dash, page: str | os.PathLike[str] | InApp | None = None) -> None:
    """Make a Dash multi-page app answer 404 for every URL that is no page.

    ::

        app = Dash(__name__, use_pages=True)
        enable_true_404(app)

    A URL is a page exactly if Dash's router would render one for it in the browser. All others get status 404,
    whatever the method (405 where another route takes other methods). Everything else on the server, other
    routes, guards, assets and callbacks, stays as it was. The user's own ``errorhandler(404)`` takes precedence.

    :param app: the Dash app, made with ``use_pages=True``. With ``server=False``, call it after
        ``app.init_app(server)``.
    :param page: what visitors see.

        - ``None`` (the default): ``404.html`` from the server's template folders (rendered with Jinja, ``home`` is
          the app's root URL) or from the app's assets folder. If there is none: as for ``IN_APP`` if the app has a
          page whose module is named ``not_found_404``, else a built-in page.
        - A name: looked for in the template folders, then as a file relative to the app's root folder, then in its
          assets folder.
        - ``IN_APP``: the app's own shell, in which Dash draws its not-found layout.

        A changed file is read again. One that has vanished or broken leaves its last good version in place.
    :raises TypeError: if ``app`` is no Dash app or ``page`` is no name.
    :raises ValueError: if the app does not use pages, or the page is not UTF-8 text or no valid Jinja template.
    :raises RuntimeError: if it is too early (``server=False``, and no ``init_app()`` yet) or too late (the server
        has answered a request).
    :raises FileNotFoundError: if a named page is nowhere.
    :raises OSError: if it cannot be read.

    Called twice for one app, the last call holds. Call it before ``app.csp_hashes()``.
    """
    if not isinstance(app, dash.Dash):
        hint = " Pass the Dash app itself, not its server." if isinstance(app, flask.Flask) else ""
        raise TypeError(f"enable_true_404() takes a dash.Dash app, not {app!r}.{hint}")
    if page is not None and page is not IN_APP and not isinstance(page, (str, os.PathLike)):
        raise TypeError(f"page= takes the name of a file or template, IN_APP or None, not {page!r}.")
    if not app.use_pages:
        raise ValueError(
            "The app has no pages: dash.page_registry tells which URLs exist only for apps made with "
            "Dash(..., use_pages=True). For an app that routes by hand, there is nothing to tell a page from."
        )
    server = app.server
    if isinstance(server, flask.Flask) or not server:
        _enable_on_flask(app, server, page)
    else:
        raise TypeError(
            f"The app's server is a {type(server).__module__}.{type(server).__name__}. "
            "dash-true404 knows Flask; it does not know this one yet."
        )


def _enable_on_flask(app: dash.Dash, server: flask.Flask | None, page: str | os.PathLike[str] | InApp | None) -> None:
    # With server=False there is no server, or from Dash 4.2 on an empty one, so its being there says nothing.
    if not server or app.config.routes_pathname_prefix not in server.view_functions:
        raise RuntimeError(
            "enable_true_404() came before the app had its routes. With Dash(server=False), call it after "
            "app.init_app(server)."
        )
    site = Site(app, page, FlaskTemplates(server, app.config.requests_pathname_prefix))
    FlaskServer.of(server).add(site)
