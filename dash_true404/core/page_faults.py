"""Mistakes in registered pages, reported to their author before visitors find them."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator

from .pages import Page, is_async, registered_path
from .path_templates import PathTemplate, reachable_template
from .paths import reachable


def find_faults(pages: Iterable[tuple[str, Page]], may_be_async: bool) -> Iterable[str]:
    """Yield what is wrong with the ``exists`` of pages.

    :param pages: by their modules.
    :param may_be_async: whether the server can await an ``async def``.
    """
    for module, page in pages:
        exists = page.get("exists")
        if exists is None:
            continue
        if not callable(exists):
            yield f"exists of page {module!r} is {exists!r}. It should be a function that returns True or False."
            continue
        if is_async(exists) and not may_be_async:
            yield (
                f"exists of page {module!r} is async, and this app can't await it. Make it a plain def. "
                "(On Quart and FastAPI it may be async once Dash's own async support is installed: "
                'pip install "dash[async]".)'
            )
        template = PathTemplate(page["path_template"] or "")
        calls: list[list[str]] = [template.names]
        own = (page.get("supplied_path") or "").strip("/")
        if template.names and own and not template.takes(own):
            calls.append([])  # by its own path Dash finds it without variables
        for names in calls:
            try:
                inspect.signature(exists).bind(**dict.fromkeys(names))
            except TypeError as error:
                yield (
                    f"exists of page {module!r} cannot be called with the variables of its path, "
                    f"({', '.join(names)}): {error}. Give it a parameter of the same name for each of them."
                )
            except ValueError:
                pass  # a built-in without a signature


def find_warnings(pages: Iterable[tuple[str, Page]]) -> Iterable[str]:
    """Yield a warning for each page that may not do what its author means.

    :param pages: by their modules.
    """
    for module, page in pages:
        yield from explain_odd_template(module, page)
        yield from explain_unreachable(module, page)


def explain_odd_template(module: str, page: Page) -> Iterator[str]:
    """Yield a warning if a page's template may match other URLs than it says."""
    template = page["path_template"]
    if template and PathTemplate(template).is_odd:
        yield (
            f"The path_template {template!r} of page {module!r} holds characters that Dash takes for a "
            "pattern (any of [ ] * ? \\ ^ $ + { } | ( )), so it may match other URLs than it says, or fail. "
            "It is matched as Dash does; better to register a template without them."
        )


def explain_unreachable(module: str, page: Page) -> Iterator[str]:
    """Yield a warning for each path of a page that no browser can ask for."""
    for argument, text in (("path_template", page["path_template"] or ""), ("path", registered_path(page) or "")):
        better = (reachable_template if argument == "path_template" else reachable)(text)
        if better != text:
            yield (
                f"No browser can reach page {module!r} by its {argument} {text!r}: browsers percent-encode "
                f"it, and Dash compares the encoded form. Register {argument}={better!r} instead."
            )
