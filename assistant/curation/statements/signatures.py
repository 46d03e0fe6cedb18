"""Names that stand alone beside what they say: "Minister: no deal yet", a quotation with a name after a dash."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from assistant.curation.statements.attribution import Attribution
from assistant.curation.statements.block import ParsedBlock
from assistant.curation.statements.quotations import NAME_PARTS
from assistant.curation.statements.quotes import Quote
from assistant.curation.statements.sources import can_speak

if TYPE_CHECKING:
    from spacy.tokens import Token

_PUBLICATIONS = frozenset({"poll", "report", "study", "survey", "source", "sources", "police", "editorial"})
_SIGNED = re.compile(r"\s*[-–—―]{1,2}\s*[A-Z][^?!:“”\"]{2,60}\Z")


def signatures(block: ParsedBlock) -> Iterator[Attribution]:
    """Names that stand alone beside what they say: "Minister: no deal yet", a quotation with "— A. Name" after it."""
    doc = block.doc
    for place in range(1, min(8, len(doc) - 2)):
        if doc[place].text == ":" and place + 1 < len(doc):
            head = doc[place - 1]
            plain = all(token.pos_ in NAME_PARTS for token in doc[:place])
            named = head.ent_type_ in {"PERSON", "ORG", "GPE", "NORP"} or head.lower_ in _PUBLICATIONS
            named = named or (place <= 2 and all(token.pos_ == "PROPN" for token in doc[:place]))
            if plain and block.quote_of[place] < 0 and (named or (head.pos_ == "NOUN" and can_speak(head))):
                content = block.trimmed(block.token_starts[place + 1], len(block.text))
                if content[1] - content[0] > 1:
                    yield Attribution(place, block.chars(place, place), head.i, content, "label")
            break
    for quote in block.quotes:
        if not quote.is_speech(block.text):
            continue
        signer = _signer_after(block, quote) or _signer_before(block, quote)
        if signer is not None:
            mark = _mark_beside(block, quote, signer)
            yield Attribution(mark, block.chars(mark, mark), signer.i, (quote.start, quote.end), "signature")


def _signer_after(block: ParsedBlock, quote: Quote) -> Token | None:
    """The name behind a dash: '"No deal." - A. Name'."""
    tail = block.text[quote.end :]
    if not _SIGNED.match(tail):
        return None
    dash = block.token_at(quote.end + len(tail) - len(tail.lstrip()))
    names = [token for token in block.doc[dash + 1 : dash + 8] if token.pos_ == "PROPN"] if dash >= 0 else []
    if not names:
        return None
    head = names[0]
    while head.dep_ == "compound" and head.head.i > head.i:
        head = head.head
    return head


def _signer_before(block: ParsedBlock, quote: Quote) -> Token | None:
    """The name before a colon, where no verb introduces the quotation: 'More from A. Name: "…"'."""
    lead = block.text[: quote.start].rstrip()
    if not lead.endswith(":"):
        return None
    colon = block.token_at(len(lead) - 1)
    head = block.doc[colon - 1] if colon > 0 else None
    return head if head is not None and head.ent_type_ in {"PERSON", "ORG"} else None


def _mark_beside(block: ParsedBlock, quote: Quote, head: Token) -> int:
    """The colon or dash between a quotation and its name."""
    if head.idx < quote.start:
        return max(block.token_at(len(block.text[: quote.start].rstrip()) - 1), 0)
    tail = block.text[quote.end :]
    return max(block.token_at(quote.end + len(tail) - len(tail.lstrip())), 0)
