"""What was measured on one data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assistant.evaluation.measures import Estimate, Measure


@dataclass(frozen=True, slots=True)
class SetResult:
    """Everything measured on one data set."""

    name: str
    kind: str  # positions | attributions | claims | questions
    measures: tuple[Measure, ...]
    failures: tuple[Mapping[str, Any], ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)  # errors by kind, failures by cause
    latency_ms: Mapping[str, Estimate] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    refusal_curve: tuple[tuple[float, float, float], ...] = ()  # threshold, unanswerable refused, answerable refused
