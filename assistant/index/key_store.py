"""Keys in the catalog: their digests, never the keys."""

from __future__ import annotations

import json

from sqlalchemy import Connection, RowMapping, exists, insert, or_, select, update

from assistant.access_model import ApiKey, Role, Scope
from assistant.index import schema
from assistant.index.records import to_json


def add(connection: Connection, key: ApiKey, digest: str) -> None:
    """Keep a new key.

    Args:
        connection: a write transaction.
        key: what is known of it.
        digest: SHA-256 of the key itself.
    """
    values = {"id": key.id, "name": key.name, "role": key.role.value, "digest": digest}
    times = {"created_at": key.created_at, "created_by": key.created_by, "expires_at": key.expires_at}
    scope = {"topics": to_json(list(key.scope.topics)), "sources": to_json(list(key.scope.sources))}
    connection.execute(insert(schema.api_keys).values(**values, **times, **scope))


def by_digest(connection: Connection, digest: str) -> ApiKey | None:
    """The key with this digest, whatever its state."""
    keys = schema.api_keys
    row = connection.execute(select(keys).where(keys.c.digest == digest)).mappings().one_or_none()
    return None if row is None else _key_of(row)


def by_id(connection: Connection, key_id: str) -> ApiKey | None:
    """The key with this id, whatever its state."""
    keys = schema.api_keys
    row = connection.execute(select(keys).where(keys.c.id == key_id)).mappings().one_or_none()
    return None if row is None else _key_of(row)


def unrevoked(connection: Connection, name_or_id: str) -> ApiKey | None:
    """The key with this id or name that has not been revoked; a name is held by one such key at most."""
    keys = schema.api_keys
    wanted = or_(keys.c.id == name_or_id, keys.c.name == name_or_id)
    row = connection.execute(select(keys).where(wanted, keys.c.revoked_at.is_(None))).mappings().first()
    return None if row is None else _key_of(row)


def any_unrevoked(connection: Connection) -> bool:
    """Whether there is a key that has not been revoked; one that has expired counts."""
    keys = schema.api_keys
    return bool(connection.scalar(select(exists(select(keys.c.id).where(keys.c.revoked_at.is_(None))))))


def every(connection: Connection) -> list[ApiKey]:
    """All keys, revoked ones too, oldest first."""
    keys = schema.api_keys
    rows = connection.execute(select(keys).order_by(keys.c.created_at, keys.c.id)).mappings()
    return [_key_of(row) for row in rows]


def set_revoked(connection: Connection, key_id: str, at: str) -> None:
    """Note that a key is revoked."""
    keys = schema.api_keys
    connection.execute(update(keys).where(keys.c.id == key_id).values(revoked_at=at))


def set_used(connection: Connection, key_id: str, at: str) -> None:
    """Note when a key was used."""
    keys = schema.api_keys
    connection.execute(update(keys).where(keys.c.id == key_id).values(last_used_at=at))


def _key_of(row: RowMapping) -> ApiKey:
    return ApiKey(
        id=row["id"],
        name=row["name"],
        role=Role(row["role"]),
        created_at=row["created_at"],
        created_by=row["created_by"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
        revoked_at=row["revoked_at"],
        scope=Scope(tuple(json.loads(row["topics"])), tuple(json.loads(row["sources"]))),
    )
