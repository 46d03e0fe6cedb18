"""Reading a dependency parse: subjects, complements, negation and the spans they cover.

The labels are those of the CLEAR scheme that spaCy's English models use (nsubj, ccomp, xcomp, agent, …).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from assistant.curation.statements.sources import can_speak

if TYPE_CHECKING:
    from spacy.tokens import Token

_CLOSING = frozenset({'"', "”", "’", "''", "»"})
_SHARING = frozenset({"conj", "xcomp", "advcl", "ccomp", "pcomp", "prep", "pobj", "dep", "parataxis", "acomp"})


def particle(verb: Token) -> str | None:
    """The particle of a phrasal verb: "out" of "point out"."""
    for child in verb.children:
        if child.dep_ == "prt":
            return child.lower_
    return None


def lemma_of(verb: Token) -> str:
    """The lemma in lower case, with its particle where it has one."""
    added = particle(verb)
    lemma = verb.lemma_.lower()
    return f"{lemma} {added}" if added else lemma


def own_subject(verb: Token) -> Token | None:
    """The subject of the verb itself; a passive's subject does not act, so it is left out."""
    for child in verb.children:
        if child.dep_ in {"nsubj", "csubj"}:
            return child
    return None


def passive_subject(verb: Token) -> Token | None:
    """What a passive verb is done to."""
    for child in verb.children:
        if child.dep_ in {"nsubjpass", "csubjpass"}:
            return child
    return None


def agent(verb: Token) -> Token | None:
    """Who acts in a passive: the noun after "by", also where the parse tied it to the object."""
    for holder in (verb, *(child for child in verb.children if child.dep_ == "dobj")):
        for child in holder.children:
            if child.dep_ == "agent" or (child.dep_ == "prep" and child.lower_ == "by" and verb.tag_ == "VBN"):
                for inner in child.children:
                    if inner.dep_ == "pobj" and (holder.i == verb.i or can_speak(inner)):
                        return inner
    return _agent_behind_quotation(verb) if verb.tag_ == "VBN" else None


def _agent_behind_quotation(verb: Token) -> Token | None:
    """Who acts where the parse tied "by" to a word of the quotation: 'was called "a red line" by the minister'."""
    for token in verb.doc[verb.i + 1 : verb.sent.end]:
        if token.lower_ == "by" and token.nbor(-1).text in _CLOSING:
            return next((inner for inner in token.children if inner.dep_ == "pobj" and can_speak(inner)), None)
    return None


def is_passive(verb: Token) -> bool:
    """Whether the verb form is a passive, a reduced one ("rejected by Moscow") included."""
    labels = {child.dep_ for child in verb.children}
    if "auxpass" in labels and labels & {"dobj", "ccomp"} and any(c.lower_ in {"'s", "’s"} for c in verb.children):
        return False  # "he's called for": the parser takes "has" for "is"
    if labels & {"nsubjpass", "auxpass", "agent"}:
        return True
    if verb.tag_ != "VBN":
        return False
    # "Asked about the talks, the minister …": the minister does not ask.
    return verb.dep_ == "acl" or (verb.dep_ == "advcl" and not labels & {"aux", "nsubj"})


def actor_of(verb: Token) -> Token | None:
    """Who does what the verb says: its subject, its passive agent, or the subject it shares with a higher verb."""
    if is_passive(verb):
        return agent(verb)
    subject = own_subject(verb)
    if subject is not None:
        return _antecedent(verb, subject)
    return _shared_subject(verb)


def _antecedent(verb: Token, subject: Token) -> Token:
    """The noun that a relative pronoun stands for."""
    if subject.tag_ in {"WP", "WDT"} and verb.dep_ == "relcl":
        return verb.head
    if subject.tag_ in {"WP", "WDT"} and verb.dep_ == "conj" and verb.head.dep_ == "relcl":
        return verb.head.head
    return subject


def _shared_subject(verb: Token) -> Token | None:
    if verb.dep_ == "pobj":
        return None
    current = verb
    for _ in range(6):  # "went on to say and add that": a few steps at most
        head = current.head
        if head.i == current.i:
            return None
        if current.dep_ == "acl":
            return head if current.tag_ == "VBG" else None
        if not _shares(current, head):
            return None
        if current.dep_ == "xcomp" and (controller := _controller(head)) is not None:
            return controller
        subject = _acting(head)
        if subject is not None:
            return subject
        current = head
    return None


def _shares(verb: Token, head: Token) -> bool:
    """Whether a verb without subject can have that of its head."""
    if verb.dep_ == "ccomp" and own_subject(head) is not None and verb.tag_ not in {"VBG", "VB"}:
        return False
    return verb.dep_ in _SHARING or verb.lower_ == "short"  # "stopped short of rejecting"


def _acting(head: Token) -> Token | None:
    """The subject of a higher verb; of a passive one whoever it is done to ("was asked to sign")."""
    if head.pos_ not in {"VERB", "AUX"}:
        return None
    subject = own_subject(head)
    if subject is not None:
        return _antecedent(head, subject)
    return passive_subject(head) or agent(head) if is_passive(head) else None


def _controller(verb: Token) -> Token | None:
    """The object that acts in "urged Kyiv to accept"."""
    for child in verb.children:
        if child.dep_ in {"dobj", "dative"} and can_speak(child):
            return child
    return None


def acts_as_verb(token: Token) -> bool:
    """Whether a word is the verb of its sentence though the tagger took it for something else: "X and Y back it"."""
    if token.dep_ != "ROOT" or token.pos_ not in {"NOUN", "ADV", "ADJ", "PROPN"}:
        return False
    labels = {child.dep_ for child in token.children}
    return "nsubj" in labels and bool(labels & {"dobj", "ccomp", "xcomp"})


def is_only_when(preposition: Token) -> bool:
    """Whether a preposition only says when: "on Thursday"."""
    return any(child.dep_ == "pobj" and child.ent_type_ in {"DATE", "TIME"} for child in preposition.children)


def prepositions_of(verb: Token) -> Iterator[Token]:
    """Particles and prepositions of a verb, those included that the parse tied to a day before them."""
    for child in verb.children:
        if child.dep_ in {"prt", "prep"}:
            if not is_only_when(child):
                yield child
                continue
            tied = (token for noun in child.children for token in noun.children if token.dep_ == "prep")
            yield from (token for token in tied if not is_only_when(token))


def is_negated(token: Token) -> bool:
    """Whether a verb, noun or adjective stands under "not", "never" or "no"."""
    for child in token.children:
        if child.dep_ == "neg" or child.lower_ in {"never", "nobody", "neither", "hardly", "nor"}:
            return True
        if child.dep_ == "det" and child.lower_ == "no":
            return True
        if child.dep_ in {"nsubj", "nsubjpass"} and (
            child.lower_ in {"nobody", "none", "neither", "no-one"} or any(c.lower_ == "no" for c in child.children)
        ):
            return True
    return False


def span_of(tokens: Iterable[Token]) -> tuple[int, int]:
    """First and last token index (inclusive) that the subtrees of some tokens cover."""
    edges = [(token.left_edge.i, token.right_edge.i) for token in tokens]
    return min(left for left, _ in edges), max(right for _, right in edges)


def depth(token: Token) -> int:
    """How many heads stand above a token, at most 200."""
    count = 0
    while token.head.i != token.i and count < 200:
        token = token.head
        count += 1
    return count
