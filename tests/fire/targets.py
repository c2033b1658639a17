"""The apps under fire, and beside each the oracles, asked the same: in process, as a real server would ask."""

from __future__ import annotations

import asyncio
import functools
import re
from abc import ABC, abstractmethod
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, unquote_to_bytes, urlparse

import dash
import flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, PathConverter, RequestRedirect, Rule

from dash_true404 import enable_true_404
from dash_true404.core.path_templates import PathTemplate
from dash_true404.core.paths import reencoded

from ..client import Answer, ask_asgi, ask_wsgi
from ..oracle import LEFT_ALONE, due, merged, own_rules, plain_werkzeug, rendered_page, views
from .shapes import DASHS, RULES, Shape
from .shots import VISIBLE, Gun, Shot


class Page(NamedTuple):
    """A path at which a plain server would have a route for a page, and what that answers."""

    path: str
    status: int
    location: str = ""


class Target(ABC):
    """An app of a shape with true 404s, and its oracles.

    :param shape: the shape.
    :param enable: whether it has true 404s, without which the oracles must disagree.
    """

    def __init__(self, shape: Shape, enable: bool = True) -> None:
        dash.page_registry.clear()  # which all apps of a process share
        made = shape.make()
        self.shape = shape
        self.apps = [app for app, _ in made]
        self.server: Any = self.apps[0].server
        self._redirects = {id(app): options.get("redirect_slashes", False) for app, options in made}
        self.before_enabling()
        for app, options in made if enable else ():
            enable_true_404(app, **options)
        self._plain = functools.lru_cache(2000)(self.make_plain)
        roots = (self.page(app, Shot("GET", app.config.routes_pathname_prefix)) for app in self.apps)
        self._roots = [root for root in roots if root is not None]
        pages = list(dash.page_registry.values())
        self._paths = [page["path_template"] or page["path"] for page in pages]
        self._proxied_paths = {reencoded(p["path"].strip("/")) for p in pages if {*"%|^"} & {*p["path"]}}
        templates = [PathTemplate(page["path_template"] or "") for page in pages]
        self._proxied_templates = [template.reencoded() for template in templates if {*"%|^"} & {*template.text}]

    def begin(self) -> None:
        """Ask once, and change what is to change then."""
        self.ask(self.server, self.as_sent(Shot("GET", self.apps[0].config.routes_pathname_prefix)))
        self.shape.change()

    def routed(self, path: str) -> str:
        """Return what the server routes on."""
        return "/" + self.shape.decode(path.encode()).decode("utf-8", "replace").lstrip("/")

    @abstractmethod
    def before_enabling(self) -> None:
        """Remember what enabling changes."""

    def plain(self, shot: Shot, app: dash.Dash | None, page: Page | None) -> Any:
        """Return a plain server with a route for a page, and for the roots, to which there may be redirects.

        Not for a root that only the server sees in a path, such as ``/%2F``: Dash draws no page there.
        """
        path = shot.in_browser()
        is_taken = app is not None and not self.redirects_from(path)
        roots = [root for root in self._roots if not is_taken or root.path != self.routed(path)]
        is_page = page is not None and page.path == quote(self.routed(path))
        hidden = frozenset() if app is None or is_page else self.hidden_rules(path, shot.method)
        return self._plain(*roots, *([page] if page else []), hidden=hidden)

    def hidden_rules(self, path: str, method: str) -> frozenset[str]:
        """Return the endpoints of the rules that Dash's hide at a path which is left to Dash and is no page."""
        return frozenset()

    def redirects_from(self, path: str) -> bool:
        """Tell whether the server itself redirects from a path, without true 404s too."""
        return False

    @abstractmethod
    def make_plain(self, *pages: Page, hidden: frozenset[str]) -> Any:
        """Return a plain server with a route for each page, the last one's path perhaps unusual."""

    @abstractmethod
    def ask(self, server: Any, shot: Shot) -> Answer:
        """Return what a server answers."""

    @abstractmethod
    def app_left_to(self, path: str) -> dash.Dash | None:
        """Return the app that a path is left to without true 404s; None if a route takes it or the server refuses."""

    def gun(self, seed: int) -> Gun:
        """Return what makes requests to these apps."""
        prefix = self.apps[-1].config.routes_pathname_prefix
        paths = [*(prefix + path.lstrip("/") for path in [*self._paths, *DASHS]), *RULES]
        return Gun(f"{seed} {self.shape.name}", paths, prefix)

    def as_sent(self, shot: Shot) -> Shot:
        """Return a request as this server would get it."""
        return shot

    def close(self) -> None:  # noqa: B027
        """Leave nothing open."""

    def page(self, app: dash.Dash, shot: Shot) -> Page | None:
        """Return what the page is due that Dash draws for a request left to an app; None if it draws none."""
        path = shot.in_browser()
        if rendered_page(app, self.shape.mount + path) is None:
            return None
        query = quote(shot.query.encode("latin-1"), safe=VISIBLE)
        url = self.shape.mount + path + (f"?{query}" if query else "")
        return Page(path, *due(app, url, self._redirects[id(app)]))

    def expected(self, shot: Shot, app: dash.Dash | None, page: Page | None) -> Answer:
        """Return what a plain server answers."""
        return self.ask(self.plain(shot, app, page), shot)

    def redirected(self, path: str) -> str:
        """Return where a server redirects to that merges slashes; those at the start are one to it."""
        decoded = self.routed(path)
        if "//" in decoded or self.redirects_from(path):
            return quote(merged(decoded), safe=LEFT_ALONE)
        return "/" + path.lstrip("/")

    def is_proxied_form(self, path: str) -> bool:
        """Tell whether a path may be a proxy's form of a page's, which counts as the page though Dash cannot know."""
        path = self.redirected(path)
        prefixes = [app.config.routes_pathname_prefix for app in self.apps]
        prefix = max((prefix for prefix in prefixes if path.startswith(prefix)), key=len, default="")
        own = path[len(prefix) :].strip("/")
        return own in self._proxied_paths or any(template.takes(own) for template in self._proxied_templates)


