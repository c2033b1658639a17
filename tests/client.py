"""The one client of all tests: asks an app's server in this process, WSGI or ASGI, with targets exactly as given."""

from __future__ import annotations

import asyncio
import inspect
import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, unquote_to_bytes

import dash
from werkzeug.datastructures import Headers

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
UNKNOWN = dict.fromkeys(METHODS, 404)
FOUND = {**dict.fromkeys(METHODS, 405), "GET": 200, "HEAD": 200, "OPTIONS": 200}
#: The names by which WSGI servers tell the target as it was sent; wsgiref and others do not tell it.
TOLD_AS = ("REQUEST_URI", "RAW_URI")


class Answer(NamedTuple):
    """What a server answered.

    :param fields: the headers, exactly as the server gave them.
    :param error: what it raised instead, for those who want to know it.
    """

    status: int
    fields: Sequence[tuple[str, str]]
    body: bytes
    error: BaseException | None = None

    @property
    def headers(self) -> Headers:
        """The headers, by names in any case."""
        return Headers(list(self.fields))

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def location(self) -> str:
        """Where it redirects to; on this host, the path alone."""
        return self.header("location").replace("http://localhost", "")

    @property
    def allow(self) -> set[str]:
        """The methods that it allows."""
        return set(self.header("allow").replace(" ", "").split(","))

    def header(self, name: str) -> str:
        """Return a header's value by its name in lower case, "" without one."""
        return ", ".join(value for key, value in self.fields if key.lower() == name)


def ask(server: Any, target: str, method: str = "GET", **options: Any) -> Answer:
    """Ask a server, or that of a Dash app, one question.

    :param options: ``headers``, ``body``, ``root_path``; of ASGI servers ``lifespan`` (see ask_all), of WSGI servers
        ``told_as`` and ``environ`` (see ask_wsgi).
    """
    return ask_all(server, [(target, method)], **options)[0]


def ask_all(
    server: Any, questions: Iterable[tuple[str, str]], *, lifespan: bool = True, **options: Any
) -> list[Answer]:
    """Ask a server several questions (target and method), one after the other; an ASGI server in one event loop.

    :param lifespan: whether an ASGI server is asked between its start-up and its shutdown, as servers do by default.
    """
    server = getattr(server, "server", server)
    if is_asgi(server):
        return asyncio.run(_ask_all_asgi(server, questions, lifespan, **options))
    return [ask_wsgi(server, target, method, **options) for target, method in questions]


def status(server: Any, target: str, method: str = "GET", **options: Any) -> int:
    """Return the status of one answer."""
    return ask(server, target, method, **options).status


def statuses(server: Any, *targets: str, **options: Any) -> list[int]:
    """Return the status that GET gets for each target."""
    return [answer.status for answer in ask_all(server, [(target, "GET") for target in targets], **options)]


def by_method(server: Any, target: str, **options: Any) -> dict[str, int]:
    """Return the status for each method."""
    answers = ask_all(server, [(target, method) for method in METHODS], **options)
    return {method: answer.status for method, answer in zip(METHODS, answers, strict=True)}


def navigate(app: dash.Dash, pathname: str) -> dict[str, Any] | None:
    """Return what Dash's router callback, asked as the browser asks it, puts into the page and its title.

    None if it fails.
    """
    prefix = app.config.routes_pathname_prefix
    dependencies = json.loads(ask(app, f"{prefix}_dash-dependencies").body)
    router = next(d for d in dependencies if "_pages_content.children" in d["output"])
    names = [output.rsplit(".", 1) for output in router["output"].strip(".").split("...")]
    values = {"pathname": pathname, "search": ""}
    body = {
        "output": router["output"],
        "outputs": [{"id": component, "property": prop} for component, prop in names],
        "inputs": [{**i, "value": values[i["property"]]} for i in router["inputs"]],
        "changedPropIds": ["_pages_location.pathname"],
    }
    is_json = {"content-type": "application/json"}
    answer = ask(app, f"{prefix}_dash-update-component", "POST", headers=is_json, body=json.dumps(body).encode())
    if answer.status != 200:
        return None
    drawn = json.loads(answer.body)["response"]
    return {"children": drawn["_pages_content"]["children"], "title": drawn["_pages_store"]["data"]["title"]}


