"""Facts about pages that the tools ask for."""

import pytest

from dash_true404.core.pages import Pages, is_not_found_page, path_or_template, registered_path


def page(path, template=None, supplied=None, module="m"):
    return {"module": module, "path": path, "path_template": template, "supplied_path": supplied}


@pytest.mark.parametrize(
    ("entry", "registered", "shown"),
    [
        (page("/a"), "/a", "/a"),
        (page("/a", supplied="/a"), "/a", "/a"),
        (page("/t/none", "/t/<x>"), None, "/t/<x>"),
        (page("/t/1", "/t/<x>", "/t/1"), "/t/1", "/t/<x>"),
    ],
)
def test_a_path_that_dash_infers_from_a_template_is_a_placeholder(entry, registered, shown):
    assert (registered_path(entry), path_or_template(entry)) == (registered, shown)


def test_a_not_found_page_is_known_by_its_module():
    assert [is_not_found_page(name) for name in ("not_found_404", "pages.not_found_404", "not_found")] == [
        True,
        True,
        False,
    ]


def test_all_pages_are_listed_without_the_not_found_page():
    registry = {"m": page("/a"), "pages.not_found_404": page("/404")}
    listed = Pages(registry, ["/b", "/r/<year>"]).list_all()
    assert listed[0] is registry["m"]
    assert [(one["module"], registered_path(one)) for one in listed] == [("m", "/a"), (None, "/b"), (None, None)]
