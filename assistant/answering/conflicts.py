"""Whether what a question asks about is disputed: both sides, to be shown beside each other.

    question as read + its passages → positions → about the target → contradictions

A question that asks for one side ("What does Russia reject?", "Who supports the plan?") is answered with that side;
it is disputed only where sources tell different things of the actor asked about. A question for what is disputed
("Where do Paris and Rome disagree?") is answered with that.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from assistant.answering.attribution import is_named
from assistant.answering.disagreement import Disagreement, disagreements, opposed
from assistant.answering.position_model import Position
from assistant.answering.positions import MOST_STATEMENTS, PositionFinder
from assistant.answering.targets import TargetWeights
from assistant.index.statement_queries import PlacedStatement, placed_statements
from assistant.models import Filters
from assistant.retrieval.position_question import PositionQuestion
from assistant.retrieval.words import stem_set


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
    if question.disputed:
        return _asked_for(connection, finder, question, filters, seqs)
    if question.asks in (None, "who") or question.target is None:
        return []
    wanted = stem_set(question.target)
    stated = placed_statements(connection, filters, MOST_STATEMENTS, seqs=seqs)
    if not _may_clash(stated, wanted):
        return []  # most questions end here, before anything else is read
    found = finder.among(connection, filters, stated, question.target)
    return [item for item in _disagreements(connection, found) if _answers(item, question)]


def _asked_for(
    connection: Connection, finder: PositionFinder, question: PositionQuestion, filters: Filters, seqs: Sequence[int]
) -> list[Disagreement]:
    """What a question for disagreements asks for: about its target, or anything in the newest documents."""
    stated = placed_statements(connection, filters, MOST_STATEMENTS, seqs=seqs if question.target else None)
    found = finder.among(connection, filters, stated, question.target)
    items = _disagreements(connection, found)
    # What others expect of the two counts where neither has said anything against the other.
    own = [item for item in items if _is_between(item, question.between)]
    return own or [item for item in items if _is_between(item, question.between, expected=True)]


def _disagreements(connection: Connection, positions: Sequence[Position]) -> list[Disagreement]:
    weights = TargetWeights.of(connection, [wording for position in positions for wording in position.wordings])
    return disagreements(positions, weights)


def _is_between(item: Disagreement, names: Sequence[str], expected: bool = False) -> bool:
    """Whether each side has one of the two who are named; any two do where nobody is."""
    if not names:
        return True
    one, other = ({name for name in names if _has_part(side, name, expected)} for side in (item.one, item.other))
    return bool(one and other) and len(one | other) > 1


def _has_part(position: Position, name: str, expected: bool) -> bool:
    """Whether a position is somebody's, or said by them, or where that is enough expected of them."""
    held = position.own or (expected and position.modality == "expected")
    people = (position.holder if held else None, position.speaker, position.speaker_actor)
    return any(is_named(name, person) or name == person for person in people)


def _may_clash(stated: Sequence[PlacedStatement], wanted: frozenset[str]) -> bool:
    """Whether there are both sides to anything among statements that share a word with what is asked about."""
    stances = {
        p.statement.stance
        for p in stated
        if wanted & stem_set(p.statement.target or p.place.passage.text) and p.statement.stance
    }
    return any(opposed(one, other) for one in stances for other in stances)


def _answers(item: Disagreement, question: PositionQuestion) -> bool:
    if question.actor is not None:
        return item.kind == "sources" and item.one.holder == question.actor
    return item.kind == "sources" or question.stance is None
