"""README is short, its table is true, and its links lead somewhere; its examples are run by ``tests/docs``."""

import re
from pathlib import Path

import pytest

from demo_app.app import create_app

from .client import statuses

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
ROW = re.compile(r"^\| `(/\S*)` \| (\d+) \| (\d+) \|", re.MULTILINE)


def test_it_is_short():
    assert len(README.splitlines()) <= 180


@pytest.mark.parametrize("true_404", [False, True])
def test_the_table_is_what_the_demo_answers(true_404):
    rows = ROW.findall(README)
    assert len(rows) == 5
    answers = statuses(create_app(true_404), *(url for url, _, _ in rows))
    assert answers == [int(due[true_404]) for _, *due in rows]


def test_every_file_that_is_linked_exists():
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]:
        for link in re.findall(r"(?:\]\(|src(?:set)?=\")(?!http)([^)#\"]+)", page.read_text("utf-8")):
            assert (ROOT / link).is_file(), f"{page.name}: {link}"


def test_every_room_is_on_the_map():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    for module in (ROOT / "dash_true404").rglob("*.py"):
        if module.name != "__init__.py":
            assert str(module.relative_to(ROOT / "dash_true404")) in text
