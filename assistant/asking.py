"""A question's way to its answer, as one list of steps.

    question → reading → retrieval → evidence → decision → citations → Answer

Everything read from the catalog is read in one snapshot, so an answer never mixes two states of the corpus.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import zip_longest
from typing import Literal

from sqlalchemy import Connection

from assistant.answering import attribution
from assistant.answering.ambiguity import choices
from assistant.answering.changes import changed
from assistant.answering.chat_model import ModelSession
from assistant.answering.conflicts import conflicts
from assistant.answering.considering import EVIDENCE_PASSAGES, Consideration
from assistant.answering.decision import Decision, compose, decide
from assistant.answering.evidence import QuestionTerms
from assistant.answering.extractive import Composed
from assistant.answering.generative import Assignment, Writer, Written
from assistant.answering.grounds import Grounds
from assistant.answering.positions import PositionFinder
from assistant.answering.premises import contrary
from assistant.answering.reader.second_look import SecondLook
from assistant.answering.relevance import TargetAsked
from assistant.answering.rewriting import QuestionRewriter
from assistant.answering.said import joined
from assistant.answering.selection import Selected
from assistant.engines import Engines
from assistant.errors import InvalidInput, InvalidQuestion, TooLarge
from assistant.index import lexical
from assistant.index.catalog import newest_date
from assistant.index.counts import count_live_passages
from assistant.index.database import Database
from assistant.index.statement_queries import statements_within
from assistant.models import (
    Answer,
    AnswerSentence,
    AnswerStatus,
    Choice,
    Citation,
    Filters,
    QuestionReading,
    RetrievedPassage,
)
from assistant.retrieval.follow_up import FollowUps, Turn
from assistant.retrieval.hybrid import Hit
from assistant.retrieval.parts import QuestionParts
from assistant.retrieval.position_question import PositionQuestion
from assistant.retrieval.question import QuestionReader
from assistant.retrieval.words import stems_of

DISPUTES = 2  # shown in an answer, two sentences each

NOTHING = "The corpus does not answer this question."
WRONG_PREMISE = "The sources report the contrary of what the question takes for granted."
EMPTY = "The corpus is empty, so there is nothing to answer from. Add documents first."


@dataclass(frozen=True, slots=True)
class AskRequest:
    """A question and what it may use."""

    question: str
    filters: Filters = field(default_factory=Filters)
    history: tuple[Turn, ...] = ()  # the turns before it, oldest first
    retrieve: int = 10  # ranked passages to return with the answer
    answerer: Literal["extractive", "model"] | None = None  # None: the model where there is one


class Stopwatch:
    """Milliseconds by step."""

    def __init__(self) -> None:
        self.timings: dict[str, float] = {}
        self._start = self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """End a step."""
        now = time.perf_counter()
        self.timings[name] = round(self.timings.get(name, 0.0) + (now - self._last) * 1000, 2)
        self._last = now

    def finish(self) -> dict[str, float]:
        """All steps and their total."""
        self.timings["total"] = round((time.perf_counter() - self._start) * 1000, 2)
        return self.timings


@dataclass(frozen=True, slots=True)
class Found:
    """What the sources say, before a model has written anything; ``answer`` is the extractive one."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Ready:
    """A sentence that has been checked, and the citations so far."""

    sentence: AnswerSentence
    citations: tuple[Citation, ...]


AskEvent = Found | Ready | Answer


