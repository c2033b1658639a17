"""In real Chromium: the app's own shell with status 404, what does not exist, and dead links."""

import time

import dash
import flask
import pytest
from dash import Input, Output, dcc, html

from dash_true404 import IN_APP, enable_true_404
from tests.apps import make_app, register

from ..waiting import SECONDS, wait_for
from . import STATUS, needs_chromium, quiet

pytestmark = [needs_chromium, quiet]

LINKS = {"home": "/", "a": "/a", "thing": "/thing/1", "gone": "/thing/2", "dead": "/dead?x=1#y", "dead2": "/dead2"}


@pytest.fixture
def browse(dash_br, dash_thread_server, free_port):
    """Serve an app with a navigation bar and a callback, and open one of its URLs."""

    def browse(url, *, not_found_page=False, extra=None, **options):
        app = make_app("/", "/a", not_found_page=not_found_page)
        register("/thing/<x>", exists=lambda x: x == "1", layout=lambda x=None, **_: html.P(f"thing {x}", id="thing"))
        links = [dcc.Link(name, href=href, id=f"to-{name}") for name, href in LINKS.items()]
        click = [html.Button("click", id="button"), html.Output(id="clicks")]
        app.layout = html.Div([html.Nav(links), *click, dash.page_container])
        app.callback(Output("clicks", "children"), Input("button", "n_clicks"))(lambda n: f"clicked {n or 0}")
        enable_true_404(app, **options)
        asked = []

        @app.server.before_request
        def record():
            if not flask.request.path.startswith(("/_", "/favicon")):
                asked.append((flask.request.method, flask.request.full_path.rstrip("?")))

        if extra:
            extra(app)
        dash_thread_server(app, port=free_port, host="127.0.0.1", start_timeout=SECONDS)
        asked.clear()  # of the runner's own look whether it is there
        dash_br.driver.get(f"http://127.0.0.1:{free_port}{url}")
        return dash_br, asked

    return browse


def mark(browser):
    """Leave a mark in the document that a full load would wipe out."""
    browser.driver.execute_script("window.notReloaded = true")


def is_marked(browser):
    return browser.driver.execute_script("return window.notReloaded === true")


def status(browser):
    return browser.driver.execute_script(STATUS)


def path(browser):
    return browser.driver.execute_script("return location.pathname + location.search + location.hash")


def settle(browser):
    """Give a reload that must not come the time to come."""
    time.sleep(0.7)


def go_back(browser):
    """Go back to what is another document, and wait for that."""
    mark(browser)
    browser.driver.back()
    wait_for(lambda: not is_marked(browser), lambda: path(browser))


@pytest.mark.parametrize("not_found_page", [True, False])
def test_the_apps_own_shell_with_status_404(browse, not_found_page):
    browser, asked = browse("/zz", page=IN_APP, not_found_page=not_found_page)
    if not_found_page:
        browser.wait_for_text_to_equal("#not-found", "nothing here")
    else:
        browser.wait_for_text_to_equal("#_pages_content h1", "404 - Page not found")
    assert status(browser) == 404
    browser.wait_for_text_to_equal("#clicks", "clicked 0")
    browser.find_element("#button").click()
    browser.wait_for_text_to_equal("#clicks", "clicked 1")
    mark(browser)
    browser.find_element("#to-a").click()
    browser.wait_for_text_to_equal("#m_47_a", "page /a")
    assert is_marked(browser)
    browser.find_element("#to-dead").click()
    browser.wait_for_text_to_equal("#_pages_content", "nothing here" if not_found_page else "404 - Page not found")
    settle(browser)
    assert is_marked(browser)
    assert [url for _, url in asked] == ["/zz"]


def test_what_does_not_exist_is_drawn_as_not_found_on_navigation(browse):
    browser, _ = browse("/", not_found_page=True)
    browser.wait_for_text_to_equal("#m_47_", "page /")
    mark(browser)
    browser.find_element("#to-thing").click()
    browser.wait_for_text_to_equal("#thing", "thing 1")
    browser.find_element("#to-gone").click()
    browser.wait_for_text_to_equal("#not-found", "nothing here")
    assert is_marked(browser)


