"""Metrics, traces and rate limits on FastAPI see what they see on plain Dash."""

from __future__ import annotations

import dash
import pytest
from fastapi import FastAPI
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from prometheus_client import CollectorRegistry
from prometheus_fastapi_instrumentator import Instrumentator
from slowapi import Limiter
from slowapi.errors import RateLimitExceeded
from slowapi.middleware import SlowAPIASGIMiddleware, SlowAPIMiddleware
from slowapi.util import get_remote_address
from starlette.responses import PlainTextResponse

from dash_true404 import enable_true_404

from ..apps import make_app
from ..client import ask_all

ASKED = [
    *(("/", "GET"), ("/", "POST"), ("/a", "GET"), ("/a", "HEAD"), ("/a", "POST"), ("/t/1", "GET")),
    *(("/api/hello", "GET"), ("/api/hello", "HEAD"), ("/api/hello", "POST"), ("/api/item/3", "PUT")),
    *(("/other/x", "GET"), ("/other/x", "POST")),
]


def count_requests(server):
    registry = CollectorRegistry()
    Instrumentator(registry=registry).instrument(server)
    return lambda: [
        (sample.labels["handler"], sample.labels["method"], sample.labels["status"])
        for metric in registry.collect()
        for sample in metric.samples
        if sample.name == "http_requests_total"
    ]


def trace(server):
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    FastAPIInstrumentor.instrument_app(server, tracer_provider=provider)
    return lambda: [
        (span.name, span.attributes.get("http.route"))
        for span in exporter.get_finished_spans()
        if span.kind is SpanKind.SERVER
    ]


def limit(middleware, **limits):
    def add(server):
        server.state.limiter = Limiter(key_func=get_remote_address, **limits)
        server.add_exception_handler(RateLimitExceeded, lambda request, error: PlainTextResponse("slowly", 429))
        server.add_middleware(middleware)
        return list

    return add


WATCHERS = {
    "prometheus": count_requests,
    "opentelemetry": trace,
    "slowapi, application": limit(SlowAPIMiddleware, application_limits=["2/minute"]),
    "slowapi, application, ASGI": limit(SlowAPIASGIMiddleware, application_limits=["2/minute"]),
    "slowapi, default": limit(SlowAPIMiddleware, default_limits=["2/minute"]),
}


def watched(watch, question, is_enabled):
    """Return the statuses of three requests, and what was seen of them."""
    dash.page_registry.clear()
    server, other = FastAPI(), FastAPI()
    server.get("/api/hello")(lambda: "x")
    server.get("/api/item/{item}")(lambda item: item)
    other.get("/x")(lambda: "x")
    server.mount("/other", other)
    app = make_app("/", "/a", "/t/<x>", server=server)
    if is_enabled:
        enable_true_404(app)
    seen = watch(server)
    return [answer.status for answer in ask_all(server, [question] * 3)], seen()


@pytest.mark.parametrize("question", ASKED, ids=" ".join)
@pytest.mark.parametrize("watch", WATCHERS.values(), ids=WATCHERS)
def test_pages_and_routes_are_seen_as_on_plain_dash(watch, question):
    assert watched(watch, question, is_enabled=True) == watched(watch, question, is_enabled=False)


def test_a_wrong_method_is_counted_as_the_route_and_meets_no_limit():
    question = ("/api/hello", "POST")
    assert watched(count_requests, question, is_enabled=True)[1] == [("/api/hello", "POST", "4xx")]
    limited = WATCHERS["slowapi, application"]
    assert watched(limited, question, is_enabled=True)[0] == [405, 405, 405]


def test_unknown_urls_have_one_label():
    for path in ("/zz", "/api/zz", "/zz/"):
        (seen,) = watched(count_requests, (path, "GET"), is_enabled=True)[1]
        assert seen == ("{path:path}", "GET", "4xx")
        _, spans = watched(trace, (path, "GET"), is_enabled=True)
        assert set(spans) == {("GET {path:path}", "{path:path}")}
