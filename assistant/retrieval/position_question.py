"""What a question asks of positions, and what it takes for granted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from assistant.models import Modality

Asks = Literal["what", "who", "position", "everyone", "change"]


@dataclass(frozen=True, slots=True)
class PositionQuestion:
    """What a question asks of positions; ``asks`` is None when it asks for something else.

    ``actor`` is whose position is asked for, by the name that ``Statement.holder`` has; ``speaker`` is set too where
    the question names a person. ``modality`` is "expected" where it asks for forecasts of that position ("Who doubts
    that Putin will agree?"). ``negated`` is set where it asks for what was not done ("What did X not rule out?"), and
    ``whether`` where yes or no is an answer; ``firm`` is not where it may just as well ask for a fact ("Did X join the
    pact?"). ``since`` and ``until`` are ISO days, both inclusive, as the question writes them; ``dated`` is set where
    it asks since when. ``focus`` are the nouns, names and numbers of the target, the one that the others belong to
    first; ``kin`` are other words for one of them. ``why`` is set where the reason is asked for, and ``disputed`` where
    it is what sources or actors disagree about, of ``between`` where it names them. ``aliases`` are the actor's other
    names, and ``search_terms`` what to look for beside the question's words.
    """

    asks: Asks | None = None
    actor: str | None = None
    stance: str | None = None
    target: str | None = None
    speaker: str | None = None
    recipient: str | None = None
    modality: Modality | None = None
    negated: bool = False
    firm: bool = True
    whether: bool = False
    focus: tuple[str, ...] = ()
    kin: tuple[tuple[str, tuple[str, ...]], ...] = ()
    why: bool = False
    disputed: bool = False
    between: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    dated: bool = False
    aliases: tuple[str, ...] = ()
    search_terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Premise:
    """What a question takes for granted: "Why does Russia accept the plan?" that Russia accepts it."""

    actor: str
    stance: str
    target: str
