"""Names of people in a block, those included that the tagger takes for something else, and what is said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.curation.statements.block import ParsedBlock

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span, Token

_PERSON_WORDS = frozenset(
    """admiral adviser advisor aide ambassador analyst artist attorney candidate chair chairman chairwoman chancellor
    chief coach commander commissioner delegate deputy diplomat director economist envoy executive expert founder
    general governor head historian judge justice king lawmaker lawyer leader marshal mayor minister monarch
    negotiator officer official owner pope premier president prime prince princess professor prosecutor queen
    representative researcher scholar scientist secretary secretary-general senator spokesman spokesperson
    spokeswoman witness writer""".split()
)
_LONGEST_APPOSITION = 16  # tokens


def is_person_word(token: Token) -> bool:
    """Whether a noun names what one person is: "minister", "director"."""
    return token.pos_ in {"NOUN", "PROPN"} and token.lemma_.lower() in _PERSON_WORDS


def people_in(block: ParsedBlock) -> list[Span]:
    """The names of people, in the order of the text."""
    found = [_trimmed(entity) for entity in block.doc.ents if entity.label_ == "PERSON"]
    taken = {token.i for entity in found for token in entity}
    for first, last in _runs_of_names(block):
        if not taken & set(range(first, last + 1)) and _is_person(block, first, last):
            found.append(_person(block.doc, first, last + 1))
    return sorted(found, key=lambda span: span.start)


def apposed(block: ParsedBlock, last: int) -> tuple[int, int] | None:
    """First and last token of what is set in commas behind a name: ", Brenna's defence minister,".

    Args:
        block: where the name stands.
        last: the last token of the name.
    """
    doc = block.doc
    first = last + 2
    if first >= len(doc) or doc[last + 1].text != ",":
        return None
    for place in range(first, min(first + _LONGEST_APPOSITION, len(doc))):
        token = doc[place]
        if token.is_punct and token.text != "-":
            words = doc[first:place]
            return (first, place - 1) if any(is_person_word(word) for word in words) else None
        if token.pos_ in {"VERB", "AUX"} and token.tag_ not in {"VBN", "VBG"}:
            return None
    return None


def _trimmed(entity: Span) -> Span:
    """Without the verb that the tagger takes for a first name: "Will Aldora accept …?"."""
    first = entity.start
    while first < entity.end - 1 and entity.doc[first].pos_ in {"AUX", "VERB", "ADP", "SCONJ"}:
        first += 1
    return entity if first == entity.start else _person(entity.doc, first, entity.end)


def _runs_of_names(block: ParsedBlock) -> list[tuple[int, int]]:
    """Two or three capitalised names in a row."""
    runs: list[tuple[int, int]] = []
    first: int | None = None
    for token in block.doc:
        if (
            token.pos_ == "PROPN"
            and token.is_alpha
            and token.is_title
            and token.ent_type_ not in {"GPE", "NORP", "DATE"}
        ):
            first = token.i if first is None else first
            continue
        if first is not None and 2 <= token.i - first <= 3:
            runs.append((first, token.i - 1))
        first = None
    return runs


def _is_person(block: ParsedBlock, first: int, last: int) -> bool:
    head = block.doc[last]
    if head.dep_ == "appos" and is_person_word(head.head):
        return True
    if first > 0 and is_person_word(block.doc[first - 1]):
        return True
    return apposed(block, last) is not None


def _person(doc: Doc, start: int, end: int) -> Span:
    from spacy.tokens import Span

    return Span(doc, start, end, label="PERSON")
