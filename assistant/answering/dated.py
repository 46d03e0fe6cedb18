"""The dates in a sentence that say when something happened, each as precise as it is written.

Dates that only name something ("the agreement of 12 February 2015", "the December talks") or bound it ("before
2014", "by Monday") are left out: they do not say when the sentence's event took place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from assistant.curation.statements.dates import period_named

Precision = Literal["year", "month", "day"]

_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_WEEKDAY = r"(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b"
_COUNT = r"(?:\d{1,3}|two|three|four|five|six|a|one)"
_MENTION = re.compile(
    rf"""
    (?P<day> \b\d{{4}}-\d{{2}}-\d{{2}}\b
           | \b{_DAY}\ (?:of\ )?{_MONTH}(?:,?\ \d{{4}}\b)?
           | \b{_MONTH}\ {_DAY}\b(?!,\d)(?:,?\ \d{{4}}\b)? )
  | (?P<month> \b{_MONTH},?\ \d{{4}}\b )
  | (?P<relative> \b(?:(?:[Nn]ext|[Ll]ast|[Tt]his|[Pp]ast|[Cc]oming)\ )?{_WEEKDAY}(?!s)
                | \b(?:[Yy]esterday|[Tt]omorrow|[Tt]onight|[Tt]his\ (?:morning|afternoon|evening))\b
                | \b(?:said|announced|told\ \w+|earlier|later|met)\ today\b
                | \b{_COUNT}\ (?:day|week)s?\ (?:ago|earlier)\b )
  | (?P<year> (?: (?<=\b[Ii]n\ )(?:early\ |late\ |mid-?)? | (?<=\b[Ss]ince\ ) | (?<=\b[Dd]uring\ ) )
            (?:1[5-9]|20)\d\d\b )
    """,
    re.VERBOSE,
)
_DAY_BEFORE = r"(?:early |late |mid-?)?(?:\w+day,? )?$"
_BOUND = re.compile(
    r"\b(?:by|before|until|till|through|prior to|up to|ahead of|every|each|no later than)\s+"
    rf"(?:the )?(?:end of )?{_DAY_BEFORE}",
    re.IGNORECASE,
)
_NAMES = re.compile(rf"(?P<head>[\w’']+)\s+of\s+(?:(?:\d{{1,2}} )?\w+ (?:\d{{4}} )?and )?{_DAY_BEFORE}", re.IGNORECASE)
_MODIFIES = re.compile(r"\b(?:the|a|an|its|their|his|her|this|that|\w+[’']s?)\s+$", re.IGNORECASE)
# "of" after these does say when: "on the evening of 24 February".
_TIMES = frozenset(
    """weekend weekends evening night nights morning afternoon day days week weeks hours end beginning start middle
    half month months course spring summer autumn fall winter eve early late""".split()
)


# Kinds of documents that tell of the past: what was said is not of the day on which they were written.
BACKGROUND = frozenset({"background", "profile", "explainer", "timeline", "history", "treaty", "glossary"})


@dataclass(frozen=True, slots=True)
class Dated:
    """A date in a text: its first and last day (ISO), how precise it is, and where it stands."""

    first: str
    last: str
    precision: Precision
    start: int
    end: int


def dates_in(text: str, published: date | None) -> Iterator[Dated]:
    """The dates in a text that say when, in order.

    Args:
        text: a sentence.
        published: the day it was published, which days without a year and days such as "Monday" are counted from.
            Without it they stay unknown and are left out.
    """
    for match in _MENTION.finditer(text):
        if _is_no_event(match, text):
            continue
        period = period_named(match.group(), published)
        if period is None:
            continue
        first, last = period
        if match.lastgroup == "day" and first != last:
            continue  # "14 December" with a year that cannot be told, or a day that does not exist
        yield Dated(first, last, _precision(first, last), match.start(), match.end())


def _precision(first: str, last: str) -> Precision:
    if first == last:
        return "day"
    return "month" if first[:7] == last[:7] else "year"


def _is_no_event(match: re.Match[str], text: str) -> bool:
    before = text[: match.start()]
    if _BOUND.search(before):
        return True
    named = _NAMES.search(before)
    if named is not None and named["head"].lower() not in _TIMES and not named["head"].isdigit():
        return True
    if match.lastgroup in ("month", "day"):
        # "the December 2025 talks": only where a noun follows, since "on the 14 June 2024" is no name.
        return bool(_MODIFIES.search(before)) and bool(re.match(r"\s+[a-z]", text[match.end() :]))
    return False
