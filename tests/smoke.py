"""What an installed wheel must be able to do: ``python smoke.py flask`` (or quart, or fastapi)."""

import asyncio
import sys
from importlib import resources

import dash
from dash import html

from dash_true404 import IN_APP, enable_true_404


async def exists(x):
    return x == "1"


def make_app(backend):
    app = dash.Dash("smoke", use_pages=True, pages_folder="", **({} if backend == "flask" else {"backend": backend}))
    app.layout = html.Div(dash.page_container)
    dash.register_page("home", path="/", layout=html.Div())
    asked = (lambda x: x == "1") if backend == "flask" else exists
    dash.register_page("thing", path_template="/t/<x>", layout=html.Div(), exists=asked)
    enable_true_404(app)
    return app


async def ask(server, path):
    sent = []
    scope = {"type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": path, "root_path": ""}
    scope |= {"raw_path": path.encode(), "query_string": b"", "headers": [(b"host", b"x")], "asgi": {"version": "3.0"}}
    incoming = asyncio.Queue()
    await incoming.put({"type": "http.request", "body": b"", "more_body": False})

    async def send(message):
        sent.append(message)
        if message["type"] == "http.response.body":
            await incoming.put({"type": "http.disconnect"})

    await server(scope, incoming.get, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def get(server, path):
    if hasattr(server, "wsgi_app"):
        answer = server.test_client().get(path)
        return answer.status_code, answer.data
    return asyncio.run(ask(server, path))


backend = sys.argv[1]
server = make_app(backend).server
others = {"quart", "fastapi"} - {backend}
assert not others & set(sys.modules), "another server was imported"
assert [get(server, path)[0] for path in ("/", "/t/1", "/t/2", "/zz")] == [200, 200, 404, 404]
assert b"This page does not exist" in get(server, "/zz")[1]
assert resources.files("dash_true404").joinpath("py.typed").is_file()
assert repr(IN_APP) == "IN_APP"
