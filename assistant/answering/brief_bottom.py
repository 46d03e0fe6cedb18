"""The bottom line of a brief: a few of its sentences that say most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.answering.evidence import EvidenceSentence
from assistant.answering.position_model import Position
from assistant.answering.selection import says_the_same
from assistant.answering.topic import Topic

BOTTOM_LINES = 4
CENTROID_SENTENCES = 30

# First words of sentences that lean on the one before.
_LEANING = frozenset("it he she they this that these those such its his her their there but and so".split())


def bottom_line(
    topic: Topic, sentences: Sequence[EvidenceSentence], positions: Sequence[Position]
) -> list[EvidenceSentence]:
    """The most central sentence, the leading actors' own positions, and further central sentences.

    Central are the sentences nearest to what all sentences on the topic say together (the centroid of Radev et al.,
    "Centroid-based summarization of multiple documents", 2004).

    Args:
        topic: what the brief is about.
        sentences: those about the topic, best first.
        positions: rows, the most relevant first.
    """
    centre = np.mean([sentence.vector for sentence in sentences[:CENTROID_SENTENCES]], axis=0)
    centre = centre / (np.linalg.norm(centre) or 1.0)
    past = {(p.document_id, p.source.start) for p in positions if p.superseded_by is not None}

    def central(sentence: EvidenceSentence) -> tuple[float, int, int]:
        score = topic.relevance(sentence) + float(sentence.vector @ centre)
        return (-round(score, 6), sentence.hit.seq, sentence.start)

    standing = sorted(
        (s for s in sentences if (s.retrieved.passage.document_id, s.start) not in past and _stands_alone(s)),
        key=central,
    )
    by_place = {(s.retrieved.passage.document_id, s.start): s for s in standing}
    leading: dict[str, EvidenceSentence] = {}
    for position in positions:
        sentence = by_place.get((position.document_id, position.source.start))
        if position.own and position.modality == "stated" and sentence is not None:
            leading.setdefault(position.holder, sentence)
    chosen = [*standing[:1], *list(leading.values())[: BOTTOM_LINES - 1], *standing[1:]]
    return distinct(chosen, BOTTOM_LINES)


def _stands_alone(sentence: EvidenceSentence) -> bool:
    """Whether a sentence can be read without the one before it."""
    first = sentence.text.split(maxsplit=1)[0].lower() if sentence.text.split() else ""
    return first not in _LEANING and not sentence.text.rstrip().endswith(("?", ":"))


def distinct(sentences: Sequence[EvidenceSentence], limit: int) -> list[EvidenceSentence]:
    """The first ``limit`` sentences of which no two say the same."""
    kept: list[EvidenceSentence] = []
    for sentence in sentences:
        if len(kept) < limit and not any(says_the_same(sentence, other) for other in kept):
            kept.append(sentence)
    return kept
