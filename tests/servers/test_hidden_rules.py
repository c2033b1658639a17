"""Rules of the server's that Dash's hide, or that hide Dash's: no soft 404 is saved by them, and none is a surprise."""

import flask
import pytest

from dash_true404 import enable_true_404
from dash_true404.servers import Reason, decisions_for, werkzeug_rules

from ..apps import make_app, new_server, register
from ..client import FOUND, METHODS, UNKNOWN, ask, by_method, status, statuses

WERKZEUG = ["flask", pytest.param("quart", marks=pytest.mark.asgi)]
BROAD = ["/<path:p>", "/<user>/<repo>", "/<user>/<repo>/", "/<path:p>/"]


def site_with(backend, *rules, paths=("/", "/a", "/a/b"), prefix="/dash/", **options):
    """Return an app with true 404s below a prefix of a site with rules, each a path and its methods."""
    server = new_server(backend)
    for number, (path, *methods) in enumerate(rules):
        server.add_url_rule(path, f"own {number}", lambda **_: "own", methods=methods or None)
    app = make_app(*paths, server=server, url_base_pathname=prefix)
    enable_true_404(app, **options)
    return app


@pytest.mark.parametrize("backend", WERKZEUG)
@pytest.mark.parametrize("rule", BROAD)
def test_a_broad_rule_of_the_site_saves_no_soft_404_below_the_prefix(backend, rule):
    app = site_with(backend, (rule,))
    assert statuses(app, "/dash/nope", "/dash/nope/", "/dash/wp-login.php", "/dash/x/y", "/dash/") == [404] * 4 + [200]
    assert by_method(app, "/dash/a") == FOUND
    assert by_method(app, "/dash/nope") == UNKNOWN


@pytest.mark.parametrize("backend", WERKZEUG)
def test_the_broad_rule_itself_is_reached_elsewhere(backend):
    app = site_with(backend, ("/<path:p>",), ("/<user>/<repo>",))
    assert [ask(app, path).text for path in ("/x", "/me/repo")] == ["own", "own"]


def test_many_rules_may_be_hidden_each_at_its_own_url(monkeypatch):
    monkeypatch.setattr(werkzeug_rules, "MOST_MAPS", 3)
    app = site_with("flask", *((f"/<path:p>/x{number}",) for number in range(5)))
    assert statuses(app, *(f"/dash/q/x{number}" for number in range(5))) == [404] * 5


@pytest.mark.parametrize("backend", WERKZEUG)
def test_the_decision_names_the_rule_that_is_hidden(backend):
    app = site_with(backend, ("/<path:p>",))
    decision = decisions_for(app)[0].decide_for("/dash/nope", "GET")
    assert (decision.reason, decision.rule.rule) == (Reason.NO_PAGE, "/<path:p>")


@pytest.mark.parametrize("backend", WERKZEUG)
def test_rules_that_come_after_dash_save_none_either(backend):
    app = make_app("/a", server=new_server(backend), url_base_pathname="/dash/")
    enable_true_404(app)
    app.server.add_url_rule("/<user>/<repo>", "repo", lambda **_: "repo")
    assert statuses(app, "/dash/nope", "/dash/a", "/me/repo") == [404, 200, 200]


@pytest.mark.parametrize("backend", WERKZEUG)
def test_slashes_are_merged_as_if_the_hidden_rule_were_not_there(backend):
    app = site_with(backend, ("/<path:p>",))
    assert (ask(app, "/dash/a//b").status, ask(app, "/dash/a//b").location) == (308, "/dash/a/b")
    assert status(app, "/dash/a//nope") == 404


@pytest.mark.parametrize("backend", WERKZEUG)
def test_a_redirect_stays_where_it_leads_to_a_rule_of_the_users(backend):
    app = site_with(backend, ("/api/hello",), ("/api/list/",), prefix="/")
    assert [(a.status, a.location) for a in (ask(app, "/api//hello"), ask(app, "/api/list"))] == [
        (308, "/api/hello"),
        (308, "/api/list/"),
    ]


@pytest.mark.parametrize("backend", WERKZEUG)
@pytest.mark.parametrize(
    ("methods", "due"),
    [
        (("GET", "POST"), {**UNKNOWN, "POST": 200}),  # the server itself gives POST to the rule
        (("POST",), {**dict.fromkeys(METHODS, 405), "POST": 200, "OPTIONS": 200}),
        (("OPTIONS",), UNKNOWN),
        (("GET", "PUT"), {**UNKNOWN, "PUT": 200}),
    ],
)
def test_what_a_broad_rule_with_other_methods_leaves(backend, methods, due):
    app = site_with(backend, ("/<path:p>", *methods))
    assert by_method(app, "/dash/nope") == due
    for method in METHODS:
        answer = ask(app, "/dash/nope", method)
        if due["GET"] == 404 and answer.header("allow"):
            assert not {"GET", "HEAD"} & answer.allow


def test_a_method_in_small_letters_is_the_same_method():
    app = site_with("flask", ("/<path:p>", "OPTIONS"))
    assert [status(app, path, "options") for path in ("/dash/nope", "/dash/a")] == [404, 200]


@pytest.mark.parametrize("backend", WERKZEUG)
def test_another_method_is_redirected_to_the_rule_that_takes_it(backend):
    app = site_with(backend, ("/<user>/<repo>", "GET", "DELETE"))
    answers = [ask(app, path, "DELETE") for path in ("/dash//x", "/dash/x")]
    assert [answer.status for answer in answers] == [308, 200]
    assert answers[0].header("location").endswith("/dash/x")
    assert status(app, "/dash//x") == 404


