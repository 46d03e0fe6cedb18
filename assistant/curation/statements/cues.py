"""Finding attributions: a cue, the source that it names and the span of what the source says.

A cue is a verb ("said", "rejected"), a noun ("Kyiv's claim that"), an adjective ("was confident that") or a
preposition ("according to"). What a cue can take stands in ``lexicon``; the parse says where it is. Cues inside a
quotation or inside what somebody else says are left to whoever reads that content.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.curation.statements.attribution import Attribution, moved
from assistant.curation.statements.block import ParsedBlock
from assistant.curation.statements.clauses import acts_as_verb, depth, is_negated, own_subject
from assistant.curation.statements.contents import comment_clause, content_of
from assistant.curation.statements.lexicon import ADJECTIVES, LIGHT_VERBS, SOURCE_PREPOSITIONS, VERBS, Frame
from assistant.curation.statements.nominal import (
    adjective_attribution,
    light_verb_attribution,
    mistagged_verb,
    noun_attribution,
    preposition_attribution,
)
from assistant.curation.statements.reporting import cue_span, frame_of, has_that_clause, relative_pronoun, source_of
from assistant.curation.statements.signatures import signatures
from assistant.curation.statements.sources import can_speak

if TYPE_CHECKING:
    from spacy.tokens import Token

_CONTRASTS = frozenset({"though", "although", "while", "whereas", "but"})
_CLAUSE_STARTERS = frozenset({"mark", "nsubj", "nsubjpass", "aux", "auxpass", "neg", "advmod", "cc"})


def find_attributions(block: ParsedBlock) -> list[Attribution]:
    """All attributions of a block whose cue is not itself part of what somebody says, in the order of the text."""
    found: list[Attribution] = []
    for candidate in sorted(_candidates(block), key=lambda attribution: _rank(block, attribution)):
        if any(a.cue_token == candidate.cue_token for a in found):
            continue
        owner = next((a for a in found if a.content[0] <= candidate.cue[0] < a.content[1]), None)
        if owner is None:
            if candidate.source is not None:  # else it could only share the source of what stands before it
                found.append(candidate)
        elif _breaks_off(block, owner, candidate):
            joint = block.token_starts[_joint(block, candidate)]
            found[found.index(owner)] = moved(owner, block.trimmed(owner.content[0], joint))
            shared = candidate.source is None or own_subject(block.doc[candidate.cue_token]) is None
            found.append(replace(candidate, source=owner.source if shared else candidate.source))
    return sorted(found, key=lambda attribution: attribution.cue)


def _breaks_off(block: ParsedBlock, owner: Attribution, candidate: Attribution) -> bool:
    """Whether a cue that the parse put into somebody's content really stands beside it.

    So do participles after a comma ("said that …, adding that …"), reporting verbs joined to a clause that reports
    nothing ("says the plan failed and says he told them so") and contrasts ("said that …, though she noted …").
    """
    verb = block.doc[candidate.cue_token]
    if candidate.rule != "verb" or owner.rule != "verb" or owner.cue[1] > candidate.cue[0] - 10:
        return False
    frame = frame_of(verb)
    if frame is None or not (frame.has("q") or frame.has("c") or verb.dep_ == "conj"):
        return False
    joint = block.doc[_joint(block, candidate)]
    if joint.i == 0 or joint.idx <= owner.content[0] or block.in_quote(joint):
        return False
    if verb.tag_ == "VBG" and verb.dep_ == "advcl":
        return block.doc[joint.i - 1].text == "," and frame.has("q")
    if verb.dep_ == "conj" and own_subject(verb) is None:
        outer = block.doc[owner.cue_token]
        return verb.tag_ == outer.tag_ and verb.head.lemma_.lower() not in VERBS and verb.head.dep_ != "relcl"
    return joint.lower_ in _CONTRASTS and block.doc[joint.i - 1].text == ","


def _joint(block: ParsedBlock, candidate: Attribution) -> int:
    """The token at which the clause of a cue begins: its mark, conjunction or subject."""
    verb = block.doc[candidate.cue_token]
    first = min([verb.i, *(c.left_edge.i for c in verb.children if c.i < verb.i and c.dep_ in _CLAUSE_STARTERS)])
    if verb.dep_ == "conj":
        while first - 1 > 0 and (block.doc[first - 1].dep_ == "cc" or block.doc[first - 1].dep_ == "advmod"):
            first -= 1
    return first


def _rank(block: ParsedBlock, attribution: Attribution) -> tuple[int, int]:
    """Outermost cues first, so that they own what lies inside; a comment clause owns the sentence round it."""
    if attribution.rule in {"comment", "label", "signature", "according to"}:
        return -1, attribution.cue[0]
    return depth(block.doc[attribution.cue_token]), attribution.cue[0]


def _candidates(block: ParsedBlock) -> Iterator[Attribution]:
    yield from signatures(block)
    for token in block.doc:
        if block.in_quote(token):
            continue
        lower = token.lower_
        if lower in SOURCE_PREPOSITIONS:
            attribution = preposition_attribution(block, token)
        elif token.pos_ in {"VERB", "AUX"} or acts_as_verb(token):
            attribution = _verb(block, token)
        elif token.pos_ == "NOUN":
            attribution = noun_attribution(block, token) or mistagged_verb(block, token)
        elif token.pos_ == "ADJ" and lower in ADJECTIVES:
            attribution = adjective_attribution(block, token)
        else:
            continue
        if attribution is not None:
            yield attribution


def _verb(block: ParsedBlock, verb: Token) -> Attribution | None:
    lemma = verb.lemma_.lower()
    if lemma in LIGHT_VERBS and (light := light_verb_attribution(block, verb)) is not None:
        return light
    frame = frame_of(verb)
    if frame is None:
        return None
    source = source_of(block, verb)
    rule = "verb"
    content = content_of(block, verb, frame, source)
    if content is None and frame.has("q") and frame.has("c"):
        content, rule = comment_clause(block, verb, source), "comment"
    if content is None:
        return None
    relative = relative_pronoun(verb)
    if source is not None and not _may_be_source(block, verb, frame, source, relative):
        source = None
    if source is None and (verb.dep_ != "conj" or own_subject(verb) is not None):
        return None
    if source is not None and (_is_outside(frame, source) or _runs_over(content, source, verb)):
        return None
    head = source.i if source is not None else None
    asked = lemma in {"ask", "wonder"}
    return Attribution(verb.i, cue_span(block, verb), head, content, rule, is_negated(verb), asked, relative)


def _may_be_source(block: ParsedBlock, verb: Token, frame: Frame, source: Token, relative: int | None) -> bool:
    """Whether a subject can be whoever speaks."""
    if source.lower_ == "it" and own_subject(verb) is None:
        return False  # more often an empty "it" than one that speaks
    who = relative is not None and block.doc[relative].lower_ == "who"
    return not frame.has("w") or who or can_speak(source) or has_that_clause(verb)


def _is_outside(frame: Frame, source: Token) -> bool:
    """Whether nobody in the text speaks: the reader is spoken to, or the author thinks."""
    return source.lower_ == "you" or (source.lower_ == "i" and frame.has("w"))


def _runs_over(content: tuple[int, int], source: Token, verb: Token) -> bool:
    """Whether what is said swallows its source, though not the cue: a sign of a wrong parse."""
    return content[0] <= source.idx < content[1] and not content[0] < verb.idx < content[1]
