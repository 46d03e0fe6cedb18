"""Conversations over HTTP, each reader's own: listed, read, renamed, exported, deleted, and answers rated."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.responses import JSONResponse, Response, StreamingResponse

from assistant.answering.exports.conversation import render
from assistant.conversations import rated_questions
from assistant.index import audit_log
from assistant.server import json_lines
from assistant.server.access import PrincipalDep
from assistant.server.conversation_schemas import (
    ConversationList,
    ConversationOut,
    FeedbackIn,
    RatedOut,
    TitleIn,
    WholeConversation,
    whole,
)
from assistant.server.dependencies import ConversationsDep, ServicesDep
from assistant.server.problems import RESPONSES

router = APIRouter(prefix="/api/v1", tags=["conversations"], responses=RESPONSES)

MARKDOWN = "text/markdown; charset=utf-8"

ConversationId = Annotated[str, Path(max_length=100)]


@router.get("/conversations", operation_id="list_conversations")
def list_conversations(
    conversations: ConversationsDep,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Annotated[str | None, Query(max_length=200, description="`next` of the page before.")] = None,
    q: Annotated[str | None, Query(max_length=200, description="Part of a title or of a question.")] = None,
) -> ConversationList:
    """The reader's conversations, the one that was last added to first."""
    found, following = conversations.page(limit, after, q)
    return ConversationList(conversations=[ConversationOut.of(one) for one in found], next=following)


@router.get("/conversations/{conversation_id}", operation_id="get_conversation", response_model=WholeConversation)
def get_conversation(conversation_id: ConversationId, conversations: ConversationsDep) -> Response:
    """A conversation with its answers as they were given, less what has been withdrawn since."""
    return JSONResponse(whole(*conversations.read(conversation_id)))


@router.patch("/conversations/{conversation_id}", operation_id="rename_conversation")
def rename_conversation(
    conversation_id: ConversationId, body: TitleIn, conversations: ConversationsDep
) -> ConversationOut:
    """Give a conversation another title."""
    return ConversationOut.of(conversations.rename(conversation_id, body.title))


@router.delete("/conversations/{conversation_id}", operation_id="delete_conversation", status_code=204)
def delete_conversation(conversation_id: ConversationId, conversations: ConversationsDep) -> None:
    """Delete a conversation for good, with what was thought of its answers."""
    conversations.delete(conversation_id)


@router.get(
    "/conversations/{conversation_id}/export",
    operation_id="export_conversation",
    response_model=WholeConversation,
    responses={200: {"content": {"application/json": {}, MARKDOWN: {}}}},
)
def export_conversation(
    conversation_id: ConversationId,
    conversations: ConversationsDep,
    kind: Annotated[Literal["md", "json"], Query(alias="format")] = "md",
) -> Response:
    """A conversation as a file: Markdown with the citations as footnotes, or JSON."""
    conversation, messages = conversations.read(conversation_id)
    headers = {"Content-Disposition": f'attachment; filename="conversation-{conversation.id}.{kind}"'}
    if kind == "json":
        return JSONResponse(whole(conversation, messages), headers=headers)
    return Response(render(conversation, messages).encode("utf-8", "replace"), media_type=MARKDOWN, headers=headers)


@router.post("/messages/{message_id}/feedback", operation_id="rate_message")
def rate_message(
    message_id: Annotated[str, Path(max_length=100)], body: FeedbackIn, conversations: ConversationsDep
) -> RatedOut:
    """Say whether an answer was right; curators read this, with the questions that led to it."""
    noted = conversations.rate(message_id, body.rating, body.reason)
    return RatedOut(message_id=message_id, rating=noted.rating, reason=noted.reason, created_at=noted.created_at)


@router.get(
    "/feedback/export",
    operation_id="export_feedback",
    response_class=StreamingResponse,
    responses=json_lines.RESPONSES,
)
def export_feedback(services: ServicesDep, principal: PrincipalDep) -> Response:
    """Rated answers of all readers as questions for `assistant evaluate`, a JSON object a line.

    An answer found right is expected to cite the same documents again, or to be a refusal again. Of one found wrong
    nothing is expected, until a curator adds it.
    """
    with services.database.write() as connection:
        audit_log.note(connection, "feedback.exported", by=principal.name)
    return json_lines.download(rated_questions(services.database), "queries_feedback.jsonl")
