"""One parsed block of text with its quotations, and the conversions between tokens and characters."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.curation.statements.quotes import Quote, find_quotes

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

_EDGES = " \t\r\n,;:—–-"


@dataclass(frozen=True, slots=True)
class ParsedBlock:
    """A block of a version's text; token and character positions are within the block, ``offset`` is its start."""

    doc: Doc
    text: str
    offset: int
    quotes: tuple[Quote, ...]
    quote_of: tuple[int, ...]  # for every token the index of its quotation, -1 outside
    token_starts: tuple[int, ...]

    @classmethod
    def of(cls, doc: Doc, offset: int) -> ParsedBlock:
        """Wrap a parse of the text that starts at ``offset``."""
        text = doc.text
        quotes = find_quotes(text)
        starts = tuple(token.idx for token in doc)
        inside = [-1] * len(starts)
        for number, quote in enumerate(quotes):
            for place in range(bisect_left(starts, quote.start), bisect_left(starts, quote.end)):
                inside[place] = number
        return cls(doc, text, offset, quotes, tuple(inside), starts)

    def chars(self, first: int, last: int) -> tuple[int, int]:
        """Characters covered by the tokens ``first`` to ``last`` (inclusive)."""
        end = self.doc[last]
        return self.token_starts[first], end.idx + len(end.text)

    def token_at(self, char: int) -> int:
        """The index of the token that holds or follows a character, -1 past the end."""
        place = bisect_right(self.token_starts, char) - 1
        if place >= 0 and char < self.token_starts[place] + len(self.doc[place].text):
            return place
        return place + 1 if place + 1 < len(self.token_starts) else -1

    def in_quote(self, token: Token) -> bool:
        """Whether a token stands inside a quotation."""
        return self.quote_of[token.i] >= 0

    def trimmed(self, start: int, end: int) -> tuple[int, int]:
        """A span without the spaces, commas and lone marks at its edges."""
        text = self.text
        while start < end and text[start] in _EDGES:
            start += 1
        while end > start and text[end - 1] in _EDGES:
            end -= 1
        if end > start and text[end - 1] == "." and self.quote_ending(end) is None and text[end - 3 : end - 2] != ".":
            end -= 1
        return start, end

    def with_whole_quotes(self, start: int, end: int) -> tuple[int, int]:
        """A span widened so that it cuts no quotation in two."""
        for quote in self.quotes:
            if quote.start < end and start < quote.end:
                start, end = min(start, quote.start), max(end, quote.end)
        return start, end

    def quote_ending(self, end: int) -> Quote | None:
        """The quotation that ends exactly there."""
        return next((quote for quote in self.quotes if quote.end == end), None)
