"""Whether two positions are about the same thing.

Targets are compared by their stems, each weighted by how rare it is in the corpus, so that "the presence of foreign
troops in Ukraine" and "foreign troops on Ukrainian soil" are one subject and two plans of different people are not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from assistant.index import lexical
from assistant.index.counts import count_live_passages
from assistant.models import Statement
from assistant.retrieval.words import stem, stem_set, words_of

SAME_SHORTER = 0.6  # share of the lighter target's weight that both have …
SAME_LONGER = 0.3  # … and of the heavier one's,
SAME_BY_ONE = 0.5  # which is more where a single stem is shared: "troops" alone says little
ASKED_SHARE = 0.5  # of the weight of the words asked about that a target must have to be about them
COMMONEST = 0.5  # weight of a stem that stands in every passage, so that no target weighs nothing
UNIT = 1_000  # weights are whole thousandths, so that their sum is the same in any order

# Words that stand for a target named elsewhere, or for no target in particular.
EMPTY = frozenset(
    stem(word)
    for word in """this that it these those them one ones thing things idea ideas anything something nothing everything
    any some such new other more further own position positions""".split()
)


@dataclass(frozen=True, slots=True)
class TargetWeights:
    """How much each stem says, as inverse document frequency in thousandths."""

    weights: Mapping[str, int]
    _totals: dict[frozenset[str], int] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, connection: Connection, targets: Iterable[frozenset[str]]) -> TargetWeights:
        """Weights of all stems in ``targets``, from the passages in the caller's snapshot."""
        stems = sorted(frozenset().union(*targets))
        frequencies = lexical.document_frequencies(connection, stems)
        passages = count_live_passages(connection)
        rarity = {s: COMMONEST + math.log((1 + passages) / (1 + frequencies.get(s, 0))) for s in stems}
        return cls({s: round(UNIT * weight) for s, weight in rarity.items()})

    def total(self, stems: frozenset[str]) -> int:
        """The weight of a set of stems."""
        known = self._totals.get(stems)
        if known is None:
            known = self._totals[stems] = self.weigh(stems)
        return known

    def weigh(self, stems: Iterable[str]) -> int:
        """The weight of some stems, not kept."""
        return sum(self.weights.get(s, 0) for s in stems)

    def same(self, one: frozenset[str], other: frozenset[str]) -> bool:
        """Whether two targets are the same thing; an unknown target is the same as no other."""
        shared = one & other
        if not shared:
            return False
        weight, first, second = self.weigh(shared), self.total(one), self.total(other)
        longer = SAME_LONGER if len(shared) > 1 else SAME_BY_ONE
        return weight >= SAME_SHORTER * min(first, second) and weight >= longer * max(first, second)

    def same_in_any(self, one: Sequence[frozenset[str]], other: Sequence[frozenset[str]]) -> bool:
        """Whether any wording of one target is the same thing as any wording of the other."""
        return any(self.same(first, second) for first in one for second in other)

    def concerns(self, wordings: Iterable[frozenset[str]], wanted: frozenset[str]) -> bool:
        """Whether any wording of a target is about at least half of what is asked about."""
        total = self.total(wanted)
        return total > 0 and any(self.total(wording & wanted) >= ASKED_SHARE * total for wording in wordings)


def target_stems(statement: Statement, content: str) -> frozenset[str]:
    """What a position is about, as stems; nothing where it is left to a pronoun.

    Args:
        statement: the position.
        content: the words that hold it, used where no target was found.
    """
    words = stem_set(statement.target if statement.target is not None else content) - EMPTY
    # "Ukraine's bid" held by Ukraine is about the bid.
    own = frozenset(stem(word) for word in words_of(statement.holder or ""))
    return words - own or words