@dataclass(frozen=True, slots=True)
class Asker:
    """Answers questions from the catalog.

    Args:
        database: the catalog.
        engines: make the question's vector and rank passages.
        reader: says what a question asks: whose position, about what, since when.
        follow_ups: makes "And Ukraine?" a question that stands by itself.
        parts: takes a question apart that asks for several things.
        positions: tells what came later and what contradicts what.
        max_question_chars: longest question accepted.
        sentences: most sentences in an answer.
        refusal_threshold: least probability of being answered.
        second_look: reads the best passages with the question.
        writer: writes prose with a chat model, where one is configured.
        rewriter: makes follow-ups stand by themselves with that model.
        listeners: told of each answer that was finished.
        turns: how many questions are worked on at once, models that write apart. More than there are cores take the
            interpreter from each other.
    """

    database: Database
    engines: Engines
    reader: QuestionReader
    follow_ups: FollowUps
    parts: QuestionParts
    positions: PositionFinder
    max_question_chars: int
    sentences: int
    refusal_threshold: float
    second_look: SecondLook
    writer: Writer | None = None
    rewriter: QuestionRewriter | None = None
    listeners: tuple[Callable[[Answer], None], ...] = ()
    turns: threading.Semaphore = field(default_factory=threading.Semaphore)

    def ask(self, request: AskRequest, cancelled: threading.Event | None = None) -> Answer:
        """Answer or refuse; ``cancelled`` stops a model that is writing.

        Raises:
            InvalidQuestion: the question is empty.
            TooLarge: the question is longer than allowed.
            InvalidInput: a model is asked for and none is configured.
            Cancelled: ``cancelled`` was set.
            Unavailable: the model or the storage fails.
        """
        *_, answer = self.stream(request, cancelled or threading.Event())
        if not isinstance(answer, Answer):
            raise TypeError("an answer comes last")
        return answer

    def stream(self, request: AskRequest, cancelled: threading.Event) -> Iterator[AskEvent]:
        """The answer as it comes about: what was found, each sentence once it has been checked, and the whole.

        Raises:
            InvalidQuestion: the question is empty.
            TooLarge, InvalidInput, Cancelled, Unavailable: as from ``ask``.
        """
        if request.answerer == "model" and self.writer is None:
            raise InvalidInput("No chat model is configured.", "Set ASSISTANT_MODEL, or leave out `answerer`.")
        watch = Stopwatch()
        session = None
        if self.writer is not None and request.answerer != "extractive":
            session = self.writer.model.session(cancelled)
        question, prompt = self._standalone(request, session)
        watch.lap("rewrite")
        with self.turns:
            watch.lap("wait")
            reading = self.reader.read(question, request.filters.as_of)
            parts = self.parts.of(question, reading)
            with self.database.read() as connection:
                found = [
                    self._grounds(connection, part, reading if part == question else None, request, watch)
                    for part in parts
                ]
                whole = found[0]
                speaking = partial(statements_within, connection, whole.statements)
                meant = choices(question, reading, self.parts.actors, speaking) if len(found) == 1 else []
            decisions = [] if meant else decide(found, self.sentences, self.refusal_threshold)
            composed = compose(decisions)
        watch.lap("compose")
        chosen = [item for decision in decisions for item in decision.chosen]
        hits = _interleaved([grounds.hits for grounds in found])
        answer = Answer(
            status=_status(composed, decisions, meant),
            sentences=composed.sentences,
            citations=composed.citations,
            conflicts=composed.conflicts,
            passages=tuple(hit.retrieved for hit in hits[: request.retrieve]),
            question=QuestionReading(
                self.checked(request.question), question, reading.actor, reading.stance, request.filters.as_of, prompt
            ),
            newest_source=whole.newest_source,
            message=_message(composed, meant, whole),
            notice=_notice(decisions),
            support=max((decision.support for decision in decisions), default=0.0),
            choices=tuple(meant),
        )
        yield Found(answer)
        settled = composed.conflicts or any(decision.grounds.contrary for decision in decisions)
        if self.writer is not None and session is not None and chosen and not settled:
            written = Written()
            supplied = _supplied(chosen, hits)
            text = " ".join(retrieved.passage.text for retrieved in supplied)
            with self.database.read() as connection:
                terms = _terms(connection, text, whole.passages)
            statements = joined(grounds.statements for grounds in found)
            assignment = Assignment(question, supplied, statements, request.history, terms)
            for sentence, citations in self.writer.write(assignment, written, session):
                yield Ready(sentence, citations)
            watch.lap("write")
            answer = _written(answer, written, self.writer)
        answer = replace(answer, timings_ms=watch.finish())
        for told in self.listeners:
            told(answer)
        yield answer

    def grounds(self, request: AskRequest) -> Grounds:
        """Everything an answer to the question as a whole would be made from.

        Raises:
            InvalidQuestion, TooLarge, Unavailable: as from ``ask``.
        """
        question, _ = self._standalone(request, None)
        with self.turns, self.database.read() as connection:
            return self._grounds(connection, question, None, request, Stopwatch())

    def _standalone(self, request: AskRequest, session: ModelSession | None) -> tuple[str, str | None]:
        """The question with what it leaves to the turns before it, and the prompt if a model has put that in.

        A model that leaves the question as it is has seen less in it than the heuristic, where that changes it.
        """
        question = self.checked(request.question)
        if not request.history:
            return question, None
        if self.rewriter is not None and session is not None:
            rewritten = self.rewriter.rewritten(question, request.history, session)
            if rewritten is not None and rewritten != question:
                return rewritten, self.rewriter.prompt_label
        return self.follow_ups.standalone(question, request.history), None

    def _grounds(
        self,
        connection: Connection,
        question: str,
        reading: PositionQuestion | None,
        request: AskRequest,
        watch: Stopwatch,
    ) -> Grounds:
        reading = reading or self.reader.read(question, request.filters.as_of)
        premise = self.reader.premise(question)
        watch.lap("read")
        engine = self.engines.of(connection)
        vector = engine.encoder.encode_question(question)
        watch.lap("encode")
        passages = count_live_passages(connection)
        newest = newest_date(connection, request.filters)
        words = lexical.content_words(" ".join([question, *reading.search_terms]))
        wanted = max(request.retrieve, EVIDENCE_PASSAGES)
        hits = engine.retriever.retrieve(connection, vector, words, request.filters, wanted)
        watch.lap("retrieve")
        held = attribution.find(connection, reading, request.filters)
        terms = _terms(connection, question, passages)
        about_positions = attribution.is_about_positions(reading)
        meant = engine.encoder.encode_question(reading.target) if about_positions and reading.target else None
        target = TargetAsked.of(reading, terms, meant)
        consideration = Consideration(question, vector, terms, reading, target, held, engine.generation)
        found = consideration.of(connection, hits)
        watch.lap("select")
        # What a statement settles the reader can neither refuse nor override, and reading takes longest of all.
        if not attribution.settles(reading, found.evidence):
            if about_positions:
                look = self.second_look.at(question, hits)
            else:
                look = self.second_look.until_sure(question, terms, hits, found.scored)
            watch.lap("rerank")
            hits, found = look.hits, consideration.after(look, found)
        seqs = [hit.seq for hit in found.hits]
        changes = changed(connection, self.positions, reading, request.filters, seqs)[: self.sentences]
        disputes = conflicts(connection, self.positions, reading, request.filters, seqs)[:DISPUTES]
        wrong = contrary(connection, self.positions, premise, request.filters, seqs) if premise else []
        watch.lap("select")
        return Grounds(
            question,
            reading,
            tuple(hits),
            found.evidence,
            terms,
            found.statements,
            newest,
            passages,
            tuple(changes),
            tuple(disputes),
            tuple(wrong),
        )

    def search(self, query: str, filters: Filters, limit: int) -> list[RetrievedPassage]:
        """Ranked passages without an answer.

        Raises:
            InvalidQuestion: the query is empty.
            TooLarge: it is longer than allowed.
        """
        text = self.checked(query)
        with self.turns, self.database.read() as connection:
            engine = self.engines.of(connection)
            vector = engine.encoder.encode_question(text)
            hits = engine.retriever.retrieve(connection, vector, lexical.content_words(text), filters, limit)
        return [hit.retrieved for hit in hits]

    def checked(self, question: str) -> str:
        """The question without surrounding space.

        Raises:
            InvalidQuestion: nothing is left, or it is not text.
            TooLarge: it is longer than allowed.
        """
        text = question.strip()
        if len(text) > self.max_question_chars:
            raise TooLarge(
                f"The question has {len(text):,} characters; at most {self.max_question_chars:,} are read.",
                "Ask a shorter question, or add long text to the corpus as a document.",
            )
        if not any(character.isalnum() for character in text):
            raise InvalidQuestion("The question is empty.", "Ask in a few words, such as: What does Russia reject?")
        return text


