"""The path of a URL as the browser holds it (``window.location.pathname``): still percent-encoded.

Dash's router compares that string with the page paths, not the decoded one that a server works with. Both a
false 404 (page ``/caf%C3%A9``) and a soft one (``/%61`` for page ``/a``) come from mixing the two up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote_to_bytes

# Besides letters, digits and "_.-", what browsers and proxies leave unencoded in a path.
_LEFT_ALONE = "/!$&'()*+,;=:@[]~"
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
# What every browser encodes (WHATWG URL, path percent-encode set), turns into a slash, or ends the path at.
_NEVER_HELD = frozenset('"#<>?\\`{}')
_HELD = "".join(c for c in _PRINTABLE if c not in _NEVER_HELD)
# A path in which nothing is encoded.
_PLAIN = re.compile("/[!-$&-~]*")


def encoded(path: str | bytes) -> str:
    """Return a decoded path as a browser encodes it: ``/sp ace`` is ``/sp%20ace``."""
    return quote(path, safe=_LEFT_ALONE)


def reencoded(path: str) -> str:
    """Return an encoded path as it comes through a proxy that decodes and encodes it.

    nginx does so for ``proxy_pass http://host/;``: ``/R%26D`` arrives as ``/R&D``.
    """
    return encoded(unquote_to_bytes(path))


def reachable(path: str) -> str:
    """Return an encoded path with everything encoded that browsers encode; most paths are unchanged.

    >>> reachable("/enc%20oded/sp ace")
    '/enc%20oded/sp%20ace'
    """
    return quote(path, safe=_HELD)


def printable(sent: bytes) -> str:
    """Return a part of a request target as it was sent, with the bytes encoded that a URL can't contain."""
    return quote(sent, safe=_PRINTABLE)


def browser_path(target: bytes, root: bytes, path: bytes) -> str:
    r"""Return the path below the server's root as the browser holds it.

    :param target: the request target as it was sent (WSGI's ``REQUEST_URI`` or ``RAW_URI``), or ``b""`` if
        the server doesn't pass it on; it may be in absolute form (RFC 9112, section 3.2.2) and have a query.
    :param root: where the application is mounted, decoded (``SCRIPT_NAME``).
    :param path: the decoded path below it (``PATH_INFO``).

    A target only counts if one of its readings is what the server routed on: a proxy may have removed or added a
    prefix. If it doesn't count, the answer is what a browser would have sent for the decoded path.

    >>> browser_path(b"/dash/caf%C3%A9?x=1", b"/dash", "/caf\xe9".encode())
    '/caf%C3%A9'
    """
    sent = target.partition(b"?")[0]
    if not sent.startswith(b"/"):
        sent = b"/" + sent.partition(b"://")[2].partition(b"/")[2]
    mount = next((m for m in (root, encoded(root).encode()) if sent.startswith(m)), None)
    for reading in _readings(sent):
        if _are_same(reading, path):
            return printable(sent)
        if mount is not None and reading.startswith(root) and _are_same(reading[len(root) :], path):
            return printable(sent[len(mount) :] or b"/")
    return encoded(path or b"/")


def _readings(sent: bytes) -> Iterator[bytes]:
    """Yield the paths that servers route a target on; by PEP 3333 it should be the first."""
    yield unquote_to_bytes(sent)
    # Apache with AllowEncodedSlashes NoDecode, and cheroot.
    yield b"%2F".join(map(unquote_to_bytes, sent.replace(b"%2f", b"%2F").split(b"%2F")))
    yield sent  # cheroot, for OPTIONS


def _are_same(sent: bytes, routed: bytes) -> bool:
    sent, routed = sent.replace(b"%2f", b"%2F"), routed.replace(b"%2f", b"%2F")  # which cheroot writes for %2f
    if sent.startswith(b"//") and not routed.startswith(b"//"):
        sent = b"/" + sent.lstrip(b"/")  # as Quart reads it
    # ASGI servers route on text, in which every byte that isn't UTF-8 becomes the same replacement character.
    return sent == routed or (not sent.isascii() and sent.decode("utf-8", "replace").encode() == routed)


def wsgi_readings(environ: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the :func:`browser_path` of a WSGI request (PEP 3333), whose texts are bytes in Latin-1.

    If the server doesn't pass on the raw path, what else the browser may hold comes after it.
    """
    # Inside an ASGI app, a2wsgi passes on the path as it was sent under ASGI's name only.
    target = environ.get("REQUEST_URI") or environ.get("RAW_URI")
    if not target:
        target = (environ.get("asgi.scope", {}).get("raw_path") or b"").decode("latin-1")
    root, path = environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", "")
    path = path if path.startswith("/") else f"/{path}"
    sent = target.partition("?")[0]
    if sent == root + path and _PLAIN.fullmatch(sent):  # as it is routed on, and as every browser holds it, like most
        return (path,)
    held = browser_path(*(text.encode("latin-1", "replace") for text in (target, root, path)))
    return (held,) if target else hidden_readings(held)


def asgi_readings(scope: Mapping[str, Any], path: str) -> tuple[str, ...]:
    """Return the :func:`browser_path` of an ASGI request.

    If the server doesn't pass on the raw path, what else the browser may hold comes after it.

    :param scope: its scope; its path may be in absolute form, as it was sent.
    :param path: the decoded path that the framework routes on, below the ``root_path``.
    """
    root = scope.get("root_path", "")
    raw_path: bytes = scope.get("raw_path") or b""
    sent = raw_path.decode("latin-1")
    if sent == root + path and _PLAIN.fullmatch(sent):
        return (path or "/",)
    held = browser_path(raw_path, *(text.encode("utf-8", "surrogatepass") for text in (root, path)))
    return (held,) if raw_path else hidden_readings(held)


def hidden_readings(path: str) -> tuple[str, ...]:
    """Return a decoded path as the browser may hold it, the likeliest first.

    Servers that don't pass on the raw path, such as the adapters for AWS Lambda, decode it twice, once or not at all,
    and some read it as Latin-1.

    :param path: as a browser encodes it.

    >>> hidden_readings("/caf%25C3%25A9")
    ('/caf%25C3%25A9', '/caf%C3%A9')
    >>> hidden_readings("/caf%E9")
    ('/caf%E9', '/caf%C3%A9')
    """
    decoded, others = unquote_to_bytes(path), []
    if unquote_to_bytes(decoded) != decoded:
        others.append(printable(decoded))
    try:
        decoded.decode()
    except UnicodeDecodeError:
        others.append(encoded(decoded.decode("latin-1")))
    return (path, *others)


def path_below_root(scope: Mapping[str, Any]) -> str:
    """Return the decoded path that Starlette routes on: without the ``root_path``, if it begins with it."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    if not path.startswith("/") and "://" in path:
        path = "/" + path.partition("://")[2].partition("/")[2]  # an absolute form (RFC 9112, section 3.2.2)
    is_below = root != "" and path.startswith(root) and path[len(root) : len(root) + 1] in ("", "/")
    return path[len(root) :] if is_below else path
