"""Tests with packages that people have beside Dash: ``nox -s ecosystem`` installs them.

Files whose packages are missing are not collected. To skip their tests would say that something is missing here.
"""

from importlib.metadata import distributions

NEEDS = {
    "test_labels.py": {"opentelemetry-instrumentation-fastapi", "opentelemetry-sdk"}
    | {"prometheus-fastapi-instrumentator", "slowapi"},
    "test_dashboards.py": {"dash-extensions", "dash-mantine-components", "vizro"},
    "test_observers.py": {"ddtrace", "flask-profiler", "newrelic"},
}
_installed = {distribution.name.lower().replace("_", "-") for distribution in distributions()}
collect_ignore = [file for file, packages in NEEDS.items() if not packages <= _installed]
