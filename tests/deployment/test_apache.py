"""What Apache's AllowEncodedSlashes makes of encoded pages (docs/deployment has the recipe, with NoDecode)."""

import pytest

from ..apps import found_on
from ..client import METHODS, UNKNOWN
from .recipes import RECIPES
from .servers import serving

RECIPE = next(recipe for recipe in RECIPES if recipe.apache)
pytestmark = pytest.mark.skipif(bool(RECIPE.missing()), reason=RECIPE.missing() or "nothing is missing")

PAGE = found_on("flask")
PAGES = ["/trips", "/caf%C3%A9", "/50%25", "/stations/S%C3%A3o%20Bento"]
NO_PAGES = ["/nope", "/%74rips", "/50%2525", "/stations"]
WITH_SLASHES = {"/TCP%2FIP": PAGE, "/TCP%2fIP": UNKNOWN, "/TCP%2FIP/x": UNKNOWN, "/%54CP%2FIP": UNKNOWN}


@pytest.fixture(scope="module", params=["On", "Off"])
def allowed(request):
    return request.param


@pytest.fixture(scope="module")
def statuses(allowed, tmp_path_factory):
    """The statuses of all methods."""
    changed = RECIPE.apache.replace("AllowEncodedSlashes NoDecode", f"AllowEncodedSlashes {allowed}")
    assert changed != RECIPE.apache
    with (
        serving(RECIPE._replace(apache=changed), tmp_path_factory.mktemp("apache")) as served,
        served.connection() as connection,
    ):
        yield lambda path: {method: connection.ask(method, path).status for method in METHODS}


def test_urls_without_an_encoded_slash_get_what_is_due(statuses):
    due = {**dict.fromkeys(PAGES, PAGE), **dict.fromkeys(NO_PAGES, UNKNOWN)}
    assert {path: statuses(path) for path in due} == due


def test_pages_with_an_encoded_slash_are_found_where_apache_lets_them_through(statuses, allowed):
    due = WITH_SLASHES if allowed == "On" else dict.fromkeys(WITH_SLASHES, UNKNOWN)
    assert {path: statuses(path) for path in due} == due
