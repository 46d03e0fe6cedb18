"""Traces of answers, for whoever collects them over OTLP: an answer is a span, each of its steps one inside.

The steps have been timed anyway, so that spans are made once an answer is finished, and cost it nothing. No words of
questions or answers are in them.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from assistant.errors import InvalidConfiguration
from assistant.models import Answer
from assistant.request_context import current

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

NANOSECONDS = 1_000_000  # in a millisecond
SERVICE = "briefing-assistant"


class AnswerTraces:
    """Sends a trace of each answer, in batches and from a thread of its own.

    Args:
        endpoint: where an OTLP collector takes gRPC, such as http://127.0.0.1:4317.

    Raises:
        InvalidConfiguration: the packages for it are not installed.
    """

    def __init__(self, endpoint: str) -> None:
        try:
            from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError as error:
            raise InvalidConfiguration(
                "Traces cannot be sent: OpenTelemetry is not installed.", "Install the extra `telemetry`."
            ) from error
        exporter = OTLPSpanExporter(endpoint=endpoint, insecure=endpoint.startswith("http://"))
        self._provider: TracerProvider = TracerProvider(resource=Resource.create({"service.name": SERVICE}))
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer(__name__)

    def answered(self, answer: Answer) -> None:
        """Trace a finished answer; its steps follow each other as they were made."""
        from opentelemetry.trace import set_span_in_context

        steps = dict(answer.timings_ms)
        total = steps.pop("total", sum(steps.values()))
        end = time.time_ns()
        at = start = end - int(total * NANOSECONDS)
        span = self._tracer.start_span("answer", start_time=start)
        span.set_attributes(
            {
                "assistant.status": answer.status.value,
                "assistant.answerer": answer.answerer,
                "assistant.sentences": len(answer.sentences),
                "assistant.withheld": answer.withheld,
                "assistant.passages": len(answer.passages),
                "assistant.request_id": current().request_id or "",
            }
        )
        inside = set_span_in_context(span)
        for name, milliseconds in steps.items():
            until = at + int(milliseconds * NANOSECONDS)
            self._tracer.start_span(name, context=inside, start_time=at).end(until)
            at = until
        span.end(end)

    def close(self) -> None:
        """Send what has not been sent yet."""
        self._provider.shutdown()
