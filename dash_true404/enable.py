"""enable_true_404(): picks the server's adapter, and connects the rest."""

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

    A URL is a page exactly if Dash's router would render one for it in the browser, and the page's own ``exists``,
    if it has one, doesn't return False::

        dash.register_page(__name__, path_template="/asset/<asset_id>", exists=lambda asset_id: asset_id in ASSETS)

    All others get status 404, whatever the method (405 where another route takes other methods). Everything else on
    the server, other routes, guards, assets and callbacks, stays as it was. The user's own ``errorhandler(404)``
    (on FastAPI ``exception_handler(404)``) takes precedence.

    :param app: the Dash app. With ``server=False``, call this after ``app.init_app(server)``.
    :param page: what visitors see.

        - ``None`` (the default): ``404.html`` from the server's template folders (rendered with Jinja, ``home`` is
          the app's root URL; on FastAPI, those of a ``Jinja2Templates`` that is ``server.state.templates`` or a global
          of the app's module) or from the app's assets folder. If there is none: as for ``IN_APP`` if the app has a
          page whose module is named ``not_found_404``, else a built-in page.
        - A name: looked for in the template folders, then as a file relative to the app's root folder, then in its
          assets folder.
        - ``IN_APP``: the app's own shell, in which Dash draws its not-found layout.

        A changed file is read again. One that has vanished or broken leaves its last good version in place. Clients
        that prefer JSON get ``application/problem+json`` (RFC 9457).
    :param paths: further paths and templates, without the app's prefix and in the syntax of ``path_template``, that
        are pages although ``dash.page_registry`` does not hold them. With it, an app without ``use_pages`` can be used.
        Or a plain function of a path that is not a registered page::

            enable_true_404(app, paths=lambda path: path in VALID or DEMO.fullmatch(path))

        It is called with the path below the app's prefix, with its leading slash, as the browser holds it: still
        percent-encoded, and with any slashes at its end. What it returns counts by its truth. Where it fails, the URL
        is a page, and the fault is logged. It runs before your guards, for every unknown URL, so keep it quick.
    :param redirect_slashes: whether ``/b/`` is redirected (308, query kept) to the page's own path ``/b``. Without
        it both are 200, as in Dash. What a function given as ``paths`` says is a page is never redirected.
    :param everywhere: whether every other 404 of the server gets the same answer.
    :param reload_dead_links: whether a link inside the app to a URL that isn't a page ends in a full load, hence
        in the real 404. Only where Dash would draw its own not-found layout: not with a ``not_found_404`` page or
        ``IN_APP``.
    :param report_only: whether nothing is refused or redirected, and each URL that would have been is logged instead,
        at most once a minute, with its referrer (logger ``dash_true404``).
    :raises TypeError: if ``app`` isn't a Dash app, its server isn't one that is known, ``page`` isn't a name, ``paths``
        is neither a list of texts nor a plain function of one argument, a switch is neither True nor False, or a
        page's ``exists`` can't be called with its path variables.
    :raises ValueError: if the app uses neither pages nor ``paths``, a path is wrong, the app's prefix has a variable,
        or the page isn't UTF-8 text, isn't a valid Jinja template, or has more than 10 MB.
    :raises RuntimeError: if it is too early (``server=False``, and no ``init_app()`` yet), too late (the server
        has answered a request), or if this version of Dash decides in an unknown way which URLs are pages.
    :raises FileNotFoundError: if a named page can't be found.
    :raises OSError: if it can't be read.

    Afterwards ``app.init_app()`` with another server raises a RuntimeError: call it first.

    If you call it twice for one app, the last call counts. Call it before ``app.csp_hashes()``:
    reload_dead_links adds a script.
    """
    options = check_options(
        app,
        Options(page, paths, redirect_slashes, everywhere, reload_dead_links, report_only),  # type: ignore[arg-type]
    )
    # With server=False there is no server, or from Dash 4.2 on an empty one, so its being there says nothing.
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
            f"The app's routes_pathname_prefix {prefix!r} has a variable in it, so there is no telling which part of a "
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
