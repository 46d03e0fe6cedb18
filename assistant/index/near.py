"""Where signatures are kept and candidates for near-duplicates are found."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Connection, Select, and_, bindparam, delete, insert, or_, select, update

from assistant.index import schema


def candidates(connection: Connection, bands: Sequence[int], *, leave_out: str) -> list[tuple[str, bytes]]:
    """Active documents that share a band, with their signatures.

    Args:
        connection: the snapshot to read.
        bands: the bands of a signature, in order.
        leave_out: the document itself.
    """
    values = {f"hash_{number}": value for number, value in enumerate(bands)}
    rows = connection.execute(_sharing_a_band(len(bands)), {**values, "leave_out": leave_out})
    return [(row.id, row.minhash) for row in rows]


@cache
def _sharing_a_band(bands: int) -> Select[tuple[str, bytes]]:
    """The query of ``candidates``, made once: with so many terms, making it takes longer than running it."""
    n, d, v = schema.near_bands, schema.documents, schema.versions
    shares = or_(*(and_(n.c.band == number, n.c.hash == bindparam(f"hash_{number}")) for number in range(bands)))
    sharing = select(n.c.document_id).where(shares, n.c.document_id != bindparam("leave_out"))
    return (
        select(d.c.id, v.c.minhash)
        .join(v, and_(v.c.document_id == d.c.id, v.c.number == d.c.current_version))
        .where(d.c.id.in_(sharing), v.c.minhash.is_not(None))
        .order_by(d.c.id)
    )


def remember(
    connection: Connection, document_id: str, version: int, signature: bytes, bands: Sequence[int], group: str
) -> None:
    """Keep the signature of a version that becomes current."""
    n, v = schema.near_bands, schema.versions
    forget(connection, document_id)
    connection.execute(
        update(v)
        .where(v.c.document_id == document_id, v.c.number == version)
        .values(minhash=signature, origin_group=group)
    )
    rows = {(number, value) for number, value in enumerate(bands)}
    connection.execute(insert(n), [{"band": b, "hash": h, "document_id": document_id} for b, h in sorted(rows)])


def forget(connection: Connection, document_id: str) -> None:
    """A withdrawn document is nobody's near-duplicate."""
    connection.execute(delete(schema.near_bands).where(schema.near_bands.c.document_id == document_id))


def group_of(connection: Connection, document_id: str) -> str:
    """The group of an active document: the id of the first of its near-duplicates."""
    d, v = schema.documents, schema.versions
    group = connection.scalar(
        select(v.c.origin_group)
        .join(d, and_(v.c.document_id == d.c.id, v.c.number == d.c.current_version))
        .where(d.c.id == document_id)
    )
    return group or document_id
