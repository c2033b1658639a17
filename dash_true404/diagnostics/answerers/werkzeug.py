"""Who answered on Flask and Quart: what their own steps of a request return, and what is raised to them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from types import CodeType, FrameType
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.sansio.response import Response

from ..names import find_code
from .answerer import SERVER, UNSEEN, Answerer, name_users
from .in_transit import Head, Sent, find_middleware
from .steps import Step, find_users, split_at, walk_traceback
from .trace import Spots, Trace

#: The methods of Flask and Quart that are looked at, by what their functions are.
STAGES = {
    "preprocess_request": "before_request",
    "dispatch_request": "view",
    "handle_user_exception": "errorhandler",
    "handle_http_exception": "errorhandler",
    "handle_exception": "errorhandler",
    "process_response": "after_request",
}


def head_of(response: Any) -> Head:
    """Return the head of a response of Werkzeug's."""
    return Head(response.status_code, response.headers.get("Location"))


class WerkzeugTrace:
    """Looks on while a Flask or Quart server answers one request.

    :param server: the server.
    """

    def __init__(self, server: Any) -> None:
        self._server = server
        base: Any = next(kind for kind in type(server).__mro__ if kind.__module__ in ("flask.app", "quart.app"))
        package = base.__module__.partition(".")[0]
        codes = {name: getattr(base, name).__code__ for name in STAGES}
        self._answering = (base.wsgi_app if package == "flask" else base.asgi_http_class.handle_request).__code__
        self._stages = {code: STAGES[name] for name, code in codes.items()}
        # What the stages came to.
        self._answered: tuple[str, list[Step]] | None = None
        self._raised: tuple[Exception, list[Step]] | None = None
        self._handler: list[Step] = []
        self._made: Head | None = None
        self._is_changed_unseen = False
        self._response: Any = None
        self._changed_by: list[Step] = []
        #: What the server itself answers, before any middleware; None if it was not asked.
        self.head: Head | None = None
        spots = Spots(
            call={
                codes["handle_user_exception"]: self._note_error,
                codes["handle_exception"]: self._note_error,
                codes["process_response"]: self._note_response,
            },
            leave={
                codes["preprocess_request"]: self._note_answer,
                codes["dispatch_request"]: self._note_answer,
                codes["handle_user_exception"]: self._note_handled,
                base.make_response.__code__: self._note_made,
            },
            return_to={codes["handle_exception"]: self._note_failure, codes["process_response"]: self._note_change},
            elsewhere=dict(_find_elsewhere(package)),
            convert=frozenset([base.make_response.__code__]),
        )
        self.trace = Trace(spots, Response)

    def _is_ours(self, frame: FrameType | None) -> bool:
        """Tell whether a stage is this server's, not that of another one which is mounted in it."""
        return frame is not None and frame.f_locals["self"] is self._server

    def _note_answer(self, frame: FrameType, _: Any, steps: list[Step]) -> None:
        if self._is_ours(frame):
            self._answered = self._stages[frame.f_code], steps

    def _note_error(self, frame: FrameType) -> None:
        if self._is_ours(frame):
            # Before it, newer versions have the context.
            error = next(value for value in frame.f_locals.values() if isinstance(value, Exception))
            self._raised, self._handler = (error, list(walk_traceback(error.__traceback__))), []

    def _note_handled(self, frame: FrameType, answer: Any, steps: list[Step]) -> None:
        # A handler that returns the error has looked at it, and left the answer to whoever raised it.
        if self._is_ours(frame) and self._raised is not None and answer is not self._raised[0]:
            self._handler = steps

    def _note_failure(self, frame: FrameType, _: Any, steps: list[Step]) -> None:
        if self._is_ours(frame.f_back) and steps[0].whose == "user":
            self._handler = steps

    def _note_made(self, frame: FrameType, response: Any, _: list[Step]) -> None:
        if self._is_ours(frame):
            self._made = head_of(response)

    def _note_response(self, frame: FrameType) -> None:
        if self._is_ours(frame):
            self._response, self._changed_by = frame.f_locals["response"], []
            self.head = head_of(self._response)
            self._is_changed_unseen = self.head != self._made

    def _note_change(self, frame: FrameType, response: Any, steps: list[Step]) -> None:
        if isinstance(response, Response) and self._is_ours(frame.f_back):
            # Of a response that is only edited, the inner steps are those of whoever made it.
            steps = steps[:1] if response is self._response else steps
            before, self.head, self._response = self.head, head_of(response), response
            self._changed_by = steps if self.head != before else self._changed_by

    def find_answerer(self, sent: Sent) -> Answerer:
        """Return who made an answer, as it was sent."""
        return find_middleware(sent, self.head, self._is_servers) or self._find_in_server()

    def _is_servers(self, step: Step) -> bool:
        """Tell the step by which the server itself answers, behind all middleware."""
        owner = step.owner
        return step.code is self._answering and self._server in (owner, getattr(owner, "app", None))

    def _find_in_server(self) -> Answerer:
        if self._changed_by:
            was = 0 if self._made is None else self._made.status
            return name_users("after_request", self._changed_by)._replace(was=was)
        if self._is_changed_unseen:
            return UNSEEN
        if self._raised is None:
            return UNSEEN if self._answered is None else self._name_answer(*self._answered)
        error, steps = self._raised
        raised = self._name_raiser(error, steps)
        if find_users(self._handler) is None:
            return raised
        after = f"{raised.name} raised {type(error).__name__}" if raised.is_known else ""
        return self._name_handler()._replace(after=after)

    def _name_answer(self, stage: str, steps: list[Step]) -> Answerer:
        users = find_users(steps)
        if stage == "view" and users is not None and users.called_by != "framework":
            return name_users("guard", steps) if users.called_by == "ours" else SERVER
        if steps:
            return name_users(stage, steps)
        # What is written in C leaves no steps.
        name = "a before_request function that I could not see"
        return Answerer(stage, name) if stage == "before_request" else UNSEEN

    def _name_raiser(self, error: Exception, steps: list[Step]) -> Answerer:
        at, inner = split_at(steps, lambda step: step.code in self._stages)
        stage = "view" if at is None else self._stages[at.code]
        users = find_users(inner)
        if stage == "view" and users is not None:
            stage = {"ours": "guard", "dash": "page"}.get(users.called_by, stage)
        name = "" if isinstance(error, HTTPException) else type(error).__name__
        return name_users(stage, inner, name)

    def _name_handler(self) -> Answerer:
        named = name_users("errorhandler", self._handler)
        users = find_users(self._handler)
        specs = self._server.error_handler_spec.values()
        for code, handlers in ((code, kinds) for by_code in specs for code, kinds in by_code.items()):
            for kind, handler in handlers.items():
                if users is not None and find_code(handler) is users.called.code:
                    key = code or kind.__name__
                    return named._replace(name=f"your errorhandler({key}) {users.called.name()}")
        return named


def _find_elsewhere(package: str) -> Iterator[tuple[CodeType, Callable[[FrameType], Any]]]:
    """Yield what calls a function in another thread or loop, and where it has the function: private names."""
    if package == "quart":
        run_sync = import_module("quart.utils").run_sync
        yield run_sync(len).__code__, lambda frame: frame.f_locals["func"]
    sync = sys.modules.get("asgiref.sync")
    if sync is not None:
        yield sync.AsyncToSync.__call__.__code__, lambda frame: frame.f_locals["self"].awaitable
