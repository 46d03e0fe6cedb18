"""Attributions by other words than a verb of saying: nouns, adjectives, "according to", and verbs that carry a noun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.curation.statements.attribution import Attribution
from assistant.curation.statements.block import ParsedBlock
from assistant.curation.statements.clauses import actor_of, is_negated, span_of
from assistant.curation.statements.lexicon import ATTITUDES, CARRIED, NOUNS, VERBS
from assistant.curation.statements.reporting import source_of
from assistant.curation.statements.sources import TEXTS, can_speak, name_behind

if TYPE_CHECKING:
    from spacy.tokens import Token

_LINKS = frozenset("that of for about on against to over regarding with toward towards in at behind".split())
_CARRIED = frozenset(NOUNS) | TEXTS | CARRIED


def noun_attribution(block: ParsedBlock, noun: Token) -> Attribution | None:
    """A noun of saying with its owner: "Kyiv's insistence that", "the refusal by Moscow to"."""
    content = _noun_content(block, noun)
    if content is None:
        return None
    owner = next((child for child in noun.children if child.dep_ == "poss"), None)
    if owner is None:
        for child in noun.children:
            if child.dep_ in {"prep", "agent"} and child.lower_ in {"by", "from"}:
                owner = next((inner for inner in child.children if inner.dep_ == "pobj"), None)
                if owner is not None:
                    break
    if owner is None or not can_speak(owner) or content[0] <= owner.idx < content[1]:
        return None
    return Attribution(noun.i, block.chars(noun.i, noun.i), owner.i, content, "noun", is_negated(noun))


def _noun_content(block: ParsedBlock, noun: Token, *, carried: bool = False) -> tuple[int, int] | None:
    prepositions = NOUNS.get(noun.lemma_.lower())
    if prepositions is None and carried:
        prepositions = _LINKS
    if prepositions is None:
        return None
    parts = [
        child
        for child in noun.children
        if child.i > noun.i
        and (
            (child.dep_ in {"acl", "ccomp", "xcomp"} and child.tag_ != "VBN")
            or (child.dep_ == "prep" and child.lower_ in prepositions and (noun.lemma_.lower() in ATTITUDES or carried))
        )
    ]
    if not parts:
        return None
    start, end = block.chars(*span_of(parts))
    return block.trimmed(*block.with_whole_quotes(start, end))


def mistagged_verb(block: ParsedBlock, token: Token) -> Attribution | None:
    """A verb in the present that the tagger took for a noun: "Ivanov predicts that the talks will fail"."""
    if token.tag_ != "NNS" or token.dep_ != "ROOT":
        return None
    frame = VERBS.get(token.lower_.removesuffix("s")) or VERBS.get(token.lower_.removesuffix("es"))
    if frame is None or not frame.has("c"):
        return None
    before = block.doc[token.i - 1] if token.i > token.sent.start else None
    clause = next((c for c in token.children if c.dep_ in {"ccomp", "acl", "relcl"} and c.i > token.i), None)
    if before is None or clause is None or before.pos_ not in {"PROPN", "NOUN"} or not can_speak(before):
        return None
    content = block.trimmed(*block.with_whole_quotes(*block.chars(*span_of([clause]))))
    return Attribution(token.i, block.chars(token.i, token.i), before.i, content, "verb")


def light_verb_attribution(block: ParsedBlock, verb: Token) -> Attribution | None:
    """A verb that only carries a noun of saying: "issued a warning that", "raised questions about"."""
    noun = next((c for c in verb.children if c.dep_ == "dobj" and c.lemma_.lower() in _CARRIED), None)
    if noun is None or any(child.dep_ == "poss" for child in noun.children):
        return None
    content = _noun_content(block, noun, carried=True)
    if content is None:
        links = _LINKS if noun.lemma_.lower() in CARRIED else _LINKS - {"in", "on", "at", "behind"}
        siblings = [c for c in verb.children if c.i > noun.i and c.dep_ == "prep" and c.lower_ in links]
        if siblings:
            content = block.trimmed(*block.with_whole_quotes(*block.chars(*span_of(siblings))))
    source = source_of(block, verb)
    if content is None or source is None or not can_speak(source):
        return None
    cue = block.chars(min(verb.i, noun.i), max(verb.i, noun.i))
    return Attribution(verb.i, cue, source.i, content, "light verb", is_negated(verb) or is_negated(noun))


def adjective_attribution(block: ParsedBlock, adjective: Token) -> Attribution | None:
    """An adjective of opinion: "The minister was confident that the talks would resume"."""
    verb = adjective.head
    if adjective.dep_ not in {"acomp", "xcomp", "oprd"} or verb.pos_ not in {"AUX", "VERB"}:
        return None
    source = actor_of(verb)
    if source is None or not can_speak(source):
        return None
    parts = [
        child
        for child in adjective.children
        if child.dep_ in {"ccomp", "xcomp"} or (child.dep_ == "prep" and child.i > adjective.i)
    ]
    if not parts:
        return None
    content = block.trimmed(*block.with_whole_quotes(*block.chars(*span_of(parts))))
    return Attribution(
        adjective.i, block.chars(adjective.i, adjective.i), source.i, content, "adjective", is_negated(verb)
    )


def preposition_attribution(block: ParsedBlock, token: Token) -> Attribution | None:
    """A source that a preposition names: "according to the ministry"; it says the rest of the sentence."""
    doc = block.doc
    last = token.i
    if token.lower_ == "according":
        if token.i + 1 >= len(doc) or doc[token.i + 1].lower_ != "to":
            return None
        last = token.i + 1
    holder = doc[last]
    source = next((child for child in holder.children if child.dep_ in {"pobj", "pcomp"}), None)
    if source is None:
        source = next((child for child in token.children if child.dep_ == "pobj"), None)
    if source is None or (token.lower_ == "per" and not can_speak(source)):
        return None
    end_of_source = max(source.right_edge.i, last)
    named = name_behind(source, end_of_source)
    if named is not None:
        source, end_of_source = named, named.i
    spans = _rest_of_sentence(block, token, end_of_source)
    if not spans:
        return None
    start, end = min(span[0] for span in spans), max(span[1] for span in spans)
    content = block.trimmed(*block.with_whole_quotes(start, end))
    if content[1] - content[0] < 2:
        return None
    return Attribution(token.i, block.chars(token.i, last), source.i, content, "according to")


def _rest_of_sentence(block: ParsedBlock, preposition: Token, end_of_source: int) -> list[tuple[int, int]]:
    """Characters of the sentence before a preposition and behind the source that it names."""
    doc, sentence = block.doc, preposition.sent
    after = block.chars(end_of_source + 1, sentence.end - 1) if end_of_source + 1 < sentence.end else None
    if preposition.i <= sentence.start + 1:
        return [after] if after is not None else []
    goes_on = end_of_source + 2 < sentence.end and doc[min(end_of_source + 1, len(doc) - 1)].text == ","
    before = block.chars(sentence.start, preposition.i - 1)
    return [before, after] if goes_on and after is not None else [before]
