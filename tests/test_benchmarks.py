"""The benchmarks ask what they say they ask; how long it takes is for them to say, not for the tests."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

pytestmark = [pytest.mark.asgi, pytest.mark.slow]


@pytest.fixture(autouse=True)
def in_no_time(monkeypatch):
    """Time each thing once, and no more than that."""
    from benchmarks import timing

    monkeypatch.setattr(timing, "_TURN", 0)


@pytest.mark.parametrize("name", ["flask", "asgi", "scale", "import", "check"])
def test_each_measure_compares_with_what_its_bar_is_for(name, monkeypatch):
    from benchmarks import measures

    monkeypatch.setattr(measures, "MANY_PAGES", measures.MANY_PAGES[:100])
    monkeypatch.setattr(measures, "PAGES_TO_CHECK", measures.PAGES_TO_CHECK[:10])
    results = list(measures.MEASURES[name](1))
    assert len(results) >= {"import": 1, "check": 2}.get(name, 6)
    assert all(result.ratio is not None and result.ours for result in results)
    assert any(result.bar for result in results)


@pytest.mark.parametrize(("ratio", "status"), [(1.2, 0), (1.3, 1)])
def test_a_missed_bar_is_named_and_ends_with_status_1(ratio, status, monkeypatch, tmp_path):
    from benchmarks import __main__ as command
    from benchmarks.measures import Result

    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- results -->\nold\n<!-- end of results -->\nafter")
    monkeypatch.setattr(command, "_README", readme)
    monkeypatch.setitem(
        command.MEASURES, "flask", lambda rounds: iter([Result("a 404", "75 us", "60 us", ratio, 1.25)])
    )
    result = CliRunner().invoke(command.main, ["flask", "--record"])
    assert result.exit_code == status
    assert ("missed" in result.output) == bool(status)
    written = readme.read_text()
    assert f"{ratio:.2f} x" in written
    assert "old" not in written
    assert written.startswith("before\n<!-- results -->\n```\n")
    assert written.endswith("\n```\n<!-- end of results -->\nafter")


def test_a_wrong_answer_is_not_timed():
    from benchmarks import apps
    from benchmarks.asking import wsgi

    with pytest.raises(AssertionError, match="/zz is 404 NOT FOUND, not 200"):
        wsgi(apps.plain_flask(), "/zz", 200)
