"""The recipes of docs/deployment, taken out of its pages themselves: what is printed is what is tested."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ..scale import IS_LONG

_DOCS = Path(__file__).parents[2] / "docs"
_PAGES = [_DOCS / "deployment.md", *sorted((_DOCS / "deployment").glob("*.md"))]
#: All pages, one after the other; what follows a page's title is a section like the others.
PAGE = "\n".join(f"#{page.read_text('utf-8')}" for page in _PAGES)
#: Where the servers are: beside this interpreter, activated or not, and where Debian has nginx and Apache.
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath), "/usr/sbin"])
#: Debian's is a link to a file with the version of Python in its name.
MOD_WSGI = Path("/usr/lib/apache2/modules/mod_wsgi.so")

_BLOCK = re.compile(r"^```(\w+)\n(?:(?:#|/\*) (\S+\.\w+)(?: \*/)?\n)?(.*?)^```$", re.DOTALL | re.MULTILINE)
_ADDRESS = re.compile(r"<http://127\.0\.0\.1:(\d+)(/\S*)>")
_INSTALL = re.compile(r"`(\S+ install [^`]+)`")


class Recipe(NamedTuple):
    """One way to serve the app of the page.

    :param heading: the section's.
    :param files: by name.
    :param command: starts the server.
    :param nginx: the ``server`` block, if nginx is in front.
    :param apache: the ``VirtualHost`` block, if Apache runs the app; there is no command then.
    :param port: where the app is for the browser.
    :param prefix: below which path it is there.
    :param install: what the section says has to be installed.
    """

    heading: str
    files: dict[str, str]
    command: str
    nginx: str
    apache: str
    port: str
    prefix: str
    install: list[str]

    @property
    def backend(self) -> str:
        """Which of Dash's backends the app runs on."""
        named = re.search(r'backend="(\w+)"', "".join(self.files.values()))
        return named[1] if named else "flask"

    @property
    def is_debug(self) -> bool:
        """Whether the app runs in Dash's debug mode."""
        return self.command == "python app.py"

    @property
    def encodes_anew(self) -> bool:
        """Whether the app gets the path in another encoding than the browser sent."""
        return re.search(r"proxy_pass http://[^/;]+/", self.nginx) is not None

    @property
    def hides_path(self) -> bool:
        """Whether the app gets the decoded path alone."""
        return "--interface wsgi" in self.command

    @property
    def keeps_alive(self) -> bool:
        """Whether one connection is enough for all requests."""
        return (
            bool(self.nginx)
            or re.search("gthread|gevent", self.command) is not None
            or not re.match("gunicorn|python app|uwsgi --http-socket", self.command)
        )

    @property
    def has_prefix(self) -> bool:
        """Whether the app is not at the root, for the browser or for the server."""
        return re.search("(requests_pathname_prefix|url_base_pathname)=", "".join(self.files.values())) is not None

    def missing(self) -> str:
        """Return what has to be installed before this can be served, or an empty text."""
        programs = {*shlex.split(self.command)[:1], *(["nginx"] if self.nginx else [])}
        programs |= {"apache2"} if self.apache else set()
        imports = set(re.findall(r"^(?:from|import) (\w+)", "".join(self.files.values()), re.MULTILINE))
        modules = imports - {Path(name).stem for name in self.files}
        if self.backend != "flask":
            modules |= {"dash.backends", self.backend}
        modules |= set(re.findall("gevent", self.command))
        missing = [name for name in programs if not shutil.which(name, path=PATH)]
        missing += [name for name in modules if not importlib.util.find_spec(name)]
        if self.apache and MOD_WSGI.resolve().name != f"mod_wsgi.so-{sys.version_info.major}.{sys.version_info.minor}":
            missing.append("mod_wsgi for this version of Python")
        return f"needs {', '.join(sorted(missing))}: {' and '.join(self.install)}" if missing else ""

    def __str__(self) -> str:
        """Return what the tests call it."""
        return f"{self.heading}: {self.command}" if self.command else self.heading


def files_of(page: str, heading: str) -> dict[str, str]:
    """Return the files of a section, by name."""
    section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return {name: text for _, name, text in _BLOCK.findall(section) if name}


def recipes(page: str) -> Iterable[Recipe]:
    """Yield a recipe for each command on the page, and for Apache; all have the files of the section "The app"."""
    for section in re.split("^## ", page, flags=re.MULTILINE)[1:]:
        blocks = _BLOCK.findall(section)
        files = files_of(page, section.partition("\n")[0])
        nginx, apache = ("".join(text for kind, _, text in blocks if kind == proxy) for proxy in ("nginx", "apache"))
        commands = [line for language, _, text in blocks if language == "sh" for line in text.splitlines()]
        for command in commands or ([""] if apache else []):
            port, prefix = _ADDRESS.findall(section)[0]
            heading, files = section.partition("\n")[0], {**files_of(page, "The app"), **files}
            yield Recipe(heading, files, command, nginx, apache, port, prefix, _INSTALL.findall(section))


ALL_RECIPES = list(recipes(PAGE))
#: Short runs pass over a section's further commands.
RECIPES = ALL_RECIPES if IS_LONG else list({recipe.heading: recipe for recipe in reversed(ALL_RECIPES)}.values())[::-1]
