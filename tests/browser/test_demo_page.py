"""In real Chromium: the demo's page of statuses, live, and for any URL that is typed in."""

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
    browser.wait_for_contains_text(selector, text, timeout=20)


def type_into(field, text):
    for _ in range(5):  # React, when it draws the last answer, may move the caret while these keys come
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(text)
        if field.get_attribute("value") == text:
            return
    raise AssertionError(f"{text!r} was typed, and {field.get_attribute('value')!r} is there.")


def test_the_table_is_live(dash_br, address):
    dash_br.driver.get(address)
    wait_for(dash_br, "#statuses-table caption", "13 of 27 answers by plain Dash are not true.")
    rows = [row.text for row in dash_br.find_elements("#statuses-table tbody tr")]
    assert len(rows) == len(QUESTIONS)
    shown = [row for row in rows if row.startswith("/no-such-page")]
    assert [part in shown[0] for part in ("200 lie", "404")] == [True, True]
    assert not any("lie" in row for row in rows if row.startswith(("/trips no", "/rides")))


def test_any_url_is_asked_and_explained(dash_br, address):
    dash_br.driver.get(address)
    wait_for(dash_br, "#statuses-answer", "exists(station_id='atlantis') returned False")
    url = dash_br.find_element("#statuses-url")
    url = url if url.tag_name == "input" else url.find_element("css selector", "input")
    for typed, said, statuses in (
        ("https://example.org/trips?x=1", "pages.trips", ["200", "200"]),
        ("/About", "/about", ["200 lie", "404"]),
        ("/sp ace <b>", "/sp%20ace%20%3Cb%3E", ["200 lie", "404"]),
    ):
        type_into(url, typed)
        url.send_keys(Keys.ENTER)
        wait_for(dash_br, "#statuses-answer", said)
        assert [answer.text for answer in dash_br.find_elements("#statuses-answer .status")] == statuses


def test_it_fits_a_phone(dash_br, address):
    size = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    dash_br.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    dash_br.driver.get(address)
    wait_for(dash_br, "#statuses-table caption", "of 27")
    assert dash_br.driver.execute_script("return document.documentElement.scrollWidth") <= 390
