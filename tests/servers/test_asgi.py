"""Quart and FastAPI alike: the same call, answers and options as on Flask."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from typing import Any

import dash
import pytest
from dash import html

from dash_true404 import IN_APP, enable_true_404
from dash_true404.servers import enabled_site

from ..apps import make_app, register
from ..client import ask, ask_all, by_method, navigate, statuses

BUILT_IN = b"This page does not exist"

BACKENDS = ("quart", "fastapi")


@pytest.fixture(params=BACKENDS)
def backend(request):
    return request.param


def true_app(backend: str, *paths: str, page: Any = None, **options: Any) -> dash.Dash:
    """Return an app with true 404s; what is no option of enable_true_404 is one of Dash's."""
    names = ("redirect_slashes", "everywhere", "reload_dead_links", "report_only")
    given = {name: options.pop(name) for name in names if name in options}
    app = make_app(*paths, backend=backend, **options)
    enable_true_404(app, page, **given)
    return app


def test_pages_are_found_and_the_rest_is_not(backend):
    app = true_app(backend, "/", "/a", "/caf%C3%A9", "/t/<x>")
    found = ["/", "/a", "/a/", "/caf%C3%A9", "/t/1", "/t/1/2", "/a?x=1"]
    assert set(statuses(app, *found)) == {200}
    for url in (
        "/zz",
        "/%61",
        "/A",
        "/t",
        "/t/",
        "/caf%c3%a9",
        "/_dash-nope",
        "/favicon.ico",
        "/a/b",
        "/%FF",
        "/a%0Ab",
    ):
        assert set(by_method(app, url).values()) == {404}, url


@pytest.mark.parametrize("lifespan", [True, False])
def test_a_server_without_lifespan_answers_alike(backend, lifespan):
    app = true_app(backend, "/", "/a")
    assert statuses(app, "/", "/a", "/zz", lifespan=lifespan) == [200, 200, 404]


def test_bytes_that_are_no_utf_8_may_be_a_page(backend):
    app = true_app(backend, "/%FF", "/t/<x>")
    assert statuses(app, "/%FF", "/%FE", "/t/%FF") == [200, 404, 200]


def test_a_page_is_served_as_dash_serves_it(backend):
    bare = make_app("/", "/a", backend=backend)
    theirs = ask(bare.server, "/a")
    dash.page_registry.clear()
    ours = ask(true_app(backend, "/", "/a").server, "/a")
    assert ours.status == theirs.status
    assert {**ours.headers, "content-length": ""} == {**theirs.headers, "content-length": ""}
    assert b"_dash-config" in ours.body
    assert b"_dash-config" in theirs.body


@pytest.mark.parametrize("prefix", ["/dash/", "/v1/app/"])
def test_a_prefix_bounds_what_is_the_apps(backend, prefix):
    app = true_app(backend, "/", "/a", url_base_pathname=prefix)
    below = prefix.rstrip("/")
    assert statuses(app, prefix, f"{below}/a", f"{below}/zz", "/", "/a", "/zz") == [200, 200, 404, 404, 404, 404]
    assert BUILT_IN in ask(app.server, f"{below}/zz").body
    assert BUILT_IN not in ask(app.server, "/zz").body  # plain Quart's or FastAPI's own
    assert ask(app.server, below).status in (307, 308)


@pytest.mark.parametrize("root", ["/proxy", "/caf\xe9"])
def test_below_a_root_path(backend, root):
    app = true_app(
        backend,
        "/",
        "/caf%C3%A9",
        requests_pathname_prefix=f"{root}/".replace("\xe9", "%C3%A9"),
        routes_pathname_prefix="/",
    )
    assert statuses(app, "/", "/caf%C3%A9", "/zz", root_path=root) == [200, 200, 404]


def test_the_answer_is_explicit_and_says_nothing_of_the_url(backend):
    app = true_app(backend, "/")
    get, head = ask_all(app.server, [("/secret?token=1", "GET"), ("/secret?token=1", "HEAD")])
    assert (get.status, head.status) == (404, 404)
    assert BUILT_IN in get.body
    assert b"secret" not in get.body
    said = {name: get.headers[name] for name in ("X-Robots-Tag", "Cache-Control", "Vary")}
    assert said == {"X-Robots-Tag": "noindex", "Cache-Control": "no-cache", "Vary": "Accept"}
    assert get.headers["content-type"] == "text/html; charset=utf-8"
    assert head.headers == get.headers


