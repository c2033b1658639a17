"""What is measured, and the bar for each."""

from __future__ import annotations

import contextlib
import gc
import http.client
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from unittest import mock

import dash

from dash_true404.core.pages import Pages
from dash_true404.diagnostics.check.in_process import check_app
from dash_true404.diagnostics.client import Client, Response

from . import apps
from .asking import asgi, wsgi
from .timing import best

MANY_PAGES = [f"/section-{number % 100}/page-{number}" for number in range(100_000)]
PAGES_TO_CHECK = ["/", *(f"/page-{number}" for number in range(1, 1000))]
TEMPLATES = {
    "/kind-1/<x>": [f"/kind-{number}/<x>" for number in range(1000)],
    "/<x>/page-1": [f"/<x>/page-{number}" for number in range(1000)],
    "/<x>/page-1/<y>": [f"/<x>/page-{number}/<y>" for number in range(1000)],
}


class Result(NamedTuple):
    """One line of the table."""

    what: str
    ours: str
    peer: str
    ratio: float | None = None
    #: At most, or, with "least", at least this.
    bar: float | None = None
    least: bool = False
    unit: str = " x"

    @property
    def is_met(self) -> bool:
        """Whether the bar is met; True where there is none."""
        if self.bar is None or self.ratio is None:
            return True
        return self.ratio >= self.bar if self.least else self.ratio <= self.bar


Measure = Callable[[int], Iterator[Result]]


def flask(rounds: int) -> Iterator[Result]:
    """Flask, in process: a true 404, and what it costs the rest."""
    bare, true = apps.bare_dash().server, apps.true_dash().server
    callback: dict[str, Any] = {"method": "POST", "json": apps.CALLBACK}
    others = {
        "/_reload-hash": ("/_reload-hash", {}),
        "a callback": ("/_dash-update-component", callback),
        "an asset": ("/assets/style.css", {}),
    }
    calls = {
        "plain": wsgi(apps.plain_flask(), apps.UNKNOWN, 404),
        "true": wsgi(true, apps.UNKNOWN, 404),
        "soft": wsgi(bare, apps.UNKNOWN, 200),
        "least": wsgi(apps.refusing_dash().server, apps.UNKNOWN, 404),
        "sets": wsgi(apps.hook_with_sets().server, apps.UNKNOWN, 404),
        "dict": wsgi(apps.hook_with_dict().server, apps.UNKNOWN, 404),
        "page": wsgi(bare, "/page-3", 200),
        "true page": wsgi(true, "/page-3", 200),
        "async page": wsgi(apps.bare_dash(use_async=True).server, "/page-3", 200),
        "true async page": wsgi(apps.true_dash(use_async=True).server, "/page-3", 200),
    }
    cases = {
        "the built-in page": {},
        "a 404.html among the assets": {"assets_folder": apps.assets_with_404()},
        "the built-in page, dash[async]": {"use_async": True},
        "a 404.html among the assets, dash[async]": {"assets_folder": apps.assets_with_404(), "use_async": True},
    }
    for name, options in cases.items():
        calls[name] = wsgi(apps.true_dash(**options).server, apps.UNKNOWN, 404)
    for name, (path, options) in others.items():
        calls[name] = wsgi(bare, path, 200, **options)
        calls[f"true {name}"] = wsgi(true, path, 200, **options)
    seconds = best(calls, rounds)

    def compared(what: str, ours: str, theirs: str, peer: str, bar: float | None = None) -> Result:
        return _compared(what, seconds[ours], seconds[theirs], peer, bar)

    for name in cases:
        yield compared(f"true 404, {name}", name, "plain", "plain Flask's 404, same bytes", 1.25)
    yield compared("true 404", "true", "soft", "bare Dash's soft 404", 0.2)
    yield compared("true 404", "true", "least", "a Dash app that refuses all")
    yield compared("true 404", "true", "sets", "the hook with sets made per request")
    yield compared("true 404", "true", "dict", "the hook with a dict")
    yield compared("a page", "true page", "page", "bare Dash", 1.03)
    yield compared("a page, dash[async]", "true async page", "async page", "bare Dash", 1.03)
    for name in others:
        yield compared(name, f"true {name}", name, "bare Dash", 1.05)


