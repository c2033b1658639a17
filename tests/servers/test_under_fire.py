"""Many requests, long ones and hostile ones: time linear in the input, flat memory, right answers under threads."""

import contextvars
import re
import sys
import threading
import time
from importlib import import_module
from urllib.parse import unquote_to_bytes

import dash
import pytest

from dash_true404 import enable_true_404
from dash_true404.core import not_found_page as answers
from dash_true404.core import pages, path_templates
from dash_true404.core.not_found_page import prefers_json
from dash_true404.core.pages import Pages
from dash_true404.core.path_templates import VARIABLE
from dash_true404.core.paths import encoded, wsgi_readings
from dash_true404.dash_internals import navigation
from dash_true404.servers import enabled_site

from ..apps import WITHOUT_THREADS, make_app, make_true_app, register
from ..client import status
from ..measuring import growth, held, steps

if sys.version_info >= (3, 11):
    from re import _constants as sre_constants
    from re import _parser as sre_parse
else:
    import sre_constants
    import sre_parse

ROOMS = ("enable", "core.exists", "core.logs", "core.not_found_page", "core.pages", "core.path_templates", "core.paths")
ROOMS += (
    "core.site",
    "dash_internals.index_page",
    "dash_internals.index_page",
    "dash_internals.navigation",
    "servers.errors",
    "servers.flask",
    "servers.prefilter",
)
ROOMS += ("servers.templates", "servers.werkzeug", "servers.werkzeug_rules")


@pytest.mark.parametrize("filling", [" ", ",", ";", '"', "\\", ";a=b", ", a/json", '"a,', "*1"])
def test_a_hostile_accept_header_is_not_parsed(filling, monkeypatch):
    def parse(header, _):
        raise AssertionError(f"{len(header)} characters are parsed")

    monkeypatch.setattr(answers, "parse_accept_header", parse)
    assert not prefers_json("application/json" + filling * 10_000 + "x")


def test_a_long_accept_header_gets_html():
    assert status(make_true_app("/"), "/zz", headers={"Accept": "application/json" + " " * 64_000 + "x"}) == 404


# Threads


