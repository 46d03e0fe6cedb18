"""What a sentence states, taken apart: words with their negation, names, numbers, dates, and who does what to whom."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.actors import ActorBook
from assistant.answering.grounding.moments import Moment, moments
from assistant.answering.grounding.numerals import Numeral, numerals
from assistant.names import fold
from assistant.retrieval.words import stem_set, stems_of

if TYPE_CHECKING:
    from spacy.tokens import Span, Token

CONTENT = frozenset({"NOUN", "PROPN", "VERB", "ADJ", "ADV", "NUM"})
LIGHT = frozenset(
    "be have do will would can could may might must shall should get make take go come say tell also just very".split()
)
_NAMES = frozenset({"PERSON", "ORG", "GPE", "NORP", "LOC", "FAC", "EVENT", "PRODUCT", "WORK_OF_ART", "LAW"})
_NEGATORS = frozenset({"not", "n't", "n’t", "never", "neither", "nor", "hardly", "scarcely"})
_NO = frozenset({"no", "neither"})
_NEGATIVE_VERBS = frozenset("refuse fail decline cease avoid".split())
_SUBJECTS = frozenset({"nsubj", "csubj"})
_OBJECTS = frozenset({"dobj", "obj", "dative", "attr", "oprd"})
_TRIVIAL = frozenset("mr mrs ms dr sir the a an of and for in on".split())
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Word:
    """A content word in its place."""

    text: str
    lemma: str
    stem: str
    pos: str
    start: int
    negated: bool
    head: str  # lemma of what it depends on
    name: bool


@dataclass(frozen=True, slots=True)
class Name:
    """A name as the sentence has it; ``actor`` is the id of a known actor."""

    shown: str
    parts: tuple[str, ...]  # folded words, titles left out
    actor: str | None
    start: int
    end: int
    person: bool


@dataclass(frozen=True, slots=True)
class Predicate:
    """Who does what to whom, in the active voice; the arguments are lemmas of their heads or ids of actors."""

    verb: str
    subjects: frozenset[str]
    objects: frozenset[str]
    negated: bool


@dataclass(frozen=True, slots=True)
class Analysis:
    """One sentence, taken apart. Offsets are into ``text``."""

    text: str
    words: tuple[Word, ...]
    stems: frozenset[str]
    names: tuple[Name, ...]
    numerals: tuple[Numeral, ...]
    moments: tuple[Moment, ...]
    predicates: tuple[Predicate, ...]

    @property
    def negated_anywhere(self) -> bool:
        """Whether anything in it is negated."""
        return any(word.negated for word in self.words)


class Analyst:
    """Takes parsed sentences apart.

    Args:
        actors: whose names count as one, however they are written.
    """

    def __init__(self, actors: ActorBook) -> None:
        self.actors = actors

    def analyse(self, span: Span, published_at: str | None = None) -> Analysis:
        """One sentence.

        Args:
            span: the parsed sentence.
            published_at: when its document came out, for relative dates; None for a draft.
        """
        text = span.text
        dates = moments(text, published_at)
        numbers = numerals(text, ((moment.start, moment.end) for moment in dates))
        taken = [(item.start, item.end) for item in dates] + [(item.start, item.end) for item in numbers]
        names = tuple(self._names_in(span, taken))
        keys = {(name.start, name.end): name for name in names}
        return Analysis(
            text,
            tuple(_word(token, span) for token in span if token.pos_ in CONTENT),
            stem_set(text),
            names,
            numbers,
            dates,
            tuple(self._predicates(span, keys.values())),
        )

    def actors_in(self, text: str) -> frozenset[str]:
        """Ids of every actor that a text names, and of those for whom they speak."""
        found = set()
        for _, _, actor in self.actors.find(text):
            found.add(actor.id)
        return frozenset(found)

    def _names_in(self, span: Span, taken: list[tuple[int, int]]) -> Iterable[Name]:
        text, offset = span.text, span.start_char
        known = [(start, end, actor.id, actor.kind) for start, end, actor in self.actors.find(text)]
        for start, end, actor, kind in known:
            taken.append((start, end))
            yield Name(text[start:end], _parts(text[start:end]), actor, start, end, kind == "person")
        for entity in span.ents:
            start, end = entity.start_char - offset, entity.end_char - offset
            if entity.label_ in _NAMES and not _overlaps(taken, start, end) and (parts := _parts(entity.text)):
                if any(char.isupper() for char in entity.text):
                    taken.append((start, end))
                    yield Name(entity.text, parts, None, start, end, entity.label_ == "PERSON")
        for token in span:
            start, end = token.idx - offset, token.idx - offset + len(token.text)
            proper = token.pos_ == "PROPN" and token.text[:1].isupper() and token.i > span.start
            if proper and not _overlaps(taken, start, end) and (parts := _parts(token.text)):
                yield Name(token.text, parts, None, start, end, False)

    def _predicates(self, span: Span, names: Iterable[Name]) -> Iterable[Predicate]:
        places = list(names)
        for token in span:
            if token.pos_ not in {"VERB", "AUX"} or token.dep_ in {"aux", "auxpass"}:
                continue
            subjects, objects = _arguments(token)
            if subjects or objects:
                yield Predicate(
                    token.lemma_.lower(),
                    frozenset(key for head in subjects for key in _keys(head, span, places)),
                    frozenset(key for head in objects for key in _keys(head, span, places)),
                    _negated(token),
                )


def _word(token: Token, span: Span) -> Word:
    stems = stems_of(token.text)
    return Word(
        token.text,
        token.lemma_.lower(),
        stems[0] if stems else token.text.lower(),
        token.pos_,
        token.idx - span.start_char,
        _negated(token),
        token.head.lemma_.lower(),
        token.ent_type_ in _NAMES or token.pos_ == "PROPN",
    )


def _negated(token: Token) -> bool:
    """Whether a word is denied, by a word of its own or by what governs it."""
    count = 0
    for child in token.children:
        lower = child.lower_
        if (child.dep_ == "neg" or lower in _NEGATORS) and not _not_only(child):
            count += 1
        elif (lower in _NO and child.dep_ in {"det", "preconj"}) or (
            child.dep_ in {"nsubj", "nsubjpass", "dobj", "attr"}
            and (child.lower_ in {"nobody", "nothing", "none"} or any(c.lower_ in _NO for c in child.children))
        ):
            count += 1
    head = token.head
    if token.dep_ in {"xcomp", "pcomp"} and head.lemma_.lower() in _NEGATIVE_VERBS:
        count += 1
    if token.dep_ in {"acomp", "attr", "xcomp"} and head.i != token.i:
        count += sum(c.dep_ == "neg" and not _not_only(c) for c in head.children)
    if head.lower_ == "without" and token.dep_ in {"pobj", "pcomp"}:
        count += 1
    return count % 2 == 1


def _not_only(token: Token) -> bool:
    doc = token.doc
    return token.i + 1 < len(doc) and doc[token.i + 1].lower_ in {"only", "just", "least", "merely"}


def _arguments(verb: Token) -> tuple[list[Token], list[Token]]:
    """Heads of subjects and objects, as the active voice would have them."""
    subjects = [c for c in verb.children if c.dep_ in _SUBJECTS]
    objects = [c for c in verb.children if c.dep_ in _OBJECTS]
    passive = [c for c in verb.children if c.dep_ == "nsubjpass"]
    if not subjects and not passive and verb.dep_ in {"conj", "xcomp"} and verb.head.pos_ in {"VERB", "AUX"}:
        subjects = [c for c in verb.head.children if c.dep_ in _SUBJECTS]
    for child in verb.children:
        if child.dep_ == "agent" or (passive and child.dep_ == "prep" and child.lower_ == "by"):
            subjects += [c for c in child.children if c.dep_ == "pobj"]
        elif child.dep_ == "prep":
            objects += [c for c in child.children if c.dep_ == "pobj"]
    return _joined(subjects), _joined([*objects, *passive])


def _joined(heads: list[Token]) -> list[Token]:
    return [*heads, *(c for head in heads for c in head.conjuncts)]


def _keys(head: Token, span: Span, names: list[Name]) -> set[str]:
    """What an argument is known by: the names in it and the lemma of its head; nothing for a pronoun."""
    if head.pos_ == "PRON":
        return set()
    parts = [head, *(c for c in head.children if c.dep_ in {"compound", "amod", "nmod", "flat", "poss"})]
    for child in head.children:
        if child.dep_ == "prep" and child.lower_ == "of":
            parts += [c for c in child.children if c.dep_ == "pobj"]
    places = [part.idx - span.start_char for part in parts]
    inside = {name_key(n) for n in names if any(n.start <= place < n.end for place in places)}
    return inside | {head.lemma_.lower()}


def name_key(name: Name) -> str:
    """What a name is compared by: its actor, else its last word."""
    return f"actor:{name.actor}" if name.actor else f"name:{name.parts[-1]}"


def _parts(text: str) -> tuple[str, ...]:
    found = tuple(fold(word) for word in _WORD.findall(re.sub(r"['’]s\b", "", text)))
    return tuple(word for word in found if word not in _TRIVIAL)


def _overlaps(taken: list[tuple[int, int]], start: int, end: int) -> bool:
    return any(a < end and start < b for a, b in taken)
