"""Who answered on FastAPI: where responses are made and sent, and which error was being handled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

from fastapi import routing
from fastapi.dependencies import utils
from starlette import _exception_handler, concurrency
from starlette.exceptions import HTTPException
from starlette.middleware import base, errors
from starlette.responses import Response
from starlette.routing import Mount, Router

from ..names import find_code, name_function
from .answerer import SERVER, UNSEEN, Answerer, name_users
from .in_transit import Head, Sent, find_middleware, is_middleware, name_middleware
from .steps import Step, find_users, split_at, step_at, step_elsewhere, walk_callers, walk_traceback
from .trace import Spots, Trace


def inner_code(function: Callable[..., Any], name: str) -> CodeType:
    """Return the code of a function that another one makes."""
    codes = (constant for constant in function.__code__.co_consts if isinstance(constant, CodeType))
    return next(code for code in codes if code.co_name == name)


#: The private names of FastAPI and Starlette that this rests on.
HANDLING = {
    inner_code(_exception_handler.wrap_app_handling_exceptions, "wrapped_app"),
    errors.ServerErrorMiddleware.__call__.__code__,
}
DEPENDENCIES = utils.solve_dependencies.__code__
ENDPOINT = routing.run_endpoint_function.__code__
ANSWERING = inner_code(routing.get_request_handler, "app")
IN_THREAD = concurrency.run_in_threadpool.__code__
MOUNT = Mount.handle.__code__
DISPATCHING = base.BaseHTTPMiddleware.__call__.__code__
PASSED_ON = base._StreamingResponse
ROUTING = {
    vars(kind)[name].__code__
    for kind in (Router, routing.APIRouter)
    for name in ("__call__", "app")
    if name in vars(kind)
}


class Handled(NamedTuple):
    """A response that was made for an error."""

    error: Exception
    raised: list[Step]
    made: list[Step]


class Called(NamedTuple):
    """A response that was called, which sends it."""

    response: Response
    head: Head
    under_way: list[Step]
    """The functions that are under way, outermost first."""


class StarletteTrace:
    """Looks on while a FastAPI server answers one request.

    :param server: the server.
    """

    def __init__(self, server: Any) -> None:
        self._server = server
        self._handled: dict[int, Handled] = {}
        self._of_middleware: set[int] = set()
        self._called: list[Called] = []
        self._endpoint: Any = None
        spots = Spots(
            call={ENDPOINT: self._note_endpoint, **dict.fromkeys(_find_calls(), self._note_called)},
            leave={},
            return_to={**dict.fromkeys(HANDLING, self._note_handled), DISPATCHING: self._note_dispatched},
            elsewhere={IN_THREAD: _find_called_in_thread},
            convert=frozenset(),
        )
        self.trace = Trace(spots, Response)

    def _note_endpoint(self, frame: FrameType) -> None:
        self._endpoint = frame.f_locals["dependant"].call

    def _note_handled(self, frame: FrameType, response: Any, steps: list[Step]) -> None:
        error = frame.f_back.f_locals.get("exc") if frame.f_back is not None else None
        if isinstance(response, Response) and error is not None:
            self._handled[id(response)] = Handled(error, list(walk_traceback(error.__traceback__)), steps)

    def _note_dispatched(self, _frame: FrameType, response: Any, _: list[Step]) -> None:
        if isinstance(response, Response):
            self._of_middleware.add(id(response))

    def _note_called(self, frame: FrameType) -> None:
        response = frame.f_locals["self"]
        head = Head(response.status_code, response.headers.get("location"))
        self._called.append(Called(response, head, list(map(step_at, walk_callers(frame.f_back)))[::-1]))

    def find_answerer(self, sent: Sent) -> Answerer:
        """Return who made an answer, as it was sent."""
        if not self._called:
            return self._find_by_stack(sent)
        if self._called[-1].head != sent.head:
            return find_middleware(sent, self._called[-1].head, _is_response) or UNSEEN
        made, was = self._called[-1], 0
        for before in reversed(self._called[:-1]):
            if before.head != made.head:
                was = before.head.status
                break
            made = before
        if isinstance(made.response, PASSED_ON):
            return self._name_all_middleware()._replace(was=was)
        return self._find_maker(made)

    def _find_by_stack(self, sent: Sent) -> Answerer:
        """Return who has sent an answer that is no response of Starlette's."""
        mount = self._find_mount(sent.steps)
        if mount is not None:
            return mount
        routed = _after_routing(sent.steps)
        if routed is not None:
            users = find_users(routed)
            return UNSEEN if users is None else Answerer("view", f"its view {users.called.name()}")
        return find_middleware(sent, None, lambda step: False) or UNSEEN

    def _name_all_middleware(self) -> Answerer:
        """Name those that may have changed the status of a response that they pass on."""
        names = []
        for middleware in self._server.user_middleware:
            dispatch = middleware.kwargs.get("dispatch")
            if dispatch is not None:
                names.append(name_function(dispatch))
            elif issubclass(middleware.cls, base.BaseHTTPMiddleware):
                names.append(name_function(middleware.cls))
        if len(names) == 1:
            return Answerer("middleware", f"middleware {names[0]}")
        return Answerer("one of", ", ".join(names)) if names else UNSEEN

    def _find_maker(self, made: Called) -> Answerer:
        mount = self._find_mount(made.under_way)
        if mount is not None:
            return mount
        handled = self._handled.get(id(made.response))
        if handled is not None:
            return self._name_handler(handled)
        steps = self.trace.steps_of(made.response)
        users = find_users(steps)
        if id(made.response) in self._of_middleware:
            return name_users("middleware", steps)
        if users is not None:
            return name_users("guard" if users.called_by == "ours" else "view", steps)
        if any(step.code is ANSWERING for step in steps) and find_users([step_elsewhere(self._endpoint)]) is not None:
            return Answerer("view", f"its view {name_function(self._endpoint)}")
        return SERVER if steps else _find_caller(made.under_way)

    def _find_mount(self, steps: Sequence[Step]) -> Answerer | None:
        """Return what is mounted in the server, if that answers; the server itself may be mounted in another one."""
        _, inner = split_at(steps, lambda step: step.owner is self._server)
        mount = next((step.owner for step in inner if step.code is MOUNT), None)
        return None if mount is None else Answerer("mount", f"what is mounted at {mount.path}")

    def _name_handler(self, handled: Handled) -> Answerer:
        raised = self._find_mount(handled.raised) or _name_raiser(handled)
        users = find_users(handled.made)
        if users is None:
            return raised
        handlers = self._server.exception_handlers.items()
        key = next((key for key, handler in handlers if find_code(handler) is users.called.code), None)
        named = name_users("errorhandler", handled.made)
        if key is not None:
            named = named._replace(name=f"your errorhandler({getattr(key, '__name__', key)}) {users.called.name()}")
        after = f"{raised.name} raised {type(handled.error).__name__}" if raised.is_known else ""
        return named._replace(after=after)


