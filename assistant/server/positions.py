"""Who says what, and what happened when, over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from assistant.answering.positions import PositionQuery
from assistant.answering.timeline import TimelineQuery
from assistant.answering.topic import MAX_TOPIC_CHARS
from assistant.models import Filters
from assistant.server.brief_schemas import EventList, PositionList
from assistant.server.dependencies import ServicesDep
from assistant.server.problems import RESPONSES
from assistant.server.schemas import IsoDate

router = APIRouter(prefix="/api/v1", tags=["positions"], responses=RESPONSES)

LARGEST_PAGE = 500

Name = Annotated[str | None, Query(max_length=200)]
Words = Annotated[str | None, Query(max_length=MAX_TOPIC_CHARS)]
Day = Annotated[IsoDate | None, Query()]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]
Several = Annotated[list[Annotated[str, Query(max_length=500)]], Query(max_length=100)]


def _filters(
    document_id: Several = [],  # noqa: B006  # FastAPI copies defaults
    source: Several = [],  # noqa: B006
    source_type: Several = [],  # noqa: B006
    topic: Several = [],  # noqa: B006
    published_from: Day = None,
    published_to: Day = None,
    as_of: Day = None,
) -> Filters:
    """Which part of the corpus may be used; each list may be given several times."""
    return Filters(
        tuple(document_id), tuple(source), tuple(source_type), tuple(topic), published_from, published_to, as_of
    )


FiltersDep = Annotated[Filters, Depends(_filters)]


@router.get("/positions", operation_id="list_positions")
def list_positions(
    services: ServicesDep,
    filters: FiltersDep,
    actor: Name = None,
    stance: Name = None,
    about: Words = None,
    limit: Limit = 100,
) -> PositionList:
    """Who holds which position: own statements, and what others say of an actor, each with its speaker and date.

    ``actor`` takes any name ("the Kremlin" is Russia), ``stance`` a key of stances.yaml or one of its words.
    """
    query = PositionQuery(_given(actor), _given(stance), _given(about), filters, limit)
    return PositionList.of(services.briefing.positions(query))


@router.get("/timeline", operation_id="list_events")
def list_events(
    services: ServicesDep,
    filters: FiltersDep,
    about: Words = None,
    actor: Name = None,
    first: Annotated[IsoDate | None, Query(alias="from")] = None,
    last: Annotated[IsoDate | None, Query(alias="to")] = None,
    limit: Limit = 100,
) -> EventList:
    """Dated sentences of the corpus in the order of their dates."""
    query = TimelineQuery(_given(about), _given(actor), first, last, filters, limit)
    return EventList.of(services.briefing.events(query))


def _given(value: str | None) -> str | None:
    """A form sends a field that was left empty as an empty text."""
    return value if value and value.strip() else None
