"""Briefs over HTTP: written on request, kept, and given out in four formats."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from starlette.responses import JSONResponse, Response

from assistant.answering.exports import EXPORTS
from assistant.errors import InvalidInput
from assistant.server.brief_schemas import BriefIn, BriefOut
from assistant.server.dependencies import ServicesDep
from assistant.server.problems import RESPONSES

router = APIRouter(prefix="/api/v1/briefs", tags=["briefs"], responses=RESPONSES)

BriefId = Annotated[str, Path(max_length=64, description="As the brief says.")]
FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {}, **{export.media_type: {} for export in EXPORTS.values()}}}
}


@router.post("", operation_id="create_brief")
def create_brief(body: BriefIn, services: ServicesDep, response: Response) -> BriefOut:
    """Brief on a topic from the corpus, every line cited.

    The same corpus and request give the same brief under the same id. A topic on which the corpus has nothing gives
    a brief that says so and has no lines but that one. The brief can be fetched by its id until a document that it
    quotes is withdrawn.
    """
    if body.answerer == "model":
        raise InvalidInput("Briefs are not written by a model.", "Leave 'answerer' out, or say \"extractive\".")
    brief = services.briefing.brief(body.domain())
    services.briefing.keep(brief)
    response.headers["Content-Location"] = f"{router.prefix}/{brief.id}.json"
    return BriefOut.of(brief)


@router.get("/{brief_id}.{kind}", operation_id="get_brief", response_model=BriefOut, responses=FILES)
def get_brief(brief_id: BriefId, kind: Literal["json", "md", "docx", "pdf"], services: ServicesDep) -> Response:
    """A brief as JSON, Markdown with footnotes, a Word document with endnotes, or PDF."""
    brief = services.briefing.kept(brief_id)
    if kind == "json":
        return JSONResponse(BriefOut.of(brief).model_dump())
    export = EXPORTS[kind]
    headers = {"Content-Disposition": f'attachment; filename="brief-{brief.id}.{kind}"'}
    return Response(export.render(brief), media_type=export.media_type, headers=headers)
