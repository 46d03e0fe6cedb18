"""Documents handed in by curators: looked at first, then added, with the job that adds them.

GET  /curate/add               the form: files, an address, or text
POST /curate/add               a preview, or a job, by the button that was pressed
GET  /curate/jobs              the latest jobs
GET  /curate/jobs/{id}         how far one is, and what to do about what failed
POST /curate/jobs/{id}/cancel  stopped after the item it is at

What was previewed is kept for a while, so that it can be added as it was shown without being sent again.
"""

from __future__ import annotations

from typing import Any, cast, get_args

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response
from starlette.status import HTTP_303_SEE_OTHER

from assistant.errors import AssistantError, InvalidInput
from assistant.index import job_store
from assistant.index.job_store import FINISHED
from assistant.models import OnDuplicate, Submission
from assistant.server.access import PrincipalDep
from assistant.server.curation import previews_of
from assistant.server.dependencies import ServicesDep
from assistant.server.handing_in import stated_metadata
from assistant.server.job_schemas import JobOut, PreviewList
from assistant.server.pages.parts import PagesDep

router = APIRouter(prefix="/curate")

MOST_FILES = 1_000
MOST_FIELDS = 50
SHOWN_JOBS = 50
METADATA = ("title", "source", "source_type", "author", "published_at", "topics")


@router.get("/add")
def add(pages: PagesDep) -> HTMLResponse:
    """The form."""
    return pages.page("add.html", _context({}, None, None))


@router.post("/add")
async def hand_in(request: Request, pages: PagesDep, services: ServicesDep, principal: PrincipalDep) -> Response:
    """A preview of what would change, or the job that changes it."""
    async with request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS) as form:
        stated = {name: value.strip() for name, value in form.multi_items() if isinstance(value, str)}
        try:
            by, taken = principal.name, _on_duplicate(stated)
            if held := stated.get("held"):
                job_id = await run_in_threadpool(services.jobs.release, held, by=by, on_duplicate=taken)
                return RedirectResponse(f"/curate/jobs/{job_id}", HTTP_303_SEE_OTHER)
            submissions = await _submissions(form, stated)
            if stated.get("do") == "preview":
                found = await run_in_threadpool(previews_of, services, submissions)
                usable = bool(found.previews)
                kept = await run_in_threadpool(services.jobs.hold, submissions, by=by) if usable else None
                return pages.page("add.html", _context(stated, found, None, kept))
            job_id = await run_in_threadpool(services.jobs.submit, "documents", submissions, by=by, on_duplicate=taken)
        except AssistantError as error:
            return pages.page("add.html", _context(stated, None, error), error.status)
    return RedirectResponse(f"/curate/jobs/{job_id}", HTTP_303_SEE_OTHER)


def _on_duplicate(stated: dict[str, str]) -> OnDuplicate:
    chosen = stated.get("on_duplicate", "replace")
    if chosen not in get_args(OnDuplicate):
        raise InvalidInput(f"{chosen!r} is not a way to treat a taken id.", None)
    return cast(OnDuplicate, chosen)


async def _submissions(form: FormData, stated: dict[str, str]) -> list[Submission]:
    metadata = stated_metadata({name: stated[name] for name in METADATA if stated.get(name)})
    document_id = stated.get("id") or None
    uploads = [value for _, value in form.multi_items() if isinstance(value, UploadFile) and value.filename]
    found = [
        Submission("file", upload.filename or "file", await upload.read(), upload.content_type, None, metadata)
        for upload in uploads
    ]
    found += [Submission("url", address, overrides=metadata) for address in stated.get("url", "").split()]
    if stated.get("text"):
        found.append(Submission("file", "text.txt", stated["text"].encode(), "text/plain", None, metadata))
    if not found:
        raise InvalidInput("Nothing was handed in.", "Choose files, write an address, or paste a text.")
    if document_id is None:
        return found
    if len(found) > 1:
        raise InvalidInput("One id cannot name several documents.", "Leave the id out, or hand in one document.")
    first = found[0]
    return [Submission(first.kind, first.name, first.data, first.media_type, document_id, metadata)]


def _context(
    stated: dict[str, str], found: PreviewList | None, problem: AssistantError | None, held: str | None = None
) -> dict[str, Any]:
    return {
        "held": held,
        "stated": stated,
        "previews": None if found is None else found.model_dump(),
        "problem": problem,
        "ways": get_args(OnDuplicate),
    }


@router.get("/jobs")
def jobs(pages: PagesDep, services: ServicesDep) -> HTMLResponse:
    """The latest jobs, newest first."""
    with services.database.read() as connection:
        found = [JobOut.of(job).model_dump() for job in job_store.newest(connection, SHOWN_JOBS)]
    return pages.page("jobs.html", {"jobs": found, "finished": FINISHED})


@router.get("/jobs/{job_id}")
def job(job_id: str, pages: PagesDep, services: ServicesDep) -> HTMLResponse:
    """One job; the script keeps it up to date by the job's events."""
    found = JobOut.of(services.jobs.get(job_id)).model_dump()
    return pages.page("job.html", {"job": found, "running": found["state"] not in FINISHED})


@router.post("/jobs/{job_id}/cancel")
def cancel(job_id: str, services: ServicesDep, principal: PrincipalDep) -> RedirectResponse:
    """Stop it after the item it is at; what is finished stays."""
    services.jobs.cancel(job_id, by=principal.name)
    return RedirectResponse(f"/curate/jobs/{job_id}", HTTP_303_SEE_OTHER)
