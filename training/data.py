"""Training examples for the reader: a question, a passage, and where the passage answers, if it does.

Three kinds are made from a folder with ``corpus.jsonl`` (doc_id, title, text, meta.article) and ``queries.jsonl``
(text, answers, answerable, evidence, meta.article, meta.related_doc_ids), such as SQuAD 2.0 in that shape:

- *answered*: an answerable question with its paragraph;
- *alike*: a question that its paragraph only seems to answer (the unanswerable rows of SQuAD 2.0);
- *near*: an answerable question with another paragraph that shares its words but none of its answers.
"""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.retrieval.words import stems_of

HELD_OUT = ("Normans", "Sky_(United_Kingdom)", "Steam_engine", "Victoria_(Australia)")  # articles never trained on
NEIGHBOURS = 6  # near paragraphs kept a question; one is drawn an epoch
ELSEWHERE = 0.2  # share of near paragraphs that come from another article
K1, B = 1.2, 0.75  # the usual constants of BM25


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of the corpus."""

    id: str
    title: str
    text: str
    article: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question, its own paragraph, and where that paragraph answers (spans in the paragraph's text)."""

    id: str
    text: str
    paragraph: Paragraph
    answers: tuple[tuple[int, int], ...]  # one an annotator's answer, repeated where they agree; none: unanswerable
    near: tuple[Paragraph, ...] = ()  # of the same article, nearest first
    elsewhere: tuple[Paragraph, ...] = ()  # of others


@dataclass(frozen=True, slots=True)
class Example:
    """One input of the reader with its answers as spans in ``paragraph.text``."""

    question: str
    paragraph: Paragraph
    answers: tuple[tuple[int, int], ...]
    kind: str  # answered | alike | near


def load(folder: Path) -> list[Question]:
    """The questions of ``folder`` in file order, with their near paragraphs."""
    paragraphs = {
        row["doc_id"]: Paragraph(row["doc_id"], row["title"], row["text"], row["meta"]["article"])
        for row in _rows(folder / "corpus.jsonl")
    }
    index = _Bm25(list(paragraphs.values()))
    questions = []
    for row in _rows(folder / "queries.jsonl"):
        own = paragraphs[(row["evidence_doc_ids"] or row["meta"]["related_doc_ids"])[0]]
        answers = tuple(_spans(row, own.text)) if row["answerable"] else ()
        if row["answerable"] and not answers:
            continue  # an answer that the paragraph does not hold verbatim teaches nothing
        near: list[Paragraph] = []
        elsewhere: list[Paragraph] = []
        if row["answerable"]:
            for found in index.nearest(row["text"], 40):
                if found.id == own.id or any(answer in found.text for answer in row["answers"]):
                    continue
                (near if found.article == own.article else elsewhere).append(found)
        questions.append(
            Question(row["query_id"], row["text"], own, answers, tuple(near[:NEIGHBOURS]), tuple(elsewhere[:3]))
        )
    return questions


def epoch(questions: Sequence[Question], near_share: float, rng: random.Random) -> list[Example]:
    """The examples of one epoch: every question with its own paragraph, and ``near_share`` of the answerable again."""
    examples = [Example(q.text, q.paragraph, q.answers, "answered" if q.answers else "alike") for q in questions]
    for question in questions:
        if question.answers and rng.random() < near_share:
            pool = question.elsewhere if rng.random() < ELSEWHERE or not question.near else question.near
            if pool:
                examples.append(Example(question.text, rng.choice(pool), (), "near"))
    rng.shuffle(examples)
    return examples


def _rows(path: Path) -> Iterable[dict[str, Any]]:
    return (json.loads(line) for line in path.read_text("utf-8").splitlines() if line)


def _spans(row: dict[str, Any], text: str) -> Iterable[tuple[int, int]]:
    """The answers inside the sentence that holds them, or anywhere when the sentence is not found."""
    for fact in [fact for entry in row["evidence"] for fact in entry["facts"]] or [text]:
        offset = text.find(fact)
        if offset < 0:
            offset, fact = 0, text
        for answer in row["answers"]:
            start = fact.find(answer)
            if start >= 0:
                yield offset + start, offset + start + len(answer)


class _Bm25:
    """BM25 over the stems of a few hundred paragraphs."""

    def __init__(self, paragraphs: Sequence[Paragraph]) -> None:
        self._paragraphs = paragraphs
        self._counts = [Counter(stems_of(p.text)) for p in paragraphs]
        self._mean = sum(c.total() for c in self._counts) / len(self._counts)
        self._postings: dict[str, list[int]] = {}
        for number, counts in enumerate(self._counts):
            for stem in counts:
                self._postings.setdefault(stem, []).append(number)

    def nearest(self, question: str, limit: int) -> list[Paragraph]:
        scores: dict[int, float] = {}
        for stem in set(stems_of(question)):
            postings = self._postings.get(stem, [])
            weight = math.log(1 + (len(self._counts) - len(postings) + 0.5) / (len(postings) + 0.5))
            for number in postings:
                count = self._counts[number][stem]
                length = self._counts[number].total() / self._mean
                gain = weight * count * (K1 + 1) / (count + K1 * (1 - B + B * length))
                scores[number] = scores.get(number, 0.0) + gain
        ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
        return [self._paragraphs[number] for number, _ in ranked[:limit]]
