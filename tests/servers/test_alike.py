"""What is the same on all servers, and what is on those that speak ASGI."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import dash
import pytest

from dash_true404 import IN_APP, enable_true_404
from dash_true404.servers import enabled_site

from ..apps import app_on, make_app, new_server, register, true_app_on
from ..client import ask, ask_all, by_method, statuses

BUILT_IN = b"This page does not exist"

ASGI = pytest.mark.parametrize("backend", [pytest.param(name, marks=pytest.mark.asgi) for name in ("quart", "fastapi")])


@ASGI
@pytest.mark.parametrize("lifespan", [True, False])
def test_a_server_without_lifespan_answers_alike(backend, lifespan):
    app = true_app_on(backend, "/", "/a")
    assert statuses(app, "/", "/a", "/zz", lifespan=lifespan) == [200, 200, 404]


def test_bytes_that_are_no_utf_8_may_be_a_page(backend):
    app = true_app_on(backend, "/%FF", "/t/<x>")
    assert statuses(app, "/%FF", "/%FE", "/t/%FF") == [200, 404, 200]


def test_a_page_is_served_as_dash_serves_it(backend):
    bare = app_on(backend, "/", "/a")
    theirs = ask(bare.server, "/a")
    dash.page_registry.clear()
    ours = ask(true_app_on(backend, "/", "/a").server, "/a")
    assert ours.status == theirs.status
    kept = [[field for field in answer.headers if field[0].lower() != "content-length"] for answer in (ours, theirs)]
    assert kept[0] == kept[1] != []
    assert b"_dash-config" in ours.body
    assert b"_dash-config" in theirs.body


@pytest.mark.parametrize("root", ["/proxy", "/caf\xe9"])
def test_below_a_root_path(backend, root):
    app = true_app_on(
        backend,
        "/",
        "/caf%C3%A9",
        requests_pathname_prefix=f"{root}/".replace("\xe9", "%C3%A9"),
        routes_pathname_prefix="/",
    )
    asked = ("/", "/caf%C3%A9", "/zz", "/%2Fcaf%C3%A9")
    assert statuses(app, *asked, root_path=root) == [200, 200, 404, 404]
    assert ask(app.server, "", root_path=root).status == (308 if backend == "flask" else 200)


def test_a_named_page(backend, tmp_path):
    (tmp_path / "errors").mkdir()
    (tmp_path / "errors" / "lost.html").write_text("lost")
    app = true_app_on(backend, "/", page="errors/lost.html", assets_folder=str(tmp_path))
    assert ask(app.server, "/zz").body == b"lost"
    with pytest.raises(FileNotFoundError, match="There is no 404 page"):
        enable_true_404(app, "nowhere.html")


@pytest.mark.parametrize("by_convention", [True, False])
def test_the_apps_own_shell(backend, by_convention):
    app = true_app_on(backend, "/", page=None if by_convention else IN_APP, not_found_page=by_convention)
    answer = ask(app.server, "/zz")
    assert answer.status == 404
    assert b"_dash-config" in answer.body
    assert answer.headers["x-robots-tag"] == "noindex"
    assert ask(app.server, "/not-found-404").status == 404
    assert BUILT_IN in ask(app.server, "/zz", "POST").body


asked: list[Any] = []


def knows(x: str) -> bool:
    asked.append((x, threading.current_thread() is threading.main_thread()))
    return x == "1"


async def knows_async(x: str) -> bool:
    await asyncio.sleep(0)
    return knows(x)


@ASGI
@pytest.mark.parametrize("exists", [knows, knows_async])
def test_what_does_not_exist_is_404_for_get_only(backend, exists):
    asked.clear()
    app = app_on(backend, "/")
    register("/t/<x>", exists=exists)
    enable_true_404(app)
    assert statuses(app, "/t/1", "/t/2") == [200, 404]
    # Neither blocks the server: what is not async is asked in another thread.
    assert asked == [("1", exists is knows_async), ("2", exists is knows_async)]
    assert by_method(app, "/t/2")["POST"] == 405


@ASGI
def test_an_async_exists_where_dash_cannot_wait_is_an_error_at_the_call(backend):
    app = app_on(backend, "/", use_async=False)
    register("/t/<x>", exists=knows_async)
    with pytest.raises(TypeError, match=r"dash\[async\]"):
        enable_true_404(app)


def test_further_paths(backend):
    app = app_on(backend, use_pages=False)
    enable_true_404(app, paths=["/", "/reports/<year>"])
    assert statuses(app, "/", "/reports/2020", "/zz") == [200, 200, 404]


def test_other_404s_stay_as_they_are_unless_everywhere(backend, tmp_path):
    (tmp_path / "there.txt").write_text("x")
    for everywhere in (False, True):
        dash.page_registry.clear()
        app = true_app_on(backend, "/", everywhere=everywhere, assets_folder=str(tmp_path), url_base_pathname="/dash/")
        answers = ask_all(app.server, [(url, "GET") for url in ("/dash/assets/no", "/zz", "/dash/assets/there.txt")])
        assert [a.status for a in answers] == [404, 404, 200]
        assert [BUILT_IN in a.body for a in answers] == [everywhere, everywhere, False]


def test_report_only_leaves_bundles_alone(backend):
    app = true_app_on(backend, "/", report_only=True)
    assert statuses(app, "/_dash-component-suites/nope/x.js") == [500]


def test_in_debug_mode(backend):
    app = true_app_on(backend, "/", "/a")
    app.enable_dev_tools(debug=True, dev_tools_hot_reload=False)
    assert statuses(app, "/", "/a", "/zz", "/_dash-update-component") == [200, 200, 404, 405]


def test_the_server_in_place_of_the_app_is_refused(backend):
    app = app_on(backend, "/")
    with pytest.raises(TypeError, match="not its server"):
        enable_true_404(app.server)


def test_a_server_made_by_the_user(backend):
    server = new_server(backend, "mine")
    app = make_app("/", "/a", server=server)
    enable_true_404(app)
    assert statuses(app, "/", "/a", "/zz") == [200, 200, 404]


@ASGI
def test_a_request_that_is_cancelled_while_exists_is_asked_gets_no_answer(backend):
    """What cancels a request (a client that has gone, a timeout) wants it ended, not answered."""
    started = asyncio.Event()

    async def exists(x: str) -> bool:
        started.set()
        await asyncio.sleep(60)
        return True

    app = app_on(backend, "/")
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
