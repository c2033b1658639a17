"""Tests with packages that people have beside Dash: ``nox -s ecosystem`` installs them.

Files whose packages are missing are not collected. To skip their tests would say that something is missing here.
"""

from importlib.util import find_spec

NEEDS = {
    "test_observers.py": ["ddtrace", "flask_profiler", "newrelic"],
}
collect_ignore = [file for file, packages in NEEDS.items() if not all(map(find_spec, packages))]
