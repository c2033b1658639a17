"""What stands between a server and its visitors: middleware, which answers itself, or changes what is answered."""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

from .answerer import UNSEEN, Answerer
from .steps import Step, split_at, step_at, walk_callers

# Modules of middleware that FastAPI has around each app, or derives others from.
_ALWAYS_THERE = ("asyncexitstack", "base", "errors", "exceptions")


class Head(NamedTuple):
    """What a visitor sees first of an answer."""

    status: int
    location: str | None


class Sent(NamedTuple):
    """An answer on its way out."""

    head: Head
    steps: list[Step]
    """The functions that are under way while it is sent, outermost first."""
    called: list[Step]
    """Those of them that were called with the request."""


def note_sent(head: Head, frame: FrameType | None, end: CodeType, is_request: Callable[[Any], bool]) -> Sent:
    """Return an answer with what is under way.

    :param head: the answer's.
    :param frame: the one that sends it.
    :param end: the code of our own middleware, which called everything.
    :param is_request: tells the environ or scope of a request.
    """
    steps, called = [], []
    for under_way in takewhile(lambda one: one.f_code is not end, walk_callers(frame)):
        steps.append(step_at(under_way))
        if any(map(is_request, under_way.f_locals.values())):
            called.append(steps[-1])
    return Sent(head, steps[::-1], called[::-1])


def find_middleware(sent: Sent, head: Head | None, is_servers: Callable[[Step], bool]) -> Answerer | None:
    """Return the middleware that answered, or changed what the server did; None if it is the server's answer.

    :param sent: as it left.
    :param head: what the server itself answered; None if it was not asked.
    :param is_servers: tells the step by which the server answers, behind all middleware.
    """
    if sent.head == head:
        return None
    if head is not None:
        changing = [step for step in split_at(sent.steps, is_servers)[1] if is_middleware(step)]
        return name_middleware(changing[-1])._replace(was=head.status) if changing else UNSEEN
    mount = next((step.owner for step in sent.called if hasattr(step.owner, "mounts")), None)
    if mount is not None:
        return Answerer("mount", "what is mounted there")
    answering, inside = split_at(sent.called, is_middleware)
    if answering is None:
        return UNSEEN
    middleware = name_middleware(answering)
    return middleware._replace(kind="inside") if any(map(_is_app, inside)) else middleware


def name_middleware(step: Step) -> Answerer:
    """Return a middleware by a step of its own."""
    return Answerer("middleware", f"middleware {step.name_object()}")


def is_middleware(step: Step) -> bool:
    """Tell whether a step is one of a middleware's, the user's or one that a framework brings."""
    file = Path(step.code.co_filename) if step.code is not None else Path()
    is_brought = step.whose == "framework" and "middleware" in file.parts and file.stem not in _ALWAYS_THERE
    return step.whose == "user" or is_brought


def _is_app(step: Step) -> bool:
    return hasattr(step.owner, "wsgi_app") or hasattr(step.owner, "asgi_app") or hasattr(step.owner, "router")