def test_a_client_that_prefers_json_gets_problem_json(backend):
    answer = ask(true_app(backend, "/").server, "/zz", headers={"accept": "application/json"})
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    assert json.loads(answer.body)["status"] == 404


def test_404_html_in_the_assets_folder_is_served_as_it_is(backend, tmp_path):
    (tmp_path / "404.html").write_text("mine {{ home }}")
    app = true_app(backend, "/", assets_folder=str(tmp_path))
    assert ask(app.server, "/zz").body == b"mine {{ home }}"


def test_a_named_page(backend, tmp_path):
    (tmp_path / "errors").mkdir()
    (tmp_path / "errors" / "lost.html").write_text("lost")
    app = true_app(backend, "/", page="errors/lost.html", assets_folder=str(tmp_path))
    assert ask(app.server, "/zz").body == b"lost"
    with pytest.raises(FileNotFoundError, match="There is no 404 page"):
        enable_true_404(app, "nowhere.html")


@pytest.mark.parametrize("by_convention", [True, False])
def test_the_apps_own_shell(backend, by_convention):
    app = true_app(backend, "/", page=None if by_convention else IN_APP, not_found_page=by_convention)
    answer = ask(app.server, "/zz")
    assert answer.status == 404
    assert b"_dash-config" in answer.body
    assert answer.headers["x-robots-tag"] == "noindex"
    assert ask(app.server, "/not-found-404").status == 404
    assert BUILT_IN in ask(app.server, "/zz", "POST").body


def test_a_shell_that_fails_gives_way_to_the_built_in_page(backend, caplog):
    app = true_app(backend, "/", page=IN_APP)
    app.interpolate_index = lambda **_: 1 / 0
    answers = ask_all(app.server, [("/zz", "GET"), ("/zz", "GET")])
    assert [(answer.status, BUILT_IN in answer.body) for answer in answers] == [(404, True)] * 2
    assert caplog.text.count("could not be rendered") == 1


asked: list[Any] = []


def knows(x: str) -> bool:
    asked.append((x, threading.current_thread() is threading.main_thread()))
    return x == "1"


async def knows_async(x: str) -> bool:
    await asyncio.sleep(0)
    return knows(x)


async def fails(x: str) -> bool:
    raise LookupError(x)


@pytest.mark.parametrize("exists", [knows, knows_async])
def test_what_does_not_exist_is_404_for_get_only(backend, exists):
    asked.clear()
    app = make_app("/", backend=backend)
    register("/t/<x>", exists=exists)
    enable_true_404(app)
    assert statuses(app, "/t/1", "/t/2") == [200, 404]
    # Neither blocks the server: what is not async is asked in another thread.
    assert asked == [("1", exists is knows_async), ("2", exists is knows_async)]
    assert by_method(app, "/t/2")["POST"] == 405


@pytest.mark.parametrize("exists", [fails, lambda x: 1 / 0, lambda x: None])
def test_where_exists_fails_the_page_is_found_and_the_fault_is_logged(backend, exists, caplog):
    app = make_app("/", backend=backend)
    register("/t/<x>", exists=exists)
    enable_true_404(app)
    assert statuses(app, "/t/1", "/t/2") == [200, 200]
    assert caplog.text.count("the page is taken to exist") == 1


@pytest.mark.parametrize("exists", [knows, knows_async])
@pytest.mark.parametrize("not_found_page", [True, False])
def test_navigation_draws_not_found_for_what_does_not_exist(backend, exists, not_found_page):
    app = make_app("/", backend=backend, not_found_page=not_found_page)

    async def layout(x: str = "", **_: Any) -> Any:
        return html.Div(f"page {x}", id="drawn")

    register("/t/<x>", exists=exists, layout=layout, title=lambda x="": f"Title {x}")
    enable_true_404(app)
    drawn = navigate(app, "/t/1")
    assert (drawn["children"]["props"]["children"], drawn["title"]) == ("page 1", "Title 1")
    drawn = navigate(app, "/t/2")
    if not_found_page:
        assert drawn["children"]["props"]["id"] == "not-found"
        assert drawn["title"] == dash.page_registry["pages.not_found_404"]["title"]
    else:
        assert drawn["children"]["props"]["children"] == "404 - Page not found"
        assert drawn["children"]["props"]["className"] == "dash-true404-dead-link"
        assert drawn["title"] == app.title


