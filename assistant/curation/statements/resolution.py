"""Who "he", "the official" and "the American leader" are: a memory of who was named before.

Simple on purpose: a later mention goes back to the last fitting person, those who spoke or acted before those who
were only mentioned. Where nobody fits, the words of the text stand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assistant.actors import OFFICES, Actor, ActorBook
from assistant.curation.statements.block import ParsedBlock
from assistant.curation.statements.bodies import Bodies
from assistant.curation.statements.people import apposed, people_in
from assistant.curation.statements.sources import can_speak, name_span, source_span

if TYPE_CHECKING:
    from spacy.tokens import Span, Token

_MALE = frozenset(
    """he him his mr sir lord king prince chairman spokesman businessman congressman father son husband brother
    himself""".split()
)
_FEMALE = frozenset(
    """she her hers ms mrs miss lady queen princess chairwoman spokeswoman businesswoman congresswoman mother
    daughter wife sister herself""".split()
)
_PLURAL = frozenset({"they", "we", "both", "these", "those"})
_INDEFINITE = frozenset({"a", "an", "another", "one", "some"})
# What tells one of several from the one before: "the second official", "the other side".
_ANOTHER = frozenset("other another next second third fourth fifth sixth seventh eighth ninth tenth".split())
_LEADERS = frozenset({"president", "prime minister", "chancellor", "premier", "leader", "king", "pope"})
# Offices of a state, which reports from its capital name without the state.
_NATIONAL = frozenset("minister president premier chancellor king queen prime".split())
_ELSEWHERE = frozenset("former ex company club university bank union federation association".split())
_SPEAKING_FOR = OFFICES | {"director"}
_BYSTANDER = 250  # characters that somebody merely mentioned stands behind somebody who spoke or acted
_POSTED_TO = re.compile(r"\bto (?:the )?$")  # "ambassador to the United Nations" does not speak for them
_DIRECTS = re.compile(r"\b[Dd]irector of (?:the )?(?:[a-z]+ ){0,2}$")  # and not of a programme about it
_POSSESSIVE = re.compile(r"['’]s?$")


@dataclass(frozen=True, slots=True)
class Source:
    """Who a mention stands for: the name or words to show, and the actor where it is a known one."""

    name: str
    actor: Actor | None
    start: int  # characters in the version's text
    end: int


@dataclass(slots=True)
class _Person:
    name: str
    actor: Actor | None
    words: set[str] = field(default_factory=set)  # offices and other words it was described by, lower case
    sides: set[str] = field(default_factory=set)  # ids of the actors whose adjective stood before its office
    place: int = 0  # of the first mention
    gender: str | None = None
    plural: bool = False
    named: bool = True


@dataclass(frozen=True, slots=True)
class _Mention:
    person: _Person
    place: int
    acting: bool


class Discourse:
    """The people of one document as far as it has been read.

    Args:
        actors: who is known beforehand.
        place: the city that a report is from; officials named without their country are of that of the place.
    """

    def __init__(self, actors: ActorBook, place: str | None = None) -> None:
        self._actors = actors
        self._home = self._state_of(place.title()) if place else None
        self._by_surname: dict[str, _Person] = {}
        self._mentions: list[_Mention] = []
        self._bodies = Bodies()

    def read(self, block: ParsedBlock) -> None:
        """Remember the people whom a block names; call it before the block's sources are resolved."""
        taken: list[tuple[int, int]] = []
        found = self._actors.find(block.text)
        self._bodies.read(block, found)
        for entity in people_in(block):
            if name := clean_name(entity.text):
                self._remember(block, entity, name)
                taken.append((entity.start_char, entity.end_char))
        for start, end, actor in found:
            if actor.kind == "person" and not any(a < end and start < b for a, b in taken):
                token = block.doc[block.token_at(start)]
                person = self._person(actor.name, actor)
                self._mentions.append(_Mention(person, block.offset + start, _acts(token)))
        for token in block.doc:
            if token.pos_ == "NOUN" and token.dep_ in {"nsubj", "agent", "dobj"} and can_speak(token):
                self._introduce(block, token)
        self._mentions.sort(key=lambda mention: mention.place)

    def _introduce(self, block: ParsedBlock, head: Token) -> None:
        """Remember somebody who comes in without a name: "a French official"."""
        if not any(child.dep_ == "det" and child.lower_ in _INDEFINITE for child in head.children):
            return
        start, end = name_span(block, head)
        shown = block.text[start:end]
        self._describe(shown, self._actors.resolve(shown), head, block.offset + start)

    def _remember(self, block: ParsedBlock, entity: Span, name: str) -> None:
        known = self._actors.resolve(entity.text)
        if known is not None and known.kind != "person":
            return  # the tagger took a state or body for a person
        actor = known
        person = self._person(actor.name if actor else name, actor)
        person.place = person.place or block.offset + entity.start_char
        root = entity.root
        for token in block.doc[root.left_edge.i : root.right_edge.i + 1]:
            if token.pos_ in {"NOUN", "PROPN"} and (token.i < entity.start or token.dep_ == "appos"):
                word = token.lower_.rstrip(".")
                person.words.add(word)
                person.gender = person.gender or _gender(word)
        lead = block.text[block.doc[root.left_edge.i].idx : entity.start_char]
        sides = self._serving(lead)
        behind = apposed(block, entity.end - 1)
        if behind is not None:
            office = block.doc[behind[0] : behind[1] + 1]
            person.words.update(_office_in(office))
            person.gender = person.gender or next(filter(None, map(_gender, person.words)), None)
            sides += self._serving(office.text)
        if root.dep_ == "appos" and root.head.pos_ == "NOUN" and root.head.i < root.i:
            person.words.add(root.head.lower_)
            shown = block.text[slice(*name_span(block, root.head))]
            before = block.offset + block.doc[root.head.left_edge.i].idx
            known = self._owner(root.head, before) or self._actors.resolve(shown)
            sides += [known] if known is not None else []
        if not sides and not person.sides and person.words & _NATIONAL:
            sides = self._speaking_from(block, root)
        person.sides.update(self._actors.side_of(side).id for side in sides)
        self._mentions.append(_Mention(person, block.offset + entity.start_char, _acts(root)))

    def _serving(self, office: str) -> list[Actor]:
        """The actors that the words of an office name, without those that it only is posted to or deals with."""
        directs = "director" in office.lower()
        return [
            actor
            for start, _, actor in self._actors.find(office)
            if not _POSTED_TO.search(office[:start]) and (not directs or _DIRECTS.search(office[:start]))
        ]

    def _speaking_from(self, block: ParsedBlock, name: Token) -> list[Actor]:
        """The state from whose capital somebody speaks: "Fisheries Minister A. Name said in Lisbon"."""
        for token in name.head.subtree if name.dep_ == "nsubj" else ():
            if token.dep_ == "pobj" and token.head.lower_ in {"in", "from"} and not block.in_quote(token):
                state = self._state_of(token.text)
                if state is not None and token.lower_ != state.name.lower():
                    return [state]
        return []

    def _state_of(self, place: str) -> Actor | None:
        """The state whose capital or seat of government a place is."""
        actor = self._actors.named(place)
        return actor if actor is not None and actor.kind == "state" else None

    def _person(self, name: str, actor: Actor | None) -> _Person:
        surname = name.split()[-1].lower()
        person = self._by_surname.get(surname)
        if person is not None and _same_name(person.name, name):
            if len(name.split()) > len(person.name.split()) and person.actor is None:
                person.name = name
            person.actor = person.actor or actor
            return person
        person = _Person(name, actor)
        if actor is not None:
            person.words.update(word for role in actor.roles for word in (role, *role.split()))
            person.sides.add(self._actors.side_of(actor).id)
        self._by_surname[surname] = person
        return person

    def look_up(self, block: ParsedBlock, head: Token, relative: int | None = None) -> Source:
        """Who the noun or pronoun ``head`` stands for; ``relative`` is the "who" that takes it up again."""
        start, end = source_span(block, head)
        if relative is not None and relative > head.i:
            end = max(end, block.chars(relative, relative)[1])
        place = block.offset + start
        person = self._find(block, head, place)
        if person is not None:
            return Source(person.name, person.actor or self._side(person), place, block.offset + end)
        shown = block.text[slice(*name_span(block, head))]
        shown = _POSSESSIVE.sub("", " ".join(shown.split())) or head.text
        actor = self._owner(head, place) if head.lower_ in OFFICES else None
        actor = actor or self._actors.resolve(shown) or self._actors.resolve(block.text[start:end])
        if actor is None and head.pos_ == "NOUN":
            body = self._bodies.called(head, place)
            if body is not None:
                return Source(body.name, body.actor, place, block.offset + end)
            employer = self._bodies.employing(head, place) if head.lower_ in OFFICES else None
            actor = employer.actor if employer is not None else None
        if actor is not None and actor.kind == "person":
            shown = actor.name
        return Source(shown, actor, place, block.offset + end)

    def resolve(self, block: ParsedBlock, head: Token, relative: int | None = None) -> Source:
        """Who ``head`` stands for, noting that they spoke here."""
        source = self.look_up(block, head, relative)
        place, shown, actor = source.start, source.name, source.actor
        person = self._find(block, head, place)
        if person is not None:
            self._mentions.append(_Mention(person, place, True))
            return source
        if head.pos_ == "NOUN":
            self._describe(shown, actor, head, place)
        elif head.tag_ in {"NNPS", "NNP"} and actor is not None:
            self._mentions.append(_Mention(_Person(shown, actor, named=False, plural=True), place, True))
        return source

    def _owner(self, head: Token, place: int) -> Actor | None:
        """The state or body named last before "its foreign minister"."""
        if not any(child.dep_ == "poss" and child.lower_ in {"its", "their"} for child in head.children):
            return None
        return self._bodies.last_known(place)

    def _describe(self, shown: str, actor: Actor | None, head: Token, place: int) -> None:
        """Somebody without a name, to whom "the official" may come back."""
        described = _Person(shown, actor, {head.lower_, head.lemma_.lower()}, named=False)
        described.plural = head.tag_ in {"NNS", "NNPS"}
        described.sides = {self._actors.side_of(actor).id} if actor else set()
        described.gender = _gender(head.lower_)
        self._mentions.append(_Mention(described, place, head.dep_ != "dobj"))

    def _side(self, person: _Person) -> Actor | None:
        """The side of somebody described by an office of one known actor: "Russian Deputy Foreign Minister Ivanov"."""
        national = person.words & _NATIONAL and not person.words & _ELSEWHERE
        if (
            not person.sides
            and national
            and self._home is not None
            and self._bodies.only_state(self._home, person.place)
        ):
            return self._home
        if (
            len(person.sides) != 1
            or not person.words & _SPEAKING_FOR
            or person.words & {"former", "ex", "analyst", "expert"}
        ):
            return None
        return self._actors.get(next(iter(person.sides)))

    def _find(self, block: ParsedBlock, head: Token, place: int) -> _Person | None:
        lower = head.lower_
        if lower in {"he", "she"}:
            gender = "m" if lower == "he" else "f"
            person = self._latest(place, lambda p: not p.plural and p.gender in {None, gender})
            if person is not None:
                person.gender = gender
            return person
        if lower in _PLURAL and head.pos_ == "PRON":
            return self._latest(place, lambda p: p.plural) if lower == "they" else None
        if head.pos_ == "PROPN" or head.ent_type_ == "PERSON":
            return self._by_name(block, head)
        if head.pos_ == "NOUN":  # "its foreign minister, A. Name"
            names = [child for child in head.children if child.dep_ == "appos" and child.pos_ == "PROPN"]
            person = next((p for name in names if (p := self._by_name(block, name)) is not None), None)
            if person is not None:
                return person
        if head.pos_ == "NOUN" and any(c.dep_ == "det" and c.lower_ in {"the", "that", "this"} for c in head.children):
            return self._by_title(block, head, place)
        return None

    def _by_name(self, block: ParsedBlock, head: Token) -> _Person | None:
        entity = next((e for e in block.doc.ents if e.start <= head.i < e.end), None)
        if entity is not None and entity.label_ in {"ORG", "GPE", "NORP", "FAC", "LOC"}:
            text = entity.text
            person = self._by_surname.get(head.lower_) if entity.label_ != "GPE" else None
            name = clean_name(text)
            return person if person is not None and name.lower() in {head.lower_, person.name.lower()} else None
        person = self._by_surname.get(head.lower_)
        if person is None:
            return None
        name = clean_name(entity.text if entity is not None else head.text)
        return person if _same_name(person.name, name) else None

    def _by_title(self, block: ParsedBlock, head: Token, place: int) -> _Person | None:
        lower = head.lower_
        plural = head.tag_ == "NNS"
        lead = block.text[block.doc[head.left_edge.i].idx : head.idx]
        sides = {self._actors.side_of(actor).id for _, _, actor in self._actors.find(lead)}
        wanted = {lower, head.lemma_.lower()}
        if wanted & _LEADERS and not plural:
            wanted |= _LEADERS if lower == "leader" else {"leader"} if not sides else set()
        if lower in {"man", "woman"} or any(child.lower_ in _ANOTHER for child in head.children):
            return None

        def fits(person: _Person) -> bool:
            return (
                person.plural == plural
                and bool(person.words & wanted)
                and (not sides or bool(person.sides & sides))
                and _gender(lower) in {None, person.gender or _gender(lower)}
            )

        return self._latest(place, fits)

    def _latest(self, place: int, fits) -> _Person | None:  # type: ignore[no-untyped-def]
        best: tuple[int, _Person] | None = None
        for mention in reversed(self._mentions[-80:]):
            if mention.place >= place or not fits(mention.person):
                continue
            score = mention.place - (0 if mention.acting else _BYSTANDER)
            if best is None or score > best[0]:
                best = (score, mention.person)
        return best[1] if best else None


