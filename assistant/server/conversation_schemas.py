"""The shapes of conversations on the wire."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from pydantic import BaseModel, Field

from assistant.conversations import LONGEST_TITLE
from assistant.index.conversation_store import Conversation, Message
from assistant.server.schemas import AnswerOut, Request

LONGEST_REASON = 2_000


class TitleIn(Request):
    """A new title."""

    title: str = Field(min_length=1, max_length=LONGEST_TITLE, examples=["Guarantees, for Monday"])


class FeedbackIn(Request):
    """What the reader thinks of an answer."""

    rating: Literal["up", "down"] = Field(examples=["up"])
    reason: str | None = Field(default=None, max_length=LONGEST_REASON)


class FeedbackOut(BaseModel):
    """What the reader thought of an answer."""

    rating: Literal["up", "down"]
    reason: str | None
    created_at: str


class RatedOut(FeedbackOut):
    """Feedback, and the answer that it is about."""

    message_id: str


class ConversationOut(BaseModel):
    """A conversation; ``messages`` counts questions and answers."""

    id: str
    title: str
    created_at: str
    updated_at: str
    messages: int

    @classmethod
    def of(cls, conversation: Conversation) -> ConversationOut:
        """From the domain."""
        return cls(**asdict(conversation))


class ConversationList(BaseModel):
    """A page of conversations, the latest first; ``next`` is ``after`` of the page that follows."""

    conversations: list[ConversationOut]
    next: str | None


class MessageOut(BaseModel):
    """A question or an answer. ``answer`` is the answer as it was given, less what has been withdrawn since."""

    id: str
    role: Literal["user", "assistant"]
    content: str = Field(description="The question, or the answer's text with its [n] markers.")
    created_at: str
    answer: AnswerOut | None
    feedback: FeedbackOut | None


class WholeConversation(BaseModel):
    """A conversation with its messages in their order."""

    id: str
    title: str
    created_at: str
    updated_at: str
    messages: list[MessageOut]


def whole(conversation: Conversation, messages: list[Message]) -> dict[str, Any]:
    """A ``WholeConversation`` whose answers are as they were served, whatever fields answers have today."""
    shown = [
        {
            "id": message.id,
            "role": message.role,
            "content": message.content,
            "created_at": message.created_at,
            "answer": message.answer,
            "feedback": None if message.feedback is None else asdict(message.feedback),
        }
        for message in messages
    ]
    return {**asdict(conversation), "messages": shown}
