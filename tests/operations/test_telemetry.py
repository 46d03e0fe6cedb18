"""Traces reach a real OTLP collector, hold the steps of each answer and no words."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from assistant.asking import AskRequest
from assistant.request_context import acting
from assistant.services import Services
from assistant.telemetry import AnswerTraces
from tests.conftest import HashEncoder

SECRET_QUESTION = "Who closed the harbour of Lorn?"  # noqa: S105


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.spans: list[Any] = []

    def Export(self, request: Any, context: Any) -> Any:
        self.spans += [s for resource in request.resource_spans for scope in resource.scope_spans for s in scope.spans]
        return trace_service_pb2.ExportTraceServiceResponse()


@pytest.fixture
def collector() -> Iterator[tuple[str, Collector]]:
    """Its address and itself."""
    server, kept = grpc.server(ThreadPoolExecutor(2)), Collector()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(kept, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"http://127.0.0.1:{port}", kept
    server.stop(None)


@pytest.mark.secrets
def test_an_answer_is_a_trace_of_its_steps(
    shared: tuple[Services, HashEncoder], collector: tuple[str, Collector]
) -> None:
    address, kept = collector
    traces = AnswerTraces(address)
    asker = replace(shared[0].asker, listeners=(traces.answered,))
    with acting("request-of-the-trace"):
        answer = asker.ask(AskRequest(SECRET_QUESTION))
    traces.close()  # sends what waits
    (whole,) = [span for span in kept.spans if span.name == "answer"]
    steps = [span for span in kept.spans if span.parent_span_id == whole.span_id]
    assert {span.name for span in steps} == set(answer.timings_ms) - {"total"}
    assert all(whole.start_time_unix_nano <= s.start_time_unix_nano <= s.end_time_unix_nano for s in steps)
    attributes = {item.key: item.value for item in whole.attributes}
    assert attributes["assistant.status"].string_value == answer.status.value
    assert attributes["assistant.request_id"].string_value == "request-of-the-trace"
    assert "harbour" not in str(kept.spans) and "Russia" not in str(kept.spans)


def test_without_the_setting_nothing_of_it_is_loaded() -> None:
    script = "import sys, assistant.telemetry; print([m for m in sys.modules if m.startswith('opentelemetry')])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr
