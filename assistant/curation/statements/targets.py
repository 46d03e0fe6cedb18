"""What a position is about: the object, clause or subject of a stance's words, as characters of the block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.curation.statements.block import ParsedBlock
from assistant.curation.statements.clauses import is_passive, own_subject, passive_subject, prepositions_of, span_of
from assistant.curation.statements.sources import can_speak

if TYPE_CHECKING:
    from spacy.tokens import Token

_TARGET_PREPOSITIONS = frozenset(
    """to of for about on against over with into in at from regarding towards toward""".split()
)


def verb_target(block: ParsedBlock, verb: Token) -> tuple[int, int] | None:
    """What a verb is about: its object, clause or prepositional object; what a passive is done to."""
    if is_passive(verb):
        patient = passive_subject(verb)
        if patient is not None and not any(child.dep_ == "dobj" for child in verb.children):
            return _span(block, [patient])
        if patient is None and verb.dep_ == "acl":
            return block.chars(verb.head.left_edge.i, verb.head.i)
    asked = _asked_of(verb)
    if asked:
        return _span(block, asked)
    after = [child for child in verb.children if child.i > verb.i]
    objects = [inner for child in prepositions_of(verb) if child.i > verb.i for inner in _object_of(child)]
    for parts in (
        [child for child in after if child.dep_ == "dobj"],
        [child for child in after if child.dep_ in {"ccomp", "xcomp"}],
        objects,
        [child for child in after if child.dep_ in {"oprd", "attr"}],
    ):
        if parts:
            return _span(block, parts[:1])
    return block.chars(verb.head.left_edge.i, verb.head.i) if verb.dep_ == "relcl" else None


def _asked_of(verb: Token) -> list[Token]:
    """What is asked or said of somebody: "urged Moscow TO RETURN", "accused MOSCOW OF SHELLING"."""
    after = [child for child in verb.children if child.i > verb.i]
    whom = next((c for c in after if c.dep_ in {"dobj", "dative"} and can_speak(c)), None)
    if whom is None:
        return []
    for child in after:
        if child.i > whom.i and child.dep_ in {"xcomp", "ccomp"}:
            return [child]
        if child.i > whom.i and child.dep_ == "prep" and child.lower_ in {"of", "for"}:
            return [whom, child]
    return []


def _object_of(preposition: Token) -> list[Token]:
    if preposition.lower_ not in _TARGET_PREPOSITIONS:
        return []
    return [
        inner
        for inner in preposition.children
        if inner.dep_ in {"pobj", "pcomp"} and inner.ent_type_ not in {"DATE", "TIME"}
    ]


def noun_target(block: ParsedBlock, noun: Token) -> tuple[int, int] | None:
    """What a noun or an adjective is about: "concerns about THE PLAN", "ready TO SIGN"."""
    for child in noun.children:
        if child.i < noun.i:
            continue
        if child.dep_ == "prep" and child.lower_ in _TARGET_PREPOSITIONS - {"from"}:
            parts = [inner for inner in child.children if inner.dep_ in {"pobj", "pcomp"}]
            if parts:
                return _span(block, parts)
        if child.dep_ in {"acl", "ccomp", "xcomp"}:
            return _span(block, [child])
    return None


def _span(block: ParsedBlock, parts: list[Token]) -> tuple[int, int]:
    first, last = span_of(parts)
    return block.trimmed(*block.chars(first, _without_time(block, first, last)))


def _without_time(block: ParsedBlock, first: int, last: int) -> int:
    """The last token of a target without the time that the parse tied to it: "the plan [over the weekend]"."""
    doc, end = block.doc, last
    while end > first and (doc[end].ent_type_ in {"DATE", "TIME"} or doc[end].is_punct):
        end -= 1
    if end == last or doc[last].is_punct:
        return last
    while end > first and doc[end].dep_ in {"prep", "det"}:
        end -= 1
    return end if end > first else last


def clause_beside(block: ParsedBlock, adjective: Token) -> tuple[int, int] | None:
    """The clause that the parse tied to the verb: "is adamant THAT THEY MUST GO"."""
    clauses = [c for c in adjective.head.children if c.dep_ in {"ccomp", "xcomp"} and c.i > adjective.i]
    return _span(block, clauses[:1]) if clauses else None


def judged(block: ParsedBlock, verb: Token | None, span: range) -> tuple[int, int] | None:
    """What a verdict is about: the object of its own verb ("cannot include X"), or else its subject."""
    if verb is None:
        return None
    objects = [child for child in verb.children if child.dep_ == "dobj" and child.i >= span.stop]
    if verb.i in span and objects:
        return _span(block, objects)
    subject = _thing(verb)
    return _span(block, [subject]) if subject is not None else None


def _thing(verb: Token) -> Token | None:
    """What a verdict is about: the subject of its verb, or the noun that its relative clause belongs to."""
    subject = own_subject(verb) or passive_subject(verb)
    if subject is not None and subject.tag_ in {"WDT", "WP"} and verb.dep_ == "relcl":
        return verb.head
    if subject is None and verb.dep_ in {"conj", "xcomp"}:
        return own_subject(verb.head)
    return subject


def after_idiom(block: ParsedBlock, span: range) -> tuple[int, int] | None:
    """What follows an idiom that ends in a preposition or "to": "have no intention of LEAVING"."""
    last = block.doc[span.stop - 1]
    if last.dep_ == "aux" and last.lower_ == "to":
        return _span(block, [last.head])
    labels = {"pobj", "pcomp", "xcomp", "dobj", "prep"}
    parts = [child for child in last.children if child.dep_ in labels and child.i > last.i]
    return _span(block, parts) if parts else None
