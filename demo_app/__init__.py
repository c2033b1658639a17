"""A Dash app like many, served with and without true 404s: ``python -m demo_app``."""
