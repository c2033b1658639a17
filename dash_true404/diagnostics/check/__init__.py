"""``dash-true404 check``: what an app answers, held against what it should answer."""
