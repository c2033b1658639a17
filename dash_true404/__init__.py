"""Honest HTTP statuses for Plotly Dash: a real 404 for every URL that is no page.

>>> from dash_true404 import enable_true_404
>>> enable_true_404(app)
"""

from .answers import IN_APP
from .enable import enable_true_404

__all__ = ["IN_APP", "enable_true_404"]
__version__ = "0.1.0"
