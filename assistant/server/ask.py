"""Questions over HTTP: the whole answer at once, or as server-sent events."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Header
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.sse import format_sse_event
from starlette.responses import Response

from assistant.asking import AskRequest
from assistant.retrieval.follow_up import Turn as FormerTurn
from assistant.server.dependencies import ServicesDep
from assistant.server.problems import RESPONSES
from assistant.server.schemas import AnswerOut, AskIn, PassageOut, SearchIn, SearchOut

router = APIRouter(prefix="/api/v1", tags=["ask"], responses=RESPONSES)

EVENT_STREAM = "text/event-stream"


@router.post(
    "/ask",
    operation_id="ask",
    response_model=AnswerOut,
    responses={200: {"content": {EVENT_STREAM: {"schema": {"type": "string"}}}}},
)
def ask(body: AskIn, services: ServicesDep, accept: str = Header(default="", include_in_schema=False)) -> Response:
    """Answer a question from the corpus, every sentence cited, or refuse.

    A refusal is a 200 with ``status: not_in_corpus``. With ``stream: true`` or ``Accept: text/event-stream`` the
    answer comes as events: ``status``, ``passages``, ``citation``, ``sentence``, and ``done`` with the whole answer.
    """
    history = tuple(FormerTurn(turn.role, turn.content) for turn in body.history)
    request = AskRequest(body.question, body.filters.domain(body.as_of), history, body.retrieve)
    answer = services.asker.ask(request)
    whole = AnswerOut.of(answer, conversation_id=body.conversation_id, message_id=uuid.uuid4().hex)
    if body.stream or EVENT_STREAM in accept:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(_events(whole), media_type=EVENT_STREAM, headers=headers)
    return JSONResponse(whole.model_dump())


@router.post("/search", operation_id="search")
def search(body: SearchIn, services: ServicesDep) -> SearchOut:
    """The passages nearest to a query, ranked by meaning and words."""
    found = services.asker.search(body.query, body.filters.domain(body.as_of), body.limit)
    return SearchOut(passages=[PassageOut.of(item) for item in found])


def _events(answer: AnswerOut) -> Iterator[bytes]:
    body = answer.model_dump()
    yield _event("status", {"status": body["status"], "question": body["question"]})
    yield _event("passages", {"passages": body["passages"]})
    told: set[int] = set()
    for sentence in body["sentences"]:
        for citation in body["citations"]:
            if citation["number"] in sentence["citations"] and citation["number"] not in told:
                told.add(citation["number"])
                yield _event("citation", citation)
        yield _event("sentence", sentence)
    yield _event("done", body)


def _event(name: str, data: Any) -> bytes:
    return format_sse_event(event=name, data_str=json.dumps(data, ensure_ascii=False))
