"""A second look at the best passages, with the question and the passage read together.

What reads them is the small reader that ships (``answering/reader``), or, by setting, any sentence-transformers
CrossEncoder. Only the first passages are read: the order of the others stays.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.errors import ModelUnavailable
from assistant.index.embedding import local_model
from assistant.retrieval.hybrid import Hit

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


def rerank(hits: Sequence[Hit], relevance: Mapping[int, float], weight: float) -> list[Hit]:
    """``hits`` in the order of their fused score mixed with what a second look found.

    Args:
        hits: best first.
        relevance: by row number, 0 to 1, of the first of ``hits``; the others count as 0, so none overtakes these.
        weight: share of the relevance in the mixed score, 0 to 1.
    """
    mixed = [
        Hit(
            hit.seq,
            replace(
                hit.retrieved,
                score=round((1 - weight) * hit.retrieved.score + weight * relevance.get(hit.seq, 0.0), 6),
            ),
        )
        for hit in hits
    ]
    return sorted(mixed, key=lambda hit: -hit.retrieved.score)


class CrossEncoderReranker:
    """Any sentence-transformers CrossEncoder stored as safetensors.

    Args:
        name: a folder, or the name of a model on the hub.

    Raises:
        ModelUnavailable: the model is missing or cannot be used.
    """

    def __init__(self, name: str) -> None:
        self._path = local_model(name, "ASSISTANT_RERANKER")
        self._lock = threading.Lock()
        self._model: CrossEncoder | None = None

    @property
    def model(self) -> CrossEncoder:
        """The loaded model."""
        with self._lock:
            if self._model is None:
                self._model = self._load()
            return self._model

    def relevance(self, question: str, hits: Sequence[Hit]) -> dict[int, float]:
        """By row number, the probability that a passage answers: the logistic function of the model's logit."""
        import torch

        pairs = [(question, f"{context_of(hit)}\n{hit.passage.text}".strip()) for hit in hits]
        scores = self.model.predict(pairs, activation_fn=torch.nn.Sigmoid(), show_progress_bar=False)
        return {hit.seq: float(score) for hit, score in zip(hits, scores, strict=True)}

    def _load(self) -> CrossEncoder:
        from sentence_transformers import CrossEncoder

        try:
            model: CrossEncoder = CrossEncoder(
                str(self._path),
                num_labels=1,
                trust_remote_code=False,
                local_files_only=True,
                model_kwargs={"use_safetensors": True},
            )
            return model
        except Exception as error:  # a damaged file shows as any of a dozen libraries' own errors
            raise ModelUnavailable(
                f"The reranker at {self._path} cannot be loaded: {error}.", "Set ASSISTANT_RERANKER to another one."
            ) from error


def context_of(hit: Hit) -> str:
    """Title and headings of a passage, as its own encoder read them."""
    names = [hit.retrieved.metadata.title, *hit.passage.headings]
    return " – ".join(dict.fromkeys(name for name in names if name))
