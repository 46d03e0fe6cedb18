"""Who holds which position: statements of the corpus as rows of holder, stance, target, speaker and date.

    query → statements (by actor, or near the topic) → one row a position → what came later → filtered, ranked

A claim about an actor by somebody else stays that person's claim: ``speaker`` and ``modality`` go with every row, and
only what an actor says of itself counts as its ``own``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from assistant.actors import ActorBook
from assistant.answering.citations import Source
from assistant.answering.evidence import EvidenceSentence
from assistant.answering.position_history import merged, with_later
from assistant.answering.position_model import Position
from assistant.answering.sightings import content_of, placed_key, quoted_span, sighting
from assistant.answering.targets import TargetWeights, target_stems
from assistant.answering.topic import Place, Topic, TopicSearch, by_place, checked_topic, unranked
from assistant.errors import InvalidInput
from assistant.index.statement_queries import PlacedStatement, holders_like, placed_statements
from assistant.models import Filters, Statement
from assistant.names import ARTICLES
from assistant.retrieval.words import stem, stem_set, words_of
from assistant.stances import StanceBook

NEAR_PASSAGES = 200  # whose statements are considered for a topic
MOST_STATEMENTS = 1_000  # read of the actors in question, those of the newest documents first


@dataclass(frozen=True, slots=True)
class PositionQuery:
    """Which positions are wanted; what is left out allows all.

    Args:
        actor: any name of the holder: "Moscow" is Russia.
        stance: a key of stances.yaml, its label, or one of its words: "ruled out" is rejects.
        about: a topic in a few words.
        filters: which documents may be used; ``as_of`` leaves out everything later.
        limit: most rows.
    """

    actor: str | None = None
    stance: str | None = None
    about: str | None = None
    filters: Filters = field(default_factory=Filters)
    limit: int = 100


@dataclass(frozen=True, slots=True)
class PositionFinder:
    """Answers position queries from the catalog.

    Args:
        actors: who is known by which names.
        stances: which words stand for which stance.
        search: finds what is near to a topic; queries without a topic do without it.
    """

    actors: ActorBook
    stances: StanceBook
    search: TopicSearch | None

    def positions(self, connection: Connection, query: PositionQuery) -> list[Position]:
        """The positions asked for, the most relevant and most recent first.

        Raises:
            InvalidInput: the stance is unknown.
            InvalidQuestion: the topic is empty.
        """
        stance = None if query.stance is None else self.stance_key(query.stance)
        person = None
        holders: list[str] | None = None
        if query.actor is not None:
            holders, person = self.holders(connection, query.actor)
            if not holders:
                return []
        topic = None
        if query.about is not None:
            topic = self._search.read(connection, checked_topic(query.about))
        rows, weights = self._positions(connection, query.filters, holders, stance, topic)
        wanted = [
            position
            for position in rows
            if (stance is None or position.stance == stance)
            and (holders is None or position.holder in holders)
            and (holders is not None or self.is_actor(position.holder))
            and (topic is None or position.relevance > 0)
            and _not_after(position.stated_at, query.filters.as_of)
        ]
        found = with_later(wanted, rows, weights)
        return sorted(found, key=lambda position: _rank(position, person))[: query.limit]

    def among(
        self, connection: Connection, filters: Filters, stated: Sequence[PlacedStatement], target: str | None
    ) -> list[Position]:
        """The positions that statements make about a target, with what came later, in a fixed order.

        Args:
            connection: the snapshot to read.
            filters: which documents may be used.
            stated: the statements.
            target: what the positions must be about; None for all of them.
        """
        places = {(p.place.passage.document_id, quoted_span(p)[0]) for p in stated}
        near = _Near.of(stated, target)
        held = placed_statements(connection, filters, MOST_STATEMENTS, holders=near.holders, matters=near.may_meet)
        rows, weights = self._rows(connection, [*stated, *held], None)
        wanted = [
            position
            for position in rows
            if any((s.retrieved.passage.document_id, s.start) in places for s in (position.source, *position.also))
        ]
        if target is not None:  # before what came later is looked for, which most positions are not asked for
            wanted = _about(connection, wanted, target)
        return sorted(with_later(wanted, rows, weights), key=lambda position: _rank(position, None))

    def holders(self, connection: Connection, name: str) -> tuple[list[str], str | None]:
        """Under which names statements hold an actor's positions, and the person where the name is one's.

        An actor that no file lists is found by the name that the texts give it.
        """
        actor = self.actors.named(name) or self.actors.resolve(name)
        if actor is None:
            mentions = self.actors.find(name, any_case=True)
            actor = mentions[0][2] if len(mentions) == 1 else None
        if actor is None:
            return holders_like(connection, " ".join(name.split())), None
        person = actor.name if actor.kind == "person" else None
        return list(dict.fromkeys([self.actors.side_of(actor).name, actor.name])), person

    def stance_key(self, word: str) -> str:
        """The stance that a key, label or word of it means.

        Raises:
            InvalidInput: it means none.
        """
        wanted = _stems(word)
        for stance in self.stances:
            if word.strip().lower() in (stance.key, stance.label.lower()):
                return stance.key
        for stance in self.stances:
            if wanted and any(_stems(text) == wanted for _, text in stance.words):
                return stance.key
        raise InvalidInput(
            f"There is no stance {word!r}.", f"Use one of: {', '.join(stance.key for stance in self.stances)}."
        )

    def is_actor(self, holder: str) -> bool:
        """Whether a holder is somebody: known, or with a name of its own. "A political declaration" holds nothing."""
        if self.actors.named(holder) is not None:
            return True
        words = holder.split()
        if words and words[0].lower() in ARTICLES:
            words = words[1:]
        if not words or "’s " in holder.replace("'", "’"):
            return False
        return words[0][:1].isupper() and words[-1][:1].isupper()

    @property
    def _search(self) -> TopicSearch:
        if self.search is None:
            raise InvalidInput("Positions cannot be searched by topic here.", "Leave the topic out.")
        return self.search

    def _positions(
        self,
        connection: Connection,
        filters: Filters,
        holders: Sequence[str] | None,
        stance: str | None,
        topic: Topic | None,
    ) -> tuple[list[Position], TargetWeights]:
        placed: list[PlacedStatement] = []
        if topic is not None:
            hits = self._search.passages(connection, topic, filters, NEAR_PASSAGES)
            seqs = [hit.seq for hit in hits]
            placed += placed_statements(connection, filters, MOST_STATEMENTS, holders=holders, seqs=seqs)
        elif holders is None:
            placed += placed_statements(connection, filters, MOST_STATEMENTS, stance=stance)
        # Everything that could matter: also other stances of the holders, since those may come later.
        known = sorted({p.statement.holder for p in placed if p.statement.holder}) if holders is None else holders
        placed += placed_statements(connection, filters, MOST_STATEMENTS, holders=known)
        return self._rows(connection, placed, topic)

    def _rows(
        self, connection: Connection, placed: Sequence[PlacedStatement], topic: Topic | None
    ) -> tuple[list[Position], TargetWeights]:
        by_key = {placed_key(p): p for p in placed if p.statement.holder}
        sightings = self._sightings(connection, list(by_key.values()), topic)
        weights = TargetWeights.of(connection, [position.stems for position in sightings])
        return merged(sightings, weights), weights

    def _sightings(
        self, connection: Connection, placed: Sequence[PlacedStatement], topic: Topic | None
    ) -> list[Position]:
        hits = {hit.seq: hit for hit in unranked(p.place for p in placed)}
        made = [sighting(p, Source(hits[p.place.seq].retrieved, *quoted_span(p))) for p in placed]
        if topic is None:
            return made
        scored = by_place(self._search.sentences(connection, topic, list(hits.values())))
        return [_with_relevance(position, p, topic, scored) for position, p in zip(made, placed, strict=True)]


@dataclass(frozen=True, slots=True)
class _Near:
    """Whose statements can come after some others, and about what: a big corpus has a thousand about other things."""

    holders: tuple[str, ...]
    stems: frozenset[str] | None  # of the targets; None for any

    @classmethod
    def of(cls, stated: Sequence[PlacedStatement], target: str | None) -> _Near:
        """Of the statements that may be about ``target``."""
        wanted = None if target is None else stem_set(target)
        found = [(p.statement.holder, target_stems(p.statement, content_of(p))) for p in stated if p.statement.holder]
        about = [(holder, stems) for holder, stems in found if wanted is None or not stems or stems & wanted]
        stems = None if wanted is None else frozenset().union(*(each for _, each in about))
        return cls(tuple(sorted({holder for holder, _ in about if holder})), stems)

    def may_meet(self, statement: Statement) -> bool:
        """Whether a statement may be about the same; where its target is unknown, anything may be."""
        if self.stems is None or statement.target is None:
            return True
        return not self.stems.isdisjoint(stem_set(statement.target))


def _about(connection: Connection, positions: Sequence[Position], target: str) -> list[Position]:
    """Those of ``positions`` that are about a target."""
    wanted = stem_set(target)
    weights = TargetWeights.of(connection, [wanted, *(w for position in positions for w in position.wordings)])
    return [position for position in positions if weights.concerns(position.wordings, wanted)]


def _with_relevance(
    position: Position, placed: PlacedStatement, topic: Topic, scored: Mapping[Place, EvidenceSentence]
) -> Position:
    found = [
        scored[placed.place.seq, start]
        for start, _ in placed.place.passage.sentences
        if position.source.start <= start < position.source.end and (placed.place.seq, start) in scored
    ]
    target = position.target
    relevant = [topic.relevance(sentence, target) for sentence in found if topic.covers(sentence, target)]
    return replace(position, relevance=max(relevant, default=0.0))


def _not_after(stated_at: str | None, as_of: str | None) -> bool:
    return stated_at is None or as_of is None or stated_at[: len(as_of)] <= as_of[: len(stated_at)]


def _rank(position: Position, person: str | None) -> tuple[object, ...]:
    """Most relevant first, then what the actor says itself, what still holds, and what is newest."""
    day = position.stated_at or ""
    return (
        person is not None and not (position.speaker or "").endswith(person.split()[-1]),
        -round(position.relevance, 1),
        not position.own,
        position.superseded_by is not None,
        position.modality != "stated",
        [-ord(character) for character in day.ljust(10, "\x00")],
        position.document_id,
        position.source.start,
        position.stance,
    )


def _stems(text: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in words_of(text))
