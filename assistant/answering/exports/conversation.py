"""A conversation, or one answer, as Markdown: a question is a heading, and citations are footnotes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from assistant.answering.brief_lines import shown_date
from assistant.answering.brief_model import citation_of
from assistant.answering.exports.markdown import plain
from assistant.answering.exports.wording import address, note
from assistant.index.conversation_store import Conversation, Message


def render(conversation: Conversation, messages: Sequence[Message]) -> str:
    """The conversation as Markdown; footnotes are numbered through, whatever the numbers in each answer."""
    parts = [f"# {plain(conversation.title)}", f"*{shown_date(conversation.created_at)}*"]
    notes: list[str] = []
    for message in messages:
        if message.answer is None:
            parts.append(f"## {plain(message.content)}")
        else:
            parts += _answer(message.answer, notes)
    return "\n\n".join([*parts, "\n".join(notes)]).strip() + "\n"


def render_answer(question: str, answer: Mapping[str, Any]) -> str:
    """One answer, as it is served to programs, under its question: for pasting into what somebody writes."""
    notes: list[str] = []
    parts = [f"## {plain(question)}", *_answer(answer, notes)]
    return "\n\n".join([*parts, "\n".join(notes)]).strip() + "\n"


def _answer(answer: Mapping[str, Any], notes: list[str]) -> Iterator[str]:
    labels = {citation["number"]: len(notes) + n for n, citation in enumerate(answer["citations"], 1)}
    told = [
        plain(sentence["text"]) + "".join(f"[^{labels[number]}]" for number in sentence["citations"])
        for sentence in answer["sentences"]
    ]
    yield " ".join(told) if told else plain(answer["answer"])
    if answer["notice"]:
        yield f"*{plain(answer['notice'])}*"
    for served in answer["citations"]:
        citation = citation_of(served)
        url = address(citation)
        link = f" <{url}>" if url else ""
        notes.append(f"[^{labels[citation.number]}]: {plain(note(citation))}{link}")
