"""Runs a file of questions about positions through the assistant, and says which step lost what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from assistant.actors import ActorBook
from assistant.asking import AskRequest
from assistant.evaluation.datasets import ExpectedPosition, GoldQuestion, PositionSet
from assistant.evaluation.positions import Judged, PositionScorer, Scored, Shown, has_words
from assistant.index.catalog import find_document, passages_of
from assistant.index.statement_queries import statements_of, statements_within
from assistant.models import Answer, AnswerStatus, Filters, Statement
from assistant.retrieval.position_question import PositionQuestion
from assistant.services import Services


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with its answer, judged."""

    scored: Scored
    answer: Answer
    milliseconds: float


def ask_all(services: Services, actors: ActorBook, dataset: PositionSet) -> list[Asked]:
    """Ask every question."""
    scorer = PositionScorer(actors, dataset.questions)
    return [_ask(services, scorer, question) for question in dataset.questions]


def failures(
    services: Services, actors: ActorBook, dataset: PositionSet, asked: Sequence[Asked]
) -> list[dict[str, Any]]:
    """What is not right, as rows for a person to read, each with the step that lost it."""
    scorer = PositionScorer(actors, dataset.questions)
    rows: list[dict[str, Any]] = []
    with services.database.read() as connection:
        for one in asked:
            if not one.scored.is_right:
                reading = services.asker.reader.read(one.scored.gold.question)
                rows.append(_failure(connection, scorer, one, reading))
    return rows


def shown_by(answer: Answer, statements: Mapping[tuple[str, int], Sequence[Statement]]) -> tuple[Shown, ...]:
    """The sentences of an answer, with the dates of the statements that they cite."""
    citations = {citation.number: citation for citation in answer.citations}
    shown = []
    for sentence in answer.sentences:
        cited = [citations[number] for number in sentence.citations]
        dates = {
            statement.date
            for citation in cited
            for statement in statements.get((citation.document_id, citation.version), ())
            if statement.start < citation.end
            and citation.start < statement.end
            and (statement.holder, statement.stance) == (sentence.actor, sentence.stance)
        }
        shown.append(
            Shown(
                sentence.text,
                sentence.actor,
                sentence.stance,
                sentence.speaker,
                sentence.modality,
                frozenset(date for date in dates if date is not None),
                frozenset(citation.document_id for citation in cited),
            )
        )
    return tuple(shown)


def _ask(services: Services, scorer: PositionScorer, gold: GoldQuestion) -> Asked:
    answer = services.asker.ask(AskRequest(gold.question, Filters(as_of=gold.as_of)))
    with services.database.read() as connection:
        said = statements_within(connection, {(c.document_id, c.version) for c in answer.citations})
    refused = answer.status is AnswerStatus.NOT_IN_CORPUS
    scored = scorer.score(gold, shown_by(answer, said), refused=refused)
    return Asked(scored, answer, answer.timings_ms.get("total", 0.0))


def _failure(connection: Connection, scorer: PositionScorer, one: Asked, reading: PositionQuestion) -> dict[str, Any]:
    scored = one.scored
    gold = scored.gold
    wrong = []
    for judged in scored.positions:
        if all(judged.right.values()):
            continue
        near = _statements_near(connection, gold, judged.expected)
        wrong.append(
            {
                "cause": _cause(scorer, scored, judged, reading, near),
                "wrong": [name for name, right in judged.right.items() if not right],
                "expected": _expected(judged.expected),
                "statements": [_statement(statement) for statement in near],
            }
        )
    return {
        "id": gold.id,
        "shape": gold.shape,
        "question": gold.question,
        "must_refuse": gold.must_refuse,
        "refused": scored.refused,
        "cause": _main_cause(scored, wrong),
        "reading": {
            "asks": reading.asks,
            "actor": reading.actor,
            "stance": reading.stance,
            "target": reading.target,
            "speaker": reading.speaker,
            "modality": reading.modality,
        },
        "positions": wrong,
        "claims_as_own": [{"actor": claim.actor, "by": claim.by, "text": text} for claim, text in scored.claims_as_own],
        "shown": [
            {"text": s.text, "holder": s.holder, "stance": s.stance, "speaker": s.speaker, "modality": s.modality}
            for s in scored.shown
        ],
    }


def _main_cause(scored: Scored, wrong: Sequence[Mapping[str, Any]]) -> str:
    if scored.claims_as_own:
        return "claim shown as own"
    return str(wrong[0]["cause"]) if wrong else "not refused"


def _cause(
    scorer: PositionScorer,
    scored: Scored,
    judged: Judged,
    reading: PositionQuestion,
    near: Sequence[Statement],
) -> str:
    """The first step on the way to the answer at which the position was not right any more."""
    expected = judged.expected
    held = [s for s in near if scorer.right_holder_and_stance(expected, s.holder, s.stance)]
    full = [
        s
        for s in held
        if scorer.right_speaker(expected, s.speaker)
        and scorer.right_modality(expected, s.stance, s.modality)
        and expected.date in (None, s.date)
    ]
    if not full and (expected.holders is not None or expected.stances is not None):
        return "extractor"
    if judged.right["found"]:
        return "selection"
    if not _fits(scorer, reading, expected):
        return "question reader"
    return "refusal" if scored.refused else "selection"


def _fits(scorer: PositionScorer, reading: PositionQuestion, expected: ExpectedPosition) -> bool:
    """Whether the question was read so that the expected position can answer it."""
    if reading.asks is None:
        return False
    if reading.stance is not None and expected.stances is not None and reading.stance not in expected.stances:
        return False
    if reading.actor is None or expected.holders is None:
        return True
    speakers = [name for name in expected.speakers or () if name is not None]
    return any(scorer.same_actor(reading.actor, name) for name in expected.holders) or any(
        scorer.same_speaker(None, name, reading.actor) for name in speakers
    )


def _statements_near(connection: Connection, gold: GoldQuestion, expected: ExpectedPosition) -> list[Statement]:
    """The statements in the sentences that have the expected words, in the documents where they should stand."""
    found: list[Statement] = []
    for document_id in sorted(gold.documents):
        document = find_document(connection, document_id)
        if document is None or document.current_version is None:
            continue
        statements = statements_of(connection, document_id, document.current_version)
        for passage in passages_of(connection, document_id, document.current_version):
            for start, end in passage.sentences:
                if has_words(passage.text[start - passage.start : end - passage.start], expected.phrases):
                    found += [s for s in statements if s.start < end and start < s.end]
    return found


def _expected(expected: ExpectedPosition) -> dict[str, Any]:
    return {
        "holder": expected.holders,
        "stance": expected.stances,
        "speaker": expected.speakers,
        "modality": expected.modalities,
        "date": expected.date,
        "phrase": expected.phrases,
    }


def _statement(statement: Statement) -> dict[str, Any]:
    return {
        "holder": statement.holder,
        "stance": statement.stance,
        "speaker": statement.speaker,
        "modality": statement.modality,
        "target": statement.target,
        "date": statement.date,
        "cue": statement.cue,
    }
