"""The two oracles: Dash's own router in the installed version, and a plain Flask app with one route per page."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

import dash
import flask
from dash import dash as dash_module
from werkzeug.exceptions import HTTPException

from .client import navigate

#: What a browser leaves alone where a server tells the decoded path only.
LEFT_ALONE = "/!$&'()*+,;=:@[]~"

# Dash's matching function moved: a static method of Dash up to 2.13, then a function.
path_to_page = getattr(dash_module, "_path_to_page", None) or dash.Dash._path_to_page


def rendered_page(app: dash.Dash, pathname: str) -> str | None:
    """Return the module of the page that Dash's router renders for ``window.location.pathname``, or None."""
    try:
        page, _ = path_to_page(app.strip_relative_path(pathname))
    except Exception:  # then the router's callback fails, and the browser shows no page
        return None
    not_found = next((m for m in dash.page_registry if m.split(".")[-1] == "not_found_404"), None)
    return page["module"] if page and page["module"] != not_found else None


def routed_children(app: dash.Dash, pathname: str) -> Any:
    """Return what Dash's router callback, asked as the browser asks it, puts into the page container."""
    drawn = navigate(app, pathname)
    return drawn and drawn["children"]


def is_left_to_dash(app: dash.Dash, path: str) -> bool:
    """Tell whether the server of a Dash app leaves a path to Dash: no route takes it, and none refuses it."""
    try:
        endpoint, _ = app.server.url_map.bind("localhost").match(unquote(path))
    except HTTPException:  # Werkzeug's path converter refuses line breaks, for one
        return False
    return endpoint in (app.config.routes_pathname_prefix, app.config.routes_pathname_prefix + "<path:path>")


def is_page(app: dash.Dash, path: str) -> bool:
    """Tell whether the server leaves a path to Dash, and Dash renders a page."""
    return is_left_to_dash(app, path) and rendered_page(app, path) is not None


def merged(path: str) -> str:
    """Return a path with one slash for many."""
    return re.sub("/{2,}", "/", path)


def leads_to_a_page(app: dash.Dash, path: str) -> bool:
    """Tell whether a path with its slashes merged is a page's; unless that is asked for too, no plain app has it."""
    decoded = unquote(path)
    return "//" in decoded and is_page(app, quote(merged(decoded), safe=LEFT_ALONE))


def due(app: dash.Dash, url: str, redirect_slashes: bool = False) -> tuple[int, str]:
    """Return the status and Location that the URL of a page is due."""
    path, _, query = url.partition("?")
    page, variables = path_to_page(app.strip_relative_path(path))
    registered = page["path_template"] if variables else page["path"]
    stripped = path[len(app.config.routes_pathname_prefix) :].strip("/")
    slash = "/" if stripped and registered.endswith("/") else ""
    own = app.config.routes_pathname_prefix + stripped + slash
    if redirect_slashes and path != own:
        return 308, own + (f"?{query}" if query else "")
    try:
        found = page["exists"](**(variables or {})) if page.get("exists") else True
        found = asyncio.run(found) if asyncio.iscoroutine(found) else found
    except Exception:  # where a check breaks, the page is found
        found = True
    return 200 if found else 404, ""


def unclear(found: Mapping[str, tuple[int, str]]) -> set[str]:
    """Return the URLs of pages that decode to what others do that are due something else: a plain app has one view."""
    last = {unquote(url.partition("?")[0]): answer for url, answer in found.items()}
    return {url for url, answer in found.items() if last[unquote(url.partition("?")[0])] != answer}


def views(found: Mapping[str, tuple[int, str]]) -> dict[str, Callable[[], Any]]:
    """Return the view that a plain Flask or Quart app would have for each decoded path.

    :param found: what each URL of a page is due.
    """
    return {unquote(url.partition("?")[0]): _view(*answer) for url, answer in found.items()}


def _view(status: int, location: str) -> Callable[[], Any]:
    return lambda: ("page", status, {"Location": location} if location else {})


def own_rules(server: Any) -> Iterator[str]:
    """Yield the rules, which are endpoints too, of the indexes and catch-alls of all Dash apps on a server."""
    for endpoint in server.view_functions:
        if endpoint.endswith("/<path:path>"):
            yield from (endpoint, endpoint[: -len("<path:path>")])


def plain_flask(app: dash.Dash, pages: Mapping[str, Callable[[], Any]]) -> flask.Flask:
    """Return a Flask app with the rules of an app's server, but a route for each page and no catch-all.

    :param pages: the view for each decoded path, among those to be asked, that is a page.
    """
    return plain_werkzeug(flask.Flask("plain", static_folder=None), app, pages)


def plain_werkzeug(
    plain: Any, app: dash.Dash, pages: Mapping[str, Callable[[], Any]], hidden: Collection[str] = ()
) -> Any:
    """Return an empty Flask or Quart app made into that.

    :param hidden: the endpoints of rules that it does not have.
    """
    plain.url_map.merge_slashes = app.server.url_map.merge_slashes
    left_out = [*own_rules(app.server), *hidden]
    for number, url in enumerate(sorted(pages)):
        plain.add_url_rule(url, f"page {number}", pages[url])
    for number, rule in enumerate(app.server.url_map.iter_rules()):
        if getattr(rule, "websocket", False):
            plain.add_websocket(rule.rule, f"rule {number}", app.server.view_functions[rule.endpoint])
        elif rule.endpoint not in left_out:
            methods = sorted(set(rule.methods) - {"HEAD", "OPTIONS"}) or ["OPTIONS"]
            view = app.server.view_functions[rule.endpoint] if "_dash-" not in rule.rule else lambda **_: "200"
            plain.add_url_rule(rule.rule, f"rule {number}", view, methods=methods, strict_slashes=rule.strict_slashes)
    return plain
