"""Which stretches of a text are parsed: its blocks, without datelines and code, long ones in pieces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from assistant.models import Block

MAX_PIECE_CHARS = 20_000  # a longer block is parsed in pieces, cut at a space
LEAD_CHARS = 1_000  # a dateline stands at the top
_PLACE = re.compile(r"[A-Z][A-Z .’'-]+[A-Z]")
_PARAGRAPH = re.compile(r"[^\n\r\u2028\u2029]+")
# "KYIV, Dec. 14 (Agency) - ": the place and day of a report are no part of its first sentence
_DATELINE = re.compile(
    r"\s*[A-Z][A-Z .,'’/-]{2,40}(?:, [A-Z][\w .]{2,20})?(?:, [A-Z][a-z]{2,8}\.? \d{1,2})?(?:, \d{4})?"
    r" ?(?:\([\w /.-]{2,20}\))? ?(?:[—–―]|--? ) ?(?=\S)"
)


def dateline_of(text: str) -> str | None:
    """The place of a report, "KYIV" of "KYIV, Dec. 14 (Agency) - ", from the first lines that have one."""
    for paragraph in _PARAGRAPH.finditer(text, 0, LEAD_CHARS):
        dateline = _DATELINE.match(text, paragraph.start(), paragraph.end())
        if dateline is not None and (place := _PLACE.match(dateline.group().strip())) is not None:
            return place.group()
    return None


def pieces_of(text: str, blocks: Iterable[Block] | None) -> Iterator[tuple[int, int]]:
    """Spans to parse: the blocks, or without them the lines, inside the text whatever the blocks say."""
    if blocks is None:
        spans: Iterable[tuple[int, int]] = ((m.start(), m.end()) for m in _PARAGRAPH.finditer(text))
    else:
        spans = ((block.start, block.end) for block in blocks if block.kind != "code")
    for start, end in spans:
        start, end = max(0, start), min(end, len(text))
        dateline = _DATELINE.match(text, start, end)
        start = dateline.end() if dateline else start
        while start < end:
            stop = end
            if end - start > MAX_PIECE_CHARS:
                space = text.rfind(" ", start + 1, start + MAX_PIECE_CHARS)
                stop = space if space > start else start + MAX_PIECE_CHARS
            if text[start:stop].strip():
                yield start, stop
            start = stop
