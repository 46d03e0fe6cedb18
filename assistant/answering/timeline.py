"""What happened when: the corpus's own dated sentences, in the order of their dates.

query → passages (near the topic, or naming the actor) → sentences with dates → one event a report → sorted
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from assistant.actors import Actor, ActorBook
from assistant.answering.citations import Source
from assistant.answering.dated import Dated, Precision, dates_in
from assistant.answering.evidence import EvidenceSentence
from assistant.answering.topic import Place, Topic, TopicSearch, by_place, checked_topic, unranked
from assistant.curation.statements.dates import published_day
from assistant.errors import InvalidInput
from assistant.index import lexical
from assistant.index.catalog import live_passages
from assistant.index.statement_queries import newest_passages, origins_of
from assistant.models import Filters
from assistant.retrieval.hybrid import Hit
from assistant.retrieval.words import stem_set

NEAR_PASSAGES = 300  # whose sentences are considered for a topic
MOST_PASSAGES = 5_000  # read where no topic is given, those of the newest documents first
SAME_EVENT = 0.5  # Jaccard similarity of stems above which two sentences of one date tell the same
SHORTEST = 4  # words; anything shorter tells nothing


@dataclass(frozen=True, slots=True)
class TimelineQuery:
    """Which events are wanted; what is left out allows all.

    Args:
        about: a topic in a few words.
        actor: any name of somebody whom the sentence must name.
        first: an ISO year, month or day before which nothing is wanted.
        last: the same for the end; both are inclusive.
        filters: which documents may be used. ``as_of`` leaves out both later documents and later events.
        limit: most events; the most relevant are kept where there is a topic, otherwise the latest.
    """

    about: str | None = None
    actor: str | None = None
    first: str | None = None
    last: str | None = None
    filters: Filters = field(default_factory=Filters)
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Event:
    """A dated sentence: ``date`` is the first day of the year, month or day that it names."""

    date: str
    precision: Precision
    text: str
    source: Source
    also: tuple[Source, ...] = ()
    origins: tuple[str, ...] = ()
    relevance: float = 0.0
    stems: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TimelineFinder:
    """Answers timeline queries from the catalog.

    Args:
        actors: who is known by which names.
        search: finds what is near to a topic; queries without a topic do without it.
    """

    actors: ActorBook
    search: TopicSearch | None

    def events(self, connection: Connection, query: TimelineQuery) -> list[Event]:
        """The events asked for, earliest first.

        Raises:
            InvalidInput: the period ends before it begins, or a topic is given that cannot be searched here.
            InvalidQuestion: the topic is empty.
        """
        if query.first is not None and query.last is not None and query.last < query.first[: len(query.last)]:
            raise InvalidInput(
                f"The period from {query.first} to {query.last} is empty.", "Give the earlier date first."
            )
        hits, scored = self._passages(connection, query)
        found = [event for hit in hits for event in self._events(hit, query, scored)]
        origins = origins_of(connection, sorted({e.source.retrieved.passage.document_id for e in found}))
        distinct = _distinct(found, origins)
        if query.about is not None:
            distinct.sort(key=lambda event: (-event.relevance, event.date))
        else:
            distinct.sort(key=lambda event: event.date, reverse=True)
        return sorted(distinct[: query.limit], key=_order)

    def _passages(
        self, connection: Connection, query: TimelineQuery
    ) -> tuple[list[Hit], dict[Place, EvidenceSentence] | None]:
        if query.about is None:
            if query.actor is None:
                return unranked(newest_passages(connection, query.filters, MOST_PASSAGES)), None
            names = lexical.content_words(" ".join(self._names(query.actor)))
            seqs = [seq for seq, _ in lexical.search(connection, names, MOST_PASSAGES)]
            return unranked(live_passages(connection, seqs, query.filters).values()), None
        if self.search is None:
            raise InvalidInput("The timeline cannot be searched by topic here.", "Leave the topic out.")
        topic = self.search.read(connection, checked_topic(query.about))
        hits = self.search.passages(connection, topic, query.filters, NEAR_PASSAGES)
        return hits, relevant(topic, self.search.sentences(connection, topic, hits))

    def _events(self, hit: Hit, query: TimelineQuery, scored: dict[Place, EvidenceSentence] | None) -> Iterable[Event]:
        passage = hit.passage
        published = published_day(hit.retrieved.metadata.published_at)
        for start, end in passage.sentences:
            sentence = scored.get((hit.seq, start)) if scored is not None else None
            if scored is not None and sentence is None:
                continue
            text = passage.text[start - passage.start : end - passage.start]
            if len(text.split()) < SHORTEST or text.rstrip().endswith("?") or not self._names_actor(text, query.actor):
                continue
            for dated in dates_in(text, published):
                if _within(dated, query):
                    yield Event(
                        dated.first,
                        dated.precision,
                        text,
                        Source(hit.retrieved, start, end),
                        relevance=sentence.cosine + sentence.overlap if sentence else 0.0,
                        stems=stem_set(text),
                    )

    def _actor(self, name: str) -> Actor | None:
        actor = self.actors.named(name) or self.actors.resolve(name)
        return self.actors.side_of(actor) if actor else None

    def _names(self, name: str) -> list[str]:
        """Every name under which a text may speak of the actor."""
        actor = self._actor(name)
        if actor is None:
            return [name]
        sides = [a for a in self.actors if self.actors.side_of(a).id == actor.id]
        return [text for a in sides for text in (a.name, *a.aliases, *a.metonyms, *a.adjectives)]

    def _names_actor(self, text: str, name: str | None) -> bool:
        if name is None:
            return True
        actor = self._actor(name)
        if actor is None:
            return name.lower() in text.lower()
        return any(self.actors.side_of(found).id == actor.id for _, _, found in self.actors.find(text))


def relevant(topic: Topic, sentences: Iterable[EvidenceSentence]) -> dict[Place, EvidenceSentence]:
    """The sentences that are about the topic, by where they begin."""
    return dict(by_place(sentence for sentence in sentences if topic.covers(sentence)))


def _within(dated: Dated, query: TimelineQuery) -> bool:
    """Whether an event's first day lies in the period, each bound as precise as it was written."""
    day = dated.first
    if query.first is not None and day[: len(query.first)] < query.first:
        return False
    return all(day[: len(bound)] <= bound for bound in (query.last, query.filters.as_of) if bound is not None)


