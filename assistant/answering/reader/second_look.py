"""The best passages read together with the question: what the reader finds in them, and a better order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answering.reader.onnx import OnnxReader
from assistant.answering.reader.reading import ReaderInput, Reading
from assistant.retrieval.hybrid import Hit
from assistant.retrieval.rerank import CrossEncoderReranker, context_of, rerank

READER_WEIGHT = 0.3  # share of the reader's probability in a passage's mixed score …
CROSS_ENCODER_WEIGHT = 0.7  # … and of a reranker's, which is trained for the order


@dataclass(frozen=True, slots=True)
class SecondLook:
    """Reads passages after retrieval.

    Args:
        passages: how many of the best are read.
        reader: reads them; None leaves order, sentences and refusals to similarity.
        reranker: orders them instead of the reader.
    """

    passages: int
    reader: OnnxReader | None = None
    reranker: CrossEncoderReranker | None = None

    def at(self, question: str, hits: Sequence[Hit]) -> tuple[list[Hit], dict[int, Reading]]:
        """``hits`` in their order after reading, and what was read, by row number.

        Raises:
            ModelUnavailable: a model cannot be loaded.
        """
        best = hits[: self.passages]
        readings: dict[int, Reading] = {}
        if self.reader is not None:
            found = self.reader.read(question, [_input_of(hit) for hit in best])
            readings = {hit.seq: reading for hit, reading in zip(best, found, strict=True)}
        if self.reranker is not None:
            return rerank(hits, self.reranker.relevance(question, best), CROSS_ENCODER_WEIGHT), readings
        relevance = {seq: reading.probability for seq, reading in readings.items()}
        return rerank(hits, relevance, READER_WEIGHT) if readings else list(hits), readings


def _input_of(hit: Hit) -> ReaderInput:
    passage = hit.passage
    sentences = tuple((start - passage.start, end - passage.start) for start, end in passage.sentences)
    return ReaderInput(context_of(hit), passage.text, sentences)
