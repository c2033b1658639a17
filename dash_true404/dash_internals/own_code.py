"""Telling Dash's own functions from those that a user has put in their place, or around them."""

from __future__ import annotations

import inspect
import os
import types
from typing import Any

import dash

# As its code has it: in an app that PyInstaller made, or without sources, that is not where Dash is now.
_DASH_FOLDER = os.path.join(os.path.dirname(dash.dependencies.Input.__init__.__code__.co_filename), "")


def is_dashs_own(function: Any) -> bool:
    """Tell a function or method of Dash's from one of the user's in its place, or around it.

    A decorator copies the name and the module, a proxy pretends to be of the same class: the code tells.
    """
    is_plain = type(function) in (types.FunctionType, types.MethodType)
    return is_plain and function.__code__.co_filename.startswith(_DASH_FOLDER)


def has_dashs_core(function: Any) -> bool:
    """Tell a function of Dash's, whoever has put something around it, from one of the user's that Dash has wrapped."""
    return is_dashs_own(inspect.unwrap(function))
