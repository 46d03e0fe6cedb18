"""Writing over HTTP: hand in, preview, replace, correct, withdraw, restore."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from assistant.access_model import Principal
from assistant.curation.preview import diff_lines, preview
from assistant.errors import AssistantError, InvalidDocument, InvalidInput
from assistant.index import catalog, writer
from assistant.index.job_store import FINISHED, Job
from assistant.models import Expected, LoadedDocument, OnDuplicate, Submission
from assistant.server.access import PrincipalDep
from assistant.server.dependencies import ServicesDep
from assistant.server.document_schemas import MarkIn, StatementOut
from assistant.server.handing_in import HANDED_IN, HandedIn, checked_fields, submission_of
from assistant.server.job_schemas import (
    ChangeList,
    ChangeOut,
    DiffOut,
    DocumentIn,
    JobErrorOut,
    JobOut,
    MetadataIn,
    PreviewList,
    PreviewOut,
    WithdrawnOut,
    WrittenOut,
)
from assistant.server.paging import AfterQuery, LimitQuery, page_of
from assistant.server.preconditions import ExpectedDep, mark
from assistant.server.problems import RESPONSES
from assistant.services import Services

router = APIRouter(prefix="/api/v1/documents", tags=["curation"], responses=RESPONSES)

WAIT_SECONDS = 600.0

OnDuplicateQuery = Annotated[
    OnDuplicate, Query(description="What to do when the id is taken: skip, make a new version, or refuse with 409.")
]
WaitQuery = Annotated[bool, Query(description="Answer when everything is searchable, instead of 202 with a job.")]

# With ``wait=true`` a job is finished when it is answered.
FINISHED_JOB: dict[int | str, dict[str, Any]] = {
    200: {"model": JobOut, "description": "Finished, and nothing changed."},
    201: {"model": JobOut, "description": "Finished: documents were added or changed."},
}


@router.post(
    "",
    operation_id="add_documents",
    openapi_extra=HANDED_IN,
    status_code=202,
    response_model=JobOut,
    responses=FINISHED_JOB,
)
def add_documents(
    submissions: HandedIn,
    services: ServicesDep,
    principal: PrincipalDep,
    on_duplicate: OnDuplicateQuery = "replace",
    wait: WaitQuery = False,
) -> Response:
    """Hand in documents: text as JSON, an address to fetch, or files of any format that is read.

    Answers 202 with a job; with ``wait=true`` it answers when everything is searchable: 201 where a document was
    added or changed, 200 where nothing changed, and the first error where nothing could be used.
    """
    if on_duplicate == "error":
        _refuse_taken(services, submissions)
    job_id = services.jobs.submit("documents", submissions, by=principal.name, on_duplicate=on_duplicate)
    return _job_response(services, job_id, wait)


@router.post(
    "/import",
    operation_id="import_documents",
    status_code=202,
    response_model=JobOut,
    responses=FINISHED_JOB,
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/x-ndjson": {"schema": {"type": "string"}}}}
    },
)
async def import_documents(
    request: Request,
    services: ServicesDep,
    principal: PrincipalDep,
    on_duplicate: OnDuplicateQuery = "replace",
    wait: WaitQuery = False,
) -> Response:
    """Hand in many documents as JSON lines, one object a line."""
    from starlette.concurrency import run_in_threadpool

    body = await request.body()
    lines = [line for line in body.split(b"\n") if line.strip()]
    if not lines:
        raise InvalidInput("The body holds no line.", "Send one JSON object a line, each with at least a 'text'.")
    submissions = [Submission("record", f"line {number}", line) for number, line in enumerate(lines, 1)]

    def accept() -> Response:
        job_id = services.jobs.submit("import", submissions, by=principal.name, on_duplicate=on_duplicate)
        return _job_response(services, job_id, wait)

    return await run_in_threadpool(accept)


@router.post("/preview", operation_id="preview_documents", openapi_extra=HANDED_IN)
def preview_documents(submissions: HandedIn, services: ServicesDep) -> PreviewList:
    """What handing these in would change: new, identical, near-duplicate of, or replaces with a diff."""
    return previews_of(services, submissions)


def previews_of(services: Services, submissions: list[Submission]) -> PreviewList:
    """What would become of each document, and what could not be read."""
    previews: list[PreviewOut] = []
    errors: list[JobErrorOut] = []
    for submission in submissions:
        try:
            documents = services.intake.read(submission)
        except AssistantError as error:
            errors.append(JobErrorOut(name=submission.name, error=str(error)))
            continue
        with services.database.read() as connection:
            previews += [PreviewOut.of(preview(connection, *document)) for document in documents]
    return PreviewList(previews=previews, errors=errors)


@router.post("/{document_id:path}/restore", operation_id="restore_version")
def restore_version(
    document_id: str,
    services: ServicesDep,
    principal: PrincipalDep,
    version: Annotated[int, Query(ge=1, le=2**31 - 1)],
    expected: ExpectedDep = None,
) -> WrittenOut:
    """Make an earlier version current again, as a new version."""
    with services.database.read() as connection:
        old = catalog.get_version(connection, document_id, version)
    loaded = LoadedDocument(old.text, old.blocks, old.metadata, document_id, old.media_type)
    return _written(services, principal, document_id, loaded, expected)


@router.get("/{document_id:path}/diff", operation_id="diff_versions")
def diff_versions(
    document_id: str,
    services: ServicesDep,
    old: Annotated[int, Query(ge=1, le=2**31 - 1)],
    new: Annotated[int, Query(ge=1, le=2**31 - 1)],
) -> DiffOut:
    """What changed between the texts of two versions."""
    with services.database.read() as connection:
        one, other = (catalog.get_version(connection, document_id, number) for number in (old, new))
    return DiffOut(document_id=document_id, old=old, new=new, diff=list(diff_lines(one.text, other.text)))


@router.get("/{document_id:path}/changes", operation_id="list_changes")
def list_changes(
    document_id: str, services: ServicesDep, limit: LimitQuery = None, after: AfterQuery = None
) -> ChangeList:
    """Who changed the document and when, oldest first."""
    with services.database.read() as connection:
        catalog.get_document(connection, document_id)
        rows = writer.change_log(connection, document_id)
    found, following = page_of(list(enumerate(rows)), limit, after, lambda item: item[0])
    return ChangeList(changes=[ChangeOut.model_validate(row) for _, row in found], next=following)


@router.post("/{document_id:path}/statements", operation_id="mark_statement")
def mark_statement(document_id: str, body: MarkIn, services: ServicesDep, principal: PrincipalDep) -> StatementOut:
    """Say whether a statement was found rightly; it is named by what it says and where."""
    key = (body.start, body.end, body.holder, body.stance)
    found = services.pipeline.mark(document_id, body.version, key, body.mark, by=principal.name)
    return StatementOut.of(found, body.mark)


@router.put("/{document_id:path}", operation_id="put_document")
def put_document(
    document_id: str,
    body: DocumentIn,
    services: ServicesDep,
    principal: PrincipalDep,
    response: Response,
    expected: ExpectedDep,
) -> WrittenOut:
    """Make this the current version of the document; it is searchable when this answers.

    With ``If-Match`` only where that is still the version that the ETag names, with ``If-None-Match: *`` only where
    there is none; otherwise nothing is changed and the answer is 412.
    """
    if body.id is not None and body.id != document_id:
        raise InvalidInput(f"The body's id {body.id!r} is not the path's.", "Leave the id out of the body.")
    ((_, loaded),) = services.intake.read(replace(submission_of(body), document_id=document_id))
    return _marked(services, response, _written(services, principal, document_id, loaded, expected))


@router.patch("/{document_id:path}", operation_id="patch_document")
def patch_document(
    document_id: str,
    body: MetadataIn,
    services: ServicesDep,
    principal: PrincipalDep,
    response: Response,
    expected: ExpectedDep,
) -> WrittenOut:
    """Correct metadata; the text stays and a new version is made. ``If-Match`` is heeded as by PUT."""
    return _marked(services, response, corrected(document_id, body, services, principal, expected))


def corrected(
    document_id: str, body: MetadataIn, services: Services, principal: Principal, expected: Expected | None = None
) -> WrittenOut:
    """A document with other metadata, as a new version.

    Raises:
        NotFound: there is no such document.
        InvalidInput: a field cannot be used.
        Moved: it has changed meanwhile.
    """
    with services.database.read() as connection:
        current = catalog.get_version(connection, document_id)
    changes = checked_fields(body.model_dump(include=body.model_fields_set))
    if "topics" in changes:
        changes["topics"] = tuple(changes["topics"] or ())
    if "title" in changes:
        changes["title"] = changes["title"] or ""
    metadata = replace(current.metadata, **changes)
    loaded = LoadedDocument(current.text, current.blocks, metadata, document_id, current.media_type)
    # What is corrected is the version that was read, not one that came in meanwhile.
    return _written(services, principal, document_id, loaded, expected or Expected(frozenset({current.tag})))


@router.delete("/{document_id:path}", operation_id="withdraw_document")
def withdraw_document(
    document_id: str, services: ServicesDep, principal: PrincipalDep, expected: ExpectedDep = None
) -> WithdrawnOut:
    """Withdraw the document: when this answers it is in no answer, search, list or count."""
    removed = services.pipeline.withdraw(document_id, by=principal.name, expected=expected)
    with services.database.read() as connection:
        left = catalog.count_live_of(connection, document_id)
    return WithdrawnOut(id=document_id, passages_removed=removed, passages_left=left)


def _marked(services: Services, response: Response, written: WrittenOut) -> WrittenOut:
    with services.database.read() as connection:
        mark(response, catalog.get_version(connection, written.id, written.version))
    return written


def _written(
    services: Services,
    principal: Principal,
    document_id: str,
    loaded: LoadedDocument,
    expected: Expected | None,
) -> WrittenOut:
    done = services.pipeline.ingest(document_id, loaded, origin="api", by=principal.name, expected=expected)
    return WrittenOut(id=document_id, version=done.version, outcome=done.outcome, passages=done.passages)


def _job_response(services: ServicesDep, job_id: str, wait: bool) -> Response:
    job = services.jobs.wait(job_id, WAIT_SECONDS) if wait else services.jobs.get(job_id)
    location = {"Location": f"/api/v1/jobs/{job_id}"}
    body = JobOut.of(job).model_dump()
    if job.state not in FINISHED:
        return JSONResponse(body, 202, headers=location)
    if job.state == "failed":
        raise InvalidDocument(job.errors[0].error if job.errors else "The job failed.", f"See the job {job_id}.")
    return JSONResponse(body, 201 if _changed(job) else 200, headers=location)


def _changed(job: Job) -> bool:
    return bool(job.counts.get("added") or job.counts.get("updated"))


def _refuse_taken(services: ServicesDep, submissions: list[Submission]) -> None:
    """A taken id is a 409 at once, before anything is accepted."""
    from assistant.errors import Conflict

    with services.database.read() as connection:
        for submission in submissions:
            if submission.document_id is None:
                continue
            document = catalog.find_document(connection, submission.document_id)
            if document is not None and document.current_version is not None:
                raise Conflict(
                    f"The document {submission.document_id!r} exists already.",
                    "Send on_duplicate=replace to make a new version, or choose another id.",
                )
