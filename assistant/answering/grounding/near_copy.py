"""Where a sentence repeats its source word for word, the words in which it departs from it.

A name that stands in the place of another, between words that both have, is a changed fact however well the rest
agrees; in free paraphrase nothing of this applies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from assistant.answering.grounding import moments, numerals
from assistant.answering.grounding.analysis import Analysis, Name, name_key
from assistant.answering.grounding.findings import Evidence, Finding
from assistant.names import fold

LEAST_FRAME = 3  # words before and after, together, that both sentences have
MOST_WORDS = 120  # longer sentences are lists; comparing them word by word is slow

_TOKEN = re.compile(r"\w+(?:[.,]\d+)*%?|[$€£]")
SAME_SENTENCE = 0.8  # share of words in common above which two sentences are one

Token = tuple[str, int, int]  # folded word, start, end

_NEGATORS = frozenset("not never no cannot without neither nor didn doesn don isn aren wasn weren won".split())
_SKIPPED = frozenset("a an the of 's s".split())


def check_near_copies(draft: Analysis, evidence: Evidence) -> Iterator[Finding]:
    """Names, numbers and dates that stand where the source has others."""
    mine = _tokens(draft.text)
    if not mine or len(mine) > MOST_WORDS:
        return
    for _, analysis in evidence.sentences[:2]:
        theirs = _tokens(analysis.text)
        if len(theirs) > MOST_WORDS:
            continue
        matcher = SequenceMatcher(None, [t[0] for t in mine], [t[0] for t in theirs], autojunk=False)
        findings = [*_replaced(draft, analysis, matcher, mine, theirs)]
        if not findings and matcher.ratio() >= SAME_SENTENCE:
            findings = [*_negated(matcher, mine, theirs), *_reordered(draft, analysis)]
        if findings:
            yield findings[0]
        if findings or matcher.ratio() >= SAME_SENTENCE:
            return  # what the best sentence says, no other has to


def _replaced(
    draft: Analysis, source: Analysis, matcher: SequenceMatcher[str], mine: list[Token], theirs: list[Token]
) -> Iterator[Finding]:
    """Details that stand in the frame of others."""
    for own, other in _changes(matcher, mine, theirs):
        finding = _compared(draft, own, source, other)
        if finding is not None:
            yield finding


def _negated(matcher: SequenceMatcher[str], mine: list[Token], theirs: list[Token]) -> Iterator[Finding]:
    """A negation that only one of two like sentences has."""
    for operation, a, b, c, d in matcher.get_opcodes():
        own = {token[0] for token in mine[a:b]} & _NEGATORS
        other = {token[0] for token in theirs[c:d]} & _NEGATORS
        if operation != "equal" and bool(own) != bool(other):
            reason = f"The source {'denies' if other else 'affirms'} what the sentence says."
            yield Finding("negation", " ".join(own), " ".join(other), reason, True)


def _reordered(draft: Analysis, source: Analysis) -> Iterator[Finding]:
    """The same names in another order, where nothing else differs: they have changed parts."""
    mine, theirs = [name_key(n) for n in draft.names], [name_key(n) for n in source.names]
    if mine == theirs or sorted(mine) != sorted(theirs):
        return
    place = next(i for i, (one, other) in enumerate(zip(mine, theirs, strict=True)) if one != other)
    one, other = draft.names[place], source.names[place]
    between = draft.text[one.end : draft.names[place + 1].start].strip() if place + 1 < len(mine) else ""
    if between not in {"and", "or", ",", "and the"}:
        reason = f"The source has {other.shown} where the sentence has {one.shown}."
        yield Finding("roles", one.shown, other.shown, reason, True)


def _tokens(text: str) -> list[Token]:
    found = [(fold(m.group()), m.start(), m.end()) for m in _TOKEN.finditer(text)]
    return [token for token in found if token[0] not in _SKIPPED]


def _changes(
    matcher: SequenceMatcher[str], mine: list[Token], theirs: list[Token]
) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Spans of the draft and of the source that stand for each other in the same frame."""
    codes = matcher.get_opcodes()
    for place, (operation, a, b, c, d) in enumerate(codes):
        if operation != "replace" or max(b - a, d - c) > 5:
            continue
        before = codes[place - 1][2] - codes[place - 1][1] if place else 0
        after = codes[place + 1][2] - codes[place + 1][1] if place + 1 < len(codes) else 0
        if before + after >= LEAST_FRAME:
            yield (mine[a][1], mine[b - 1][2]), (theirs[c][1], theirs[d - 1][2])


def _compared(draft: Analysis, own: tuple[int, int], source: Analysis, other: tuple[int, int]) -> Finding | None:
    names = [n for n in draft.names if _inside(n.start, n.end, own)]
    rivals = [n for n in source.names if _inside(n.start, n.end, other)]
    if names and rivals and not any(_same_name(one, two) for one in names for two in rivals):
        mine, theirs = names[0].shown, rivals[0].shown
        return Finding("roles", mine, theirs, f"The source has {theirs} where the sentence has {mine}.", True)
    for number in (n for n in draft.numerals if _inside(n.start, n.end, own)):
        there = [n for n in source.numerals if _inside(n.start, n.end, other)]
        if there and not any(numerals.agrees(number, n) for n in there):
            shown = there[0].shown
            return Finding("number", number.shown, shown, f"The source has {shown}, not {number.shown}.", True)
    for moment in (m for m in draft.moments if _inside(m.start, m.end, own)):
        then = [m for m in source.moments if _inside(m.start, m.end, other)]
        if then and not any(moments.agrees(moment, m) for m in then):
            shown = then[0].shown
            return Finding("date", moment.shown, shown, f"The source has {shown}, not {moment.shown}.", True)
    return None


def _inside(start: int, end: int, span: tuple[int, int]) -> bool:
    return start < span[1] and end > span[0]


def _same_name(one: Name, other: Name) -> bool:
    if one.actor and other.actor:
        return one.actor == other.actor
    if bool(one.actor) != bool(other.actor):
        return True  # one of them is nobody known, so nothing tells that they are two
    return not set(one.parts).isdisjoint(other.parts)
