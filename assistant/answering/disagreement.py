"""Where positions contradict each other: both sides with their sources and dates, never a mean of the two.

There are two kinds. *Actors* disagree when one is for what the other is against. *Sources* disagree when they tell
different things of one actor and neither came later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.answering.position_model import Position
from assistant.answering.targets import TargetWeights

Kind = Literal["actors", "sources"]

FAVOURABLE = frozenset({"accepts", "supports", "offers", "proposes", "promises", "demands"})
ADVERSE = frozenset({"rejects"})
# Giving something up is the contrary of whatever the same actor held of it before.
_GIVEN_UP = FAVOURABLE | ADVERSE
_DENIED = frozenset({"accuses", "concedes", "accepts"})


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two positions about the same thing that cannot both be had."""

    kind: Kind
    one: Position
    other: Position


@dataclass(frozen=True, slots=True)
class Agreement:
    """Positions of different actors that point the same way."""

    positions: tuple[Position, ...]


def stances_clash(one: Position, other: Position) -> bool:
    """Whether one actor cannot hold both about the same thing at once."""
    if one.stance == other.stance:
        return (one.modality == "negated") != (other.modality == "negated")
    if "negated" in (one.modality, other.modality):
        return False
    pair = {one.stance, other.stance}
    if "concedes" in pair and pair & _GIVEN_UP:
        return True
    return opposed(one.stance, other.stance)


def disagreements(positions: Sequence[Position], weights: TargetWeights) -> list[Disagreement]:
    """The contradictions among ``positions``, each pair of actors once a subject.

    Positions that were superseded, asked about or taken back contradict nothing. Between actors, at least one side
    must speak for itself: two forecasts about others are no quarrel of theirs.

    Args:
        positions: rows, the most relevant first.
        weights: for comparing what they are about.
    """
    held = [p for p in positions if p.superseded_by is None and p.modality not in ("asked", "negated")]
    found: list[Disagreement] = []
    for index, one in enumerate(held):
        for other in held[index + 1 :]:
            kind = _kind(one, other)
            if kind is not None and weights.same_in_any(one.wordings, other.wordings):
                found.append(Disagreement(kind, one, other))
    found.sort(key=lambda d: _certainty(d.one) + _certainty(d.other))  # stable: relevance decides among equals
    distinct: list[Disagreement] = []
    for item in found:
        if not any(_same_dispute(item, kept, weights) for kept in distinct):
            distinct.append(item)
    return distinct


def agreements(positions: Sequence[Position], weights: TargetWeights) -> list[Agreement]:
    """Groups of positions of at least two actors for, or against, the same thing."""
    held = [p for p in positions if p.superseded_by is None and p.own and p.modality == "stated"]
    groups: list[list[Position]] = []
    for position in held:
        side = _side(position.stance)
        if side is None:
            continue
        group = next(
            (g for g in groups if _side(g[0].stance) == side and weights.same_in_any(g[0].wordings, position.wordings)),
            None,
        )
        if group is None:
            groups.append([position])
        elif all(position.holder != member.holder for member in group):
            group.append(position)
    return [Agreement(tuple(group)) for group in groups if len(group) > 1]


def _kind(one: Position, other: Position) -> Kind | None:
    if one.holder == other.holder:
        same_voice = one.claimant == other.claimant and one.own == other.own
        clash = stances_clash(one, other) and {one.stance, other.stance} != {"concedes", "rejects"}
        return "sources" if clash and (not same_voice or one.document_id != other.document_id) else None
    if not (one.own or other.own) or _speaks_of(one, other) or _speaks_of(other, one):
        return None
    return "actors" if opposed(one.stance, other.stance) else None


def _speaks_of(one: Position, other: Position) -> bool:
    """Whether ``one`` is a claim, by the holder of ``other``, about somebody: that is no position against itself."""
    return not one.own and one.claimant == other.holder


def opposed(one: str, other: str) -> bool:
    """Whether one stance is for what the other is against, or denies what the other says."""
    pair = {one, other}
    if pair & ADVERSE and pair & FAVOURABLE:
        return True
    return "denies" in pair and bool(pair & _DENIED)


def same_side(one: str, other: str) -> bool:
    """Whether two stances are both for, or both against, what they are about."""
    return _side(one) is not None and _side(one) == _side(other)


def _side(stance: str) -> bool | None:
    if stance in FAVOURABLE:
        return True
    return False if stance in ADVERSE else None


def _certainty(position: Position) -> int:
    """0 for what an actor states itself, more for what others say or expect of it."""
    return (0 if position.own else 1) + (0 if position.modality == "stated" else 1)


def _same_dispute(one: Disagreement, other: Disagreement, weights: TargetWeights) -> bool:
    if {one.one.holder, one.other.holder} != {other.one.holder, other.other.holder} or one.kind != other.kind:
        return False
    return weights.same(one.one.stems | one.other.stems, other.one.stems | other.other.stems)
