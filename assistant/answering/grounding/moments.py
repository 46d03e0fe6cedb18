"""The dates in a sentence, each as partial as it is written, and whether one backs another.

A relative date ("yesterday", "on Sunday", "last month") is read against the day its document came out, so that
"on 14 December" is backed by "on Sunday" in a report of 15 December.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from assistant.curation.statements.dates import MONTHS, WEEKDAYS, day_named, published_day

_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
)
_DATE = re.compile(
    rf"""
    \b(?P<iso_year>\d{{4}})-(?P<iso_month>\d{{2}})(?:-(?P<iso_day>\d{{2}}))?\b
  | \b(?P<day1>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month1>{_MONTH})(?:,?\s+(?P<year1>\d{{4}})\b)?
  | \b(?P<month2>{_MONTH})\s+(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!,\d)(?:,?\s+(?P<year2>\d{{4}})\b)?
  | \b(?P<month3>{_MONTH})(?:,?\s+(?:of\s+)?(?P<year3>\d{{4}}))?\b
  | \b(?P<weekday>Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b
  | \b(?P<relative>[Yy]esterday|[Tt]oday|[Tt]omorrow|[Tt]onight
      |(?:[Ll]ast|[Nn]ext|[Tt]his|[Pp]revious|[Pp]rior)\s(?:week|month|quarter|year|spring|summer|autumn|winter)
      |(?:a|one|two|three|four|five|six|\d{{1,3}})\s(?:day|week|month|year)s?\s(?:ago|earlier|later))\b
  | \b(?P<decade>(?:1[5-9]|20)\d0)s\b
  | (?<![\d$€£.,])\b(?P<year4>1[5-9]\d\d|20\d\d)\b(?![\d%]|,\d|\.\d)
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A date as far as it is stated; ``resolved`` is the day it means, where the document's date tells."""

    start: int
    end: int
    shown: str
    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    relative: str | None = None
    decade: int | None = None
    resolved: date | None = None

    @property
    def kind(self) -> str:
        """What it states: two dates can contradict each other only where they state the same."""
        if self.relative:
            return "relative"
        if self.weekday is not None:
            return "weekday"
        if self.decade is not None:
            return "decade"
        return "day" if self.day else "month" if self.month else "year"


def moments(text: str, published_at: str | None = None) -> tuple[Moment, ...]:
    """The dates of a text from left to right.

    Args:
        text: where to look.
        published_at: ISO date on which the text came out; None for a draft.
    """
    published = published_day(published_at)
    found = []
    for match in _DATE.finditer(text):
        moment = _moment(match, published)
        if moment is not None:
            found.append(moment)
    return tuple(found)


def agrees(draft: Moment, source: Moment) -> bool:
    """Whether ``source`` backs ``draft``: it states, or comes out on, everything that ``draft`` states."""
    if draft.relative:
        return source.relative is not None and direction(source.relative) == direction(draft.relative)
    if draft.weekday is not None:
        if source.weekday is not None:
            return source.weekday == draft.weekday
        known = source.resolved
        return known is not None and known.weekday() == draft.weekday
    if draft.decade is not None:
        year = source.year or (source.resolved.year if source.resolved else None)
        return source.decade == draft.decade or (year is not None and year // 10 * 10 == draft.decade)
    return all(
        _part(source, name) == getattr(draft, name)
        for name in ("year", "month", "day")
        if getattr(draft, name) is not None
    )


def direction(relative: str) -> tuple[int, str]:
    """Which way a relative date points, and in which unit: "last year" and "a year ago" are (-1, "year")."""
    words = relative.split()
    if len(words) == 1:
        return {"yesterday": -1, "tomorrow": 1}.get(words[0], 0), "day"
    if words[-1] in {"ago", "earlier", "later"}:
        return (1 if words[-1] == "later" else -1), words[-2].rstrip("s")
    return {"next": 1, "this": 0}.get(words[0], -1), words[-1]


def _part(moment: Moment, name: str) -> int | None:
    stated: int | None = getattr(moment, name)
    if stated is None and moment.resolved is not None:
        if name == "day" and moment.month is not None and moment.day is None:
            return None
        part: int = getattr(moment.resolved, name)
        return part
    return stated


def _moment(match: re.Match[str], published: date | None) -> Moment | None:
    start, end = match.span()
    shown = match.group()
    if match["weekday"]:
        return Moment(
            start,
            end,
            shown,
            weekday=WEEKDAYS[match["weekday"].lower()],
            resolved=day_named(shown, published) if published else None,
        )
    if match["relative"]:
        said = " ".join(shown.lower().split())
        return Moment(start, end, shown, relative=said, resolved=_relative(said, published) if published else None)
    if match["decade"]:
        return Moment(start, end, shown, decade=int(match["decade"]))
    if match["year4"]:
        return Moment(start, end, shown, year=int(match["year4"]))
    year = match["iso_year"] or match["year1"] or match["year2"] or match["year3"]
    day = match["iso_day"] or match["day1"] or match["day2"]
    name = match["month1"] or match["month2"] or match["month3"]
    month = int(match["iso_month"]) if match["iso_month"] else MONTHS[name.lower().rstrip(".")]
    if not 1 <= month <= 12 or (name == "May" and not day and not year and not _is_month(match)):
        return None
    resolved = day_named(shown, published) if day and published else None
    if resolved is None and not day and not year and published:  # a month without a year: the latest one that has begun
        resolved = date(published.year - (month > published.month), month, 1)
    return Moment(
        start,
        end,
        shown,
        year=int(year) if year else None,
        month=month,
        day=int(day) if day else None,
        resolved=resolved,
    )


def _is_month(match: re.Match[str]) -> bool:
    """Whether "May" stands where a month does, not the verb at the head of a sentence."""
    before = match.string[: match.start()].rstrip().rsplit(" ", 1)[-1].lower()
    return before in {"in", "of", "since", "until", "by", "early", "late", "mid", "last", "next", "this"}


def _relative(said: str, published: date) -> date | None:
    day = day_named(said, published)
    if day is not None:
        return day
    years = {"last year": -1, "next year": 1, "this year": 0, "previous year": -1, "prior year": -1}
    if said in years:
        return date(published.year + years[said], 1, 1)
    if said in {"last month", "previous month"}:
        return published.replace(day=1) - timedelta(days=1)
    return None
