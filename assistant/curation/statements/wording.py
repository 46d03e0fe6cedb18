"""The fields of a statement that are read off the text: words, modality, day."""

from __future__ import annotations

from datetime import date

from assistant.curation.statements.attribution import Attribution
from assistant.curation.statements.block import ParsedBlock
from assistant.curation.statements.dates import day_named
from assistant.curation.statements.positions import Position
from assistant.models import Modality


def clause_with_holder(block: ParsedBlock, position: Position) -> tuple[int, int]:
    """Holder and cue of a position that names no target: "Belgium is opposed"."""
    start, end = position.clause
    if position.holder is not None and position.holder.idx < position.cue[0]:
        start = block.chars(position.holder.left_edge.i, position.holder.i)[0]
    return min(start, position.cue[0]), max(end, position.cue[1])


def modality_of(taken_back: bool, asked: bool, conditional: bool) -> Modality:
    """The modality of a position that its holder states."""
    if asked:
        return "asked"
    if taken_back:
        return "negated"
    return "conditional" if conditional else "stated"


def words_of(block: ParsedBlock, span: tuple[int, int] | None) -> str | None:
    """The words of a span on one line, with the end of a quotation that it cuts."""
    if span is None:
        return None
    start, end = span
    for quote in block.quotes:
        if start <= quote.start < end < quote.end:
            end = quote.end
    return " ".join(block.text[start:end].split()) or None


def day_of(block: ParsedBlock, attribution: Attribution, published: date | None) -> str | None:
    """The day named in the reporting clause, outside of what is said."""
    verb = block.doc[attribution.cue_token]
    start, end = attribution.content
    for child in verb.children:
        if start <= child.idx < end and attribution.rule != "narrated":
            continue
        if child.dep_ == "prep" and child.lower_ not in {"on", "in", "at", "during", "late", "early"}:
            continue  # "by Friday" and "after Friday" are not when it was said
        if child.dep_ in {"npadvmod", "prep", "advmod", "nsubj", "dobj", "tmod", "dative"}:
            words = block.text[slice(*block.chars(child.left_edge.i, child.right_edge.i))]
            day = day_named(words, published) if len(words) < 120 else None
            if day is not None:
                return day.isoformat()
    return None
