"""The brief: everything the corpus holds on a topic, in sections, made of the sources' own sentences.

    topic → evidence → positions → agreements, disagreements → open questions → timeline → changes → gaps → sources

Nothing is drawn at random and no clock is read: the same corpus and request give the same brief. Passages are found
by exact scan, since an approximate index may answer differently after a rebuild.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from assistant.answering import brief_lines as lines
from assistant.answering.brief_bottom import bottom_line, distinct
from assistant.answering.brief_gaps import gap_items
from assistant.answering.brief_model import (
    AGREEMENT,
    BOTTOM_LINE,
    CHANGES,
    GAPS,
    OPEN,
    POSITIONS,
    SOURCES,
    TIMELINE,
    Brief,
    BriefItem,
    BriefRequest,
    BriefSection,
)
from assistant.answering.brief_sources import source_items
from assistant.answering.changes import is_new, turns
from assistant.answering.citations import CitationList, Source
from assistant.answering.disagreement import agreements, disagreements
from assistant.answering.evidence import EvidenceSentence
from assistant.answering.position_model import Position
from assistant.answering.positions import PositionFinder, PositionQuery
from assistant.answering.said import said_between
from assistant.answering.targets import TargetWeights
from assistant.answering.timeline import Event, TimelineFinder, TimelineQuery
from assistant.answering.topic import KNOWN_RELEVANCE, Topic, TopicSearch, checked_topic
from assistant.index.catalog import corpus_state, newest_date
from assistant.index.statement_queries import statements_within
from assistant.models import Filters, Statement

EVIDENCE_PASSAGES = 40
MOST_POSITIONS = 200
ACTORS = 12
POSITIONS_AN_ACTOR = 6
DISPUTES = 8
QUESTIONS = 6
EVENTS = 20
CHANGES_SHOWN = 12
CORROBORATION = 2  # further places cited with a line


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found on a topic, before it is worded."""

    topic: Topic
    sentences: tuple[EvidenceSentence, ...]  # those about the topic, best first
    positions: tuple[Position, ...]
    weights: TargetWeights
    events: tuple[Event, ...]
    open: tuple[EvidenceSentence, ...]


