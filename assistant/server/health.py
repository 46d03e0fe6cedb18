"""Liveness and readiness, apart: alive is answering at all, ready is having answered a real query."""

from __future__ import annotations

import threading
import time
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from assistant.asking import Asker
from assistant.errors import Stopping
from assistant.index.catalog import corpus_state
from assistant.index.counts import count_live
from assistant.models import Filters
from assistant.server.dependencies import DrainingDep, ServicesDep
from assistant.server.problems import RESPONSES

router = APIRouter(tags=["health"], responses=RESPONSES)

PROBE_SECONDS = 1.0


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


class Probe:
    """The query of ``/readyz``, which everybody may ask for: made once a second at most."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._good_until = 0.0

    def check(self, asker: Asker) -> None:
        """Answer a real query, unless one has just been answered.

        Raises:
            Unavailable: it cannot be answered now.
        """
        with self._lock:
            if time.monotonic() < self._good_until:
                return
            asker.search("ready", Filters(), 1)
            self._good_until = time.monotonic() + PROBE_SECONDS


def _probe(request: Request) -> Probe:
    probe: Probe = request.app.state.probe
    return probe


ProbeDep = Annotated[Probe, Depends(_probe)]


@router.get("/healthz", operation_id="healthz")
def healthz() -> Alive:
    """Whether the process is alive."""
    return Alive()


@router.get("/readyz", operation_id="readyz")
def readyz(services: ServicesDep, draining: DrainingDep, probe: ProbeDep) -> Ready:
    """Whether a real query is answered, and by what; a server that is about to stop is not ready."""
    if draining.begun:
        raise Stopping
    probe.check(services.asker)
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
