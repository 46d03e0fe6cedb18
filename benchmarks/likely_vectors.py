"""Vectors for more passages than there is time to embed: like real ones, at a thousandth of the cost.

From a pool of passages that were embedded, a vector for each frequent word is fitted (ridge regression), so that the
mean of a sentence's word vectors comes near the vector that the encoder gives it. What the fit leaves out is added
again from sentences and passages of the pool, drawn at random, so that the made vectors scatter as real ones do and an
index meets neighbourhoods of the usual kind. Rare words get a small random vector each.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from assistant.index.embedding import EncoderInput, unit

Matrix = NDArray[np.float32]
Encoded = tuple[Matrix, Matrix]  # of a passage (dimension,) and of its sentences (sentences, dimension)

MOST_WORDS = 3_000  # fitted
LEAST_OFTEN = 5  # in the pool's sentences
RARE = 4_096  # vectors that rare words share
PENALTY = 3.0  # of the ridge regression
RESTS = 10_000  # kept of what the fit leaves out
HELD_OUT = 10  # every tenth passage tells how good the fit is

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class LikelyVectors:
    """Makes vectors from words, fitted to a pool of real ones.

    ``likeness`` is the mean cosine of fitted and real vectors of passages that the fit did not see, before anything
    is added at random.
    """

    words: dict[str, int]
    matrix: Matrix  # (words + rare ones, dimension)
    passage_rests: Matrix  # what the fit leaves out, (pool's passages, dimension)
    sentence_rests: Matrix
    likeness: float

    @classmethod
    def fitted(cls, inputs: Sequence[EncoderInput], encoded: Sequence[Encoded]) -> LikelyVectors:
        """Fit to passages that were embedded."""
        held = set(range(0, len(inputs), HELD_OUT))
        seen = [i for i in range(len(inputs)) if i not in held]
        sentences = [text for i in seen for text in _sentences(inputs[i])]
        counts = Counter(word for text in sentences for word in set(_words(text)))
        frequent = [word for word, count in counts.most_common(MOST_WORDS) if count >= LEAST_OFTEN]
        words = {word: row for row, word in enumerate(frequent)}
        features, real = _features(sentences, words), np.concatenate([encoded[i][1] for i in seen])
        known = features[:, : len(words)]
        gram = (known.T @ known).toarray() + PENALTY / len(words) * np.eye(len(words), dtype=np.float32)
        matrix = np.linalg.solve(gram, known.T @ real).astype(np.float32)
        scale = float(np.linalg.norm(matrix, axis=1).mean())
        chance = np.random.default_rng(1)
        rare = unit(chance.normal(size=(RARE, matrix.shape[1])).astype(np.float32)) * scale
        whole = np.concatenate([matrix, rare])
        passages = _features([item.full for item in inputs], words) @ whole
        vectors = np.stack([vector for vector, _ in encoded])
        likeness = float(np.mean([unit(passages[i]) @ vectors[i] for i in held]))
        rests = (vectors - unit(passages))[seen], (real - unit(features @ whole)).astype(np.float32)
        return cls(words, whole, *(chance.permutation(each)[:RESTS] for each in rests), likeness)

    def save(self, path: Path) -> None:
        """Keep it for other processes."""
        kept = {name: getattr(self, name) for name in ("matrix", "passage_rests", "sentence_rests", "likeness")}
        np.savez(path, words=np.array(list(self.words)), **kept)

    @classmethod
    def load(cls, path: Path) -> LikelyVectors:
        """What was kept."""
        with np.load(path) as kept:
            words = {str(word): row for row, word in enumerate(kept["words"])}
            return cls(words, kept["matrix"], kept["passage_rests"], kept["sentence_rests"], float(kept["likeness"]))

    def of(self, inputs: Sequence[EncoderInput]) -> list[Encoded]:
        """Vectors of passages and of their sentences; the same input always has the same."""
        sentences = [_sentences(item) for item in inputs]
        flat = [text for group in sentences for text in group]
        passages = self._made([item.full for item in inputs], self.passage_rests)
        each = np.split(self._made(flat, self.sentence_rests), np.cumsum([len(group) for group in sentences])[:-1])
        return list(zip(passages, each, strict=True))

    def _made(self, texts: Sequence[str], rests: Matrix) -> Matrix:
        fitted = unit(_features(texts, self.words) @ self.matrix)
        return unit(fitted + rests[[zlib.crc32(text.encode()) % len(rests) for text in texts]])


def _features(texts: Sequence[str], words: dict[str, int]) -> csr_matrix:
    """A row for each text: the share of its words that each column is."""
    columns = [[_column(word, words) for word in _words(text)] or [0] for text in texts]
    ends = np.cumsum([0, *(len(row) for row in columns)])
    shares = np.repeat([1 / len(row) for row in columns], [len(row) for row in columns]).astype(np.float32)
    flat = np.fromiter((column for row in columns for column in row), dtype=np.int32, count=ends[-1])
    return csr_matrix((shares, flat, ends), shape=(len(texts), len(words) + RARE))


def _column(word: str, words: dict[str, int]) -> int:
    row = words.get(word)
    return row if row is not None else len(words) + zlib.crc32(word.encode()) % RARE


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _sentences(item: EncoderInput) -> list[str]:
    return [item.text[start:end] for start, end in item.sentences]