def _path_of_get(rule: Any, path: str, merge_slashes: bool) -> str | None:
    """Return the path at which a rule would match GET, perhaps after a redirect; None if it would not."""
    if "GET" not in rule.methods:
        return None
    try:
        Map([Rule(rule.rule, endpoint="it")], merge_slashes=merge_slashes).bind("localhost").match(path, "GET")
    except RequestRedirect as redirect:
        return urlparse(redirect.new_url).path
    except HTTPException:
        return None
    return quote(path)


class WerkzeugTarget(Target):
    """What Flask and Quart have in common: the routing."""

    #: Makes an empty server.
    new_server: Any

    def before_enabling(self) -> None:
        """Let errors out, to be seen."""
        self.server.config["PROPAGATE_EXCEPTIONS"] = True
        prefixes = {app.config.routes_pathname_prefix: app for app in self.apps}
        self._owners = {rule: prefixes[rule.replace("<path:path>", "")] for rule in own_rules(self.server)}
        self._rules = self.server.url_map.bind("localhost")
        self._users_rules = [rule for rule in self.server.url_map.iter_rules() if rule.endpoint.startswith("user ")]

    def hidden_rules(self, path: str, method: str) -> frozenset[str]:
        """Return the rules that would take GET, and those that take OPTIONS alone.

        None if the server itself gives the request to one of them, which is by another method.
        """
        routed = self.routed(path)
        if self._is_users:
            return frozenset()
        return frozenset(
            rule.endpoint
            for rule in self._users_rules
            if rule.methods == {"OPTIONS"} or any(self._hides(rule, path) for path in (routed, merged(routed)))
        )

    def _hides(self, rule: Any, path: str) -> bool:
        """Tell whether a rule would match GET of a path that Dash's view gets; a redirect to the user's rules stays."""
        there = _path_of_get(rule, path, self.server.url_map.merge_slashes)
        return there is not None and not self._endpoint(there).startswith("user ")

    def make_plain(self, *pages: Page, hidden: frozenset[str]) -> Any:
        """Return a plain server with a route for each page."""
        plain = self.new_server("plain", static_folder=None)
        plain.config["PROPAGATE_EXCEPTIONS"] = True
        routes = views({page.path: page[1:] for page in pages})
        # Some paths only a converter can say, and Werkzeug recurses for each segment of others.
        for path in [path for path in routes if re.search("[<>]|//", path) or path.count("/") > 100]:

            class Literally(PathConverter):
                regex = re.escape(path[1:])
                part_isolating = False

            plain.url_map.converters["literally"] = Literally
            view = routes.pop(path)
            routes["/<literally:_>"] = lambda _, view=view: view()
        return plain_werkzeug(plain, self.apps[0], routes, hidden)

    def _endpoint(self, path: str, method: str = "GET") -> str:
        """Return the endpoint that the server without true 404s takes a path to; "" if it takes it to none."""
        try:
            return self._rules.match(self.routed(path), method=method)[0]
        except HTTPException as error:
            if not isinstance(error, RequestRedirect):
                return ""
        own = merged(unquote(path))
        return self._endpoint(quote(own), method) if own != unquote(path) else ""

    def app_left_to(self, path: str) -> dash.Dash | None:
        """Return the app that a path is left to without true 404s."""
        return self._owners.get(self._endpoint(path))

    def redirects_from(self, path: str) -> bool:
        """Tell whether the server itself redirects from a path, without true 404s too."""
        try:
            self._rules.match(self.routed(path), method="GET")
        except HTTPException as error:
            return isinstance(error, RequestRedirect)
        return False

    def expected(self, shot: Shot, app: dash.Dash | None, page: Page | None) -> Answer:
        """Return what a plain server answers, which takes leading slashes for one, and may merge others."""
        path = shot.in_browser()
        is_get = shot.method.upper() in ("GET", "HEAD")
        self._is_users = not is_get and self._endpoint(path, shot.method).startswith("user ")
        is_redirected = self.redirects_from(path)
        if page is not None and not is_redirected:
            return super().expected(shot, app, page._replace(path=quote(self.routed(path))))
        own = self.redirected(path)
        may_merge = app is not None and own != path and self.server.url_map.merge_slashes and not self._is_users
        owner = self.app_left_to(own) if may_merge else None
        if owner is None or rendered_page(owner, self.shape.mount + own) is None:
            return super().expected(shot, app, None)
        if "/" + path.lstrip("/") == own:  # but a browser has them, so a redirect must take them off
            shot = shot._replace(path="//".join(own.rpartition("/")[::2]))
        return super().expected(shot, app, Page(own, 200))


