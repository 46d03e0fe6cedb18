"""Quotations that go on after their reporting clause, into the next sentence or the next block."""

from __future__ import annotations

from assistant.curation.statements.attribution import Attribution
from assistant.curation.statements.block import ParsedBlock
from assistant.curation.statements.quotes import Quote
from assistant.curation.statements.reporting import cue_span, frame_of, source_of


def continued(block: ParsedBlock, attributions: list[Attribution]) -> list[tuple[Attribution, tuple[Quote, ...]]]:
    """Every attribution with the quotations that carry its quotation on.

    In '"A," said the minister. "B."' the second quotation belongs to the minister, since nothing but the end of the
    reporting sentence stands between, and no other cue claims it.
    """
    claimed = [attribution.content for attribution in attributions]
    result: list[tuple[Attribution, tuple[Quote, ...]]] = []
    for attribution in attributions:
        more: list[Quote] = []
        if _holds_speech(block, attribution.content):
            end = _end_of_report(block, attribution)
            for quote in block.quotes:
                if quote.start < end or _is_claimed(quote, claimed):
                    continue
                if block.text[end : quote.start].strip() or not quote.is_speech(block.text):
                    break
                more.append(quote)
                end = quote.end
        result.append((attribution, tuple(more)))
    return result


def opening_speech(block: ParsedBlock, attributions: list[Attribution]) -> Quote | None:
    """The quotation that opens a block and that none of the block's own cues claims."""
    if not block.quotes or block.text[: block.quotes[0].start].strip():
        return None
    quote = block.quotes[0]
    if not quote.is_speech(block.text) or _is_claimed(quote, [a.content for a in attributions]):
        return None
    return quote


def goes_on(block: ParsedBlock, attributions: list[tuple[Attribution, tuple[Quote, ...]]]) -> Attribution | None:
    """The attribution whose speaker has the word in the next block.

    Either its quotation is left open at the end of the block, as newspapers do before a new paragraph of the same
    speech, or the block ends by announcing one: "The minister continued:".
    """
    if block.quotes and not block.quotes[-1].closed:
        last = block.quotes[-1]
        return next((a for a, more in reversed(attributions) if last in more or _holds(a.content, last)), None)
    return announcement(block) if block.text.rstrip().endswith(":") else None


def _holds(content: tuple[int, int], quote: Quote) -> bool:
    return content[0] < quote.end and quote.start < content[1]


def _holds_speech(block: ParsedBlock, content: tuple[int, int]) -> bool:
    return any(q.start < content[1] and content[0] < q.end for q in block.quotes)


def _is_claimed(quote: Quote, claimed: list[tuple[int, int]]) -> bool:
    return any(start < quote.end and quote.start < end for start, end in claimed)


def _end_of_report(block: ParsedBlock, attribution: Attribution) -> int:
    """Where the sentence that holds both cue and content ends."""
    sentence = block.doc[attribution.cue_token].sent
    end = max(block.chars(sentence.start, sentence.end - 1)[1], attribution.content[1])
    first_after = next((q for q in block.quotes if q.start >= attribution.cue[1]), None)
    if first_after is not None and first_after.start < end and not _is_claimed(first_after, [attribution.content]):
        # the parser ran two sentences together: the report ends before the quotation
        return min(end, len(block.text[: first_after.start].rstrip()))
    return end


def announcement(block: ParsedBlock) -> Attribution | None:
    """The reporting clause that ends a block with a colon, its content still to come."""
    for token in reversed(block.doc[-40:]):
        if token.pos_ in {"VERB", "AUX"} and not block.in_quote(token):
            frame = frame_of(token)
            source = source_of(block, token) if frame is not None and frame.has("q") else None
            if source is not None:
                end = len(block.text)
                return Attribution(token.i, cue_span(block, token), source.i, (end, end), "announced")
    return None
