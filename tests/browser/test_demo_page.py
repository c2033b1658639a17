"""In real Chromium: the demo's page of statuses, live, and for any URL that is typed in."""

import re
import urllib.request

import pytest
from selenium.webdriver.common.keys import Keys

from demo_app.compare import QUESTIONS
from demo_app.servers import HOST, listen, serving

from . import needs_chromium

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def address():
    listeners = listen((0, 0))
    port = listeners[1].getsockname()[1]
    with serving(*listeners):
        yield f"http://{HOST}:{port}/statuses"


def wait_for(browser, selector, text):
    browser.wait_for_contains_text(selector, text)


def type_into(field, text):
    for _ in range(5):  # React, when it draws the last answer, may move the caret while these keys come
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(text)
        if field.get_attribute("value") == text:
            return
    raise AssertionError(f"{text!r} was typed, and {field.get_attribute('value')!r} is there.")


def test_the_table_is_live(dash_br, address):
    dash_br.driver.get(address)
    wait_for(dash_br, "#statuses-table caption", "13 of 28 statuses by plain Dash are wrong.")
    rows = [row.text for row in dash_br.find_elements("#statuses-table tbody tr")]
    assert len(rows) == len(QUESTIONS)
    shown = [row.replace("\n", " ") for row in rows if row.startswith("/no-such-page")]
    assert "200 soft 404 404" in shown[0]
    assert not any("not 404" in row for row in rows if row.startswith(("/trips no", "/rides")))


def test_any_url_is_asked_and_explained(dash_br, address):
    dash_br.driver.get(address)
    wait_for(dash_br, "#statuses-answer", "exists(station_id='atlantis') returned False")
    url = dash_br.find_element("#statuses-url")
    url = url if url.tag_name == "input" else url.find_element("css selector", "input")
    for typed, said, statuses in (
        ("https://example.org/trips?x=1", "pages.trips", ["200", "200"]),
        ("/About", "/about", ["200 soft 404", "404"]),
        ("/sp ace <b>", "/sp%20ace%20%3Cb%3E", ["200 soft 404", "404"]),
    ):
        type_into(url, typed)
        url.send_keys(Keys.ENTER)
        wait_for(dash_br, "#statuses-answer", said)
        shown = [answer.text.replace("\n", " ") for answer in dash_br.find_elements("#statuses-answer .status")]
        assert shown == statuses


def test_it_fits_a_phone(dash_br, address):
    size = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    dash_br.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    dash_br.driver.get(address)
    wait_for(dash_br, "#statuses-table caption", "of 28")
    assert dash_br.driver.execute_script("return document.documentElement.scrollWidth") <= 390
    links = dash_br.find_elements("nav a")
    assert len({link.rect["y"] for link in links}) == 1  # no word has a line of its own
    codes = dash_br.driver.execute_script(LINES_OF_CODE)
    assert "/_dash-update-|component" in codes  # broken, and within no word
    assert not [code for code in codes if re.search(r"[a-z]\|[a-z]", code)]


#: The lines of the URLs in the table, with a bar where they are broken.
LINES_OF_CODE = """
return [...document.querySelectorAll("tbody th code")].map(code => {
  let text = "", line = null;
  for (const node of code.childNodes) {
    for (let number = 0; number < (node.length || 0); number++) {
      const range = document.createRange();
      range.setStart(node, number);
      range.setEnd(node, number + 1);
      const top = range.getBoundingClientRect().top;
      text += (line !== null && top > line + 2 ? "|" : "") + node.data[number];
      line = top;
    }
  }
  return text;
});
"""


def test_the_address_keeps_the_question(dash_br, address):
    dash_br.driver.get(f"{address}?url=%2Fstaff%3Fx&method=HEAD")
    wait_for(dash_br, "#statuses-answer", "HEAD /staff?x")
    wait_for(dash_br, "#statuses-answer .answerer", "Who answered: before_request staff_only")
    url = dash_br.find_element("#statuses-url")
    url = url if url.tag_name == "input" else url.find_element("css selector", "input")
    type_into(url, "/About")
    url.send_keys(Keys.ENTER)
    wait_for(dash_br, "#statuses-answer", "/about")
    wait_for(dash_br, "#statuses-answer .answerer", "dash-true404")
    shared = dash_br.driver.current_url
    assert shared == f"{address}?url=%2FAbout&method=HEAD"
    dash_br.driver.get("about:blank")
    dash_br.driver.get(shared)
    wait_for(dash_br, "#statuses-answer", "HEAD /About")


def test_the_404_page_asks_for_nothing_that_is_missing(dash_br, address):
    dash_br.driver.get(address.replace("/statuses", "/no-such-page"))
    icon = dash_br.driver.find_element("css selector", "link[rel=icon]").get_attribute("href")
    with urllib.request.urlopen(icon, timeout=120) as response:
        assert response.status == 200
