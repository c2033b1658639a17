"""What is read from pyproject.toml, and what is made of headers, users and base URLs."""

from __future__ import annotations

import pytest

from dash_true404.diagnostics import settings
from dash_true404.diagnostics.settings import STRANGER, Settings, SettingsError, Visitor, make_visitor, read_settings

TABLE = """
[tool.dash-true404]
app = "shop:app"
header = ["X-Token: $TOKEN", "@headers.txt"]
user = "@user.txt"
base-url = "https://shop.example.org/"
login = "logins:log_in"
exclude = ["/admin"]
ignore = ["T101:/a"]
"""


def test_the_table_is_read_from_a_folder_above(tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN", "t0p")
    (tmp_path / "pyproject.toml").write_text(TABLE)
    (tmp_path / "headers.txt").write_text("Accept-Language: de\n\nX-More: a: b\n")
    (tmp_path / "user.txt").write_text("ann:secret\n")
    (tmp_path / "src" / "deep").mkdir(parents=True)
    (tmp_path / "src" / "pyproject.toml").write_text("[project]\nname = 'dash-true404'\n")
    headers = (("X-Token", "t0p"), ("Accept-Language", "de"), ("X-More", "a: b"))
    visitor = Visitor(headers, "ann:secret", "https://shop.example.org/", "logins:log_in")
    assert read_settings(tmp_path / "src" / "deep") == Settings(
        "shop:app", visitor, ("/admin",), ("T101:/a",), str(tmp_path)
    )


@pytest.mark.parametrize("name", ['tool."dash-true404"', "tool . dash-true404", '"tool".dash-true404'])
def test_the_tables_name_may_be_written_in_other_ways(tmp_path, name):
    (tmp_path / "pyproject.toml").write_text(f'[{name}]\napp = "a:b"\n')
    assert read_settings(tmp_path).app == "a:b"


def test_without_a_table_all_is_as_ever(tmp_path):
    assert read_settings(tmp_path) == Settings(folder=str(tmp_path))
    (tmp_path / "pyproject.toml").write_text("# nothing for tool.dash-true404\n")
    assert read_settings(tmp_path) == Settings(folder=str(tmp_path))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[tool.dash-true404]\nheaders = []", "has unknown keys: headers. It may have app, user, base-url, login"),
        ("[tool.dash-true404]\napp = 1", "app in [tool.dash-true404] of"),
        ("[tool.dash-true404]\nexclude = '/a'", 'has to be a list of strings: exclude = ["..."]'),
        ("[tool.dash-true404]\nexclude = [1]", 'has to be a list of strings: exclude = ["..."]'),
        ("[tool.dash-true404]\nexclude = ['/a', 'trips']", "exclude: 'trips' isn't a path. Write it with a slash"),
        ("[tool.dash-true404]\nignore = ['T101', 'T999:/a']", "ignore: 'T999:/a' doesn't begin with a code. Write"),
        ("[tool.dash-true404", "isn't TOML"),
        ("tool.dash-true404 = 3", "isn't a table"),
    ],
)
def test_what_is_wrong_in_the_table_is_said(tmp_path, table, said):
    (tmp_path / "pyproject.toml").write_text(table)
    with pytest.raises(SettingsError) as raised:
        read_settings(tmp_path)
    assert said in str(raised.value)


def test_where_nothing_reads_toml_it_is_said(tmp_path, monkeypatch):
    def fail(name):
        raise ImportError(name)

    (tmp_path / "pyproject.toml").write_text(TABLE)
    monkeypatch.setattr(settings, "import_module", fail)
    with pytest.raises(SettingsError, match="pip install tomli"):
        read_settings(tmp_path)


