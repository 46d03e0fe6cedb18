from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.evaluation.datasets import Query
from assistant.evaluation.measures import estimate
from assistant.evaluation.questions import AskedQuery, contains, failures, measures_of, refusal_curve, token_f1
from assistant.models import (
    Answer,
    AnswerSentence,
    AnswerStatus,
    Citation,
    Metadata,
    Passage,
    QuestionReading,
    RetrievedPassage,
)


def asked(
    name: str,
    *ranked: str,
    says: str = "",
    evidence: tuple[str, ...] = (),
    answers: tuple[str, ...] = (),
    answerable: bool | None = True,
) -> AskedQuery:
    passages = tuple(
        RetrievedPassage(
            Passage(f"{document}-{n}", document, 1, n, 0, 1, "x", (), ((0, 1),)), Metadata(), 0.5, 0.5, 0.5
        )
        for n, document in enumerate(ranked)
    )
    status = AnswerStatus.ANSWERED if says else AnswerStatus.NOT_IN_CORPUS
    sentences = tuple(AnswerSentence(text, (1,)) for text in says.split("|") if text)
    answer = Answer(status, sentences, (), passages, QuestionReading("q", "q"))
    return AskedQuery(Query(name, "q", answers, answerable, evidence, "kind", ()), answer)


def values(rows: list[AskedQuery]) -> dict[str, float]:
    found = {measure.key: estimate(measure) for measure in measures_of(rows)}
    return {key: value.value for key, value in found.items() if value is not None}


def test_documents_are_ranked_by_their_best_passage() -> None:
    rows = [
        asked("one", "b", "a", "a", "b", evidence=("a",)),
        asked("two", "a", evidence=("a",)),
        asked("three", "c", evidence=("a",)),
    ]
    found = values(rows)
    assert rows[0].ranked == ["b", "a"]
    assert found["Hits@1"] == pytest.approx(1 / 3)
    assert found["Hits@5"] == pytest.approx(2 / 3)
    assert found["MRR@10"] == pytest.approx((0.5 + 1 + 0) / 3)
    assert found["nDCG@5"] == pytest.approx((0.6309 + 1 + 0) / 3, abs=1e-3)


def test_a_question_without_any_passage_counts_as_missed() -> None:
    assert values([asked("one", evidence=("a",)), asked("two", "a", evidence=("a",))])["MRR@10"] == 0.5


def test_an_answer_contains_whole_words_whatever_their_case_and_marks() -> None:
    assert contains("It was the Eiffel-Tower, he said.", ["eiffel tower"])
    assert contains("It has 3,559 people.", ["no", "3,559 people"])
    assert not contains("A seventeenth row.", ["seventeen"])
    assert not contains("Anything.", [])


def test_token_f1_is_that_of_the_best_answer() -> None:
    assert token_f1("The cat sat", ["a cat", "dogs"]) == pytest.approx(2 * 1 / 3)
    assert token_f1("nothing", ["a cat"]) == 0


def test_refusals_are_judged_where_it_is_known_whether_there_is_an_answer() -> None:
    rows = [
        asked("right refusal", answerable=False),
        asked("wrong answer", says="Yes.", answerable=False),
        asked("wrong refusal", answers=("x",)),
        asked("right answer 1", says="x", answers=("x",)),
        asked("right answer 2", says="y|x", answers=("x",)),
        asked("right answer 3", says="x", answers=("x",)),
        asked("not judged", answerable=None),
    ]
    found = values(rows)
    assert found["refusal precision"] == 0.5
    assert found["refusal recall"] == 0.5
    assert found["false refusals"] == 0.25
    assert found["refusal balanced accuracy"] == pytest.approx((0.5 + 0.75) / 2)
    assert found["answer contains"] == 0.75
    assert found["first sentence contains"] == 0.5


def test_failures_say_what_went_wrong() -> None:
    rows = failures(
        [
            asked("a", says="Yes.", answerable=False),
            asked("b", answers=("x",), evidence=("d",)),
            asked("c", "e", says="x", answers=("x",), evidence=("d",)),
            asked("d", "d", says="y", answers=("x",), evidence=("d",)),
            asked("e", "d", says="x", answers=("x",), evidence=("d",)),
            asked("f", answerable=False),
        ]
    )
    assert [(row["id"], row["cause"]) for row in rows] == [
        ("a", "not refused"),
        ("b", "refused"),
        ("c", "not retrieved"),
        ("d", "not in the answer"),
    ]


def test_quotations_are_compared_with_the_sentences_that_are_the_evidence() -> None:
    facts = ("The ferry leaves at nine.", "It carries sixty cars.")

    def cited(name: str, *quotes: str) -> AskedQuery:
        one = asked(name, "a", says="|".join(quotes), evidence=("a",))
        citations = tuple(
            Citation(n, "a", 1, "a-0", Metadata(), quote, "", "", 0, len(quote)) for n, quote in enumerate(quotes, 1)
        )
        return AskedQuery(replace(one.query, facts=facts), replace(one.answer, citations=citations))

    found = values([cited("one", "The ferry leaves at nine", "Tickets are cheap."), cited("two", *facts)])
    assert found["cited sentences, precision"] == pytest.approx(0.75)
    assert found["cited sentences, recall"] == pytest.approx(0.75)
    assert found["cited sentences, F1"] == pytest.approx(0.75)
    assert values([cited("none")])["cited sentences, F1"] == 0


def test_the_curve_tells_what_each_threshold_would_refuse() -> None:
    def supported(name: str, support: float, answerable: bool) -> AskedQuery:
        one = asked(name, answerable=answerable)
        return AskedQuery(one.query, replace(one.answer, support=support))

    rows = [supported("a", 0.9, True), supported("b", 0.4, True), supported("c", 0.2, False)]
    curve = {threshold: (right, wrong) for threshold, right, wrong in refusal_curve(rows)}
    assert curve[0.0] == (0, 0)
    assert curve[0.3] == (1, 0)
    assert curve[0.5] == (1, 0.5)
    assert refusal_curve(rows[:2]) == []
