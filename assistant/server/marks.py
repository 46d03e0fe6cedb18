"""What curators said of statements, over HTTP, as material for judging extraction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from assistant.index.statement_marks import marked_statements
from assistant.server import json_lines
from assistant.server.dependencies import ServicesDep
from assistant.server.problems import RESPONSES
from assistant.services import Services

router = APIRouter(prefix="/api/v1/marks", tags=["curation"], responses=RESPONSES)


@router.get(
    "/export",
    operation_id="export_marks",
    response_class=StreamingResponse,
    responses=json_lines.RESPONSES,
)
def export_marks(services: ServicesDep) -> StreamingResponse:
    """Statements of current versions that curators marked correct or incorrect, a JSON object a line."""
    return json_lines.download(_marked(services), "statement_marks.jsonl")


def _marked(services: Services) -> Iterator[dict[str, Any]]:
    with services.database.read() as connection:
        yield from marked_statements(connection)
