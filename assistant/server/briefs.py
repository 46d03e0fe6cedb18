"""Briefs over HTTP: written on request, kept, and given out in four formats."""

from __future__ import annotations

import threading
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from starlette.responses import JSONResponse, Response

from assistant.answering.brief_model import Brief
from assistant.answering.chat_model import Cancelled
from assistant.answering.exports import EXPORTS
from assistant.server.brief_schemas import BriefIn, BriefOut
from assistant.server.dependencies import ServicesDep
from assistant.server.leaving import CLIENT_LEFT, while_connected
from assistant.server.problems import RESPONSES

router = APIRouter(prefix="/api/v1/briefs", tags=["briefs"], responses=RESPONSES)

BriefId = Annotated[str, Path(max_length=64, description="As the brief says.")]
FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {}, **{export.media_type: {} for export in EXPORTS.values()}}}
}


@router.post("", operation_id="create_brief", response_model=BriefOut)
async def create_brief(body: BriefIn, services: ServicesDep, request: Request) -> Response:
    """Brief on a topic from the corpus, every line cited.

    The same corpus and request give the same brief under the same id. A topic on which the corpus has nothing gives
    a brief that says so and has no lines but that one. The brief can be fetched by its id until a document that it
    quotes is withdrawn.

    With ``answerer: "model"`` a chat model writes each section from that section's own sources; a sentence that they do
    not back is withheld, and where none is left the section stays in the sources' own words, as ``notice`` says.
    """
    cancelled = threading.Event()

    def write() -> Brief:
        brief = services.briefing.brief(body.domain(), body.answerer, cancelled)
        services.briefing.keep(brief)
        return brief

    try:
        brief = await while_connected(request, cancelled, write)
    except Cancelled:
        return Response(status_code=CLIENT_LEFT)
    headers = {"Content-Location": f"{router.prefix}/{brief.id}.json"}
    return JSONResponse(BriefOut.of(brief).model_dump(), headers=headers)


@router.get("/{brief_id}.{kind}", operation_id="get_brief", response_model=BriefOut, responses=FILES)
def get_brief(brief_id: BriefId, kind: Literal["json", "md", "docx", "pdf"], services: ServicesDep) -> Response:
    """A brief as JSON, Markdown with footnotes, a Word document with endnotes, or PDF."""
    brief = services.briefing.kept(brief_id)
    if kind == "json":
        return JSONResponse(BriefOut.of(brief).model_dump())
    export = EXPORTS[kind]
    headers = {"Content-Disposition": f'attachment; filename="brief-{brief.id}.{kind}"'}
    return Response(export.render(brief), media_type=export.media_type, headers=headers)
