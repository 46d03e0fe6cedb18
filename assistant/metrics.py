"""What can be counted of a running assistant, as Prometheus reads it.

The counters that tell a curator something: how many questions were refused, how many sentences of a model were
withheld, how long finding and answering take, and whether the index holds what the catalog holds.
"""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from assistant.index.figures import CorpusFigures
from assistant.models import Answer

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
RETRIEVAL_STEPS = ("encode", "retrieve")
JOB_STATES = ("queued", "running", "done", "failed", "cancelled")


class Metrics:
    """The metrics of one set of services, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._answers = Counter(
            "assistant_answers",
            "Answers by status; not_in_corpus is a refusal.",
            ["status", "answerer"],
            registry=registry,
        )
        self._withheld = Counter(
            "assistant_withheld_sentences", "Sentences that a model wrote and no source backs.", registry=registry
        )
        self._retrieval = Histogram(
            "assistant_retrieval_seconds", "Finding the passages of a question.", buckets=SECONDS, registry=registry
        )
        self._answering = Histogram(
            "assistant_answer_seconds", "A whole answer.", ["answerer"], buckets=SECONDS, registry=registry
        )
        self._requests = Counter(
            "assistant_http_requests", "Requests by route and status.", ["method", "route", "status"], registry=registry
        )
        self._latency = Histogram(
            "assistant_http_request_seconds",
            "From a request to the end of its response.",
            ["route"],
            buckets=SECONDS,
            registry=registry,
        )
        self._refused = Counter(
            "assistant_limited", "Requests and streams over a limit, by which limit.", ["limit"], registry=registry
        )
        self.streams_open = Gauge("assistant_streams_open", "Streams that are open now.", registry=registry)

    def answered(self, answer: Answer) -> None:
        """Count a finished answer."""
        self._answers.labels(answer.status.value, answer.answerer).inc()
        self._withheld.inc(answer.withheld)
        timings = answer.timings_ms
        self._retrieval.observe(sum(timings.get(step, 0.0) for step in RETRIEVAL_STEPS) / 1000)
        self._answering.labels(answer.answerer).observe(timings.get("total", 0.0) / 1000)

    def requested(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a finished request; ``route`` is its pattern, so that no id becomes a label."""
        self._requests.labels(method, route, str(status)).inc()
        self._latency.labels(route).observe(seconds)

    def refused(self, limit: str) -> None:
        """Count what was over a limit."""
        self._refused.labels(limit).inc()

    def exposition(self, figures: CorpusFigures | None) -> bytes:
        """All of it in Prometheus' text format; without the corpus where that cannot be read."""
        return generate_latest(self._registry) + (generate_latest(_Corpus(figures)) if figures else b"")


class _Corpus(Collector):
    """The figures of one moment."""

    def __init__(self, figures: CorpusFigures) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        """Each figure as a gauge."""
        figures = self._figures
        for name, what, value in (
            ("documents", "Documents that can be found.", figures.documents),
            ("passages", "Passages that can be found.", figures.passages),
            ("index_ready", "1 where the vector index answers; else the exact scan does.", int(figures.index_ready)),
            ("index_entries", "Entries of the vector index.", figures.index_entries),
            ("index_drift", "Entries too many or, below zero, missing; 0 is right.", figures.index_drift),
        ):
            yield GaugeMetricFamily(f"assistant_{name}", what, value)
        jobs = GaugeMetricFamily("assistant_jobs", "Jobs that are kept, by state.", labels=["state"])
        for state in JOB_STATES:
            jobs.add_metric([state], figures.jobs.get(state, 0))
        yield jobs
