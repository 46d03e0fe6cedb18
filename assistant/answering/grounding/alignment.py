"""Which sentences of the sources a sentence has to be compared with.

The sentences that together carry most of the draft's information are chosen one after another: first the one that
says most of it, then whichever adds most, preferring the same document and the neighbourhood.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assistant.answering.grounding.analysis import LIGHT, Analysis, Word
from assistant.answering.grounding.lexicon import Lexicon
from assistant.models import RetrievedPassage, Statement
from assistant.retrieval.words import stem

MOST_SENTENCES = 4
LEAST_GAIN = 0.08  # share of the draft's information that another sentence has to add
SYNONYM = 0.8  # what a word of the same meaning is worth
SAME_DOCUMENT = 1.0
OTHER_DOCUMENT = 0.6  # what a sentence of another document than the first adds counts this much
COSINE_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class SourceSentence:
    """A sentence that may serve as evidence."""

    retrieved: RetrievedPassage
    start: int  # in the version's text
    end: int
    text: str
    stems: frozenset[str]
    number: int = 0  # of its passage among those supplied to a model; 0 for none
    vector: NDArray[np.float32] | None = None


class Meanings:
    """The stems of a passage's words by the meanings they can have."""

    def __init__(self, words: Iterable[str], lexicon: Lexicon) -> None:
        self._stems: dict[str, set[str]] = {}
        for word in set(words):
            for sense in lexicon.senses(word):
                self._stems.setdefault(sense, set()).add(stem(word))

    def stems(self, senses: Iterable[str]) -> set[str]:
        """The stems of the words that have any of these meanings."""
        return {found for sense in senses for found in self._stems.get(sense, ())}


class EvidencePool:
    """The sentences that may back a draft.

    Args:
        sentences: in any order.
        meanings: of the passages that they stand in.
        lexicon: which words mean the same.
        statements: who says what, by (document id, version).
    """

    def __init__(
        self,
        sentences: Sequence[SourceSentence],
        meanings: Sequence[Meanings],
        lexicon: Lexicon,
        statements: Mapping[tuple[str, int], Sequence[Statement]],
    ) -> None:
        self.sentences = tuple(sentences)
        self.stems: frozenset[str] = frozenset().union(*(sentence.stems for sentence in sentences))
        self.statements = statements
        self._meanings = meanings
        self._lexicon = lexicon

    def restricted(self, allowed: Callable[[SourceSentence], bool]) -> EvidencePool:
        """The same, with only the sentences that are allowed."""
        kept = [sentence for sentence in self.sentences if allowed(sentence)]
        return EvidencePool(kept, self._meanings, self._lexicon, self.statements)

    def numbered(self, numbers: Mapping[tuple[str, int, int], int]) -> EvidencePool:
        """The same, with only the sentences that have a number here, by passage id, start and end."""
        kept = [
            replace(sentence, number=numbers[place])
            for sentence in self.sentences
            if (place := (sentence.retrieved.passage.id, sentence.start, sentence.end)) in numbers
        ]
        return EvidencePool(kept, self._meanings, self._lexicon, self.statements)

    def related(self, word: Word) -> frozenset[str]:
        """Stems of the sources' words that share a meaning with a word."""
        senses = self._lexicon.senses(word.lemma)
        return frozenset().union(*(meanings.stems(senses) for meanings in self._meanings))


@dataclass(frozen=True, slots=True)
class Alignment:
    """The evidence for a sentence."""

    sentences: tuple[SourceSentence, ...]
    coverage: float  # share of the draft's information that they carry, 0 to 1
    best: float  # the share that the first of them carries alone
    words: int  # distinct content words of the draft
    cosine: float  # similarity of draft and nearest sentence; 0 where no vectors were given


def information(draft: Analysis, weights: Mapping[str, float]) -> dict[str, tuple[float, Word]]:
    """The draft's content words by stem, with how much each says."""
    return {
        word.stem: (weights.get(word.stem, 1.0), word)
        for word in draft.words
        if word.lemma not in LIGHT and len(word.stem) > 1
    }


def align(
    draft: Analysis,
    pool: EvidencePool,
    weights: Mapping[str, float],
    vector: NDArray[np.float32] | None = None,
) -> Alignment:
    """The sentences of ``pool`` that the draft is best compared with.

    Args:
        draft: the sentence to check.
        pool: what may be cited.
        weights: information of each stem.
        vector: the draft's unit vector, where sentences have theirs.
    """
    wanted = information(draft, weights)
    total = sum(weight for weight, _ in wanted.values())
    if not pool.sentences or not total:
        return Alignment((), 0.0, 0.0, len(wanted), 0.0)
    worth = {key: weight / total for key, (weight, _) in wanted.items()}
    related = {key: pool.related(word) for key, (_, word) in wanted.items() if key not in pool.stems}
    found = [_carried(sentence, worth, related) for sentence in pool.sentences]
    cosines = [float(s.vector @ vector) if vector is not None and s.vector is not None else 0.0 for s in pool.sentences]
    chosen: list[int] = []
    covered: dict[str, float] = {}
    while len(chosen) < MOST_SENTENCES:
        best, gain = _next(pool.sentences, found, cosines, chosen, covered)
        if best is None or (chosen and gain < LEAST_GAIN):
            break
        chosen.append(best)
        for key, share in found[best].items():
            covered[key] = max(covered.get(key, 0.0), share)
    first = sum(found[chosen[0]].values()) if chosen else 0.0
    nearest = max(cosines, default=0.0)
    return Alignment(tuple(pool.sentences[i] for i in chosen), sum(covered.values()), first, len(wanted), nearest)


def _carried(
    sentence: SourceSentence, worth: Mapping[str, float], related: Mapping[str, frozenset[str]]
) -> dict[str, float]:
    carried = {}
    for key, share in worth.items():
        if key in sentence.stems:
            carried[key] = share
        elif key in related and not related[key].isdisjoint(sentence.stems):
            carried[key] = SYNONYM * share
    return carried


def _next(
    pool: Sequence[SourceSentence],
    found: Sequence[Mapping[str, float]],
    cosines: Sequence[float],
    chosen: Sequence[int],
    covered: Mapping[str, float],
) -> tuple[int | None, float]:
    best, most, real = None, -1.0, 0.0
    home = pool[chosen[0]].retrieved.passage.document_id if chosen else None
    for place, carried in enumerate(found):
        if place in chosen:
            continue
        gain = sum(max(0.0, share - covered.get(key, 0.0)) for key, share in carried.items())
        document = pool[place].retrieved.passage.document_id
        value = gain * (SAME_DOCUMENT if home in (None, document) else OTHER_DOCUMENT)
        value += 0.0 if chosen else COSINE_WEIGHT * cosines[place]
        if value > most:
            best, most, real = place, value, gain
    return best, real if chosen else max(real, LEAST_GAIN)
