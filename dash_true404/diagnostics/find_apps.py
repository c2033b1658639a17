"""Finding the Dash apps in whatever a web server is given: a server, a dispatcher, middleware, an object."""

from __future__ import annotations

import contextlib
import functools
import gc
import inspect
from collections import deque
from collections.abc import Iterator
from types import FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

import dash

from ..servers import is_server
from .transports import count_arguments

# Middleware is rarely nested deeper, and objects that hold an app may hold half of the process as well.
_DEEPEST = 8
_MOST = 5000


class FoundApp(NamedTuple):
    """A Dash app, and how requests come to it."""

    app: dash.Dash
    application: Any
    """What a web server calls."""
    mount: str = ""
    """Where the app's server is mounted in it, such as ``/shop``."""

    @property
    def prefix(self) -> str:
        """The app's root URL, as browsers have it."""
        prefix: str = self.app.config.requests_pathname_prefix
        return prefix if prefix.startswith(f"{self.mount}/") else self.mount + prefix


def find_apps(thing: Any) -> list[FoundApp]:
    """Return the Dash apps that are in something, the shortest prefix first.

    ::

        find_apps(DispatcherMiddleware(site, {"/shop": app.server}))

    :param thing: a Dash app, a server, or an object that holds either or hands on to it.
    """
    if _is_dash(thing):
        return [FoundApp(thing, thing.server)]
    found = dict.fromkeys(_search(thing))
    if is_application(thing):
        apps = [FoundApp(app, thing, mount) for app, mount in found]
    else:  # an object that merely holds the app
        apps = [FoundApp(app, app.server) for app, _ in found]
    return sorted(apps, key=lambda one: one.prefix)


def choose_app(apps: list[FoundApp], path: str) -> FoundApp | None:
    """Return the app that a URL belongs to: of those on its mount, the one with the longest prefix of it, or the first.

    ::

        choose_app(apps, "/shop/cart")

    :param apps: to choose from.
    :param path: of the URL, as browsers have it.
    """
    below = f"{path}/"
    around = [app for app in apps if below.startswith(f"{app.mount}/")]
    return max(around, key=lambda app: (len(app.mount), len(app.prefix) * below.startswith(app.prefix)), default=None)


def is_application(thing: Any) -> bool:
    """Tell whether a web server can call something: it takes a request, where a factory needs nothing."""
    if isinstance(thing, type) or not callable(thing):
        return False
    number = count_arguments(thing)
    return not inspect.isroutine(thing) if number is None else number in (2, 3)


def _search(thing: Any) -> Iterator[tuple[dash.Dash, str]]:
    """Yield the apps in something, with their mounts."""
    waiting = deque([(thing, "", 0)])
    seen: dict[int, Any] = {}  # the things are kept, so that no two have the same id
    while waiting and len(seen) < _MOST:
        one, mount, depth = waiting.popleft()
        if id(one) in seen or depth > _DEEPEST:
            continue
        seen[id(one)] = one
        if _is_dash(one):
            yield one, mount
            continue
        if is_server(one):
            waiting.extendleft((app, mount, depth) for app in _list_apps_on(one))
        with contextlib.suppress(Exception):  # of proxies for a request that isn't there, and their like
            waiting.extend([(other, mount + path, depth + 1) for other, path in _look_into(one)])


def _look_into(thing: Any) -> Iterator[tuple[Any, str]]:
    """Yield what something may hand requests on to, and below which path."""
    if isinstance(thing, FunctionType):
        yield from ((other, "") for other in _list_names_used(thing))
    elif isinstance(thing, MethodType):
        yield thing.__self__, ""
    elif isinstance(thing, functools.partial):
        yield from ((other, "") for other in (thing.func, *thing.args))
    elif isinstance(getattr(thing, "mounts", None), dict):  # Werkzeug's DispatcherMiddleware
        yield from ((mounted, path) for path, mounted in thing.mounts.items())
        yield getattr(thing, "app", None), ""
    elif isinstance(getattr(thing, "routes", None), list):  # Starlette's applications and routers
        for route in thing.routes:
            if not hasattr(route, "endpoint"):  # a mount, not a route
                yield getattr(route, "app", None), str(getattr(route, "path", "")).rstrip("/")
    elif is_server(thing):
        yield vars(thing).get("wsgi_app"), ""  # replaced by middleware
    elif not isinstance(thing, (type, ModuleType)):
        yield from ((other, "") for other in getattr(thing, "__dict__", {}).values())
        if isinstance(call := getattr(type(thing), "__call__", None), FunctionType):  # noqa: B004
            yield call, ""


def _list_names_used(function: FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not filled yet
            continue
    for name in function.__code__.co_names:
        yield function.__globals__.get(name)


def _list_apps_on(server: Any) -> list[dash.Dash]:
    # No public name leads from a server to the Dash apps on it.
    return [thing for thing in gc.get_objects() if _is_dash(thing) and thing.server is server]


def _is_dash(thing: Any) -> bool:
    return issubclass(type(thing), dash.Dash)
