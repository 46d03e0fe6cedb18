"""How a verb of saying is built into its sentence: its frame, its span and who its subject is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.curation.statements.block import ParsedBlock
from assistant.curation.statements.clauses import (
    actor_of,
    agent,
    is_passive,
    lemma_of,
    own_subject,
    passive_subject,
    prepositions_of,
)
from assistant.curation.statements.lexicon import LIGHT_VERBS, VERBS, Frame
from assistant.curation.statements.sources import TEXTS, can_speak

if TYPE_CHECKING:
    from spacy.tokens import Token

_MADE_CLEAR = Frame(frozenset("cn"))  # "made clear that"
_QUOTED_AS = frozenset({"quote", "cite", "hear", "record"})


def frame_of(verb: Token) -> Frame | None:
    """How a verb takes what is said: as a phrasal verb ("call for", "point out") or by itself."""
    lemma = verb.lemma_.lower()
    frame = VERBS.get(lemma_of(verb))
    if lemma == "make" and any(child.lower_ in {"clear", "plain", "known"} for child in verb.children):
        return _MADE_CLEAR
    adverbs = [child for child in verb.children if child.dep_ == "advmod"]
    for child in (*prepositions_of(verb), *adverbs):
        if child.i > verb.i:
            phrasal = VERBS.get(f"{lemma} {child.lower_}")
            if phrasal is not None:
                return phrasal
    return frame or VERBS.get(lemma)


def cue_span(block: ParsedBlock, verb: Token) -> tuple[int, int]:
    """The verb with its auxiliaries, negation and particle."""
    members = [verb.i]
    for child in verb.children:
        if child.dep_ in {"aux", "auxpass", "neg", "prt"} and abs(child.i - verb.i) <= 4:
            members.append(child.i)
    return block.chars(min(members), max(members))


def relative_pronoun(verb: Token) -> int | None:
    """The "who" or "which" that a verb of saying has for its subject, its own or that of the verb it is joined to."""
    for holder in (verb, verb.head):
        subject = own_subject(holder)
        if subject is not None:
            return subject.i if subject.tag_ in {"WP", "WDT"} and subject.i < verb.i else None
        if verb.dep_ not in {"conj", "xcomp"}:
            return None
    return None


def has_that_clause(verb: Token) -> bool:
    """Whether a that-clause follows: whoever is its subject then speaks or thinks."""
    return any(
        child.dep_ == "ccomp" and any(c.dep_ == "mark" and c.lower_ == "that" for c in child.children)
        for child in verb.children
    )


def source_of(block: ParsedBlock, verb: Token) -> Token | None:
    """Who says it: never a word inside a quotation, for which the parser sometimes takes a subject."""
    if verb.tag_ == "VBN" and verb.lemma_ in _QUOTED_AS and (quoted := passive_subject(verb)) is not None:
        return quoted  # "was quoted as saying"
    if verb.tag_ == "VBN" and verb.dep_ == "acl" and verb.head.dep_ == "ROOT" and block.doc[verb.i - 1].text == ",":
        if agent(verb) is None and can_speak(verb.head):
            return verb.head  # "A. Name, the director of B, compared …": no other verb is the sentence's
    source = actor_of(verb)
    if source is not None and verb.dep_ == "acl" and verb.tag_ == "VBG" and (sender := _sender(source)) is not None:
        return sender  # "released a statement saying"
    if verb.tag_ == "VBG" and verb.dep_ == "acl" and block.doc[verb.i - 1].text == ",":
        source = _subject_of_sentence(block, verb) or source  # "went after Z in Salem, calling him": not Salem
    if source is not None and not block.in_quote(source):
        return source
    if source is not None:
        outside = [c for c in verb.children if c.dep_ in {"nsubj", "nsubjpass"} and not block.in_quote(c)]
        if outside:
            return outside[-1]
    elif is_passive(verb) or own_subject(verb) is not None:
        return None
    return _noun_before(block, verb) or _inverted_subject(block, verb) or _subject_of_sentence(block, verb)


def _sender(noun: Token) -> Token | None:
    """Who sent the text that says something: the subject of "released a statement saying"."""
    verb = noun.head
    if noun.dep_ != "dobj" or noun.lemma_.lower() not in TEXTS or verb.lemma_.lower() not in LIGHT_VERBS:
        return None
    return actor_of(verb)


def _noun_before(block: ParsedBlock, verb: Token) -> Token | None:
    """The noun right before a finite verb where the parse tied it to something earlier."""
    if verb.tag_ not in {"VBD", "VBZ", "VBP"} and not (verb.tag_ == "VBN" and verb.dep_ in {"appos", "ROOT"}):
        return None
    doc, first = verb.doc, verb.sent.start
    place = verb.i - 1
    comma = False
    while place >= first and (doc[place].dep_ in {"aux", "advmod", "neg"} or doc[place].text == ","):
        comma = comma or doc[place].text == ","
        place -= 1
    if place < first or block.quote_of[place] >= 0:
        return None
    noun = doc[place]
    if comma:  # "A. Name, appearing at the forum, cited …": the name, not the forum
        top = noun
        while top.head.i != top.i and top.head.i < verb.i:
            top = top.head
        if noun.dep_ == "appos" and can_speak(noun.head) and noun.head.i > first:
            top = noun.head
        noun = top if top.pos_ in {"NOUN", "PROPN", "PRON"} and can_speak(top) else noun
    return noun if noun.pos_ in {"NOUN", "PROPN", "PRON"} and can_speak(noun) else None


def _inverted_subject(block: ParsedBlock, verb: Token) -> Token | None:
    """The subject after the verb where the parse took it for an object: "…," said the minister."""
    before = verb.doc[verb.i - 1] if verb.i > verb.sent.start else None
    if verb.lemma_ == "tell" or (before is not None and not before.is_punct):
        return None
    for child in verb.children:
        if child.dep_ in {"dobj", "attr", "npadvmod", "oprd"} and child.i > verb.i and can_speak(child):
            return None if block.in_quote(child) else child
    return None


def _subject_of_sentence(block: ParsedBlock, verb: Token) -> Token | None:
    """The subject of the clause before a participle that the parse tied to a quotation: "X nodded, saying: …"."""
    if verb.tag_ != "VBG" or verb.i == 0 or verb.doc[verb.i - 1].text != ",":
        return None
    above = verb.head
    while above.head.i != above.i and own_subject(above) is None:
        above = above.head
    subject = own_subject(above)
    if subject is not None and subject.i < verb.i and not block.in_quote(subject) and can_speak(subject):
        return subject
    for place in range(verb.i - 1, max(verb.sent.start, verb.i - 60) - 1, -1):
        token = verb.doc[place]
        if token.dep_ == "nsubj" and block.quote_of[place] < 0 and can_speak(token):
            return token
    return None
