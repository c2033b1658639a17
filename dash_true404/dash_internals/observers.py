"""Wrappers around views: observers, which only measure, and guards, which may turn visitors away.

Their names don't tell: decorators copy the name and module of what they wrap, and a wrapt proxy pretends to have its
code. What counts is the module whose code runs when the wrapper is called.
"""

from __future__ import annotations

import types
from typing import Any

#: The modules whose wrappers around views always call the view, and return what it returns. Modules, not packages:
#: New Relic's also has wrappers for anybody's use. Each has a test with the real package.
OBSERVERS = {
    "ddtrace.contrib.internal.flask.wrappers",
    "flask_profiler.flask_profiler",
    "newrelic.hooks.framework_flask",
}

# The class of wrapt, in C or in Python, that calls its proxies. They also pretend to be what they wrap.
_WRAPT_CLASS = "_FunctionWrapperBase"


def without_observers(view: Any) -> Any:
    """Return a view without the observers around it."""
    while (inner := _observed(view)) is not None:
        view = inner
    return view


def describe_wrapper(view: Any) -> str:
    """Return where the code is that runs when a wrapper is called; of objects other than functions, the class."""
    runs = what_runs(view)
    if type(runs) is types.FunctionType:  # proxies fool isinstance
        return f"{runs.__code__.co_filename}:{runs.__code__.co_firstlineno}"
    return f"{type(runs).__module__}.{type(runs).__qualname__}"


def note_guard(view: Any) -> str:
    """Return a note on what a wrapper around Dash's view costs, because it may be a guard and is called first."""
    return (
        f"Dash's view has a wrapper ({describe_wrapper(view)}), which is called first because it may turn visitors "
        "away: each unknown URL costs the rendering of a page, and methods other than GET and HEAD aren't 404 there. "
        "A guard in front of the view (before_request, a dependency, middleware) costs less."
    )


def _observed(view: Any) -> Any:
    """Return what an observer wraps; None if it isn't an observer."""
    runs = what_runs(view)
    if type(runs) is not types.FunctionType or runs.__globals__.get("__name__") not in OBSERVERS:
        return None
    inner = view.__wrapped__ if runs is not view else vars(view).get("__wrapped__")
    # A decorator may have copied this attribute; what a function really calls is in its closure.
    is_called = runs is not view or any(cell.cell_contents is inner for cell in view.__closure__ or ())
    return inner if is_called else None


def what_runs(view: Any) -> Any:
    """Return the function that runs when a view is called, which may be the view itself."""
    caller = next((kind for kind in type(view).__mro__ if "__call__" in vars(kind)), None)
    # A class derived from wrapt's, or another one around its proxies, may do something else.
    is_proxy = caller is not None and caller.__name__ == _WRAPT_CLASS
    return view._self_wrapper if is_proxy else view
