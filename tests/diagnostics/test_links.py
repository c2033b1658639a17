"""Links in layouts: which there are, where they lead, and which are dead."""

from __future__ import annotations

import json

import dash
import pytest
from dash import dcc, html
from flask import request
from plotly.utils import PlotlyJSONEncoder

from dash_true404 import enable_true_404
from dash_true404.diagnostics.check.crawl import DeadLink
from dash_true404.diagnostics.check.findings import Unseen
from dash_true404.diagnostics.check.links import InProcess, crawl_app
from dash_true404.diagnostics.check.references import Reference, find_in_markdown, find_references
from dash_true404.diagnostics.client import Client, NoAnswerError
from dash_true404.diagnostics.urls import resolve_link

from ..apps import app_on, make_app, register
from .asking import find_dead_links, find_faults

ASGI = [(backend, is_async) for backend in ("quart", "fastapi") for is_async in (True, False)]


def app_with_links(*links, true=True, paths=("/", "/a", "/t/<x>"), backend="flask", **options):
    app = app_on(backend, *paths, **options)
    register("/links", layout=html.Div([dcc.Link(link, href=link) for link in links]))
    if true:
        enable_true_404(app)
    return app


@pytest.mark.parametrize(
    ("href", "target"),
    [
        ("/a", "/a"),
        ("a", "/dir/a"),
        ("../a", "/a"),
        ("/a/../b", "/b"),
        ("?x=1", "/dir/page?x=1"),
        ("/a?x=a b#top", "/a?x=a%20b"),
        ("/café", "/caf%C3%A9"),
        ("/caf%C3%A9", "/caf%C3%A9"),
        (" /a ", "/a"),
        ("http://app.invalid/a", "/a"),
        ("", None),
        ("#top", None),
        ("mailto:me@example.org", None),
        ("javascript:void(0)", None),
        ("https://example.org/a", None),
        ("//example.org/a", None),
        ("http://[", None),
    ],
)
def test_where_a_link_leads(href, target):
    assert resolve_link(href, "/dir/page") == target


def test_every_component_with_an_href_is_a_link():
    layout = {
        "type": "Div",
        "props": {
            "children": [
                {"type": "NavLink", "namespace": "dash_bootstrap_components", "props": {"href": "/nav"}},
                {"type": "Tooltip", "props": {"label": {"type": "A", "props": {"href": "/deep"}}}},
                {"type": "Graph", "props": {"figure": {"href": "/no-component"}}},
                {"type": "A", "props": {"href": {"not": "text"}}},
                {"type": "A", "props": {"href": "/not-followed", "rel": "noopener nofollow"}},
            ]
        },
    }
    assert list(find_references(layout)) == [Reference("link", "/nav"), Reference("link", "/deep")]


def test_files_of_a_layout_are_found():
    layout = html.Div(
        [
            html.Img(src="/a.png"),
            html.Iframe(src="/frame"),
            html.Video(html.Source(src="/b.webm"), src="/a.mp4"),
            html.Audio(src="/a.ogg"),
            html.Link(rel="stylesheet", href="/a.css"),
            html.Link(rel="icon", href="/a.ico"),
            html.Link(rel="preconnect", href="/elsewhere"),
            html.Link(href="/nothing"),
            html.Script(src="/not-run.js"),
            html.Embed(src="/old"),
            dcc.Link("a", href="/a"),
        ]
    ).to_plotly_json()
    found = list(find_references(json.loads(PlotlyJSONEncoder().encode(layout))))
    assert found == [
        ("image", "/a.png"),
        ("frame", "/frame"),
        ("media file", "/a.mp4"),
        ("media file", "/b.webm"),
        ("media file", "/a.ogg"),
        ("stylesheet", "/a.css"),
        ("stylesheet", "/a.ico"),
        ("link", "/a"),
    ]


