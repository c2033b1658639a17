"""Every block of code and every command of README, the tutorial and the how-to guides does what is said of it."""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from .runner import ROOT, TUTORIAL, Reader, blocks

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or not all(map(shutil.which, ["bash", "curl"])), reason="needs bash and curl"
)

PAGES = [ROOT / "README.md", TUTORIAL, *sorted((ROOT / "docs" / "howto").glob("*.md"))]
PAGES += [ROOT / "docs" / "reference" / "exists.md", *sorted((ROOT / "docs" / "explanation").glob("*.md"))]
# Packing an app takes minutes: `nox -s packed`.
PAGES = [page for page in PAGES if blocks(page) and (page.stem != "pyinstaller" or find_spec("PyInstaller"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    Reader(tmp_path).follow(page)
