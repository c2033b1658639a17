"""Observers around views are no guards: unknown URLs cost nothing more, and are 404 for every method."""

from __future__ import annotations

import functools
import logging
import types

import flask
import pytest
import wrapt

from dash_true404 import enable_true_404
from dash_true404.dash_internals.observers import OBSERVERS, describe_wrapper, without_observers
from dash_true404.dash_internals.own_code import is_dashs_own
from dash_true404.diagnostics.in_front import name_wrappers
from dash_true404.servers import adapter_for

from ..apps import ON_WERKZEUG, app_with, make_app, make_true_app, true_app_on
from ..client import METHODS, UNKNOWN, ask_all, by_method, status, statuses

AUTH = {"headers": {"X-User": "me"}}
URLS = ("/", "/a", "/zz", "/t/1", "/t")


def module(name, code):
    """Return a module of a name, whose functions look as if they came from there."""
    made = types.ModuleType(name)
    exec(code, made.__dict__)
    return made


PLAIN = """
import functools

def observe(view):
    @functools.wraps(view)
    def wrapper(*args, **kwargs):
        return view(*args, **kwargs)
    return wrapper
"""
PROXY = """
import wrapt

@wrapt.decorator
def made_for_users(wrapped, instance, args, kwargs):
    return wrapped(*args, **kwargs)

def call(wrapped, instance, args, kwargs):
    return wrapped(*args, **kwargs)

def observe(view):
    return wrapt.FunctionWrapper(view, call)
"""
OBSERVE = {
    "function": module("flask_profiler.flask_profiler", PLAIN).observe,
    "proxy": module("newrelic.hooks.framework_flask", PROXY).observe,
}
SOMEBODYS = module("newrelic.api.function_trace", PROXY)


def is_known():
    return "X-User" in flask.request.headers


def guard_by_function(view):
    @functools.wraps(view)
    def guarded(*args, **kwargs):
        return view(*args, **kwargs) if is_known() else flask.abort(401)

    return guarded


@wrapt.decorator
def guard_by_decorator(wrapped, instance, args, kwargs):
    return wrapped(*args, **kwargs) if is_known() else flask.abort(401)


class GuardingWrapper(wrapt.FunctionWrapper):
    """Has an observer's function, which it calls for some visitors only."""

    def __call__(self, *args, **kwargs):
        return super().__call__(*args, **kwargs) if is_known() else flask.abort(401)


def guard_by_subclass(view):
    return GuardingWrapper(view, OBSERVE["proxy"](view)._self_wrapper)


class GuardingProxy(wrapt.CallableObjectProxy):
    """Has all attributes of what it is around, those of wrapt among them."""

    def __call__(self, *args, **kwargs):
        return self.__wrapped__(*args, **kwargs) if is_known() else flask.abort(401)


class GuardingObject:
    """Has them without being one of wrapt's."""

    def __init__(self, view):
        self.view = view

    def __getattr__(self, name):
        return getattr(self.view, name)

    def __call__(self, *args, **kwargs):
        return self.view(*args, **kwargs) if is_known() else flask.abort(401)


GUARDS = [guard_by_function, guard_by_decorator, guard_by_subclass, GuardingProxy, GuardingObject]


def wrap_with(*wrappers):
    """Return a function that puts wrappers around Dash's views, the first of them outermost."""

    def wrap(app):
        for endpoint in ("/", "/<path:path>"):
            for wrapper in reversed(wrappers):
                app.server.view_functions[endpoint] = wrapper(app.server.view_functions[endpoint])

    return wrap


@pytest.mark.parametrize("observe", OBSERVE.values(), ids=OBSERVE)
@pytest.mark.parametrize("when", ["before", "after"])
def test_unknown_urls_are_404_for_every_method_and_no_page_is_drawn(observe, when, caplog):
    caplog.set_level(logging.INFO, "dash_true404")
    drawn = []
    app = app_with(wrap_with(observe, observe), when)
    app.server.after_request(lambda response: drawn.append(response.get_data()) or response)
    # What Dash draws is marked by its index string; the 404 page is another.
    assert by_method(app, "/zz") == UNKNOWN
    assert statuses(app, "/", "/a", "/t/1") == [200, 200, 200]
    assert [b"_dash-config" in body for body in drawn] == [False] * len(METHODS) + [True] * 3
    assert not adapter_for(app.server).decisions.decide_for("/zz", "GET").guard_first
    assert "wrapper" not in caplog.text


@pytest.mark.parametrize("observe", OBSERVE.values(), ids=OBSERVE)
def test_the_view_is_not_called_for_an_unknown_url(observe):
    app = make_app("/a")
    wrap_with(observe)(app)
    called = []
    index = app.server.view_functions["/<path:path>"]
    index = getattr(index, "__wrapped__", None)
    assert is_dashs_own(index)
    interpolate = app.interpolate_index
    app.interpolate_index = lambda **parts: called.append(1) or interpolate(**parts)
    enable_true_404(app)
    assert statuses(app, "/zz", "/a") == [404, 200]
    assert called == [1]


