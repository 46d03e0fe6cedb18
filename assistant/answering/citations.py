"""Citations: a numbered, verbatim piece of one version, findable again by offsets or by the words around it."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.models import Citation, RetrievedPassage

CONTEXT_CHARS = 32  # of prefix and suffix, as text fragments and the W3C TextQuoteSelector use them


@dataclass(frozen=True, slots=True)
class Source:
    """Where a sentence was found: what a citation is made from."""

    retrieved: RetrievedPassage
    start: int
    end: int


class CitationList:
    """Numbers sources in the order in which they are first cited; the same span is numbered once."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, int, int, int], int] = {}
        self._citations: list[Citation] = []

    def cite(self, source: Source) -> int:
        """The number that cites ``source``."""
        passage = source.retrieved.passage
        key = (passage.document_id, passage.version, source.start, source.end)
        if key not in self._numbers:
            self._numbers[key] = len(self._citations) + 1
            self._citations.append(_citation(self._numbers[key], source))
        return self._numbers[key]

    def all(self) -> tuple[Citation, ...]:
        """Every citation, by number."""
        return tuple(self._citations)


def _citation(number: int, source: Source) -> Citation:
    passage = source.retrieved.passage
    begin, end = source.start - passage.start, source.end - passage.start
    return Citation(
        number=number,
        document_id=passage.document_id,
        version=passage.version,
        passage_id=passage.id,
        metadata=source.retrieved.metadata,
        quote=passage.text[begin:end],
        prefix=passage.text[max(0, begin - CONTEXT_CHARS) : begin],
        suffix=passage.text[end : end + CONTEXT_CHARS],
        start=source.start,
        end=source.end,
    )
