"""Whether the corpus answers at all: a probability from how well the best evidence fits the question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answering.evidence import EvidenceSentence, QuestionTerms, fits_answer_type
from assistant.answering.reader.reading import logistic
from assistant.answering.relevance import stems_around
from assistant.retrieval.words import stems_of

CONSIDERED = 3  # best sentences, of which the best supported decides

# Logistic regressions over the features below, fitted by benchmarks/calibrate_refusal.py: without a reader …
INTERCEPT = -4.63
WEIGHTS = {
    "cosine": 3.56,
    "passage": 0.65,
    "overlap": 1.48,
    "coverage": -0.21,
    "names": 1.40,
    "rarest": 0.19,
    "type": 0.49,
}
# … and where a reader has read the passage.
READ_INTERCEPT = -3.95
READ_WEIGHTS = {
    "cosine": 2.00,
    "passage": 0.69,
    "overlap": 2.59,
    "coverage": -0.84,
    "names": 0.71,
    "rarest": 0.09,
    "type": -0.04,
    "answerable": 1.82,
}

_NAME = re.compile(r"(?<!^)(?<![.?!] )\b[A-Z][\w’'.-]*\w|\b[A-Z]{2,}\b|\b\d{4}\b")


@dataclass(frozen=True, slots=True)
class Support:
    """How well the evidence fits the question; every value from 0 to 1."""

    cosine: float = 0.0  # best sentence
    passage: float = 0.0  # its passage
    overlap: float = 0.0  # share of the question's information in the sentence
    coverage: float = 0.0  # the same for the whole passage, with title and headings
    names: float = 0.0  # share of the question's names and years that the passage mentions
    rarest: float = 0.0  # whether the passage has the question's rarest word
    type: float = 0.0  # whether the sentence has the kind of thing that is asked for
    answerable: float | None = None  # probability that the passage answers, by a reader; None where none has read it

    @property
    def probability(self) -> float:
        """Probability that the evidence answers the question."""
        if self == Support():
            return 0.0
        intercept, weights = (INTERCEPT, WEIGHTS) if self.answerable is None else (READ_INTERCEPT, READ_WEIGHTS)
        return logistic(intercept + sum(weight * getattr(self, name) for name, weight in weights.items()))


class SupportMeasure:
    """Measures sentences for one question; what a passage is about is looked up once for all of its sentences.

    Args:
        question: as searched.
        terms: its weighted stems.
    """

    def __init__(self, question: str, terms: QuestionTerms) -> None:
        self._question = question
        self._terms = terms
        self._names = names_in(question)
        self._around: dict[int, frozenset[str]] = {}

    def of(self, evidence: Sequence[EvidenceSentence]) -> Support:
        """Measure the best sentences of ``evidence`` (best first); none is no support."""
        measured = [self._support_of(sentence) for sentence in evidence[:CONSIDERED]]
        return max(measured, key=lambda s: s.probability, default=Support())

    def _support_of(self, sentence: EvidenceSentence) -> Support:
        seq, retrieved = sentence.hit.seq, sentence.retrieved
        if seq not in self._around:
            self._around[seq] = stems_around(retrieved)
        stems = self._around[seq]
        return Support(
            cosine=max(sentence.cosine, 0.0),
            passage=max(retrieved.dense, 0.0),
            overlap=sentence.overlap,
            coverage=self._terms.share(stems),
            names=len(self._names & stems) / len(self._names) if self._names else 1.0,
            rarest=float(self._terms.rarest in stems),
            type=float(fits_answer_type(self._question, sentence.text)),
            answerable=_answerable(sentence),
        )


def names_in(question: str) -> frozenset[str]:
    """Stems of a question's names and years: what the evidence must be about. Its first word is upper case anyway."""
    return frozenset(stem for match in _NAME.finditer(question.strip()) for stem in stems_of(match.group()))


def _answerable(sentence: EvidenceSentence) -> float | None:
    if sentence.passed_over:
        return 0.0
    return sentence.reading.probability if sentence.reading else None
