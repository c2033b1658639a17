"""The requests: targets, methods and headers that no browser sends, among some that browsers do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

from ..oracle import LEFT_ALONE

#: In nearly every request, wherever a client can put something; no answer to an unknown URL may hold it.
MARKER = "zqmarkerqz"

#: What a target may hold, as it is sent.
VISIBLE = "".join(map(chr, range(0x21, 0x7F)))

# Texts are bytes in Latin-1, as WSGI has them. No server lets NUL or line breaks through other than percent-encoded.
_PIECES = [
    *("%00", "%0A", "%0D%0A", "%0d%0aSet-Cookie:%20x=1", "%09", "%7F", "%1B[31m", "%C2%85", "%E2%80%A8"),
    *("%", "%%", "%2", "%zz", "%u0041", "%25", "%2525", "%2F", "%2f", "%252F", "%5C", "\\", "..\\", "%5c%5c"),
    *("/", "//", "///", "/.", "/./", "/..", "/../", "/..;/", "%2e%2e/", "%2E%2E%2F", ".%2e/", "..%c0%af", "%c0%ae"),
    *("%c1%9c", "%e0%80%af", "%f0%80%80%af", "%c0%80", "%ff", "%fe%ff", "%ed%a0%80", "%f4%90%80%80", "%c3", "\xff"),
    *("%C3%A9", "e%CC%81", "%c3%a9", "\xc3\xa9", "%E9", "%EF%BC%8F", "%E2%84%AA", "%C5%BF", "%F0%9F%92%A9"),
    *("%E2%80%AE", "%E2%80%8B", "%EF%BB%BF", "%CC%81", "%F3%A0%80%A1", "%EF%BF%BD", "%EF%BF%BE", "%C4%B0", "%C3%9F"),
    *(";", ";jsessionid=1", ";a=b;c", ":", ":80", "@", "user:pw@", "&", "=", "+", ",", "!", "$", "'", "("),
    *(")", "*", "~"),
    *('"', "<", ">", "<script>", "%3Cscript%3Ealert(1)%3C/script%3E", "`", "^", "|", "{", "}", "[", "]", "#", "#/a"),
    *("<x>", "<path:path>", "<int:n>", "%3Cx%3E", "{x}", "{path:path}", "%7Bx%7D", "$x", "${7*7}", "{{7*7}}"),
    "{%25 x %25}",
    *("%s", "%d", "%(path)s", "{0}", "{0.__class__}", "[a-z]", "[!a]", "(.*)", "(%3Fi)a", "a*", "**", "%3F"),
    *("%3Fx=1", "%23"),
    *("http://evil.example", "https:/evil.example", "//evil.example", "\\\\evil.example", "/%2Fevil.example"),
    ".evil.example",
    *("a", "b", "A", "ab", "x.y", "7", "-7", "0", "1.5", "none", "%20", "%2B", "index.html", "404", ".git"),
    *(".env", "wp-login.php"),
    *("not-found-404", "_dash-", "_dash-layout", "_dash-update-component", "assets", "assets/", "favicon.ico"),
    "robots.txt",
]  # fmt: skip
_QUERIES = [
    *("", "", "x=1", "x=%0d%0aSet-Cookie:%20x=1", "=", "&&", "%", "%00", "?", "??x", "//evil.example"),
    *("\xc3\xa9", "\xff"),
    *("next=//evil.example", "x=" + "9" * 3000, "{{7*7}}", "<script>", "'\"", "a;b", "%ed%a0%80"),
    "http://evil.example/",
]  # fmt: skip
_METHODS = [
    *("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "QUERY", "PURGE"),
    *("get", "head", "Post", "options", "GARBAGE", "G%45T", "*", "GET/", "-", "X" * 300, "__class__", MARKER.upper()),
]
_JSON = "application/json"
_HEADERS: dict[str, Sequence[str]] = {
    "accept": [
        *("", "*/*", "text/html", "text/html,*/*;q=0.8", _JSON, f"{_JSON};q=0.9,text/html;q=0.8"),
        "application/problem+json",
        *(f"{_JSON};q=nan", f"{_JSON};q=1e400", f"{_JSON};q=-1", f"{_JSON};q=", f"{_JSON};q=0"),
        *("application/*", "json", "json/"),
        *(f"{_JSON};a={MARKER}", f'{_JSON};a="', ",", ";;;", "\xff/\xfe", f"{_JSON}," * 300, "a/b;c=d;" * 300),
        *("*/json", "/", "*"),
        *(f"text/html;level={MARKER},{_JSON}", f"{_JSON}, text/plain;q=0.5", "q=1", "text/html;q=0,*/*"),
        f"{_JSON.upper()};Q=1.0",
    ],
    "range": [
        *("bytes=0-0", "bytes=0-", "bytes=-1", "bytes=5-2", "bytes=0-0,2-3", "bytes=99999999999999999999-"),
        *("x=1", "bytes="),
    ],
    "if-range": ['"x"', "Wed, 21 Oct 2099 07:28:00 GMT", "*"],
    "if-none-match": ["*", '"x"', 'W/"x"', '"' + MARKER + '"', '"', "W/", '"a",' * 300],
    "if-match": ["*", '"x"', '"' + MARKER + '"', ""],
    "if-modified-since": ["Wed, 21 Oct 2099 07:28:00 GMT", "0", "x", "Thu, 01 Jan 1970 00:00:00 GMT"],
    "if-unmodified-since": ["Thu, 01 Jan 1970 00:00:00 GMT", "Wed, 21 Oct 2099 07:28:00 GMT", "9" * 300],
    "host": [
        *("evil.example", f"{MARKER}.example", "localhost:80", "localhost:99999", "localhost:x", "LOCALHOST"),
        *("", "[::1]", "[::1"),
        *("a b", "localhost/", "localhost@evil.example", "evil.example#", "evil.example?", "\xe9.example"),
        "xn--caf-dma.example",
        *("localhost:80:80", "127.0.0.1", ".", "..", "localhost.", "-", "a" * 300, "a." * 200),
        *("evil.example/x?y#", "<x>", "%00", ":", "*"),
    ],
    "x-forwarded-host": ["evil.example", f"{MARKER}.example", "a, b", "", "localhost:x", "[", "\xff"],
    "x-forwarded-prefix": [
        *("/evil", f"/{MARKER}", "//evil.example", "/dash", "/evil/", "/", "", "/a, /b", "/%2e%2e", "\xff"),
    ],
    "x-forwarded-proto": ["https", "javascript", "", "ftp", MARKER],
    "x-forwarded-port": ["0", "443", "99999", "x"],
    "x-forwarded-for": ["127.0.0.1", f"{MARKER}, 10.0.0.1", "::1", "'"],
    "forwarded": [f"host={MARKER};proto=https", "for=_x", ";"],
    "x-original-url": ["/a", f"/{MARKER}"],
    "x-rewrite-url": ["/a", f"/{MARKER}"],
    "x-http-method-override": ["GET", "DELETE", MARKER],
    "referer": [f"http://evil.example/{MARKER}", "\xff", "", "a" * 3000],
    "user-agent": [MARKER, "", "Mozilla/5.0 \xe9", "() { :; };"],
    "cookie": [f"a={MARKER}", "session=.eJx", ";;=", "a=\xff"],
    "origin": ["null", f"http://{MARKER}.example"],
    "authorization": ["Basic \xff", f"Bearer {MARKER}", "Basic Og=="],
    "accept-encoding": ["gzip, br", "identity;q=0", "*;q=0"],
    "accept-language": [MARKER, "de,en;q=0.x"],
    "content-type": ["application/json", "multipart/form-data", "text/plain; charset=x", MARKER, ""],
    "content-length": ["0", "-1", "x", "99999999999999999999", ""],
    "transfer-encoding": ["chunked", "x"],
    "upgrade": ["websocket", "h2c"],
    "connection": ["upgrade", "close, host"],
    "expect": ["100-continue", MARKER],
}  # fmt: skip
_NAMES = list(_HEADERS)
_AUTHORITIES = ("http://localhost", "http://evil.example", "https://[::1]:80", "HTTP://user@localhost:80")
#: Under which names WSGI servers tell the target as it was sent; wsgiref and others do not.
_TOLD_AS: list[tuple[str, ...]] = [("REQUEST_URI", "RAW_URI"), ("REQUEST_URI",), ("RAW_URI",), ()]


class Shot(NamedTuple):
    """A request.

    :param path: its path, as it is sent.
    :param absolute: the scheme and authority in front of it, if it is in absolute form.
    :param told_as: under which names a WSGI server tells the target.
    """

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = {}
    absolute: str = ""
    told_as: tuple[str, ...] = _TOLD_AS[0]

    @property
    def target(self) -> str:
        """The request target, all of it."""
        return self.absolute + self.path + (f"?{self.query}" if self.query else "")

    @property
    def routed(self) -> bytes:
        """The decoded path that servers route on; they take a fragment off, which browsers never send."""
        return unquote_to_bytes(self.path.partition("#")[0].encode("latin-1"))

    def in_browser(self) -> str:
        """Return the path as a browser would hold it, were the request its own."""
        if self.told_as and self.path.startswith("/") and "#" not in self.path:
            return quote(self.path.encode("latin-1"), safe=VISIBLE)
        path = quote(self.routed, safe=LEFT_ALONE)
        return path if path.startswith("/") else f"/{path}"


class Gun:
    """Makes requests to an app: each is the same for the same seed and number, whatever was made before.

    :param seed: of all requests.
    :param paths: paths of the app's pages and rules, to aim at or near; with ``<variables>``.
    :param prefix: the app's.
    """

    def __init__(self, seed: str, paths: Sequence[str], prefix: str) -> None:
        self._seed = seed
        self._paths = paths
        self._prefix = prefix

    def shot(self, number: int) -> Shot:
        """Return one of the requests."""
        self._random = random = Random(f"{self._seed} {number}")
        path, query = self._path(), random.choice(_QUERIES)
        return Shot(
            random.choice(_METHODS) if random.random() < 0.45 else "GET",
            path,
            f"{query}&{MARKER}" if random.random() < 0.7 else query,
            {name: random.choice(_HEADERS[name]) for name in random.sample(_NAMES, random.choice((0, 1, 1, 2, 3, 6)))},
            random.choice(_AUTHORITIES) if path.startswith("/") and random.random() < 0.05 else "",
            _TOLD_AS[-1] if random.random() < 0.05 else random.choice(_TOLD_AS[:-1]),
        )

    def _path(self) -> str:
        random, kind = self._random, self._random.random()
        if kind < 0.4:
            path = re.sub("<.*?>", self._value, random.choice(self._paths))
            changes = random.choice((0, 1, 1, 2))
        else:
            path = self._prefix if random.random() < 0.8 else "/"
            path += "/".join(random.choices(_PIECES, k=random.choice((1, 1, 2, 3, 6))))
            changes = random.choice((0, 0, 1, 2))
        for _ in range(changes):
            path = random.choice(_CHANGES)(path, random)
        may_lack_slash = "://" not in path and random.random() < 0.05
        return path if path.startswith("/") or may_lack_slash else "/" + path

    def _value(self, _: object) -> str:
        random = self._random
        return "".join(random.choices(_PIECES, k=random.choice((1, 1, 2)))) if random.random() < 0.8 else MARKER


def _insert(path: str, random: Random) -> str:
    at = random.randint(0, len(path))
    return path[:at] + random.choice(_PIECES) + path[at:]


def _insert_marker(path: str, random: Random) -> str:
    at = random.choice((len(path), random.randint(0, len(path))))
    return path[:at] + random.choice((MARKER, f"/{MARKER}", f"%7A{MARKER[1:]}")) + path[at:]


def _encode(path: str, random: Random) -> str:
    at = random.randrange(len(path)) if path else 0
    form = random.choice(("%%%02X", "%%%02x", "%%25%02X"))
    return path[:at] + "".join(form % ord(c) for c in path[at : at + 1]) + path[at + 1 :]


def _encode_all(path: str, random: Random) -> str:
    return path[:1] + "".join(f"%{ord(c):02x}" for c in path[1:300])


def _decode(path: str, random: Random) -> str:
    decoded = unquote_to_bytes(path.encode("latin-1")).decode("latin-1")
    return "".join(c if c > " " and c not in "?\x7f" else f"%{ord(c):02X}" for c in decoded)


def _swap_case(path: str, random: Random) -> str:
    return "".join(c.swapcase() if c.isascii() else c for c in path)


def _drop(path: str, random: Random) -> str:
    at = random.randint(0, len(path))
    return path[:at] + path[at + 1 :]


def _cut(path: str, random: Random) -> str:
    return path[: random.randint(0, len(path))]


def _double_slash(path: str, random: Random) -> str:
    return path.replace("/", "//", random.randint(1, 2))


def _end_in_slashes(path: str, random: Random) -> str:
    return path + random.choice(("/", "/", "//", "%2F"))


def _repeat(path: str, random: Random) -> str:
    return path * random.choice((2, 3))


def _lengthen(path: str, random: Random) -> str:
    piece = random.choice(_PIECES) if random.random() < 0.5 else "a"
    return path + piece * (random.choice((40, 300, 2000)) if random.random() < 0.2 else 3)


_CHANGES = [
    *(_insert, _insert, _insert_marker, _insert_marker, _encode, _encode, _encode_all, _decode, _swap_case),
    *(_drop, _cut, _double_slash, _end_in_slashes, _end_in_slashes, _repeat, _lengthen),
]
