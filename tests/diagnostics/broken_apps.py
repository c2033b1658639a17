"""Apps with one fault each, and what the tools say of it. The table of the documents is made from this."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

import dash
from dash import dcc, html

from dash_true404 import enable_true_404
from dash_true404.diagnostics.urls import UNKNOWN_NAME

from ..apps import app_on, register, web_of

UNKNOWN = "/" + UNKNOWN_NAME
ALL = ("flask", "quart", "fastapi")
ON_WERKZEUG = ("flask", "quart")


class Case(NamedTuple):
    """One fault."""

    name: str
    make: Callable[[str], dash.Dash]
    code: str
    url: str
    why: str
    """What check says, up to where it is sure to be the same on all servers."""
    explained: str
    """A part of what explain says of the URL; empty where it is found and all is well with it."""
    test: str
    """The assertion of the pytest plugin's that fails; empty where none does."""
    failure: str = ""
    """How its message begins."""
    backends: tuple[str, ...] = ALL


def sound(backend: str, *paths: str, **options: Any) -> dash.Dash:
    """Return an app without a fault, which is not enabled yet."""
    return app_on(backend, *(paths or ("/", "/about")), suppress_callback_exceptions=True, **options)


def with_page(path: str = "/page", true: bool = True, **options: Any) -> Callable[[str], dash.Dash]:
    """Return what makes an app with one page more."""

    def make(backend: str) -> dash.Dash:
        app = sound(backend)
        register(path, module="page", **options)
        if true:
            enable_true_404(app)
        return app

    return make


def add_rule(app: dash.Dash, path: str, answer: str, status: int = 200) -> None:
    """Add a rule to any server."""
    if hasattr(app.server, "url_map"):
        app.server.add_url_rule(path, "mine", lambda **_: (answer, status))
    else:
        from fastapi.responses import PlainTextResponse

        app.server.add_api_route(path, lambda: PlainTextResponse(answer, status), name="mine")


def with_rule(path: str, *pages: str) -> Callable[[str], dash.Dash]:
    """Return what makes an app with a rule of the user's, after the call."""

    def make(backend: str) -> dash.Dash:
        app = sound(backend, *pages)
        enable_true_404(app)
        add_rule(app, path, "mine")
        return app

    return make


def with_handler(status: int) -> Callable[[str], dash.Dash]:
    """Return what makes an app whose handler for 404 answers with a status."""

    def make(backend: str) -> dash.Dash:
        app = sound(backend)
        enable_true_404(app)
        if hasattr(app.server, "url_map"):
            app.server.register_error_handler(404, lambda error: ("sorry", status))
        else:
            from fastapi.responses import PlainTextResponse

            app.server.add_exception_handler(404, lambda request, error: PlainTextResponse("sorry", status))
        return app

    return make


def with_hooks(add: Callable[[Any, Any], None]) -> Callable[[str], dash.Dash]:
    """Return what makes an app with functions of the user's on its server.

    :param add: adds them to a server, given its module.
    """

    def make(backend: str) -> dash.Dash:
        app = sound(backend)
        enable_true_404(app)
        add(app.server, web_of(backend))
        return app

    return make


def answer_conditionally(server: Any, web: Any) -> None:
    server.register_error_handler(404, lambda _: ("", 304 if "If-None-Match" in web.request.headers else 404))


def fail_for_head(server: Any, web: Any) -> None:
    server.before_request(lambda: ("", 501) if web.request.method == "HEAD" else None)


def change_the_type_of_head(server: Any, web: Any) -> None:
    def change(response: Any) -> Any:
        if web.request.method == "HEAD":
            response.content_type = "text/plain"
        return response

    server.after_request(change)


def lose(path: str, status: int) -> Callable[[Any, Any], None]:
    """Return what has a server answer a URL with an error."""
    return lambda server, web: server.before_request(lambda: ("oops", status) if web.request.path == path else None)


def log_an_error(server: Any, web: Any) -> None:
    def log() -> None:
        if web.request.path == UNKNOWN:
            logging.getLogger("dash_true404").error("Something broke.")

    server.before_request(log)


