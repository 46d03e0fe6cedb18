"""Bodies that a text goes on to call by a noun: "the board" after "the Atomic Safety Board"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assistant.actors import Actor
from assistant.curation.statements.block import ParsedBlock

if TYPE_CHECKING:
    from spacy.tokens import Token

_POINTING = frozenset({"the", "this", "that", "its", "their", "our"})


@dataclass(frozen=True, slots=True)
class Body:
    """A state or organisation where it was named."""

    place: int  # characters in the version's text
    name: str
    actor: Actor | None
    nouns: frozenset[str]  # by which the text may call it


@dataclass(slots=True)
class Bodies:
    """The states and organisations of one document as far as it has been read."""

    _named: list[Body] = field(default_factory=list)

    def read(self, block: ParsedBlock, found: Sequence[tuple[int, int, Actor]]) -> None:
        """Remember those that a block names.

        Args:
            block: the next one of the document.
            found: the known actors in it, with the characters that name them.
        """
        taken: list[tuple[int, int]] = []
        for start, end, actor in found:
            if actor.kind != "person":
                taken.append((start, end))
                nouns = _nouns(block, start, end) if actor.kind == "organisation" else frozenset()
                self._named.append(Body(block.offset + start, actor.name, actor, nouns))
        for entity in block.doc.ents:
            start, end = entity.start_char, entity.end_char
            if entity.label_ == "ORG" and not any(a < end and start < b for a, b in taken):
                name = entity.text.removeprefix("the ").removeprefix("The ")
                self._named.append(Body(block.offset + start, name, None, _nouns(block, start, end)))
        self._named.sort(key=lambda body: body.place)

    def last_known(self, place: int) -> Actor | None:
        """The known state or body named last before a place."""
        return next((b.actor for b in reversed(self._named) if b.place < place and b.actor is not None), None)

    def only_state(self, home: Actor, place: int) -> bool:
        """Whether no other state is named before a place."""
        return not any(
            body.place < place and body.actor is not None and body.actor.kind == "state" and body.actor.id != home.id
            for body in self._named
        )

    def called(self, head: Token, place: int) -> Body | None:
        """The body that "the board" stands for."""
        if head.tag_ != "NN" or not any(child.lower_ in _POINTING for child in head.children):
            return None
        if any(child.dep_ in {"amod", "compound", "poss"} and child.ent_type_ for child in head.children):
            return None
        return self._by_noun(head.lower_, place)

    def employing(self, head: Token, place: int) -> Body | None:
        """The body whose official "a board official" is."""
        nouns = [child for child in head.children if child.dep_ == "compound" and child.pos_ == "NOUN"]
        return next((body for noun in nouns if (body := self._by_noun(noun.lower_, place)) is not None), None)

    def _by_noun(self, noun: str, place: int) -> Body | None:
        return next((body for body in reversed(self._named) if body.place < place and noun in body.nouns), None)


def _nouns(block: ParsedBlock, start: int, end: int) -> frozenset[str]:
    """The last word of a name of several, and the noun it is set beside: "the aid GROUP Red Lantern"."""
    first, last = block.token_at(start), block.token_at(end - 1)
    if first < 0 or last < 0:
        return frozenset()
    nouns = {block.doc[last].lower_} if last > first else set()
    nouns |= {word.nbor(-1).lower_ for word in block.doc[first + 1 : last] if word.lower_ in {"of", "for"}}
    before = block.doc[first - 1] if first > 0 else None
    if before is not None and before.pos_ == "NOUN" and before.tag_ == "NN":
        nouns.add(before.lower_)
    return frozenset(nouns)
