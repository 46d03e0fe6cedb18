"""The audit log over HTTP, for administrators."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from assistant.index import audit_log
from assistant.index.audit_log import AuditEntry, AuditFilter
from assistant.server.dependencies import ServicesDep
from assistant.server.problems import RESPONSES

router = APIRouter(prefix="/api/v1/audit", tags=["audit"], responses=RESPONSES)

LARGEST = 2**63 - 1


class AuditEntryOut(BaseModel):
    """One change: who, what, when, and for which request."""

    id: int
    at: str
    by: str
    key_id: str | None
    action: str
    subject: str | None
    version: int | None
    request_id: str | None
    detail: dict[str, Any]

    @classmethod
    def of(cls, entry: AuditEntry) -> AuditEntryOut:
        """The entry as it is served."""
        return cls(
            id=entry.id,
            at=entry.at,
            by=entry.by,
            key_id=entry.key_id,
            action=entry.action,
            subject=entry.subject,
            version=entry.version,
            request_id=entry.request_id,
            detail=dict(entry.detail),
        )


class AuditList(BaseModel):
    """A page of the log, the latest entry first."""

    entries: list[AuditEntryOut]
    next: int | None  # to be given as `after` for the entries that follow; None where there are none


@router.get("", operation_id="list_audit")
def list_audit(
    services: ServicesDep,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    after: Annotated[int | None, Query(ge=1, le=LARGEST, description="`next` of the page before.")] = None,
    by: Annotated[str | None, Query(max_length=200, description="Who did it.")] = None,
    action: Annotated[
        str | None, Query(max_length=48, description="Such as `document.added`, or `document` for all of that kind.")
    ] = None,
    subject: Annotated[str | None, Query(max_length=200, description="The id of what was changed.")] = None,
) -> AuditList:
    """Who changed what and when, the latest first."""
    with services.database.read() as connection:
        found = audit_log.page(connection, AuditFilter(by, action, subject), limit + 1, after)
    more = found[limit - 1].id if len(found) > limit else None
    return AuditList(entries=[AuditEntryOut.of(entry) for entry in found[:limit]], next=more)
