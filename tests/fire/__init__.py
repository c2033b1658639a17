"""Hostile requests by the million, each compared with what Dash's router and a plain app of the server say of it.

``python -m tests.fire --requests 1000000 --seed 404`` is the long run; README.md records what it said.
"""
