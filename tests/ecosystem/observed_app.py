"""Run an app beside an observer that patches Flask, and print what was seen: ``observed_app.py OBSERVER ORDER``."""

import functools
import json
import sys
from pathlib import Path

observer, order = sys.argv[1:]

if observer.startswith("newrelic"):
    import newrelic.agent

    Path("newrelic.ini").write_text("[newrelic]\ndeveloper_mode = true\napp_name = test\nlog_level = critical\n")
    newrelic.agent.initialize("newrelic.ini")
if observer.startswith("ddtrace"):
    import ddtrace

    ddtrace.patch(flask=True)

import dash  # noqa: E402  (what was patched)
import flask  # noqa: E402

from dash_true404 import enable_true_404  # noqa: E402
from dash_true404.dash_internals.observers import what_runs  # noqa: E402

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
app = dash.Dash(__name__, use_pages=True, pages_folder="")
app.layout = dash.html.Div(dash.page_container)
for path in ("/", "/a"):
    dash.register_page("m" + path[1:], path=path, layout="x")
server, views = app.server, app.server.view_functions
rendered = []
interpolate = app.interpolate_index
app.interpolate_index = lambda **parts: rendered.append(1) or interpolate(**parts)


def observe():
    """Have the observer wrap the views: flask-profiler does so when it is told to, others when one is registered."""
    if observer.startswith("flask_profiler"):
        import flask_profiler

        server.config["flask_profiler"] = {"enabled": True, "storage": {"engine": "sqlite", "FILE": "profiler.sqlite"}}
        flask_profiler.init_app(server)
        return
    for endpoint in ("/", "/<path:path>"):
        server.add_url_rule(f"/again{endpoint}", f"again {endpoint}", views[endpoint])
        views[endpoint] = views.pop(f"again {endpoint}")
        server.url_map._rules_by_endpoint.pop(f"again {endpoint}")


def guard():
    """Put a guard around the views."""
    for endpoint in ("/", "/<path:path>"):
        views[endpoint] = guarded(views[endpoint])


def guarded(view):
    @functools.wraps(view)
    def function(*args, **kwargs):
        return view(*args, **kwargs) if "X-User" in flask.request.headers else flask.abort(401)

    return function


if order == "observer, enable":
    observe()
    enable_true_404(app)
elif order == "enable, observer":
    enable_true_404(app)
    observe()
elif order == "observer, guard, enable":
    observe()
    guard()
    enable_true_404(app)
elif order == "guard, observer, enable":
    guard()
    observe()
    enable_true_404(app)

wrapper = views["/<path:path>"]
while wrapper.__code__.co_filename.endswith("dash_true404/servers/werkzeug_steps.py") and wrapper is what_runs(wrapper):
    wrapper = wrapper.__wrapped__  # what ours is around
client = server.test_client()
asked = [(method, path) for path in ("/a", "/nope") for method in METHODS]
statuses = [client.open(path, method=method).status_code for method, path in asked]
print(json.dumps([what_runs(wrapper).__globals__["__name__"], statuses, len(rendered)]))
