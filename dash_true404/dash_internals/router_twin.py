"""A twin of Dash's router: Dash's own code, run on a page registry of its own.

So the router can be tried in a process that serves already, without touching the app's pages or calling the user's
code.
"""

from __future__ import annotations

import inspect
import types
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

import dash
from dash import Input, Output

from ..core.pages import Pages
from .navigation import CONTENT, PATH_TO_PAGE, dashs_modules, is_replaced, without_ours
from .own_code import is_dashs_own
from .private import DashDiffersError

#: A prefix that only the twin's ``strip_relative_path`` removes.
PREFIX = "/dash-true404"


class _Stripped(str):
    """A stripped path, distinct from any other object of the same text."""


class RouterTwin:
    """The callback in which Dash draws the page of a URL, with pages of its own.

    :param app: the app whose router it is the twin of, because Dash's router differs by kind of app.
    :param registry: the twin's pages; more may be added.
    :raises Exception: if Dash makes its router in an unknown way.
    """

    def __init__(self, app: dash.Dash, registry: OrderedDict[str, Any]) -> None:
        #: What ``strip_relative_path`` returned, and what ``_path_to_page`` was called with.
        self.stripped: list[str] = []
        self.looked_up: list[object] = []
        self._registry = registry
        self._replaced = self._twins(registry)
        stand_in = _StandIn(app, self._strip, self._static)
        enable_pages = inspect.unwrap(dash.Dash.enable_pages)
        self._twin(enable_pages)(stand_in)
        for router in stand_in.routers:
            done(router())
        arguments, options, self._update = stand_in.callbacks[0]
        self.outputs = [argument for argument in arguments if isinstance(argument, Output)]
        self._inputs = options.get("inputs") or [argument for argument in arguments if isinstance(argument, Input)]

    @staticmethod
    def is_possible() -> bool:
        """Tell whether a twin can be made: not of a compiled Dash, nor of a router that has been replaced."""
        return is_dashs_own(inspect.unwrap(dash.Dash.enable_pages))

    @property
    def is_async(self) -> bool:
        """Whether the router awaits what it draws."""
        return inspect.iscoroutinefunction(self._update)

    def draw(self, path: str) -> Any:
        """Return what the router draws for a path."""

        def value(each: Input) -> str:
            return PREFIX + path if each.component_property == "pathname" else ""

        if isinstance(self._inputs, dict):
            drawn = self._update(**{name: value(each) for name, each in self._inputs.items()})
        else:
            drawn = self._update(*map(value, self._inputs))
        content = next((number for number, each in enumerate(self.outputs) if each.component_id == CONTENT), 0)
        return done(drawn)[content]

    def _strip(self, path: str) -> str:
        self.stripped.append(_Stripped(path.removeprefix(PREFIX).strip("/")))
        return self.stripped[-1]

    def _watched(self, path_to_page: Callable[[str], Any]) -> Callable[[str], Any]:
        def watched(path: str) -> Any:
            self.looked_up.append(path)
            return path_to_page(path)

        return watched

    def _look_up(self, path: str) -> Any:
        """Stand in for a replaced ``_path_to_page``, which uses the real registry."""
        match, _ = Pages(self._registry).look_up(path)
        return ({}, None) if match is None else (match.page, match.variables or None)

    def _twins(self, registry: OrderedDict[str, Any]) -> dict[int, Any]:
        """Make the twins of Dash's modules, and return what replaces what, by its id."""
        modules = dashs_modules()
        twins = {id(module): types.ModuleType(module.__name__) for module in modules}
        replaced: dict[int, Any] = {**twins, **dict.fromkeys(map(id, _registries()), registry)}
        for module in modules:
            for value in list(vars(module).values()):
                own = without_ours(value)
                if type(own) is not types.FunctionType:
                    continue
                for home in modules:  # it may be in the other one alone, if it was replaced at home
                    if own.__globals__ is vars(home):
                        replaced[id(own)] = _copy(own, vars(twins[id(home)]))
        for module in modules:
            twin = vars(twins[id(module)])
            for name, value in list(vars(module).items()):
                own = without_ours(value)
                twin[name] = replaced.get(id(own), own)
            if PATH_TO_PAGE in twin:
                found = self._look_up if is_replaced(getattr(module, PATH_TO_PAGE)) else twin[PATH_TO_PAGE]
                twin[PATH_TO_PAGE] = self._watched(found)
        return replaced

    def _twin(self, function: Any) -> Callable[..., Any]:
        """Return the twin of a function of one of Dash's classes."""
        own = without_ours(function)
        module = next((module for module in dashs_modules() if own.__globals__ is vars(module)), None)
        if module is None:
            raise DashDiffersError("its router is made in a module that wasn't expected")
        return _copy(own, vars(self._replaced[id(module)]))

    def _static(self, name: str) -> Callable[..., Any] | None:
        """Return the twin of a static method of Dash's, if there is one of that name."""
        static = inspect.getattr_static(dash.Dash, name, None)
        if not isinstance(static, staticmethod):
            return None
        if name == PATH_TO_PAGE and is_replaced(static.__func__):
            return self._watched(self._look_up)
        twin = self._twin(static.__func__)
        return self._watched(twin) if name == PATH_TO_PAGE else twin


