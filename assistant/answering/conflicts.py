"""Whether what a question asks about is disputed: both sides, to be shown beside each other.

    question as read + its passages → positions → about the target → contradictions

A question that asks for one side ("What does Russia reject?", "Who supports the plan?") is answered with that side;
it is disputed only where sources tell different things of the actor asked about.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from assistant.answering.changes import concerns
from assistant.answering.disagreement import Disagreement, disagreements, opposed
from assistant.answering.positions import MOST_STATEMENTS, PositionFinder
from assistant.answering.targets import TargetWeights
from assistant.index.statement_queries import PlacedStatement, placed_statements
from assistant.models import Filters
from assistant.retrieval.position_question import PositionQuestion
from assistant.retrieval.words import stems_of


def conflicts(
    connection: Connection, finder: PositionFinder, question: PositionQuestion, filters: Filters, seqs: Sequence[int]
) -> list[Disagreement]:
    """The contradictions that an answer must show, the most certain first; none for most questions.

    Args:
        connection: the snapshot of the answer.
        finder: knows what came later.
        question: as it was read.
        filters: which documents may be used.
        seqs: row numbers of the passages that the answer is made from.
    """
    if question.asks in (None, "who") or question.target is None:
        return []
    wanted = frozenset(stems_of(question.target))
    stated = placed_statements(connection, filters, MOST_STATEMENTS, seqs=seqs)
    if not _may_clash(stated, wanted):
        return []  # most questions end here, before anything else is read
    found = finder.among(connection, filters, stated, question.target)
    weights = TargetWeights.of(connection, [wanted, *(w for position in found for w in position.wordings)])
    near = [position for position in found if concerns(position, wanted, weights)]
    return [item for item in disagreements(near, weights) if _answers(item, question)]


def _may_clash(stated: Sequence[PlacedStatement], wanted: frozenset[str]) -> bool:
    """Whether there are both sides to anything among statements that share a word with what is asked about."""
    stances = {
        p.statement.stance
        for p in stated
        if wanted & frozenset(stems_of(p.statement.target or p.place.passage.text)) and p.statement.stance
    }
    return any(opposed(one, other) for one in stances for other in stances)


def _answers(item: Disagreement, question: PositionQuestion) -> bool:
    if question.actor is not None:
        return item.kind == "sources" and item.one.holder == question.actor
    return item.kind == "sources" or question.stance is None
