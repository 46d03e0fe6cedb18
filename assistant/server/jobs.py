"""Jobs over HTTP: how far they are, live, and a way to stop them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event

from assistant.index import job_store
from assistant.index.job_store import FINISHED
from assistant.server.dependencies import ServicesDep
from assistant.server.job_schemas import JobList, JobOut
from assistant.server.problems import RESPONSES

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"], responses=RESPONSES)

HEARTBEAT_SECONDS = 10.0


@router.get("", operation_id="list_jobs")
def list_jobs(services: ServicesDep, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> JobList:
    """The latest jobs, newest first."""
    with services.database.read() as connection:
        return JobList(jobs=[JobOut.of(job) for job in job_store.newest(connection, limit)])


@router.get("/{job_id}", operation_id="get_job")
def get_job(job_id: str, services: ServicesDep) -> JobOut:
    """How far a job is, and what went wrong with which item."""
    return JobOut.of(services.jobs.get(job_id))


@router.delete("/{job_id}", operation_id="cancel_job")
def cancel_job(job_id: str, services: ServicesDep) -> JobOut:
    """Stop a job after the item it is at; what is finished stays."""
    return JobOut.of(services.jobs.cancel(job_id))


@router.get("/{job_id}/events", operation_id="job_events", response_class=StreamingResponse)
def job_events(job_id: str, services: ServicesDep) -> StreamingResponse:
    """A job's progress as server-sent events: ``progress`` at every step, ``done`` at the end."""
    services.jobs.get(job_id)

    def events() -> Iterator[bytes]:
        last = ""
        while True:
            job = services.jobs.get(job_id)
            body = json.dumps(JobOut.of(job).model_dump(), ensure_ascii=False)
            finished = job.state in FINISHED
            if body != last or finished:
                yield format_sse_event(event="done" if finished else "progress", data_str=body)
                last = body
            else:
                yield format_sse_event(comment="alive")
            if finished:
                return
            services.jobs.wait_for_change(HEARTBEAT_SECONDS)

    return StreamingResponse(events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})
