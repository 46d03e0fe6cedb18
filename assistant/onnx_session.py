"""The one place that knows onnxruntime: opens a model so that each run keeps to the thread that asks.

The reader and the encoder share the cores by running passages beside each other, one in each thread, so their threads
and those of onnxruntime do not fight for them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol

SLOW_FUSION = "SkipLayerNormFusion"  # the sum and its norm as one node, which takes three times as long as the two


class Session(Protocol):
    """An opened model, as its users call it."""

    def run(self, outputs: list[str], inputs: dict[str, Any]) -> list[Any]:
        """The values of ``outputs`` for the values of ``inputs``, each an array."""

    def get_inputs(self) -> list[Any]:
        """What it takes; each has a ``name``."""

    def get_outputs(self) -> list[Any]:
        """What it gives; each has a ``name``."""


def open_session(model: Path | bytes) -> Session:
    """A model that is run on the calling thread alone; runs may be made from several threads at once.

    Args:
        model: the file, or what is in it.

    Raises:
        Exception: onnxruntime's own errors, which share no other base.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session: Session = onnxruntime.InferenceSession(
        model if isinstance(model, bytes) else str(model),
        options,
        providers=["CPUExecutionProvider"],
        disabled_optimizers=[SLOW_FUSION],
    )
    return session


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