@dataclass(frozen=True, slots=True)
class BriefWriter:
    """Writes briefs.

    Args:
        search: finds what is near to a topic; give it an exact index.
        positions: finds positions, with the same search.
        timeline: finds events, with the same search.
    """

    search: TopicSearch
    positions: PositionFinder
    timeline: TimelineFinder

    def write(self, connection: Connection, request: BriefRequest) -> Brief:
        """A brief, from one snapshot of the corpus.

        A topic on which the corpus has nothing gives a brief that says so, with no other section than the gaps.

        Raises:
            InvalidQuestion: the topic is empty.
            TooLarge: it is longer than allowed.
        """
        topic = checked_topic(request.topic)
        findings = self._find(connection, topic, request)
        citations = CitationList()
        if findings is None:
            nothing = f"The corpus{_limits(request.filters)} says nothing on “{topic}”."
            sections = [BriefSection(GAPS, (BriefItem(nothing, ()),))]
        else:
            sections = self._sections(connection, findings, request, citations)
        return Brief(
            id="",
            title=f"Brief: {topic}",
            topic=topic,
            as_of=request.filters.as_of,
            since=request.since,
            corpus_state=corpus_state(connection),
            newest_source=newest_date(connection, request.filters),
            sections=tuple(section for section in sections if section.items),
            citations=citations.all(),
        ).identified()

    def _find(self, connection: Connection, text: str, request: BriefRequest) -> Findings | None:
        filters = request.filters
        topic = self.search.read(connection, text)
        hits = self.search.passages(connection, topic, filters, EVIDENCE_PASSAGES)
        scored = self.search.sentences(connection, topic, hits)
        about = [sentence for sentence in scored if topic.covers(sentence)]
        if max((topic.relevance(sentence) for sentence in about), default=0.0) < KNOWN_RELEVANCE:
            return None
        positions = self.positions.positions(connection, PositionQuery(None, None, text, filters, MOST_POSITIONS))
        events = self.timeline.events(connection, TimelineQuery(text, filters=filters, limit=EVENTS))
        keys = {(s.retrieved.passage.document_id, s.retrieved.passage.version) for s in about}
        said = statements_within(connection, keys)
        return Findings(
            topic,
            tuple(about),
            tuple(positions),
            TargetWeights.of(connection, [wording for position in positions for wording in position.wordings]),
            tuple(events),
            tuple(distinct([s for s in about if _is_open(s, said)], QUESTIONS)),
        )

    def _sections(
        self, connection: Connection, found: Findings, request: BriefRequest, citations: CitationList
    ) -> list[BriefSection]:
        """In reading order, since citations are numbered as they come."""
        first = bottom_line(found.topic, found.sentences, found.positions)
        sections = [
            BriefSection(BOTTOM_LINE, tuple(_cited(s, citations) for s in first)),
            BriefSection(POSITIONS, tuple(self._by_actor(found, citations))),
            BriefSection(AGREEMENT, tuple(self._disputes(found, citations))),
            BriefSection(OPEN, tuple(_cited(s, citations) for s in found.open)),
            BriefSection(TIMELINE, tuple(_event_item(event, citations) for event in found.events)),
        ]
        changes = self._changes(found, request.since, citations)
        heading = f"{CHANGES} since {lines.shown_date(request.since)}" if request.since else CHANGES
        sections.append(BriefSection(heading, tuple(changes)))
        gaps = gap_items(connection, self.positions, found.positions, request, citations, changed=bool(changes))
        sections.append(BriefSection(GAPS, tuple(gaps)))
        sections.append(BriefSection(SOURCES, tuple(source_items(citations.all()))))
        return sections

    def _by_actor(self, found: Findings, citations: CitationList) -> list[BriefItem]:
        held: dict[str, dict[tuple[str, int], list[Position]]] = {}
        for position in found.positions:
            if position.superseded_by is None and position.modality != "asked":
                sentences = held.setdefault(position.holder, {})
                sentences.setdefault((position.document_id, position.source.start), []).append(position)
        ranked = sorted(held, key=lambda holder: (-_weight(held[holder]), holder))
        return [
            BriefItem(lines.position_line(self.positions.stances, rows), _cite(citations, rows), holder)
            for holder in ranked[:ACTORS]
            for rows in list(held[holder].values())[:POSITIONS_AN_ACTOR]
        ]

    def _disputes(self, found: Findings, citations: CitationList) -> list[BriefItem]:
        stances = self.positions.stances
        items = [
            BriefItem(lines.agreement_line(stances, item), _cite(citations, item.positions), "Agreements")
            for item in agreements(found.positions, found.weights)[:DISPUTES]
        ]
        for dispute in disagreements(found.positions, found.weights)[:DISPUTES]:
            numbers = _cite(citations, [dispute.one, dispute.other])
            items.append(BriefItem(lines.disagreement_line(stances, dispute), numbers, "Disagreements"))
        return items

    def _changes(self, found: Findings, since: str | None, citations: CitationList) -> list[BriefItem]:
        """Positions that were superseded by a different one, and, since a date, those that are new."""
        stances = self.positions.stances
        turned = turns(found.positions, since)[:CHANGES_SHOWN]
        items = [
            BriefItem(lines.change_line(stances, earlier, later), _cite(citations, [earlier, later]), "Changed")
            for earlier, later in turned
        ]
        told = {(later.document_id, later.source.start) for _, later in turned}
        for position in found.positions:
            place = (position.document_id, position.source.start)
            if since is not None and len(items) < CHANGES_SHOWN and place not in told and is_new(position, since):
                told.add(place)
                items.append(BriefItem(lines.new_line(stances, position), _cite(citations, [position]), "New"))
        return items


def _is_open(sentence: EvidenceSentence, said: dict[tuple[str, int], list[Statement]]) -> bool:
    """Whether a sentence leaves something open: a question, or what a text calls unresolved."""
    if sentence.text.rstrip().endswith("?") or sentence.text.startswith("Whether "):
        return True
    return any(
        statement.stance == "undecided" or statement.modality == "asked"
        for statement in said_between(said, sentence.retrieved.passage, sentence.start, sentence.end)
    )


def _cited(sentence: EvidenceSentence, citations: CitationList) -> BriefItem:
    number = citations.cite(Source(sentence.retrieved, sentence.start, sentence.end))
    return BriefItem(lines.flat(sentence.text), (number,))


def _cite(citations: CitationList, positions: Sequence[Position]) -> tuple[int, ...]:
    numbers = [citations.cite(position.source) for position in positions]
    numbers += [citations.cite(source) for p in positions for source in p.also[:CORROBORATION]]
    return tuple(dict.fromkeys(numbers))


def _event_item(event: Event, citations: CitationList) -> BriefItem:
    length = {"year": 4, "month": 7, "day": 10}[event.precision]
    numbers = [citations.cite(source) for source in (event.source, *event.also[:CORROBORATION])]
    return BriefItem(lines.event_line(lines.shown_date(event.date[:length]), event.text), tuple(numbers))


def _weight(sentences: dict[tuple[str, int], list[Position]]) -> float:
    """How much an actor says on the topic: its own statements count more than what others say of it."""
    return sum(p.relevance * (1.0 if p.own else 0.5) for rows in sentences.values() for p in rows[:1])


def _limits(filters: Filters) -> str:
    """What of the corpus could be used, where that is not all of it."""
    if filters == Filters():
        return ""
    if filters == Filters(as_of=filters.as_of):
        return f", as of {lines.shown_date(filters.as_of or '')},"
    return ", within the filters given,"
