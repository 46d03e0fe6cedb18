"""One row a position, and what came after it.

Reports of the same statement are merged into one row. A later statement of the same speaker's side about the same
thing supersedes an earlier one, whether it repeats it or takes it back, as long as it is known to be later.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from assistant.answering.disagreement import stances_clash
from assistant.answering.position_model import Later, Position
from assistant.answering.targets import TargetWeights
from assistant.curation.statements.dates import published_day

SAME_NEWS = timedelta(days=3)  # reports this close to each other are of the same statement
SAME_WORDS = 0.8  # Jaccard similarity of two sentences that are copies of each other


def merged(positions: Iterable[Position], weights: TargetWeights) -> list[Position]:
    """One row for every position, with all the places that report it.

    Args:
        positions: one for every statement.
        weights: for comparing what they are about.
    """
    groups: dict[tuple[object, ...], list[list[Position]]] = {}
    for position in sorted(positions, key=_preference):
        key = (position.holder, position.stance, position.modality, position.claimant)
        rows = groups.setdefault(key, [])
        row = next((row for row in rows if _same_statement(row[0], position, weights)), None)
        if row is None:
            rows.append([position])
        else:
            row.append(position)
    return [_row(row) for rows in groups.values() for row in rows]


def with_later(positions: Sequence[Position], among: Sequence[Position], weights: TargetWeights) -> list[Position]:
    """The same rows, each with the next statement that supersedes it.

    Args:
        positions: rows.
        among: all rows of their holders.
        weights: for comparing what they are about.
    """
    streams: dict[tuple[object, ...], list[Position]] = {}
    for position in sorted(among, key=lambda p: (p.stated_at or "", p.document_id, p.source.start)):
        if position.stated_at is not None and position.modality != "asked":
            streams.setdefault((position.holder, position.claimant), []).append(position)
    return [
        replace(position, superseded_by=_next(position, streams.get((position.holder, position.claimant), []), weights))
        for position in positions
    ]


def _preference(position: Position) -> tuple[object, ...]:
    """Best first: dated, by a named speaker, with a target; then a fixed order."""
    return (
        position.relevance == 0,  # where a topic is given, the quotation is about it
        position.dated_by != "text",
        [-ord(character) for character in (position.stated_at or "").ljust(10, "\x00")],
        not position.stems,
        not _names_speaker(position),
        len(position.text) // 40,
        position.published_at or "9999",
        position.document_id,
        position.source.start,
    )


def _names_speaker(position: Position) -> bool:
    return position.speaker is not None and position.speaker.split()[-1] in position.text


def _row(places: Sequence[Position]) -> Position:
    best = places[0]
    if len(places) == 1:
        return best
    cited = {(best.document_id, best.source.start)}
    also = []
    for place in places[1:]:
        key = (place.document_id, place.source.start)
        if key not in cited:
            cited.add(key)
            also.append(place.source)
    days = [place.stated_at for place in places if place.dated_by == "text" and place.stated_at]
    return replace(
        best,
        stated_at=max(days, key=len, default=best.stated_at) if best.dated_by == "text" else best.stated_at,
        also=tuple(also),
        origins=tuple(sorted({origin for place in places for origin in place.origins})),
        relevance=max(place.relevance for place in places),
        wordings=tuple(dict.fromkeys(place.stems for place in places)),
    )


def _same_statement(one: Position, other: Position, weights: TargetWeights) -> bool:
    """Whether ``other`` reports the statement ``one``, of which the date is known at least as well."""
    copies = _same_words(one, other) or _same_quotation(one, other)
    if not copies and not weights.same(one.stems, other.stems):
        return False
    if one.dated_by == "text" and other.dated_by == "text":
        return _same_day(one.stated_at, other.stated_at)
    if copies or one.stated_at is None or other.stated_at is None:
        return True
    if not other.current:
        return True
    return _near(one.stated_at, other.stated_at)


def _same_words(one: Position, other: Position) -> bool:
    if one.origins == other.origins and one.text == other.text:
        return True
    if not SAME_WORDS <= len(one.words) / (len(other.words) or 1) <= 1 / SAME_WORDS:
        return False  # whatever they have in common
    return len(one.words & other.words) >= SAME_WORDS * len(one.words | other.words)


def _same_quotation(one: Position, other: Position) -> bool:
    """Whether both quote the same words of the same speaker: "a clear red line"."""
    if not one.quotations or one.speaker_actor != other.speaker_actor:
        return False
    return any(words in other.text for words in one.quotations)


def _same_day(one: str | None, other: str | None) -> bool:
    """Whether two dates can be the same day, as precise as each is."""
    if one is None or other is None:
        return False
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def _near(one: str, other: str) -> bool:
    first, second = _day(one), _day(other)
    return first is not None and second is not None and abs(first - second) <= SAME_NEWS


def _day(value: str) -> date | None:
    return published_day(value)


def _next(position: Position, stream: Sequence[Position], weights: TargetWeights) -> Later | None:
    """The first of a stream, in the order of dates, that supersedes; of one day, the one that takes back."""
    found: Position | None = None
    day = "" if _is_past(position) else position.stated_at or ""
    for other in stream[bisect_right(stream, day, key=lambda p: p.stated_at or "") :]:
        if found is not None and other.stated_at != found.stated_at:
            break
        if _supersedes(other, position) and weights.same_in_any(other.wordings, position.wordings):
            if found is None or (stances_clash(other, position) and not stances_clash(found, position)):
                found = other
    if found is None:
        return None
    passage = found.source.retrieved.passage
    return Later(
        passage.document_id,
        passage.version,
        passage.id,
        found.source.start,
        found.source.end,
        found.stance,
        found.modality == "negated",
        found.stated_at or "",
    )


def _supersedes(later: Position, earlier: Position) -> bool:
    """Whether one speaker's later word, about the same thing, stands in for its earlier one."""
    if (later.modality == "expected") != (earlier.modality == "expected") or earlier.modality == "asked":
        return False
    repeats = later.stance == earlier.stance or stances_clash(later, earlier)
    return repeats and _is_later(later, earlier)


def _is_later(other: Position, position: Position) -> bool:
    """Whether ``other`` is known to have been said after ``position``."""
    if other.stated_at is None:
        return False
    if _is_past(position) and other.dated_by == "text" and _documents(position) & _documents(other):
        return True  # a report that tells the turn tells the rest as its background
    if position.stated_at is None:
        return False
    if _is_past(other) and (position.dated_by == "text" or _near(other.stated_at, position.stated_at)):
        return False  # undated words about the past may be older than any date that another text gives
    length = min(len(other.stated_at), len(position.stated_at))
    return other.stated_at[:length] > position.stated_at[:length]


def _is_past(position: Position) -> bool:
    return position.dated_by != "text" and not position.current


def _documents(position: Position) -> frozenset[str]:
    return frozenset([position.document_id, *(source.retrieved.passage.document_id for source in position.also)])