def clean_name(text: str) -> str:
    """A person's name without possessive, title and surrounding marks; empty when nothing is left."""
    name = _POSSESSIVE.sub("", " ".join(text.split())).strip("\"“”‘’'.,;:()-–—")
    words = name.split()
    while words and words[0].lower().rstrip(".") in _HONORIFICS:
        words.pop(0)
    return " ".join(words)


_HONORIFICS = frozenset(
    """mr mrs ms miss dr sir lord lady president prime minister chancellor sen senator rep gov governor gen
    general secretary ambassador judge justice professor prof king queen prince princess pope mayor""".split()
)


def _same_name(one: str, other: str) -> bool:
    """Whether two names can be of one person: same surname, and no two different first names."""
    a, b = one.lower().split(), other.lower().split()
    if not a or not b or a[-1] != b[-1]:
        return False
    return len(a) == 1 or len(b) == 1 or a[0][0] == b[0][0]


def _office_in(apposition: Span) -> set[str]:
    """The words of an office without those of what it is for: "director" of "the director of the aid group"."""
    words: set[str] = set()
    for token in apposition:
        if token.pos_ == "ADP":
            break
        if token.pos_ == "NOUN":
            words.add(token.lower_)
    return words


def _gender(word: str) -> str | None:
    return "m" if word in _MALE else "f" if word in _FEMALE else None


def _acts(token: Token) -> bool:
    if token.dep_ == "pobj":
        return token.head.lower_ in {"by", "to"} and token.head.head.lower_ == "according"
    return token.dep_ in {"nsubj", "agent"}
