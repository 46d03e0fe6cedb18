"""Liveness and readiness, apart: alive is answering at all, ready is having answered a real query."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from assistant.errors import Stopping
from assistant.index.catalog import corpus_state, count_live
from assistant.models import Filters
from assistant.server.dependencies import DrainingDep, ServicesDep
from assistant.server.problems import RESPONSES

router = APIRouter(tags=["health"], responses=RESPONSES)


class Alive(BaseModel):
    """The process answers."""

    status: str = "alive"


class Ready(BaseModel):
    """The parts that answer questions, and what they hold."""

    status: str
    documents: int
    passages: int
    corpus_state: int
    index: str  # ready, or rebuilding while the exact scan serves
    index_entries: int
    encoder: str


@router.get("/healthz", operation_id="healthz")
def healthz() -> Alive:
    """Whether the process is alive."""
    return Alive()


@router.get("/readyz", operation_id="readyz")
def readyz(services: ServicesDep, draining: DrainingDep) -> Ready:
    """Whether a real query is answered, and by what; a server that is about to stop is not ready."""
    if draining.begun:
        raise Stopping
    services.asker.search("ready", Filters(), 1)
    health = services.index.health()
    with services.database.read() as connection:
        documents, passages = count_live(connection)
        state = corpus_state(connection)
    return Ready(
        status="ready",
        documents=documents,
        passages=passages,
        corpus_state=state,
        index=health.state,
        index_entries=health.entries,
        encoder=services.encoder.fingerprint,
    )
