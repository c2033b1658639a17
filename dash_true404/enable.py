"""enable_true_404(): checks its arguments, picks the server's adapter, and connects the rest."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

import dash

from .core.not_found_page import InApp
from .core.site import Options
from .dash_internals.assumptions import check_assumptions, check_for_other_routes
from .dash_internals.navigation import connect
from .dash_internals.server_change import refuse_server_change
from .options import check_options
from .servers import adapter_for, make_site


def enable_true_404(
    app: dash.Dash,
    page: str | os.PathLike[str] | InApp | None = None,
    *,
    paths: Iterable[str] | Callable[[str], object] = (),
    redirect_slashes: bool = False,
    everywhere: bool = False,
    reload_dead_links: bool = True,
    report_only: bool = False,
) -> None:
    """Make a Dash multi-page app answer 404 for every URL that isn't a page.

    ::

        app = Dash(__name__, use_pages=True)
        enable_true_404(app)

    A URL is a page if Dash's router would render one for it in the browser, and the page's own ``exists``, if it has
    one, doesn't return False::

        dash.register_page(__name__, path_template="/asset/<asset_id>", exists=lambda asset_id: asset_id in ASSETS)

    All other URLs get status 404, whatever the method (405 if another route accepts other methods). Everything else on
    the server stays as it was: other routes, guards, assets and callbacks. Your own ``errorhandler(404)`` (on FastAPI
    ``exception_handler(404)``) takes precedence.

    :param app: the Dash app. With ``server=False``, call this after ``app.init_app(server)``.
    :param page: what visitors see.

        - ``None`` (the default): ``404.html`` from the server's template folders (rendered with Jinja, ``home`` is
          the app's root URL; on FastAPI, those of a ``Jinja2Templates`` that is ``server.state.templates`` or a global
          of the app's module) or from the app's assets folder. If there is none: as for ``IN_APP`` if the app has a
          page whose module is named ``not_found_404``, otherwise a built-in page.
        - A name: looked for in the template folders, then as a file relative to the app's root folder, then in its
          assets folder.
        - ``IN_APP``: the app's own shell, in which Dash draws its not-found layout.

        A changed file is read again. If it is gone or broken, its last good version is served. Clients that prefer JSON
        get ``application/problem+json`` (RFC 9457).
    :param paths: more paths and templates that are pages although they aren't in ``dash.page_registry``, without the
        app's prefix and in the syntax of ``path_template``. They also make true 404s possible without ``use_pages``.
        Or a plain function of a path that isn't a registered page::

            enable_true_404(app, paths=lambda path: path in VALID or DEMO.fullmatch(path))

        It is called with the path below the app's prefix, with its leading slash, as the browser holds it: still
        percent-encoded, and with any slashes at its end. Any true value means that it is a page. If it fails, the URL
        is a page, and the fault is logged. It runs before your guards, for every unknown URL, so keep it fast.
    :param redirect_slashes: whether ``/b/`` is redirected (308, query kept) to the page's own path ``/b``. Without
        it both are 200, as in Dash. Pages by a function given as ``paths`` are never redirected.
    :param everywhere: whether all other 404s of the server get the same answer.
    :param reload_dead_links: whether a link inside the app to an unknown URL ends in a full load, and so in the real
        404. Only if Dash would draw its own not-found layout: not with a ``not_found_404`` page or ``IN_APP``.
    :param report_only: whether URLs that would be refused or redirected are only logged, each at most once a minute,
        with the referrer (logger ``dash_true404``).
    :raises TypeError: if ``app`` isn't a Dash app, its server is unknown, ``page`` isn't a name, ``paths`` is neither a
        list of strings nor a plain function of one argument, one of the switches is neither True nor False, or a
        page's ``exists`` can't be called with its path variables.
    :raises ValueError: if the app uses neither pages nor ``paths``, a path is wrong, the app's prefix has a variable,
        or the page isn't UTF-8 text, isn't a valid Jinja template, or is a file larger than 10 MB.
    :raises RuntimeError: if it is too early (``server=False``, and no ``init_app()`` yet), too late (the server
        has answered a request), or if this version of Dash looks pages up in an unknown way.
    :raises FileNotFoundError: if a named page can't be found.
    :raises OSError: if it can't be read.

    Afterwards ``app.init_app()`` with another server raises a RuntimeError: call it first.

    If you call it twice for one app, the last call counts. Call it before ``app.csp_hashes()``, because
    ``reload_dead_links`` adds a script.
    """
    options = check_options(
        app,
        Options(page, paths, redirect_slashes, everywhere, reload_dead_links, report_only),  # type: ignore[arg-type]
    )
    # With server=False there is no server or, from Dash 4.2 on, an empty one.
    adapter = adapter_for(app.server) if app.server else None
    if adapter is None or not adapter.has_routes(app):
        check_for_other_routes(app)
        raise RuntimeError(
            "enable_true_404() came before the app had its routes. Call it after Dash(...), not in a hook of "
            "dash.hooks.setup; with Dash(server=False), after app.init_app(server)."
        )
    prefix = app.config.routes_pathname_prefix
    if adapter.variable_start in prefix:
        raise ValueError(
            f"The app's routes_pathname_prefix {prefix!r} contains a variable, so it can't be known which part of a "
            "URL is a page's. Make one app for each of its values, or do without true 404s."
        )
    navigation = check_assumptions(app)
    if not navigation.reloads_dead_links:
        options = options._replace(reload_dead_links=False)
    site = make_site(app, options, adapter)
    for fault in site.faults():
        raise TypeError(fault)
    adapter.enable(site)
    refuse_server_change(app)
    if navigation.is_connected:
        connect(site)
