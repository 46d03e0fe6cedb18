"""Conversations in the catalog: what was asked, what was answered, and what readers thought of it."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from assistant.errors import NotFound
from assistant.index import schema
from assistant.index.database import overwriting
from assistant.index.kept_answers import as_asked, documents_of, without
from assistant.index.records import now, to_json
from assistant.index.scoping import is_narrowed

Rating = Literal["up", "down"]


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose conversations are meant: those of one key, or those begun while there were no keys (None)."""

    key_id: str | None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation without its messages."""

    id: str
    title: str
    created_at: str
    updated_at: str  # when the last answer was added, or it was renamed
    messages: int


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the reader thought of an answer."""

    rating: Rating
    reason: str | None
    created_at: str


@dataclass(frozen=True, slots=True)
class Message:
    """A question (of the role ``user``) or an answer (``assistant``), the latter as the JSON that was served."""

    id: str
    conversation_id: str
    role: Literal["user", "assistant"]
    created_at: str
    question: str | None
    answer: dict[str, Any] | None
    feedback: Feedback | None = None

    @property
    def content(self) -> str:
        """The question, or the answer's text with its ``[n]`` markers."""
        return str(self.answer["answer"]) if self.answer is not None else str(self.question)


def begin(connection: Connection, conversation_id: str, title: str, owner: Owner) -> None:
    """Make a conversation, in a write transaction that also adds its first exchange."""
    at = now()
    connection.execute(
        insert(schema.conversations).values(
            id=conversation_id, title=title, created_at=at, updated_at=at, owner=owner.key_id
        )
    )


def add_exchange(
    connection: Connection, conversation_id: str, ids: tuple[str, str], question: str, answer: dict[str, Any]
) -> None:
    """Add a question with its answer, both or neither; what has been withdrawn meanwhile is left out of the answer.

    Args:
        connection: a write transaction.
        conversation_id: where to.
        ids: of the question's message and of the answer's.
        question: the user's words.
        answer: as it is served.
    """
    m, d, at = schema.messages, schema.message_documents, now()
    kept = without(answer, _withdrawn(connection, documents_of(answer)))
    last = connection.scalar(select(func.max(m.c.position)).where(m.c.conversation_id == conversation_id)) or 0
    shared = {"conversation_id": conversation_id, "created_at": at}
    asked = {"id": ids[0], "position": last + 1, "role": "user", "question": question, "answer": None}
    answered = {"id": ids[1], "position": last + 2, "role": "assistant", "question": None, "answer": to_json(kept)}
    connection.execute(insert(m), [asked | shared, answered | shared])
    links = [{"message_id": ids[1], "document_id": document_id} for document_id in sorted(documents_of(kept))]
    if links:
        connection.execute(insert(d), links)
    _touch(connection, conversation_id, updated_at=at)


def get(connection: Connection, conversation_id: str, owner: Owner | None) -> Conversation:
    """A conversation.

    Args:
        connection: the snapshot to read.
        conversation_id: which.
        owner: who asks; None may see everybody's.

    Raises:
        NotFound: there is none of this id, or it is somebody else's.
    """
    query = _summaries().where(schema.conversations.c.id == conversation_id, _of(owner))
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound(
            f"There is no conversation {conversation_id!r}.",
            'List them with GET /api/v1/conversations, or begin one with "conversation_id": "new".',
        )
    return _conversation(row)


def newest(
    connection: Connection,
    owner: Owner | None,
    *,
    limit: int,
    after: tuple[str, str] | None = None,
    contains: str | None = None,
) -> list[Conversation]:
    """Conversations, the one that was last added to first.

    Args:
        connection: the snapshot to read.
        owner: whose; None for everybody's.
        limit: most of them.
        after: time of the last change and id of the last one of the page before.
        contains: only those whose title or one of whose questions holds this text, ignoring case.
    """
    c, m = schema.conversations, schema.messages
    query = _summaries().where(_of(owner)).order_by(c.c.updated_at.desc(), c.c.id.desc()).limit(limit)
    if after is not None:
        at, last = after
        query = query.where(or_(c.c.updated_at < at, and_(c.c.updated_at == at, c.c.id < last)))
    if contains:
        asked = select(m.c.id).where(m.c.conversation_id == c.c.id, m.c.question.icontains(contains, autoescape=True))
        query = query.where(or_(c.c.title.icontains(contains, autoescape=True), exists(asked)))
    return [_conversation(row) for row in connection.execute(query).mappings()]


def messages_of(connection: Connection, conversation_id: str, last: int | None = None) -> list[Message]:
    """The messages of a conversation in their order.

    Args:
        connection: the snapshot to read.
        conversation_id: whose.
        last: only so many of the newest.
    """
    m, f = schema.messages, schema.feedback
    query = (
        select(m, f.c.rating, f.c.reason, f.c.created_at.label("rated_at"))
        .join(f, f.c.message_id == m.c.id, isouter=True)
        .where(m.c.conversation_id == conversation_id)
        .order_by(m.c.position.desc())
        .limit(last)
    )
    found = [_message(row) for row in reversed(connection.execute(query).mappings().all())]
    return _within_scope(connection, found) if is_narrowed(connection) else found


