"""What stands in the user's own modules, such as Blueprints and routers that no server has."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator
from typing import Any

import dash

_NOT_OWN = tuple({os.path.join(sysconfig.get_path(name), "") for name in ("stdlib", "purelib", "platlib")})


def list_own_values() -> Iterator[tuple[str, Any]]:
    """Yield the values of variables of the modules that are the user's own, each once, as ``module:variable``.

    A Dash app stands for its server. Values of nothing else than variables are left out: they may be what is left of
    something that was made and dropped.
    """
    seen: set[int] = set()
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not file or str(file).startswith(_NOT_OWN):
            continue
        for variable, value in list(vars(module).items()):
            if id(value) not in seen:
                seen.add(id(value))
                yield f"{name}:{variable}", value.server if isinstance(value, dash.Dash) else value
