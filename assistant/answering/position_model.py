"""A position as a row: who holds what, about what, said by whom and when, and where that stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from assistant.answering.citations import Source
from assistant.models import Modality

DatedBy = Literal["text", "report"]


# How speech is reported, in news of the day.
_SPEAKING = frozenset(
    """said told added announced declared stated wrote warned insisted confirmed noted stressed explained replied
    answered called according reiterated""".split()
)
# Pasts of irregular verbs in stances.yaml; regular ones end in -ed.
_PAST = frozenset(
    """sought gave withdrew swore upheld stood undertook forewent forsook let put laid held took broke spoke drew
    brought foresaw foretold bet became came shot threw went made signed""".split()
)


@dataclass(frozen=True, slots=True)
class Later:
    """The statement that came after: what is held since."""

    document_id: str
    version: int
    passage_id: str
    start: int
    end: int
    stance: str
    negated: bool
    stated_at: str


@dataclass(frozen=True, slots=True)
class Position:
    """One position of one actor.

    ``stated_at`` is as precise as is known; ``dated_by`` tells whether the text gives it or only the report's own
    date is known, and ``current`` whether the words are of the day on which they were reported. ``also`` are further
    places that say the same, and ``origins`` the independent reports among all places: near-duplicate documents are
    one.

    For comparing: ``stems`` is what the position is about, ``wordings`` the same in the words of every place,
    ``words`` are the stems of the quoted sentences, and ``quotations`` what these have in quotation marks.
    """

    holder: str
    stance: str
    target: str | None
    speaker: str | None
    speaker_actor: str | None
    modality: Modality
    stated_at: str | None
    dated_by: DatedBy | None
    current: bool
    source: Source
    origins: tuple[str, ...]
    stems: frozenset[str]
    words: frozenset[str]
    quotations: tuple[str, ...]
    wordings: tuple[frozenset[str], ...]
    also: tuple[Source, ...] = ()
    relevance: float = 0.0
    superseded_by: Later | None = None

    @property
    def own(self) -> bool:
        """Whether the holder's side says it of itself."""
        return self.speaker_actor == self.holder

    @property
    def claimant(self) -> str | None:
        """Who claims it of the holder; None where the holder or the text itself does."""
        return None if self.own else self.speaker_actor

    @property
    def document_id(self) -> str:
        """The document that is quoted."""
        return self.source.retrieved.passage.document_id

    @property
    def published_at(self) -> str | None:
        """When that document was published."""
        return self.source.retrieved.metadata.published_at

    @property
    def text(self) -> str:
        """The words quoted."""
        passage = self.source.retrieved.passage
        return passage.text[self.source.start - passage.start : self.source.end - passage.start]


def is_current(cue: str, text: str) -> bool:
    """Whether a report without a date in the text is of the present: "rejects" and "has offered", or words spoken.

    Args:
        cue: the words that introduce it.
        text: the sentence, for the auxiliary before them.

    "Ukraine sought membership for many years", written today, is not of today.
    """
    words = cue.lower().split()
    if not words or re.search(rf"\b(?:has|have)\s(?:\w+\s){{0,2}}{re.escape(cue)}", text, re.IGNORECASE):
        return bool(words)
    if words[0] in {"has", "have", "is", "are", "was", "were", "will", "would", "can", "cannot", "could", "now"}:
        return words[0] not in {"was", "were"}
    verb = next((word for word in words if word not in {"also", "again", "never", "not"}), words[0])
    return verb in _SPEAKING or not (verb.endswith("ed") or verb in _PAST)
