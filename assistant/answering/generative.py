"""The written answer: a chat model's prose, of which only what the passages say is ever passed on.

passages → prompt → stream → desk → AnswerSentence
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.answering.chat_model import ChatModel, ModelSession
from assistant.answering.citations import CitationList, Source
from assistant.answering.desk import Desk, Passed
from assistant.answering.evidence import QuestionTerms
from assistant.answering.grounding.checking import SentenceChecker
from assistant.answering.history import as_turns, recent
from assistant.answering.hygiene import for_model
from assistant.answering.model_limits import CHARS_A_TOKEN, ModelFailed, tokens_of
from assistant.answering.prompts import PromptBook
from assistant.answering.said import Statements, said_between
from assistant.language import Language
from assistant.models import AnswerSentence, Citation, RetrievedPassage
from assistant.retrieval.follow_up import Turn

PASSAGES = 6  # supplied to the model
RULES_TOKENS = 500  # of a prompt without its passages


@dataclass(frozen=True, slots=True)
class Assignment:
    """What the model is to write about, all of one state of the corpus."""

    question: str
    passages: Sequence[RetrievedPassage]  # best first
    statements: Statements
    history: Sequence[Turn]  # the turns before the question, oldest first
    terms: QuestionTerms  # weigh the words of these passages; words that they lack are as rare as can be


@dataclass(slots=True)
class Written:
    """What became of an answer; filled while it is written."""

    citations: CitationList = field(default_factory=CitationList)
    sentences: list[AnswerSentence] = field(default_factory=list)
    withheld: int = 0
    notice: str = ""  # what the reader is told where the model failed


@dataclass(frozen=True, slots=True)
class Writer:
    """Lets a chat model write and passes on what stands the check.

    Args:
        model: the chat model.
        prompts: what it is told.
        checker: decides on each sentence.
        language: the parser.
        most: sentences of an answer.
    """

    model: ChatModel
    prompts: PromptBook
    checker: SentenceChecker
    language: Language
    most: int

    @property
    def prompt_label(self) -> str:
        """The prompt that answers are written with, as they record it."""
        return self.prompts["answer"].label

    def write(
        self, assignment: Assignment, written: Written, session: ModelSession
    ) -> Iterator[tuple[AnswerSentence, tuple[Citation, ...]]]:
        """Each sentence that stands, as soon as it does, with all citations so far.

        Args:
            assignment: question and passages.
            written: where the outcome is noted, also when the model fails.
            session: the model, for the request.

        Raises:
            Cancelled: whoever asked has left.
            InvalidConfiguration: the model cannot be set up.
        """
        earlier = recent(assignment.history, session.limits.history_tokens)
        room = session.limits.input_tokens - sum(tokens_of(turn.content) for turn in earlier)
        supplied = _within(assignment.passages, room)
        pool = self.checker.pool(supplied, assignment.statements)
        desk = Desk(session, self.checker, self.language, self.prompts["repair"], pool, assignment.terms.weights)
        try:
            for passed in desk.written(self._prompt(assignment, supplied, earlier)):
                if passed is None:
                    written.withheld += 1
                    continue
                sentence = _cited(passed, written.citations)
                if any(sentence.text == other.text for other in written.sentences):
                    continue
                written.sentences.append(sentence)
                yield sentence, written.citations.all()
                if len(written.sentences) >= self.most or written.withheld > 4 * self.most:
                    return
        except ModelFailed as error:
            written.notice = error.detail

    def _prompt(self, assignment: Assignment, supplied: Sequence[RetrievedPassage], earlier: Sequence[Turn]) -> str:
        shown = [
            passage_data(number, retrieved, retrieved.passage.start, retrieved.passage.end, assignment.statements)
            for number, retrieved in enumerate(supplied, 1)
        ]
        question = for_model(assignment.question)
        return self.prompts["answer"].render(
            question=question, sentences=self.most, passages=shown, earlier=as_turns(earlier)
        )


def passage_data(
    number: int, retrieved: RetrievedPassage, start: int, end: int, statements: Statements
) -> dict[str, Any]:
    """A stretch of a passage as prompts have it: numbered, with its source, its date and who says what in it.

    Args:
        number: by which the model cites it.
        retrieved: the passage.
        start: offset in the version's text.
        end: offset behind the stretch.
        statements: those of its version, at least.
    """
    passage, metadata = retrieved.passage, retrieved.metadata
    inside = said_between(statements, passage, start, end)
    said = {(for_model(s.speaker), s.stance, s.date) for s in inside if s.speaker}
    return {
        "number": number,
        "source": for_model(metadata.source or metadata.title).replace('"', "'"),
        "date": (metadata.published_at or "")[:10],
        "text": for_model(passage.text[start - passage.start : end - passage.start]),
        "statements": [
            {"speaker": who, "stance": stance, "date": day} for who, stance, day in sorted(said, key=str)[:6]
        ],
    }


def _within(passages: Sequence[RetrievedPassage], tokens: int) -> list[RetrievedPassage]:
    """The passages that a prompt has room for, best first; at least one."""
    room = (tokens - RULES_TOKENS) * CHARS_A_TOKEN
    chosen: list[RetrievedPassage] = []
    for retrieved in passages[:PASSAGES]:
        room -= len(retrieved.passage.text) + 200
        if chosen and room < 0:
            break
        chosen.append(retrieved)
    return chosen


def _cited(passed: Passed, citations: CitationList) -> AnswerSentence:
    numbers = [citations.cite(Source(s.retrieved, s.start, s.end)) for s in passed.check.evidence[:3]]
    return AnswerSentence(passed.text, tuple(dict.fromkeys(numbers)), quote=False)
