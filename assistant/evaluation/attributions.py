"""Scoring who says what against articles in which people marked it: sources and contents as spans.

An attribution is found when a statement's speaker overlaps its source and the statement's content overlaps its
content. Statements and attributions are matched one to one, as many as possible, the largest overlaps first (the
assignment problem), so that a statement that covers two attributions finds one of them.

The format is that of PolNeAR (Newell, Margolin and Ruths, "An Attribution Relations Corpus for Political News",
LREC 2018).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

from assistant.evaluation.datasets import GoldAttribution, Span
from assistant.evaluation.measures import Measure, ratio_of
from assistant.models import Statement

MERGED = "two attributions in one statement"
WRONG_SOURCE = "right content, other source"
WRONG_CONTENT = "right source, other content"
MISSED = "not found at all"
SPLIT = "one attribution in two statements"
INVENTED = "no attribution there"


@dataclass(frozen=True, slots=True)
class Predicted:
    """One thing said as the extractor found it; several positions in it are one attribution."""

    speaker: Span | None
    content: Span
    speaker_name: str | None
    cue: str


@dataclass(frozen=True, slots=True)
class Error:
    """An attribution missed, or a statement that is none."""

    document_id: str
    missed: bool
    kind: str
    cue: str
    source: str
    content: str


@dataclass(frozen=True, slots=True)
class ArticleScore:
    """One article: what was found of it, and how exactly."""

    document_id: str
    gold: int
    gold_with_source: int
    predicted: int  # statements with a speaker in the text
    predicted_in_all: int
    found: int
    exact_source: int
    exact_content: int
    exact_both: int
    errors: tuple[Error, ...]


def predictions_of(statements: Sequence[Statement], place: Sequence[int] | None = None) -> list[Predicted]:
    """The distinct attributions among statements.

    Args:
        statements: of one version.
        place: for each offset of the version's text its offset in the article as marked; None where they are equal.
    """
    found: dict[tuple[Span | None, Span], Predicted] = {}
    for statement in statements:
        speaker = None
        if statement.speaker_start is not None and statement.speaker_end is not None:
            speaker = _moved((statement.speaker_start, statement.speaker_end), place)
        content = _moved((statement.start, statement.end), place)
        found.setdefault((speaker, content), Predicted(speaker, content, statement.speaker, statement.cue))
    return list(found.values())


def offsets_between(stored: str, original: str) -> list[int] | None:
    """For each offset of the stored text its offset in the original; None where the two are equal.

    Loading drops control characters and the like, so a stored text can be a few characters shorter.
    """
    if stored == original:
        return None
    place = [0] * (len(stored) + 1)
    for _, start, end, begin, stop in SequenceMatcher(None, stored, original, autojunk=False).get_opcodes():
        for step, offset in enumerate(range(start, end)):
            place[offset] = min(begin + step, stop)
        place[end] = stop
    return place


def score_article(
    document_id: str, text: str, gold: Sequence[GoldAttribution], predicted: Sequence[Predicted]
) -> ArticleScore:
    """Match one article's statements with its attributions.

    Args:
        document_id: names the article.
        text: as marked.
        gold: its attributions.
        predicted: its statements.
    """
    spoken = [p for p in predicted if p.speaker is not None]
    sourced = [g for g in gold if g.source]
    pairs = _matched(sourced, spoken)
    sources = {row: (spoken[column].speaker,) == sourced[row].source for row, column in pairs.items()}
    contents = {row: (spoken[column].content,) == sourced[row].content for row, column in pairs.items()}
    errors = [
        _miss(document_id, text, attribution, spoken) for row, attribution in enumerate(sourced) if row not in pairs
    ]
    used = set(pairs.values())
    errors += [
        _false_alarm(document_id, text, statement, sourced)
        for column, statement in enumerate(spoken)
        if column not in used
    ]
    return ArticleScore(
        document_id,
        len(gold),
        len(sourced),
        len(spoken),
        len(predicted),
        len(pairs),
        sum(sources.values()),
        sum(contents.values()),
        sum(sources[row] and contents[row] for row in pairs),
        tuple(errors),
    )


def measures_of(scores: Sequence[ArticleScore]) -> list[Measure]:
    """Precision, recall and F1 over articles; the strict figures count what has no speaker or source as well."""

    def ratio(name: str, above: str, *below: str) -> Measure:
        return ratio_of(
            name,
            {
                score.document_id: (len(below) * getattr(score, above), sum(getattr(score, part) for part in below))
                for score in scores
            },
        )

    return [
        ratio("precision", "found", "predicted"),
        ratio("recall", "found", "gold_with_source"),
        ratio("F1", "found", "predicted", "gold_with_source"),
        ratio("precision, statements without speaker too", "found", "predicted_in_all"),
        ratio("recall, attributions without source too", "found", "gold"),
        ratio("exact source and content, precision", "exact_both", "predicted"),
        ratio("exact source and content, recall", "exact_both", "gold_with_source"),
        ratio("exact source, of those found", "exact_source", "found"),
        ratio("exact content, of those found", "exact_content", "found"),
    ]


def errors_by_kind(scores: Sequence[ArticleScore]) -> Mapping[str, int]:
    """How often each kind of error occurs, the most frequent first."""
    kinds = Counter(
        f"{'missed' if error.missed else 'false'}: {error.kind}" for score in scores for error in score.errors
    )
    return dict(kinds.most_common())


def _matched(gold: Sequence[GoldAttribution], predicted: Sequence[Predicted]) -> dict[int, int]:
    """Row of ``gold`` to column of ``predicted``: as many as possible, then those that overlap most."""
    if not gold or not predicted:
        return {}
    worth = np.zeros((len(gold), len(predicted)))
    for row, attribution in enumerate(gold):
        for column, statement in enumerate(predicted):
            if statement.speaker is None or not _overlap((statement.speaker,), attribution.source):
                continue
            common = _overlap((statement.content,), attribution.content)
            if common:
                length = sum(end - start for start, end in attribution.content)
                # The share weighs less than any further match, whatever the number of attributions.
                worth[row, column] = 1 + common / max(length, 1) / (len(gold) + 1)
    rows, columns = linear_sum_assignment(worth, maximize=True)
    return {int(row): int(column) for row, column in zip(rows, columns, strict=True) if worth[row, column] > 0}


def _overlap(one: Sequence[Span], other: Sequence[Span]) -> int:
    """Characters that two sets of spans share."""
    return sum(max(0, min(a[1], b[1]) - max(a[0], b[0])) for a in one for b in other)


def _miss(
    document_id: str,
    text: str,
    attribution: GoldAttribution,
    predicted: Sequence[Predicted],
) -> Error:
    by_source = [p for p in predicted if p.speaker and _overlap((p.speaker,), attribution.source)]
    by_content = [p for p in predicted if _overlap((p.content,), attribution.content)]
    if any(p in by_content for p in by_source):
        kind = MERGED
    elif by_content:
        kind = WRONG_SOURCE
    else:
        kind = WRONG_CONTENT if by_source else MISSED
    return Error(
        document_id,
        True,
        kind,
        attribution.cue,
        _words(text, attribution.source),
        _words(text, attribution.content),
    )


def _false_alarm(document_id: str, text: str, statement: Predicted, gold: Sequence[GoldAttribution]) -> Error:
    speaker = (statement.speaker,) if statement.speaker else ()
    by_source = [g for g in gold if _overlap(speaker, g.source)]
    by_content = [g for g in gold if _overlap((statement.content,), g.content)]
    if any(g in by_content for g in by_source):
        kind = SPLIT
    elif by_content:
        kind = WRONG_SOURCE
    else:
        kind = WRONG_CONTENT if by_source else INVENTED
    return Error(document_id, False, kind, statement.cue, _words(text, speaker), _words(text, (statement.content,)))


def _words(text: str, spans: Sequence[Span]) -> str:
    return " … ".join(" ".join(text[start:end].split()) for start, end in spans)


def _moved(span: Span, place: Sequence[int] | None) -> Span:
    return span if place is None else (place[span[0]], place[span[1]])
