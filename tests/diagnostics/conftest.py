"""Fixtures for the tests of the tools."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@pytest.fixture
def write_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Return a function that writes a user's module, by its name, into the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield lambda name, source: (tmp_path / f"{name}.py").write_text(source) and None
    for file in tmp_path.glob("*.py"):
        if file.stem not in before:
            sys.modules.pop(file.stem, None)
