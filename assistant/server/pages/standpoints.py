"""Who stands where, and what happened when.

    /positions            a table of actors and subjects, and the statements behind one of its cells
    /partials/positions   those statements alone, for the panel beside the table
    /timeline             dated sentences, drawn and listed

Every control is a link or a form, so that each view has an address.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from assistant.access_model import Scope
from assistant.answering.matrix import Matrix
from assistant.answering.positions import PositionQuery
from assistant.answering.timeline import TimelineQuery
from assistant.answering.topic import MAX_TOPIC_CHARS
from assistant.errors import InvalidInput
from assistant.models import Filters
from assistant.server.brief_schemas import EventList, PositionList
from assistant.server.dependencies import ServicesDep
from assistant.server.forms import day_or_none
from assistant.server.pages.parts import HoldingsDep, PagesDep
from assistant.server.presentation import as_name
from assistant.server.suggestions import Holdings
from assistant.server.timeline_drawing import Window, draw, end_of, start_of, window_of
from assistant.services import Services

router = APIRouter()

MOST_SUBJECTS = 6
MOST_STATEMENTS = 100
MOST_EVENTS = 200
KEPT_TABLES = 20

Text = Annotated[str, Query(max_length=MAX_TOPIC_CHARS)]


class MatrixCache:
    """Tables that were asked for, until the corpus changes."""

    def __init__(self) -> None:
        self._moment: int | None = None
        self._kept: dict[tuple[Scope, tuple[str, ...], str | None, int], Matrix] = {}
        self._lock = threading.Lock()

    def of(
        self, services: Services, moment: int, subjects: Sequence[str], as_of: str | None, most_subjects: int
    ) -> Matrix:
        """The table over ``subjects`` in the corpus as it is at a ``moment``."""
        key = (services.database.scope, tuple(subjects), as_of, most_subjects)
        with self._lock:
            if self._moment != moment or len(self._kept) >= KEPT_TABLES:
                self._moment, self._kept = moment, {}
            if key not in self._kept:
                self._kept[key] = services.briefing.matrix(subjects, Filters(as_of=as_of), most_subjects)
            return self._kept[key]


def _matrices(request: Request) -> MatrixCache:
    cache: MatrixCache = request.app.state.matrices
    return cache


@dataclass(frozen=True, slots=True)
class PositionsForm:
    """What the page of positions is asked for."""

    subjects: str = ""  # separated by commas; the corpus's own topics where it is empty
    as_of: str = ""
    actor: str = ""
    stance: str = ""
    about: str = ""

    @property
    def opened(self) -> bool:
        """Whether statements are wanted, not the table alone."""
        return bool(self.actor or self.stance or self.about)

    def cell(self, actor: str, about: str, stance: str) -> str:
        """The address that opens the statements of a stance in a cell."""
        return self._address(replace(self, actor=actor, about=about, stance=stance))

    def row(self, actor: str) -> str:
        """The address that opens everything of an actor."""
        return self._address(replace(self, actor=actor, about="", stance=""))

    def _address(self, form: PositionsForm) -> str:
        given = ("subjects", form.subjects), ("as_of", form.as_of)
        wanted = ("actor", form.actor), ("about", form.about), ("stance", form.stance)
        pairs = [pair for pair in (*given, *wanted) if pair[1]]
        return f"/positions?{urlencode(pairs)}#statements"


def _positions_form(
    subjects: Text = "", as_of: Text = "", actor: Text = "", stance: Text = "", about: Text = ""
) -> PositionsForm:
    return PositionsForm(*(value.strip() for value in (subjects, as_of, actor, stance, about)))


PositionsFormDep = Annotated[PositionsForm, Depends(_positions_form)]


@router.get("/positions")
def positions(
    request: Request, form: PositionsFormDep, pages: PagesDep, services: ServicesDep, holdings: HoldingsDep
) -> HTMLResponse:
    """Actors and subjects with their stances; where a cell, an actor or a stance is named, its statements below."""
    as_of = day_or_none(form.as_of)
    subjects = [part.strip() for part in form.subjects.split(",") if part.strip()][:MOST_SUBJECTS]
    wanted = subjects or _own_subjects(services, holdings)
    table = _matrices(request).of(services, holdings.moment, wanted, as_of, MOST_SUBJECTS)
    context = {
        "form": form,
        "table": table,
        "missing": [subject for subject in subjects if subject not in table.subjects],
        "stances": services.briefing.stances,
        "found": _statements(services, form) if form.opened else None,
        "heading": 2,
        "alone": False,
    }
    return pages.page("positions.html", context)


@router.get("/partials/positions")
def positions_partial(form: PositionsFormDep, pages: PagesDep, services: ServicesDep) -> HTMLResponse:
    """The statements behind a cell, as the panel shows them."""
    found, stances = _statements(services, form), services.briefing.stances
    context = {"form": form, "found": found, "stances": stances, "heading": 2, "alone": True}
    return pages.page("_statements.html", context)


def _own_subjects(services: Services, holdings: Holdings) -> list[str]:
    """The corpus's topics that are subjects: whoever is an actor stands in a row."""
    names = [as_name(topic) for topic in holdings.overview.topics]
    return [name for name in names if services.briefing.finder.actors.named(name) is None]


