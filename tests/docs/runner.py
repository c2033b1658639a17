"""Follows a page of the documentation: writes its files, runs its commands and code, and compares what they print.

What a block is follows from how it is written, so that nothing on the page is there for the tests alone:

- A block whose first line is a comment with a file's name is that file. It stays until a later block replaces it.
- ``diff`` is applied to the file that its first line names. Each hunk has to fit exactly once.
- ``console`` is a session: lines after ``$`` are commands, all others what is printed. ``...`` stands for anything.
- ``text`` is what the server that was started last has printed by then.
- ``python`` is run as a script, beside the files, with ``app`` at hand.
"""

from __future__ import annotations

import functools
import itertools
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement

from ..ports import free_port
from ..waiting import SECONDS, wait_for

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorial.md"

_FENCE = re.compile(r"^```(\S*)[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FILE_NAME = re.compile(r"^(?:#|//|/\*|<!--) ([\w./-]+\.\w+)(?: \*/| -->)?$")
_SETUP = re.compile(
    r"python3? -m venv |\. \.venv|mkdir \w+ && cd |git clone "
)  # done before: the tests run in an environment
_INSTALL = re.compile(r"(?:python -m )?pip install (.*)")
_SERVER = re.compile(r"(python app\.py|gunicorn |uvicorn |hypercorn )")
_PORT = "8050"

_IMPORTS = "import dash\nfrom dash import Dash, dcc, html\nfrom dash_true404 import IN_APP, enable_true_404\n"
_APP = """app = Dash("app", use_pages=True, pages_folder="")
dash.register_page("home", path="/", layout=html.Div())
"""


class Block(NamedTuple):
    """One block of code on a page.

    :param language: what its fence says.
    :param text: its lines.
    :param where: the page and the line, for messages.
    """

    language: str
    text: str
    where: str

    @property
    def file_name(self) -> str | None:
        """The name of the file that it is, or that a diff changes."""
        first = self.text.partition("\n")[0]
        match = _FILE_NAME.match(first[1:] if self.language == "diff" else first)
        return match[1] if match else None


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page, in order."""
    text = page.read_text("utf-8")
    return [
        Block(match[1], match[2], f"{page.name}:{text.count(chr(10), 0, match.start()) + 1}")
        for match in _FENCE.finditer(text)
        if not match[1].startswith("{")  # what Sphinx does with it
    ]


def session(text: str) -> list[tuple[str, str]]:
    """Return the commands of a session, each with what it prints."""
    parts = re.split(r"^\$ ((?:.*\\\n)*.*)\n", text, flags=re.MULTILINE)
    assert not parts[0], f"a session begins with a command: {parts[0]!r}"
    return list(zip(parts[1::2], parts[2::2], strict=True))


class Reader:
    """Somebody who does what a page says, in a folder of their own.

    :param folder: an empty one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / ".curlrc").write_text("silent\n")  # as on a terminal, where it shows no progress beside headers
        self._port = str(free_port())
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
        self._environment = os.environ | {
            "PATH": path,
            "PORT": self._port,
            "PYTHONPATH": str(ROOT),  # for the demo
            "PYTHONDONTWRITEBYTECODE": "1",  # files change within a second
            "PYTHONUNBUFFERED": "1",
            "PYTEST_ADDOPTS": "-p no:randomly -p no:dash -p no:cacheprovider",
            "NO_COLOR": "1",
            "DASH_HOT_RELOAD": "false",  # for what has changed is started again here, without a reloader's process
            "CURL_HOME": str(folder),
        }
        for name in ("CI", "PYTEST_CURRENT_TEST", "PYTEST_XDIST_WORKER"):
            self._environment.pop(name, None)
        self._server: subprocess.Popen[bytes] | None = None
        self._log = folder / "server.log"
        self._server_command = ""
        self._is_stale = False
        self._last_status = 0

    def follow(self, page: Path) -> None:
        """Do all that a page says; a diff of a file that it doesn't show is one of the tutorial's app."""
        try:
            for block in blocks(page):
                self._do(block)
        finally:
            self._stop()

    def _do(self, block: Block) -> None:
        if block.language == "diff":
            self._apply(block)
        elif block.file_name:
            self._write(block.file_name, block.text)
        elif block.language == "console":
            for command, printed in session(block.text):
                self._run(command, printed, block.where)
        elif block.language == "text":
            log = functools.partial(self._log.read_text, "utf-8")
            wait_for(lambda: _is_printed(f"...{block.text.strip()}...", log()), log)
        elif block.language == "sh":
            for command in block.text.splitlines():
                assert self._is_done(command), f"{block.where}: {command}"
        else:
            assert block.language == "python", f"{block.where}: nothing here runs {block.language!r}"
            made = _IMPORTS + ("" if "Dash(" in block.text else self._app())
            self._check(self._finish([sys.executable, "-c", made + block.text]), block.where)

    def _app(self) -> str:
        return "from app import app\n" if (self.folder / "app.py").exists() else _APP

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(_PORT, self._port), "utf-8")
        self._is_stale = True

    def _apply(self, block: Block) -> None:
        name = block.file_name
        assert name, f"{block.where}: a diff begins with the name of its file"
        if not (self.folder / name).exists():
            self._begin_with_the_tutorial()
        text = (self.folder / name).read_text("utf-8").replace(self._port, _PORT)
        for hunk in re.split(r"^@@.*\n", block.text, flags=re.MULTILINE):
            lines = hunk.splitlines()
            before = "".join(f"{line[1:]}\n" for line in lines if line[:1] in ("", " ", "-"))
            after = "".join(f"{line[1:]}\n" for line in lines if line[:1] in ("", " ", "+"))
            assert text.count(before) == 1, f"{block.where}: doesn't fit {name}, at\n{before}"
            text = text.replace(before, after)
        self._write(name, text)

    def _begin_with_the_tutorial(self) -> None:
        for block in itertools.takewhile(lambda block: block.language != "diff", blocks(TUTORIAL)):
            if block.file_name:
                self._write(block.file_name, block.text)

    def _is_done(self, command: str) -> bool:
        """Tell whether a command prepares what the tests have: an environment, and what is installed in it."""
        install = _INSTALL.fullmatch(command)
        if install:
            for name in shlex.split(install[1]):
                if not name.startswith("-"):
                    wanted = Requirement(re.sub(r"^path/to/the/clone", "dash-true404", name))
                    assert wanted.specifier.contains(version(wanted.name), prereleases=True), command
        return bool(install or _SETUP.match(command))

    def _run(self, command: str, printed: str, where: str) -> None:
        if self._is_done(command):
            return
        if _SERVER.match(command):
            self._serve(command)
            return
        if _PORT in command and self._is_stale:  # who reads has a server that reloads
            self._serve(self._server_command)
        # A shell of its own for each command, that knows how the last one ended.
        shell = ["bash", "-c", f"(exit {self._last_status}); {command.replace(_PORT, self._port)}"]
        result = self._finish(shell)
        self._last_status = result.returncode
        if printed.strip():
            seen = result.stdout.replace(self._port, _PORT)
            assert _is_printed(printed, seen), f"{where}: {command}\nprints\n{seen}\nnot\n{printed}"
        else:
            self._check(result, where)

    def _finish(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def _check(self, result: subprocess.CompletedProcess[str], where: str) -> None:
        assert result.returncode == 0, f"{where}: {result.args}\n{result.stdout}"

    def _serve(self, command: str) -> None:
        self._stop()
        assert command, "which server?"
        self._server_command = command
        with self._log.open("w") as log:
            self._server = subprocess.Popen(
                shlex.split(command.replace(_PORT, self._port)),
                cwd=self.folder,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,  # so that its workers end with it
            )
        self._is_stale = False
        wait_for(lambda: self._is_served() or self._has_ended(), lambda: command)
        assert not self._has_ended(), f"{command}\n{self._log.read_text('utf-8')}"

    def _stop(self) -> None:
        if self._server is not None:
            if not self._has_ended():
                os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait()
            self._server = None
            # Workers that it started nobody can wait for.
            wait_for(lambda: not self._is_served(), lambda: "the server")

    def _has_ended(self) -> bool:
        return self._server is None or self._server.poll() is not None

    def _is_served(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(self._port))) == 0


def _is_printed(expected: str, seen: str) -> bool:
    """Tell whether something is printed as a page says; ``...`` stands for anything."""
    pattern = re.escape(_stripped(expected)).replace(r"\.\.\.", ".*")
    return re.fullmatch(pattern, _stripped(seen), re.DOTALL) is not None


def _stripped(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
