"""Asking a page's ``exists``, whatever the server is."""

import asyncio

from dash_true404.core.exists import Exists
from dash_true404.core.pages import Match


def fail():
    raise KeyError("x")


def test_a_fault_is_logged_once_however_exists_is_asked(caplog):
    """On Quart and FastAPI a request asks in a thread, and navigation does not."""
    exists, match = Exists(), Match({"module": "pages.m", "exists": fail}, {})
    assert exists.ask(match)
    assert asyncio.run(exists.ask_async(match))
    assert asyncio.run(exists.ask_async(match, in_thread=asyncio.to_thread))
    assert caplog.text.count("exists of page 'pages.m' failed") == 1
