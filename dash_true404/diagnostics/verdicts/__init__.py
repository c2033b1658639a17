"""What a decision and an answer come to, in one sentence. Nothing is said that was not seen."""

from __future__ import annotations

from typing import NamedTuple

from ..hints import Hint


class Verdict(NamedTuple):
    """The layer, the sentence, and the hints, most likely first."""

    layer: str
    sentence: str
    hints: list[Hint]
