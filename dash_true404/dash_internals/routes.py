"""Under which names a Dash app puts its routes on a Flask or Quart server: rule and endpoint are the same text."""

from __future__ import annotations

#: What Dash puts behind the prefix for everything but its root.
CATCH_ALL = "<path:path>"

#: What it puts there for the components' scripts and styles.
BUNDLES = "_dash-component-suites/<string:package_name>/<path:fingerprinted_path>"
