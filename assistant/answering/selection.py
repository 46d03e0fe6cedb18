"""Which sentences make the answer: few, direct, and no two saying the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answering.evidence import EvidenceSentence
from assistant.answering.rivals import contradicts
from assistant.models import Statement
from assistant.retrieval.words import stem_set, words_of

MARGIN = 0.25  # a sentence this much below the best is about the subject, not the answer …
READ_MARGIN = 0.45  # … and where a reader has read the passages, whose scores lie further apart
SAME_PASSAGE = 0.1  # lead of what stands in the best sentence's passage: it tells more of the same
SAME_STEMS = 0.7  # Jaccard similarity of stems above which two sentences say the same …
SAME_MEANING = 0.9  # … or cosine of their vectors, unless their numbers differ
SAME_TARGET = 0.75  # share of the shorter target's stems that the other one has
MOST_CORROBORATION = 2  # further citations of a sentence; more would be hard to read
SHORTEST = 3  # words; anything shorter says nothing alone

_NUMBERS = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Selected:
    """A sentence of the answer and the places that say it: the first is quoted, the others corroborate."""

    sentence: EvidenceSentence
    corroboration: tuple[EvidenceSentence, ...]


def select(
    candidates: Sequence[EvidenceSentence],
    limit: int,
    margin: float | None = None,
    leading: Sequence[EvidenceSentence] = (),
    positions: bool = True,
) -> list[Selected]:
    """The sentences to answer with, most direct first.

    Args:
        candidates: scored sentences, best first.
        limit: most sentences.
        margin: how far below the best a sentence may score; as measured where not given.
        leading: those of ``candidates`` that must be shown, before all others.
        positions: whether sentences that hold the same position say the same, whatever else they tell.
    """
    chosen: list[tuple[EvidenceSentence, list[EvidenceSentence]]] = [(sentence, []) for sentence in leading[:limit]]
    usable = [c for c in candidates if c.statement is not None or _says_something(c.text)]
    if margin is None:
        margin = READ_MARGIN if usable and usable[0].read is not None else MARGIN
    for candidate, score in _with_its_passage(usable):
        if any(candidate is sentence for sentence in leading):
            continue
        if candidate.statement is None and score < usable[0].score - margin:
            break  # a sentence that holds the position asked for answers, however little it resembles the question
        twin = next((entry for entry in chosen if says_the_same(entry[0], candidate, positions)), None)
        if twin is not None:
            twin[1].append(candidate)
        elif len(chosen) < limit:
            chosen.append((candidate, []))
    return [Selected(sentence, tuple(_other_origins(sentence, twins))) for sentence, twins in chosen]


def _with_its_passage(candidates: Sequence[EvidenceSentence]) -> list[tuple[EvidenceSentence, float]]:
    """The candidates with their scores, those of the best one's passage raised; the best one stays first.

    Positions keep their order, which the statements decide.
    """
    if not candidates or any(candidate.statement is not None for candidate in candidates):
        return [(candidate, candidate.score) for candidate in candidates]
    best, *others = candidates
    scored = [(c, c.score + (SAME_PASSAGE if c.hit.seq == best.hit.seq else 0.0)) for c in others]
    return [(best, best.score), *sorted(scored, key=lambda item: -item[1])]


def _says_something(text: str) -> bool:
    return len(text.split()) >= SHORTEST and not text.rstrip().endswith(("?", ":"))


def says_the_same(one: EvidenceSentence, other: EvidenceSentence, positions: bool = True) -> bool:
    """Whether two sentences state the same: the same position, or the same words with the same numbers."""
    if positions and one.statement and other.statement:
        return _same_position(one.statement, other.statement)
    if set(_NUMBERS.findall(one.text)) != set(_NUMBERS.findall(other.text)) or contradicts(one.text, other.text):
        return False
    union = len(one.stems | other.stems)
    if union and len(one.stems & other.stems) / union >= SAME_STEMS:
        return True
    return float(one.vector @ other.vector) >= SAME_MEANING


def _same_position(one: Statement, other: Statement) -> bool:
    """One holder, one stance, about the same thing; what others expect is said by one of them, and not stated."""
    if (one.holder, one.stance, one.modality) != (other.holder, other.stance, other.modality):
        return False
    if one.modality == "expected" and set(words_of(one.speaker or "")).isdisjoint(words_of(other.speaker or "")):
        return False
    first, second = (stem_set(statement.target or "") for statement in (one, other))
    smaller = min(len(first), len(second))
    return smaller > 0 and len(first & second) / smaller >= SAME_TARGET


def _other_origins(sentence: EvidenceSentence, twins: Sequence[EvidenceSentence]) -> list[EvidenceSentence]:
    """One corroborating sentence an origin: copies of one report are one origin, however many there are."""
    seen = {sentence.retrieved.origin_group}
    kept: list[EvidenceSentence] = []
    for twin in twins:
        if twin.retrieved.origin_group not in seen and len(kept) < MOST_CORROBORATION:
            seen.add(twin.retrieved.origin_group)
            kept.append(twin)
    return kept
