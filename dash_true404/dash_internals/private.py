"""Dash's private modules, with a clear error if one is missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import dash


class DashDiffersError(RuntimeError):
    """Raised if this version of Dash differs from what dash-true404 relies on.

    :param what: the difference, in words.
    """

    def __init__(self, what: str) -> None:
        super().__init__(
            f"this Dash ({dash.__version__}) differs from what dash-true404 knows: {what}; update dash-true404"
        )


def private_module(name: str, *names: str) -> Any:
    """Return a private module of Dash's.

    :param name: the module's full name.
    :param names: what is used of it.
    :raises DashDiffersError: if this Dash doesn't have it, or not these names in it.
    """
    try:
        module = import_module(name)
    except ImportError as error:
        raise DashDiffersError(f"it has no module {name}") from error
    for each in names:
        if not hasattr(module, each):
            raise DashDiffersError(f"{name} has no {each}")
    return module