def _name_raiser(handled: Handled) -> Answerer:
    """Name whose error it was that a response was made for."""
    steps: Sequence[Step] = handled.raised
    error = "" if isinstance(handled.error, HTTPException) else type(handled.error).__name__
    kinds = {DEPENDENCIES: "dependency", ENDPOINT: "view"}
    at, inner = split_at(steps, lambda step: step.code in kinds)
    kind = "" if at is None else kinds[at.code]  # type: ignore[index]
    users = find_users(inner)
    if kind == "dependency" and users is None:
        called = next((step for step in inner if _is_security(step)), None)
        return SERVER if called is None else Answerer(kind, f"dependency {called.name_object()}", "", error)
    if not kind:
        routed = _after_routing(steps)
        kind, inner = ("middleware", steps) if routed is None else ("view", routed)
        users = find_users(inner)
    if users is not None and kind == "view":
        kind = {"ours": "guard", "dash": "page"}.get(users.called_by, kind)
    return name_users(kind, inner, error)


def _after_routing(steps: Sequence[Step]) -> Sequence[Step] | None:
    """Return the steps inside the router, which leaves out middleware; None if it was not asked."""
    router, inner = split_at(steps, lambda step: step.code in ROUTING)
    return None if router is None else inner


def _find_caller(under_way: Sequence[Step]) -> Answerer:
    """Return who has called a response that no function returned."""
    caller = under_way[-1]
    if not is_middleware(caller):
        return SERVER
    if any(step.code in ROUTING for step in under_way):
        return Answerer("view", f"its view {caller.name_object()}")
    return name_middleware(caller)


def _is_security(step: Step) -> bool:
    return step.code is not None and "security" in Path(step.code.co_filename).parts


def _is_response(step: Step) -> bool:
    return isinstance(step.owner, Response)


def _find_calls() -> Iterator[CodeType]:
    """Yield the code by which responses send themselves."""
    kinds = [Response]
    for kind in kinds:
        kinds += kind.__subclasses__()
        if "__call__" in vars(kind):
            yield vars(kind)["__call__"].__code__


def _find_called_in_thread(frame: FrameType) -> Any:
    called = frame.f_locals["func"]
    # FastAPI has a function of its own call the view.
    return getattr(called, "keywords", {}).get("function", called)
