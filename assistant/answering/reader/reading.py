"""What the reader says of a passage, worked out from the logits of its tokens.

The span is BERT's for SQuAD 2.0 (Devlin et al. 2019, arXiv:1810.04805, section 4.3): the pair of tokens, in order and
not too far apart, with the largest sum of start and end logit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.answering.reader.encoding import Encoded

LONGEST_ANSWER = 30  # tokens

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ReaderInput:
    """A passage to read."""

    context: str  # title and headings
    text: str
    sentences: tuple[Span, ...]  # code points of ``text``


@dataclass(frozen=True, slots=True)
class SentenceReading:
    """One sentence of a passage that was read."""

    share: float  # probability that the answer stands here, given that the passage has it; all add up to at most 1
    answer: Span | None  # the likeliest words, code points of the passage's text; None beyond the reader's window
    certainty: float  # probability of these very words, given that the passage has the answer


@dataclass(frozen=True, slots=True)
class Reading:
    """One passage that was read."""

    answerable: float  # logit that the passage answers, from the reader's classifier
    sentences: tuple[SentenceReading, ...]

    @property
    def probability(self) -> float:
        """Probability that the passage answers."""
        return logistic(self.answerable)


def logistic(logit: float) -> float:
    """Probability of a logit."""
    return 1 / (1 + math.exp(-logit))


def interpret(encoded: Encoded, spans: NDArray[np.float32], answerable: float, sentences: Sequence[Span]) -> Reading:
    """A reading from the network's output.

    Args:
        encoded: the tokens.
        spans: start and end logits, shape (tokens, 2).
        answerable: the classifier's logit.
        sentences: spans in the passage's text.
    """
    inside = np.flatnonzero(encoded.starts >= 0)
    if not inside.size:
        nothing = tuple(SentenceReading(0.0, None, 0.0) for _ in sentences)
        return Reading(answerable, nothing)
    starts, ends = encoded.starts[inside], encoded.ends[inside]
    logits = spans[inside].astype(np.float64)
    shares = np.exp(logits - logits.max(axis=0))
    shares /= shares.sum(axis=0)
    readings = []
    for first, last in sentences:
        within = np.flatnonzero((starts >= first) & (ends <= last))
        if not within.size:
            readings.append(SentenceReading(0.0, None, 0.0))
            continue
        head, tail = _best(logits[within])
        certainty = float(np.sqrt(shares[within[head], 0] * shares[within[tail], 1]))
        span = (int(starts[within[head]]), int(ends[within[tail]]))
        readings.append(SentenceReading(float(shares[within].mean(axis=1).sum()), span, certainty))
    return Reading(answerable, tuple(readings))


def _best(logits: NDArray[np.float64]) -> tuple[int, int]:
    """Rows of the likeliest start and end."""
    size = len(logits)
    allowed = np.tri(size, size, LONGEST_ANSWER - 1, dtype=bool) & np.tri(size, size, dtype=bool).T
    grid = np.where(allowed, logits[:, 0][:, None] + logits[:, 1][None, :], -np.inf)
    head, tail = np.unravel_index(int(grid.argmax()), grid.shape)
    return int(head), int(tail)
