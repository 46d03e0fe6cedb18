"""Positions in a stretch of text: whose they are, which stance they take, and what they are about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.curation.statements.block import ParsedBlock
from assistant.curation.statements.clauses import (
    actor_of,
    acts_as_verb,
    agent,
    depth,
    is_only_when,
    is_passive,
    own_subject,
    prepositions_of,
)
from assistant.curation.statements.modality import Force, force_of
from assistant.curation.statements.targets import after_idiom, clause_beside, judged, noun_target, verb_target
from assistant.stances import StanceBook, WordKind

if TYPE_CHECKING:
    from spacy.tokens import Token

_OWNER_PREPOSITIONS = frozenset({"by", "from", "of"})
_CROSSING = frozenset({"cross", "approach", "overstep", "violate"})
_NEEDS = frozenset({"must", "need", "have", "would", "get", "should", "ought"})


@dataclass(frozen=True, slots=True)
class Position:
    """One position; characters within the block."""

    stance: str
    kind: WordKind
    head: Token
    holder: Token | None  # whose position the words make it; None: whoever says so
    target: tuple[int, int] | None
    cue: tuple[int, int]
    clause: tuple[int, int]
    force: Force
    depth: int
    words: range  # tokens of the stance's own words
    own_only: bool = False  # holds only where the holder speaks: "we will not …"


def lemmas_of(block: ParsedBlock) -> list[str]:
    """Lower-case lemmas of a block's tokens."""
    return [token.lemma_.lower() for token in block.doc]


def find_positions(
    block: ParsedBlock, lemmas: list[str], stop: range, stances: StanceBook, scope: range | None = None
) -> list[Position]:
    """All positions among the tokens of ``stop``, the least deeply embedded first.

    A position inside what another one is about ("refuses to accept") is left out.

    Args:
        block: the parsed block.
        lemmas: its lemmas, as ``lemmas_of`` gives them.
        stop: the tokens to search.
        stances: the words of the stances.
        scope: tokens in which words may stand that make a forecast or a question of it; ``stop`` when None.
    """
    found: list[Position] = []
    taken: set[int] = set()
    shown = [token.lower_ for token in block.doc[stop.start : stop.stop]]
    for hit in stances.idioms(lemmas[stop.start : stop.stop], shown):
        span = range(stop.start + hit.start, stop.start + hit.end)
        taken.update(span)
        position = _idiom(block, span, hit.stance, hit.kind, stances, stop)
        if position is not None:
            found.append(position)
    for place in stop:
        if place not in taken:
            found.extend(_word(block, lemmas, place, stances, stop))
    if scope is not None:
        found = [replace(p, force=force_of(p.head, stances, p.words, scope)) for p in found]
    found.sort(key=lambda position: (position.depth, position.head.i))
    kept: list[Position] = []
    for position in found:
        if any(_inside_target(position, other) or position.head.i == other.head.i for other in kept):
            continue
        kept.append(position)
    return kept


def _inside_target(position: Position, other: Position) -> bool:
    if other.target is None or other.kind == "verdict":
        return False
    return other.target[0] <= position.head.idx < other.target[1]


def _word(block: ParsedBlock, lemmas: list[str], place: int, stances: StanceBook, stop: range) -> Iterator[Position]:
    token = block.doc[place]
    span = range(place, place + 1)
    if token.pos_ in {"VERB", "AUX"} or acts_as_verb(token):
        stance, length = _verb_stance(token, lemmas, stances)
        if stance is not None and not _turns_another(token, lemmas, stances):
            yield _verb_position(block, token, stance, range(place, place + length), stances, stop)
    elif token.pos_ == "NOUN":
        stance = stances.of_word("noun", lemmas[place])
        if stance is not None and (owner := _owner(token)) is not None:
            target = noun_target(block, token)
            if target is None:
                return  # "Trump's concerns": nothing is said of what they are about
            yield _made(block, stance, "noun", token, owner, target, span, stances, stop)
    elif token.pos_ == "ADJ" and token.dep_ in {"acomp", "oprd", "conj", "xcomp"}:
        stance = stances.of_word("adjective", lemmas[place])
        if stance is not None:
            target = noun_target(block, token) or clause_beside(block, token)
            yield _made(block, stance, "adjective", token, _bearer(token), target, span, stances, stop)


def _turns_another(verb: Token, lemmas: list[str], stances: StanceBook) -> bool:
    """Whether a verb such as "refuse" says nothing by itself: "refused to rule out", "declined to comment"."""
    if not stances.has_modifier("reversals", verb.lemma_.lower()):
        return False
    return any(
        child.dep_ == "xcomp"
        and child.pos_ == "VERB"
        and (
            _verb_stance(child, lemmas, stances)[0] is not None
            or stances.has_modifier("silences", child.lemma_.lower())
        )
        for child in verb.children
    )


def _verb_stance(token: Token, lemmas: list[str], stances: StanceBook) -> tuple[str | None, int]:
    """The stance of a verb with the particle or preposition that follows it, and how many tokens that takes."""
    place = token.i
    for length in (3, 2):
        following = token.doc[place + 1 : place + length]
        if any(is_only_when(t) for t in following):
            continue  # "called on Thursday"
        words = " ".join([lemmas[place], *(t.lower_ for t in following)])
        stance = stances.of_word("verb", words) if place + length <= len(lemmas) else None
        if stance is not None:
            return stance, length
    for child in prepositions_of(token):
        if child.i > place:
            stance = stances.of_word("verb", f"{lemmas[place]} {child.lower_}")
            if stance is not None:
                return stance, 1
    if any(child.dep_ == "prt" for child in token.children):
        return None, 1  # "back up" is not "back"
    return stances.of_word("verb", lemmas[place]), 1


