"""In real Chromium, on Quart and FastAPI: documents, navigation, dead links and callbacks over websockets."""

import asyncio

import dash
import pytest
from dash import Input, Output, dcc, html

from dash_true404 import enable_true_404
from tests.apps import make_app, register

from ..waiting import SECONDS
from . import STATUS, change_tab, needs_chromium, quiet

pytestmark = [needs_chromium, quiet]

LINKS = {"a": "/a", "thing": "/thing/1", "gone": "/thing/2", "dead": "/dead"}


async def exists(x):
    await asyncio.sleep(0.01)
    return x == "1"


def layout(x="", **_):
    return html.P(f"thing {x}", id="thing")


@pytest.fixture(params=["quart", "fastapi"])
def browser(request, dash_br, dash_thread_server, free_port):
    """A browser, and an app with a navigation bar and a callback over a websocket."""
    app = make_app("/", "/a", "/caf%C3%A9", backend=request.param, websocket_callbacks=True)
    register("/thing/<x>", exists=exists, layout=layout, title=lambda x="": f"Thing {x}")
    links = [dcc.Link(name, href=href, id=f"to-{name}") for name, href in LINKS.items()]
    click = [html.Button("click", id="button"), html.Output(id="clicks")]
    app.layout = html.Div([html.Nav(links), *click, dash.page_container])
    app.callback(Output("clicks", "children"), Input("button", "n_clicks"))(lambda n: f"clicked {n or 0}")
    enable_true_404(app)
    dash_thread_server(app, port=free_port, host="127.0.0.1", start_timeout=SECONDS)
    dash_br.address = f"http://127.0.0.1:{free_port}"
    return dash_br


def load(browser, url):
    # Documents of a tab share a worker, and while the websocket of one is closed there, Dash 4.4.1 can lose what the
    # next one asks ("Updating..." for good).
    change_tab(browser)
    browser.driver.get(browser.address + url)
    return browser.driver.execute_script(STATUS)


def test_documents_have_the_status_of_what_dash_draws(browser):
    for url, drawn in {"/a": "page /a", "/caf%C3%A9": "page /caf%C3%A9", "/thing/1": "thing 1"}.items():
        assert load(browser, url) == 200
        browser.wait_for_text_to_equal("#_pages_content > *", drawn)
    browser.wait_for_text_to_equal("#clicks", "clicked 0")
    browser.find_element("#button").click()
    browser.wait_for_text_to_equal("#clicks", "clicked 1")
    posted = "return performance.getEntriesByType('resource').filter(r => r.name.endsWith('update-component')).length"
    assert browser.driver.execute_script(posted) == 0  # the callbacks have run over the websocket
    for url in ("/zz", "/%61", "/thing/2", "/caf%c3%a9"):
        assert load(browser, url) == 404
        browser.wait_for_text_to_equal("h1", "This page does not exist")


def test_dead_links_end_in_the_real_404_and_back_works(browser):
    for link in ("dead", "gone"):
        assert load(browser, "/a") == 200
        browser.wait_for_text_to_equal("#m_47_a", "page /a")
        browser.find_element("#to-thing").click()
        browser.wait_for_text_to_equal("#thing", "thing 1")
        browser._wd_wait.until(lambda driver: driver.title == "Thing 1")
        browser.find_element(f"#to-{link}").click()
        browser.wait_for_text_to_equal("h1", "This page does not exist")
        assert browser.driver.execute_script(STATUS) == 404
        browser.driver.back()
        browser.wait_for_text_to_equal("#thing", "thing 1")