def test_an_async_exists_where_dash_cannot_wait_is_an_error_at_the_call(backend):
    app = make_app("/", backend=backend, use_async=False)
    register("/t/<x>", exists=knows_async)
    with pytest.raises(TypeError, match=r"dash\[async\]"):
        enable_true_404(app)


def test_dead_links_are_marked(backend):
    drawn = navigate(true_app(backend, "/"), "/zz")
    assert drawn["children"]["props"]["className"] == "dash-true404-dead-link"
    dash.page_registry.clear()
    drawn = navigate(true_app(backend, "/", reload_dead_links=False), "/zz")
    assert "className" not in drawn["children"]["props"]


def test_slashes_are_redirected_to_the_pages_own_path(backend):
    app = true_app(backend, "/", "/b", "/c/", redirect_slashes=True, url_base_pathname="/dash/")
    answers = ask_all(app.server, [(f"/dash{url}", "GET") for url in ("/b/?x=%41&y", "/c", "/b", "/c/")])
    assert [(a.status, a.headers.get("location")) for a in answers] == [
        (308, "/dash/b?x=%41&y"),
        (308, "/dash/c/"),
        (200, None),
        (200, None),
    ]


def test_further_paths(backend):
    app = make_app(backend=backend, use_pages=False)
    enable_true_404(app, paths=["/", "/reports/<year>"])
    assert statuses(app, "/", "/reports/2020", "/zz") == [200, 200, 404]


def test_report_only_refuses_nothing_and_logs_what_would_have_been(backend, caplog):
    caplog.set_level(logging.WARNING, "dash_true404")
    app = make_app("/", "/b", backend=backend)
    register("/t/<x>", exists=lambda x: False)
    enable_true_404(app, report_only=True, redirect_slashes=True)
    questions = [("/zz", "GET"), ("/zz", "GET"), ("/zz", "POST"), ("/b/", "GET"), ("/t/1", "GET")]
    questions += [("/_dash-update-component", "GET"), ("/b", "GET")]
    answers = ask_all(app.server, questions, headers={"referer": "http://here/"})
    assert [a.status for a in answers] == [200, 200, 405, 200, 200, 200, 200]
    assert [record.message for record in caplog.records if "Would" in record.message] == [
        f"Would be {said} (referrer: 'http://here/')"
        for said in (
            "404: GET /zz",
            "404: POST /zz",
            "308: GET /b/",
            "404: GET /t/1",
            "405: GET /_dash-update-component",
        )
    ]


def test_other_404s_stay_as_they_are_unless_everywhere(backend, tmp_path):
    (tmp_path / "there.txt").write_text("x")
    for everywhere in (False, True):
        dash.page_registry.clear()
        app = true_app(backend, "/", everywhere=everywhere, assets_folder=str(tmp_path), url_base_pathname="/dash/")
        answers = ask_all(app.server, [(url, "GET") for url in ("/dash/assets/no", "/zz", "/dash/assets/there.txt")])
        assert [a.status for a in answers] == [404, 404, 200]
        assert [BUILT_IN in a.body for a in answers] == [everywhere, everywhere, False]


def test_an_unregistered_bundle_is_404(backend):
    app = true_app(backend, "/")
    urls = ["/_dash-component-suites/nope/x.js", "/_dash-component-suites/dash/dcc/dash_core_components.js"]
    assert statuses(app, *urls) == [404, 200]
    assert BUILT_IN in ask(app.server, urls[0]).body


def test_report_only_leaves_bundles_alone(backend):
    app = true_app(backend, "/", report_only=True)
    assert statuses(app, "/_dash-component-suites/nope/x.js") == [500]


