"""What ``dash-true404 check`` does to a live site."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urljoin, urlsplit

from ..base_urls import split_base_url
from ..client import Client, NoAnswerError, Response
from ..inspected_app import SAFE
from ..login import advise_log_in
from ..messages import GUARDED
from ..settings import STRANGER, Visitor
from ..urls import UNKNOWN_NAME, follow_redirects, is_log_in, resolve_link
from .crawl import Crawl
from .dead_links import list_dead_links
from .findings import ENABLE, Finding, Report, Unseen, make_report
from .router import Router
from .subject import NO_ANSWER, Progress, Subject
from .unknown_urls import check_dashs_own_urls, check_files, check_not_found_page, check_unknown_url, explain_guard

_MOST_HOPS = 5
_CONFIG = re.compile(rb'<script[^>]*id="_dash-config"[^>]*>(.*?)</script>', re.DOTALL)
_DRAWN_BY_DASH = "404 - Page not found"


class LiveError(Exception):
    """The site could not be checked; its text is for the person who asked for it."""


class _EnoughError(Exception):
    """All requests are spent."""


def check_site(
    url: str,
    most: int = 200,
    progress: Progress | None = None,
    pause: float = 0.1,
    *,
    visitor: Visitor = STRANGER,
    exclude: Iterable[str] = (),
) -> Report:
    """Return what is wrong with a live Dash app's answers.

    ::

        check_site("https://example.org/dash/").findings

    :param url: of any page of the app.
    :param most: so many requests at most are sent.
    :param progress: is told what is being asked.
    :param pause: seconds between two requests.
    :param visitor: who asks.
    :param exclude: paths that are not asked, with all below them.
    :raises LoginError: if the login fails.
    :raises LiveError: if the site cannot be reached, or isn't a Dash app.
    """
    site = _Site(url, most, progress, pause, visitor, exclude)
    found: list[Finding | Unseen] = []
    crawl: Crawl | None = None
    try:
        site.open()
        crawl = Crawl(site, site.router, site.is_found)
        for one in _checks(site, crawl):
            found.append(one)
    except _EnoughError:
        found.append(Unseen(site.prefix, f"stopped after {most} requests: with a larger --max, more is checked"))
    counts = {} if crawl is None else {"pages": len(crawl.pages), **crawl.counts}
    return make_report(found, counts, site.cure if any(one[-1] == ENABLE for one in found) else "")


def _checks(site: _Site, crawl: Crawl) -> Iterator[Finding | Unseen]:
    left_out = site.explain_left_out()
    if left_out:
        yield Unseen(site.prefix, left_out)
    yield from check_unknown_url(site, is_open=True)
    yield from check_dashs_own_urls(site)
    assets = site.prefix + "assets/"
    named = (
        site.resolve(url, site.prefix)
        for url in re.findall(r'(?:src|href)="([^"]+)"', site.index.decode("utf-8", "replace"))
    )
    asset = next((url for url in named if url and url.startswith(assets)), None)
    yield from check_files(site, site.index, assets, asset)
    is_soft = site.ask(site.prefix + UNKNOWN_NAME).status_code < 300
    if site.knows_pages and not is_soft:
        yield from check_not_found_page(site, site.prefix + "not-found-404")
    try:
        _crawl(site, crawl)
    except _EnoughError:
        yield Unseen(
            site.prefix,
            f"stopped after {site.most} requests, with {crawl.left} pages that are linked still to be read: with a "
            "larger --max, more is checked",
        )
    yield from list_dead_links(site, crawl.dead)
    yield from crawl.found
    yield from _find_guarded_links(site, crawl.alive)
    yield from crawl.find_drawn_alike()
    yield from crawl.find_unplaced()
    for request, reason in site.silent.items():
        yield Unseen(request.partition(" ")[2], f"{request} could not be asked: {reason}")


def _crawl(site: _Site, crawl: Crawl) -> None:
    if site.router.is_there:
        crawl.add(url for url in (site.prefix, site.start) if not _is_dashs_not_found(site.router.draw(url)[1]))
    crawl.read_app()
    crawl.run()
    # It holds all pages' layouts, but does not tell whose they are, and those of templates are made without their
    # variables: good for finding pages, not for blaming one.
    crawl.find_pages(site.config.get("validation_layout"))
    crawl.run()


def _find_guarded_links(site: _Site, alive: Mapping[str, str]) -> Iterator[Unseen]:
    """Yield the links that a guard answers, or sends to a log-in: nobody knows whether something is there."""
    for link, holder in alive.items():
        for url in follow_redirects(site.ask, link, site.resolve)[0]:
            answer = site.ask(url)
            if _is_guards(site, url, answer) and not is_log_in(link):
                yield Unseen(link, f"linked on {holder}, {explain_guard(answer)}")
                break


def _is_guards(site: _Site, url: str, answer: Response) -> bool:
    if not 300 <= answer.status_code < 400:
        return answer.status_code in GUARDED
    to = site.resolve(answer.location or "", url)
    return is_log_in(to) if to else answer.status_code not in (301, 308)  # a guard never says so


class _Site(Subject):
    """A live Dash app: one request at a time, and never more than so many."""

    def __init__(
        self, url: str, most: int, progress: Progress | None, pause: float, visitor: Visitor, exclude: Iterable[str]
    ) -> None:
        self.asked = 0
        self.most = most
        self.silent: dict[str, str] = {}
        self.start, self.prefix = "/", "/"
        self.index = b""
        self.config: dict[str, Any] = {}
        self._pause = pause
        self._url = url
        try:
            split_base_url(url)
            if urlsplit(url).username is not None:
                raise LiveError("A user and a password in the URL aren't supported. Use --user name:password.")
            super().__init__(Client(url, visitor), exclude, progress)
        except ValueError as error:
            raise LiveError(str(error)) from None
        except NoAnswerError as error:
            raise LiveError(f"{url} cannot be reached: {error}.") from None

    @property
    def host(self) -> str:
        """``scheme://host``, where it ended up."""
        return self._client.base_url

    def open(self) -> None:
        """Find the app, and read what its index page says of it."""
        answer = self._first()
        config = _CONFIG.search(answer.data)
        try:
            self.config = json.loads(config[1]) if config else {}
            self.prefix = self.config["requests_pathname_prefix"]
            if not isinstance(self.prefix, str):
                raise TypeError
        except (ValueError, KeyError, TypeError):
            raise LiveError(self._explain_no_app(answer)) from None
        self.index = answer.data
        self.router = Router(self)
        self.knows_pages = self.router.is_there
        self.cure = f"enable_true_404({'app' if self.knows_pages else 'app, paths=[...]'})"

    def _first(self) -> Response:
        for _ in range(_MOST_HOPS):
            parts = urlsplit(self._url)
            self.start = resolve_link(self._url, "/", f"{parts.scheme}://{parts.netloc}") or "/"
            answer = self.ask(self.start)
            location = answer.location
            if not 300 <= answer.status_code < 400 or not location:
                return answer
            try:
                there = urljoin(self.host + self.start, location)
                base = split_base_url(there)
            except ValueError:
                raise LiveError(f"{self._url} redirects to {location!r}, which isn't a URL.") from None
            if base != self.host:
                raise LiveError(
                    f"{self._url} redirects to another host, {base}. If the app is there, check that URL. If that is a "
                    f"log-in: {advise_log_in(self._client.visitor)}"
                )
            self._url = there
        raise LiveError(f"{self.host} redirects again and again.")

    def _explain_no_app(self, answer: Response) -> str:
        url = self._url
        if answer.status_code in GUARDED:
            return f"{url} answers {answer.status_code}: it wants a log-in: {advise_log_in(self._client.visitor)}"
        hint = "Name the URL of one of its pages."
        if answer.status_code != 404:
            hint = f"Is the URL right? If that is a log-in: {advise_log_in(self._client.visitor)}"
        return (
            f"{url} isn't a page of a Dash app (it answers {answer.status_code}, without Dash's _dash-config). {hint}"
        )

    def ask_again(
        self, target: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Response:
        """Return the answer to one request; one that is not answered is noted, and three in a row are the end."""
        if self.asked >= self.most:
            raise _EnoughError
        if self.asked:
            time.sleep(self._pause)
        self.asked += 1
        self.progress(f"Request {self.asked} (at most {self.most}): {method} {target}")
        try:
            answer = super().ask_again(target, method, headers, body)
        except NoAnswerError as error:
            if not self.config or self.is_silent:
                raise LiveError(f"{self.host} cannot be reached: {error}.") from error
            self.silent[f"{method} {target}"] = str(error)
            return NO_ANSWER
        if answer.status_code == 429:
            raise LiveError(f"{self.host} says that these are too many requests (429). Try again later.")
        return answer

    def may_ask(self, url: str, method: str) -> bool:
        """Tell whether a request can change nothing: a made-up URL, the only one that is asked with other methods."""
        return method in SAFE or UNKNOWN_NAME in url or url.endswith("_dash-update-component")

    def resolve(self, href: str, url: str) -> str | None:
        """Return where a link leads to; None if it leaves the host."""
        return resolve_link(href, url, self.host)

    def is_found(self, url: str) -> bool:
        """Tell whether the router draws anything else than for an unknown URL."""
        layout = self.router.draw(url)[1]
        if layout is None:
            return True  # who knows
        drawn = json.dumps(layout, sort_keys=True)
        return drawn not in self._not_found and not _is_dashs_not_found(layout)

    @cached_property
    def _not_found(self) -> list[str]:
        """What the router draws for an unknown URL; nothing if a template matches every URL and shows it."""
        drawn = json.dumps(self.router.draw(self.prefix + UNKNOWN_NAME)[1], sort_keys=True)
        return [] if UNKNOWN_NAME in drawn else [drawn]


def _is_dashs_not_found(layout: Any) -> bool:
    return isinstance(layout, dict) and layout.get("props", {}).get("children") == _DRAWN_BY_DASH
