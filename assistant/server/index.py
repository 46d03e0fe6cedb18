"""The index over HTTP: how it is, an audit, a rebuild."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from assistant.index import audit_log
from assistant.index.health import audit
from assistant.server.access import PrincipalDep
from assistant.server.dependencies import ServicesDep
from assistant.server.problems import RESPONSES

router = APIRouter(prefix="/api/v1/index", tags=["index"], responses=RESPONSES)


class FindingOut(BaseModel):
    """One thing that was checked."""

    name: str
    ok: bool
    detail: str


class AuditOut(BaseModel):
    """The audit's findings."""

    ok: bool
    findings: list[FindingOut]


class IndexOut(BaseModel):
    """How the vector index is."""

    state: str  # ready, or rebuilding while the exact scan answers
    entries: int
    reason: str | None
    fingerprint: str
    successor: str | None  # the model that is being embedded with meanwhile


@router.get("", operation_id="get_index")
def get_index(services: ServicesDep) -> IndexOut:
    """The state of the vector index."""
    engine = services.engines.current
    health = engine.index.health()
    successor = services.successor
    pending = successor.fingerprint if successor and successor.generation != engine.generation else None
    return IndexOut(
        state=health.state,
        entries=health.entries,
        reason=health.reason,
        fingerprint=engine.fingerprint,
        successor=pending,
    )


@router.post("/check", operation_id="check_index")
def check_index(services: ServicesDep) -> AuditOut:
    """Audit catalog, full text and vector index against each other."""
    engine = services.engines.current
    findings = audit(services.database, engine.index, engine.fingerprint)
    return AuditOut(
        ok=all(finding.ok for finding in findings),
        findings=[FindingOut(name=f.name, ok=f.ok, detail=f.detail) for f in findings],
    )


@router.post("/rebuild", operation_id="rebuild_index", status_code=202)
def rebuild_index(services: ServicesDep, principal: PrincipalDep) -> IndexOut:
    """Rebuild the vector index from stored vectors; questions are answered meanwhile."""
    with services.database.write() as connection:
        audit_log.note(connection, "index.rebuilt", by=principal.name)
    services.index.rebuild("asked for over HTTP")
    return get_index(services)
