"""What is generated to ask the oracles about: pages, templates, URLs and prefixes."""

from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

SEGMENTS = ["a", "b", "ab", "A", "api", "users", "x.y", "café", "a b", "100%", "é%2F", "it's", "_dash-layout", "assets"]
ENCODED = ["a", "b", "ab", "A", "%61", "a%2Fb", "api", "users", "caf%C3%A9", "caf%c3%a9", "a%20b", "%", "x.y", "it's"]
ENCODED += ["it%27s", ".", "..", "7", "-7", "_dash-layout", "_dash-update-component", "not-found-404", "assets", "%0A"]

page_paths = st.lists(st.sampled_from(ENCODED + SEGMENTS), max_size=3).map(lambda parts: "/" + "/".join(parts))
templates = st.lists(st.sampled_from([*ENCODED, "<x>", "<y>", "pre-<x>", "<x>.csv"]), min_size=1, max_size=3).map(
    lambda parts: "/" + "/".join(parts)
)
urls = st.tuples(
    st.lists(st.sampled_from([*ENCODED, ""]), max_size=4).map(lambda parts: "/" + "/".join(parts).lstrip("/")),
    st.sampled_from(["", "/", "?x=1"]),
).map("".join)
prefixes = st.sampled_from(["/", "/dash/", "/v1.0/app/"])


# Called with the variables of templates, and without any for paths.
EXISTS = [None, None, lambda **_: True, lambda **_: False, lambda **variables: "a" not in variables.values()]


def repeatable(examples: int) -> Any:
    """Return the settings for a number of examples that are the same in every run.

    Without shrinking, which takes minutes here.
    """
    return settings(
        max_examples=examples,
        deadline=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
