"""Quotations: each is verified word for word, repaired to the source's exact words, or loses its marks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from assistant.answering.grounding.alignment import SourceSentence
from assistant.answering.grounding.findings import Finding
from assistant.curation.statements.quotes import Quote, find_quotes
from assistant.names import fold

REPAIRABLE = 0.7  # share of words that quotation and source have in common, above which it is the same passage
_WORD = re.compile(r"\w+(?:['’.,]\w+)*")

Outcome = Literal["verified", "repaired", "unmarked"]


@dataclass(frozen=True, slots=True)
class QuotationCheck:
    """What became of one quotation: ``draft[start:end]`` with its marks."""

    start: int
    end: int
    outcome: Outcome
    words: str  # the draft's, or the source's exact words where repaired
    source: SourceSentence | None


def check_quotations(text: str, sources: Sequence[SourceSentence]) -> tuple[QuotationCheck, ...]:
    """Every quotation of a text, matched against what may be cited; best sources first."""
    found = []
    for quote in find_quotes(text):
        words = [fold(m.group()) for m in _WORD.finditer(quote.inner(text))]
        if words:
            found.append(_matched(text, quote, words, sources))
    return tuple(found)


def repaired(text: str, checks: Sequence[QuotationCheck]) -> str:
    """The text with its quotations as their sources have them."""
    for check in sorted(checks, key=lambda c: -c.start):
        if check.outcome == "unmarked":
            text = text[: check.start] + check.words + text[check.end :]
        elif check.outcome == "repaired":
            opening, closing = text[check.start], text[check.end - 1]
            text = text[: check.start] + opening + check.words + closing + text[check.end :]
    return text


def quotation_findings(checks: Sequence[QuotationCheck]) -> Iterator[Finding]:
    """What a reader should know of quotations that are not the source's words."""
    for check in checks:
        if check.outcome == "repaired":
            reason = f"The source's words are “{check.words}”."
            yield Finding("quotation", check.words, check.words, reason, True)
        elif check.outcome == "unmarked":
            yield Finding("quotation", check.words, None, f"The source does not have the words “{check.words}”.")


def _matched(text: str, quote: Quote, words: list[str], sources: Sequence[SourceSentence]) -> QuotationCheck:
    inner = quote.inner(text).strip()
    best: tuple[float, str, SourceSentence] | None = None
    for source in sources:
        spans = [(fold(m.group()), m.start(), m.end()) for m in _WORD.finditer(source.text)]
        theirs = [span[0] for span in spans]
        if _contains(theirs, words):
            return QuotationCheck(quote.start, quote.end, "verified", inner, source)
        if len(words) < 3:
            continue
        blocks = [b for b in SequenceMatcher(None, words, theirs, autojunk=False).get_matching_blocks() if b.size]
        if not blocks:
            continue
        first = max(0, blocks[0].b - blocks[0].a)
        last = min(len(theirs), blocks[-1].b + blocks[-1].size + len(words) - blocks[-1].a - blocks[-1].size)
        share = 2 * sum(b.size for b in blocks) / (len(words) + last - first)
        if share >= REPAIRABLE and (best is None or share > best[0]):
            best = share, source.text[spans[first][1] : spans[last - 1][2]], source
    if best is not None:
        return QuotationCheck(quote.start, quote.end, "repaired", best[1] + _stop(inner), best[2])
    return QuotationCheck(quote.start, quote.end, "unmarked", inner, None)


def _contains(theirs: list[str], words: list[str]) -> bool:
    length = len(words)
    return any(theirs[i : i + length] == words for i in range(len(theirs) - length + 1))


def _stop(inner: str) -> str:
    return inner[-1] if inner[-1:] in ".,?!" else ""
