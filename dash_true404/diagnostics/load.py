"""Finding a Dash app by the name that a command line gives it: ``module:attribute``, as gunicorn takes it."""

from __future__ import annotations

import ast
import contextlib
import importlib
import inspect
import os
import sys
import sysconfig
import traceback
from collections.abc import Iterator
from typing import Any

import dash

from .find_apps import FoundApp, find_apps, is_application

_NOT_THE_USERS = (
    os.path.dirname(os.path.dirname(__file__)),
    *(os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")),
)


class LoadError(Exception):
    """The app could not be loaded; its text is for the person who asked for it."""


def load_apps(name: str, folder: str | None = None) -> list[FoundApp]:
    """Return the Dash apps of a name.

    ::

        load_apps("app:app"), load_apps("wsgi:server"), load_apps("factory:create('test')")

    :param name: ``module:attribute``. The attribute is what a web server takes, or a call that returns that: a Dash
        app, a server or dispatcher with one or several, or an object that holds one. The arguments of a call are
        literals.
    :param folder: where the module is found from; None: the current folder.
    :raises LoadError: if there is none, with what was wrong and what to do.
    """
    if "://" in name.partition("(")[0]:
        raise LoadError(
            f"{name} is a URL, and this needs the app itself, such as app:app. To check a live site, run "
            f"`dash-true404 check {name}`."
        )
    module_name, _, expression = name.partition(":")
    if not module_name or not expression.strip():
        raise LoadError(
            f"{name!r} doesn't name an app. Write module:attribute, such as app:app, or app:create() for a factory."
        )
    if module_name.endswith(".py") or module_name.startswith(".") or {"/", "\\"} & {*module_name}:
        raise LoadError(
            f"{module_name!r} is a file's name, not a module's. Go to its folder and write it without the ending, "
            "such as app:app; modules in folders are written with dots."
        )
    module = _import_module(module_name, folder)
    thing = _evaluate(module, module_name, expression.strip())
    is_factory = isinstance(thing, type) or (inspect.isroutine(thing) and not is_application(thing))
    apps = [] if is_factory else find_apps(thing)
    if not apps:
        raise LoadError(f"{name!r} isn't a Dash app but {_describe(thing)}.{_hint_at_app(name, thing, module)}")
    return apps


def _hint_at_app(name: str, thing: Any, module: Any) -> str:
    if isinstance(thing, type) or inspect.isroutine(thing):
        return f" If it makes the app, call it: {name}()."
    names = _list_apps(module)
    return f" There is no Dash app in it. Its module has {names}." if names else " There is no Dash app in it."


def _list_apps(module: Any) -> str:
    apps = [name for name, value in vars(module).items() if isinstance(value, dash.Dash)]
    return ", ".join(f"{module.__name__}:{app}" for app in apps)


def load_function(name: str) -> Any:
    """Return a function of the user's.

    ::

        load_function("logins:log_in")

    :param name: ``module:function``, found from the current folder.
    :raises LoadError: if there is none.
    """
    module_name, _, attribute = name.partition(":")
    module = _import_module(module_name)
    function = getattr(module, attribute, None)
    if not callable(function):
        raise LoadError(f"Module {module_name!r} has no function {attribute!r}.")
    return function


def _describe(thing: Any) -> str:
    if isinstance(thing, type):
        return f"the class {thing.__name__}"
    return f"the function {thing.__name__}" if inspect.isroutine(thing) else f"an object of type {type(thing).__name__}"


def add_folder(folder: str) -> None:
    """Let modules be found in a folder, before those that are installed."""
    if folder not in sys.path:
        sys.path.insert(0, folder)


def _import_module(module_name: str, folder: str | None = None) -> Any:
    folder = folder or os.getcwd()
    add_folder(folder)
    try:
        with _keep_from_running():
            return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and (module_name + ".").startswith(error.name + "."):
            raise LoadError(
                f"There is no module {error.name!r} in {folder} or among the installed packages. "
                "Go to the folder that the app is started from, or correct the name."
            ) from None
        raise LoadError(shorten_traceback(f"Importing {module_name!r} failed", error)) from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise LoadError(shorten_traceback(f"Importing {module_name!r} failed", error)) from error


@contextlib.contextmanager
def _keep_from_running() -> Iterator[None]:
    """Keep a module without a main guard from serving its app, for ever, when it is only to be looked at."""
    run = dash.Dash.run

    def not_now(self: dash.Dash, *_: Any, **__: Any) -> None:
        print("app.run() was skipped. Write it below: if __name__ == '__main__':", file=sys.stderr)

    setattr(dash.Dash, "run", not_now)  # noqa: B010
    try:
        yield
    finally:
        setattr(dash.Dash, "run", run)  # noqa: B010


def _evaluate(module: Any, module_name: str, expression: str) -> Any:
    try:
        tree: ast.expr = ast.parse(expression, mode="eval").body
        call = tree if isinstance(tree, ast.Call) else None
        path = ast.unparse(call.func if call else tree).split(".")
        if not all(part.isidentifier() for part in path):
            raise ValueError
        args = [ast.literal_eval(arg) for arg in call.args] if call else []
        kwargs = {str(k.arg): ast.literal_eval(k.value) for k in call.keywords} if call else {}
    except (SyntaxError, ValueError):
        raise LoadError(
            f"{expression!r} is neither a name nor a call with literal arguments. Write module:app or module:create()."
        ) from None
    thing = module
    for part in path:
        if not hasattr(thing, part):
            names = _list_apps(module)
            hint = f" It has {names}." if names else ""
            raise LoadError(f"Module {module_name!r} has no attribute {'.'.join(path)!r}.{hint}")
        thing = getattr(thing, part)
    if call is None:
        return thing
    try:
        return thing(*args, **kwargs)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise LoadError(shorten_traceback(f"Calling {module_name}:{expression} failed", error)) from error


def shorten_traceback(what: str, error: BaseException) -> str:
    """Return an error with its traceback, shortened to the user's own code.

    :param what: what failed.
    :param error: why.
    """
    trace = traceback.TracebackException.from_exception(error)
    own = [frame for frame in trace.stack if not _is_foreign(frame.filename)]
    lines = ["Traceback of your code:\n", *traceback.StackSummary.from_list(own).format()] if own else []
    return "".join([f"{what}:\n", *lines, *trace.format_exception_only()]).rstrip()


def _is_foreign(file: str) -> bool:
    return os.path.realpath(file).startswith(_NOT_THE_USERS) or file.startswith("<frozen")
