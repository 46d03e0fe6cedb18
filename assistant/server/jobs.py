"""Jobs over HTTP: how far they are, live, and a way to stop them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.sse import format_sse_event
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.status import HTTP_204_NO_CONTENT

from assistant.index import job_store
from assistant.index.job_store import FINISHED, Job
from assistant.server.access import PrincipalDep
from assistant.server.dependencies import DrainingDep, ServicesDep
from assistant.server.job_schemas import JobList, JobOut
from assistant.server.paging import AfterQuery, cursor
from assistant.server.problems import RESPONSES
from assistant.server.telling import EVENTS, STREAM_HEADERS, EventStream

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"], responses=RESPONSES)

HEARTBEAT_SECONDS = 10.0
LOOK_SECONDS = 0.25  # how often it is looked whether a job has moved


@router.get("", operation_id="list_jobs")
def list_jobs(
    services: ServicesDep, limit: Annotated[int, Query(ge=1, le=100)] = 20, after: AfterQuery = None
) -> JobList:
    """The latest jobs, newest first."""
    with services.database.read() as connection:
        found = job_store.newest(connection, limit + 1, None if after is None else cursor(after))
    following = str(found[limit - 1].seq) if len(found) > limit else None
    return JobList(jobs=[JobOut.of(job) for job in found[:limit]], next=following)


@router.get("/{job_id}", operation_id="get_job")
def get_job(job_id: str, services: ServicesDep) -> JobOut:
    """How far a job is, and what went wrong with which item."""
    return JobOut.of(services.jobs.get(job_id))


@router.delete("/{job_id}", operation_id="cancel_job")
def cancel_job(job_id: str, services: ServicesDep, principal: PrincipalDep) -> JobOut:
    """Stop a job after the item it is at; what is finished stays."""
    return JobOut.of(services.jobs.cancel(job_id, by=principal.name))


@router.get(
    "/{job_id}/events",
    operation_id="job_events",
    response_class=EventStream,
    responses={
        200: {"content": EVENTS},
        204: {"description": "`Last-Event-ID` names the last event of a job that is finished."},
    },
)
async def job_events(
    job_id: str,
    services: ServicesDep,
    draining: DrainingDep,
    last_event_id: Annotated[str | None, Header(max_length=200, description="Of the last event received.")] = None,
) -> Response:
    """A job's progress as server-sent events: ``progress`` at every step, ``done`` at the end.

    Every event tells the whole progress and has an ``id``; whoever comes back with that as ``Last-Event-ID`` gets what
    has changed since, and 204 where nothing will change any more, which ends a browser's ``EventSource``. No thread
    waits for the job, so that it costs nothing to watch one.
    """
    known = await run_in_threadpool(services.jobs.get, job_id)
    if known.state in FINISHED and last_event_id == _id_of(known):
        return Response(status_code=HTTP_204_NO_CONTENT)

    async def events() -> AsyncIterator[bytes]:
        last, quiet = last_event_id, 0.0
        while True:
            seen = services.jobs.changes
            job = await run_in_threadpool(services.jobs.get, job_id)
            finished, id_ = job.state in FINISHED, _id_of(job)
            if id_ != last or finished:
                body = json.dumps(JobOut.of(job).model_dump(), ensure_ascii=False)
                yield format_sse_event(event="done" if finished else "progress", data_str=body, id=id_)
                last, quiet = id_, 0.0
            elif quiet >= HEARTBEAT_SECONDS:
                yield format_sse_event(comment="alive")
                quiet = 0.0
            if finished:
                return
            known_for = 0.0
            while services.jobs.changes == seen and quiet < HEARTBEAT_SECONDS and known_for < services.jobs.stale_after:
                if draining.begun:
                    return  # whoever watches asks again, and finds the next server
                await asyncio.sleep(LOOK_SECONDS)
                quiet += LOOK_SECONDS
                known_for += LOOK_SECONDS

    return EventStream(events(), headers=STREAM_HEADERS)


def _id_of(job: Job) -> str:
    """What names the state that an event tells: every step settles an item or moves the job on."""
    return f"{job.state}-{job.done}-{job.failed}"
