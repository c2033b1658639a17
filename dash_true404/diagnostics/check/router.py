"""Dash's router for pages, asked as browsers ask it, in this process or on a live site."""

from __future__ import annotations

import json
from typing import Any

from ..client import Response
from .findings import GUARD
from .subject import Subject, is_guards


class Router:
    """Dash's router for pages, asked as the browser asks it: what is drawn for a path?

    :param subject: the app.
    """

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._callback = self._find_callback()
        self._drawn: dict[str, tuple[int, Any]] = {}

    @property
    def is_there(self) -> bool:
        """Whether the app has pages, and says so to strangers."""
        return self._callback is not None

    def _find_callback(self) -> dict[str, Any] | None:
        answer = self._subject.ask(self._subject.prefix + "_dash-dependencies")
        self._status = answer.status_code
        callbacks = read_json(answer)
        #: Whether its callbacks could be read, which tell whether it has pages.
        self.is_known = isinstance(callbacks, list)
        for callback in callbacks if self.is_known else []:
            if "_pages_content.children" in callback.get("output", ""):
                found: dict[str, Any] = callback
                return found
        return None

    def explain_unknown(self) -> str:
        """Return why its callbacks could not be read."""
        url = self._subject.prefix + "_dash-dependencies"
        return f"asked for the app's callbacks ({url}), {name_answer(self._status)}"

    def draw(self, url: str) -> tuple[int, Any]:
        """Return the router's status, and the layout that it answers with if that is 200; 204 for a blank page."""
        if self._callback is None:
            return self._status, None
        if url not in self._drawn:
            self._drawn[url] = self._ask_router(url, self._callback)
        return self._drawn[url]

    def _ask_router(self, url: str, callback: dict[str, Any]) -> tuple[int, Any]:
        path, _, query = url.partition("?")
        values = {"pathname": path, "search": f"?{query}" if query else ""}
        names = [output.rsplit(".", 1) for output in callback["output"].strip(".").split("...")]
        inputs, states = (
            [
                {**part, "value": values.get(part["property"]) if part["id"] == "_pages_location" else None}
                for part in callback.get(kind, [])
            ]
            for kind in ("inputs", "state")
        )
        question = {
            "output": callback["output"],
            "outputs": [{"id": component, "property": prop} for component, prop in names],
            "inputs": inputs,
            "state": states,
            "changedPropIds": ["_pages_location.pathname"],
        }
        answer = self._subject.ask(
            self._subject.prefix + "_dash-update-component",
            "POST",
            {"Content-Type": "application/json", "Accept": "application/json"},
            json.dumps(question).encode(),
        )
        try:
            layout = read_json(answer)["response"].get("_pages_content", {}).get("children")
        except (TypeError, KeyError, AttributeError):
            return answer.status_code, None
        return 204 if layout is None else 200, layout


def read_json(answer: Response) -> Any:
    """Return the JSON of an answer; None if it has none."""
    try:
        return json.loads(answer.data) if answer.status_code == 200 else None
    except ValueError:
        return None


def name_answer(status: int) -> str:
    """Return what a server answered that did not answer as Dash does."""
    if not status:
        return "the server gives no answer"
    how = ", but not as Dash does" if status == 200 else f": {GUARD}" if is_guards(status) else ""
    return f"the server answers {status}{how}"