def test_a_dead_link_ends_in_the_real_404_and_back_works(browse):
    browser, asked = browse("/")
    browser.wait_for_text_to_equal("#m_47_", "page /")
    mark(browser)
    browser.find_element("#to-a").click()
    browser.wait_for_text_to_equal("#m_47_a", "page /a")
    browser.find_element("#to-thing").click()
    browser.wait_for_text_to_equal("#thing", "thing 1")
    settle(browser)
    assert asked == [("GET", "/")]  # live links cost no request
    for name in ("dead", "gone"):
        browser.find_element(f"#to-{name}").click()
        browser.wait_for_text_to_equal("h1", "This page does not exist")
        assert not is_marked(browser)
        assert (status(browser), path(browser)) == (404, LINKS[name])
        browser.driver.back()
        browser.wait_for_text_to_equal("#thing", "thing 1")
        settle(browser)
        assert path(browser) == "/thing/1"
    browser.driver.forward()
    browser.wait_for_text_to_equal("h1", "This page does not exist")
    assert asked.count(("HEAD", "/dead?x=1")) == 1


@pytest.mark.parametrize("how", ["double click", "reload"])
def test_back_over_dead_links_shows_the_apps_pages(browse, how):
    browser, _ = browse("/", reload_dead_links=how == "double click")
    browser.wait_for_text_to_equal("#m_47_", "page /")
    browser.find_element("#to-a").click()
    browser.wait_for_text_to_equal("#m_47_a", "page /a")
    if how == "double click":
        browser.driver.execute_script("const to = document.getElementById('to-dead2'); to.click(); to.click()")
    else:
        browser.find_element("#to-dead2").click()
        browser.wait_for_text_to_equal("#_pages_content h1", "404 - Page not found")
        browser.driver.refresh()
    browser.wait_for_text_to_equal("h1", "This page does not exist")
    settle(browser)
    while path(browser) != "/a":  # a double click leaves one entry or two
        go_back(browser)
    browser.wait_for_text_to_equal("#m_47_a", "page /a")
    browser.driver.back()
    browser.wait_for_text_to_equal("#m_47_", "page /")


@pytest.mark.parametrize("head", [404, 200, 500, 302])
def test_no_reload_loop_whatever_the_server_says(browse, head):
    def lie(app):
        @app.server.before_request
        def answer():
            if flask.request.path.startswith("/dead"):
                if flask.request.method == "HEAD":
                    return flask.redirect("/dead2") if head == 302 else ("", head)
                return app.index()

    browser, asked = browse("/", extra=lie)
    browser.wait_for_text_to_equal("#m_47_", "page /")
    browser.find_element("#to-dead").click()
    browser.wait_for_text_to_equal("#_pages_content h1", "404 - Page not found")
    wait_for(lambda: ("GET" if head == 404 else "HEAD", "/dead?x=1") in asked, lambda: asked)
    settle(browser)
    settle(browser)
    browser.wait_for_text_to_equal("#_pages_content h1", "404 - Page not found")
    loads = [url for method, url in asked if method == "GET" and url.startswith("/dead")]
    assert len(loads) == (1 if head == 404 else 0)
    assert asked.count(("HEAD", "/dead?x=1")) == 1


@pytest.mark.parametrize("options", [{"reload_dead_links": False}, {"report_only": True}])
def test_dead_links_that_are_not_reloaded(browse, options):
    browser, asked = browse("/", **options)
    browser.wait_for_text_to_equal("#m_47_", "page /")
    mark(browser)
    browser.find_element("#to-dead").click()
    browser.wait_for_text_to_equal("#_pages_content h1", "404 - Page not found")
    settle(browser)
    assert is_marked(browser)
    assert [url for method, url in asked if method == "GET"] == ["/"]
