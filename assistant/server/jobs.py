"""Jobs over HTTP: how far they are, live, and a way to stop them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from starlette.concurrency import run_in_threadpool

from assistant.index import job_store
from assistant.index.job_store import FINISHED
from assistant.server.access import PrincipalDep
from assistant.server.dependencies import DrainingDep, ServicesDep
from assistant.server.job_schemas import JobList, JobOut
from assistant.server.problems import RESPONSES
from assistant.server.telling import EVENT_STREAM, STREAM_HEADERS

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"], responses=RESPONSES)

HEARTBEAT_SECONDS = 10.0
LOOK_SECONDS = 0.25  # how often it is looked whether a job has moved


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
def cancel_job(job_id: str, services: ServicesDep, principal: PrincipalDep) -> JobOut:
    """Stop a job after the item it is at; what is finished stays."""
    return JobOut.of(services.jobs.cancel(job_id, by=principal.name))


@router.get("/{job_id}/events", operation_id="job_events", response_class=StreamingResponse)
async def job_events(job_id: str, services: ServicesDep, draining: DrainingDep) -> StreamingResponse:
    """A job's progress as server-sent events: ``progress`` at every step, ``done`` at the end.

    No thread waits for the job, so that it costs nothing to watch one.
    """
    await run_in_threadpool(services.jobs.get, job_id)

    async def events() -> AsyncIterator[bytes]:
        last, quiet = "", 0.0
        while True:
            seen = services.jobs.changes
            job = await run_in_threadpool(services.jobs.get, job_id)
            body = json.dumps(JobOut.of(job).model_dump(), ensure_ascii=False)
            if job.state in FINISHED:
                yield format_sse_event(event="done", data_str=body)
                return
            if body != last:
                yield format_sse_event(event="progress", data_str=body)
                last, quiet = body, 0.0
            elif quiet >= HEARTBEAT_SECONDS:
                yield format_sse_event(comment="alive")
                quiet = 0.0
            while services.jobs.changes == seen and quiet < HEARTBEAT_SECONDS:
                if draining.begun:
                    return  # whoever watches asks again, and finds the next server
                await asyncio.sleep(LOOK_SECONDS)
                quiet += LOOK_SECONDS

    return StreamingResponse(events(), media_type=EVENT_STREAM, headers=STREAM_HEADERS)
