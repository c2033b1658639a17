"""The arguments of enable_true_404(), checked; each error says what to write instead."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable
from keyword import iskeyword
from typing import Any

import dash

from .core.not_found_page import IN_APP
from .core.pages import is_async
from .core.path_templates import VARIABLE, reachable_template
from .core.site import Options, PathsChoice
from .servers import is_server


def check_options(app: Any, options: Options) -> Options:
    """Return the options, with ``paths`` as a tuple or a function.

    :raises TypeError: if the app is none, or an option is of the wrong type.
    :raises ValueError: if the app has no pages, or a path is wrong.
    """
    _check_app(app)
    _check_page(options.page)
    for name in ("redirect_slashes", "everywhere", "reload_dead_links", "report_only"):
        switch = getattr(options, name)
        if not isinstance(switch, bool):
            raise TypeError(f"{name}= takes True or False, not {switch!r}.")
    paths = _checked_paths(options.paths)
    if not app.use_pages and not paths:
        raise ValueError(
            "The app has no pages: dash.page_registry tells which URLs exist only for apps made with "
            "Dash(..., use_pages=True). For an app that routes by hand, name its URLs: paths=['/', '/reports', ...]."
        )
    return options._replace(paths=paths)


def _checked_paths(paths: Any) -> PathsChoice:
    if isinstance(paths, Iterable) and not isinstance(paths, str):
        texts = tuple(paths)
        for path in texts:
            _check_path(path)
        return texts
    if not callable(paths):
        raise TypeError(
            f"paths= takes a list of paths, such as ['/', '/reports'], or a function of the path, not {paths!r}."
        )
    if is_async(paths) or inspect.isasyncgenfunction(paths):
        raise TypeError(f"paths= takes a plain function: what is async, such as {paths!r}, can't be waited for.")
    _check_takes_path(paths)
    return paths  # type: ignore[no-any-return]


def _check_path(path: object) -> None:
    if not isinstance(path, str):
        raise TypeError(f"paths= takes strings such as '/reports' or '/reports/<year>', not {path!r}.")
    if not path.startswith("/"):
        raise ValueError(
            f"{path!r} in paths= does not start with a slash. Write the path alone, such as '/reports': "
            "without host, and without the app's prefix."
        )
    rest, names = VARIABLE.sub("", path), VARIABLE.findall(path)
    if "<" in rest or ">" in rest or not all(name.isidentifier() and not iskeyword(name) for name in names):
        raise ValueError(
            f"{path!r} in paths= has a '<' or '>' that isn't part of a variable. Write '<name>', without spaces."
        )
    if "{" in rest or "}" in rest:
        raise ValueError(f"{path!r} in paths= has braces. Variables are written '<name>'.")
    better = reachable_template(path)
    if better != path:
        raise ValueError(f"No browser sends {path!r} of paths= like that: they percent-encode it. Write {better!r}.")


def _check_takes_path(function: Callable[..., object]) -> None:
    try:
        inspect.signature(function).bind("/")
    except TypeError as error:
        raise TypeError(f"paths= takes a function of one argument, the path; with {function!r}: {error}.") from None
    except ValueError:
        pass  # a built-in without a signature


def _check_app(app: Any) -> None:
    if not isinstance(app, dash.Dash):
        hint = " Pass the Dash app itself, not its server." if is_server(app) else ""
        hint = " Pass an app, app = Dash(...), not the class." if isinstance(app, type) else hint
        # Vizro keeps its app in ``dash``, and ``import app`` the module's in ``app``.
        held = [name for name, value in getattr(app, "__dict__", {}).items() if isinstance(value, dash.Dash)]
        hint = f" It has a Dash app: pass its .{held[0]}." if held else hint
        raise TypeError(f"enable_true_404() takes a dash.Dash app, not {app!r}.{hint}")


def _check_page(page: Any) -> None:
    if page is not None and page is not IN_APP and not (page and isinstance(page, (str, os.PathLike))):
        raise TypeError(f"page= takes the name of a file or template, IN_APP or None, not {page!r}.")
    if page == "IN_APP":
        raise TypeError("page='IN_APP' is the name of a file. Write: from dash_true404 import IN_APP, and page=IN_APP.")
