"""What becomes of a URL on its way from the browser to the app: prefixes that a proxy, a mount or a server handles."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ..inspected_app import InspectedApp
from . import Hint


def explain_prefixes(app: InspectedApp, path: str, method: str) -> Iterator[Hint]:
    """Yield what the prefixes that are set make of a URL, for one that is found as well as for another.

    :param app: the app.
    :param path: percent-encoded.
    :param method: the request's.
    """
    yield from _two_prefixes(app, path, method)
    yield from _script_name(app, path, method)
    if app.name_what_matches(app.decide(path, method)) is None:
        yield from _application_root(app, path, method)


def _two_prefixes(app: InspectedApp, path: str, method: str) -> Iterator[Hint]:
    browser, server = app.site.home(), app.site.prefix
    if browser == server:
        return
    made_for = f"requests_pathname_prefix={browser!r}, routes_pathname_prefix={server!r}"
    decision = app.decide(path, method)
    if path.startswith(server) and app.name_what_matches(decision) is not None:
        if app.is_page(decision):
            asked = browser + path[len(server) :]
            yield Hint(
                "deployment",
                f"Browsers ask for {asked}: the app is made for a proxy that passes that on as {path} ({made_for}).",
            )
        return
    answer = app.describe_answer(server + path[len(browser) :], method) if path.startswith(browser) else None
    if answer:
        yield Hint(
            "deployment",
            f"The app is made for a proxy ({made_for}). Behind it, this URL arrives without {browser!r}: {answer}. "
            "Here it was asked without the proxy. If it is 404 there too, the proxy does not take the prefix off.",
        )


def _script_name(app: InspectedApp, path: str, method: str) -> Iterator[Hint]:
    root = os.environ.get("SCRIPT_NAME", "").rstrip("/")
    if not root or not path.startswith(root + "/"):
        return
    rest = path[len(root) :]
    answer = app.describe_answer(rest, method)
    yield Hint(
        "deployment",
        f"The environment has SCRIPT_NAME={root}, so gunicorn takes that off: the URL arrives as {rest}, and "
        + (
            f"{answer}."
            if answer
            else f"nothing matches that. Make the app with routes_pathname_prefix='/' and "
            f"requests_pathname_prefix='{root}/', or unset SCRIPT_NAME."
        ),
    )


def _application_root(app: InspectedApp, path: str, method: str) -> Iterator[Hint]:
    root = str(getattr(app.dash_app.server, "config", {}).get("APPLICATION_ROOT") or "/").rstrip("/")
    answer = app.describe_answer(path[len(root) :], method) if root and path.startswith(root + "/") else None
    if answer:
        yield Hint(
            "deployment",
            f"APPLICATION_ROOT={root!r} only tells Flask how to write URLs; it mounts nothing: {answer}. Let the proxy "
            "take the prefix off, or mount the server there with werkzeug.middleware.dispatcher.DispatcherMiddleware.",
        )


def explain_missing_prefix(app: InspectedApp, path: str, method: str) -> Iterator[Hint]:
    """Yield what may have taken the app's prefix off a URL that nothing matches.

    :param app: the app.
    :param path: percent-encoded.
    :param method: the request's.
    """
    prefix = app.site.prefix
    answer = app.describe_answer(prefix.rstrip("/") + path, method) if not path.startswith(prefix) else None
    if answer:
        yield Hint(
            "deployment",
            f"If the browser did ask for it with {prefix!r}, something has taken that off: a proxy, a mount or "
            "SCRIPT_NAME. Let it pass the prefix on, or make the app with routes_pathname_prefix='/' and "
            f"requests_pathname_prefix={prefix!r}.",
        )
