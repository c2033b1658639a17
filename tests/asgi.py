"""A client for ASGI apps (Quart, FastAPI) that sends request targets exactly as they are given."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple
from urllib.parse import unquote


class Answer(NamedTuple):
    """What an ASGI app answered."""

    status_code: int
    headers: dict[str, str]
    data: bytes


def ask(server: Any, target: str, method: str = "GET", **options: Any) -> Answer:
    """Ask an ASGI app one question; with ``lifespan=True`` after its start-up, as ASGI servers do by default."""
    return asyncio.run(_ask_all(server, [(target, method)], **options))[0]


def ask_all(server: Any, questions: list[tuple[str, str]], **options: Any) -> list[Answer]:
    """Ask an ASGI app several questions, one after the other."""
    return asyncio.run(_ask_all(server, questions, **options))


def statuses(app: Any, *urls: str, **options: Any) -> list[int]:
    """Return the statuses that the server of a Dash app, or an ASGI app itself, answers GET with."""
    return [
        answer.status_code for answer in ask_all(getattr(app, "server", app), [(u, "GET") for u in urls], **options)
    ]


async def _ask_all(
    server: Any, questions: list[tuple[str, str]], lifespan: bool = True, **options: Any
) -> list[Answer]:
    if not lifespan:
        return [await _ask(server, target, method, **options) for target, method in questions]
    incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    started, stopped = asyncio.Event(), asyncio.Event()

    async def send(message: dict[str, Any]) -> None:
        (started if "startup" in message["type"] else stopped).set()

    running = asyncio.create_task(server({"type": "lifespan", "asgi": {"version": "3.0"}}, incoming.get, send))
    running.add_done_callback(lambda _: (started.set(), stopped.set()))
    await incoming.put({"type": "lifespan.startup"})
    await started.wait()
    try:
        return [await _ask(server, target, method, **options) for target, method in questions]
    finally:
        await incoming.put({"type": "lifespan.shutdown"})
        await stopped.wait()
        await running


async def _ask(
    server: Any, target: str, method: str, headers: dict[str, str] | None = None, body: bytes = b"", root_path: str = ""
) -> Answer:
    path, _, query = target.partition("?")
    named = {"host": "localhost", "content-length": str(len(body)), **(headers or {})}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": root_path + unquote(path),
        "raw_path": (root_path + path).encode("latin-1"),
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
    data = b"".join(message.get("body", b"") for message in sent[1:])
    answered = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], answered, data)


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
