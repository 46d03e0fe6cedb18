"""The recipe of the reader's training data; the network itself is too slow to train in a test."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from assistant.answering.reader.encoding import PairEncoder
from assistant.index.embedding import DEFAULT_MODEL, locate
from training.data import Question, epoch, load
from training.train import crop, encode

TOWN = "Port Kelm lies on Lake Ansa. Its lighthouse was finished in 1874. The architect Ida Morrow designed it."
PIER = "The pier of Port Kelm was lost to a storm. A lighthouse keeper saw it from afar."


def chance(seed: int = 1) -> random.Random:
    return random.Random(seed)


@pytest.fixture
def questions(tmp_path: Path) -> list[Question]:
    corpus = [
        {"doc_id": "Kelm#0", "title": "Port Kelm", "text": TOWN, "meta": {"article": "Port_Kelm"}},
        {"doc_id": "Kelm#1", "title": "Port Kelm", "text": PIER, "meta": {"article": "Port_Kelm"}},
        {"doc_id": "Perch#0", "title": "Perch", "text": "A perch is no lighthouse.", "meta": {"article": "Perch"}},
    ]
    asked = [
        {
            "query_id": "1",
            "text": "When was the lighthouse of Port Kelm finished?",
            "answers": ["1874", "in 1874", "1874"],
            "answerable": True,
            "evidence_doc_ids": ["Kelm#0"],
            "evidence": [{"doc_id": "Kelm#0", "facts": ["Its lighthouse was finished in 1874."]}],
            "meta": {"article": "Port_Kelm"},
        },
        {
            "query_id": "2",
            "text": "When was the lighthouse torn down?",
            "answers": None,
            "answerable": False,
            "evidence_doc_ids": [],
            "evidence": [],
            "meta": {"article": "Port_Kelm", "related_doc_ids": ["Kelm#0"]},
        },
    ]
    for name, rows in (("corpus", corpus), ("queries", asked)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return load(tmp_path)


def test_answers_are_spans_and_near_paragraphs_hold_none(questions: list[Question]) -> None:
    answerable, unanswerable = questions
    assert [TOWN[a:b] for a, b in answerable.answers] == ["1874", "in 1874", "1874"]
    assert [paragraph.id for paragraph in answerable.near] == ["Kelm#1"]
    assert [paragraph.id for paragraph in answerable.elsewhere] == ["Perch#0"]
    assert unanswerable.answers == unanswerable.near == ()


def test_an_epoch_has_every_question_and_the_near_paragraphs(questions: list[Question]) -> None:
    kinds = sorted(example.kind for example in epoch(questions, 1.0, chance()))
    assert kinds == ["alike", "answered", "near"]


def test_a_crop_keeps_the_answers_whole(questions: list[Question]) -> None:
    answered = next(e for e in epoch(questions, 0.0, chance()) if e.kind == "answered")
    long = " ".join(f"Pier {n} is closed." for n in range(90))
    shift = len(long) + 1
    paragraph = type(answered.paragraph)("x", "Port Kelm", f"{long} {TOWN} {long}", "Port_Kelm")
    moved = tuple((a + shift, b + shift) for a, b in answered.answers)
    example = type(answered)(answered.question, paragraph, moved, "answered")
    for seed in range(20):
        text, answers = crop(example, chance(seed))
        assert len(text) < len(paragraph.text)
        assert [text[a:b] for a, b in answers] == ["1874", "in 1874", "1874"]


def test_answers_become_tokens_weighted_by_agreement(questions: list[Question]) -> None:
    pairs = PairEncoder(locate(DEFAULT_MODEL)[0] / "tokenizer.json")
    answered, alike = (
        next(e for e in epoch(questions, 0.0, chance()) if e.kind == kind) for kind in ("answered", "alike")
    )
    item = encode(pairs, answered, chance())
    weights = {end - start + 1: weight for start, end, weight in zip(item.starts, item.ends, item.weights, strict=True)}
    assert weights == {1: pytest.approx(2 / 3), 2: pytest.approx(1 / 3)}
    assert item.has == 1
    nothing = encode(pairs, alike, chance())
    assert (nothing.starts, nothing.ends, nothing.has) == ((0,), (0,), 0)
    assert item.allowed[0], "the first token stands for no answer"
