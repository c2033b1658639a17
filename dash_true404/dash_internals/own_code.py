"""Dash's own functions, distinguished from those that a user has put in their place, or around them."""

from __future__ import annotations

import inspect
import os
import types
from typing import Any

import dash

# According to its code: in an app made by PyInstaller, or without sources, Dash is somewhere else now.
_DASH_FOLDER = os.path.join(os.path.dirname(dash.dependencies.Input.__init__.__code__.co_filename), "")


def is_dashs_own(function: Any) -> bool:
    """Tell whether a function or method is Dash's own, not one of the user's in its place, or around it.

    Its code decides, because decorators copy the name and module, and proxies pretend to be of the same class.
    """
    is_plain = type(function) in (types.FunctionType, types.MethodType)
    return is_plain and function.__code__.co_filename.startswith(_DASH_FOLDER)


def has_dashs_core(function: Any) -> bool:
    """Tell whether a function is Dash's inside all wrappers, not one of the user's that Dash has wrapped."""
    return is_dashs_own(inspect.unwrap(function))