@pytest.fixture
def frequent_switches():
    """Let threads take turns some hundred times as often as they do by default."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


def in_threads(works):
    """Run each function in a thread of its own, all at once, and raise what one of them raises."""
    faults = []
    barrier = threading.Barrier(len(works))

    def run(work):
        try:
            barrier.wait()
            work()
        except BaseException as error:
            faults.append(error)

    # Dash's register_page is for threads that have the context of the one that has imported Dash.
    threads = [threading.Thread(target=contextvars.copy_context().run, args=(run, work)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]


@pytest.mark.slow
def test_known_and_unknown_urls_while_pages_come_and_go(frequent_switches, caplog):
    app = make_app("/", "/a", *(f"/p{number}" for number in range(30)))
    register("/t/<x>", exists=lambda x: x != "none")
    enable_true_404(app)
    due = {"/": 200, "/a": 200, "/p7/": 200, "/t/1": 200, "/t/none": 404, "/zz": 404, "/p7/zz": 404}
    assert status(app, "/") == 200  # for Dash itself reads its pages at the first request, and fails where they change
    seen, is_over = set(), threading.Event()

    def ask():
        client = app.server.test_client()
        while True:
            for url in due:
                seen.add((url, client.get(url).status_code))
            if is_over.is_set():
                return

    def change():
        for _ in range(20):
            for number in range(3):
                register(f"/late{number}", order=number)
                time.sleep(0.0005)
            for number in range(3):
                dash.page_registry.pop(f"m_47_late{number}")
        is_over.set()

    in_threads([change, *[ask] * 32])
    assert seen == set(due.items())
    assert not caplog.records


def test_a_burst_after_a_change_builds_the_pages_once(frequent_switches, monkeypatch):
    make_app("/", "/a", "/t/<x>")
    of_registry, built = Pages(dash.page_registry), []

    class Counted(pages._Snapshot):
        def __init__(self, *arguments):
            built.append(1)
            time.sleep(0.01)  # for the others to come
            super().__init__(*arguments)

    monkeypatch.setattr(pages, "_Snapshot", Counted)
    for number in range(5):
        register(f"/late{number}")
        in_threads([lambda: [of_registry.find(f"zz{turn}") for turn in range(20)]] * 16)
        assert len(built) == number + 1
        assert of_registry.find(f"late{number}") is not None


class AskedRegistry(type(dash.page_registry)):
    """A registry whose pages somebody asks for after each step of what changes it."""

    ask = staticmethod(lambda: None)

    def __setitem__(self, *entry):
        super().__setitem__(*entry)
        self.ask()

    def move_to_end(self, *arguments):
        super().move_to_end(*arguments)
        self.ask()


def test_what_is_seen_of_a_page_half_registered_does_not_stay(monkeypatch):
    make_app("/", "/item/<x>", "/item/new", "/m", "/z")
    registry = AskedRegistry(dash.page_registry)
    monkeypatch.setattr(dash._pages, "PAGE_REGISTRY", registry)
    of_registry = Pages(registry)
    registry.ask = lambda: of_registry.find("m")
    for order in (1, None, 2, None, 1):  # before and behind the template
        register("/item/new", module="m_47_item_47_new", order=order)
        assert of_registry.find("item/new").page is Pages(registry).find("item/new").page
        register("/z", module="m_47_z", order=order and 2 * order)
        assert of_registry.find("item/new").page is Pages(registry).find("item/new").page


def test_dash_looks_again_where_a_page_is_registered_while_it_looks(monkeypatch):
    class Changing(type(dash.page_registry)):
        changes = 0

        def values(self):
            each = iter(super().values())
            yield next(each)
            if self.changes:
                self.changes -= 1
                self.move_to_end(next(iter(self)))
            yield from each

    app = make_true_app("/", "/a", "/b", "/c", "/d")
    assert status(app, "/d") == 200
    registry = Changing(dash.page_registry)
    monkeypatch.setattr(dash._pages, "PAGE_REGISTRY", registry)
    registry.changes = 3
    assert status(app, "/d") == 200
    assert registry.changes == 0


def test_a_look_up_that_always_fails_fails_as_in_dash():
    tries = []

    def path_to_page(path):
        tries.append(path)
        raise RuntimeError("OrderedDict mutated during iteration")

    with pytest.raises(RuntimeError, match="mutated"):
        navigation._asking(path_to_page, is_routers=True)("a")
    assert len(tries) > 1


# Memory


@pytest.mark.slow
def test_urls_leave_nothing_behind(caplog):
    app = make_app("/", "/a", "/<x>/t/<y>", **WITHOUT_THREADS)  # of which what measures coverage keeps something
    register("/broken/<x>", exists=lambda x: {}[x])
    enable_true_404(app)

    def ask(number):
        assert status(app, f"/zz/{number}/{number * 7919}") == 404
        assert status(app, f"/broken/{number}") == 200

    assert growth(ask, 100) < 100 * 50
    assert len(caplog.records) == 1


@pytest.mark.slow
def test_pages_that_come_and_go_leave_nothing_behind():
    make_app("/", "/a", "/t/<x>")
    of_registry = Pages(dash.page_registry)

    def change(number):
        register("/late/<x>", module="late", order=number % 7)
        assert of_registry.find(f"late/{number}") is not None
        del dash.page_registry["late"]
        assert of_registry.find(f"late/{number}") is None

    assert growth(change, 100) < 100 * 50


def test_what_is_reported_is_kept_short(caplog):
    app = make_app("/")
    enable_true_404(app, report_only=True)
    site = enabled_site(app)
    caplog.set_level("CRITICAL")

    def report():
        for number in range(1100):
            site.report(404, "M" * 100_000, f"/zz/{number}/" + "z" * 100_000, "r" * 100_000)

    # 1,000 reports of 1,100 characters, and what holds them.
    assert held(report) < 1000 * 1500


# Time


def endless_repeats(parsed):
    """Yield what follows each repeat without an end in a parsed pattern."""
    for number, (kind, argument) in enumerate(parsed):
        if str(kind).endswith("_REPEAT") and argument[1] == sre_constants.MAXREPEAT:
            yield [*parsed][number + 1 :]
        for part in argument if isinstance(argument, (list, tuple)) else ():
            if isinstance(part, sre_parse.SubPattern):
                yield from endless_repeats(part)


def test_no_pattern_that_meets_input_from_outside_can_go_back():
    modules = [import_module(f"dash_true404.{room}") for room in ROOMS]
    patterns = {value for module in modules for value in vars(module).values() if isinstance(value, re.Pattern)}
    patterns -= {VARIABLE, path_templates._SPECIAL, pages._ENCODED_OTHERWISE}  # which meet registered pages only
    assert len(patterns) == 3
    for pattern in patterns:
        # What repeats at the end takes all that it can, and nothing after it can fail.
        assert list(endless_repeats(sre_parse.parse(pattern.pattern))) == [[]]


EIGHT = "".join(f"/<v{number}>{literal}" for number, literal in enumerate(["", "", "/x", ".b.", "x", "/./", "%20", ""]))
HOSTILE = ["/", "//x", "/.", "/x", ".b.", "/.b./", "%2F", "%", "%20", "x/./x%20", "é", "/x/./x.b.x/%20"]


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("start", ["/", "/v/", "/t/1/x/2.b.3x/4/./5%20/"])
def test_a_question_takes_steps_linear_in_the_length_of_the_url(piece, start):
    app = make_app("/", "/t" + EIGHT, "/%74" + EIGHT + "/y", "/u/<a>.csv", "/v/<a>.b.<c>.b.<d>.b.<e>")
    enable_true_404(app, redirect_slashes=True)
    status(app, "/")

    def cost(size):
        url = encoded(start + piece * (size // len(piece)))
        # What a server does before is not ours, so it is done before.
        environ = {"REQUEST_URI": url, "PATH_INFO": unquote_to_bytes(url).decode("latin-1")}
        site = enabled_site(app)
        return steps(lambda: site.own_path(site.look_up(*wsgi_readings(environ))))

    assert cost(64_000) < 2.1 * cost(32_000)