@pytest.mark.parametrize(
    ("text", "hrefs"),
    [
        ("[a](/a) and [b](/b 'title'), [c](</c d>)", ["/a", "/b", "/c d"]),
        ("![a](/a.png) [![b](/b.png)](/b)", ["/a.png", "/b", "/b.png"]),
        ("[with [brackets] in it](/a)", ["/a"]),
        ("`[no](/no)` ``[no](/no) ` `` [a](/a)", ["/a"]),
        ("`unpaired [a](/a)\n\n`", ["/a"]),
        ("```\n[no](/no)\n```\n[a](/a)", ["/a"]),
        ("~~~python\n[no](/no)\n```\n[no](/no)\n~~~~\n[a](/a)", ["/a"]),
        ("```\n[no](/no)\n``` no end\n[no](/no)", []),
        ("text\n\n    [no](/no)\n\n\t[no](/no)\n\n[a](/a)", ["/a"]),
        ("- item\n    [a](/a)", ["/a"]),
        (r"\[no](/no) \![a](/a)", ["/a"]),
        ("[no] (/no) [no][1] [no](/a(b)c)", []),
        ("[a](#top) [b]()", ["#top"]),
    ],
)
def test_links_in_markdown_outside_code(text, hrefs):
    assert [reference.href for reference in find_in_markdown(text)] == hrefs


def test_markdown_is_dedented_as_the_browser_does():
    def find(*args, **options):
        layout = json.loads(PlotlyJSONEncoder().encode(dcc.Markdown(*args, **options)))
        return [reference.href for reference in find_references(layout)]

    assert find("\n        [a](/a)\n") == ["/a"]
    assert find("\n        [a](/a)\n", dedent=False) == []
    assert find(["[a](/a)", "[b](/b)"]) == ["/a", "/b"]
    assert find() == []


def test_files_that_are_not_there_are_found(backend, tmp_path):
    (tmp_path / "there.png").write_bytes(b"png")
    app = app_on(backend, "/", assets_folder=str(tmp_path))
    sources = ["/assets/there.png", "/assets/gone.png", "data:image/png;base64,AAAA", "blob:x", "//cdn.invalid/x.png"]
    register("/images", layout=html.Div([html.Img(src=source) for source in sources]))
    enable_true_404(app)
    (finding,) = find_faults(app)
    assert finding[:5] == ("T412", "/assets/gone.png", "GET", 404, 200)
    assert finding.why.startswith("The image of /images isn't there.")


@pytest.mark.parametrize("true", [True, False])
def test_dead_links_are_found_with_and_without_true_404s(backend, true):
    links = ("/a", "/t/1?x=2", "/links#top", "nope", "/A", "/a/", "//else.where/x")
    app = app_with_links(*links, true=true, backend=backend)
    status = 404 if true else 200
    assert find_dead_links(app) == [DeadLink("/nope", "/links", status), DeadLink("/A", "/links", status)]


@pytest.mark.parametrize("true", [True, False])
def test_sound_links_are_not(backend, true):
    app = app_with_links("/", "/a", "/t/1", "t/2", "?q=1", "/_dash-layout", true=true, backend=backend)
    assert find_dead_links(app) == []


def test_the_apps_own_layout_is_read():
    app = make_app("/", "/a")
    app.layout = html.Div([html.A(href="/a"), html.A(href="/gone"), dash.page_container])
    enable_true_404(app)
    assert find_dead_links(app) == [DeadLink("/gone", "/", 404)]


def test_a_layout_may_need_a_request():
    app = make_app("/")
    register("/me", layout=lambda **_: html.A(href=f"/{request.method}-{request.host}"))
    enable_true_404(app)
    assert find_dead_links(app) == [DeadLink("/POST-localhost", "/me", 404)]


def test_a_layout_that_raises_is_noted_and_the_others_are_read():
    app = make_app("/", suppress_callback_exceptions=True)
    register("/bad", layout=lambda **_: 1 / 0)
    register("/good", layout=html.A(href="/gone"))
    enable_true_404(app)
    assert find_dead_links(app) == [DeadLink("/gone", "/good", 404)]


def test_template_pages_are_read_where_a_link_leads_to():
    app = make_app("/")
    register("/list", layout=html.Div([html.A(href="/item/1"), html.A(href="/item/2")]))
    register("/item/<n>", layout=lambda n=None, **_: html.A(href=f"/gone/{n}"))
    enable_true_404(app)
    assert find_dead_links(app) == [DeadLink("/gone/1", "/item/1", 404)]


