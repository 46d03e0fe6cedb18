"""What a question takes for granted, where the sources report the contrary.

"Why does Russia accept foreign troops?" has no answer in a corpus where Russia rejects them: what has to be said is
that it rejects them.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from assistant.answering.disagreement import opposed, same_side
from assistant.answering.position_model import Position
from assistant.answering.positions import MOST_STATEMENTS, PositionFinder
from assistant.index.statement_queries import placed_statements
from assistant.models import Filters
from assistant.retrieval.position_question import Premise

MOST_SHOWN = 3


def contrary(
    connection: Connection, finder: PositionFinder, premise: Premise, filters: Filters, seqs: Sequence[int]
) -> list[Position]:
    """Positions by which a premise is wrong, the latest first; none where any source bears it out.

    Args:
        connection: the snapshot of the answer.
        finder: knows what came later.
        premise: what the question takes for granted.
        filters: which documents may be used.
        seqs: row numbers of the passages near the question.
    """
    stated = placed_statements(connection, filters, MOST_STATEMENTS, holders=[premise.actor], seqs=seqs)
    if not any(opposed(premise.stance, p.statement.stance or "") for p in stated):
        return []  # most questions end here, before anything else is read
    found = finder.among(connection, filters, stated, premise.target)
    near = [position for position in found if position.modality == "stated"]
    if any(p.stance == premise.stance or same_side(p.stance, premise.stance) for p in near):
        return []
    against = [p for p in near if opposed(premise.stance, p.stance) and p.superseded_by is None]
    return sorted(against, key=lambda p: (p.own, p.stated_at or ""), reverse=True)[:MOST_SHOWN]