def _within_scope(connection: Connection, messages: list[Message]) -> list[Message]:
    """Without what has left the reader's scope since, as if that had been withdrawn."""
    named = {name for message in messages if message.answer is not None for name in documents_of(message.answer)}
    gone = _withdrawn(connection, named)
    if not gone:
        return messages
    return [
        message if message.answer is None else replace(message, answer=as_asked(without(message.answer, gone)))
        for message in messages
    ]


def rename(connection: Connection, conversation_id: str, title: str) -> None:
    """Give a conversation another title."""
    _touch(connection, conversation_id, title=title, updated_at=now())


def remove(connection: Connection, conversation_id: str) -> None:
    """Delete a conversation with its messages and what was thought of them; nothing of it stays in the file."""
    c, m, d, f = schema.conversations, schema.messages, schema.message_documents, schema.feedback
    mine = select(m.c.id).where(m.c.conversation_id == conversation_id)
    with overwriting(connection):
        connection.execute(delete(f).where(f.c.message_id.in_(mine)))
        connection.execute(delete(d).where(d.c.message_id.in_(mine)))
        connection.execute(delete(m).where(m.c.conversation_id == conversation_id))
        connection.execute(delete(c).where(c.c.id == conversation_id))


def rate(connection: Connection, message_id: str, owner: Owner | None, rating: Rating, reason: str | None) -> Feedback:
    """Note what the reader thought of an answer; it replaces what was noted before.

    Raises:
        NotFound: there is no answer of this id, or it was given to somebody else.
    """
    c, m, f = schema.conversations, schema.messages, schema.feedback
    mine = select(m.c.id).join(c, c.c.id == m.c.conversation_id).where(m.c.id == message_id, _of(owner))
    if connection.scalar(mine.where(m.c.role == "assistant")) is None:
        raise NotFound(f"There is no answer {message_id!r}.", "Give the `message_id` of an answer that was kept.")
    noted = Feedback(rating, reason, now())
    with overwriting(connection):
        connection.execute(delete(f).where(f.c.message_id == message_id))
    values = {"message_id": message_id, "rating": rating, "reason": reason, "created_at": noted.created_at}
    connection.execute(insert(f).values(values))
    return noted


def rated(connection: Connection) -> list[Message]:
    """Every answer that somebody rated, in the order of the ratings."""
    m, f = schema.messages, schema.feedback
    query = (
        select(m, f.c.rating, f.c.reason, f.c.created_at.label("rated_at"))
        .join(f, f.c.message_id == m.c.id)
        .order_by(f.c.created_at, m.c.id)
    )
    found = [_message(row) for row in connection.execute(query).mappings()]
    return _within_scope(connection, found) if is_narrowed(connection) else found


def forget_document(connection: Connection, document_id: str) -> None:
    """Take a document out of every kept answer; part of withdrawing it, whose state must be noted already."""
    m, d = schema.messages, schema.message_documents
    touched = select(d.c.message_id).where(d.c.document_id == document_id)
    conversations = select(m.c.conversation_id).where(m.c.id.in_(touched))
    rows = connection.execute(
        select(m.c.id, m.c.answer).where(m.c.conversation_id.in_(conversations), m.c.answer.is_not(None))
    ).all()
    for message_id, text in rows:
        kept = to_json(as_asked(without(json.loads(text), {document_id})))
        if kept != text:
            connection.execute(update(m).where(m.c.id == message_id).values(answer=kept))
    connection.execute(delete(d).where(d.c.document_id == document_id))


def _withdrawn(connection: Connection, document_ids: Collection[str]) -> set[str]:
    d = schema.documents
    active = set(connection.scalars(select(d.c.id).where(d.c.id.in_(document_ids), d.c.state == "active")))
    return set(document_ids) - active


def _touch(connection: Connection, conversation_id: str, **values: str) -> None:
    c = schema.conversations
    connection.execute(update(c).where(c.c.id == conversation_id).values(**values))


def _of(owner: Owner | None) -> ColumnElement[bool]:
    if owner is None:
        return true()
    c = schema.conversations
    return c.c.owner.is_(None) if owner.key_id is None else c.c.owner == owner.key_id


def _summaries() -> Any:
    c, m = schema.conversations, schema.messages
    count = select(func.count()).where(m.c.conversation_id == c.c.id).correlate(c).scalar_subquery()
    return select(c, count.label("messages"))


def _conversation(row: RowMapping) -> Conversation:
    return Conversation(row["id"], row["title"], row["created_at"], row["updated_at"], row["messages"])


def _message(row: RowMapping) -> Message:
    feedback = None if row["rating"] is None else Feedback(row["rating"], row["reason"], row["rated_at"])
    return Message(
        id=row["id"],
        conversation_id=row["conversation_id"],
        role=row["role"],
        created_at=row["created_at"],
        question=row["question"],
        answer=None if row["answer"] is None else json.loads(row["answer"]),
        feedback=feedback,
    )
