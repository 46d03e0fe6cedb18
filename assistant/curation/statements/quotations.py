"""Quotations directly before and after a reporting clause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.curation.statements.block import ParsedBlock
from assistant.curation.statements.lexicon import VERBS

if TYPE_CHECKING:
    from spacy.tokens import Token

MAX_NAME_TOKENS = 12  # between a quotation and the cue that follows it
MAX_GAP_TOKENS = 25  # between a cue and the quotation that it introduces: "told reporters in Berlin on Monday"
NAME_PARTS = frozenset({"PROPN", "NOUN", "ADJ", "DET", "PUNCT", "ADP", "CCONJ", "PART", "NUM"})


def clause_edges(verb: Token, source: Token | None) -> tuple[int, int]:
    """First and last token of a reporting clause: verb, auxiliaries and a source next to it."""
    members = [verb.i] + [child.i for child in verb.children if child.dep_ in {"aux", "neg", "advmod", "prt"}]
    members = [i for i in members if abs(i - verb.i) <= 3]
    members += [child.i for child in verb.children if child.dep_ == "mark" and child.lower_ == "as"]
    if verb.lemma_ == "tell":  # "told reporters"
        members += [child.right_edge.i for child in verb.children if child.dep_ in {"dobj", "dative"}]
    if source is not None and abs(source.i - verb.i) <= 40:
        members += [source.left_edge.i, source.right_edge.i]
        if source.left_edge.i < verb.i < source.right_edge.i:  # a relative clause: the source ends before it
            members = [verb.i, source.left_edge.i, source.i]
    return min(members), max(members)


def quotations_beside(
    block: ParsedBlock, verb: Token, source: Token | None, parts: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """The quotations directly before and after a reporting clause.

    A quotation before it belongs to it only where no complement does, or where the complement lies in it.
    """
    first, last = clause_edges(verb, source)
    spans: list[tuple[int, int]] = []
    before = _quote_before(block, first)
    if before is not None and (not parts or any(start < before[1] and before[0] < end for start, end in parts)):
        spans.append(before)
    after = _quote_after(block, verb, max(verb.i, min(last, verb.i + MAX_GAP_TOKENS)))
    if after is not None:
        spans.append(after)
    return spans


def _quote_before(block: ParsedBlock, first: int) -> tuple[int, int] | None:
    place = first - 1
    skipped = 0
    while place >= 0 and skipped < MAX_NAME_TOKENS and block.quote_of[place] < 0:
        token = block.doc[place]
        if token.pos_ not in NAME_PARTS:  # "…," army spokesman Brig. Gen. A. Name said: the parse may split the name
            return None
        place -= 1
        skipped += 1
    if place < 0 or block.quote_of[place] < 0:
        return None
    quote = block.quotes[block.quote_of[place]]
    inner = quote.inner(block.text).rstrip(" \n\"'’”")
    between = block.text[quote.end : block.token_starts[first]]
    comma = inner[-1:] == "," or between.lstrip()[:1] == ","
    if comma or (inner[-1:] in "?!—-…" and not any(char.isalpha() for char in between)):
        return quote.start, quote.end
    return None


def _quote_after(block: ParsedBlock, verb: Token, last: int) -> tuple[int, int] | None:
    doc = block.doc
    for place in range(last, min(last + MAX_GAP_TOKENS, len(doc))):
        number = block.quote_of[place]
        if number >= 0:
            quote = block.quotes[number]
            lead = block.text[: quote.start].rstrip()
            introduced = lead[-1:] in ",:" or place <= last + 1 or doc[place - 1].lower_ in {"that", "was", "is", "of"}
            return (quote.start, quote.end) if introduced else None
        token = doc[place]
        if token.text in {".", "!", "?", ";"}:
            return None
        another = token.pos_ == "VERB" and token.i != verb.i and token.tag_ != "VBN"
        if place > last and another and token.lemma_ in VERBS:
            return None
    return None
