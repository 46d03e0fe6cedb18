"""What can be wrong with a sentence, and what its evidence has to offer for the comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.answering.grounding.alignment import SourceSentence
from assistant.answering.grounding.analysis import Analysis
from assistant.answering.grounding.moments import Moment
from assistant.answering.grounding.numerals import Numeral

FindingKind = Literal[
    "citation", "quotation", "number", "date", "name", "negation", "opposite", "roles", "certainty", "attribution"
]


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which a sentence departs from its sources."""

    kind: FindingKind
    draft: str  # the words of the sentence
    source: str | None  # what the source has in their place; None where it has nothing
    reason: str  # one sentence for the reader
    conflict: bool = False  # the source says otherwise; else it only does not say it


@dataclass(frozen=True, slots=True)
class Context:
    """What the passages around the evidence hold, read without a parse: any of it may back a detail."""

    words: frozenset[str]  # folded, of text, title, headings, publisher and speakers
    actors: frozenset[str]
    numerals: tuple[Numeral, ...]
    moments: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a sentence is compared with."""

    sentences: Sequence[tuple[SourceSentence, Analysis]]  # best first
    contexts: Sequence[Context]

    @property
    def words(self) -> frozenset[str]:
        """Every folded word of the passages."""
        return frozenset().union(*(context.words for context in self.contexts))

    @property
    def actors(self) -> frozenset[str]:
        """Every actor that the passages name."""
        return frozenset().union(*(context.actors for context in self.contexts))
