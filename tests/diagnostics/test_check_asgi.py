"""What ``check`` finds on Quart and FastAPI, where what is due may be something else."""

from __future__ import annotations

import dash
import pytest
from dash import html
from fastapi import Depends, FastAPI

from dash_true404 import enable_true_404
from dash_true404.diagnostics.check.crawl import DeadLink

from ..apps import make_app, register
from .asking import find_dead_links, find_faults
from .test_check import seen

pytestmark = pytest.mark.parametrize("backend", ["quart", "fastapi"])


def test_app_wide_dependencies_keep_their_405(backend):
    options = (
        {"server": FastAPI(dependencies=[Depends(lambda: None)])} if backend == "fastapi" else {"backend": backend}
    )
    app = make_app("/", "/a", **options)
    enable_true_404(app)
    assert find_faults(app) == []


def test_a_layout_may_be_async(backend):
    app = make_app("/", backend=backend)

    async def layout(**_):
        return html.A(href="/gone")

    register("/later", layout=layout)
    enable_true_404(app)
    assert find_dead_links(app) == [DeadLink("/gone", "/later", 404)]


def test_redirects(backend):
    app = make_app("/", backend=backend)
    register("/new", module="new", redirect_from=["/old"])
    enable_true_404(app)
    assert find_faults(app) == []
    dash.page_registry.clear()
    app = make_app("/", backend=backend)
    register("/new", module="new", redirect_from=["/old"])
    register("/newer", module="new")
    enable_true_404(app)
    assert seen(app) == {("/old", "GET"): (404, 200)}
