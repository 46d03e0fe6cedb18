"""How firmly a position is put: as a fact, a forecast, under a condition, taken back by "not", or as a question."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.curation.statements.clauses import is_negated
from assistant.stances import Modifier, StanceBook

if TYPE_CHECKING:
    from spacy.tokens import Token

_CONDITIONS = frozenset({"if", "unless", "provided", "should", "lest", "assuming"})
_FUTURE = frozenset({"will", "would", "wo", "shall", "'ll", "’ll", "might", "may", "could", "'d", "’d"})
_ASKING = frozenset({"ask", "wonder"})
_UP = frozenset({"xcomp", "ccomp", "acomp", "pcomp", "acl", "conj", "attr", "oprd"})
_MAX_STEPS = 6


@dataclass(frozen=True, slots=True)
class Force:
    """What stands over the head of a position."""

    negated: bool  # "not", "fail to", "unlikely to", an even number of them cancelling out
    forecast: bool  # said about the future or as an opinion
    conditional: bool
    asked: bool
    refusing: bool = False  # "would not": a refusal and no forecast, where the text says it of its subject
    unfinished: bool = False  # "has not": not so far, which leaves it open


def force_of(head: Token, stances: StanceBook, idiom: range, stop: range) -> Force:
    """What negation, doubt, condition and question do to a position.

    Args:
        head: the verb, noun or adjective that carries it.
        stances: knows the words of doubt and forecast.
        idiom: token positions of the stance's own words, whose negation belongs to them ("cannot include").
        stop: token positions within which the words that govern it may stand.
    """
    negated = _negated_outside(head, idiom)
    forecast = _is_future(head) or any(
        _word_is(child, stances, "forecasts") for child in head.children if child.dep_ in {"advmod", "acomp"}
    )
    if any(_word_is(child, stances, "doubts") for child in head.children if child.dep_ == "advmod"):
        negated, forecast = not negated, True
    conditional, asked = _marks(head)
    for below, above in _governors(head, stop):
        if asked:
            break
        conditional, asked = _either((conditional, asked), _marks(above))
        forecast = forecast or _is_future(above)
        if below.dep_ == "conj":  # only joined by "and" or "but"
            continue
        turned, foreseen = _turned_by(above, stances, idiom)
        for beside in _beside(below, above):
            doubted = _word_is(beside, stances, "doubts")
            turned, foreseen = turned != doubted, foreseen or doubted or _word_is(beside, stances, "forecasts")
        negated, forecast = negated != turned, forecast or foreseen
    refusing = negated and any(child.lower_ in {"would", "'d", "’d"} for child in head.children)
    unfinished = negated and any(child.dep_ == "aux" and child.lemma_ == "have" for child in head.children)
    return Force(negated, forecast, conditional, asked or _is_question(head), refusing, unfinished)


def _governors(head: Token, stop: range) -> Iterator[tuple[Token, Token]]:
    """The words above a position, each behind the one that it governs."""
    current = head
    for _ in range(_MAX_STEPS):
        above = current.head
        if current.dep_ == "acl" and current.tag_ == "VBG" and above.dep_ == "dobj":
            above = above.head  # "hard to see X giving ground"
        if current.dep_ == "pcomp":
            above = _verb_of(above)  # "stopped short of rejecting it"
        if above.i == current.i or above.i not in stop or current.dep_ not in _UP:
            return
        if current.dep_ == "conj" and current.tag_ != above.tag_:
            return  # "would not stand in the way but ruled out": the second stands by itself
        yield current, above
        current = above


def _beside(below: Token, above: Token) -> Iterator[Token]:
    """Adjectives that the parse set beside a verb: in 'was "highly unlikely" to accept' it ties "accept" to "was"."""
    if below.dep_ == "xcomp":
        yield from (child for child in above.children if child.dep_ == "acomp" and child.i < below.i)


def _verb_of(preposition: Token) -> Token:
    """The verb or noun that a preposition belongs to, over the "short" of "stopped short of"."""
    above = preposition.head
    return above.head if above.lower_ == "short" and above.dep_ in {"advmod", "acomp", "prt"} else above


def _turned_by(above: Token, stances: StanceBook, idiom: range) -> tuple[bool, bool]:
    """Whether a governing word turns a position round, and whether it makes it a forecast."""
    own_words = above.i in idiom
    doubted = not own_words and _word_is(above, stances, "doubts")
    reversed_ = not own_words and not doubted and _word_is(above, stances, "reversals")
    turned = (doubted or reversed_) != _negated_outside(above, idiom)
    return turned, doubted or _word_is(above, stances, "forecasts")


def _either(one: tuple[bool, bool], other: tuple[bool, bool]) -> tuple[bool, bool]:
    return one[0] or other[0], one[1] or other[1]


def _word_is(token: Token, stances: StanceBook, modifier: Modifier) -> bool:
    lemma = token.lemma_.lower()
    return stances.has_modifier(modifier, lemma) or stances.has_modifier(modifier, token.lower_)


def _negated_outside(token: Token, idiom: range) -> bool:
    if not is_negated(token):
        return False
    return not any(child.dep_ in {"neg", "det"} and child.i in idiom for child in token.children)


def _is_future(token: Token) -> bool:
    return any(child.dep_ == "aux" and child.lower_ in _FUTURE for child in token.children)


def _marks(token: Token) -> tuple[bool, bool]:
    conditional = asked = False
    for child in token.children:
        if child.dep_ != "mark" and child.lower_ != "whether":
            continue
        if child.lower_ == "whether" or (child.lower_ == "if" and token.dep_ in {"ccomp", "pcomp"}):
            asked = True
        elif child.lower_ == "if" and token.head.lemma_ in _ASKING:
            asked = True
        elif child.lower_ in _CONDITIONS:
            conditional = True
    for child in token.children:
        if child.dep_ == "advcl" and any(c.dep_ == "mark" and c.lower_ in _CONDITIONS for c in child.children):
            conditional = True
    return conditional, asked


def _is_question(head: Token) -> bool:
    sentence = head.sent
    last = sentence[-1]
    for place in range(len(sentence) - 1, max(-1, len(sentence) - 4), -1):
        if sentence[place].text == "?":
            return True
        if sentence[place].is_alpha:
            break
    return last.text == "?"
