"""Scheme and host of the requests to an app."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from werkzeug.sansio.utils import host_is_trusted

from .transports import list_middleware

_DEFAULT_PORTS = {"http": 80, "https": 443}


def split_base_url(url: str) -> str:
    """Return scheme and host of a URL, in lower case, with its port if that isn't the scheme's own.

    >>> split_base_url("https://Example.org:443/a")
    'https://example.org'

    :raises ValueError: if it isn't the URL of a site.
    """
    try:
        parts, port = urlsplit(url), urlsplit(url).port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"{url!r} isn't a URL of a site. Write http://HOST/ or https://HOST/.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}")


def is_same_host(base: str, other: str, *, is_live: bool) -> bool:
    """Tell whether what may be told to one base URL may be told to another.

    Never from https to http, and only between the ports that are the schemes' own; in this process, where all hosts
    are the same app, also from ``example.org`` to ``www.example.org`` and back.
    """
    old, new = urlsplit(base), urlsplit(other)
    names = [str(old.hostname), str(new.hostname)]
    if not is_live:
        names = [name.removeprefix("www.") for name in names]
    is_downgrade = (old.scheme, new.scheme) == ("https", "http")
    has_same_port = old.port == new.port or {old.port, new.port} <= {None}
    return names[0] == names[1] and not is_downgrade and (has_same_port or not is_live)


def find_base_url(*servers: Any) -> str:
    """Return the base URL that an app expects: as its server is configured, else ``http://localhost``.

    :param servers: the servers that a request passes, the outermost first.
    """
    scheme, host = "http", "localhost"
    for server in reversed(servers):
        config = getattr(server, "config", None)
        if isinstance(config, dict):
            scheme = config.get("PREFERRED_URL_SCHEME") or scheme
            trusted = config.get("TRUSTED_HOSTS")
            host = config.get("SERVER_NAME") or (config.get("SESSION_COOKIE_DOMAIN") or host).lstrip(".")
            if trusted and not host_is_trusted(host, trusted):
                host = str(trusted[0]).lstrip(".")
        host = _find_trusted_host(server) or host
    return f"{scheme}://{host}"


def _find_trusted_host(server: Any) -> str | None:
    """Return the first host that a TrustedHostMiddleware lets through; None if it lets all through."""
    for _, args, options in list_middleware(server, "TrustedHostMiddleware"):
        hosts = options.get("allowed_hosts") or next(iter(args), None) or ["*"]
        if "*" not in hosts:
            return str(hosts[0]).replace("*.", "www.", 1)
    return None
