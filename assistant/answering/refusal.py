"""Whether the corpus answers at all: a probability from how well the best evidence fits the question."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answering.evidence import EvidenceSentence, QuestionTerms
from assistant.retrieval.words import stems_of, words_of

# Logistic regression over the features below; benchmarks/calibrate_refusal.py fits it.
INTERCEPT = -5.6
WEIGHTS = {"cosine": 4.0, "overlap": 3.0, "coverage": 3.2, "names": 2.0}

_NAME = re.compile(r"(?<!^)(?<![.?!] )\b[A-Z][\w’'.-]*\w|\b[A-Z]{2,}\b|\b\d{4}\b")


@dataclass(frozen=True, slots=True)
class Support:
    """How well the evidence fits the question; every value from 0 to 1."""

    cosine: float  # best sentence
    overlap: float  # best sentence's share of the question's information
    coverage: float  # the same for the best sentence's whole passage, with title and headings
    names: float  # share of the question's names and years that passage mentions

    @property
    def probability(self) -> float:
        """Probability that the evidence answers the question."""
        logit = INTERCEPT + sum(weight * getattr(self, name) for name, weight in WEIGHTS.items())
        return 1 / (1 + math.exp(-logit))


def support(question: str, terms: QuestionTerms, evidence: Sequence[EvidenceSentence]) -> Support:
    """Measure the best sentences of ``evidence`` (best first); none is no support."""
    if not evidence:
        return Support(0.0, 0.0, 0.0, 0.0)
    return max((_support_of(question, terms, sentence) for sentence in evidence[:3]), key=lambda s: s.probability)


def names_in(question: str) -> list[str]:
    """Names and years in a question: what the evidence must be about. The first word is upper case anyway."""
    return [match.group() for match in _NAME.finditer(question.strip())]


def _support_of(question: str, terms: QuestionTerms, sentence: EvidenceSentence) -> Support:
    passage = sentence.retrieved.passage
    around = " ".join([sentence.retrieved.metadata.title, *passage.headings, passage.text])
    stems = frozenset(stems_of(around))
    names = {stem for name in names_in(question) for stem in stems_of(" ".join(words_of(name)))}
    return Support(
        cosine=max(sentence.cosine, 0.0),
        overlap=sentence.overlap,
        coverage=terms.share(stems),
        names=len(names & stems) / len(names) if names else 1.0,
    )
