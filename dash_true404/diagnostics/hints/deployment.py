"""What becomes of a URL on its way from the browser to the app: prefixes that a proxy, a mount or a server handles."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ..probe import Probe
from .near_misses import Hint


def configured(probe: Probe, path: str, method: str) -> Iterator[Hint]:
    """Yield what the prefixes that are set make of a URL, for one that the app takes as well as for another.

    :param probe: of the app.
    :param path: percent-encoded.
    :param method: the request's.
    """
    yield from _two_prefixes(probe, path, method)
    yield from _script_name(probe, path, method)
    if probe.taker(path, method) is None:
        yield from _application_root(probe, path, method)


def _two_prefixes(probe: Probe, path: str, method: str) -> Iterator[Hint]:
    browser, server = probe.site.home(), probe.site.prefix
    if browser == server:
        return
    made_for = f"requests_pathname_prefix={browser!r}, routes_pathname_prefix={server!r}"
    taker = probe.taker(path, method)
    if path.startswith(server) and taker is not None:
        if taker.page is not None:
            asked = browser + path[len(server) :]
            yield Hint(
                "deployment",
                f"Browsers ask for {asked}: the app is made for a proxy that passes that on as {path} ({made_for}).",
            )
        return
    told = probe.told(server + path[len(browser) :], method) if path.startswith(browser) else None
    if told:
        yield Hint(
            "deployment",
            f"The app is made for a proxy ({made_for}). Behind it, this URL arrives without {browser!r}: {told}. "
            "Here it was asked without the proxy. If it is 404 there too, the proxy does not take the prefix off.",
        )


def _script_name(probe: Probe, path: str, method: str) -> Iterator[Hint]:
    root = os.environ.get("SCRIPT_NAME", "").rstrip("/")
    if not root or not path.startswith(root + "/"):
        return
    rest = path[len(root) :]
    told = probe.told(rest, method)
    yield Hint(
        "deployment",
        f"The environment has SCRIPT_NAME={root}, so gunicorn takes that off: the URL arrives as {rest}, and "
        + (
            f"{told}."
            if told
            else f"nothing takes that. Make the app with routes_pathname_prefix='/' and "
            f"requests_pathname_prefix='{root}/', or unset SCRIPT_NAME."
        ),
    )


def _application_root(probe: Probe, path: str, method: str) -> Iterator[Hint]:
    root = str(getattr(probe.app.server, "config", {}).get("APPLICATION_ROOT") or "/").rstrip("/")
    told = probe.told(path[len(root) :], method) if root and path.startswith(root + "/") else None
    if told:
        yield Hint(
            "deployment",
            f"APPLICATION_ROOT={root!r} only tells Flask how to write URLs; it mounts nothing: {told}. Let the proxy "
            "take the prefix off, or mount the server there with werkzeug.middleware.dispatcher.DispatcherMiddleware.",
        )


def stripped(probe: Probe, path: str, method: str) -> Iterator[Hint]:
    """Yield what may have taken the app's prefix off a URL that nothing takes.

    :param probe: of the app.
    :param path: percent-encoded.
    :param method: the request's.
    """
    prefix = probe.site.prefix
    told = probe.told(prefix.rstrip("/") + path, method) if not path.startswith(prefix) else None
    if told:
        yield Hint(
            "deployment",
            f"If the browser did ask for it with {prefix!r}, something has taken that off: a proxy, a mount or "
            "SCRIPT_NAME. Let it pass the prefix on, or make the app with routes_pathname_prefix='/' and "
            f"requests_pathname_prefix={prefix!r}.",
        )
