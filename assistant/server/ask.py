"""Questions over HTTP: the whole answer at once, or as server-sent events."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from assistant.answering.chat_model import Cancelled
from assistant.asking import AskRequest, Found, Ready
from assistant.errors import AssistantError, InvalidInput
from assistant.retrieval.follow_up import Turn as FormerTurn
from assistant.server.dependencies import ConversationsDep, ServicesDep
from assistant.server.desk import Desk
from assistant.server.leaving import CLIENT_LEFT, while_connected
from assistant.server.problems import RESPONSES
from assistant.server.schemas import AnswerOut, AskIn, CitationOut, PassageOut, SearchIn, SearchOut, SentenceOut
from assistant.server.telling import EVENT_STREAM, Step, event, telling

router = APIRouter(prefix="/api/v1", tags=["ask"], responses=RESPONSES)


@router.post(
    "/ask",
    operation_id="ask",
    response_model=AnswerOut,
    responses={200: {"content": {EVENT_STREAM: {"schema": {"type": "string"}}}}},
)
async def ask(
    body: AskIn,
    services: ServicesDep,
    conversations: ConversationsDep,
    request: Request,
    accept: str = Header(default="", include_in_schema=False),
) -> Response:
    """Answer a question from the corpus, every sentence cited, or refuse.

    A refusal is a 200 with ``status: not_in_corpus``. With ``stream: true`` or ``Accept: text/event-stream`` the
    answer comes as events: ``status``, ``passages``, ``citation``, ``sentence``, and ``done`` with the whole answer. A
    sentence that a model writes is sent once it has been checked; closing the connection stops the model.

    With ``conversation_id`` the answer is kept before it is sent, and what was said before in that conversation is the
    question's history; ``"new"`` begins one. Of an answer that nobody waited for, nothing is kept.
    """
    if body.conversation_id is not None and body.history:
        raise InvalidInput("A kept conversation has its own history.", "Send `conversation_id` or `history`, not both.")
    cancelled = threading.Event()
    try:
        desk = await run_in_threadpool(Desk.of, _asked(body), body.conversation_id, conversations, cancelled)
        if body.stream or EVENT_STREAM in accept:
            return await telling(request, desk, services.asker, _Telling().of, _failed)
        answer = await while_connected(request, cancelled, lambda: desk.answer(services.asker))
    except Cancelled:
        return Response(status_code=CLIENT_LEFT)
    return JSONResponse(answer.model_dump())


@router.post("/search", operation_id="search")
def search(body: SearchIn, services: ServicesDep) -> SearchOut:
    """The passages nearest to a query, ranked by meaning and words."""
    found = services.asker.search(body.query, body.filters.domain(body.as_of), body.limit)
    return SearchOut(passages=[PassageOut.of(item) for item in found])


def _asked(body: AskIn) -> AskRequest:
    history = tuple(FormerTurn(turn.role, turn.content) for turn in body.history)
    return AskRequest(body.question, body.filters.domain(body.as_of), history, body.retrieve, body.answerer)


class _Telling:
    """Server-sent events of one answer."""

    def __init__(self) -> None:
        self._told: set[int] = set()
        self._sentences = 0

    def of(self, step: Step) -> Iterator[bytes]:
        """The events of one step."""
        if isinstance(step, Found):
            body = AnswerOut.of(step.answer).model_dump()
            yield event("status", {"status": body["status"], "question": body["question"]})
            yield event("passages", {"passages": body["passages"]})
        elif isinstance(step, Ready):
            citations = [CitationOut.of(citation).model_dump() for citation in step.citations]
            yield from self._sentence(SentenceOut.of(step.sentence).model_dump(), citations)
        else:
            body = step.model_dump()
            if not self._sentences:
                for sentence in body["sentences"]:
                    yield from self._sentence(sentence, body["citations"])
            yield event("done", body)

    def _sentence(self, sentence: dict[str, Any], citations: Iterable[dict[str, Any]]) -> Iterator[bytes]:
        for citation in citations:
            if citation["number"] in sentence["citations"] and citation["number"] not in self._told:
                self._told.add(citation["number"])
                yield event("citation", citation)
        self._sentences += 1
        yield event("sentence", sentence)


def _failed(error: AssistantError) -> bytes:
    return event("error", {"title": error.title, "detail": error.detail, "hint": error.hint})
