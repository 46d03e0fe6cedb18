"""The audit log: who changed what and when, noted in the transaction that changes it.

An entry is never changed. It names documents, keys and jobs by id and holds no text of theirs, so that it can outlive
them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from assistant.index import schema
from assistant.index.records import now, to_json
from assistant.request_context import current


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change."""

    id: int
    at: str
    by: str  # a key's name, or "api", "cli", "watch", "feed" where there was no key
    key_id: str | None  # the key's id; names can be given again
    action: str  # what was done to what kind of thing, such as "document.added"
    subject: str | None  # the id of what was changed
    version: int | None  # of a document
    request_id: str | None  # of the request that caused it, as in the server's log
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are wanted; what is None lets all through."""

    by: str | None = None
    action: str | None = None  # an action, or the part before its dot
    subject: str | None = None


def note(
    connection: Connection,
    action: str,
    *,
    by: str,
    subject: str | None = None,
    version: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Note a change; part of the transaction that makes it.

    Args:
        connection: that transaction.
        action: what was done to what kind of thing.
        by: who did it.
        subject: the id of what was changed.
        version: of a document.
        detail: what else tells the change from others; no text of documents, no key.
    """
    acting = current()
    connection.execute(
        insert(schema.audit_log).values(
            at=now(),
            actor=by,
            key_id=acting.key_id,
            action=action,
            subject=subject,
            version=version,
            request_id=acting.request_id,
            detail=to_json(dict(detail or {})),
        )
    )


def page(connection: Connection, wanted: AuditFilter, limit: int, before: int | None = None) -> list[AuditEntry]:
    """Entries, the latest first; those older than ``before`` where it is given."""
    a = schema.audit_log
    query = select(a).order_by(a.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(a.c.id < before)
    if wanted.by is not None:
        query = query.where(a.c.actor == wanted.by)
    if wanted.subject is not None:
        query = query.where(a.c.subject == wanted.subject)
    if wanted.action is not None:
        kind = a.c.action.startswith(f"{wanted.action}.", autoescape=True)
        query = query.where(a.c.action == wanted.action if "." in wanted.action else kind)
    return [
        AuditEntry(
            row["id"],
            row["at"],
            row["actor"],
            row["key_id"],
            row["action"],
            row["subject"],
            row["version"],
            row["request_id"],
            json.loads(row["detail"]),
        )
        for row in connection.execute(query).mappings()
    ]
