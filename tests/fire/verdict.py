"""What may be wrong with an answer, and the few things that neither oracle can tell."""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import dash
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, RequestRedirect, Rule

from dash_true404.core.not_found_page import HEADERS
from dash_true404.core.paths import hidden_readings

from ..client import Answer
from .shots import MARKER, Shot
from .targets import Target

_DASH_FOLDER = os.path.join(os.path.dirname(dash.__file__), "")
_MARKER = MARKER.encode()
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_REDIRECTS = (301, 302, 307, 308)


def judge(target: Target, shot: Shot) -> tuple[Answer, list[str], str]:
    """Ask the app and its oracles; return the answer, what is wrong with it, and why a difference is none."""
    shot = target.as_sent(shot)
    ours = target.ask(target.server, shot)
    app = target.app_left_to(shot.in_browser())
    page = target.page(app, shot) if app is not None else None
    theirs = target.expected(shot, app, page)
    wrong = list(_faults(shot, ours, theirs, app is not None and shot.path.startswith("/")))
    differences = _differences(shot, ours, theirs)
    if ours.error is not None and not differences:
        return ours, wrong, f"{type(ours.error).__name__}, which a plain server raises too"
    if page is not None and ours.error is not None and _is_raised_in_dash(ours.error):
        return ours, wrong, f"{type(ours.error).__name__} in Dash's own page"
    pardon = _pardon(target, shot, ours, theirs, app is not None and page is None) if differences else ""
    return ours, wrong if pardon else wrong + differences, pardon


def _merges_three_slashes() -> bool:
    try:
        Map([Rule("/a/", endpoint="a")]).bind("localhost").match("/a///")
    except HTTPException as answer:
        return isinstance(answer, RequestRedirect)
    return False


_MERGES_THREE_SLASHES = _merges_three_slashes()


def _is_raised_in_dash(error: BaseException) -> bool:
    files = (frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(file.startswith(_DASH_FOLDER) for file in files)


def _pardon(target: Target, shot: Shot, ours: Answer, theirs: Answer, is_unknown: bool) -> str:
    fails_in_dash = ours.error is not None and _is_raised_in_dash(ours.error)
    is_found = (ours.status in (200, 308, 400, 405) or fails_in_dash) and theirs.status in (404, 405)
    path = shot.in_browser()
    is_elsewhere = is_unknown or target.redirects_from(path)
    if is_elsewhere and is_found and target.is_proxied_form(path):
        return "a proxy's form of a page with %, | or ^, which counts as the page"
    if not shot.told_as and len(hidden_readings(path)) > 1 and (is_found or theirs.status in _REDIRECTS):
        return "another reading of a path that the server does not tell"
    # The plain app has not Dash's own views, which know what bundles there are, and what a callback needs.
    if b"_dash-" in shot.routed and (theirs.header("content-length") == "3" or theirs.error is not None):
        return "Dash's own view" if ours.status not in (405, 500) or shot.method.upper() == "POST" else ""
    is_handshake = "websocket" in shot.headers.get("upgrade", "")
    without_handshake = shot._replace(
        headers={name: value for name, value in shot.headers.items() if name not in ("connection", "upgrade")}
    )
    is_options = b"//" in shot.routed and shot.method.upper() == "OPTIONS"
    are_in_the_way = (200, 404, 405) if is_options else (404, 405) if is_handshake else ()
    if target.shape.has_broad_rules and ours.status in are_in_the_way and theirs.status in (308, 400):
        return "OPTIONS, or a handshake, where a broad rule stands in the way of a redirect"
    is_refused = is_handshake and is_unknown and (ours.status, theirs.status) == (404, 405)
    # Werkzeug speaks of the other rules' methods, as if the rule that takes this one were not there.
    if is_refused and target.expected(without_handshake, target.app_left_to(path), None).status == 200:
        return "a handshake by a method that a rule takes which Dash's hide for GET"
    is_unmerged = not _MERGES_THREE_SLASHES and b"///" in shot.routed
    if is_unmerged and (ours.status, theirs.status) in ((308, 404), (405, 404)):
        return "three slashes or more, of which Werkzeug 2.2 to 3.0 merges only two"
    if (ours.status, theirs.status) == (405, 404):
        redirect = target.expected(without_handshake._replace(method="GET"), None, None)
        if redirect.status in _REDIRECTS and urlsplit(redirect.header("location")).path.endswith("/"):
            return "another method for the slashless form of a rule that ends in a slash (FACTS)"
    return ""


def _differences(shot: Shot, ours: Answer, theirs: Answer) -> list[str]:
    differences = []
    if repr(ours.error) != repr(theirs.error):
        differences.append(f"raised {ours.error!r}, not {theirs.error!r}")
    if ours.status != theirs.status:
        differences.append(f"status {ours.status}, not {theirs.status}")
    # Where only slashes at the start are taken off, ours leads to the page's own spelling.
    if unquote(ours.header("location")) != unquote(theirs.header("location")):
        differences.append(f"Location {ours.header('location')!r}, not {theirs.header('location')!r}")
    if shot.method in ("GET", "HEAD") and _allowed(ours) != _allowed(theirs):
        differences.append(f"Allow {ours.header('allow')!r}, not {theirs.header('allow')!r}")
    return differences


def _allowed(answer: Answer) -> set[str]:
    return set(answer.header("allow").replace(" ", "").split(","))


def _faults(shot: Shot, ours: Answer, theirs: Answer, is_dashs: bool) -> Iterator[str]:
    """Yield what is wrong with an answer by itself."""
    if any(_CONTROL.search(value) for _, value in ours.fields):
        yield "control characters in a header"
    if ours.status in (404, 405):
        if _MARKER in ours.body.lower() or MARKER in str(ours.fields).lower():
            yield "part of the request in the answer"
        if ours.status == 405 and not ours.header("allow"):
            yield "405 without Allow"
    if ours.status == 404 and is_dashs:
        yield from (
            f"404 without {name}: {value}" for name, value in HEADERS.items() if value not in ours.header(name.lower())
        )
        if not ours.header("content-type").startswith(("text/html", "application/problem+json")):
            yield f"404 as {ours.header('content-type')}"
    if shot.method == "HEAD" and ours.body and not theirs.body:
        yield "a body for HEAD"
    location = ours.header("location")
    if location and location != theirs.header("location"):
        hosts = [shot.headers.get(name, "localhost").lower() for name in ("host", "x-forwarded-host")]
        led_to = urlsplit(location).netloc.lower()
        if location.startswith("//") or not any(led_to in host for host in hosts):
            yield f"a redirect to elsewhere, {location!r}"
