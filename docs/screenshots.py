"""Takes the screenshots of the documentation, in real Chromium: ``python docs/screenshots.py``.

It needs what the browser tests need: the extra ``test``, Chromium and its driver. ``--pages`` takes pictures of the
built documentation too, into ``docs/_build/screenshots``, to be looked at.
"""

from __future__ import annotations

import base64
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dash
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait
from werkzeug.serving import make_server

from dash_true404 import enable_true_404

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # for the demo

from demo_app.servers import HOST, listen, serving  # noqa: E402

SCHEMES = ("light", "dark")


@contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """Start Chromium without a window."""
    options = webdriver.ChromeOptions()
    options.binary_location = (
        shutil.which("chromium") or shutil.which("google-chrome") or ""
    )
    for argument in (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
    ):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options)
    try:
        yield driver
    finally:
        driver.quit()


def take(
    driver: webdriver.Chrome,
    url: str,
    file: Path,
    width: int,
    height: int,
    scheme: str,
    drawn: str = "body",
    is_whole: bool = False,
) -> None:
    """Take a picture of a page.

    :param drawn: a selector of what has to be there first.
    :param is_whole: whether the picture has the page's own height.
    """
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    driver.get(url)
    WebDriverWait(driver, 60).until(
        lambda driver: driver.find_elements(By.CSS_SELECTOR, drawn)
    )
    if is_whole:
        size["height"] = driver.execute_script(
            "return document.documentElement.scrollHeight"
        )
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    file.parent.mkdir(parents=True, exist_ok=True)
    shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
    file.write_bytes(base64.b64decode(shot["data"]))


def take_all(driver: webdriver.Chrome) -> None:
    """Take the pictures that the documentation shows."""
    listeners = listen((0, 0))
    address = f"http://{HOST}:{listeners[1].getsockname()[1]}/statuses"
    with serving(*listeners):
        for scheme in SCHEMES:
            file = HERE / "images" / f"statuses-page-{scheme}.png"
            take(
                driver,
                address,
                file,
                1280,
                640,
                scheme,
                drawn="#statuses-table tbody tr",
            )
    app = dash.Dash("screenshots", use_pages=True, pages_folder="")
    dash.register_page("home", path="/", layout=dash.html.Div())
    enable_true_404(app)
    server = make_server(HOST, 0, app.server, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for scheme in SCHEMES:
        file = HERE / "images" / f"built-in-page-{scheme}.png"
        take(
            driver,
            f"http://{HOST}:{server.port}/no-such-page",
            file,
            800,
            420,
            scheme,
            drawn="h1",
        )
    server.shutdown()


def take_pages(driver: webdriver.Chrome) -> None:
    """Take pictures of the documentation itself, as wide screens and phones show it."""
    for page in (
        "index",
        "tutorial",
        "howto/from-a-hook",
        "reference/api",
        "reference/findings",
        "explanation/soft-404s",
        "reference/http",
        "howto/ci",
        "deployment",
        "reference/commands",
    ):
        for width in (1280, 390):
            for scheme in SCHEMES:
                file = (
                    HERE
                    / "_build"
                    / "screenshots"
                    / f"{page.replace('/', '-')}-{width}-{scheme}.png"
                )
                take(
                    driver,
                    (HERE / "_build" / f"{page}.html").as_uri(),
                    file,
                    width,
                    1400,
                    scheme,
                )


if __name__ == "__main__":
    with chromium() as driver:
        take_pages(driver) if "--pages" in sys.argv else take_all(driver)
