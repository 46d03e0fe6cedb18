"""A model of natural language inference as a second opinion: any cross-encoder that sentence-transformers loads."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assistant.errors import ModelUnavailable

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


class NliModel:
    """Probability that a premise entails a hypothesis, by a cross-encoder with a label called "entailment".

    Args:
        model: a folder, or a name on the hub; stored as safetensors.
    """

    def __init__(self, model: str) -> None:
        self._name = model
        self._lock = threading.Lock()
        self._loaded: tuple[CrossEncoder, int] | None = None

    def entails(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """For each (premise, hypothesis) the probability that it holds.

        Raises:
            ModelUnavailable: the model cannot be loaded, or has no label called "entailment".
        """
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            model, place = self._loaded
            logits = np.asarray(model.predict(list(pairs), show_progress_bar=False), dtype=np.float64)
        shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
        return [float(value) for value in shifted[:, place] / shifted.sum(axis=1)]

    def _load(self) -> tuple[CrossEncoder, int]:
        from sentence_transformers import CrossEncoder

        try:
            model = CrossEncoder(
                self._name,
                trust_remote_code=False,
                local_files_only=Path(self._name).is_dir(),
                model_kwargs={"use_safetensors": True},
            )
            labels: dict[int, str] = model.config.id2label
            place = next(i for i, label in labels.items() if "entail" in label.lower() and "not" not in label.lower())
        except StopIteration:
            raise ModelUnavailable(
                f"The model {self._name!r} has no label called entailment.", "Set ASSISTANT_NLI_MODEL to an NLI model."
            ) from None
        except Exception as error:  # a damaged or missing model shows as any of a dozen libraries' own errors
            raise ModelUnavailable(
                f"The NLI model {self._name!r} cannot be loaded: {str(error).strip().splitlines()[:1]}.",
                "Set ASSISTANT_NLI_MODEL to the folder of a cross-encoder, or leave it out.",
            ) from error
        return model, int(place)
