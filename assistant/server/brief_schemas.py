"""The shapes of positions, timelines and briefs on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from assistant.answering.brief_model import Brief, BriefRequest
from assistant.answering.citations import CitationList
from assistant.answering.position_model import Position
from assistant.answering.timeline import Event
from assistant.models import Modality
from assistant.server.schemas import CitationOut, FiltersIn, IsoDate, Request


class LaterOut(BaseModel):
    """The statement that came after: what is held since ``stated_at``."""

    document_id: str
    version: int
    passage_id: str
    start: int
    end: int
    stance: str
    negated: bool
    stated_at: str


class PositionOut(BaseModel):
    """One position: ``speaker`` says that ``holder`` has the ``stance`` towards ``target``.

    Where ``speaker_actor`` is not the holder, it is somebody else's claim. ``dated_by`` is "text" where the words say
    when, "report" where only the date of the report is known. ``also`` are further places that say the same, and
    ``origins`` counts independent reports: near-duplicate documents are one.
    """

    holder: str
    stance: str
    target: str | None
    speaker: str | None
    speaker_actor: str | None
    modality: Modality
    stated_at: str | None
    dated_by: Literal["text", "report"] | None
    superseded_by: LaterOut | None
    quote: str
    citation: CitationOut
    also: list[CitationOut]
    origins: int

    @classmethod
    def of(cls, position: Position, citations: CitationList) -> PositionOut:
        """From the domain, with its citations numbered among ``citations``."""
        later = position.superseded_by
        numbers = [citations.cite(source) for source in (position.source, *position.also)]
        cited = [CitationOut.of(citations.all()[number - 1]) for number in numbers]
        return cls(
            holder=position.holder,
            stance=position.stance,
            target=position.target,
            speaker=position.speaker,
            speaker_actor=position.speaker_actor,
            modality=position.modality,
            stated_at=position.stated_at,
            dated_by=position.dated_by,
            superseded_by=None
            if later is None
            else LaterOut(
                document_id=later.document_id,
                version=later.version,
                passage_id=later.passage_id,
                start=later.start,
                end=later.end,
                stance=later.stance,
                negated=later.negated,
                stated_at=later.stated_at,
            ),
            quote=cited[0].quote,
            citation=cited[0],
            also=cited[1:],
            origins=len(position.origins),
        )


class PositionList(BaseModel):
    """Who holds what, the most relevant and most recent first."""

    positions: list[PositionOut]

    @classmethod
    def of(cls, positions: list[Position]) -> PositionList:
        """From the domain."""
        citations = CitationList()
        return cls(positions=[PositionOut.of(position, citations) for position in positions])


class EventOut(BaseModel):
    """A dated sentence: ``date`` is the first day of the year, month or day that ``precision`` says it names."""

    date: str
    precision: Literal["year", "month", "day"]
    text: str
    citation: CitationOut
    also: list[CitationOut]
    origins: int

    @classmethod
    def of(cls, event: Event, citations: CitationList) -> EventOut:
        """From the domain, with its citations numbered among ``citations``."""
        numbers = [citations.cite(source) for source in (event.source, *event.also)]
        cited = [CitationOut.of(citations.all()[number - 1]) for number in numbers]
        return cls(
            date=event.date,
            precision=event.precision,
            text=event.text,
            citation=cited[0],
            also=cited[1:],
            origins=len(event.origins),
        )


class EventList(BaseModel):
    """What happened when, earliest first."""

    events: list[EventOut]

    @classmethod
    def of(cls, events: list[Event]) -> EventList:
        """From the domain."""
        citations = CitationList()
        return cls(events=[EventOut.of(event, citations) for event in events])


class BriefIn(Request):
    """A topic to be briefed on."""

    topic: str = Field(examples=["security guarantees"])
    as_of: IsoDate | None = None
    since: IsoDate | None = None
    filters: FiltersIn = FiltersIn()
    answerer: Literal["extractive", "model"] | None = None

    def domain(self) -> BriefRequest:
        """As the inside knows it."""
        return BriefRequest(self.topic, self.since, self.filters.domain(self.as_of))


class BriefItemOut(BaseModel):
    """One line, the citations that it rests on, and the group of lines that it belongs to."""

    text: str
    citations: list[int]
    group: str | None


class BriefSectionOut(BaseModel):
    """A heading and its lines."""

    heading: str
    items: list[BriefItemOut]


class BriefOut(BaseModel):
    """A brief. ``corpus_state`` grows with every write, so equal states mean an unchanged corpus."""

    id: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    title: str
    topic: str
    as_of: str | None
    since: str | None
    corpus_state: int
    newest_source: str | None
    sections: list[BriefSectionOut]
    citations: list[CitationOut]
    answerer: Literal["extractive", "model"]
    model: str | None
    prompt: str | None
    withheld: int = Field(description="Sentences that a model wrote and its section's sources do not back.")
    notice: str | None = Field(description="Which sections a model did not write, and why.")

    @classmethod
    def of(cls, brief: Brief) -> BriefOut:
        """From the domain."""
        return cls(
            id=brief.id,
            title=brief.title,
            topic=brief.topic,
            as_of=brief.as_of,
            since=brief.since,
            corpus_state=brief.corpus_state,
            newest_source=brief.newest_source,
            sections=[
                BriefSectionOut(
                    heading=section.heading,
                    items=[
                        BriefItemOut(text=item.text, citations=list(item.citations), group=item.group)
                        for item in section.items
                    ],
                )
                for section in brief.sections
            ],
            citations=[CitationOut.of(citation) for citation in brief.citations],
            answerer=brief.answerer,
            model=brief.model,
            prompt=brief.prompt,
            withheld=brief.withheld,
            notice=brief.notice or None,
        )
