"""One attribution: a cue, who it names as the source, and where what they say stands."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Attribution:
    """One cue with its source and content; characters within the block."""

    cue_token: int
    cue: tuple[int, int]
    source: int | None  # head token of who says it
    content: tuple[int, int]
    rule: str  # which construction was recognised
    negated: bool = False
    asked: bool = False
    relative: int | None = None  # the "who" or "which" that stands for the source before the cue


def moved(attribution: Attribution, content: tuple[int, int]) -> Attribution:
    """The same attribution with another content span."""
    return replace(attribution, content=content)
