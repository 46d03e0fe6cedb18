"""A question's way to its answer, as one list of steps.

    question → reading → retrieval → evidence → decision → citations → Answer

Everything read from the catalog is read in one snapshot, so an answer never mixes two states of the corpus.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from sqlalchemy import Connection

from assistant.answering import attribution, extractive
from assistant.answering.changes import changed
from assistant.answering.conflicts import conflicts
from assistant.answering.disagreement import Disagreement
from assistant.answering.evidence import EvidenceSentence, QuestionTerms, score_sentences
from assistant.answering.generative import Assignment, Writer, Written
from assistant.answering.position_model import Position
from assistant.answering.positions import PositionFinder
from assistant.answering.reader.second_look import SecondLook
from assistant.answering.refusal import support
from assistant.answering.selection import Selected, select
from assistant.engines import Engines
from assistant.errors import InvalidInput, InvalidQuestion, TooLarge
from assistant.index import lexical
from assistant.index.catalog import count_live, newest_date, sentence_vectors
from assistant.index.database import Database
from assistant.index.statement_queries import statements_within
from assistant.models import (
    Answer,
    AnswerSentence,
    AnswerStatus,
    Citation,
    Filters,
    QuestionReading,
    RetrievedPassage,
    Statement,
)
from assistant.retrieval.follow_up import FollowUps, Turn
from assistant.retrieval.hybrid import Hit
from assistant.retrieval.question import PositionQuestion, QuestionReader
from assistant.retrieval.words import stems_of

DISPUTES = 2  # shown in an answer, two sentences each
EVIDENCE_PASSAGES = 8  # whose sentences are considered for the answer

UNHELD_POSITION = 0.5  # least probability for a position that no statement holds

NOTHING = "The corpus does not answer this question."
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
        self.timings[name] = round((now - self._last) * 1000, 2)
        self._last = now

    def finish(self) -> dict[str, float]:
        """All steps and their total."""
        self.timings["total"] = round((time.perf_counter() - self._start) * 1000, 2)
        return self.timings


@dataclass(frozen=True, slots=True)
class Grounds:
    """What an answer is made from, all of one state of the corpus."""

    question: str  # as searched
    reading: PositionQuestion
    hits: tuple[Hit, ...]  # ranked passages
    evidence: list[EvidenceSentence]  # sentences, best first
    terms: QuestionTerms
    statements: dict[tuple[str, int], list[Statement]]
    newest_source: str | None
    passages: int  # in the whole corpus
    changes: tuple[Position, ...] = ()  # what changed, where the question asks for that
    disputes: tuple[Disagreement, ...] = ()  # what sources contradict each other in


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
        positions: tells what came later and what contradicts what.
        max_question_chars: longest question accepted.
        sentences: most sentences in an answer.
        refusal_threshold: least probability of being answered.
        second_look: reads the best passages with the question.
        writer: writes prose with a chat model, where one is configured.
    """

    database: Database
    engines: Engines
    reader: QuestionReader
    follow_ups: FollowUps
    positions: PositionFinder
    max_question_chars: int
    sentences: int
    refusal_threshold: float
    second_look: SecondLook
    writer: Writer | None = None

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
        grounds = self.grounds(request, watch)
        chosen: list[Selected] = []
        if not grounds.changes and (grounds.disputes or self._answers(grounds)):
            room = self.sentences - 2 * len(grounds.disputes)
            chosen = select(grounds.evidence, max(room, 0))
        composed = extractive.compose(chosen, grounds.statements, grounds.changes, grounds.disputes)
        watch.lap("compose")
        reading, sentences = grounds.reading, composed.sentences
        status = AnswerStatus.ANSWERED if sentences else AnswerStatus.NOT_IN_CORPUS
        answer = Answer(
            status=AnswerStatus.CONFLICTING if composed.conflicts else status,
            sentences=sentences,
            citations=composed.citations,
            conflicts=composed.conflicts,
            passages=tuple(hit.retrieved for hit in grounds.hits[: request.retrieve]),
            question=QuestionReading(
                self.checked(request.question), grounds.question, reading.actor, reading.stance, request.filters.as_of
            ),
            newest_source=grounds.newest_source,
            message="" if sentences else (NOTHING if grounds.passages else EMPTY),
        )
        yield Found(answer)
        writes = self.writer is not None and request.answerer != "extractive" and chosen and not composed.conflicts
        if self.writer is not None and writes:
            written = Written()
            supplied = _supplied(chosen, grounds.hits)
            text = " ".join(retrieved.passage.text for retrieved in supplied)
            with self.database.read() as connection:
                terms = _terms(connection, text, grounds.passages)
            assignment = Assignment(grounds.question, supplied, grounds.statements, request.history, terms)
            for sentence, citations in self.writer.write(assignment, written, cancelled):
                yield Ready(sentence, citations)
            watch.lap("write")
            answer = _written(answer, written, self.writer)
        yield replace(answer, timings_ms=watch.finish())

    def _answers(self, grounds: Grounds) -> bool:
        if attribution.settles(grounds.reading, grounds.evidence):
            return True
        reading, evidence = grounds.reading, grounds.evidence
        # Somebody's position is asked for and nobody was found to hold it: then resemblance has to be strong.
        unheld = reading.firm and (reading.actor is not None or reading.stance is not None)
        if unheld:
            evidence = attribution.concerning(reading, evidence, grounds.statements)
        measured = support(grounds.question, grounds.terms, evidence)
        return measured.probability >= max(self.refusal_threshold, UNHELD_POSITION if unheld else 0)

    def grounds(self, request: AskRequest, watch: Stopwatch | None = None) -> Grounds:
        """Everything an answer to the question would be made from.

        Raises:
            InvalidQuestion, TooLarge, Unavailable: as from ``ask``.
        """
        watch = watch or Stopwatch()
        question = self.checked(request.question)
        if request.history:
            question = self.follow_ups.standalone(question, request.history)
        reading = self.reader.read(question)
        watch.lap("read")
        with self.database.read() as connection:
            engine = self.engines.of(connection)
            vector = engine.encoder.encode_question(question)
            watch.lap("encode")
            _, passages = count_live(connection)
            newest = newest_date(connection, request.filters)
            words = lexical.content_words(" ".join([question, *reading.search_terms]))
            wanted = max(request.retrieve, EVIDENCE_PASSAGES)
            hits = engine.retriever.retrieve(connection, vector, words, request.filters, wanted)
            watch.lap("retrieve")
            hits, readings = self.second_look.at(question, hits)
            watch.lap("rerank")
            held = attribution.find(connection, reading, request.filters)
            near = attribution.join_hits(connection, hits[:EVIDENCE_PASSAGES], held)
            terms = _terms(connection, question, passages)
            seqs = [hit.seq for hit in near]
            vectors = sentence_vectors(connection, engine.generation, seqs)
            changes = changed(connection, self.positions, reading, request.filters, seqs)[: self.sentences]
            disputes = conflicts(connection, self.positions, reading, request.filters, seqs)[:DISPUTES]
            scored = score_sentences(question, vector, terms, near, vectors, readings)
            said = statements_within(connection, {(hit.passage.document_id, hit.passage.version) for hit in near})
            watch.lap("select")
        evidence = attribution.weigh(reading, terms, scored, said)
        return Grounds(
            question, reading, tuple(hits), evidence, terms, said, newest, passages, tuple(changes), tuple(disputes)
        )

    def search(self, query: str, filters: Filters, limit: int) -> list[RetrievedPassage]:
        """Ranked passages without an answer.

        Raises:
            InvalidQuestion: the query is empty.
            TooLarge: it is longer than allowed.
        """
        text = self.checked(query)
        with self.database.read() as connection:
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
        notice = f"{written.notice} The answer ends early." if written.notice else ""
        sentences, citations = tuple(written.sentences), written.citations.all()
        return replace(kept, answerer="model", sentences=sentences, citations=citations, notice=notice)
    reason = written.notice or "Nothing that the chat model wrote is backed by the sources."
    return replace(kept, notice=f"{reason} These are the sources' own sentences.")
