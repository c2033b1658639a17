"""What runs a WSGI app without handing on the path as it was sent (docs/deployment)."""

import pytest

from ..apps import WITHOUT_THREADS, make_true_app
from ..client import METHODS, ask_all

PAGES = ["/", "/trips", "/R%26D", "/caf%C3%A9", "/a%20b", "/C%23", "/50%25", "/TCP%2FIP", "/item/a%2Fb", "/item/%C3%A9"]
NO_PAGES = ["/nope", "/caf%C3%A8", "/items", "/r%26d", "/%E6%9D%B1"]
SOFT_404S = ["/%74rips", "/50%2525", "/caf%25C3%25A9"]


def by_asgiref(app):
    """Make an ASGI app of a WSGI app with asgiref."""
    return pytest.importorskip("asgiref.wsgi").WsgiToAsgi(app)


def by_hypercorn(app):
    """Make an ASGI app of a WSGI app as hypercorn does for its own protocols."""
    wrapper = pytest.importorskip("hypercorn.app_wrappers").WSGIWrapper(app, 1000)

    async def in_this_thread(function, *args):
        return function(*args)

    async def asgi_app(scope, receive, send):
        sent = []

        async def collect(message):
            sent.append(message)

        await wrapper(scope, receive, collect, in_this_thread, lambda _, message: sent.append(message))
        for message in sent:
            await send(message)

    return asgi_app


@pytest.mark.parametrize("made_by", [by_asgiref, by_hypercorn])
def test_all_pages_are_found_and_the_unknown_urls_that_the_page_names(made_by):
    pages = [page for page in PAGES if not page.startswith("/item/")]
    app = made_by(make_true_app(*pages, "/item/<x>", **WITHOUT_THREADS).server)
    methods = [method for method in METHODS if method not in ("HEAD", "OPTIONS")]  # which hypercorn fails to answer
    for paths, get, post in ((PAGES, 200, 405), (SOFT_404S, 200, 405), (NO_PAGES, 404, 404)):
        due = {**dict.fromkeys(methods, post), "GET": get}
        for path in paths:
            answers = ask_all(app, [(path, method) for method in methods], lifespan=False)
            assert dict(zip(methods, (answer.status for answer in answers), strict=True)) == due, path