@pytest.mark.parametrize("backend", WERKZEUG)
def test_a_redirect_leads_to_a_page_that_hides_the_rule_there(backend):
    app = site_with(backend, ("/<site>/<section>/<name>",))
    answers = [ask(app, "/dash/a//b", method) for method in ("GET", "HEAD", "OPTIONS", "POST")]
    assert [(answer.status, answer.location) for answer in answers] == [(308, "/dash/a/b")] * 3 + [(405, "")]


@pytest.mark.parametrize("backend", WERKZEUG)
def test_options_of_what_get_is_redirected_to_is_answered_by_a_broad_rule(backend):
    app = site_with(backend, ("/<path:p>", "POST"))
    assert [status(app, path, "OPTIONS") for path in ("/dash/assets//a.css", "/dash/assets/a.css")] == [200, 200]


def test_a_handshake_changes_nothing_for_options_that_are_taken_alone():
    app = site_with("flask", ("/<path:p>", "OPTIONS"))
    handshake = {"Connection": "upgrade", "Upgrade": "websocket"}
    assert ask(app, "/dash/nope", "OPTIONS", headers=handshake).status == 404


@pytest.mark.parametrize("backend", WERKZEUG)
def test_a_405_stays_one_beside_a_broad_rule(backend):
    app = site_with(backend, ("/<path:p>",))
    answer = ask(app, "/dash/_dash-update-component")
    assert (answer.status, answer.allow) == (405, {"POST", "OPTIONS"})


def test_redirects_of_the_users_are_never_touched():
    server = flask.Flask("server")
    app = make_app("/a", server=server)
    server.add_url_rule("/go", "go", redirect_to="/nope")
    server.add_url_rule("/old/", "old", lambda: "old")
    server.add_url_rule("/n/", "n", lambda page: str(page), defaults={"page": 1})
    server.add_url_rule("/n/<int:page>", "n")
    enable_true_404(app)
    answers = [ask(app, path) for path in ("/go", "/old", "/n/1")]
    assert [(answer.status, answer.location) for answer in answers] == [(308, "/nope"), (308, "/old/"), (308, "/n/")]
    assert status(app, "/nope") == 404


@pytest.mark.parametrize("backend", WERKZEUG)
def test_a_route_behind_dashs_index_is_named_and_never_answers(backend, caplog):
    app = make_app("/home", server=new_server(backend))
    enable_true_404(app)
    app.server.add_url_rule("/", "start", lambda: "start")
    assert statuses(app, "/", "/home") == [404, 200]
    (warning,) = [record.getMessage() for record in caplog.records if "never reached" in record.getMessage()]
    assert "'/'" in warning
    assert "start" in warning


@pytest.mark.parametrize("backend", WERKZEUG)
def test_a_rule_behind_dashs_catch_all_is_named(backend, caplog):
    app = make_app("/", server=new_server(backend))
    enable_true_404(app)
    app.server.add_url_rule("/<path:p>", "spa", lambda p: p)
    app.server.add_url_rule("/n/<int:n>", "n", lambda n: str(n))
    assert statuses(app, "/", "/zz", "/n/1") == [200, 404, 200]
    assert [record.getMessage() for record in caplog.records if "'/<path:p>' (spa) is never" in record.getMessage()]
    assert "/n/" not in caplog.text


@pytest.mark.parametrize("backend", WERKZEUG)
def test_a_rule_that_hides_dashs_catch_all_is_named(backend, caplog):
    app = site_with(backend, ("/<path:p>",), prefix="/")
    assert [ask(app, path).text[:3] for path in ("/a", "/zz")] == ["own", "own"]
    assert status(app, "/") == 200
    assert "'/<path:p>' matches every URL below '/' before Dash's catch-all does" in caplog.text


@pytest.mark.parametrize("backend", WERKZEUG)
def test_nothing_is_said_of_rules_that_are_reached(backend, caplog):
    app = site_with(backend, ("/<path:p>",), ("/",), ("/x/<int:n>",), ("/dash/own",))
    assert status(app, "/dash/") == 200
    assert caplog.text == ""


@pytest.mark.asgi
def test_on_fastapi_a_route_behind_dashs_index_keeps_its_turn():
    app = make_app("/home", backend="fastapi")
    enable_true_404(app)
    app.server.add_api_route("/", lambda: "start")
    assert statuses(app, "/", "/home", "/zz") == [200, 200, 404]
    assert ask(app, "/").body == b'"start"'


@pytest.mark.asgi
def test_on_fastapi_a_redirect_behind_dashs_index_keeps_its_turn():
    app = make_app(backend="fastapi")
    register("/home", redirect_from=["/"])
    enable_true_404(app)
    assert (ask(app, "/").status, ask(app, "/").location) in [(301, "/home"), (302, "/home"), (307, "/home")]


@pytest.mark.asgi
def test_on_fastapi_a_route_behind_a_home_page_is_named(caplog):
    app = make_app("/", backend="fastapi")
    enable_true_404(app)
    app.server.add_api_route("/", lambda: "start", name="start")
    app.server.add_api_route("/own", lambda: "own")
    assert statuses(app, "/", "/own") == [200, 200]
    (warning,) = [record.getMessage() for record in caplog.records if "never reached" in record.getMessage()]
    assert "(start)" in warning