@pytest.mark.parametrize("true", [True, False])
@pytest.mark.parametrize(
    ("backend", "is_async"),
    [
        ("flask", False),
        *(pytest.param(backend, is_async, marks=pytest.mark.asgi) for backend, is_async in ASGI),
    ],
)
def test_what_does_not_exist_is_dead(backend, is_async, true):
    def exists(n):
        return n == "1"

    async def exists_async(n):
        return exists(n)

    app = app_on(backend, "/")
    register("/list", layout=html.Div([html.A(href="/item/1"), html.A(href="/item/2")]))
    register("/item/<n>", exists=exists_async if is_async else exists)
    if true:
        enable_true_404(app)
    assert find_dead_links(app) == [DeadLink("/item/2", "/list", 404 if true else 200)]


def test_the_not_found_page_is_read_too():
    app = make_app("/")
    dash.register_page("pages.not_found_404", path="/not-found", layout=html.Div([html.A(href="/"), html.A(href="/x")]))
    enable_true_404(app)
    assert find_dead_links(app) == [DeadLink("/x", "/not-found", 404)]


@pytest.mark.parametrize("true", [True, False])
@pytest.mark.parametrize("prefixes", [("/dash/", "/dash/"), ("/dash/", "/")])
def test_links_below_a_prefix(prefixes, true):
    app = make_app("/", "/a", requests_pathname_prefix=prefixes[0], routes_pathname_prefix=prefixes[1])
    register("/links", layout=html.Div([html.A(href="/dash/a"), html.A(href="a"), html.A(href="/dash/gone")]))
    if true:
        enable_true_404(app)
    assert find_dead_links(app) == [DeadLink("/dash/gone", "/dash/links", 404 if true else 200)]


def test_other_routes_count_by_their_status():
    app = app_with_links("/report", "/private", "/broken", "/moved", "/away", "/circle", "/assets/no.css")
    server = app.server
    server.add_url_rule("/report", "report", lambda: "a file")
    server.add_url_rule("/private", "private", lambda: ("log in", 401))
    server.add_url_rule("/broken", "broken", lambda: ("sorry", 500))
    server.add_url_rule("/moved", "moved", lambda: ("", 302, {"Location": "/nowhere"}))
    server.add_url_rule("/away", "away", lambda: ("", 302, {"Location": "https://example.org/"}))
    server.add_url_rule("/circle", "circle", lambda: ("", 302, {"Location": "/circle"}))
    assert [(link.url, link.status) for link in find_dead_links(app)] == [
        ("/broken", 500),
        ("/moved", 404),
        ("/circle", 302),
        ("/assets/no.css", 404),
    ]


@pytest.mark.parametrize("true", [True, False])
def test_another_app_on_the_server_is_no_dead_link(true):
    app = make_app("/", "/a")
    register("/links", layout=html.A(href="/other/x"))
    other = dash.Dash("other", server=app.server, url_base_pathname="/other/")
    other.layout = html.Div()
    if true:
        enable_true_404(app)
    assert find_dead_links(app) == []


def test_an_app_without_pages_draws_what_it_likes():
    app = dash.Dash(__name__)
    app.layout = html.Div([dcc.Location(id="url"), html.A(href="/by-hand"), html.A(href="/assets/no.css")])
    assert [link.url for link in find_dead_links(app)] == ["/assets/no.css"]


def test_a_client_may_be_given():
    app = app_with_links("/gone")
    with Client(app) as client:
        assert len(find_dead_links(app, client)) == 1


def test_a_guard_that_answers_first_makes_no_dead_links():
    app = app_with_links("/gone")
    app.server.before_request(lambda: ("log in", 401))
    assert find_dead_links(app) == []


def test_the_audit_names_a_url_once_with_the_pages_that_link_to_it():
    app = make_app("/")
    for path in ("/b", "/c", "/d"):
        register(path, layout=html.A(href="/gone"))
    enable_true_404(app)
    (finding,) = find_faults(app)
    assert finding[1:5] == ("/gone", "GET", 404, 200)
    assert "on /b, /c and 1 more" in finding.why


