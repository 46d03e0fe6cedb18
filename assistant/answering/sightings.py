"""From a statement to a row: which sentences hold it, when it was said, and whether it is a claim at all."""

from __future__ import annotations

import re

from assistant.answering.citations import Source
from assistant.answering.dated import BACKGROUND, dates_in
from assistant.answering.position_model import DatedBy, Position, is_current
from assistant.answering.targets import target_stems
from assistant.curation.statements.dates import published_day
from assistant.index.statement_queries import PlacedStatement
from assistant.models import Statement
from assistant.retrieval.words import stem_set

LONGEST_QUOTE = 4  # sentences, where what is said runs over several
LEAST_QUOTED = 3  # words of a quotation that two reports can be recognised by
EDGE = 4  # characters of a preposition between the verb and a date

_QUOTED = re.compile('[“"]([^“”"]{8,200})[”"]')


def placed_key(placed: PlacedStatement) -> tuple[object, ...]:
    """What tells two statements apart."""
    passage, statement = placed.place.passage, placed.statement
    return (passage.document_id, passage.version, statement)


def is_own(placed: PlacedStatement) -> bool:
    """Whether an actor's own side says it."""
    return placed.statement.speaker_actor == placed.statement.holder


def quoted_span(placed: PlacedStatement) -> tuple[int, int]:
    """The whole sentences, within the passage, in which something is said."""
    passage, statement = placed.place.passage, placed.statement
    first = min(statement.start, statement.speaker_start if statement.speaker_start is not None else statement.start)
    begin = next((s for s, e in passage.sentences if s <= statement.start < e), passage.start)
    if first < begin and statement.start == begin:
        begin = next((s for s, e in passage.sentences if s <= first < e), begin)
    ends = [e for s, e in passage.sentences if begin <= s < statement.end][:LONGEST_QUOTE]
    return begin, ends[-1] if ends else min(statement.end, passage.end)


def content_of(placed: PlacedStatement) -> str:
    """The words of what is said."""
    passage, statement = placed.place.passage, placed.statement
    return passage.text[statement.start - passage.start : statement.end - passage.start]


def sighting(placed: PlacedStatement, source: Source) -> Position:
    """One statement as a row of its own, quoted from ``source``."""
    passage, statement = placed.place.passage, placed.statement
    text = passage.text[source.start - passage.start : source.end - passage.start]
    stated_at, dated_by = _when(placed, source, text)
    stems = target_stems(statement, content_of(placed))
    quotations = (match.strip(" .,;") for match in _QUOTED.findall(text))
    return Position(
        holder=statement.holder or "",
        stance=statement.stance or "",
        target=statement.target,
        speaker=statement.speaker,
        speaker_actor=statement.speaker_actor,
        modality=statement.modality,
        stated_at=stated_at,
        dated_by=dated_by,
        current=is_current(statement.cue, text),
        source=source,
        origins=(placed.origin,),
        stems=stems,
        words=stem_set(text),
        quotations=tuple(quoted for quoted in quotations if len(quoted.split()) >= LEAST_QUOTED),
        wordings=(stems,),
    )


def _when(placed: PlacedStatement, source: Source, text: str) -> tuple[str | None, DatedBy | None]:
    """When it was said: the date that the sentence gives, else the day of the report, else unknown."""
    statement, published = placed.statement, placed.place.metadata.published_at
    if statement.date is not None:
        return statement.date, "text"
    for dated in dates_in(text, published_day(published)):
        if _tells_when(statement, source.start + dated.start, source.start + dated.end):
            length = {"year": 4, "month": 7, "day": 10}[dated.precision]
            return dated.first[:length], "text"
    if not published or (placed.place.metadata.source_type in BACKGROUND and not is_current(statement.cue, text)):
        return None, None
    return published[:10], "report"


def _tells_when(statement: Statement, start: int, end: int) -> bool:
    """Whether a date at these offsets is that of the statement, and not of something inside of what is said."""
    if end <= statement.start or start >= statement.end:
        return True
    if statement.quoted or statement.speaker is None:
        return False
    # "gave up the goal on 14 December", "called on 14 June for …": at the edge it belongs to the verb.
    return start - statement.start <= EDGE or statement.end - end <= EDGE // 2
