"""Honest HTTP statuses for Plotly Dash: a real 404 for every URL that isn't a page.

>>> from dash_true404 import enable_true_404
>>> enable_true_404(app)
"""

from typing import TYPE_CHECKING

__all__ = ["IN_APP", "enable_true_404"]
__version__ = "0.1.0"

if TYPE_CHECKING:
    from .core.not_found_page import IN_APP
    from .enable import enable_true_404
else:

    def __getattr__(name):
        # On demand: every run of pytest loads the plugin, hence this file, and Dash takes most of a second.
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from .core.not_found_page import IN_APP
        from .enable import enable_true_404

        globals().update(IN_APP=IN_APP, enable_true_404=enable_true_404)
        return globals()[name]