def _verb_position(
    block: ParsedBlock, verb: Token, stance: str, span: range, stances: StanceBook, stop: range
) -> Position:
    return _made(block, stance, "verb", verb, actor_of(verb), verb_target(block, verb), span, stances, stop)


def _owner(noun: Token) -> Token | None:
    """Whose refusal it is: "Moscow's refusal", "a refusal by Moscow", "Moscow made no concessions"."""
    for child in noun.children:
        if child.dep_ == "poss":
            return child
    for child in noun.children:
        if child.dep_ in {"prep", "agent"} and child.lower_ in _OWNER_PREPOSITIONS - {"of"}:
            for inner in child.children:
                if inner.dep_ == "pobj":
                    return inner
    verb = noun.head
    if noun.dep_ == "dobj" and verb.lemma_ in _CARRIERS:
        return actor_of(verb)
    return None


_CARRIERS = frozenset(
    """express voice raise issue make deliver give state reiterate repeat register send announce have show""".split()
)


def _bearer(adjective: Token) -> Token | None:
    verb = adjective.head
    if adjective.dep_ == "conj":
        verb = verb.head if verb.pos_ == "ADJ" else verb
    if verb.pos_ not in {"AUX", "VERB"}:
        return None
    return own_subject(verb) or actor_of(verb)


def _idiom(
    block: ParsedBlock, span: range, stance: str, kind: WordKind, stances: StanceBook, stop: range
) -> Position | None:
    tokens = [block.doc[i] for i in span]
    root = min(tokens, key=depth)
    verb = _governing_verb(root)
    if kind == "phrase":
        holder = actor_of(verb) if verb is not None else None
        last = tokens[-1]
        if last.dep_ == "neg":  # "will not": a refusal, unless the verb says itself what is refused
            return _refusal(block, verb, stance, span, stances, stop)
        target = after_idiom(block, span) or (
            verb_target(block, verb) if verb is not None and verb.i != last.i else None
        )
        return _made(block, stance, kind, verb or root, holder, target, span, stances, stop)
    if any(token.lemma_ in _NEEDS and token.pos_ in {"AUX", "VERB"} for token in tokens):
        return _need(block, verb or root, stance, span, stances, stop)
    holder = _for_whom(block, span)
    if holder is None and root.dep_ == "dobj" and root.head.lemma_ in _CROSSING:
        return None  # "it crosses a red line": whose line it is is not said
    return _made(block, stance, kind, verb or root, holder, judged(block, verb, span), span, stances, stop)


def _refusal(
    block: ParsedBlock, verb: Token | None, stance: str, span: range, stances: StanceBook, stop: range
) -> Position | None:
    lemmas = [token.lemma_.lower() for token in block.doc]
    if verb is None or verb.pos_ != "VERB" or verb.i not in stop or _verb_stance(verb, lemmas, stances)[0] is not None:
        return None
    if any(hit.start == 0 for hit in stances.idioms(lemmas[verb.i : verb.i + 8])):
        return None  # "would not stand in the way"
    target = block.trimmed(*block.chars(verb.i, max(verb.right_edge.i, verb.i)))
    made = _made(block, stance, "phrase", verb, actor_of(verb), target, span, stances, stop)
    return replace(made, own_only=True)


def _governing_verb(token: Token) -> Token | None:
    current = token
    for _ in range(6):
        if current.pos_ in {"VERB", "AUX"} and current.dep_ not in {"aux", "auxpass"}:
            return current
        if current.head.i == current.i:
            return None
        current = current.head
    return None


def _for_whom(block: ParsedBlock, span: range) -> Token | None:
    """The actor of a verdict: "a red line for Putin", "Moscow's red line"."""
    first, last = span.start, span.stop - 1
    doc = block.doc
    for token in doc[first : last + 1]:
        for child in token.children:
            if child.dep_ == "poss":
                return child
            if child.dep_ == "prep" and child.lower_ in {"for", "to"} and child.i > last - 1:
                inner = next((t for t in child.children if t.dep_ == "pobj"), None)
                if inner is not None:
                    return inner
    if last + 1 < len(doc) and doc[last + 1].lower_ in {"for", "to"}:
        return next((t for t in doc[last + 1].children if t.dep_ == "pobj"), None)
    return None


def _need(
    block: ParsedBlock, verb: Token, stance: str, span: range, stances: StanceBook, stop: range
) -> Position | None:
    """What must be: in "any deal must contain guarantees" whoever says so demands the guarantees."""
    deepest = verb
    for _ in range(3):
        inner = next((c for c in deepest.children if c.dep_ == "xcomp" and c.pos_ in {"VERB", "AUX"}), None)
        if inner is None:
            break
        deepest = inner
    target = verb_target(block, deepest) or block.chars(verb.left_edge.i, verb.right_edge.i)
    return _made(block, stance, "verdict", verb, None, target, span, stances, stop)


def _made(
    block: ParsedBlock,
    stance: str,
    kind: WordKind,
    head: Token,
    holder: Token | None,
    target: tuple[int, int] | None,
    span: range,
    stances: StanceBook,
    stop: range,
) -> Position:
    if holder is None and is_passive(head):
        holder = agent(head)
    force = force_of(head, stances, span, stop)
    cue = block.chars(span.start, span.stop - 1)
    clause = block.chars(max(head.left_edge.i, stop.start), min(head.right_edge.i, stop.stop - 1))
    return Position(stance, kind, head, holder, target, cue, clause, force, depth(head), span)
