"""What stands in the user's own modules: servers, and the Blueprints and routers that may be on none of them."""

from __future__ import annotations

import functools
import os
import sys
import sysconfig
from collections.abc import Iterator
from typing import Any

import dash

_NOT_OWN = tuple({os.path.join(sysconfig.get_path(name), "") for name in ("stdlib", "purelib", "platlib")})


_KINDS = {"flask": ("Flask", "Blueprint"), "quart": ("Quart", "Blueprint"), "fastapi": ("FastAPI", "APIRouter")}


def find_kinds(server: Any) -> tuple[type, type]:
    """Return the classes of a server's framework for servers, and for what is registered on them.

    They are looked up among the loaded modules, so that no framework is imported that the app does without.
    """
    packages = (base.__module__.partition(".")[0] for base in type(server).__mro__)
    package = next(package for package in packages if package in _KINDS)
    server_kind, kind = (getattr(sys.modules[package], name) for name in _KINDS[package])
    return server_kind, kind


def list_own_values(kind: type) -> Iterator[tuple[str, Any]]:
    """Yield what is of a kind among the variables of the user's own modules, each once, as ``module:variable``.

    A Dash app stands for its server. Only what a variable still holds is listed: other objects may be left over from
    something that was made and dropped.
    """
    seen: set[int] = set()
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not file or not _is_own(str(file)):
            continue
        for variable, value in list(vars(module).items()):
            # isinstance() would ask a value for its __class__, which a proxy answers by running the user's code.
            value = value.server if issubclass(type(value), dash.Dash) else value
            if issubclass(type(value), kind) and id(value) not in seen:
                seen.add(id(value))
                yield f"{name}:{variable}", value


@functools.cache
def _is_own(file: str) -> bool:
    return not file.startswith(_NOT_OWN)