def is_asgi(server: Any) -> bool:
    """Tell whether a server speaks ASGI: it is called to be awaited."""
    return inspect.iscoroutinefunction(server) or inspect.iscoroutinefunction(type(server).__call__)


def ask_wsgi(
    server: Any,
    target: str,
    method: str = "GET",
    *,
    headers: Mapping[str, str] = {},
    body: bytes = b"",
    root_path: str = "",
    told_as: Iterable[str] = TOLD_AS,
    environ: Mapping[str, Any] = {},
) -> Answer:
    """Ask a WSGI server, without a thread and without a test client between.

    :param root_path: where it is mounted; the target is what is below.
    :param told_as: the names by which it is told the target as it was sent.
    :param environ: what is told it instead of what follows from the rest.
    """
    path, _, query = target.partition("?")
    told: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": root_path.encode().decode("latin-1"),
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.encode().decode("latin-1"),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if body:
        told["CONTENT_LENGTH"] = str(len(body))
    for name in told_as:
        told[name] = (quote(root_path) + target).encode().decode("latin-1")
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        told[key if key.startswith("CONTENT_") else f"HTTP_{key}"] = value
    told.update(environ)
    started: list[Any] = []

    def start_response(status: str, fields: list[tuple[str, str]], exc_info: Any = None) -> None:
        started[:] = [int(status[:3]), fields]

    chunks = server(told, start_response)
    try:
        content = b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    return Answer(*started, content)


async def ask_asgi(
    server: Any,
    target: str,
    method: str = "GET",
    *,
    headers: Mapping[str, str] = {},
    body: bytes = b"",
    root_path: str = "",
) -> Answer:
    """Ask an ASGI server, in the event loop that is running.

    :param root_path: where it is mounted; the target is what is below.
    """
    path, _, query = target.partition("?")
    named = {"host": "localhost", "content-length": str(len(body)), **headers}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": root_path + unquote(path),
        "raw_path": (quote(root_path) + path).encode("latin-1"),
        "root_path": root_path,
        "query_string": query.encode("latin-1"),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in named.items()],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
    }
    sent: list[dict[str, Any]] = []
    incoming = asyncio.Queue[dict[str, Any]]()
    await incoming.put({"type": "http.request", "body": body, "more_body": False})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            await incoming.put({"type": "http.disconnect"})  # which Quart waits for from 0.23 on

    await server(scope, incoming.get, send)
    content = b"".join(message.get("body", b"") for message in sent[1:])
    fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in sent[0]["headers"]]
    return Answer(sent[0]["status"], fields, content)


async def _ask_all_asgi(
    server: Any, questions: Iterable[tuple[str, str]], lifespan: bool, **options: Any
) -> list[Answer]:
    if not lifespan:
        return [await ask_asgi(server, target, method, **options) for target, method in questions]
    incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    started, stopped = asyncio.Event(), asyncio.Event()

    async def send(message: dict[str, Any]) -> None:
        (started if "startup" in message["type"] else stopped).set()

    running = asyncio.create_task(server({"type": "lifespan", "asgi": {"version": "3.0"}}, incoming.get, send))
    running.add_done_callback(lambda _: (started.set(), stopped.set()))
    await incoming.put({"type": "lifespan.startup"})
    await started.wait()
    try:
        return [await ask_asgi(server, target, method, **options) for target, method in questions]
    finally:
        await incoming.put({"type": "lifespan.shutdown"})
        await stopped.wait()
        await running


async def receive_text(server: Any, path: str) -> str | None:
    """Return the first text that an ASGI app sends over a websocket; None if it closes without a word."""
    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "subprotocols": [],
    }
    incoming = asyncio.Queue[dict[str, Any]]()
    await incoming.put({"type": "websocket.connect"})
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await server(scope, incoming.get, send)
    return next((message["text"] for message in sent if message["type"] == "websocket.send"), None)
