"""Reading statements and where they stand, all within the caller's snapshot."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Connection, Select, and_, false, func, or_, select, tuple_, union

from assistant.index import lexical, schema
from assistant.index.catalog import IN_LIMIT, StoredPassage, filter_conditions, live_passages, selected_metadata
from assistant.index.records import metadata_of, statement_of
from assistant.models import Filters, Metadata, Statement

NAMED = IN_LIMIT  # passages with a name whose documents are looked into for what was said by who is called so
READ_FASTER = 3  # times that statements are read faster one document after the other than one by one


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
    matters: Callable[[Statement], bool] | None = None,
) -> list[PlacedStatement]:
    """Live statements that have a stance, those of the newest documents first.

    Args:
        connection: the snapshot to read.
        filters: which documents may be used.
        limit: most statements to read.
        holders: only positions of these actors, by the name that ``Statement.holder`` has.
        stance: only this stance.
        seqs: only statements that begin in the passages with these row numbers.
        matters: whether a statement is wanted, asked of each of the ``limit`` that are read before its passage is.
    """
    s, p = schema.statements, schema.passages
    query = _statements(filters, limit)
    whose = None if holders is None else _Whose(tuple(holders[:IN_LIMIT]))
    held = [] if stance is None else [s.c.stance == stance]
    query = query.where(*held)
    if seqs is None:
        rows = list(connection.execute(query.where(_newest_first(connection, whose, held, limit))).mappings())
    else:
        if whose is not None:
            query = query.where(or_(*whose.conditions()))
        rows = []
        for start in range(0, len(seqs), IN_LIMIT):
            rows += connection.execute(query.where(p.c.seq.in_(seqs[start : start + IN_LIMIT]))).mappings()
    stated = [(statement_of(row), row["seq"], row["origin"]) for row in rows]
    if matters is not None:
        stated = [each for each in stated if matters(each[0])]
    # Filters were applied above; a statement is live only together with its passage.
    places = live_passages(connection, sorted({seq for _, seq, _ in stated}), Filters())
    return [PlacedStatement(statement, places[seq], origin) for statement, seq, origin in stated if seq in places]


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
    """Statements in live passages, which are all live.

    Where the passages are known, that they are is not asked of the statements too: SQLite would look through all
    statements of a holder for each passage, by the index that begins with it.
    """
    s, v, p = schema.statements, schema.versions, schema.passages
    return (
        select(s, p.c.seq, _origin())
        .join(v, and_(v.c.document_id == s.c.document_id, v.c.number == s.c.version))
        .join(p, _in_passage())
        .where(s.c.stance.is_not(None), *filter_conditions(filters))
        .order_by(v.c.published_at.desc().nulls_last(), s.c.document_id, s.c.start_offset, s.c.id)
        .limit(limit)
    )


@dataclass(frozen=True, slots=True)
class _Whose:
    """Whose statements are wanted; any of these is enough."""

    holders: tuple[str, ...] = ()
    side: str | None = None  # of who speaks
    speaker: str | None = None  # a last name

    def conditions(self) -> list[ColumnElement[bool]]:
        """A condition on statements for each, of which any may be met; no index is to be begun with."""
        s = schema.statements
        # The empty string keeps databases from going through all statements of a side.
        found: list[ColumnElement[bool]] = [s.c.holder.concat("").in_(self.holders)] if self.holders else []
        if self.side is not None:
            found.append(s.c.speaker_actor.concat("") == self.side)
        if self.speaker is not None:
            found.append(s.c.speaker.icontains(self.speaker, autoescape=True))
        return found or [false()]

    def found(self, connection: Connection, held: Sequence[ColumnElement[bool]], limit: int) -> CompoundSelect[Any]:
        """Row numbers of live statements, each kind by its own index.

        Where the conditions stand in one query with "or" between them, databases look through all statements.
        """
        s = schema.statements
        conditions = [and_(s.c.live, s.c.holder.in_(self.holders))] if self.holders else []
        if self.side is not None:
            conditions.append(and_(s.c.live, s.c.speaker_actor == self.side))
        if self.speaker is not None:
            named = s.c.speaker.icontains(self.speaker, autoescape=True)
            there = s.c.document_id.in_(_naming(connection, self.speaker))
            conditions.append(and_(s.c.live.is_not(false()), there, named))
        kinds = (select(s.c.id).where(each, *held).limit(limit).subquery() for each in conditions or [false()])
        return union(*(each.select() for each in kinds))


def _newest_first(
    connection: Connection, whose: _Whose | None, held: Sequence[ColumnElement[bool]], limit: int
) -> ColumnElement[bool]:
    """The condition on live statements by which the database finds the newest ones of somebody soonest.

    Few are found by whose they are and put in order. Of many, it is quicker to go through the newest documents until
    there are enough; how many that is depends on how many statements there are in all.

    Args:
        connection: the snapshot to read.
        whose: somebody's; everybody's when None.
        held: what else is asked of them, which the query says too.
        limit: most statements that are wanted.
    """
    s, v = schema.statements, schema.versions
    if whose is None:
        return v.c.state == "current"
    total = connection.scalar(select(func.max(s.c.id))) or 0
    enough = max(math.isqrt(int(total * limit / READ_FASTER)), 1)
    theirs = whose.found(connection, held, enough)
    if (connection.scalar(select(func.count()).select_from(theirs.subquery())) or 0) < enough:
        return s.c.id.in_(theirs)
    return and_(v.c.state == "current", or_(*whose.conditions()))


def _in_passage() -> ColumnElement[bool]:
    """That a statement begins in a live passage; said so that no database goes through all live passages for it."""
    s, p = schema.statements, schema.passages
    return and_(
        p.c.document_id == s.c.document_id,
        p.c.version == s.c.version,
        p.c.live.is_not(false()),
        p.c.start_offset <= s.c.start_offset,
        p.c.end_offset > s.c.start_offset,
    )


def _origin() -> ColumnElement[str]:
    v = schema.versions
    return func.coalesce(v.c.origin_group, v.c.document_id).label("origin")


def statements_of(connection: Connection, document_id: str, version: int) -> list[Statement]:
    """The statements of one version in reading order."""
    s = schema.statements
    rows = connection.execute(
        select(s).where(s.c.document_id == document_id, s.c.version == version).order_by(s.c.start_offset, s.c.id)
    ).mappings()
    return [statement_of(row) for row in rows]


def statements_within(
    connection: Connection, versions: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], list[Statement]]:
    """The statements of several versions, in reading order, by (document id, version), these in the order given."""
    s = schema.statements
    found: dict[tuple[str, int], list[Statement]] = {key: [] for key in versions}
    keys = sorted(found)
    for start in range(0, len(keys), IN_LIMIT // 3):
        part = keys[start : start + IN_LIMIT // 3]
        # SQLite uses no index for pairs, so that it would read every statement there is.
        of_these = s.c.document_id.in_(sorted({document_id for document_id, _ in part}))
        query = (
            select(s)
            .where(of_these, tuple_(s.c.document_id, s.c.version).in_(part))
            .order_by(s.c.document_id, s.c.start_offset, s.c.id)
        )
        for row in connection.execute(query).mappings():
            found[(row["document_id"], row["version"])].append(statement_of(row))
    return found


def statements_in(connection: Connection, seqs: Sequence[int]) -> dict[tuple[str, int], list[Statement]]:
    """The statements that reach into passages, in reading order, by (document id, version).

    A long document has thousands, of which a few passages need some.
    """
    s, p = schema.statements, schema.passages
    inside = and_(
        s.c.document_id == p.c.document_id,
        s.c.version == p.c.version,
        s.c.start_offset < p.c.end_offset,
        s.c.end_offset > p.c.start_offset,
    )
    found: dict[tuple[str, int], dict[int, Statement]] = {}
    for start in range(0, len(seqs), IN_LIMIT):
        query = select(s).join(p, inside).where(p.c.seq.in_(seqs[start : start + IN_LIMIT]))
        for row in connection.execute(query).mappings():
            found.setdefault((row["document_id"], row["version"]), {})[row["id"]] = statement_of(row)
    return {
        version: [statement for _, statement in sorted(said.items(), key=lambda each: (each[1].start, each[0]))]
        for version, said in found.items()
    }


def find_statements(
    connection: Connection,
    filters: Filters,
    *,
    actor: str | None = None,
    speaker: str | None = None,
    stances: Sequence[str] | None = None,
    within: Sequence[int] | None = None,
    limit: int,
) -> list[tuple[str, int, Metadata, Statement]]:
    """Live statements, newest publication first, with document id, version and metadata.

    Args:
        connection: the snapshot to read.
        filters: which documents may be used.
        actor: whose position it is, or whose side the speaker is on where ``speaker`` is given too.
        speaker: somebody who may be named as the one who says it, by the last name.
        stances: which stances; any when None.
        within: row numbers of the passages to look into.
        limit: most statements to return.
    """
    s, v, p = schema.statements, schema.versions, schema.passages
    order = (v.c.published_at.desc().nulls_last(), s.c.id)
    held = [] if stances is None else [s.c.stance.in_(stances)]
    whose = None
    if speaker is not None:
        whose = _Whose(() if actor is None else (actor,), actor, speaker.split()[-1])
    elif actor is not None:
        whose = _Whose((actor,))
    newest = (
        select(s.c.id)
        .join(v, and_(v.c.document_id == s.c.document_id, v.c.number == s.c.version))
        .where(*held, *filter_conditions(filters))
        .order_by(*order)
        .limit(limit)
    )
    if within is None:
        newest = newest.where(_newest_first(connection, whose, held, limit))
    else:
        theirs = [] if whose is None else [or_(*whose.conditions())]
        newest = newest.join(p, _in_passage()).where(p.c.seq.in_(within[:IN_LIMIT]), *theirs)
    # Their whole rows are read only once it is known which: a holder may have thousands.
    query = (
        select(s, *selected_metadata())
        .join(v, and_(v.c.document_id == s.c.document_id, v.c.number == s.c.version))
        .where(s.c.id.in_(newest.subquery().select()))
        .order_by(*order)
    )
    return [
        (row["document_id"], row["version"], metadata_of(row), statement_of(row))
        for row in connection.execute(query).mappings()
    ]


def _naming(connection: Connection, last_name: str) -> list[str]:
    """Documents that name somebody: no index has the names of speakers, and they stand in the text."""
    p = schema.passages
    seqs = [seq for seq, _ in lexical.search(connection, lexical.content_words(last_name), NAMED)]
    found = connection.scalars(select(p.c.document_id).where(p.c.seq.in_(seqs)).distinct())
    return sorted(found)


def documents_read_otherwise(connection: Connection, rules: str) -> list[str]:
    """Active documents whose current version's statements were found by other rules than these."""
    d, v = schema.documents, schema.versions
    query = (
        select(d.c.id)
        .join(v, and_(v.c.document_id == d.c.id, v.c.number == d.c.current_version))
        .where(d.c.state == "active", or_(v.c.statement_rules.is_(None), v.c.statement_rules != rules))
        .order_by(d.c.id)
    )
    return list(connection.scalars(query))
