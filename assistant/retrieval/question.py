"""Placeholder until the reader of questions is finished (being written by the owner of this file)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PositionQuestion:
    """What a question asks about positions."""

    actor: str | None = None
    stance: str | None = None
    target: str | None = None
    asks: str | None = None
    since: str | None = None
    until: str | None = None
    search_terms: tuple[str, ...] = ()


class QuestionReader:
    """Reads questions."""

    def __init__(self, *_: object) -> None:
        pass

    def read(self, question: str) -> PositionQuestion:
        """Nothing about positions."""
        return PositionQuestion()
