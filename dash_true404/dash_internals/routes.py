"""Where a Dash app puts its routes on a server, and which of them match every URL."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import dash

from ..core.logs import logger
from .own_code import has_dashs_core, is_dashs_own

#: What Dash adds to the prefix for everything below its root; on Flask and Quart both rule and endpoint.
CATCH_ALL = "<path:path>"

#: What it adds for the components' scripts and styles.
BUNDLES = "_dash-component-suites/<string:package_name>/<path:fingerprinted_path>"

# A path below an app's prefix that is neither a page nor anything else that Dash serves.
_MADE_UP_PATH = "dash-true404/made-up/page"

# On FastAPI it is the same for all prefixes, and the name of the parameter doesn't matter.
_ONE_PARAMETER = re.compile(r"/?\{[^{}:]+:path\}")


def is_catch_all_path(path: str) -> bool:
    """Tell whether the path of one of Dash's routes on FastAPI is its catch-all's."""
    return _ONE_PARAMETER.fullmatch(path) is not None


def find_unknown_catch_alls(routes: list[Any], prefixes: list[str], known: list[Any]) -> list[Any]:
    """Return Dash's routes on FastAPI that match all URLs, other than the known catch-all.

    :param routes: the server's routes.
    :param prefixes: of the Dash apps on it.
    :param known: those that have been logged already.
    """
    scopes = [
        {"type": "http", "method": "GET", "path": prefix + _MADE_UP_PATH, "root_path": "", "headers": []}
        for prefix in prefixes
    ]
    unknown = []
    for route in routes:
        if not _is_of_dash(getattr(route, "endpoint", None)):
            continue
        is_known = is_dashs_own(route.endpoint) and hasattr(route, "dependant") and is_catch_all_path(route.path)
        if is_known or not any(route.matches(scope)[0].name == "FULL" for scope in scopes):
            continue
        unknown.append(route)
        if route not in known:
            logger.error(
                "This Dash (%s) differs from what dash-true404 knows: its route %r on FastAPI matches every URL. "
                "Unknown URLs are refused all the same. Update dash-true404.",
                dash.__version__,
                route.path,
            )
    return unknown


def _is_of_dash(endpoint: Any) -> bool:
    """Tell whether what a route calls is Dash's, in any form."""
    while isinstance(endpoint, partial):
        endpoint = endpoint.func
    is_object = type(endpoint).__module__.partition(".")[0] == "dash"
    return is_object or (is_dashs_own(endpoint) and has_dashs_core(endpoint))