class FlaskTarget(WerkzeugTarget):
    """The same on Flask."""

    new_server = flask.Flask

    def __init__(self, shape: Shape, enable: bool = True) -> None:
        super().__init__(shape, enable)
        self.server.wsgi_app = shape.wrap(self.server.wsgi_app)

    def make_plain(self, *pages: Page, hidden: frozenset[str]) -> Any:
        """Return a plain server with a route for each page."""
        plain = super().make_plain(*pages, hidden=hidden)
        plain.wsgi_app = self.shape.wrap(plain.wsgi_app)
        return plain

    def as_sent(self, shot: Shot) -> Shot:
        """Return a request; what is mounted is only sent what is below."""
        is_below = not self.shape.mount or not shot.path or shot.path.startswith("/")
        shot = shot if is_below else shot._replace(path="/" + shot.path)
        # Those that decode in part tell what was sent, and send no fragment.
        is_told = self.shape.decode is unquote_to_bytes or ("#" not in shot.path and shot.path.startswith("/"))
        return (
            shot
            if is_told and (shot.told_as or self.shape.decode is unquote_to_bytes)
            else shot._replace(path="/" + shot.path.replace("#", "%23").lstrip("/"), told_as=("REQUEST_URI",))
        )

    def ask(self, server: Any, shot: Shot) -> Answer:
        """Return what a server answers."""
        routed = self.shape.decode(shot.path.partition("#")[0].encode("latin-1"))
        told = {"PATH_INFO": routed.decode("latin-1"), "QUERY_STRING": shot.query}
        told.update(dict.fromkeys(shot.told_as, shot._replace(path=self.shape.mount + shot.path).target))
        try:
            return ask_wsgi(
                server, "", shot.method, headers=shot.headers, root_path=self.shape.mount, told_as=(), environ=told
            )
        except Exception as error:
            return Answer(500, [], b"", error)


class AsgiTarget(Target):
    """What Quart and FastAPI have in common: how they are asked."""

    def __init__(self, shape: Shape, enable: bool = True) -> None:
        super().__init__(shape, enable)
        self._loop = asyncio.new_event_loop()

    def as_sent(self, shot: Shot) -> Shot:
        """Return a request as ASGI servers pass it on: they refuse a target that is not visible ASCII."""
        path, query = (quote(text.encode("latin-1"), safe=VISIBLE) for text in (shot.path, shot.query))
        return shot._replace(path=path.replace("#", "%23") or "/", query=query, told_as=("raw_path",))

    def ask(self, server: Any, shot: Shot) -> Answer:
        """Return what a server answers."""
        try:
            answering = ask_asgi(server, shot.target, shot.method, headers=shot.headers)
            return self._loop.run_until_complete(answering)
        except Exception as error:
            return Answer(500, [], b"", error)

    def close(self) -> None:
        """Close the event loop."""
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()


class QuartTarget(AsgiTarget, WerkzeugTarget):
    """The same on Quart."""

    def as_sent(self, shot: Shot) -> Shot:
        """Return a request; not in absolute form where Quart would route on less than its path."""
        shot = super().as_sent(shot)
        path = unquote(shot.path)
        is_whole = not shot.absolute or urlparse(shot.absolute + path).path == path
        return shot if is_whole else shot._replace(absolute="")

    @staticmethod
    def new_server(*args: Any, **options: Any) -> Any:
        """Return an empty server."""
        from quart import Quart

        return Quart(*args, **options)


class FastAPITarget(AsgiTarget):
    """The same on FastAPI."""

    def before_enabling(self) -> None:
        """Remember the routes."""
        self._routes = list(self.server.router.routes)

    def make_plain(self, *pages: Page, hidden: frozenset[str]) -> Any:
        """Return a plain server with a route for each page; here order decides, and Dash's hide nothing."""
        from ..oracle_fastapi import plain_fastapi

        prefix = self.apps[0].config.routes_pathname_prefix
        return plain_fastapi(self._routes, prefix, {page.path: page[1:] for page in pages})

    def app_left_to(self, path: str) -> dash.Dash | None:
        """Return the app that a path is left to without true 404s."""
        from ..oracle_fastapi import is_left_to_dash

        app = self.apps[0]
        prefix = app.config.routes_pathname_prefix
        is_below = unquote(path) == prefix or re.match(prefix[:-1] + "(/|%2[Ff])", path)
        return app if is_below and is_left_to_dash(app, path) else None

    def as_sent(self, shot: Shot) -> Shot:
        """Return a request; not in absolute form, which plain FastAPI takes for a path."""
        return super().as_sent(shot)._replace(absolute="")


TARGETS: dict[str, type[Target]] = {"flask": FlaskTarget, "quart": QuartTarget, "fastapi": FastAPITarget}