def with_a_blueprint_that_repeats_its_prefix(backend: str) -> dash.Dash:
    app = sound(backend)
    blueprint = web_of(backend).Blueprint("api", "shop", url_prefix="/api")
    blueprint.add_url_rule("/api/users", "users", lambda: "users")
    app.server.register_blueprint(blueprint)
    enable_true_404(app)
    return app


def with_a_link_out_of_its_prefix(backend: str) -> dash.Dash:
    app = sound(backend, url_base_pathname="/intranet/")
    register("/page", module="page", layout=links("/wiki"))
    enable_true_404(app)
    return app


def with_a_not_found_page(backend: str) -> dash.Dash:
    app = sound(backend)
    register("/not-found-404", module="pages.not_found_404")
    return app


def with_a_late_page(backend: str) -> dash.Dash:
    app = sound(backend)
    enable_true_404(app)  # which refuses an exists that cannot be called
    register("/item/<n>", module="page", exists=lambda: True)
    return app


def two_pages_with_one_path(backend: str) -> dash.Dash:
    app = sound(backend)
    register("/twice", module="first")
    register("/twice", module="second")
    enable_true_404(app)
    return app


def hidden_by_a_template(backend: str) -> dash.Dash:
    app = app_on(backend, "/")
    register("/<name>", module="any", exists=lambda name: name == "about")
    register("/about", module="behind")
    enable_true_404(app)
    return app


def with_the_prefix_twice(backend: str) -> dash.Dash:
    app = sound(backend, "/", url_base_pathname="/intranet/")
    register("/intranet/sales", module="sales")
    enable_true_404(app)
    return app


def with_an_odd_entry(backend: str) -> dash.Dash:
    def layout(**_: Any) -> Any:
        dash.page_registry["lang"] = "fr"  # type: ignore[assignment]
        return html.Div("bonjour")

    app = app_on(backend, suppress_callback_exceptions=True)
    register("/", layout=layout)
    enable_true_404(app)
    dash.page_registry["lang"] = "fr"  # type: ignore[assignment]
    return app


def with_a_lost_redirect(backend: str) -> dash.Dash:
    app = sound(backend)
    register("/new", module="new", redirect_from=["/old"])
    enable_true_404(app)
    register("/newer", module="new")
    return app


def that_changes_itself(backend: str) -> dash.Dash:
    def layout(**_: Any) -> Any:
        about = dash.page_registry["m_47_about"]
        dash.page_registry["any"] = {**about, "module": "any", "path_template": "/<name>"}
        return html.Div("more pages")

    app = app_on(backend, "/about", suppress_callback_exceptions=True)
    register("/", layout=layout)
    enable_true_404(app)
    return app


def drawn_alike(backend: str) -> dash.Dash:
    app = sound(backend)
    for path in ("/a", "/b"):
        register(path, layout=lambda **_: html.Div([html.H1("Log in"), "to see this page"]))
    enable_true_404(app)
    return app


def fail(**_: Any) -> Any:
    """Raise, as a layout does that has a mistake."""
    raise ZeroDivisionError("division by zero")


def links(*hrefs: str) -> Any:
    return html.Div([dcc.Link(href, href=href) for href in hrefs])