def quart_and_fastapi(rounds: int) -> Iterator[Result]:
    """Quart and FastAPI, in process."""
    for backend, bare_server in (("quart", apps.bare_quart), ("fastapi", apps.bare_fastapi)):
        with asgi() as loop:
            bare = loop.start(apps.bare_dash(backend=backend).server)
            true = loop.start(apps.true_dash(backend=backend).server)
            calls = {
                "bare": loop.call(loop.start(bare_server()), apps.UNKNOWN, 404),
                "true": loop.call(true, apps.UNKNOWN, 404),
                "soft": loop.call(bare, apps.UNKNOWN, 200),
                "page": loop.call(bare, "/page-3", 200),
                "true page": loop.call(true, "/page-3", 200),
                "other": loop.call(bare, "/_reload-hash", 200),
                "true other": loop.call(true, "/_reload-hash", 200),
            }
            if backend == "quart":
                refusing = loop.start(apps.refusing_dash(backend=backend).server)
                calls["least"] = loop.call(refusing, apps.UNKNOWN, 404)
            seconds = best(calls, rounds)
        name = {"quart": "Quart", "fastapi": "FastAPI"}[backend]
        yield _compared(f"true 404 on {name}", seconds["true"], seconds["bare"], f"bare {name}'s 404", 1.3)
        if "least" in seconds:
            yield _compared(f"true 404 on {name}", seconds["true"], seconds["least"], "a Dash app that refuses all")
        yield _compared(f"true 404 on {name}", seconds["true"], seconds["soft"], "bare Dash's soft 404", 0.2)
        yield _compared(f"a page on {name}", seconds["true page"], seconds["page"], "bare Dash", 1.03)
        yield _compared(f"/_reload-hash on {name}", seconds["true other"], seconds["other"], "bare Dash", 1.05)


def scale(rounds: int) -> Iterator[Result]:
    """Many pages, many templates: a 404 on Flask, and what the set of pages takes."""
    calls = {"ten": wsgi(apps.true_dash().server, apps.UNKNOWN, 404)}
    for name, paths in {"many": MANY_PAGES, **TEMPLATES}.items():
        calls[name] = wsgi(apps.true_dash(paths).server, apps.UNKNOWN, 404)
    seconds = best(calls, rounds)
    yield _compared("404 with 100,000 pages", seconds["many"], seconds["ten"], "with 10 pages", 2)
    for name in TEMPLATES:
        yield _compared(f"404 with 1,000 templates {name}", seconds[name], seconds["ten"], "with 10 pages", 2)
    registry = apps.registry(MANY_PAGES)
    gc.collect()
    seconds_to_build = min(_timed_build(registry) for _ in range(rounds))
    yield Result("building the set of 100,000 pages", f"{seconds_to_build:.3f} s", "", seconds_to_build, 0.3, unit=" s")
    tracemalloc.start()
    pages = Pages(registry)
    pages.find("zz")
    gc.collect()
    size = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    yield Result("memory for 100,000 pages", f"{size:.0f} MB", "beyond Dash's registry", size, 40, unit=" MB")


def imports(rounds: int) -> Iterator[Result]:
    """Importing it where Dash has been imported, in new processes."""
    with tempfile.TemporaryDirectory() as bytecode:
        # Compiled, as pip leaves it; where no bytecode is written, as in some containers, it would be each time.
        environment = os.environ | {"PYTHONPYCACHEPREFIX": bytecode}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        _milliseconds_to_import(environment)
        more = min(_milliseconds_to_import(environment) for _ in range(rounds))
    yield Result("importing it", f"{more:.1f} ms", "beyond import dash", more, 15, unit=" ms")


