"""Sentence boundaries: spaCy's parse, mended where news prose misleads it.

A sentence here is what an answer may quote alone. So a quotation is kept together with the words that say whose it
is, and fragments are joined to the sentence they belong to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from assistant.language import MAX_PARSE_CHARS, Parser
from assistant.models import Block

Span = tuple[int, int]

MAX_QUOTED_CHARS = 480  # a longer quotation is cut at its own sentences, so that an answer stays short

_CONTINUES = re.compile(r"[\s\"”’')\]]*(?:[a-z]|[,;:)\]”’])")
_ABBREVIATION = re.compile(r"\b(?:[A-Z]\.|Mr|Mrs|Ms|Dr|Prof|Gen|Lt|Col|Sgt|Sen|Rep|Gov|St|No|vs|etc|approx)\.?$")
_WORD = re.compile(r"\w")


def sentence_spans(parser: Parser, text: str, blocks: Sequence[Block]) -> tuple[tuple[Span, ...], ...]:
    """The sentences of each block, as spans in ``text``; a heading or table row is one sentence, a rule of dashes none.

    Args:
        parser: finds where sentences end.
        text: a version's text.
        blocks: its blocks, in order.
    """
    whole = {"heading", "table_row", "code"}
    parsed = [b for b in blocks if b.kind not in whole and b.end - b.start <= MAX_PARSE_CHARS]
    # A line break inside a block is a hard wrap, and one character long: offsets stay.
    docs = parser.parse_many(text[b.start : b.end].replace("\n", " ") for b in parsed)
    starts = {
        id(block): [(s.start_char + block.start, s.end_char + block.start) for s in doc.sents]
        for block, doc in zip(parsed, docs, strict=True)
    }
    return tuple(
        tuple(mend(text, (_strip(text, span) for span in starts.get(id(block), [(block.start, block.end)]))))
        for block in blocks
    )


def mend(text: str, spans: Iterable[Span]) -> list[Span]:
    """Join spans that a reader would not call separate sentences; drop those without a word."""
    merged: list[Span] = []
    for start, end in spans:
        if start >= end:
            continue
        if merged and _belongs(text, merged[-1], (start, end)):
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return [span for span in merged if _WORD.search(text, *span)]


def _belongs(text: str, before: Span, after: Span) -> bool:
    head, tail = text[before[0] : before[1]], text[after[0] : after[1]]
    if not _WORD.search(head) or not _WORD.search(tail):
        return True
    if _CONTINUES.match(tail) or _ABBREVIATION.search(head):
        return True
    return _open_quotation(head) and len(head) + len(tail) <= MAX_QUOTED_CHARS


def _open_quotation(sentence: str) -> bool:
    if sentence.count("“") > sentence.count("”"):
        return True
    return sentence.count('"') % 2 == 1


def _strip(text: str, span: Span) -> Span:
    start, end = span
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
