"""Who stands where on what: positions as a table of actors and subjects.

    subjects → positions about each → one row an actor, one cell a subject, the stances that hold now first

A cell holds whole positions, so that each stance in it can be opened as the statements it rests on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.answering.position_model import Position

MOST_ACTORS = 12
MOST_POSITIONS = 200  # looked at for one subject


@dataclass(frozen=True, slots=True)
class StanceCount:
    """A stance in a cell: how many positions have it, and whether any of them is stated rather than expected."""

    stance: str
    positions: int
    stated: bool
    past: bool  # every one of them has been superseded


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """An actor and, for every subject, its stances; those that are stated and hold come first."""

    actor: str
    cells: tuple[tuple[StanceCount, ...], ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Subjects and rows; a subject on which nobody holds a position is left out."""

    subjects: tuple[str, ...]
    rows: tuple[MatrixRow, ...]


def matrix(found: Sequence[tuple[str, Sequence[Position]]], most_subjects: int) -> Matrix:
    """The table over the positions that were found about each subject.

    Args:
        found: subjects in the order wanted, each with the positions about it.
        most_subjects: columns that are kept; those without a position are not counted.
    """
    kept = [(subject, positions) for subject, positions in found if positions][:most_subjects]
    held = Counter(position.holder for _, positions in kept for position in positions if position.own)
    told = Counter(position.holder for _, positions in kept for position in positions)
    actors = sorted(told, key=lambda actor: (-held[actor], -told[actor], actor))[:MOST_ACTORS]
    rows = tuple(
        MatrixRow(actor, tuple(_cell(p for p in positions if p.holder == actor) for _, positions in kept))
        for actor in actors
    )
    return Matrix(tuple(subject for subject, _ in kept), rows)


def _cell(positions: Iterable[Position]) -> tuple[StanceCount, ...]:
    by_stance: dict[str, list[Position]] = {}
    for position in positions:
        by_stance.setdefault(position.stance, []).append(position)
    counts = [
        StanceCount(
            stance,
            len(members),
            any(position.modality == "stated" for position in members),
            all(position.superseded_by is not None for position in members),
        )
        for stance, members in by_stance.items()
    ]
    return tuple(sorted(counts, key=lambda c: (c.past, not c.stated, -c.positions, c.stance)))