def _statements(services: Services, form: PositionsForm) -> list[dict[str, Any]]:
    filters = Filters(as_of=day_or_none(form.as_of))
    query = PositionQuery(form.actor or None, form.stance or None, form.about or None, filters, MOST_STATEMENTS)
    found: list[dict[str, Any]] = PositionList.of(services.briefing.positions(query)).model_dump()["positions"]
    return found


@dataclass(frozen=True, slots=True)
class TimelineForm:
    """What the timeline is asked for."""

    about: str = ""
    actor: str = ""
    first: str = ""
    last: str = ""
    as_of: str = ""

    def within(self, window: Window | None) -> str:
        """The address that shows the same in another period; the whole where there is none."""
        bounds = [] if window is None else [("from", window.first.isoformat()), ("to", window.last.isoformat())]
        given = [("about", self.about), ("actor", self.actor), ("as_of", self.as_of)]
        pairs = [*(pair for pair in given if pair[1]), *bounds]
        return "/timeline" + (f"?{urlencode(pairs)}" if pairs else "")


def _timeline_form(
    about: Text = "",
    actor: Text = "",
    first: Annotated[str, Query(alias="from", max_length=32)] = "",
    last: Annotated[str, Query(alias="to", max_length=32)] = "",
    as_of: Text = "",
) -> TimelineForm:
    return TimelineForm(*(value.strip() for value in (about, actor, first, last, as_of)))


@router.get("/timeline")
def timeline(
    form: Annotated[TimelineForm, Depends(_timeline_form)], pages: PagesDep, services: ServicesDep
) -> HTMLResponse:
    """Events of a period, drawn and listed, each with its citation."""
    first, last = day_or_none(form.first), day_or_none(form.last)
    filters = Filters(as_of=day_or_none(form.as_of))
    query = TimelineQuery(form.about or None, form.actor or None, first, last, filters, MOST_EVENTS)
    events: list[dict[str, Any]] = EventList.of(services.briefing.events(query)).model_dump()["events"]
    days = [date.fromisoformat(event["date"]) for event in events]
    start, end = start_of(first) if first else None, end_of(last) if last else None
    if start and end and start > end:
        raise InvalidInput(f"The period from {form.first} to {form.last} is empty.", "Give the earlier date first.")
    window = window_of(days, start, end)
    drawing = draw(days, window) if window is not None else None
    context = {
        "form": form,
        "events": events,
        "drawing": drawing,
        "limited": bool(first or last),
        "cut": len(events) == MOST_EVENTS,
    }
    return pages.page("timeline.html", context)