def test_pages_registered_and_removed_later_count_from_the_next_request_on(backend):
    app = true_app(backend, "/", "/a")
    assert statuses(app, "/late") == [404]
    register("/late")
    assert statuses(app, "/late") == [200]
    dash.page_registry.pop("m_47_a")
    assert statuses(app, "/a", "/late") == [404, 200]


def test_the_last_call_holds(backend, tmp_path):
    (tmp_path / "mine.html").write_text("mine")
    app = true_app(backend, "/", assets_folder=str(tmp_path))
    enable_true_404(app, "mine.html")
    assert ask(app.server, "/zz").body == b"mine"
    assert statuses(app, "/", "/zz") == [200, 404]


def test_several_apps_on_one_server():
    """On FastAPI; on Quart, Dash itself cannot: the endpoints of its websockets clash."""
    one = make_app("/", "/a", backend="fastapi", url_base_pathname="/one/")
    two = dash.Dash("two", server=one.server, use_pages=True, pages_folder="", url_base_pathname="/two/")
    two.layout = html.Div(dash.page_container)
    enable_true_404(one)
    enable_true_404(two)
    urls = ("/one/", "/one/a", "/one/zz", "/two/", "/two/a", "/two/zz", "/zz")
    assert statuses(one, *urls) == [200, 200, 404, 200, 200, 404, 404]


def test_redirects_into_pages_stay_as_they_are(backend):
    app = make_app("/", backend=backend)
    register("/new", redirect_from=["/old"])
    enable_true_404(app)
    answer = ask(app.server, "/old")
    assert (answer.status, answer.headers["location"]) == (301, "/new")


def test_start_up_warnings_come_once(backend, caplog):
    app = true_app(backend, "/caf\xe9")
    assert statuses(app, "/zz", "/zz") == [404, 404]
    assert caplog.text.count("No browser can reach page") == 1
    assert caplog.text.count("There is no page for '/'") == 1


def test_in_debug_mode(backend):
    app = true_app(backend, "/", "/a")
    app.enable_dev_tools(debug=True, dev_tools_hot_reload=False)
    assert statuses(app, "/", "/a", "/zz", "/_dash-update-component") == [200, 200, 404, 405]


def test_before_init_app_is_too_early(backend):
    app = dash.Dash("early", server=False, backend=backend, use_pages=True, pages_folder="")
    with pytest.raises(RuntimeError, match="init_app"):
        enable_true_404(app)


def test_the_server_in_place_of_the_app_is_refused(backend):
    app = make_app("/", backend=backend)
    with pytest.raises(TypeError, match="not its server"):
        enable_true_404(app.server)


def test_a_server_made_by_the_user(backend):
    if backend == "quart":
        from quart import Quart

        server: Any = Quart("mine")
    else:
        from fastapi import FastAPI

        server = FastAPI()
    app = make_app("/", "/a", server=server)
    enable_true_404(app)
    assert statuses(app, "/", "/a", "/zz") == [200, 200, 404]


def test_everywhere_may_be_taken_back(backend):
    app = true_app(backend, "/", everywhere=True, url_base_pathname="/dash/")
    enable_true_404(app)
    other, own = ask_all(app.server, [("/zz", "GET"), ("/dash/zz", "GET")])
    assert (other.status, own.status) == (404, 404)
    assert BUILT_IN not in other.body
    assert BUILT_IN in own.body


def test_a_request_that_is_cancelled_while_exists_is_asked_gets_no_answer(backend):
    """What cancels a request (a client that has gone, a timeout) wants it ended, not answered."""
    started = asyncio.Event()

    async def exists(x: str) -> bool:
        started.set()
        await asyncio.sleep(60)
        return True

    app = make_app("/", backend=backend)
    register("/t/<x>", exists=exists)
    enable_true_404(app)

    async def cancelled() -> bool:
        site = enabled_site(app)
        match = site.pages.find("t/1")
        asking = asyncio.ensure_future(site.exists.ask_async(match))
        await started.wait()
        asking.cancel()
        await asyncio.wait([asking])
        return asking.cancelled()

    assert asyncio.run(cancelled())
