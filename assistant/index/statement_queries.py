"""Statements with where they stand: the queries behind positions, timelines and briefs, in the caller's snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from assistant.index import schema
from assistant.index.catalog import IN_LIMIT, StoredPassage, filter_conditions, live_passages
from assistant.index.records import statement_of
from assistant.models import Filters, Statement


@dataclass(frozen=True, slots=True)
class PlacedStatement:
    """A live statement with the passage in which it begins.

    ``origin`` names the group of near-duplicate documents that it comes from: wire copies are one origin.
    """

    statement: Statement
    place: StoredPassage
    origin: str


def placed_statements(
    connection: Connection,
    filters: Filters,
    limit: int,
    *,
    holders: Sequence[str] | None = None,
    stance: str | None = None,
    seqs: Sequence[int] | None = None,
) -> list[PlacedStatement]:
    """Live statements that have a stance, those of the newest documents first.

    Args:
        connection: the snapshot to read.
        filters: which documents may be used.
        limit: most statements to read.
        holders: only positions of these actors, by the name that ``Statement.holder`` has.
        stance: only this stance.
        seqs: only statements that begin in the passages with these row numbers.
    """
    query = _statements(filters, limit)
    s, p = schema.statements, schema.passages
    if stance is not None:
        query = query.where(s.c.stance == stance)
    if holders is not None:
        query = query.where(s.c.holder.in_(list(holders)[:IN_LIMIT]))
    if seqs is None:
        rows = list(connection.execute(query).mappings())
    else:
        rows = []
        for start in range(0, len(seqs), IN_LIMIT):
            rows += connection.execute(query.where(p.c.seq.in_(seqs[start : start + IN_LIMIT]))).mappings()
    # Filters were applied above; a statement is live only together with its passage.
    places = live_passages(connection, sorted({row["seq"] for row in rows}), Filters())
    return [
        PlacedStatement(statement_of(row), places[row["seq"]], row["origin"]) for row in rows if row["seq"] in places
    ]


def holders_like(connection: Connection, name: str) -> list[str]:
    """The holders of live statements that are called ``name``, ignoring case: actors that no file lists."""
    s = schema.statements
    query = select(s.c.holder).distinct().where(s.c.live, func.lower(s.c.holder) == name.lower()).order_by(s.c.holder)
    return list(connection.scalars(query))


def leading_holders(connection: Connection, filters: Filters, limit: int) -> list[str]:
    """The actors with the most positions of their own, most first."""
    s, v = schema.statements, schema.versions
    query = (
        select(s.c.holder)
        .join(v, and_(v.c.document_id == s.c.document_id, v.c.number == s.c.version))
        .where(
            s.c.live,
            s.c.stance.is_not(None),
            s.c.holder.is_not(None),
            s.c.speaker_actor == s.c.holder,
            *filter_conditions(filters),
        )
        .group_by(s.c.holder)
        .order_by(func.count().desc(), s.c.holder)
        .limit(limit)
    )
    return list(connection.scalars(query))


def newest_passages(connection: Connection, filters: Filters, limit: int) -> list[StoredPassage]:
    """Live passages that pass ``filters``, those of the newest documents first, undated ones last."""
    p, v = schema.passages, schema.versions
    query = (
        select(p.c.seq)
        .join(v, and_(v.c.document_id == p.c.document_id, v.c.number == p.c.version))
        .where(p.c.live, *filter_conditions(filters))
        .order_by(v.c.published_at.desc().nulls_last(), p.c.document_id, p.c.ordinal)
        .limit(limit)
    )
    seqs = list(connection.scalars(query))
    found = live_passages(connection, seqs, Filters())
    return [found[seq] for seq in seqs if seq in found]


def origins_of(connection: Connection, document_ids: Sequence[str]) -> dict[str, str]:
    """The group of near-duplicates that each active document belongs to; itself where there is none."""
    v = schema.versions
    found: dict[str, str] = {}
    for start in range(0, len(document_ids), IN_LIMIT):
        query = select(v.c.document_id, _origin()).where(
            v.c.state == "current", v.c.document_id.in_(document_ids[start : start + IN_LIMIT])
        )
        found.update({row.document_id: row.origin for row in connection.execute(query)})
    return found


def _statements(filters: Filters, limit: int) -> Select[Any]:
    s, v, p = schema.statements, schema.versions, schema.passages
    in_passage = and_(
        p.c.document_id == s.c.document_id,
        p.c.version == s.c.version,
        p.c.live,
        p.c.start_offset <= s.c.start_offset,
        p.c.end_offset > s.c.start_offset,
    )
    return (
        select(s, p.c.seq, _origin())
        .join(v, and_(v.c.document_id == s.c.document_id, v.c.number == s.c.version))
        .join(p, in_passage)
        .where(s.c.live, s.c.stance.is_not(None), *filter_conditions(filters))
        .order_by(v.c.published_at.desc().nulls_last(), s.c.document_id, s.c.start_offset, s.c.id)
        .limit(limit)
    )


def _origin() -> ColumnElement[str]:
    v = schema.versions
    return func.coalesce(v.c.origin_group, v.c.document_id).label("origin")
