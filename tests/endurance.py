"""Two trials by fire that take too long for the tests; each prints what it finds, and fails if that is not due.

``python -m tests.endurance gunicorn``: 2 workers with 4 threads each, that register and remove pages all the time, are
asked for known and unknown URLs by wrk (or, where that is not installed, by Python) for 30 seconds.

``python -m tests.endurance memory``: 1,000,000 different unknown URLs, and what they leave behind.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import contextvars
import gc
import http.client
import itertools
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dash
from flask import Flask, request

from dash_true404 import enable_true_404

from .apps import WITHOUT_THREADS, make_app, register
from .client import status
from .measuring import growth

KNOWN = ["/", "/a", "/p7", "/p7/", "/t/1", "/t/x/y?day=1"]
UNKNOWN = ["/zz", "/wp-login.php", "/A", "/t/none", "/t", "/p7/zz", "/%61", "/late"]
DUE = "X-Due"
#: What comes and what is due, where every answer is right.
RIGHT = {(200, "200"), (404, "404")}

WRK = """
local urls, threads, turn = {%s}, {}, 0
function setup(thread) table.insert(threads, thread) end
function init() right, wrong = 0, "" end
function request() turn = turn + 1; return wrk.format("GET", urls[turn %% #urls + 1]) end
function response(status, headers)
    if tostring(status) == headers["%s"] then right = right + 1
    else wrong = wrong .. " " .. status .. " for " .. tostring(headers["%s"]) end
end
function done()
    for _, thread in ipairs(threads) do print("right " .. thread:get("right") .. thread:get("wrong")) end
end
"""


def server() -> Flask:
    """Return a server whose pages come and go, and whose answers say which status is due."""
    app = make_app("/", "/a", *(f"/p{number}" for number in range(100)))
    register("/t/<x>", exists=lambda x: x != "none")
    enable_true_404(app)
    flask_server: Flask = app.server
    known = {url.partition("?")[0] for url in KNOWN}
    # register_page is for threads that have the context of the one that has imported Dash.
    changing = threading.Thread(target=contextvars.copy_context().run, args=(_change_pages,), daemon=True)

    @flask_server.after_request
    def say_what_is_due(response: Any) -> Any:
        response.headers[DUE] = (
            "200" if request.path in known and "%" not in request.environ.get("RAW_URI", "") else "404"
        )
        return response

    # For Dash itself reads its pages at the first request, and fails where they change meanwhile.
    status(flask_server, "/")
    changing.start()
    return flask_server


def _change_pages() -> None:
    for number in itertools.count():
        register(f"/late/{number % 3}", order=number % 7)
        if number % 3 == 2:
            for late in range(3):
                dash.page_registry.pop(f"m_47_late_47_{late}")
        time.sleep(0.01)


@contextlib.contextmanager
def gunicorn(threads: int = 4) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Run the server in two workers; yield its port and its process."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        inherited = listener.fileno()
        command = [sys.executable, "-m", "gunicorn", "--bind", f"fd://{inherited}", "--log-level", "warning"]
        command += ["--workers", "2", "--threads", str(threads), "tests.endurance:server()"]
        process = subprocess.Popen(command, cwd=Path(__file__).parent.parent, pass_fds=[inherited])
        try:
            yield listener.getsockname()[1], process
        finally:
            process.terminate()
            process.wait()


def ask_by_python(port: int, seconds: float, threads: int = 8) -> collections.Counter[tuple[int, str | None]]:
    """Ask for all URLs, once at least and until the time is over; return how often which status came, and was due."""
    seen: collections.Counter[tuple[int, str | None]] = collections.Counter()
    end = time.monotonic() + seconds

    def ask() -> None:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            while True:
                for url in KNOWN + UNKNOWN:
                    connection.request("GET", url)
                    with connection.getresponse() as response:
                        response.read()
                        seen[response.status, response.getheader(DUE)] += 1
                if time.monotonic() > end:
                    return

    asking = [threading.Thread(target=ask) for _ in range(threads)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    return seen


def ask_by_wrk(port: int, seconds: int) -> str:
    """Return what wrk prints: how many answers had the status that was due.

    :raises AssertionError: if one had another.
    """
    urls = ", ".join(f'"{url}"' for url in KNOWN + UNKNOWN)
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "fire.lua"
        script.write_text(WRK % (urls, DUE, DUE))
        command = ["wrk", "-t1", "-c16", f"-d{seconds}s", "-s", str(script), f"http://127.0.0.1:{port}"]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert re.search(r"^right [1-9]\d*$", printed, re.MULTILINE), printed
    return printed


def memory(pid: int | str) -> int:
    """Return how many KB of memory a process holds; Linux only."""
    told = Path(f"/proc/{pid}/status").read_text()
    return int(told.partition("VmRSS:")[2].split()[0])


def memory_of_workers(process: subprocess.Popen[bytes]) -> dict[int, int]:
    """Return how many KB of memory each of gunicorn's workers holds, by its process number; Linux only."""
    workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return {int(pid): memory(pid) for pid in workers}


def try_gunicorn(seconds: int) -> None:
    """Print what gunicorn says under fire, and what it holds."""
    with gunicorn() as (port, process):
        print("first seconds:", _all_right(ask_by_python(port, 5)))
        held = [memory_of_workers(process)]
        for _ in range(3):
            print(
                ask_by_wrk(port, seconds // 3) if shutil.which("wrk") else _all_right(ask_by_python(port, seconds / 3))
            )
            held.append(memory_of_workers(process))
        print("memory of the workers, and after each third, KB:", *held)
        assert held[-1].keys() == held[-2].keys(), "a worker has died"
        assert all(size < held[-2][pid] + 1000 for pid, size in held[-1].items()), "the memory grows"


def _all_right(seen: collections.Counter[tuple[int, str | None]]) -> dict[tuple[int, str | None], int]:
    assert seen.keys() == RIGHT, seen
    return dict(seen)


def try_memory(count: int) -> None:
    """Print what so many different unknown URLs leave behind."""
    app = make_app("/", "/a", "/t/<x>/b", **WITHOUT_THREADS)  # several times as fast
    enable_true_404(app)

    def ask(number: int) -> None:
        assert status(app, f"/zz/{number}/{number * 7919}") == 404

    tenth, held = count // 10, []
    for number in range(count + 1):
        ask(number)
        if number % tenth == 0:
            held.append(_own_memory())
            print(f"{number:,} URLs: {held[-1]:,} KB", flush=True)
    assert held[-1] < held[1] + 1000, "the memory grows"
    left = growth(lambda number: ask(count + 1 + number), 10_000)
    print(f"20,000 more, traced: {left} bytes more at most")
    assert left < 10_000, "something is left behind"


def _own_memory() -> int:
    gc.collect()
    return memory("self")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trial", choices=["gunicorn", "memory"])
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--urls", type=int, default=1_000_000)
    given = parser.parse_args()
    if given.trial == "gunicorn":
        try_gunicorn(given.seconds)
    else:
        try_memory(given.urls)
