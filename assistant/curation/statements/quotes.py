"""Quotation marks: where somebody else's words begin and end.

Works on characters alone, since quotation marks survive where a parse goes wrong. A quotation that is never closed
runs to the end of its block.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PAIRS = {"“": "”", "«": "»", "„": "“”", "＂": "＂"}
_SENTENCE_MARKS = ".,?!;:—–-…"


@dataclass(frozen=True, slots=True)
class Quote:
    """One quotation with its marks: ``text[start:end]``; ``closed`` is False where the closing mark is missing."""

    start: int
    end: int
    closed: bool

    def inner(self, text: str) -> str:
        """The quoted words without the marks."""
        return text[self.start + 1 : self.end - 1 if self.closed else self.end]

    def is_speech(self, text: str) -> bool:
        """Whether it reads as speech and not as a name, title or single borrowed word."""
        inner = self.inner(text).strip()
        return len(inner.split()) >= 4 or (len(inner) > 1 and inner[-1] in ".,?!…—-")


def find_quotes(text: str) -> tuple[Quote, ...]:
    """All outermost quotations of one block of text, left to right, none overlapping."""
    quotes: list[Quote] = []
    position = 0
    while position < len(text):
        char = text[position]
        end: int | None = None
        if char in _PAIRS:
            end = _closing(text, position, _PAIRS[char])
        elif char == "”" and _opens_wrongly(text, position):
            end = _closing(text, position, "”")
        elif char == '"' and not _is_inch_mark(text, position):
            end = _closing(text, position, '"')
        elif char in "‘'" and _opens_single(text, position):
            end = _closing_single(text, position)
            if end is None:  # far more often an apostrophe than a quotation left open
                position += 1
                continue
        else:
            position += 1
            continue
        closed = end is not None
        quotes.append(Quote(position, end + 1 if end is not None else len(text.rstrip()), closed))
        position = quotes[-1].end if quotes[-1].end > position else position + 1
    return tuple(quote for quote in quotes if quote.end - quote.start > 1)


def _opens_wrongly(text: str, position: int) -> bool:
    """Whether a closing mark stands where only an opening one can: before a word and after nothing."""
    before, after = text[position - 1 : position], text[position + 1 : position + 2]
    return (not before.strip()) and after.isalnum() and text.find("”", position + 1) != -1


def _closing(text: str, start: int, marks: str) -> int | None:
    found = [text.find(mark, start + 1) for mark in marks]
    found = [place for place in found if place != -1]
    return min(found) if found else None


def _is_inch_mark(text: str, position: int) -> bool:
    return position > 0 and text[position - 1].isdigit() and not text[position + 1 : position + 2].isalpha()


def _opens_single(text: str, position: int) -> bool:
    before = text[position - 1] if position else " "
    after = text[position + 1] if position + 1 < len(text) else " "
    if not (before.isspace() or before in "([—–") or after.isspace():
        return False
    return not re.match(r"['‘](?:\d\ds?|em|til|tis|twas|cause|n)\b", text[position : position + 7])


def _closing_single(text: str, start: int) -> int | None:
    """The mark that ends a single-quoted span: one after punctuation, or else one before a space or punctuation."""
    fallback: int | None = None
    opened = text[start]
    closing = "’" if opened == "‘" else "'"
    for match in re.finditer(re.escape(closing), text[start + 1 :]):
        place = start + 1 + match.start()
        after = text[place + 1] if place + 1 < len(text) else " "
        if after.isalnum():
            continue
        before = text[place - 1]
        if before in _SENTENCE_MARKS:
            return place
        if fallback is None and before.lower() != "s":
            fallback = place
    return fallback


def inside(quotes: tuple[Quote, ...], position: int) -> Quote | None:
    """The quotation that holds a character, if any."""
    for quote in quotes:
        if quote.start <= position < quote.end:
            return quote
        if quote.start > position:
            return None
    return None
