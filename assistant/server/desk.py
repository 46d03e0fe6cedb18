"""One question on its way to its answer, kept in a conversation where that is asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

from assistant.answering.chat_model import Cancelled
from assistant.asking import Asker, AskRequest, Found, Ready
from assistant.conversations import Conversations, Thread
from assistant.models import Answer
from assistant.server.schemas import AnswerOut


@dataclass(frozen=True, slots=True)
class Desk:
    """Takes one question; an answer that is kept is durable before it is passed on.

    Args:
        request: what is asked.
        conversations: the reader's.
        thread: where the answer is kept; None where it is not.
        cancelled: set when nobody waits any more; then nothing is kept.
    """

    request: AskRequest
    conversations: Conversations
    thread: Thread | None
    cancelled: threading.Event

    @classmethod
    def of(
        cls, asked: AskRequest, conversation_id: str | None, conversations: Conversations, cancelled: threading.Event
    ) -> Desk:
        """With what was said before in the conversation, if the answer is to be kept in one.

        Raises:
            NotFound: there is no such conversation.
        """
        thread = None if conversation_id is None else conversations.thread(conversation_id)
        request = asked if thread is None else replace(asked, history=thread.history)
        return cls(request, conversations, thread, cancelled)

    def answer(self, asker: Asker) -> AnswerOut:
        """The answer.

        Raises:
            InvalidQuestion, TooLarge, InvalidInput, Cancelled, Unavailable: as from ``Asker.ask``.
        """
        return self._kept(asker.ask(self.request, self.cancelled))

    def events(self, asker: Asker) -> Iterator[Found | Ready | AnswerOut]:
        """The answer as it comes about.

        Raises:
            InvalidQuestion, TooLarge, InvalidInput, Cancelled, Unavailable: as from ``Asker.ask``.
        """
        for event in asker.stream(self.request, self.cancelled):
            yield self._kept(event) if isinstance(event, Answer) else event

    def _kept(self, answer: Answer) -> AnswerOut:
        if self.thread is None:
            return AnswerOut.of(answer)
        if self.cancelled.is_set():
            raise Cancelled
        thread = self.thread
        whole = AnswerOut.of(answer, conversation_id=thread.conversation_id, message_id=thread.message_id)
        self.conversations.keep(thread, self.request.question, whole.model_dump(mode="json"))
        return whole
