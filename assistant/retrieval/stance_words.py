"""The words of a question that ask for a stance, and what negations make of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.retrieval.question_names import Named
from assistant.retrieval.question_words import (
    AUXILIARY,
    NEGATIONS,
    Stanced,
    is_asked_for,
    is_done,
    is_naming,
    stands_against,
)
from assistant.stances import StanceBook, WordKind

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

_NO_STANCE = frozenset({"PROPN", "ADP", "AUX", "DET", "PRON"})
_KINDS: dict[str, WordKind] = {"NOUN": "noun", "VERB": "verb", "ADJ": "adjective"}


class StanceWords:
    """Finds stances in questions, by the words that statements have and by those that only questions have.

    Args:
        stances: which words ask for which stance.
    """

    def __init__(self, stances: StanceBook) -> None:
        self._stances = stances
        self._asking = {word.strip('"').lower(): stance.key for stance in stances for word in stance.questions}

    def find(self, doc: Doc, named: Sequence[Named]) -> list[Stanced]:
        """The words that ask for a stance, left to right, longest first."""
        lemmas = [token.lemma_.lower() for token in doc]
        shown = [token.lower_ for token in doc]
        hits = [
            Stanced(hit.start, hit.end, hit.stance, hit.kind == "verdict")
            for hit in self._stances.idioms(lemmas, shown)
            if not all(word in AUXILIARY or word == "to" for word in shown[hit.start : hit.end])
            and not any(token.pos_ == "PROPN" for token in doc[hit.start : hit.end])  # "sign the MINSK agreement"
        ]
        for token in doc:
            if any(h.first <= token.i < h.last for h in hits) or any(n.start <= token.idx < n.end for n in named):
                continue
            hit = self._phrasal(doc, lemmas, token) or self._word(lemmas, token)
            if hit is not None:
                hits.append(hit)
        return sorted(hits, key=lambda h: h.first)

    def _phrasal(self, doc: Doc, lemmas: list[str], token: Token) -> Stanced | None:
        for length in (3, 2):
            if token.i + length > len(lemmas):
                continue
            words = " ".join([lemmas[token.i], *(t.lower_ for t in doc[token.i + 1 : token.i + length])])
            stance = self._stances.of_word("verb", words) or self._asking.get(words)
            if stance is not None:
                return Stanced(token.i, token.i + length, stance, False)
        return None

    def _word(self, lemmas: list[str], token: Token) -> Stanced | None:
        lemma = lemmas[token.i]
        if lemma in {"say", "tell"} or is_naming(token) or (token.pos_ in _NO_STANCE and lemma != "against"):
            return None
        if lemma == "against" and not stands_against(token):
            return None
        kind = "verb" if is_done(token) else _KINDS.get(token.pos_)
        stance = (self._stances.of_word(kind, lemma) if kind is not None else None) or self._asking.get(lemma)
        noun = kind == "noun"
        if stance is None or (noun and not is_asked_for(token)):
            return None
        return Stanced(token.i, token.i + 1, stance, noun)

    def turned(self, doc: Doc, hit: Stanced, doubted: bool = False) -> tuple[str, bool]:
        """The stance after "not", "never", "refuse to" and doubt, and whether it is one that is not taken."""
        lead = list(doc[: hit.first])
        turns = sum(token.lower_ in NEGATIONS for token in lead) + doubted
        turns += sum(
            self._stances.has_modifier("reversals", token.lemma_.lower())
            for token in lead
            if token.lower_ not in NEGATIONS
        )
        if turns % 2 == 0:
            return hit.stance, False
        opposite = self._stances.negation_of(hit.stance)
        return (hit.stance, True) if opposite is None else (opposite, False)
