"""The apps that are fired at: one for each thing that changes what a URL is."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

import dash
import flask

from dash_true404 import IN_APP

from ..apps import make_app, new_server, register

PAGES = ["/", "/a", "/b/", "/ab/c", "/x.y", "/caf%C3%A9", "/caf%c3%a9/b", "/a%2Fb", "/enc%20oded", "/R%26D", "/it's"]
ODD_PAGES = [
    "/sp ace",
    "/café",
    "/a|b",
    "/a^b",
    '/q"q',
    "/..",
    "/a//b",
    "/%00",
    "/%",
    "/a;b",
    "/not-found-404/x",
    "/~u@h:80",
]
TEMPLATES = [
    "/t/<x>",
    "/item/<item_id>",
    "/item/new",
    "/<lang>/docs/<slug>",
    "/f.<x>.csv",
    "/deep/<a>/<b>/<c>",
    "/caf%C3%A9/<x>",
]
ODD_TEMPLATES = ["/g[0]/<a>", "/p+/<a>", "/(/<a>", "/s*/<a>", "/d.<x>.<y>.d"]
RULES = ["/api/<int:n>", "/users/", "/users/<name>/", "/b", "/up/<path:rest>", "/ab/<float:x>"]
_METHODS = [("GET", "POST"), ("GET",), ("GET", "DELETE"), ("POST",), ("PUT",), ("GET",)]
#: Where every app has something of Dash's or the server's own.
DASHS = [
    "/_dash-layout",
    "/_dash-update-component",
    "/_dash-component-suites/dash/<x>.js",
    "/_reload-hash",
    "/assets/<x>",
]
DASHS += ["/_dash-dependencies", "/_favicon.ico", "/dash", "/dash/", "/dash/a", "/not-found-404"]


class Shape(NamedTuple):
    """A kind of app.

    :param share: its part of all requests.
    :param make: returns the Dash apps on one server, not yet with true 404s, and their options.
    :param mount: where the server is mounted.
    :param wrap: puts middleware around its WSGI app.
    :param decode: makes what the server routes on of a path as it was sent.
    :param change: what happens after the first request.
    :param has_broad_rules: whether rules of the user's answer whatever is not Dash's.
    """

    name: str
    share: int
    make: Callable[[], Sequence[tuple[dash.Dash, dict[str, Any]]]]
    backend: str = "flask"
    mount: str = ""
    wrap: Callable[[Any], Any] = lambda app: app
    decode: Callable[[bytes], bytes] = unquote_to_bytes
    change: Callable[[], None] = lambda: None
    has_broad_rules: bool = False


def keep_slashes(path: bytes) -> bytes:
    """Decode a path but for its encoded slashes, as Apache does with AllowEncodedSlashes NoDecode."""
    return b"".join(part if part.upper() == b"%2F" else unquote_to_bytes(part) for part in re.split(b"(%2[Ff])", path))


def _dash(**options: Any) -> dash.Dash:
    if "backend" not in options and "use_async" in signature(dash.Dash).parameters:
        options["use_async"] = False  # a thread for each request would be most of the time
    return make_app(**options)


def _app(*paths: str, rules: Sequence[str] = (), true_404: dict[str, Any] | None = None, **options: Any) -> Any:
    app = _dash(**options)
    for number, path in enumerate(paths):
        register(path, module=f"m{number}", order=number)
    _add_rules(app, rules)
    return [(app, true_404 or {})]


def _add_rules(app: dash.Dash, rules: Sequence[str]) -> None:
    for rule, methods in zip(rules, _METHODS, strict=False):
        _add_rule(app.server, rule, methods)


def _add_rule(server: Any, rule: str, methods: Sequence[str]) -> None:
    if hasattr(server, "add_api_route"):
        path = re.sub(r"<(\w+):(\w+)>", r"{\2:\1}", rule)
        server.add_api_route(re.sub(r"<(\w+)>", r"{\1}", path), _answer, methods=list(methods))
    else:
        server.add_url_rule(rule, f"user {rule} {methods}", lambda **_: "200", methods=list(methods))


async def _answer() -> str:
    return "200"


def _fails(**variables: str) -> bool:
    return {"a": True}[next(iter(variables.values()), "")]


def _exists(**options: Any) -> Any:
    checks = {
        "/": None,
        "/a": lambda: True,
        "/gone": lambda: False,
        "/t/<x>": lambda x: x.isalnum(),
        "/t/<x>/<y>": lambda x, y: x != y,
        "/item/<item_id>": lambda item_id: item_id in {"7", "caf%C3%A9", "a/b"},
        "/fails/<x>": _fails,
        "/<lang>/docs/<slug>": lambda lang, slug: "%" not in slug,
    }
    app = _dash(**options)
    for number, (path, exists) in enumerate(checks.items()):
        register(path, module=f"m{number}", order=number, exists=exists)
    return [(app, {})]


def _two_apps() -> Any:
    root = _dash(assets_folder="a")
    below = _dash(server=root.server, url_base_pathname="/dash/", assets_folder="b")
    for number, path in enumerate([*PAGES, "/t/<x>"]):
        register(path, module=f"m{number}", order=number)
    return [(root, {}), (below, {"redirect_slashes": True})]


def _proxied(app: Any) -> Any:
    from werkzeug.middleware.proxy_fix import ProxyFix

    return ProxyFix(app, x_for=1, x_proto=1, x_host=1, x_port=1, x_prefix=1)


def _unmerged(*paths: str, rules: Sequence[str] = ()) -> Any:
    server = flask.Flask("unmerged")
    server.url_map.merge_slashes = False
    return _app(*paths, rules=rules, server=server)


#: By whom, before or after Dash: broad rules that Dash's hide below its prefix.
BROAD = {
    "everything": [("/<path:path>", ["GET", "POST"])],
    "repositories": [("/<user>/<repo>", ["GET"]), ("/dash/<any>/<name>", ["PUT"]), ("/<path:path>", ["POST"])],
    "cors": [("/<path:path>", ["OPTIONS"]), ("/<user>/<repo>", ["GET", "DELETE"])],
}


def _broad(name: str, backend: str = "flask", before: bool = True) -> Any:
    server = new_server(backend, "broad", **({} if backend == "fastapi" else {"static_folder": None}))
    options = {} if backend == "flask" else {"backend": backend}

    def add() -> None:
        for rule, methods in BROAD[name]:
            _add_rule(server, rule, methods)

    if before:
        add()
    made = _app(*PAGES, "/t/<x>", server=server, url_base_pathname="/dash/", **options)
    if not before:
        add()
    return made


def _park() -> None:
    dash.page_registry.update({"lang": "fr", "nothing": None, "half": {"title": "no path"}})


SHAPES = [
    Shape("pages", 16, lambda: _app(*PAGES, *ODD_PAGES)),
    Shape("prefix", 12, lambda: _app(*PAGES, "/t/<x>", rules=RULES, url_base_pathname="/dash/")),
    Shape("templates", 12, lambda: _app(*PAGES, *TEMPLATES, *ODD_TEMPLATES)),
    Shape("rules", 10, lambda: _app(*PAGES, *TEMPLATES, rules=RULES)),
    Shape("redirects", 7, lambda: _app(*PAGES, *TEMPLATES, rules=RULES, true_404={"redirect_slashes": True})),
    Shape("exists", 7, _exists),
    Shape("two apps", 6, _two_apps),
    Shape("mounted", 4, lambda: _app(*PAGES, *TEMPLATES, requests_pathname_prefix="/mnt/"), mount="/mnt"),
    Shape("proxied", 4, lambda: _app(*PAGES, *TEMPLATES, true_404={"redirect_slashes": True}), wrap=_proxied),
    Shape("unmerged", 3, lambda: _unmerged(*PAGES, *ODD_PAGES, "/t/<x>", rules=RULES)),
    Shape("everywhere", 3, lambda: _app(*PAGES, url_base_pathname="/dash/", true_404={"everywhere": True})),
    Shape("in app", 3, lambda: _app("/a", "/t/<x>", not_found_page=True, true_404={"page": IN_APP})),
    Shape("half-decoded", 4, lambda: _unmerged(*PAGES, *TEMPLATES), decode=keep_slashes),
    Shape("odd entries", 4, lambda: _app(*PAGES, *TEMPLATES), change=_park),
    Shape("everything, before", 4, lambda: _broad("everything"), has_broad_rules=True),
    Shape("everything, after", 3, lambda: _broad("everything", before=False), has_broad_rules=True),
    Shape("repositories", 4, lambda: _broad("repositories"), has_broad_rules=True),
    Shape("cors", 4, lambda: _broad("cors", before=False), has_broad_rules=True),
    Shape("quart", 4, lambda: _app(*PAGES, *TEMPLATES, rules=RULES, backend="quart"), "quart"),
    Shape("quart exists", 2, lambda: _exists(backend="quart", url_base_pathname="/dash/"), "quart"),
    Shape("quart everything", 2, lambda: _broad("everything", "quart"), "quart", has_broad_rules=True),
    Shape("quart cors", 2, lambda: _broad("cors", "quart", before=False), "quart", has_broad_rules=True),
    Shape("fastapi", 4, lambda: _app(*PAGES, *TEMPLATES, rules=RULES, backend="fastapi"), "fastapi"),
    Shape("fastapi exists", 3, lambda: _exists(backend="fastapi", url_base_pathname="/dash/"), "fastapi"),
    Shape(
        "fastapi everything", 2, lambda: _broad("everything", "fastapi", before=False), "fastapi", has_broad_rules=True
    ),
    Shape("fastapi repositories", 2, lambda: _broad("repositories", "fastapi"), "fastapi", has_broad_rules=True),
    Shape("fastapi cors", 2, lambda: _broad("cors", "fastapi", before=False), "fastapi", has_broad_rules=True),
]
