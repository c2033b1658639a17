"""What a check has found: findings, notes, and what it could not see."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from .codes import CODES, NOTE

#: The group of what ``enable_true_404`` would fix.
ENABLE = "enable_true_404"
#: The end of what is said where a guard answered.
GUARD = "a guard, such as a log-in, seems to answer first"


class Finding(NamedTuple):
    """Something that is wrong with an app, or worth a note.

    ::

        Finding("T101", "/no-such-page", "GET", seen=200, due=404, why="...")
    """

    code: str
    """What kind it is: one of :data:`~dash_true404.diagnostics.check.codes.CODES`."""
    url: str
    """As browsers have it; empty where it is about no URL."""
    method: str = "GET"
    seen: int | None = None
    """The status that was seen; None where it is about no answer."""
    due: int | None = None
    why: str = ""
    page: str | None = None
    """The module of the page that it is about, or that holds the link; None where that is not known."""
    group: str | None = None
    """``enable_true_404`` for what that would fix."""

    @property
    def severity(self) -> str:
        """``finding``, or ``note`` for what may be meant."""
        return CODES[self.code].severity

    @property
    def is_note(self) -> bool:
        """Whether it may be meant."""
        return self.severity == NOTE

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {"code": self.code, "severity": self.severity, **self._asdict()}


class Unseen(NamedTuple):
    """Something that was due and could not be seen."""

    url: str
    why: str

    @property
    def is_guards(self) -> bool:
        """Whether a guard seems to be the reason, so that another visitor might see it."""
        return self.why.endswith(GUARD)


class Report(NamedTuple):
    """What a check has found."""

    findings: list[Finding] = []
    """What is wrong for every visitor."""
    notes: list[Finding] = []
    """What may be meant."""
    unseen: list[Unseen] = []
    """What was due and could not be seen."""
    counts: dict[str, int] = {}
    """How many ``pages``, ``redirects``, ``links`` and ``files`` were asked."""
    cure: str = ""
    """What fixes the findings of the group ``enable_true_404``, which come first."""

    @property
    def is_complete(self) -> bool:
        """Whether all that was due could be seen."""
        return not self.unseen

    def exit_status(self, is_strict: bool = False) -> int:
        """Return 1 if something is wrong, else 2 if something could not be seen, else 0.

        :param is_strict: whether notes count like findings.
        """
        if self.findings or (is_strict and self.notes):
            return 1
        return 0 if self.is_complete else 2

    def without(self, ignored: Collection[str]) -> Report:
        """Return it without what somebody has said is to be left out.

        :param ignored: each ``CODE`` or ``CODE:URL``.
        """

        def left(findings: list[Finding]) -> list[Finding]:
            return [one for one in findings if not {one.code, f"{one.code}:{one.url}"} & set(ignored)]

        return self._replace(findings=left(self.findings), notes=left(self.notes))

    def as_dict(self, app: str) -> dict[str, Any]:
        """Return it for JSON, as ``schema.json`` beside this module says.

        :param app: the name of the app or site.
        """
        return {
            "app": app,
            "complete": self.is_complete,
            "findings": [finding.as_dict() for finding in self.findings],
            "notes": [note.as_dict() for note in self.notes],
            "unseen": [unseen._asdict() for unseen in self.unseen],
            "counts": self.counts,
        }


def make_report(found: Iterable[Finding | Unseen], counts: dict[str, int] | None = None, cure: str = "") -> Report:
    """Return a report of what was found, each thing once, what ``enable_true_404`` would fix first.

    :param found: in the order in which it was found.
    :param counts: how much was asked.
    :param cure: what fixes the group ``enable_true_404``.
    """
    once = list(dict.fromkeys(found))
    all_findings = [one for one in once if isinstance(one, Finding)]
    findings = [finding for finding in all_findings if not finding.is_note]
    return Report(
        sorted(findings, key=lambda finding: finding.group is None),
        [finding for finding in all_findings if finding.is_note],
        [one for one in once if isinstance(one, Unseen)],
        counts or {},
        cure,
    )