def _status(composed: Composed, decisions: Sequence[Decision], meant: Sequence[Choice]) -> AnswerStatus:
    if meant:
        return AnswerStatus.CLARIFICATION
    if not composed.sentences:
        return AnswerStatus.NOT_IN_CORPUS
    if composed.conflicts:
        return AnswerStatus.CONFLICTING
    return AnswerStatus.ANSWERED if all(decision.answered for decision in decisions) else AnswerStatus.PARTIAL


def _message(composed: Composed, meant: Sequence[Choice], grounds: Grounds) -> str:
    if meant:
        return f"Several people are meant by this question: {', '.join(choice.name for choice in meant)}."
    return "" if composed.sentences else (NOTHING if grounds.passages else EMPTY)


def _notice(decisions: Sequence[Decision]) -> str:
    """What an answer leaves open or sets right; nothing for most."""
    notices = [WRONG_PREMISE for decision in decisions if decision.grounds.contrary][:1]
    missing = [f"“{decision.grounds.question}”" for decision in decisions if not decision.answered]
    if missing and len(missing) < len(decisions):
        notices.append(f"The corpus does not answer {' and '.join(missing)}")
    return " ".join(notices)


def _interleaved(rankings: Sequence[Sequence[Hit]]) -> list[Hit]:
    """Several rankings as one: the best of each, then the second best; each passage once."""
    rows = [hit for rank in zip_longest(*rankings) for hit in rank if hit is not None]
    return list({hit.seq: hit for hit in rows}.values())


def _terms(connection: Connection, question: str, passages: int) -> QuestionTerms:
    frequencies = lexical.document_frequencies(connection, stems_of(question))
    return QuestionTerms.of(question, frequencies, passages)


def _supplied(chosen: Sequence[Selected], hits: Sequence[Hit]) -> list[RetrievedPassage]:
    """What a model may write from: the passages of the extractive answer first, then the best of the others."""
    places = [item.sentence.retrieved for item in chosen] + [hit.retrieved for hit in hits[:EVIDENCE_PASSAGES]]
    return list({retrieved.passage.id: retrieved for retrieved in places}.values())


def _written(extracted: Answer, written: Written, writer: Writer) -> Answer:
    """What the model wrote, or the extractive answer where nothing of it stands; either says how it came about."""
    kept = replace(extracted, model=writer.model.name, prompt=writer.prompt_label, withheld=written.withheld)
    if written.sentences:
        early = f"{written.notice} The answer ends early." if written.notice else ""
        notice = " ".join(filter(None, [extracted.notice, early]))
        sentences, citations = tuple(written.sentences), written.citations.all()
        return replace(kept, answerer="model", sentences=sentences, citations=citations, notice=notice)
    reason = written.notice or "Nothing that the chat model wrote is backed by the sources."
    fallen_back = f"{reason} These are the sources' own sentences."
    return replace(kept, notice=" ".join(filter(None, [extracted.notice, fallen_back])))
