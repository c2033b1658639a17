"""An enabled app stays on its server, because its true 404s would not move with it to another one."""

from __future__ import annotations

import functools
from typing import Any

import dash

_MARK = "refuses_server_change"


def refuse_server_change(app: dash.Dash) -> None:
    """Have an app's ``init_app`` refuse another server from now on; the same server is fine."""
    init_app = app.init_app
    if getattr(init_app, _MARK, False):  # enabled twice
        return

    @functools.wraps(init_app)
    def checked(server: Any = None, **options: Any) -> None:
        new = options.get("app", server)
        if new is not None and new is not app.server:
            raise RuntimeError(
                "app.init_app(server) came after enable_true_404(app), whose 404s would stay on the app's first "
                "server. Make the app with Dash(server=False), call app.init_app(server) first, then "
                "enable_true_404(app)."
            )
        init_app(*(() if server is None else (server,)), **options)

    vars(checked)[_MARK] = True
    vars(app)["init_app"] = checked