@pytest.mark.parametrize("true", [True, False])
@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("/boom", " It matches the rule /boom (boom), which answers 500."),
        ("/gone", " It matches the rule /gone (gone), which answers 410."),
        ("/to-boom", " It's redirected to /boom. It matches the rule /boom (boom), which answers 500."),
        ("/to-nothing", " It's redirected to /nothing-at-all."),
        ("/assets/no.css", " It matches Dash's rule for assets /assets/<path:filename>, which answers 404."),
        ("/trip/7", " It matches page 'trip' (/trip/<number>), whose exists returned False."),
        ("/nothing-at-all", ""),
        (
            "/sent",
            " With another method it matches: the rule /sent (sent) accepts POST, not GET.",
        ),
    ],
)
def test_a_dead_link_that_something_answers_is_no_near_miss(link, reason, true):
    app = app_with_links(link, true=False)
    register("/trip/<number>", module="trip", exists=lambda number: False)
    server = app.server
    server.add_url_rule("/boom", "boom", lambda: ("sorry", 500))
    server.add_url_rule("/gone", "gone", lambda: ("gone", 410))
    server.add_url_rule("/to-boom", "to-boom", lambda: ("", 302, {"Location": "/boom"}))
    server.add_url_rule("/to-nothing", "to-nothing", lambda: ("", 302, {"Location": "/nothing-at-all"}))
    server.add_url_rule("/sent", "sent", lambda: "", methods=["POST"])
    if true:
        enable_true_404(app)
    (finding,) = (finding for finding in find_faults(app) if finding.code == "T411")
    advice = "visitors who follow it find nothing. Correct the link, or provide the page."
    if finding.seen == 500:
        advice = "visitors who follow it get an error. Correct what fails there: the server's log names it."
    if finding.seen == 200:
        advice += ' (The server says 200, and the browser draws "not found".)'
    assert finding.url == link
    rest = finding.why.partition(advice)[2]
    assert rest.startswith(reason) if reason else rest == ""


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (400, "follow it get an error. Correct the link, or what answers there."),
        (302, "follow it are redirected again and again. Correct the link, or the redirects."),
    ],
)
def test_the_advice_for_a_dead_link_fits_its_answer(status, advice):
    app = app_with_links("/odd")
    app.server.add_url_rule("/odd", "odd", lambda: ("", status, {"Location": "/odd"}))
    (finding,) = find_faults(app)
    assert advice in finding.why
    assert "provide the page" not in finding.why


def test_an_image_that_fails_is_not_said_to_be_missing():
    app = make_app("/", "/images")
    dash.page_registry["m_47_images"]["layout"] = html.Img(src="/chart")
    app.server.add_url_rule("/chart", "chart", lambda: ("", 500))
    enable_true_404(app)
    (finding,) = find_faults(app)
    assert finding[:5] == ("T412", "/chart", "GET", 500, 200)
    assert finding.why == "The image of /images can't be loaded: its URL answers 500."


def test_what_is_in_front_of_the_app_is_not_judged():
    app = make_app("/", url_base_pathname="/dash/")
    register("/a", layout=[html.A(href=href) for href in ("/portal/", "http://localhost/grafana", "/dash/nope")])
    assert [link.url for link in find_dead_links(app)] == ["/dash/nope"]


def test_the_address_of_a_location_is_no_link():
    app = make_app("/")
    register("/a", layout=[dcc.Location(id="here", href="/nowhere")])
    assert find_dead_links(app) == []


def test_a_link_that_is_not_answered_is_noted():
    class Silent(Client):
        def ask(self, target, *args):
            if target == "/slow":
                raise NoAnswerError("It has not answered.")
            return super().ask(target, *args)

    app = app_with_links("/slow", "/gone")
    with Silent(app) as client:
        crawl = crawl_app(InProcess(app, client))
    assert crawl.dead == [DeadLink("/gone", "/links", 404)]
    assert crawl.found == [Unseen("/slow", "linked on /links, it could not be asked: It has not answered.")]


def test_another_app_on_the_server_may_be_asked_anything():
    app = make_app("/")
    make_app("/", server=app.server, url_base_pathname="/other/")
    enable_true_404(app)
    with Client(app) as client:
        assert InProcess(app, client).may_ask("/other/x", "POST")
