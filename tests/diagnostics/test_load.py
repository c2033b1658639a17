"""Apps are found by the names that a command line gives them, and what is wrong is said to the person who typed it."""

import sys

import dash
import pytest

from dash_true404.diagnostics.load import LoadError, load_apps

SHOP = """
import dash
from dash import html

app = dash.Dash(__name__, use_pages=True, pages_folder="")
app.layout = html.Div(dash.page_container)
server = app.server
number = 1

class Holder:
    inner = app

def create(name="app", *, broken=False):
    if broken:
        return 1 / 0
    return app.server if name == "server" else app
"""


@pytest.fixture
def shop(write_module, tmp_path):
    """A folder with the module shop, as the current one."""
    write_module("shop", SHOP)
    return tmp_path


@pytest.mark.parametrize(
    "name",
    [
        "shop:app",
        "shop:server",
        "shop:app.server",
        "shop:Holder.inner",
        "shop:create()",
        "shop:create('server')",
        "shop:create(name='app')",
    ],
)
def test_an_app_is_found(shop, name):
    (found,) = load_apps(name)
    assert isinstance(found.app, dash.Dash)
    assert found.app is sys.modules["shop"].app


def test_an_app_is_found_from_another_folder(shop, monkeypatch, tmp_path_factory):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert load_apps("shop:app", str(shop))[0].app is sys.modules["shop"].app


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("shop", "doesn't name an app. Write module:attribute"),
        (":app", "doesn't name an app"),
        ("shop:", "doesn't name an app"),
        ("shoq:app", "There is no module 'shoq' in "),
        ("shop.more:app", "There is no module 'shop.more' in "),
        ("shop.py:app", "a file's name, not a module's"),
        ("./shop:app", "a file's name, not a module's"),
        ("shop:nope", "Module 'shop' has no attribute 'nope'. It has shop:app."),
        ("shop:create", "isn't a Dash app but the function create. If it makes the app, call it: shop:create()."),
        (
            "shop:number",
            "isn't a Dash app but an object of type int. There is no Dash app in it. Its module has shop:app.",
        ),
        ("shop:Holder", "isn't a Dash app but the class Holder"),
        ("shop:1+1", "neither a name nor a call with literal arguments"),
        ("shop:create(x)", "neither a name nor a call with literal arguments"),
        ("shop:create(", "neither a name nor a call with literal arguments"),
    ],
)
def test_what_is_wrong_is_said(shop, name, said):
    with pytest.raises(LoadError) as raised:
        load_apps(name)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    "fault",
    [
        "1 / 0",
        "import no_such_module",
        "raise SystemExit(3)",
        "import json; json.loads('x')",
        "raise type('Panic', (BaseException,), {})('rust')",
    ],
)
def test_an_error_of_importing_is_shown_as_the_users_own_traceback(shop, fault):
    (shop / "shop.py").write_text(f"x = 1\n\n{fault}\n")
    with pytest.raises(LoadError) as raised:
        load_apps("shop:app")
    said = str(raised.value)
    assert said.startswith("Importing 'shop' failed:\nTraceback of your code:\n")
    assert said.count("File ") == 1  # neither ours nor the standard library's
    assert "shop.py" in said
    assert "line 3" in said


def test_an_error_of_a_factory_is_shown_so_too(shop):
    with pytest.raises(LoadError, match=r"Calling shop:create\(broken=True\) failed(.|\n)*ZeroDivisionError"):
        load_apps("shop:create(broken=True)")


@pytest.mark.parametrize("name", ["shop:app", "shop:create()"])
def test_ctrl_c_while_an_app_is_loaded_is_no_error_of_the_app(shop, name):
    fault = "raise KeyboardInterrupt"
    (shop / "shop.py").write_text(fault if name == "shop:app" else f"def create():\n    {fault}")
    with pytest.raises(KeyboardInterrupt):
        load_apps(name)


def test_a_factory_may_raise_anything(shop):
    (shop / "shop.py").write_text("class Panic(BaseException): pass\n\ndef create():\n    raise Panic('rust')")
    with pytest.raises(LoadError, match=r"Calling shop:create\(\) failed(.|\n)*Panic: rust"):
        load_apps("shop:create()")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "https://shop.example/"])
def test_a_url_is_no_name(url):
    with pytest.raises(LoadError, match=f"{url} is a URL, and this needs the app itself, such as app:app.*check {url}"):
        load_apps(url)


def test_a_module_without_a_main_guard_is_not_served(shop, capsys):
    (shop / "shop.py").write_text(SHOP + "\napp.run(port=1)\n")
    assert isinstance(load_apps("shop:app")[0].app, dash.Dash)
    assert "app.run() was skipped" in capsys.readouterr().err
