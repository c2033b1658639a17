"""Telling observers around views, which measure and let everybody through, from guards, which turn visitors away.

Neither can be known by its looks: decorators copy the name and the module of what they wrap, and a proxy made with
wrapt pretends to have its code. What counts is the module whose code runs when the wrapper is called.
"""

from __future__ import annotations

import types
from typing import Any

#: The modules whose wrappers around views call the view, whoever asks, and return what it returns. Modules, not
#: packages: New Relic's has wrappers for everybody's use, too. Each has a test with the real package.
OBSERVERS = {
    "ddtrace.contrib.internal.flask.wrappers",
    "flask_profiler.flask_profiler",
    "newrelic.hooks.framework_flask",
}

# The class of wrapt, in C or in Python, by which its proxies are called. They also pass for what they wrap.
_WRAPT_CLASS = "_FunctionWrapperBase"


def without_observers(view: Any) -> Any:
    """Return what a view is once the observers around it are taken off."""
    while (inner := _observed(view)) is not None:
        view = inner
    return view


def describe_wrapper(view: Any) -> str:
    """Return where the code is that runs when a wrapper around a view is called; of other objects, their class."""
    runs = what_runs(view)
    if type(runs) is types.FunctionType:  # proxies lie to isinstance
        return f"{runs.__code__.co_filename}:{runs.__code__.co_firstlineno}"
    return f"{type(runs).__module__}.{type(runs).__qualname__}"


def note_guard(view: Any) -> str:
    """Return what a wrapper around a view of Dash's costs that is called first because it may be a guard."""
    return (
        f"Dash's view has a wrapper ({describe_wrapper(view)}), which is called first because it may turn visitors "
        "away: each unknown URL costs the rendering of a page, and methods other than GET and HEAD aren't 404 there. "
        "A guard in front of the view (before_request, a dependency, middleware) costs less."
    )


def _observed(view: Any) -> Any:
    """Return what an observer is around; None if it is no observer."""
    runs = what_runs(view)
    if type(runs) is not types.FunctionType or runs.__globals__.get("__name__") not in OBSERVERS:
        return None
    inner = view.__wrapped__ if runs is not view else vars(view).get("__wrapped__")
    # A decorator may have copied this attribute to a function; what the function calls is in its closure.
    is_called = runs is not view or any(cell.cell_contents is inner for cell in view.__closure__ or ())
    return inner if is_called else None


def what_runs(view: Any) -> Any:
    """Return the function that runs when a view is called, if it is another than the view itself."""
    caller = next((kind for kind in type(view).__mro__ if "__call__" in vars(kind)), None)
    # A class derived from wrapt's, or another one around its proxies, may have a say of its own.
    is_proxy = caller is not None and caller.__name__ == _WRAPT_CLASS
    return view._self_wrapper if is_proxy else view
