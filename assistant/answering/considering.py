"""The sentences of the best passages, weighed for one question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from assistant.answering import attribution
from assistant.answering.evidence import EvidenceSentence, QuestionTerms, score_sentences, with_readings
from assistant.answering.reader.second_look import Look
from assistant.answering.relevance import TargetAsked
from assistant.index.catalog import sentence_vectors
from assistant.index.statement_queries import statements_in
from assistant.models import Statement
from assistant.retrieval.hybrid import Hit
from assistant.retrieval.position_question import PositionQuestion

EVIDENCE_PASSAGES = 8  # whose sentences are considered for the answer


@dataclass(frozen=True, slots=True)
class Considered:
    """What was looked through, and what was found in it."""

    hits: list[Hit]
    statements: dict[tuple[str, int], list[Statement]]  # that reach into these passages, in their order
    scored: list[EvidenceSentence]  # by similarity alone, best first
    evidence: list[EvidenceSentence]  # what is left of them when what was said is weighed, best first


@dataclass(frozen=True, slots=True)
class Consideration:
    """One question, ready to be held against passages.

    Args:
        question: as searched.
        vector: its unit vector, shape (dimension,).
        terms: its weighted stems.
        reading: what it asks.
        target: what it asks about.
        held: where statements of the position asked for stand.
        generation: whose vectors the passages have.
    """

    question: str
    vector: NDArray[np.float32]
    terms: QuestionTerms
    reading: PositionQuestion
    target: TargetAsked
    held: Sequence[attribution.Place]
    generation: int

    def of(self, connection: Connection, hits: Sequence[Hit]) -> Considered:
        """The best of ``hits`` and the passages that hold a position asked for, before anything is read."""
        near = attribution.join_hits(connection, hits[:EVIDENCE_PASSAGES], self.held)
        vectors = sentence_vectors(connection, self.generation, [hit.seq for hit in near])
        scored = score_sentences(self.question, self.vector, self.terms, near, vectors)
        there = statements_in(connection, [hit.seq for hit in (*near, *hits[EVIDENCE_PASSAGES:])])
        versions = dict.fromkeys((hit.passage.document_id, hit.passage.version) for hit in near)
        said = {version: there.get(version, []) for version in (*versions, *there)}
        return Considered(near, said, scored, attribution.weigh(self.reading, self.target, scored, said))

    def after(self, look: Look, considered: Considered) -> Considered:
        """The same passages in their order after reading, and their sentences with what was read."""
        there, ranked = {hit.seq for hit in considered.hits}, {hit.seq for hit in look.hits}
        near = [hit for hit in look.hits if hit.seq in there]
        near += [hit for hit in considered.hits if hit.seq not in ranked]
        evidence = with_readings(considered.scored, near, look.readings, look.passed_over)
        said = considered.statements
        return Considered(near, said, considered.scored, attribution.weigh(self.reading, self.target, evidence, said))
