"""Questions over HTTP: the whole answer at once, or as server-sent events."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.status import HTTP_204_NO_CONTENT

from assistant.access_model import Principal
from assistant.answering.chat_model import Cancelled
from assistant.asking import AskRequest, Found, Ready
from assistant.conversations import Conversations
from assistant.errors import AssistantError, InvalidInput
from assistant.index.catalog import whole_state
from assistant.retrieval.follow_up import Turn as FormerTurn
from assistant.server.access import PrincipalDep
from assistant.server.dependencies import ConversationsDep, ServicesDep
from assistant.server.desk import Desk
from assistant.server.held_answers import Asked, HeldAnswer, HeldAnswers, stream
from assistant.server.leaving import CLIENT_LEFT, while_connected
from assistant.server.problems import RESPONSES
from assistant.server.schemas import AnswerOut, AskIn, CitationOut, PassageOut, SearchIn, SearchOut, SentenceOut
from assistant.server.telling import EVENT_STREAM, EVENTS, STREAM_HEADERS, Step, event
from assistant.services import Services

router = APIRouter(prefix="/api/v1", tags=["ask"], responses=RESPONSES)


IdempotencyKey = Annotated[
    str | None,
    Header(min_length=1, max_length=200, pattern=r"^[!-~]+$", description="The same question is answered once."),
]
LastEventId = Annotated[
    str | None, Header(max_length=300, description="Of the last event received: the stream goes on after it.")
]


@router.post(
    "/ask",
    operation_id="ask",
    response_model=AnswerOut,
    responses={
        200: {"content": EVENTS},
        204: {"description": "`Last-Event-ID` names the last event of an answer that is complete."},
    },
)
async def ask(
    body: AskIn,
    services: ServicesDep,
    conversations: ConversationsDep,
    principal: PrincipalDep,
    request: Request,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
    idempotency_key: IdempotencyKey = None,
    last_event_id: LastEventId = None,
) -> Response:
    """Answer a question from the corpus, every sentence cited, or refuse.

    A refusal is a 200 with ``status: not_in_corpus``. With ``stream: true`` or ``Accept: text/event-stream`` the
    answer comes as events: ``status``, ``passages``, ``citation``, ``sentence``, and ``done`` with the whole answer. A
    sentence that a model writes is sent once it has been checked; closing the connection stops the model.

    Every event has an ``id``. The same request with that as ``Last-Event-ID`` goes on after it, without another answer
    being made, where the answer is still held: until ten minutes after its end, unless the corpus changes. With an
    ``Idempotency-Key`` the answer goes on for half a minute without a listener, and is given again, streamed or not.

    With ``conversation_id`` the answer is kept before it is sent, and what was said before in that conversation is the
    question's history; ``"new"`` begins one. Of an answer that nobody waited for, nothing is kept.
    """
    if body.conversation_id is not None and body.history:
        raise InvalidInput("A kept conversation has its own history.", "Send `conversation_id` or `history`, not both.")
    cancelled = threading.Event()
    streams = body.stream or EVENT_STREAM in accept
    try:
        if streams or idempotency_key is not None:
            held, after = await run_in_threadpool(
                _held, request, body, services, conversations, principal, idempotency_key, last_event_id
            )
            return await (_streamed(request, held, after) if streams else _whole(request, held))
        desk = await run_in_threadpool(Desk.of, _asked(body), body.conversation_id, conversations, cancelled)
        answer = await while_connected(request, cancelled, lambda: desk.answer(services.asker))
    except Cancelled:
        return Response(status_code=CLIENT_LEFT)
    return JSONResponse(answer.model_dump())


def _held(
    request: Request,
    body: AskIn,
    services: Services,
    conversations: Conversations,
    principal: Principal,
    token: str | None,
    last_event_id: str | None,
) -> tuple[HeldAnswer, int]:
    """The answer to listen to: one that is held, or a new one."""
    with services.database.read() as connection:
        moment = whole_state(connection)
    question = body.model_dump_json(exclude={"stream"})
    asked = Asked(principal.key_id or "", hashlib.sha256(question.encode("utf-8", "surrogatepass")).hexdigest(), moment)

    def begin(cancelled: threading.Event) -> Iterator[tuple[list[bytes], AnswerOut | None]]:
        telling = _Telling()
        desk = Desk.of(_asked(body), body.conversation_id, conversations, cancelled)
        for step in desk.events(services.asker):
            yield list(telling.of(step)), step if isinstance(step, AnswerOut) else None

    answers: HeldAnswers = request.app.state.answers
    return answers.of(asked, token, last_event_id, begin, _failed)


async def _streamed(request: Request, held: HeldAnswer, after: int) -> Response:
    events = held.listen(request, after)
    try:
        first = await anext(events)  # what is wrong with the question is told before anything is sent
    except StopAsyncIteration:
        if after:  # all of it has been received
            return Response(status_code=HTTP_204_NO_CONTENT)
        raise Cancelled from None
    return StreamingResponse(stream(first, events), media_type=EVENT_STREAM, headers=STREAM_HEADERS)


async def _whole(request: Request, held: HeldAnswer) -> Response:
    async for _ in held.listen(request):
        pass
    if held.failure is not None:
        raise held.failure
    if held.answer is None:
        raise Cancelled
    return JSONResponse(held.answer.model_dump())


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
