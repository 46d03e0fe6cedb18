"""How much a statement is about what a question asks about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.answering.evidence import EvidenceSentence, QuestionTerms
from assistant.models import RetrievedPassage, Statement
from assistant.retrieval.position_question import PositionQuestion
from assistant.retrieval.words import stem, stem_set

NEARBY = 0.8  # the target's words in the sentence but not in the statement's own target count this much,
AROUND = 0.6  # and those in the rest of the passage, its headings and its title this much
MEANING = 0.9  # a sentence that is near in meaning to the target, without its words, counts this much at most:
NEAR = 0.65  # at this cosine of the two and above …
FAR = 0.37  # … and nothing at this one and below
HEADLESS = 0.6  # the noun asked about is not even in the passage: the other words of the target count this much
TAKEN_UP = 0.9  # the noun asked about, and nothing that is not asked about, is what the statement is about

# Words that only say that something is a subject: who speaks "in the gas dispute" need not name a dispute.
_FRAMES = frozenset(
    stem(word)
    for word in """affair behalf case conflict context controversy debate discussion dispute issue matter process
    question row situation subject topic""".split()
)


@dataclass(frozen=True, slots=True)
class TargetAsked:
    """What a question is about, as stems; none where it names nothing."""

    stems: frozenset[str]
    head: str | None  # the stem of the noun that the others belong to
    terms: QuestionTerms
    vector: NDArray[np.float32] | None = None  # unit vector of its words, shape (dimension,)
    kin: tuple[tuple[str, frozenset[str]], ...] = ()  # stems, and those that stand for the same

    @classmethod
    def of(
        cls, question: PositionQuestion, terms: QuestionTerms, vector: NDArray[np.float32] | None = None
    ) -> TargetAsked:
        """The target of a question, with how much each of its words says and what they mean together."""
        if not question.target:
            return cls(frozenset(), None, terms)
        stems = stem_set(" ".join(question.focus) or question.target)
        head = stem(question.focus[0].lower()) if question.focus else None
        kin = tuple((stem(word.lower()), frozenset(map(stem, others))) for word, others in question.kin)
        return cls(stems - _FRAMES or stems, head, terms, vector, kin)

    def relevance(self, statement: Statement, sentence: EvidenceSentence, around: frozenset[str]) -> float:
        """Share of the target, rare words counting more, that a statement is about, 0 to 1.

        Args:
            statement: somewhere in ``sentence``.
            sentence: where it stands.
            around: what ``stems_around`` finds for its passage.
        """
        if not self.stems:
            return 0.0
        own = stem_set(statement.target or "")
        here, there = self._with_kin(own | sentence.stems), self._with_kin(around)
        nearby = self.terms.share_of(self.stems, here | there)
        # "The decision was welcomed", where the decision to do this and that is asked about.
        taken_up = self.head in own and own <= self.stems
        named = max(
            TAKEN_UP * nearby if taken_up else 0.0,
            self.terms.share_of(self.stems, self._with_kin(own)),
            NEARBY * self.terms.share_of(self.stems, here),
            AROUND * nearby,
        )
        missing = self.head in self.stems and self.head not in here | there
        return max(HEADLESS * named if missing else named, self._likeness(sentence))

    def _with_kin(self, stems: frozenset[str]) -> frozenset[str]:
        return stems.union(word for word, others in self.kin if others & stems)

    def _likeness(self, sentence: EvidenceSentence) -> float:
        """How near a sentence is to the target in meaning: "foreign troops" to "Western soldiers"."""
        if self.vector is None:
            return 0.0
        cosine = float(sentence.vector @ self.vector)
        return MEANING * min(max((cosine - FAR) / (NEAR - FAR), 0.0), 1.0)


def stems_around(retrieved: RetrievedPassage) -> frozenset[str]:
    """The stems of a passage with its headings and its title."""
    passage = retrieved.passage
    return stem_set(" ".join([retrieved.metadata.title, *passage.headings, passage.text]))
