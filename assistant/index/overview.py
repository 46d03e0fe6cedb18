"""What the corpus holds at a glance: what it can be narrowed by, and whose positions it knows."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from assistant.index import schema


@dataclass(frozen=True, slots=True)
class Position:
    """An actor and a stance that live statements hold, and how many of them."""

    holder: str
    stance: str
    statements: int


@dataclass(frozen=True, slots=True)
class Overview:
    """Sources, kinds and topics of the active documents, the most frequent first."""

    sources: tuple[str, ...] = ()
    source_types: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    positions: tuple[Position, ...] = ()


def overview(connection: Connection, limit: int) -> Overview:
    """The most frequent of each kind.

    Args:
        connection: the snapshot to read.
        limit: most values of each.
    """
    v, s = schema.versions, schema.statements
    sources: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    topics: Counter[str] = Counter()
    for row in connection.execute(select(v.c.source, v.c.source_type, v.c.topics).where(v.c.state == "current")):
        sources.update([row.source] if row.source else [])
        kinds.update([row.source_type] if row.source_type else [])
        topics.update(json.loads(row.topics))
    held = connection.execute(
        select(s.c.holder, s.c.stance, func.count().label("statements"))
        .where(s.c.live, s.c.modality == "stated", s.c.holder.is_not(None), s.c.stance.is_not(None))
        .group_by(s.c.holder, s.c.stance)
        .order_by(func.count().desc(), s.c.holder, s.c.stance)
        .limit(limit)
    )
    positions = tuple(Position(row.holder, row.stance, row.statements) for row in held)
    return Overview(_top(sources, limit), _top(kinds, limit), _top(topics, limit), positions)


def _top(counts: Counter[str], limit: int) -> tuple[str, ...]:
    """The most frequent values; those that are equally frequent in alphabetical order."""
    return tuple(sorted(counts, key=lambda value: (-counts[value], value.casefold()))[:limit])
