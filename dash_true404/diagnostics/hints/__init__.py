"""What nearly matches a URL that nothing matches, and why it does not."""

from __future__ import annotations

from typing import NamedTuple


class Hint(NamedTuple):
    """What nearly matches or is wrong, and what to do.

    :param layer: where the URL got lost: ``routing``, ``loading`` or ``deployment``.
    """

    layer: str
    text: str
