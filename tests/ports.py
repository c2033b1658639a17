"""Ports for servers that tests start, of which no two tests get the same."""

from __future__ import annotations

import itertools
import os
import re
import socket

# Below those that the system gives to clients, for one of another test could get it until the server is up; and for
# each of pytest-xdist's workers others.
_PER_WORKER = 500
_worker = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0) % 20
_numbers = range(20_000 + _worker * _PER_WORKER, 20_000 + (_worker + 1) * _PER_WORKER)
_first = os.getpid() * 7 % _PER_WORKER  # another run of the tests on this machine begins elsewhere
_ports = itertools.cycle([*_numbers[_first:], *_numbers[:_first]])


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on, and that was not returned lately."""
    for port in itertools.islice(_ports, _PER_WORKER):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free")
