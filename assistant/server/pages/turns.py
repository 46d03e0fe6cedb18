"""Turns as pages show them, whether just answered or kept: a question, and its answer or what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistant.answering.exports.conversation import render_answer
from assistant.conversations import NEW, Conversations
from assistant.errors import AssistantError
from assistant.index.conversation_store import Conversation, Feedback
from assistant.server.forms import AskForm

# What answers that were kept by an earlier version may lack.
_LATER: Mapping[str, Any] = {"choices": [], "withdrawn": 0}


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn.

    Args:
        form: the question and its limits.
        answer: as it is served to programs; None where there is none.
        number: keeps its ids apart from those of other turns on the page.
        markdown: the answer for taking along.
        problem: why there is no answer.
        feedback: what the reader thought of it.
    """

    form: AskForm
    answer: Mapping[str, Any] | None
    number: int
    markdown: str = ""
    problem: AssistantError | None = None
    feedback: Feedback | None = None

    @classmethod
    def of(cls, form: AskForm, answer: Mapping[str, Any], number: int, feedback: Feedback | None = None) -> Turn:
        """A turn that was answered."""
        return cls(form, {**_LATER, **answer}, number, render_answer(form.q or "", answer), None, feedback)


def turns_of(conversations: Conversations, conversation_id: str) -> tuple[Conversation | None, list[Turn]]:
    """A kept conversation and its turns; nothing where it has not begun.

    Raises:
        NotFound: there is none of this id, or it is somebody else's.
    """
    if conversation_id == NEW:
        return None, []
    found, messages = conversations.read(conversation_id)
    turns: list[Turn] = []
    question = ""
    for message in messages:
        if message.answer is None:
            question = message.content
            continue
        form = AskForm(question, as_of=message.answer["question"]["as_of"] or "", conversation=conversation_id)
        turns.append(Turn.of(form, message.answer, len(turns) + 1, message.feedback))
    return found, turns
