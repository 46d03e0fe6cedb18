"""What changed: positions that gave way to others, and those that are new since a day."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from assistant.answering.dated import BACKGROUND
from assistant.answering.position_model import Position
from assistant.answering.positions import MOST_STATEMENTS, PositionFinder
from assistant.index.statement_queries import placed_statements
from assistant.models import Filters
from assistant.retrieval.position_question import PositionQuestion


def changed(
    connection: Connection, finder: PositionFinder, question: PositionQuestion, filters: Filters, seqs: Sequence[int]
) -> list[Position]:
    """What "What changed since …?" and "How has X's position changed?" ask for; none for other questions.

    First what turned, the latest before what it stands in for, then what is new since the day asked.

    Args:
        connection: the snapshot of the answer.
        finder: knows what came later.
        question: as it was read.
        filters: which documents may be used.
        seqs: row numbers of the passages near the question, looked at where it names no actor.
    """
    if question.asks != "change":
        return []
    holders = None if question.actor is None else [question.actor]
    stated = placed_statements(
        connection, filters, MOST_STATEMENTS, holders=holders, seqs=seqs if holders is None else None
    )
    found = finder.among(connection, filters, stated, question.target)
    since = question.since
    latest_first = sorted(turns(found, since), key=lambda turn: turn[1].stated_at or "", reverse=True)
    told = [position for earlier, later in latest_first for position in (later, earlier)]
    if since is not None:
        told += sorted((p for p in found if is_new(p, since)), key=lambda p: p.stated_at or "", reverse=True)
    distinct: dict[tuple[str, int], Position] = {}
    for position in told:
        distinct.setdefault((position.document_id, position.source.start), position)
    return list(distinct.values())


def turns(positions: Sequence[Position], since: str | None) -> list[tuple[Position, Position]]:
    """Positions that gave way to a different one, with that one; only those that did so after ``since``."""
    by_place = {(p.document_id, p.source.start, p.stance): p for p in positions}
    found = []
    for earlier in positions:
        later = earlier.superseded_by
        if later is None or later.stance == earlier.stance or (since and not _after(later.stated_at, since)):
            continue
        newer = by_place.get((later.document_id, later.start, later.stance))
        if newer is not None:
            found.append((earlier, newer))
    return found


def is_new(position: Position, since: str) -> bool:
    """Whether a position is known to be later than a date; a background note tells nothing new by itself."""
    if position.modality == "asked" or not _after(position.stated_at, since):
        return False
    return position.dated_by == "text" or position.source.retrieved.metadata.source_type not in BACKGROUND


def _after(stated_at: str | None, since: str) -> bool:
    return stated_at is not None and stated_at[: len(since)] > since[: len(stated_at)]