def _distinct(events: Sequence[Event], origins: dict[str, str]) -> list[Event]:
    """One event for all reports of it, the most relevant and fullest telling first."""
    by_date: dict[tuple[str, Precision], list[list[Event]]] = {}
    for event in sorted(events, key=lambda e: (-e.relevance, *_order(e))):
        rows = by_date.setdefault((event.date, event.precision), [])
        row = next((row for row in rows if _same(row[0], event)), None)
        if row is None:
            rows.append([event])
        else:
            row.append(event)
    return [_merged(row, origins) for rows in by_date.values() for row in rows]


def _same(one: Event, other: Event) -> bool:
    return len(one.stems & other.stems) >= SAME_EVENT * len(one.stems | other.stems)


def _merged(row: Sequence[Event], origins: dict[str, str]) -> Event:
    first = row[0]
    seen = {(first.source.retrieved.passage.document_id, first.source.start)}
    also = []
    for event in row[1:]:
        key = (event.source.retrieved.passage.document_id, event.source.start)
        if key not in seen:
            seen.add(key)
            also.append(event.source)
    documents = {event.source.retrieved.passage.document_id for event in row}
    return Event(
        first.date,
        first.precision,
        first.text,
        first.source,
        tuple(also),
        tuple(sorted({origins.get(document_id, document_id) for document_id in documents})),
        first.relevance,
        first.stems,
    )


def _order(event: Event) -> tuple[object, ...]:
    """By date, the less precise first, then a fixed order."""
    rank = ("year", "month", "day").index(event.precision)
    return (event.date, rank, event.source.retrieved.passage.document_id, event.source.start)
