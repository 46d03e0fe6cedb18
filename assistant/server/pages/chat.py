"""The chat: questions, and answers sentence by sentence as each has been checked.

    GET  /?q=…               the chat, with an answer where a question is asked; nothing is kept
    POST /                   an answer, kept in a conversation, which is then shown: for browsers without a script
    POST /partials/answer    the same as server-sent events, for the script that adds a turn to the page

A question is sent in a body because it is no part of an address that is logged; an address that asks is for sharing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.status import HTTP_303_SEE_OTHER

from assistant.answering.chat_model import Cancelled
from assistant.asking import AskRequest, Found, Ready
from assistant.errors import AssistantError
from assistant.models import Citation
from assistant.server.dependencies import ConversationsDep, ServicesDep
from assistant.server.desk import Desk
from assistant.server.forms import AskForm, AskFormDep, SentFormDep
from assistant.server.leaving import CLIENT_LEFT, while_connected
from assistant.server.pages.parts import CacheDep, HoldingsDep, Pages, PagesDep
from assistant.server.pages.turns import Turn, turns_of
from assistant.server.schemas import AnswerOut, CitationOut, SentenceOut
from assistant.server.telling import Step, event, telling

router = APIRouter()

PASSAGES_READ = 10  # ranked passages shown with an answer
LARGEST = 2**31 - 1

TurnNumber = Annotated[int, Query(ge=1, le=LARGEST)]


@router.get("/")
async def chat(
    request: Request,
    form: AskFormDep,
    pages: PagesDep,
    services: ServicesDep,
    conversations: ConversationsDep,
    holdings: HoldingsDep,
    cache: CacheDep,
) -> HTMLResponse:
    """The chat; with ``q`` the answer is on the page. A question that cannot be read is told in its place."""
    turns: list[Turn] = []
    if form.q is not None:
        try:
            desk = Desk.of(_asked(form), None, conversations, threading.Event())
            answer = await while_connected(request, desk.cancelled, lambda: desk.answer(services.asker))
            turns = [Turn.of(form, answer.model_dump(), 1)]
        except AssistantError as error:
            turns = [Turn(form, None, 1, problem=error)]
        except Cancelled:
            return HTMLResponse(status_code=CLIENT_LEFT)
    asked = form.q is not None
    questions = () if asked else await run_in_threadpool(cache.questions, services.asker, holdings)
    context = {
        "turns": turns,
        "form": form,
        "conversation": None,
        "holdings": holdings,
        "questions": questions,
        "longest": services.settings.max_question_chars,
    }
    problem = turns[0].problem if turns else None
    return pages.page("chat.html", context, problem.status if problem else 200)


@router.post("/")
async def ask(
    request: Request,
    form: SentFormDep,
    pages: PagesDep,
    services: ServicesDep,
    conversations: ConversationsDep,
    holdings: HoldingsDep,
) -> Response:
    """Answer and go to the conversation that the answer is kept in; what cannot be answered is told below it."""
    try:
        desk = await run_in_threadpool(Desk.of, _asked(form), form.conversation, conversations, threading.Event())
        answer = await while_connected(request, desk.cancelled, lambda: desk.answer(services.asker))
    except AssistantError as error:
        found, turns = await run_in_threadpool(turns_of, conversations, form.conversation)
        turns.append(Turn(form, None, len(turns) + 1, problem=error))
        context = {"turns": turns, "form": form, "conversation": found, "holdings": holdings, "questions": ()}
        longest = services.settings.max_question_chars
        return pages.page("chat.html", {**context, "longest": longest}, error.status)
    except Cancelled:
        return Response(status_code=CLIENT_LEFT)
    return RedirectResponse(f"/conversations/{answer.conversation_id}#message-{answer.message_id}", HTTP_303_SEE_OTHER)


@router.post("/partials/answer")
async def answer_partial(
    request: Request,
    form: SentFormDep,
    pages: PagesDep,
    services: ServicesDep,
    conversations: ConversationsDep,
    turn: TurnNumber = 1,
) -> Response:
    """One turn of the conversation as it comes about; ``turn`` keeps its ids apart from those of others on the page.

    Events: ``found``, ``sentence`` with its HTML once it has been checked, ``done`` with the HTML of the whole turn
    once it is kept, and ``error``. Closing the connection stops the model, and then nothing is kept.
    """
    try:
        desk = await run_in_threadpool(Desk.of, _asked(form), form.conversation, conversations, threading.Event())
        told = _Telling(pages, form, turn)
        return await telling(request, desk, services.asker, told.of, _failed)
    except Cancelled:
        return Response(status_code=CLIENT_LEFT)


@dataclass(slots=True)
class _Telling:
    """Server-sent events of one turn."""

    pages: Pages
    form: AskForm
    turn: int
    last: dict[str, Any] | None = None  # the sentence that was told last

    def of(self, step: Step) -> Iterator[bytes]:
        """The event of one step."""
        if isinstance(step, Found):
            yield event("found", {"passages": len(step.answer.passages)})
        elif isinstance(step, Ready):
            yield self._sentence(SentenceOut.of(step.sentence).model_dump(), step.citations)
        else:
            yield event("done", {"html": self._whole(step), "conversation": step.conversation_id})

    def _sentence(self, sentence: dict[str, Any], citations: tuple[Citation, ...]) -> bytes:
        cited = {c.number: CitationOut.of(c).model_dump() for c in citations if c.number in sentence["citations"]}
        macros = self.pages.web.macros("_parts.html")
        html = macros.sentence(sentence, cited, self.last)
        sources = [macros.source(citation, self.turn) for citation in cited.values()]
        self.last = sentence
        return event("sentence", {"html": html, "sources": sources})

    def _whole(self, answer: AnswerOut) -> str:
        turn = Turn.of(self.form, answer.model_dump(), self.turn)
        return self.pages.web.render("_turn.html", {"turn": turn}, self.pages.viewer)


def _failed(error: AssistantError) -> bytes:
    return event("error", {"detail": error.detail, "hint": error.hint or ""})


def _asked(form: AskForm) -> AskRequest:
    return AskRequest(form.q or "", form.filters(), retrieve=PASSAGES_READ)
