"""The names in a question: where they stand, and whether they act or only say which thing is meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.actors import OFFICES, Actor

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

# What a country's name may stand before and still be the country: "European countries", "the Russian people".
PEOPLE = frozenset(
    """allies analysts bloc capital capitals citizens countries country experts government governments nation nations
    observers parliaments people politicians public states voters""".split()
)
POSSESSIVES = frozenset({"'s", "’s", "'", "’"})
# Texts and events, of which one has a name but no position: "the Budapest Memorandum", "the Berlin talks".
_THINGS = frozenset(
    """accord accords agreement agreements charter communique constitution declaration format formula memorandum
    negotiations process protocol protocols referendum resolution summit talks treaty""".split()
)


@dataclass(frozen=True, slots=True)
class Named:
    """An actor that a question names; characters of the question."""

    start: int
    end: int
    actor: str
    speaker: str | None
    known: Actor | None


def token_from(doc: Doc, char: int) -> int:
    """The first token that starts at or after a character."""
    return next((token.i for token in doc if token.idx >= char), len(doc))


def spelled_as_names(doc: Doc) -> list[tuple[int, int]]:
    """Runs of two or more capitalised words behind the first word, which a short question's parse may not see."""
    runs: list[list[Token]] = [[]]
    for token in doc[1:]:
        if token.text[0].isupper() and token.is_alpha:
            runs[-1].append(token)
        elif runs[-1]:
            runs.append([])
    return [(run[0].idx, run[-1].idx + len(run[-1].text)) for run in runs if len(run) > 1]


def named_subjects(doc: Doc) -> list[tuple[int, int]]:
    """Single capitalised words, behind the first, that do what is asked about: "What has SCHOLZ promised?"."""
    return [
        (token.idx, token.idx + len(token.text))
        for token in doc[1:]
        if token.dep_ == "nsubj" and token.pos_ == "PROPN" and token.text[0].isupper() and token.is_alpha
    ]


def only_owns(doc: Doc, name: Named) -> bool:
    """Whether a name only owns what is asked about: "NATO's Article 5", but not "Russia's foreign minister"."""
    place = token_from(doc, name.end)
    if place >= len(doc) or doc[place].lower_ not in POSSESSIVES:
        return False
    return not OFFICES & {token.lower_ for token in doc[place + 1 : place + 5]}


def last_word(doc: Doc, name: Named) -> Token:
    """The token with which a name ends."""
    return doc[max(token_from(doc, name.end) - 1, 0)]


def only_modifies(doc: Doc, name: Named) -> bool:
    """Whether a name only says which one of other things: "the AMERICAN guarantee", "the MINSK agreement"."""
    return stands_before_a_noun(doc, name) and last_word(doc, name).head.lower_ not in OFFICES | PEOPLE


def stands_before_a_noun(doc: Doc, name: Named) -> bool:
    """Whether a name belongs to a noun, if only one that speaks for it: "the OSCE mission", "Russia's minister"."""
    word = last_word(doc, name)
    if word.dep_ not in {"amod", "compound", "poss"} or name.start <= word.head.idx < name.end:
        return False
    return word.dep_ == "compound" or word.head.pos_ in {"NOUN", "PROPN"}  # "the Berlin TALKS", taken for a verb


def is_a_thing(doc: Doc, name: Named) -> bool:
    """Whether a name is that of a text or an event: "the Budapest Memorandum"."""
    return last_word(doc, name).lower_ in _THINGS
