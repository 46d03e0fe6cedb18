"""The written answer: a chat model's prose, of which only what the passages say is ever passed on.

passages → prompt → stream → sentence → check → (once more) → AnswerSentence
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from assistant.answering.chat_model import CHARS_A_TOKEN, ChatModel, Message, ModelFailed, tokens_of
from assistant.answering.citations import CitationList, Source
from assistant.answering.evidence import QuestionTerms
from assistant.answering.grounding.alignment import EvidencePool
from assistant.answering.grounding.analysis import Analysis
from assistant.answering.grounding.checking import Check, SentenceChecker
from assistant.answering.grounding.quotations import check_quotations, repaired
from assistant.answering.history import recent
from assistant.answering.hygiene import for_model, is_active
from assistant.answering.prompts import PromptBook
from assistant.answering.said import Statements, said_between
from assistant.answering.splitting import DraftSentence, sentences
from assistant.language import Language
from assistant.models import AnswerSentence, Citation, RetrievedPassage
from assistant.retrieval.follow_up import Turn

log = logging.getLogger(__name__)

PASSAGES = 6  # supplied to the model
SHORTEST = 4  # words of a sentence that says something
REWRITES = 4  # sentences of one answer that are tried once more
DECLINED = "not in the corpus"


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
        self, assignment: Assignment, written: Written, cancelled: threading.Event
    ) -> Iterator[tuple[AnswerSentence, tuple[Citation, ...]]]:
        """Each sentence that stands, as soon as it does, with all citations so far.

        Args:
            assignment: question and passages.
            written: where the outcome is noted, also when the model fails.
            cancelled: set it to stop the model.

        Raises:
            Cancelled: ``cancelled`` was set.
            InvalidConfiguration: the model cannot be set up.
        """
        earlier = recent(assignment.history, self.model.limits.history_tokens)
        room = self.model.limits.input_tokens - sum(tokens_of(turn.content) for turn in earlier)
        supplied = _within(assignment.passages, room)
        prompt = self._prompt(assignment, supplied, earlier)
        desk = _Desk(self, assignment, supplied, prompt, cancelled)
        try:
            for draft in sentences(self.model.stream([("user", prompt)], cancelled)):
                if DECLINED in draft.text.lower():
                    continue
                checked = desk.checked(draft)
                if checked is None:
                    written.withheld += 1
                    continue
                sentence = _cited(checked, written.citations)
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
            {
                "number": number,
                "source": for_model(retrieved.metadata.source or retrieved.metadata.title).replace('"', "'"),
                "date": (retrieved.metadata.published_at or "")[:10],
                "text": for_model(retrieved.passage.text),
                "statements": _said_in(retrieved, assignment.statements),
            }
            for number, retrieved in enumerate(supplied, 1)
        ]
        question = for_model(assignment.question)
        turns = [{"role": turn.role, "content": for_model(turn.content)} for turn in earlier]
        return self.prompts["answer"].render(question=question, sentences=self.most, passages=shown, earlier=turns)


@dataclass(frozen=True, slots=True)
class _Checked:
    text: str
    check: Check


class _Desk:
    """Checks the sentences of one answer, and has those that fail written once more."""

    def __init__(
        self,
        writer: Writer,
        assignment: Assignment,
        supplied: Sequence[RetrievedPassage],
        prompt: str,
        cancelled: threading.Event,
    ) -> None:
        self._writer = writer
        self._weights = assignment.terms.weights
        self._unseen = max(self._weights.values(), default=1.0)
        self._pool = writer.checker.pool(supplied, assignment.statements)
        self._supplied = len(supplied)
        self._prompt = prompt
        self._cancelled = cancelled
        self._rewrites = 0

    def checked(self, draft: DraftSentence) -> _Checked | None:
        """The sentence as it may be shown; None where it does not stand, nor what the model makes of it then."""
        outcome = self._judged(draft)
        if isinstance(outcome, _Checked):
            return outcome
        if self._rewrites >= REWRITES:
            return None
        self._rewrites += 1
        again = self._rewritten(draft, outcome)
        second = self._judged(again) if again is not None else ""
        return second if isinstance(second, _Checked) else None

    def _judged(self, draft: DraftSentence) -> _Checked | str:
        """The sentence, or what is wrong with it."""
        if is_active(draft.text):
            return "It holds an address, a link or markup."
        invented = [number for number in draft.cited if not 1 <= number <= self._supplied]
        if invented:
            return f"There is no passage [{invented[0]}]."
        pool = self._pool
        if draft.cited:
            pool = pool.restricted(lambda s: s.number in draft.cited)
        text = repaired(draft.text, check_quotations(draft.text, pool.sentences))
        draft_analysis = self._sentence(text)
        if draft_analysis is None:
            return "It is not a sentence."
        check = self._check(draft_analysis, pool)
        if check.verdict != "supported" and draft.cited:
            check = self._check(draft_analysis, self._pool)  # another passage may say it: then that one is cited
        only_claim = [f.kind for f in check.findings] == ["attribution"]
        if only_claim and (speaker := check.findings[0].source):
            text = f"According to {speaker}, {_lowered(text, speaker)}"
            attributed = self._sentence(text)
            check = self._check(attributed, self._pool) if attributed is not None else check
        if check.verdict == "supported":
            return _Checked(text, check)
        return check.reason

    def _sentence(self, text: str) -> Analysis | None:
        """The sentence, taken apart; None for a fragment, which says nothing that could be checked."""
        parsed = self._writer.language.parse(text)
        if len(text.split()) < SHORTEST or not any(token.pos_ in {"VERB", "AUX"} for token in parsed):
            return None
        return self._writer.checker.analyse(parsed[:])

    def _check(self, analysis: Analysis, pool: EvidencePool) -> Check:
        weights = {stem: self._weights.get(stem, self._unseen) for stem in analysis.stems}
        return self._writer.checker.check(analysis, pool, weights)

    def _rewritten(self, draft: DraftSentence, reason: str) -> DraftSentence | None:
        asked = self._writer.prompts["rewrite"].render(sentence=for_model(draft.text), reason=for_model(reason))
        messages: list[Message] = [("user", self._prompt), ("assistant", draft.text), ("user", asked)]
        try:
            found = list(sentences(self._writer.model.stream(messages, self._cancelled)))
        except ModelFailed:
            return None  # the sentence is dropped; whether the model still streams is seen with the next one
        if len(found) != 1 or DECLINED in found[0].text.lower():
            return None
        return found[0]


def _within(passages: Sequence[RetrievedPassage], tokens: int) -> list[RetrievedPassage]:
    """The passages that a prompt has room for, best first; at least one."""
    room = (tokens - 500) * CHARS_A_TOKEN  # the rules and the question
    chosen: list[RetrievedPassage] = []
    for retrieved in passages[:PASSAGES]:
        room -= len(retrieved.passage.text) + 200
        if chosen and room < 0:
            break
        chosen.append(retrieved)
    return chosen


def _said_in(retrieved: RetrievedPassage, statements: Statements) -> list[dict[str, str | None]]:
    passage = retrieved.passage
    inside = said_between(statements, passage, passage.start, passage.end)
    said = {(for_model(s.speaker), s.stance, s.date) for s in inside if s.speaker}
    return [{"speaker": who, "stance": stance, "date": day} for who, stance, day in sorted(said, key=str)[:6]]


def _cited(checked: _Checked, citations: CitationList) -> AnswerSentence:
    numbers = [citations.cite(Source(s.retrieved, s.start, s.end)) for s in checked.check.evidence[:3]]
    return AnswerSentence(checked.text, tuple(dict.fromkeys(numbers)), quote=False)


def _lowered(text: str, speaker: str) -> str:
    """``text`` as the rest of a sentence: its first word keeps its capital only where it is a name."""
    first = text.split(" ", 1)[0]
    keeps = len(first) > 1 and (first.isupper() or first in speaker)
    common = {"the", "a", "an", "this", "that", "these", "those", "it", "there", "in", "on", "at", "we", "all", "no"}
    return text if keeps or first.lower() not in common else text[0].lower() + text[1:]
