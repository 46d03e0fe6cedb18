"""The chat: questions, and answers sentence by sentence as each has been checked.

GET  /?q=…               the chat, with an answer where a question is asked
POST /partials/answer    one turn as server-sent events, for the script that adds it to the page

POST because a question is no part of an address that is logged.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, StreamingResponse
from fastapi.sse import format_sse_event
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from assistant.answering.chat_model import Cancelled
from assistant.answering.exports.answer import render
from assistant.asking import AskEvent, AskRequest, Found, Ready
from assistant.errors import AssistantError
from assistant.models import Answer, Citation
from assistant.server.ask import CLIENT_LEFT, EVENT_STREAM, STREAM_HEADERS
from assistant.server.dependencies import ServicesDep
from assistant.server.forms import AskForm, AskFormDep, SentFormDep
from assistant.server.leaving import streamed, while_connected
from assistant.server.pages.parts import CacheDep, HoldingsDep, Pages, PagesDep
from assistant.server.schemas import AnswerOut, CitationOut, SentenceOut
from assistant.services import Services

router = APIRouter()

PASSAGES_READ = 10  # ranked passages shown with an answer
LARGEST = 2**31 - 1

TurnNumber = Annotated[int, Query(ge=1, le=LARGEST)]


@router.get("/")
async def chat(
    request: Request, form: AskFormDep, pages: PagesDep, services: ServicesDep, holdings: HoldingsDep, cache: CacheDep
) -> HTMLResponse:
    """The chat; with ``q`` the answer is on the page. A question that cannot be read is told in its place."""
    answer, problem = None, None
    if form.q is not None:
        try:
            answer = await _answer(request, services, form)
        except AssistantError as error:
            problem = error
    context = {
        **shown(form, answer, 1),
        "problem": problem,
        "holdings": holdings,
        "questions": await run_in_threadpool(cache.questions, services.asker, holdings) if form.q is None else (),
        "longest": services.settings.max_question_chars,
    }
    return pages.page("chat.html", context, problem.status if problem else 200)


@router.post("/partials/answer")
async def answer_partial(
    request: Request, form: SentFormDep, pages: PagesDep, services: ServicesDep, turn: TurnNumber = 1
) -> Response:
    """One turn of the conversation as it comes about; ``turn`` keeps its ids apart from those of others on the page.

    Events: ``found``, ``sentence`` with its HTML once it has been checked, ``done`` with the HTML of the whole turn,
    and ``error``. Closing the connection stops the model.
    """
    asked, cancelled = _request(form), threading.Event()
    events = services.asker.stream(asked, cancelled)
    try:
        first = await run_in_threadpool(next, events)  # what cannot be answered is a problem, not a stream
    except Cancelled:
        return Response(status_code=CLIENT_LEFT)
    told = _Turn(pages, form, turn).events(request, cancelled, itertools.chain([first], events))
    return StreamingResponse(told, media_type=EVENT_STREAM, headers=STREAM_HEADERS)


def shown(form: AskForm, answer: Answer | None, turn: int) -> dict[str, object]:
    """What the templates of a turn need; an answer as it is served to programs."""
    served = None if answer is None else AnswerOut.of(answer, conversation_id=None, message_id="").model_dump()
    markdown = render(form.q or "", served) if served is not None else ""
    return {"form": form, "answer": served, "markdown": markdown, "problem": None, "turn": turn}


@dataclass(slots=True)
class _Turn:
    """Server-sent events of one turn."""

    pages: Pages
    form: AskForm
    turn: int
    last: dict[str, Any] | None = None  # the sentence that was told last

    async def events(
        self, request: Request, cancelled: threading.Event, events: Iterator[AskEvent]
    ) -> AsyncIterator[bytes]:
        """Each event as it comes about; a failure after the first is an ``error`` event."""
        try:
            async for event in streamed(request, cancelled, events):
                if event is None:
                    yield b": still there\n\n"
                elif isinstance(event, Found):
                    yield _event("found", {"passages": len(event.answer.passages)})
                elif isinstance(event, Ready):
                    yield self._sentence(SentenceOut.of(event.sentence).model_dump(), event.citations)
                else:
                    yield _event("done", {"html": self._whole(event)})
        except Cancelled:
            return
        except AssistantError as error:
            yield _event("error", {"detail": error.detail, "hint": error.hint or ""})

    def _sentence(self, sentence: dict[str, Any], citations: tuple[Citation, ...]) -> bytes:
        cited = {c.number: CitationOut.of(c).model_dump() for c in citations if c.number in sentence["citations"]}
        macros = self.pages.web.macros("_parts.html")
        html = macros.sentence(sentence, cited, self.last)
        sources = [macros.source(citation, self.turn) for citation in cited.values()]
        self.last = sentence
        return _event("sentence", {"html": html, "sources": sources})

    def _whole(self, answer: Answer) -> str:
        return self.pages.web.render("_turn.html", shown(self.form, answer, self.turn), self.pages.viewer)


def _event(name: str, data: Any) -> bytes:
    return format_sse_event(event=name, data_str=json.dumps(data, ensure_ascii=False))


def _request(form: AskForm) -> AskRequest:
    return AskRequest(form.q or "", form.filters(), retrieve=PASSAGES_READ)


async def _answer(request: Request, services: Services, form: AskForm) -> Answer | None:
    """The answer; a model that writes it stops when the browser leaves, and then there is none."""
    asked, cancelled = _request(form), threading.Event()
    try:
        return await while_connected(request, cancelled, lambda: services.asker.ask(asked, cancelled))
    except Cancelled:
        return None
