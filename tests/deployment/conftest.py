"""Tests that are about some of the recipes only."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "only(*headings): which sections of docs/deployment a test is about")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the other recipes. To skip them would say that something is missing here."""
    config.hook.pytest_deselected(items=[item for item in items if not is_about_its_recipe(item)])
    items[:] = [item for item in items if is_about_its_recipe(item)]


def is_about_its_recipe(item: pytest.Item) -> bool:
    only = item.get_closest_marker("only")
    return only is None or item.callspec.params["running"].heading in only.args
