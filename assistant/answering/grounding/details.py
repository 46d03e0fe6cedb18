"""Numbers, dates and names of a sentence: each must be in what it cites."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.answering.grounding import moments, numerals
from assistant.answering.grounding.analysis import Analysis, Name
from assistant.answering.grounding.findings import Evidence, Finding
from assistant.answering.grounding.moments import Moment
from assistant.answering.grounding.numerals import Numeral
from assistant.retrieval.words import stem, stems_of

COUNTED = 10


def check_numbers(draft: Analysis, evidence: Evidence) -> Iterator[Finding]:
    """Numbers that no cited passage has."""
    near = [n for _, analysis in evidence.sentences for n in analysis.numerals]
    around = [n for context in evidence.contexts for n in context.numerals]
    for number in draft.numerals:
        if any(numerals.agrees(number, other) for other in (*near, *around)):
            continue
        if number.kind == "ordinal" and number.value <= 2:
            continue  # "first" and "second" are as often adverbs and enumerations
        if number.spelled and number.value <= COUNTED and not _counts_the_same(number, draft, evidence):
            continue  # whoever summarises counts: "two friends", "three services"
        rival = next((n for n in near if n.kind == number.kind), None)
        if rival is not None:
            yield Finding(
                "number", number.shown, rival.shown, f"The source has {rival.shown}, not {number.shown}.", True
            )
        else:
            yield Finding("number", number.shown, None, f"The source does not have the number {number.shown}.")


def _counts_the_same(number: Numeral, draft: Analysis, evidence: Evidence) -> bool:
    """Whether the evidence gives another number of the same things."""
    things = stems_of(draft.text[number.end :])[:2]
    return any(
        not set(things).isdisjoint(stems_of(analysis.text[n.end :])[:2])
        for _, analysis in evidence.sentences
        for n in analysis.numerals
        if n.kind == number.kind
    )


def check_dates(draft: Analysis, evidence: Evidence) -> Iterator[Finding]:
    """Dates that no cited passage states, or means."""
    near = [m for _, analysis in evidence.sentences for m in analysis.moments]
    around = [m for context in evidence.contexts for m in context.moments]
    for moment in draft.moments:
        if any(moments.agrees(moment, other) for other in (*near, *around)):
            continue
        rival = next((m for m in near if _rivals(moment, m)), None)
        if rival is not None:
            yield Finding("date", moment.shown, rival.shown, f"The source has {rival.shown}, not {moment.shown}.", True)
        elif moment.relative is None:  # relative to a day that the draft does not tell
            yield Finding("date", moment.shown, None, f"The source does not have the date {moment.shown}.")


def _rivals(draft: Moment, source: Moment) -> bool:
    if draft.relative and source.relative:
        return moments.direction(draft.relative)[1] == moments.direction(source.relative)[1]
    return draft.kind == source.kind


def check_names(draft: Analysis, evidence: Evidence) -> Iterator[Finding]:
    """Names that no cited passage has, under any name that is known."""
    known, actors = evidence.words, evidence.actors
    stems = frozenset(stem(word) for word in known)
    for name in draft.names:
        if _is_there(name, known, stems, actors):
            continue
        rival = _rival(name, draft, evidence)
        if rival is not None:
            yield Finding("name", name.shown, rival, f"The source names {rival}, not {name.shown}.", True)
        else:
            yield Finding("name", name.shown, None, f"The source does not mention {name.shown}.")


def _is_there(name: Name, known: frozenset[str], stems: frozenset[str], actors: frozenset[str]) -> bool:
    if name.actor is not None and name.actor in actors:
        return True
    there = [part in known or stem(part) in stems for part in name.parts]
    if all(there):
        return True
    initials = "".join(part[0] for part in name.parts)
    if len(initials) > 1 and initials in known:  # "World Health Organization" for "WHO"
        return True
    # A person is named in full where the source gives the last name only; other names by most of their words.
    return there[-1] if name.person and len(there) == 1 else sum(there) > len(there) / 2 and len(there) > 2


def _rival(name: Name, draft: Analysis, evidence: Evidence) -> str | None:
    """A name that the best sentence has and the draft has not."""
    own = {part for other in draft.names for part in other.parts}
    for _, analysis in evidence.sentences[:2]:
        for other in analysis.names:
            alike = other.person == name.person and (other.actor is None) == (name.actor is None)
            if alike and own.isdisjoint(other.parts):
                return other.shown
    return None
