"""What an answer is made from, all of one state of the corpus."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.answering.disagreement import Disagreement
from assistant.answering.evidence import EvidenceSentence, QuestionTerms
from assistant.answering.position_model import Position
from assistant.models import Statement
from assistant.retrieval.hybrid import Hit
from assistant.retrieval.position_question import PositionQuestion


@dataclass(frozen=True, slots=True)
class Grounds:
    """What was found for one question."""

    question: str  # as searched
    reading: PositionQuestion
    hits: tuple[Hit, ...]  # ranked passages
    evidence: list[EvidenceSentence]  # sentences, best first
    terms: QuestionTerms
    statements: dict[tuple[str, int], list[Statement]]
    newest_source: str | None
    passages: int  # in the whole corpus
    changes: tuple[Position, ...] = ()  # what changed, where the question asks for that
    disputes: tuple[Disagreement, ...] = ()  # what sources contradict each other in
    contrary: tuple[Position, ...] = ()  # by which what the question takes for granted is wrong
