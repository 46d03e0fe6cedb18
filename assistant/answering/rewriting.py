"""Follow-ups made to stand by themselves by the chat model, where what it writes can be trusted.

history, question → prompt → one line → checks → a question, or None: then the heuristic's

A rewrite steers what is searched, so it may neither lose what the question names nor bring in what nobody said.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.actors import ActorBook
from assistant.answering.chat_model import ModelSession
from assistant.answering.history import as_turns, recent
from assistant.answering.hygiene import for_model, is_active
from assistant.answering.model_limits import ModelFailed, tokens_of
from assistant.answering.prompts import PromptBook
from assistant.language import Language
from assistant.retrieval.follow_up import Turn
from assistant.retrieval.words import stems_of

log = logging.getLogger(__name__)

SECONDS = 10.0  # a reader waits for this before anything is searched
MOST_ADDED = 300  # characters that a rewrite may have more than the question
MOST_NEW = 1 / 3  # share of a rewrite's content words that stand neither in the question nor in a turn before it
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_QUOTES = "\"'“”‘’«»"


@dataclass(frozen=True, slots=True)
class QuestionRewriter:
    """Asks the model for a question that stands by itself.

    Args:
        prompts: what the model is told.
        language: the parser.
        actors: which names are one actor's.
    """

    prompts: PromptBook
    language: Language
    actors: ActorBook

    @property
    def prompt_label(self) -> str:
        """The prompt that questions are rewritten with, as answers record it."""
        return self.prompts["rewrite"].label

    def rewritten(self, question: str, history: Sequence[Turn], session: ModelSession) -> str | None:
        """The question with what it leaves to the turns before it; None where the model gave nothing usable.

        Args:
            question: as it was typed.
            history: the turns before it, oldest first.
            session: the model, for the request.

        Raises:
            Cancelled: whoever asked has left.
            InvalidConfiguration: the model cannot be set up.
        """
        earlier = recent(history, session.limits.history_tokens)
        if not earlier:
            return None
        prompt = self.prompts["rewrite"].render(question=for_model(question), earlier=as_turns(earlier))
        room = tokens_of(question) + tokens_of(" " * MOST_ADDED) + 1  # enough to see that it is too long
        try:
            pieces = session.stream([("user", prompt)], seconds=SECONDS, output_tokens=room)
            written = "".join(pieces).strip()
        except ModelFailed as error:
            log.info("A follow-up was not rewritten: %s", error.detail)
            return None
        text = " ".join(written.split()).strip(_QUOTES)
        fits = "\n" not in written and len(text) <= len(question) + MOST_ADDED and not is_active(text)
        return text if fits and self._faithful(text, question, earlier) else None

    def _faithful(self, text: str, question: str, earlier: Sequence[Turn]) -> bool:
        """Whether a rewrite keeps what the question names, and names nothing that was never mentioned."""
        said = " ".join([question, *(turn.content for turn in earlier)])
        words, mentioned = stems_of(text), set(stems_of(said))
        if not self._names(question) <= self._marks(text) | set(words):
            return False
        if not self._names(text) <= self._marks(said) | mentioned:
            return False
        named = {word for start, end, _ in self.actors.find(text, any_case=True) for word in stems_of(text[start:end])}
        new = [word for word in words if word not in mentioned | named]
        return bool(words) and len(new) <= MOST_NEW * len(words)

    def _marks(self, text: str) -> set[str]:
        """The actors of a text by their ids, and its numbers."""
        return {f"actor {actor.id}" for _, _, actor in self.actors.find(text, any_case=True)} | set(
            _NUMBER.findall(text)
        )

    def _names(self, text: str) -> set[str]:
        """Its actors and numbers, and other names by the stems of their words."""
        taken = [(start, end) for start, end, _ in self.actors.find(text, any_case=True)]
        others = [
            token.text
            for token in self.language.parse(text)
            if token.pos_ == "PROPN" and not any(start <= token.idx < end for start, end in taken)
        ]
        return self._marks(text) | {name for word in others for name in stems_of(word)}
