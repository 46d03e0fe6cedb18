"""Whose a position is: the speaker's own, that of somebody the words name, or that of several at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.actors import ActorBook
from assistant.curation.statements.block import ParsedBlock
from assistant.curation.statements.positions import Position
from assistant.curation.statements.resolution import Discourse, Source
from assistant.curation.statements.sources import TEXTS, can_speak
from assistant.stances import StanceBook

if TYPE_CHECKING:
    from spacy.tokens import Token

_SPEAKER_PRONOUNS = frozenset("i we me us my our he she they it his her their its himself herself themselves".split())
_NOBODY = frozenset("nobody none no-one anybody anyone everybody everyone somebody someone who neither".split())
_OWN_COUNTRY = frozenset("country government nation administration party ministry".split())
_OWN_BODY = frozenset(
    """agency alliance association authority bank board body bureau campaign charity club coalition commission committee
    company council court federation firm foundation fund group institute institution movement network ngo office
    organisation organization panel party society think-tank union watchdog""".split()
)


@dataclass(frozen=True, slots=True)
class Held:
    """A position with the actor who holds it."""

    position: Position
    stance: str
    taken_back: bool  # negated, and the stance has no opposite
    holder: str | None
    known: bool  # holder is an actor of the book, and not just the speaker
    source: Source | None

    def same_position(self, other: Held) -> bool:
        """Whether two positions are told apart by nothing but their words."""
        return self.holder == other.holder and self.stance == other.stance and self.taken_back == other.taken_back


class Holders:
    """Finds the holders of positions.

    Args:
        actors: who is known by which names.
        stances: what negation makes of each stance.
    """

    def __init__(self, actors: ActorBook, stances: StanceBook) -> None:
        self._actors = actors
        self._stances = stances

    def side_name(self, source: Source | None) -> str | None:
        """The name under which somebody's positions are kept: that of their side, or their own."""
        if source is None:
            return None
        return self._actors.side_of(source.actor).name if source.actor else source.name

    def of(
        self,
        block: ParsedBlock,
        discourse: Discourse | None,
        position: Position,
        speaker: Source | None,
        *,
        spoken: bool,
    ) -> list[Held]:
        """The position once for every actor that holds it."""
        stance, taken_back = effective(position, self._stances)
        own = self.side_name(speaker)
        if position.own_only and not spoken:
            return []
        if position.holder is None:
            if position.kind not in {"verdict", "adjective"} or (position.kind == "adjective" and spoken is False):
                return []
            return [Held(position, stance, taken_back, own, False, speaker)]
        result: list[Held] = []
        for token in _somebody(position.holder):
            if spoken and token.lower_ in _SPEAKER_PRONOUNS:
                result.append(Held(position, stance, taken_back, own, False, speaker))
                continue
            if spoken and (_is_ours(token) or self._is_own_body(token, speaker)):
                result.append(Held(position, stance, taken_back, own, False, speaker))
                continue
            source = self._whose(block, discourse, token, position.kind == "verdict")
            if source is not None:
                known = source.actor is not None
                holder = self.side_name(source)
                if not position.own_only or holder == own:
                    result.append(Held(position, stance, taken_back, holder, known, source))
        if not result and position.kind == "verdict" and spoken:
            result.append(Held(position, stance, taken_back, own, False, speaker))
        return result

    def _is_own_body(self, noun: Token, speaker: Source | None) -> bool:
        """Whether "the government" or "the group" in somebody's words is the one that they speak for."""
        if speaker is None or speaker.actor is None or not _is_own(noun):
            return False
        bodies = _OWN_BODY if self._actors.side_of(speaker.actor).kind == "organisation" else _OWN_COUNTRY
        return noun.lower_ in bodies

    def _whose(self, block: ParsedBlock, discourse: Discourse | None, token: Token, anywhere: bool) -> Source | None:
        """Whom a holder's words stand for; ``anywhere``: an actor named within them will do."""
        speaks = can_speak(token) and token.lemma_.lower() not in TEXTS
        if discourse is not None and (speaks or token.lower_ in _SPEAKER_PRONOUNS):
            source = discourse.look_up(block, token)
            if source.actor is not None or not anywhere:
                return source
        if anywhere and token.pos_ in {"NOUN", "PROPN"}:
            left = block.doc[token.left_edge.i].idx
            right = block.doc[token.right_edge.i]
            mentions = self._actors.find(block.text[left : right.idx + len(right.text)])
            if mentions:
                start, end, actor = mentions[-1]  # "policy statements made by Russia"
                return Source(actor.name, actor, block.offset + left + start, block.offset + left + end)
        return discourse.look_up(block, token) if speaks and discourse is not None else None


def _somebody(holder: Token) -> list[Token]:
    """The holder and those named with it, none of them "nobody" or "everyone"."""
    return [token for token in (holder, *holder.conjuncts) if token.lower_ not in _NOBODY]


def _is_ours(noun: Token) -> bool:
    """Whether somebody speaks of their own people: "our members"."""
    return any(child.dep_ == "poss" and child.lower_ in {"our", "my"} for child in noun.children)


def _is_own(noun: Token) -> bool:
    """Whether "his country" or "the government" in somebody's words is their own."""
    return any(
        child.lower_ in {"the", "his", "her", "their", "our", "my", "its"} for child in noun.children
    ) and not any(child.pos_ in {"PROPN", "ADJ"} and child.ent_type_ for child in noun.children)


def effective(position: Position, stances: StanceBook) -> tuple[str, bool]:
    """The stance after negation, and whether it is only taken back."""
    if not position.force.negated:
        return position.stance, False
    opposite = None if position.force.unfinished else stances.negation_of(position.stance)
    return (opposite, False) if opposite is not None else (position.stance, True)
