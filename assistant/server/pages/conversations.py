"""Conversations that are kept, each reader's own.

    GET  /conversations                 the list, searched and paged
    GET  /conversations/{id}            one of them, to read and to go on with
    POST /conversations/{id}/title      another title
    POST /conversations/{id}/delete     deleted for good
    POST /messages/{id}/feedback        what the reader thinks of an answer

Files are given out by the interface for programs, ``/api/v1/conversations/{id}/export``.
"""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Path, Query
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.status import HTTP_303_SEE_OTHER

from assistant.conversations import LONGEST_TITLE
from assistant.server.conversation_schemas import LONGEST_REASON
from assistant.server.dependencies import ConversationsDep, ServicesDep
from assistant.server.forms import AskForm
from assistant.server.pages.parts import HoldingsDep, PagesDep, own_path
from assistant.server.pages.turns import turns_of

router = APIRouter()

SHOWN = 30  # conversations a page

ConversationId = Annotated[str, Path(max_length=100)]
Back = Annotated[str, Form(max_length=500)]


@router.get("/conversations")
def conversations_list(
    pages: PagesDep,
    conversations: ConversationsDep,
    q: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str | None, Query(max_length=200)] = None,
) -> HTMLResponse:
    """The reader's conversations, the one that was last added to first."""
    wanted = q.strip()
    found, following = conversations.page(SHOWN, after or None, wanted or None)
    pairs = [("q", wanted)] if wanted else []
    context = {
        "found": found,
        "q": wanted,
        "first": f"/conversations?{urlencode(pairs)}" if after else None,
        "next": f"/conversations?{urlencode([*pairs, ('after', following)])}" if following else None,
        "longest": LONGEST_TITLE,
    }
    return pages.page("conversations.html", context)


@router.get("/conversations/{conversation_id}")
def conversation(
    conversation_id: ConversationId,
    pages: PagesDep,
    services: ServicesDep,
    conversations: ConversationsDep,
    holdings: HoldingsDep,
) -> HTMLResponse:
    """The chat with the turns of a conversation, each answer as it was given, less what has been withdrawn since."""
    found, turns = turns_of(conversations, conversation_id)
    context = {
        "turns": turns,
        "form": AskForm(conversation=conversation_id),
        "conversation": found,
        "holdings": holdings,
        "questions": (),
        "longest": services.settings.max_question_chars,
    }
    return pages.page("chat.html", context)


@router.post("/conversations/{conversation_id}/title")
def rename(
    conversation_id: ConversationId,
    conversations: ConversationsDep,
    title: Annotated[str, Form(max_length=LONGEST_TITLE * 4)] = "",
    back: Back = "",
) -> RedirectResponse:
    """Give it another title."""
    conversations.rename(conversation_id, title)
    return RedirectResponse(own_path(back, f"/conversations/{conversation_id}"), HTTP_303_SEE_OTHER)


@router.post("/conversations/{conversation_id}/delete")
def delete(conversation_id: ConversationId, conversations: ConversationsDep, back: Back = "") -> RedirectResponse:
    """Delete it for good, with what was thought of its answers."""
    conversations.delete(conversation_id)
    return RedirectResponse(own_path(back, "/conversations"), HTTP_303_SEE_OTHER)


@router.post("/messages/{message_id}/feedback")
def rate(
    message_id: Annotated[str, Path(max_length=100)],
    conversations: ConversationsDep,
    rating: Annotated[Literal["up", "down"], Form()],
    reason: Annotated[str, Form(max_length=LONGEST_REASON)] = "",
    back: Back = "",
) -> RedirectResponse:
    """Note it in the place of what was noted before."""
    conversations.rate(message_id, rating, reason)
    return RedirectResponse(own_path(back, "/conversations"), HTTP_303_SEE_OTHER)
