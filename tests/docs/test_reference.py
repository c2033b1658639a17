"""The reference names every message of the log."""

import ast
import re
from collections.abc import Iterator

from .runner import ROOT

REFERENCE = ROOT / "docs" / "reference"
LOGGING = {"warning", "error", "log_once", "warn_once"}


def logged() -> Iterator[str]:
    """Yield how each message begins that the package logs, up to what differs."""
    for module in (ROOT / "dash_true404").rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                message = node.args[0]
                if isinstance(message, ast.JoinedStr):
                    message = message.values[0]
                if name in LOGGING and isinstance(message, ast.Constant) and isinstance(message.value, str):
                    yield re.split("%|{", message.value)[0].strip()


def test_every_message_of_the_log_is_named():
    text = (REFERENCE / "logs.md").read_text("utf-8")
    beginnings = set(logged())
    assert len(beginnings) > 8
    missing = {beginning for beginning in beginnings if beginning.rstrip(" (") not in text}
    assert missing == set()
