"""Both apps over real HTTP, each in a process of its own.

One process would not do: ``dash.page_registry`` and ``@callback`` belong to the process, not to the app, so of two
apps in one process the second changes the first.
"""

from __future__ import annotations

import multiprocessing
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess

from werkzeug.serving import WSGIRequestHandler, make_server

HOST = "127.0.0.1"


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        """Keep the terminal for the table; errors are still logged."""


def _serve(listener: socket.socket, true_404: bool, ports: tuple[int, int]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends this process
    from demo_app.app import create_app  # after the line above: it takes the better part of a second

    app = create_app(true_404)
    app.server.config["DEMO_PORTS"] = ports
    port = listener.getsockname()[1]
    server = make_server(HOST, port, app.server, threaded=True, request_handler=_QuietHandler, fd=listener.fileno())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()  # so that nothing is left behind, however the parent ends


def listen(ports: tuple[int, int]) -> tuple[socket.socket, socket.socket]:
    """Take two ports (0: any that is free).

    :raises OSError: if one of them is taken.
    """
    first = socket.create_server((HOST, ports[0]))
    try:
        return first, socket.create_server((HOST, ports[1]))
    except OSError:
        first.close()
        raise


@contextmanager
def serving(plain: socket.socket, true: socket.socket) -> Iterator[Sequence[BaseProcess]]:
    """Serve the app without and with true 404s, until the end of the block."""
    spawn = multiprocessing.get_context("spawn")
    ports = plain.getsockname()[1], true.getsockname()[1]
    processes = [
        spawn.Process(target=_serve, args=(listener, true_404, ports), daemon=True)
        for listener, true_404 in ((plain, False), (true, True))
    ]
    try:
        for process in processes:
            _start_deaf(process)
        # The processes have them now. Kept open here, a dead server would look like a slow one.
        plain.close()
        true.close()
        yield processes
    finally:
        for process in processes:
            if process.pid:
                process.terminate()
                process.join()


def _start_deaf(process: BaseProcess) -> None:
    """Start a process that never hears Ctrl-C, not even before its own code runs."""
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process.start()
    finally:
        signal.signal(signal.SIGINT, handler)