def _registries() -> list[Any]:
    """Return the page registry by both of its names; the public one may have been replaced, as in tests."""
    named = [vars(module)["PAGE_REGISTRY"] for module in dashs_modules() if "PAGE_REGISTRY" in vars(module)]
    return [dash.page_registry, *named]


def done(coroutine: Any) -> Any:
    """Return the result of a coroutine that waits for nothing, and anything else as it is.

    :raises RuntimeError: if it waits.
    """
    if not inspect.iscoroutine(coroutine):
        return coroutine
    try:
        coroutine.send(None)
    except StopIteration as finished:
        return finished.value
    coroutine.close()
    raise RuntimeError("it waits for something")


def _copy(function: types.FunctionType, variables: dict[str, Any]) -> types.FunctionType:
    """Return a function of the same code with other global variables."""
    copy = types.FunctionType(
        function.__code__, variables, function.__name__, function.__defaults__, function.__closure__
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


class _Anything:
    """Anything else that Dash uses of an app; functions for ``before_request`` are collected."""

    def __init__(self, routers: list[Callable[[], Any]], name: str = "") -> None:
        self._routers = routers
        self._name = name

    def __getattr__(self, name: str) -> _Anything:
        return _Anything(self._routers, name)

    def __getitem__(self, key: object) -> _Anything:
        return self

    def __call__(self, *arguments: Any, **_: Any) -> Any:
        if self._name == "before_request":
            self._routers += arguments
        return arguments[0] if arguments else self

    def __iter__(self) -> Any:
        return iter(())


class _StandIn:
    """A stand-in for an app, for ``Dash.enable_pages``: it collects the router and its callback.

    :param app: the app that it stands in for; only its switches, such as whether it is async, are read.
    :param strip: its ``strip_relative_path``.
    :param static: returns a static method of Dash's.
    """

    use_pages = True
    pages_folder = ""
    title = "title"

    def __init__(
        self, app: dash.Dash, strip: Callable[[str], str], static: Callable[[str], Callable[..., Any] | None]
    ) -> None:
        self.routers: list[Callable[[], Any]] = []
        self.callbacks: list[tuple[tuple[Any, ...], dict[str, Any], Callable[..., Any]]] = []
        self.strip_relative_path = strip
        self.routing_callback_inputs: dict[str, Any] = {}
        self._got_first_request = defaultdict[str, bool](bool)
        self._app = app
        self._static = static

    def callback(self, *arguments: Any, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def collect(function: Callable[..., Any]) -> Callable[..., Any]:
            self.callbacks.append((arguments, options, function))
            return function

        return collect

    def __getattr__(self, name: str) -> Any:
        switch = vars(self._app).get(name, self)
        if switch is None or isinstance(switch, bool):
            return switch
        return self._static(name) or _Anything(self.routers, name)