@pytest.mark.parametrize("observe", OBSERVE.values(), ids=OBSERVE)
@pytest.mark.parametrize("guard", GUARDS)
@pytest.mark.parametrize("order", ["guard outermost", "observer outermost"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_guards_beside_observers_stay_guards(observe, guard, order, when):
    pair = (guard, observe) if order == "guard outermost" else (observe, guard)
    app = app_with(wrap_with(*pair), when)
    for method in METHODS:
        answers = ask_all(app, [(url, method) for url in URLS])
        assert len({(answer.status, answer.body, frozenset(answer.allow)) for answer in answers}) == 1, method
    assert status(app, "/zz") == 401
    assert statuses(app, *URLS, **AUTH) == [200, 200, 404, 200, 404]


@pytest.mark.parametrize("observe", OBSERVE.values(), ids=OBSERVE)
def test_a_guard_between_observers_and_ours_on_both_sides(observe):
    app = make_app("/", "/a")
    wrap_with(observe)(app)
    enable_true_404(app)
    wrap_with(observe, guard_by_function, observe)(app)
    assert {status(app, url, "POST") for url in ("/a", "/zz")} == {405}
    assert statuses(app, "/a", "/zz") == [401, 401]


def test_tools_of_an_observers_package_are_for_anybody():
    for wrap in (SOMEBODYS.observe, SOMEBODYS.made_for_users):
        assert without_observers(view := wrap(flask.jsonify)) is view


def test_a_function_whose_attribute_names_another_than_it_calls_is_no_observer():
    observed = OBSERVE["function"](guard_by_function(flask.jsonify))
    functools.update_wrapper(observed, flask.jsonify)
    assert without_observers(observed) is observed
    del observed.__wrapped__
    assert without_observers(observed) is observed


def test_what_a_class_or_another_module_pretends_is_no_observer():
    def observe(wrapped, instance, args, kwargs):
        return wrapped(*args, **kwargs)

    for name in OBSERVERS:
        observe.__module__ = name
        view = wrapt.FunctionWrapper(flask.jsonify, observe)
        assert without_observers(view) is view


def test_a_wrapper_that_comes_and_goes_counts_for_the_next_request():
    app = make_true_app("/a")
    views = app.server.view_functions
    ours = views["/<path:path>"]
    statuses_of_post = []
    for wrap in (lambda view: view, OBSERVE["proxy"], guard_by_function, OBSERVE["function"], lambda view: view):
        views["/<path:path>"] = wrap(ours)
        statuses_of_post += [status(app, "/zz", "POST"), status(app, "/zz", "POST")]
    assert statuses_of_post == [404, 404, 404, 404, 405, 405, 404, 404, 404, 404]


@ON_WERKZEUG
def test_a_wrapper_around_ours_is_named_once_with_its_cost(backend, caplog):
    caplog.set_level(logging.INFO, "dash_true404")
    app = true_app_on(backend, "/", "/a")

    def wrap(view):
        @functools.wraps(view)
        def guarded(*args, **kwargs):
            return view(*args, **kwargs)

        @functools.wraps(view)
        async def guarded_async(*args, **kwargs):
            return await view(*args, **kwargs)

        return guarded if backend == "flask" else guarded_async

    wrap_with(wrap)(app)
    assert statuses(app, "/a", "/zz", "/zz") == [200, 404, 404]
    (said,) = [record for record in caplog.records if "wrapper" in record.message]
    assert said.levelno == logging.INFO
    assert f"{__file__}:" in said.message
    assert "GET and HEAD" in said.message
    assert "rendering" not in said.message


@pytest.mark.parametrize("guard", GUARDS)
def test_a_wrapper_inside_ours_is_named_once_with_its_cost(guard, caplog):
    caplog.set_level(logging.INFO, "dash_true404")
    app = make_app("/", "/a")
    wrap_with(OBSERVE["proxy"], guard)(app)
    enable_true_404(app)
    assert statuses(app, "/a", "/zz", "/zz", **AUTH) == [200, 404, 404]
    (said,) = [record for record in caplog.records if "wrapper" in record.message]
    assert said.levelno == logging.INFO
    assert "rendering of a page" in said.message


def test_a_wrapper_is_described_by_the_code_that_runs():
    def call(wrapped, instance, args, kwargs):
        return wrapped(*args, **kwargs)

    line = call.__code__.co_firstlineno
    assert describe_wrapper(wrapt.FunctionWrapper(flask.jsonify, call)) == f"{__file__}:{line}"
    assert describe_wrapper(call) == f"{__file__}:{line}"
    assert describe_wrapper(GuardingObject(call)) == f"{__name__}.GuardingObject"


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_tools_name_the_guard_and_not_the_observer(when):
    app = app_with(wrap_with(OBSERVE["proxy"], guard_by_function, OBSERVE["function"]), when)
    decision = adapter_for(app.server).decisions.decide_for("/zz", "POST")
    (named,) = name_wrappers(app, decision)
    assert "`guarded`" in named
    assert "test_observers.py" in named
