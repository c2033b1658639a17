"""In real Chromium: the status of the document against what Dash rendered in it."""

import dash
from dash import dcc, html

from dash_true404 import IN_APP, enable_true_404
from tests.apps import make_app, register
from tests.client import status
from tests.docs.runner import ROOT, blocks
from tests.oracle import rendered_page

from ..waiting import SECONDS
from . import STATUS, needs_chromium, quiet

pytestmark = [needs_chromium, quiet]

PAGES = [
    "/",
    "/a",
    "/a/b",
    "/caf%C3%A9",
    "/enc%20oded",
    "/café",
    "/sp ace",
    "/%62",
    "/a%2Fc",
    "/R%26D",
    "/it's",
    "/100%",
]
TEMPLATES = ["/t/<x>", "/pre-<x>/fix/<y>", "/f[0]/<z>", "/v1.0/<w>"]
ASKED = ["/", "/a", "/a/", "/A", "/%61", "/a/b", "/a%2Fb", "/a%2Fc", "/a/c", "/a/../a", "/a/./b", "/caf%C3%A9", "/café"]
ASKED += ["/caf%c3%a9", "/enc%20oded", "/enc oded", "/sp ace", "/sp%20ace", "/b", "/%62", "/R%26D", "/it's", "/it%27s"]
ASKED += ["/100%", "/100%25", "/t", "/t/", "/t/1", "/t/1/2/", "/t/%2F", "/t/%00", "/pre-1/fix/2", "/pre-1/fix", "/f0/x"]
ASKED += ["/f[0]/x", "/v1.0/x", "/v1x0/x", "/zz", "/not-found-404", "/a;b", "/a?x=1", "/zz#a", "/_dash-nope", "/a\\b"]

# What nginx makes of /a%2Fc, /%62 and /100% where it encodes paths again: found, lest the pages be lost behind it.
PROXYS_FORMS = {"/a/c", "/b", "/100%25"}


def document(browser, url, drawn):
    """Load a URL, wait for an element, and return the path that Dash saw, the document's status, and its id."""
    browser.driver.get(url)
    element = browser.wait_for_element(drawn)
    pathname = browser.driver.execute_script("return window.location.pathname")
    return pathname, browser.driver.execute_script(STATUS), element.get_attribute("id")


def test_the_status_says_what_dash_draws(dash_br, dash_thread_server, free_port):
    app = make_app(not_found_page=True)
    for number, path in enumerate([*PAGES, *TEMPLATES]):
        register(path, module=f"page{number}", layout=html.Div(f"page {path}", id=f"page{number}", className="drawn"))
    dash.page_registry["pages.not_found_404"]["layout"] = html.Div("no page", id="not-found", className="drawn")
    enable_true_404(app, IN_APP)  # so that there is something to draw on a 404 too
    dash_thread_server(app, port=free_port, host="127.0.0.1", start_timeout=SECONDS)

    seen = {url: document(dash_br, f"http://127.0.0.1:{free_port}{url}", ".drawn") for url in ASKED}

    for url, (pathname, seen_status, drawn) in seen.items():
        if url not in PROXYS_FORMS:
            assert seen_status == (404 if drawn == "not-found" else 200), (url, pathname, seen_status, drawn)
        assert (rendered_page(app, pathname) or "not-found") == drawn, (url, pathname)
    statuses = [status for _, status, _ in seen.values()]
    assert min(statuses.count(200), statuses.count(404)) > 10  # else the list above has lost its meaning


def test_a_static_page_is_what_the_visitor_sees(dash_br, dash_thread_server, free_port):
    app = make_app("/", url_base_pathname="/dash/")
    enable_true_404(app)
    dash_thread_server(app, port=free_port, host="127.0.0.1", start_timeout=SECONDS)
    browser = dash_br.driver
    phone = {"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    browser.get(f"http://127.0.0.1:{free_port}/dash/zz")
    assert browser.execute_script(STATUS) == 404
    assert browser.title == "Page not found (404)"
    assert browser.execute_script("return [window.innerWidth, document.documentElement.scrollWidth]") == [320, 320]
    browser.find_element("link text", "Go to the home page").click()
    dash_br.wait_for_text_to_equal("#m_47_", "page /")
    assert browser.execute_script(STATUS) == 200


def test_a_not_found_page_that_redirects_still_redirects(dash_br, dash_thread_server, free_port):
    app = make_app("/home")
    dash.register_page("pages.not_found_404", layout=lambda **_: dcc.Location(pathname="/home", id="redirect"))
    enable_true_404(app)
    dash_thread_server(app, port=free_port, host="127.0.0.1", start_timeout=SECONDS)
    dash_br.driver.get(f"http://127.0.0.1:{free_port}/zz")
    dash_br.wait_for_text_to_equal("#m_47_home", "page /home")
    assert status(app, "/zz") == 404
    assert dash_br.driver.execute_script("return location.pathname") == "/home"


def test_the_policy_of_the_documentation_lets_all_scripts_run(dash_br, dash_thread_server, free_port):
    (source,) = [block.text for block in blocks(ROOT / "docs" / "howto" / "csp.md") if block.file_name == "app.py"]
    names = {"__name__": "csp_app"}
    exec(source, names)
    dash_thread_server(names["app"], port=free_port, host="127.0.0.1", start_timeout=SECONDS)
    driver = dash_br.driver
    driver.get(f"http://127.0.0.1:{free_port}/")
    dash_br.wait_for_text_to_equal("h1", "Welcome")
    dash_br.find_element("a").click()
    dash_br.wait_for_text_to_equal("main h1", "This page does not exist")
    driver.back()
    dash_br.wait_for_text_to_equal("#_pages_content h1", "Welcome")
    assert [entry for entry in driver.get_log("browser") if "Content Security Policy" in entry["message"]] == []
