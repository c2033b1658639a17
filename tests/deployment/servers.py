"""Real servers, each in a folder and a process group of its own, and a connection to ask them over."""

from __future__ import annotations

import base64
import contextlib
import http.client
import os
import re
import shlex
import signal
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path
from typing import NamedTuple

from ..ports import free_port
from ..waiting import SECONDS
from .recipes import MOD_WSGI, PATH, Recipe

NGINX = """
daemon off;
master_process off;
pid nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    {server}
}}
"""
# What Debian's own files load and say.
APACHE = """
ServerRoot {folder}
ServerName 127.0.0.1
PidFile apache.pid
ErrorLog /dev/stderr
Mutex pthread
WSGISocketPrefix wsgi
WSGIAcceptMutex pthread
MaxKeepAliveRequests 0
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule wsgi_module {modules}/mod_wsgi.so
Listen 127.0.0.1:8080
{server}
"""
# mod_wsgi takes the environment for one of the python3 that comes first.
DEBIANS = "env PATH=/usr/sbin:/usr/bin:/sbin:/bin "
# As root Apache serves nothing: its user has the packages and the folder of the tests by this one capability.
AS_APACHE = "setpriv --reuid=www-data --regid=www-data --clear-groups"
AS_APACHE += " --inh-caps=+dac_override --ambient-caps=+dac_override --securebits=+no_setuid_fixup "
# gunicorn logs which of its workers has answered.
GUNICORN = "--access-logfile - --access-logformat 'worker %(p)s'"


class Answer(NamedTuple):
    """A response, read to its end."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection(http.client.HTTPConnection):
    """A connection that is kept alive, and made again only after the server has said that it closes it."""

    opened = 0
    _unsent = b""

    def connect(self) -> None:
        """Connect, and count it."""
        self.opened += 1
        super().connect()

    def send(self, data: bytes) -> None:
        """Hold back what :meth:`ask` sends."""
        self._unsent += data

    def ask(self, method: str, target: str, body: bytes | None = None, content_type: str = "text/plain") -> Answer:
        """Send a request whose target is exactly as given."""
        with self._response(method, target, body, {"Content-Type": content_type} if body else {}) as response:
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read())

    def open_websocket(self, target: str, headers: dict[str, str]) -> int:
        """Ask for a websocket, and return the status: 101 if this connection is one now."""
        handshake = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        key = base64.b64encode(bytes(16)).decode()
        return self._response("GET", target, None, {**handshake, "Sec-WebSocket-Key": key, **headers}).status

    def echoed(self, text: bytes) -> bytes:
        """Send a short text over the websocket, and return the one that comes back."""
        final_text, masked, no_mask = b"\x81", 0x80, bytes(4)  # RFC 6455, section 5.2
        self.sock.sendall(final_text + bytes([masked | len(text)]) + no_mask + text)
        with self.sock.makefile("rb") as stream:
            kind, length = stream.read(2)
            assert bytes([kind]) == final_text
            return stream.read(length)

    def _response(self, method: str, target: str, body: bytes | None, headers: dict[str, str]) -> HTTPResponse:
        self.request(method, target, body, headers)
        # In one piece: hypercorn closes the connection, and does not say so, if the answer is there before the body.
        request, self._unsent = self._unsent, b""
        super().send(request)
        return self.getresponse()


class Served:
    """A recipe that is being served."""

    def __init__(self, recipe: Recipe, folder: Path) -> None:
        self.recipe = recipe
        self.folder = folder
        self.ports = {port: str(free_port()) for port in ("8000", "8080")}
        self._log = folder / "output.txt"
        self._processes: list[subprocess.Popen] = []

    def connection(self) -> contextlib.closing[Connection]:
        """Return a new connection to where the browser finds the app."""
        return contextlib.closing(Connection("127.0.0.1", int(self.ports[self.recipe.port]), timeout=120))

    def output(self) -> str:
        """Return what the servers have written so far."""
        return self._log.read_text("utf-8", "replace")

    def with_ports(self, text: str) -> str:
        """Return a file or command of the recipe with ports that are free here."""
        return re.sub("8000|8080", lambda port: self.ports[port[0]], text)

    @contextlib.contextmanager
    def running(self, command: str) -> Iterator[None]:
        """Run a command; whatever it has started is killed in the end."""
        home = str(self.folder)
        environment = {**os.environ, "PATH": PATH, "HOME": home, "XDG_RUNTIME_DIR": home, "PYTHONUNBUFFERED": "1"}
        environment["GUNICORN_CMD_ARGS"] = GUNICORN
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                shlex.split(command),
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(process)
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def wait(self) -> None:
        """Wait until the app's home page is there.

        :raises RuntimeError: if it does not come, with what the servers have written.
        """
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline and all(process.poll() is None for process in self._processes):
            with contextlib.suppress(OSError, http.client.HTTPException), self.connection() as connection:
                if connection.ask("GET", self.recipe.prefix).status == 200:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"{self.recipe} does not answer:\n{self.output()}")


@contextlib.contextmanager
def serving(recipe: Recipe, folder: Path) -> Iterator[Served]:
    """Serve a recipe from a folder."""
    served = Served(recipe, folder)
    apache = APACHE.format(
        folder=folder, modules=MOD_WSGI.parent, server=recipe.apache.replace("/srv/app", str(folder))
    )
    configured = {"nginx.conf": NGINX.format(server=recipe.nginx), "apache.conf": apache}
    for name, text in {**recipe.files, **configured}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(served.with_ports(text), "utf-8")
    with contextlib.ExitStack() as stack:
        if recipe.command:
            stack.enter_context(served.running(served.with_ports(recipe.command)))
        if recipe.apache:
            make_environment(folder / ".venv")
            as_apache = DEBIANS + (AS_APACHE if os.geteuid() == 0 else "")
            stack.enter_context(served.running(f"{as_apache}apache2 -f {folder}/apache.conf -DFOREGROUND"))
        if recipe.nginx:
            stack.enter_context(served.running(f"nginx -p {folder}/ -c nginx.conf -e stderr"))
        served.wait()
        yield served


def make_environment(folder: Path) -> None:
    """Make a virtual environment of Debian's Python, with the packages of this one."""
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", str(folder)], check=True)
    (packages,) = folder.glob("lib/*/site-packages")
    (packages / "tests.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n", "utf-8")
