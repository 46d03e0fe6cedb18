"""Conversations that are kept: begun on request, gone on with, read again, exported and deleted.

question → thread (history) → asking → keep → the answer with its two ids
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from assistant.errors import InvalidInput
from assistant.index import audit_log
from assistant.index import conversation_store as store
from assistant.index.conversation_store import Conversation, Feedback, Message, Owner, Rating
from assistant.index.database import Database
from assistant.retrieval.follow_up import Turn

NEW = "new"  # in the place of an id: begin a conversation with this question
LONGEST_TITLE = 200
TITLE_FROM_QUESTION = 80  # characters of the first question
MOST_HISTORY = 40  # messages read as the history of a question; what is further back is seldom meant
ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Thread:
    """Where a question's answer will be kept; nothing is written until it is."""

    conversation_id: str
    message_id: str  # of the answer to come
    begun: bool  # whether the conversation is there already
    history: tuple[Turn, ...]  # oldest first


@dataclass(frozen=True, slots=True)
class Conversations:
    """The conversations that somebody may see.

    Args:
        database: the catalog.
        owner: whose; None for everybody's, as for whoever may read the catalog's file anyway.
    """

    database: Database
    owner: Owner | None

    def thread(self, conversation_id: str) -> Thread:
        """Where the answer to a question goes, and what was said before.

        Args:
            conversation_id: of a conversation to go on with, or ``new``.

        Raises:
            NotFound: there is none of this id, or it is somebody else's.
        """
        if conversation_id == NEW:
            return Thread(_new_id(), _new_id(), False, ())
        with self.database.read() as connection:
            store.get(connection, conversation_id, self.owner)
            messages = store.messages_of(connection, conversation_id, MOST_HISTORY)
        return Thread(conversation_id, _new_id(), True, tuple(map(_turn, messages)))

    def keep(self, thread: Thread, question: str, answer: dict[str, Any]) -> None:
        """Add a question and its whole answer; it is durable when this returns.

        Args:
            thread: where to.
            question: as it was asked.
            answer: as it is served, with both ids in it.

        Raises:
            NotFound: the conversation has been deleted meanwhile.
            StorageFailed: it cannot be written.
        """
        question = question.strip()
        with self.database.write() as connection:
            if thread.begun:
                store.get(connection, thread.conversation_id, self.owner)
            else:
                store.begin(connection, thread.conversation_id, _title_of(question), self.owner or Owner(None))
            ids = (_new_id(), thread.message_id)
            store.add_exchange(connection, thread.conversation_id, ids, question, answer)

    def page(
        self, limit: int, after: str | None = None, contains: str | None = None
    ) -> tuple[list[Conversation], str | None]:
        """Conversations, the latest first, and what to give as ``after`` for those that follow, if any do.

        Raises:
            InvalidInput: ``after`` is not the end of a page.
        """
        with self.database.read() as connection:
            found = store.newest(
                connection, self.owner, limit=limit + 1, after=_cursor(after) if after else None, contains=contains
            )
        last = found[limit - 1] if len(found) > limit else None
        return found[:limit], None if last is None else f"{last.updated_at}_{last.id}"

    def read(self, conversation_id: str) -> tuple[Conversation, list[Message]]:
        """A conversation with its messages in their order.

        Raises:
            NotFound: there is none of this id, or it is somebody else's.
        """
        with self.database.read() as connection:
            found = store.get(connection, conversation_id, self.owner)
            return found, store.messages_of(connection, conversation_id)

    def rename(self, conversation_id: str, title: str) -> Conversation:
        """Give it another title.

        Raises:
            InvalidInput: the title is empty or too long.
            NotFound: there is none of this id, or it is somebody else's.
        """
        title = " ".join(title.split())
        if not title or len(title) > LONGEST_TITLE:
            raise InvalidInput("That cannot be a title.", f"Use 1 to {LONGEST_TITLE} characters.")
        with self.database.write() as connection:
            store.get(connection, conversation_id, self.owner)
            store.rename(connection, conversation_id, title)
            audit_log.note(connection, "conversation.renamed", by=self._name)
            return store.get(connection, conversation_id, self.owner)

    def delete(self, conversation_id: str) -> None:
        """Delete it, with what was thought of its answers.

        Raises:
            NotFound: there is none of this id, or it is somebody else's.
        """
        with self.database.write() as connection:
            store.get(connection, conversation_id, self.owner)
            store.remove(connection, conversation_id)
            audit_log.note(connection, "conversation.deleted", by=self._name)

    def rate(self, message_id: str, rating: Rating, reason: str | None) -> Feedback:
        """Note what the reader thought of an answer, in the place of what was noted before.

        Raises:
            NotFound: there is no answer of this id, or it was given to somebody else.
        """
        with self.database.write() as connection:
            noted = store.rate(connection, message_id, self.owner, rating, (reason or "").strip() or None)
            audit_log.note(connection, "feedback.given", by=self._name)
        return noted

    @property
    def _name(self) -> str:
        """Whoever this is in the audit log, by the id of the key; which conversation it was is not kept there."""
        return "cli" if self.owner is None else self.owner.key_id or "api"


def rated_questions(database: Database) -> Iterator[dict[str, Any]]:
    """Every rated answer of everybody as a row that ``assistant evaluate`` reads, with the history of its question.

    What a reader found right becomes what is expected: the documents cited, or the refusal. Of an answer that was
    found wrong, nothing is known but that it was, so nothing is expected; nor of one that has lost a source since.
    """
    with database.read() as connection:
        for message in store.rated(connection):
            thread = store.messages_of(connection, message.conversation_id)
            place = next(n for n, other in enumerate(thread) if other.id == message.id)
            yield _row(message, thread[:place])


def _row(message: Message, before: list[Message]) -> dict[str, Any]:
    answer, feedback = message.answer or {}, message.feedback
    if feedback is None:
        raise ValueError("only what was rated becomes a row")
    right = feedback.rating == "up" and not answer["withdrawn"]
    cited = [citation["document_id"] for citation in answer["citations"]] if right else []
    history = [_turn(other) for other in before[:-1]]
    return {
        "query_id": message.id,
        "text": before[-1].content,
        "type": feedback.rating,
        "answerable": bool(answer["sentences"]) if right else None,
        "answers": [],
        "evidence_doc_ids": list(dict.fromkeys(cited)),
        "history": [{"role": turn.role, "content": turn.content} for turn in history],
        "reason": feedback.reason,
        "rated_at": feedback.created_at,
        "shown": message.content,
    }


def _turn(message: Message) -> Turn:
    """A message as later questions may refer to it: without the markers of citations."""
    if message.answer is None:
        return Turn("user", message.content)
    said = " ".join(sentence["text"] for sentence in message.answer["sentences"])
    return Turn("assistant", said or message.content)


def _title_of(question: str) -> str:
    title = " ".join(question.split())
    if len(title) <= TITLE_FROM_QUESTION:
        return title
    return title[: TITLE_FROM_QUESTION - 1].rsplit(" ", 1)[0] + "…"


def _cursor(after: str) -> tuple[str, str]:
    at, _, conversation_id = after.partition("_")
    if not at or not conversation_id:
        raise InvalidInput(f"{after!r} is not the end of a page.", "Give the `next` of the page before.")
    return at, conversation_id


def _new_id() -> str:
    return secrets.token_hex(ID_BYTES)