CASES = [
    Case("No `enable_true_404()`", with_page(true=False), "T101", UNKNOWN,
         "The server says 200", "enable_true_404(app)", "assert_not_found", f"GET {UNKNOWN} is 200, not 404."),
    Case("The same, and the URL of the not-found page", with_a_not_found_page, "T102", "/not-found-404",
         "The not-found page's own URL isn't a page either, and says 200.", "", ""),
    Case("The same, and the icon that browsers ask for", with_page(true=False), "T103", "/favicon.ico",
         "Browsers and crawlers ask for this icon and get Dash's HTML with status 200.", "soft 404",
         "assert_not_found", "GET /favicon.ico is 200, not 404."),
    Case("The same, and a health check on Dash's callbacks", with_page(true=False), "T104",
         "/_dash-update-component", "Dash's callbacks accept POST only, and GET gets the index page", "", ""),
    Case("The same, and a component bundle that isn't there", with_page(true=False), "T105",
         "/_dash-component-suites/dash/true404-no-such.js", "Dash fails on a component bundle", "", ""),
    Case("The same, and a page whose `exists` says no", with_page("/sold", exists=lambda: False, true=False), "T106",
         "/sold", "The exists of page 'page' returned False.", "", ""),
    Case("A 404 handler that returns no status", with_handler(200), "T111", UNKNOWN,
         "The answer to an unknown URL has a success status.", "404", "assert_not_found",
         f"GET {UNKNOWN} is 200, not 404."),
    Case("A 404 handler that answers 500", with_handler(500), "T112", UNKNOWN,
         "The server fails where it should say that there is nothing.", "500", "assert_not_found",
         f"GET {UNKNOWN} is 500, not 404."),
    Case("A 404 handler that answers 304", with_hooks(answer_conditionally), "T113", UNKNOWN,
         "With the request header If-None-Match, the 404 becomes a 304", "404", "", backends=ON_WERKZEUG),
    Case("Nothing for HEAD", with_hooks(fail_for_head), "T114", "/about",
         "HEAD has to say what GET says", "page 'm_47_about'", "", backends=ON_WERKZEUG),
    Case("A 405 handler without `Allow`",
         with_hooks(lambda server, _: server.register_error_handler(405, lambda _: ("not so", 405))), "T115", "/about",
         "A 405 without the header Allow", "page 'm_47_about'", "", backends=ON_WERKZEUG),
    Case("A 404 handler that redirects",
         with_hooks(lambda server, web: server.register_error_handler(404, lambda _: web.redirect("/"))), "T121",
         UNKNOWN, "Unknown URLs are redirected (302, to /).", "redirects to /", "assert_not_found",
         f"GET {UNKNOWN}", backends=ON_WERKZEUG),
    Case("A 404 that may be cached for long", with_hooks(lambda server, _: server.register_error_handler(
             404, lambda _: ("sorry", 404, {"Cache-Control": "public, max-age=864000"}))), "T122", UNKNOWN,
         "The 404 page may be cached for 10 days", "404", "", backends=ON_WERKZEUG),
    Case("HEAD with another Content-Type", with_hooks(change_the_type_of_head), "T123", UNKNOWN,
         "On an unknown URL, HEAD has another Content-Type", "404", "", backends=ON_WERKZEUG),
    Case("A layout that registers a page for every URL", that_changes_itself, "T116", UNKNOWN,
         "Unknown URLs were 404 before the pages were drawn, and are 200 since.", "No page and no rule", ""),
    Case("A template that matches every URL", with_page("/<name>"), "T124", UNKNOWN,
         "Every URL is a page of this app, /true404-no-such-page too: page 'page' matches them all",
         "page 'page' (/<name>)", ""),
    Case("No home page", lambda backend: with_rule("/mine", "/about")(backend), "T125", "/",
         "There is no page for /, so it is 404.", "404", "assert_found", "GET / is 404, not found."),
    Case("A page that a hook refuses", with_hooks(lose("/about", 500)), "T201", "/about",
         "Page 'm_47_about' is registered but can't be loaded", "500",
         "assert_all_found", "GET /about is 500, not found.", backends=ON_WERKZEUG),
    Case("Two pages with one path", two_pages_with_one_path, "T202", "/twice",
         "Page 'second' is a duplicate of page 'first'", "page 'first'", ""),
    Case("A page behind a template", hidden_by_a_template, "T203", "/about",
         "Page 'behind' is never drawn: page 'any' (/<name>) matches it first.", "page 'any' (/<name>)", ""),
    Case("A page behind a rule", with_rule("/about"), "T204", "/about",
         "Page 'm_47_about' is never reached: the rule", "the rule", ""),
    Case("A page with a letter that browsers encode", with_page("/café"), "T205", "/caf%C3%A9",
         "No browser can reach page 'page' by its path '/café'", "no browser can reach it", "assert_all_found",
         "GET /caf%C3%A9 is 404, not found."),
    Case("A page with the app's prefix in its path", with_the_prefix_twice, "T206", "/intranet/intranet/sales",
         "The path of page 'sales' begins with the app's prefix '/intranet/'", "page 'sales'", ""),
    Case("Something else in the registry", with_an_odd_entry, "T207", "",
         "dash.page_registry['lang'] isn't a page", "", ""),
    Case("A `redirect_from` to a page that is gone", with_a_lost_redirect, "T208", "/old",
         "A redirect_from leads to /new, which isn't a page", "/new", "assert_found",
         "GET /old -> /new is 404, not found."),
    Case("A template with characters of patterns", with_page("/p+/<n>", exists=lambda n: n == "1"), "T221",
         f"/p+/{UNKNOWN_NAME}", "The path_template '/p+/<n>' of page 'page' holds characters", "", ""),
    Case("A template page without `exists`", with_page("/item/<n>"), "T223", f"/item/{UNKNOWN_NAME}",
         "Page 'page' (/item/<n>) has no exists=", "page 'page' (/item/<n>)", ""),
    Case("`exists` raises", with_page("/item/<n>", exists=lambda n: int(n) < 10), "T301", f"/item/{UNKNOWN_NAME}",
         "The exists of page 'page' raised ValueError", "ValueError", "assert_not_found",
         f"GET /item/{UNKNOWN_NAME} is 200, not 404."),
    Case("`exists` returns None", with_page("/item/<n>", exists=lambda n: None), "T302", f"/item/{UNKNOWN_NAME}",
         "The exists of page 'page' failed", "None", "assert_not_found", f"GET /item/{UNKNOWN_NAME} is 200, not 404."),
    Case("`exists` does not take the variable", with_a_late_page, "T303", "",
         "exists of page 'page' cannot be called", "", ""),
    Case("`exists` is misspelt", with_page("/item/<n>", exsits=lambda n: False), "T304", f"/item/{UNKNOWN_NAME}",
         "Page 'page' is registered with exsits=", "page 'page' (/item/<n>)", "assert_not_found",
         f"GET /item/{UNKNOWN_NAME} is 200, not 404."),
    Case("A layout that raises", with_page(layout=fail), "T401", "/page",
         "The layout of page 'page' raised ZeroDivisionError: division by zero (", "page 'page'", ""),
    Case("A title that raises", with_page(title=fail), "T402", "/page",
         "The title of page 'page' raised ZeroDivisionError: division by zero (", "500", "assert_all_found",
         "GET /page is 500, not found."),
    Case("A link in the wrong case", with_page(layout=links("/About")), "T411", "/About",
         "A dead link on /page: visitors who follow it find nothing. Correct the link, or provide the page. Only the "
         "letter case differs: /about", "Only the letter case differs", "assert_no_dead_links", "/About is"),
    Case("A link in Markdown", with_page(layout=dcc.Markdown("See [this](/gone), not `[that](/code)`.")), "T411",
         "/gone", "A dead link on /page: visitors who follow it find nothing.", "404", "assert_no_dead_links",
         "/gone is"),
    Case("An image that isn't there", with_page(layout=html.Img(src="/assets/gone.png")), "T412", "/assets/gone.png",
         "The image of /page isn't there.", "404", "assert_no_dead_links", "/assets/gone.png is"),
    Case("A link out of the app's prefix", with_a_link_out_of_its_prefix, "T422", "/wiki",
         "/intranet/page links to /wiki, outside the app", "", ""),
    Case("A link that logs out", with_page(layout=links("/logout")), "T423", "/logout",
         "/logout seems to log out, so it was neither asked nor drawn.", "", ""),
    Case("Pages drawn alike, as behind a log-in with status 200", drawn_alike, "T421", "/a",
         '/a, /b are drawn alike: "Log in to see this page".', "page 'm_47_a'", ""),
    Case("A rule behind Dash's index page", with_rule("/", "/about"), "T501", "",
         "The rule '/' (mine) is never reached", "", "", backends=ON_WERKZEUG),
    Case("A Blueprint whose paths repeat its prefix", with_a_blueprint_that_repeats_its_prefix, "T502", "",
         "The rule /api/api/users has '/api', the prefix of Blueprint 'api', twice.", "", "", backends=ON_WERKZEUG),
    Case("Something that dash-true404 logs", with_hooks(log_an_error), "T601", "", "Something broke.", "", "",
         backends=ON_WERKZEUG),
]  # fmt: skip
