"""The best passages read together with the question: what the reader finds in them, and a better order."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.answering import evidence
from assistant.answering.evidence import EvidenceSentence, QuestionTerms
from assistant.answering.reader.onnx import OnnxReader
from assistant.answering.reader.reading import ReaderInput, Reading
from assistant.answering.refusal import SupportMeasure
from assistant.answering.rivals import may_rival
from assistant.retrieval.hybrid import Hit
from assistant.retrieval.rerank import CrossEncoderReranker, context_of, rerank

READER_WEIGHT = 0.3  # share of the reader's probability in a passage's mixed score …
CROSS_ENCODER_WEIGHT = 0.7  # … and of a reranker's, which is trained for the order
AT_ONCE = 2  # passages read before it is seen whether more have to be; the same everywhere, so that answers are too
SURE = Reading(math.inf, ())  # as sure as a reader can be that a passage answers
MOST_GAIN = evidence.READER_WEIGHT + evidence.PASSAGE_WEIGHT * READER_WEIGHT  # of a sentence by being read


@dataclass(frozen=True, slots=True)
class Look:
    """What came of it."""

    hits: list[Hit]  # in their order after reading
    readings: dict[int, Reading]  # by row number
    passed_over: frozenset[int] = frozenset()  # row numbers of passages that could not have changed the answer


@dataclass(frozen=True, slots=True)
class SecondLook:
    """Reads passages after retrieval.

    Args:
        passages: how many of the best are read, at most.
        reader: reads them; None leaves order, sentences and refusals to similarity.
        reranker: orders them instead of the reader.
        answered_from: least probability of being answered.
        thorough: read all of them, also those that could not change the answer.
    """

    passages: int
    answered_from: float
    reader: OnnxReader | None = None
    reranker: CrossEncoderReranker | None = None
    thorough: bool = False

    def at(self, question: str, hits: Sequence[Hit]) -> Look:
        """All of the best passages.

        Raises:
            ModelUnavailable: a model cannot be loaded.
        """
        best = hits[: self.passages]
        readings = _read(self.reader, question, best) if self.reader is not None else {}
        if self.reranker is not None:
            return Look(rerank(hits, self.reranker.relevance(question, best), CROSS_ENCODER_WEIGHT), readings)
        return Look(_reordered(hits, readings) if readings else list(hits), readings)

    def until_sure(
        self, question: str, terms: QuestionTerms, hits: Sequence[Hit], scored: Sequence[EvidenceSentence]
    ) -> Look:
        """No more of the best passages than it takes to be sure of the answer's first sentence, or that there is none.

        The most promising passages are read first. Whether there is an answer, its first sentence and what disputes
        that are those that reading all of them gives; the sentences that follow may differ.

        Args:
            question: as searched.
            terms: its weighted stems.
            hits: ranked passages.
            scored: their sentences, as similarity scores them.

        Raises:
            ModelUnavailable: a model cannot be loaded.
        """
        if self.reader is None or self.reranker is not None or self.thorough:
            return self.at(question, hits)
        best = {hit.seq: hit for hit in hits[: self.passages]}
        ranked = dict.fromkeys(one.hit.seq for one in scored if one.hit.seq in best)  # by their best sentence
        waiting = [*ranked, *(seq for seq in best if seq not in ranked)]
        readings: dict[int, Reading] = {}
        order = list(hits)
        measure = SupportMeasure(question, terms)
        while waiting:
            some, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
            readings |= _read(self.reader, question, [best[seq] for seq in some])
            order = _reordered(hits, readings, waiting)
            sentences = evidence.with_readings(scored, order, readings)
            first = self._worth_reading(question, terms, measure, sentences, waiting)
            if not first:
                break
            waiting.sort(key=lambda seq: seq not in first)
        return Look(order, readings, frozenset(waiting))

    def _worth_reading(
        self,
        question: str,
        terms: QuestionTerms,
        measure: SupportMeasure,
        sentences: Sequence[EvidenceSentence],
        waiting: Sequence[int],
    ) -> set[int]:
        """Which of the passages that wait could change the answer."""
        read = [one for one in sentences if one.reading is not None]
        left = [one for one in sentences if one.hit.seq in waiting]
        if read and self._answers(measure, read[0]):
            better = {one.hit.seq for one in left if one.score + MOST_GAIN > read[0].score}
            return better or may_rival(question, terms, read[0], left)
        if any(self._answers(measure, one) for one in read):
            return set(waiting)
        return {one.hit.seq for one in left if self._answers(measure, replace(one, reading=SURE))}

    def _answers(self, measure: SupportMeasure, sentence: EvidenceSentence) -> bool:
        return measure.of([sentence]).probability >= self.answered_from


def _read(reader: OnnxReader, question: str, hits: Sequence[Hit]) -> dict[int, Reading]:
    found = reader.read(question, [_input_of(hit) for hit in hits])
    return {hit.seq: reading for hit, reading in zip(hits, found, strict=True)}


def _reordered(hits: Sequence[Hit], readings: Mapping[int, Reading], unread: Sequence[int] = ()) -> list[Hit]:
    """``hits`` by what was read; what could have been read counts as the least of that."""
    relevance = {seq: reading.probability for seq, reading in readings.items()}
    return rerank(hits, relevance | dict.fromkeys(unread, min(relevance.values())), READER_WEIGHT)


def _input_of(hit: Hit) -> ReaderInput:
    passage = hit.passage
    sentences = tuple((start - passage.start, end - passage.start) for start, end in passage.sentences)
    return ReaderInput(context_of(hit), passage.text, sentences)
