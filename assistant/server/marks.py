"""What curators said of statements, over HTTP, as material for judging extraction."""

from __future__ import annotations

import json
from collections.abc import Iterator

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from assistant.index.statement_marks import marked_statements
from assistant.server.conversations import JSON_LINES
from assistant.server.dependencies import ServicesDep
from assistant.server.problems import RESPONSES
from assistant.services import Services

router = APIRouter(prefix="/api/v1/marks", tags=["curation"], responses=RESPONSES)


@router.get(
    "/export",
    operation_id="export_marks",
    response_class=StreamingResponse,
    responses={200: {"content": {JSON_LINES: {"schema": {"type": "string"}}}}},
)
def export_marks(services: ServicesDep) -> StreamingResponse:
    """Statements of current versions that curators marked correct or incorrect, a JSON object a line."""
    headers = {"Content-Disposition": 'attachment; filename="statement_marks.jsonl"'}
    return StreamingResponse(_lines(services), media_type=JSON_LINES, headers=headers)


def _lines(services: Services) -> Iterator[str]:
    with services.database.read() as connection:
        for row in marked_statements(connection):
            yield json.dumps(row, ensure_ascii=False) + "\n"