def test_environment_variables_stand_for_secrets(monkeypatch):
    monkeypatch.setenv("TOKEN", "t0p")
    monkeypatch.delenv("NO_TOKEN", raising=False)
    visitor = make_visitor(("A: Bearer $TOKEN", "B: ${TOKEN}x", "C: $$TOKEN 5$"), "ann:$TOKEN", None, None)
    assert visitor.headers == (("A", "Bearer t0p"), ("B", "t0px"), ("C", "$TOKEN 5$"))
    assert visitor.user == "ann:t0p"
    with pytest.raises(SettingsError, match="The environment variable NO_TOKEN is not set"):
        make_visitor(("A: $NO_TOKEN",), None, None, None)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"headers": ("secret",)}, "A header has to be 'Name: value'"),
        ({"headers": ("na me: x",)}, "A header has to be 'Name: value'"),
        ({"headers": ("A: b\nC: d",)}, "header A has a character that no header may have"),
        ({"headers": ("@no-such-file",)}, "The file 'no-such-file' could not be read"),
        ({"headers": ("A: @no-such-file",)}, "The file 'no-such-file' could not be read"),
        ({"user": "ann"}, "The user has to be name:password"),
        ({"base_url": "shop.example.org"}, "isn't a base URL"),
        ({"base_url": "https://ann@shop.example.org"}, "isn't a base URL"),
        ({"base_url": "https://shop.example.org/a/"}, "isn't a base URL"),
        ({"base_url": "http://shop.example.org:port/"}, "isn't a base URL"),
        ({"base_url": "http://["}, "isn't a base URL"),
        ({"base_url": "http://shop.example.org:99999/"}, "isn't a base URL"),
        ({"login": "logins"}, "doesn't name a function"),
        ({"login": ":log_in"}, "doesn't name a function"),
    ],
)
def test_what_cannot_be_used_is_said(given, said):
    with pytest.raises(SettingsError) as raised:
        make_visitor(**{"headers": (), "user": None, "base_url": None, "login": None, **given})
    assert said in str(raised.value)


def test_secrets_are_not_shown():
    visitor = Visitor((("Authorization", "secret"),), "ann:secret", "https://shop.example.org/", "logins:log_in")
    assert repr(visitor) == (
        "<Visitor at https://shop.example.org/, logged in by logins:log_in, with headers and user>"
    )
    assert repr(STRANGER) == "<Visitor at None, logged in by None, with nothing else>"


BROKEN = '[project]\nname = "shop\n'


@pytest.mark.parametrize("table", ["[tool]\ndash-true404.app = 'a:b'", "tool = {dash-true404 = {app = 'a:b'}}"])
def test_the_table_may_stand_below_another(tmp_path, table):
    (tmp_path / "pyproject.toml").write_text(table)
    assert read_settings(tmp_path).app == "a:b"


@pytest.mark.parametrize("table", ["", "tool = 3", TABLE.replace("$", "")])
def test_a_nearer_file_that_cannot_be_read_is_told(tmp_path, table, monkeypatch):
    """And the first of them: what is wrong with others may be nobody's concern."""
    for name in ("headers.txt", "user.txt"):
        (tmp_path / name).write_text("A: b:c")
    (tmp_path / "pyproject.toml").write_text(table)
    deep = tmp_path / "src" / "deep"
    deep.mkdir(parents=True)
    (deep / "pyproject.toml").write_text(BROKEN)
    (deep.parent / "pyproject.toml").write_bytes(b"[")
    found = read_settings(deep)
    assert found.app == ("shop:app" if "app" in table else None)
    assert found.fault.startswith(f"{deep / 'pyproject.toml'} isn't TOML: ")


def test_a_file_that_may_not_be_read_is_told(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError("Permission denied")

    (tmp_path / "pyproject.toml").write_text(TABLE)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "pyproject.toml").write_text("")
    monkeypatch.setattr(settings.Path, "read_text", refuse)
    assert read_settings(tmp_path / "src").fault == (
        f"{tmp_path / 'src' / 'pyproject.toml'} could not be read: Permission denied."
    )


def test_where_nothing_reads_toml_only_the_table_matters(tmp_path, monkeypatch):
    def fail(name):
        raise ImportError(name)

    (tmp_path / "pyproject.toml").write_text(BROKEN + "[tool.poetry.dependencies]\ndash-true404 = '*'\n")
    monkeypatch.setattr(settings, "import_module", fail)
    assert read_settings(tmp_path) == Settings(folder=str(tmp_path))