def gunicorn(rounds: int) -> Iterator[Result]:
    """Requests per second of an unknown URL under gunicorn, one worker, asked by wrk."""
    missing = [name for name in ("wrk", "gunicorn") if not _program(name)]
    if missing:
        yield Result(f"requests per second: skipped, {' and '.join(missing)} not installed", "", "")
        return
    rates: dict[str, list[float]] = {"plain": [], "true": []}
    for _ in range(max(3, rounds // 5)):
        for name in rates:
            rates[name].append(_requests_per_second(name))
    ours, theirs = max(rates["true"]), max(rates["plain"])
    told = f"plain Flask: {theirs:.0f}/s"
    yield Result("requests per second, unknown URL, gunicorn", f"{ours:.0f}/s", told, ours / theirs, 0.8, least=True)
    spread = statistics.pstdev(rates["plain"]) / statistics.mean(rates["plain"])
    yield Result("the same of plain Flask, from run to run", f"± {spread:.0%}", "")


class _Counting(Client):
    """Counts what is asked, and keeps how a page is drawn."""

    asked = 0
    drawn = b""

    def ask(
        self, target: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Response:
        self.asked += 1
        self.drawn = body or self.drawn
        return super().ask(target, method, headers, body)


def check(rounds: int) -> Iterator[Result]:
    """The command check, of an app with many pages that link to each other: its requests, and its time."""
    number = len(PAGES_TO_CHECK)
    with mock.patch.dict(dash.page_registry):
        app = apps.linked_dash(PAGES_TO_CHECK)
        with _Counting(app) as client:
            start = time.perf_counter()
            check_app(app, client=client)
            taken = time.perf_counter() - start
        draw = {"method": "POST", "data": client.drawn, "content_type": "application/json"}
        calls = {
            "page": wsgi(app.server, PAGES_TO_CHECK[-1], 200),
            "draw": wsgi(app.server, "/_dash-update-component", 200, **draw),
        }
        seconds = best(calls, rounds)
    own = number * sum(seconds.values())
    yield Result(
        f"check of {number:,} pages, requests", f"{client.asked}", f"{number:,} pages", client.asked / number, 4
    )
    told = "the app's own, to load and draw each page once"
    yield Result(f"check of {number:,} pages, time", f"{taken:.1f} s", f"{told}: {own:.1f} s", taken / own, 2)


MEASURES: dict[str, Measure] = {
    "flask": flask,
    "asgi": quart_and_fastapi,
    "scale": scale,
    "import": imports,
    "check": check,
    "gunicorn": gunicorn,
}


def _compared(what: str, ours: float, theirs: float, peer: str, bar: float | None = None) -> Result:
    return Result(what, f"{1e6 * ours:.0f} us", f"{peer}: {1e6 * theirs:.0f} us", ours / theirs, bar)


def _milliseconds_to_import(environment: Mapping[str, str]) -> float:
    code = """
import time
import dash
start = time.perf_counter()
from dash_true404 import enable_true_404
print(1000 * (time.perf_counter() - start))
"""
    command = [sys.executable, "-c", code]
    return float(subprocess.run(command, capture_output=True, check=True, env=environment, text=True).stdout)


def _timed_build(registry: Any) -> float:
    pages = Pages(registry)
    start = time.perf_counter()
    pages.find("zz")
    return time.perf_counter() - start


def _program(name: str) -> str | None:
    return shutil.which(name, path=os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")]))


def _requests_per_second(name: str) -> float:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port, inherited = listener.getsockname()[1], listener.fileno()
        command = [_program("gunicorn"), "--bind", f"fd://{inherited}", "--log-level", "warning"]
        server = subprocess.Popen([*command, f"benchmarks.served:{name}"], pass_fds=[inherited])
        try:
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
                connection.request("GET", apps.UNKNOWN)
                connection.getresponse()  # which comes when gunicorn is up
            wrk = [_program("wrk"), "--threads", "1", "--connections", "8", "--duration", "3s"]
            url = f"http://127.0.0.1:{port}{apps.UNKNOWN}"
            told = subprocess.run([*wrk, url], capture_output=True, check=True, text=True)
        finally:
            server.terminate()
            server.wait()
    return float(told.stdout.partition("Requests/sec:")[2].split()[0])
