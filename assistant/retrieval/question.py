"""Reading a question: whose position it asks for, which stance, about what, and when.

"What has Washington offered Kyiv since 1 December?" asks what (``asks``) the United States (``actor``) offers
(``stance``) to Ukraine (``recipient``) from 2025-12-01 (``since``). A question that asks for no position, such as
"When was the memorandum signed?", comes back with ``asks`` None and is left to the search for passages.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from assistant.actors import ActorBook
from assistant.curation.statements.dates import published_day
from assistant.language import Language
from assistant.retrieval.position_question import PositionQuestion, Premise
from assistant.retrieval.question_names import (
    Named,
    is_a_thing,
    last_word,
    named_subjects,
    only_modifies,
    only_owns,
    spelled_as_names,
    stands_before_a_noun,
    token_from,
)
from assistant.retrieval.question_words import (
    ANSWERING,
    ASKS_FOR_NOUN,
    AUXILIARY,
    CHANGE,
    CHANGED,
    DISPUTE,
    EVERYONE,
    PLAIN,
    POSITION_NOUN,
    SINCE_WHEN,
    SPEAKING,
    TAKING,
    WHO,
    WHY,
    Stanced,
    asked_sentence,
    asks_for_detail,
    asks_position,
    compares,
    directly_after,
    focus_of,
    fronted,
    has_own_subject,
    name_behind,
    period_of,
    target_after,
    tokens_of,
    unconditional,
)
from assistant.retrieval.stance_words import StanceWords
from assistant.stances import StanceBook

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

MAX_CHARS = 2_000  # what lies beyond is not read
MAX_TERMS = 60
_TAKEN_FOR_GRANTED = re.compile(
    r"^\s*(?:why|when|how come|how|where|since when|on what grounds|in (?:what|which) (?:year|month))\s+"
    r"(?=(?:do|does|did|has|have|is|are|was|were|would|will)(?:n[’']t)?\b)",
    re.IGNORECASE,
)
_CLAIMING = frozenset({"say", "think", "believe", "claim", "argue"})


class QuestionReader:
    """Reads questions with the same actors and stances that statements are made with.

    Args:
        language: parses English.
        actors: who is known by which names.
        stances: which words ask for which stance.
    """

    def __init__(self, language: Language, actors: ActorBook, stances: StanceBook) -> None:
        self._language = language
        self._actors = actors
        self._stances = stances
        self._words = StanceWords(stances)

    def read(self, question: str, asked_on: str | None = None) -> PositionQuestion:
        """What a question asks; never raises, whatever the text.

        Args:
            question: as it was typed.
            asked_on: the ISO day on which it is asked, for days without a year ("since 1 December"); today when None.
        """
        text = " ".join(question[:MAX_CHARS].split())
        if not text:
            return PositionQuestion()
        asked = asked_sentence(text)
        text = unconditional(asked)
        period = period_of(text, published_day(asked_on) or date.today())
        if not period.rest:
            return PositionQuestion(since=period.since, until=period.until)
        doc = self._language.parse(period.rest)
        named = self._named(doc)
        reading = self._reading(period.rest, doc, named)
        aliases = self._aliases(reading, named)
        return replace(
            reading,
            since=period.since,
            until=period.until,
            focus=focus_of(doc, reading.target),
            kin=self._kin(doc, reading.target),
            why=WHY.match(period.rest) is not None,
            firm=reading.firm or text != asked,  # what somebody would do is no event
            aliases=aliases.get(reading.actor or "", ()),
            search_terms=self._terms(reading.stance, aliases),
        )

    def premise(self, question: str) -> Premise | None:
        """The position that a question for its reason, time or manner takes for granted; None for other questions."""
        match = _TAKEN_FOR_GRANTED.match(question)
        if match is None:
            return None
        doc = self._language.parse(" ".join(question[match.end() : MAX_CHARS].split()))
        named = self._named(doc)
        stanced = self._words.find(doc, named)
        if not stanced or not named:
            return None
        hit = self._asked_for(doc, stanced)
        holder = next((n for n in reversed(named) if n.end <= doc[hit.first].idx), None)
        stance, negated = self._words.turned(doc, hit)
        target = target_after(doc, hit.last)
        if holder is None or target is None or negated:
            return None
        return Premise(holder.actor, stance, target)

    # ------------------------------------------------------------------------------------------------ kinds

    def _reading(self, text: str, doc: Doc, named: list[Named]) -> PositionQuestion:
        if CHANGE.search(text):
            return _change(text, doc, named)
        stanced = self._words.find(doc, named)
        everyone = EVERYONE.search(text)
        if everyone is not None:
            stance = stanced[0].stance if stanced and stanced[0].stance != "expects" else None
            return PositionQuestion(
                "everyone", stance=stance, target=target_after(doc, token_from(doc, everyone.end()))
            )
        difference = compares(doc, named)
        if difference is not None:
            between = tuple(dict.fromkeys(name.speaker or name.actor for name in named))
            target = target_after(doc, difference)
            return PositionQuestion("everyone", target=target, disputed=True, between=between)
        dispute = DISPUTE.search(text)
        if dispute is not None and not named and WHO.match(text) is None:
            return PositionQuestion("everyone", target=target_after(doc, token_from(doc, dispute.end())), disputed=True)
        dated = SINCE_WHEN.match(text)
        if dated is not None:
            return self._since_when(doc, named, stanced, firm=dated["when"] is None)
        if PLAIN.match(text):
            return PositionQuestion()
        who = WHO.match(text)
        if who:
            return self._who(doc, named, stanced, token_from(doc, who.end()))
        if asks_for_detail(doc):
            return PositionQuestion()
        if stanced and not asks_position(text, named):
            reading = self._what(doc, named, stanced)
        else:
            reading = _position(text, doc, named)
        return reading if reading.asks is not None else _whether(doc, named)

    def _since_when(self, doc: Doc, named: list[Named], stanced: list[Stanced], firm: bool) -> PositionQuestion:
        """Read "Since when has X rejected Y?" and "When did X reject Y?", which may also ask for an event."""
        reading = self._what(doc, named, stanced) if stanced and not stanced[0].noun else PositionQuestion()
        if reading.stance is None or reading.actor is None:
            return PositionQuestion()
        return replace(reading, dated=True, firm=firm)

    def _who(self, doc: Doc, named: list[Named], stanced: list[Stanced], first: int) -> PositionQuestion:
        """Read a question for people.

        "Who opposes the plan?" asks for holders, "Who doubts that X will agree?" for those who say so of X.
        """
        outer = next((t for t in doc[first:] if t.pos_ in {"VERB", "AUX"} and t.lower_ not in AUXILIARY), None)
        about = self._about_another(doc, named, stanced, outer) if outer is not None else None
        if about is not None:
            return about
        # "Who voiced objections?", but not "Who called X's conditions an ultimatum?".
        taken = [s for s in stanced if not s.noun or doc[s.first].head.lemma_ in TAKING]
        if taken:
            hit = taken[0]
            stance, negated = self._words.turned(doc, hit)
            return PositionQuestion("who", None, stance, target_after(doc, hit.last), negated=negated)
        saying = next((t for t in doc[first:] if t.lemma_.lower() in _CLAIMING), None)
        if saying is None:
            return PositionQuestion()
        return PositionQuestion("who", target=target_after(doc, saying.i + 1))

    def _about_another(
        self, doc: Doc, named: list[Named], stanced: list[Stanced], outer: Token
    ) -> PositionQuestion | None:
        inner = next((s for s in stanced if s.first > outer.i), None)
        if inner is None:
            return None
        holder = next((n for n in named if outer.idx < n.start < doc[inner.first].idx), None)
        lemma = outer.lemma_.lower()
        doubts = self._stances.has_modifier("doubts", lemma)
        forecasts = self._stances.has_modifier("forecasts", lemma)
        if holder is None or not (doubts or forecasts or lemma in SPEAKING):
            return None
        stance, negated = self._words.turned(doc, inner, doubts)
        return PositionQuestion(
            "who",
            holder.actor,
            stance,
            target_after(doc, inner.last),
            modality="expected" if doubts or forecasts else None,
            negated=negated,
        )

    def _what(self, doc: Doc, named: list[Named], stanced: list[Stanced]) -> PositionQuestion:
        hit = self._asked_for(doc, stanced)
        if hit.noun and WHY.match(doc.text) and doc[hit.first].head.lemma_ not in TAKING:
            return PositionQuestion()  # "Why does X distrust the assurances?"
        expecting = self._expectation(doc, named, stanced)
        if expecting is not None:
            return expecting
        place = doc[hit.first].idx
        before = [n for n in named if n.end <= place]
        after = [n for n in named if n.start >= place]
        yes_no = doc[0].lower_ in AUXILIARY
        if before and not hit.noun and self._is_another(doc, before[-1]):
            return PositionQuestion()
        if yes_no and hit.noun and doc[hit.first].dep_ in {"nsubj", "nsubjpass"}:
            return PositionQuestion()  # "Is the offer binding?": it is asked about a thing, not for a position
        holder = before[-1] if before else name_behind(doc, hit, after)
        recipient = next((n for n in after if n is not holder and directly_after(doc, hit, n)), None)
        if holder is None and not hit.noun and has_own_subject(doc, hit):
            return PositionQuestion()
        stance, negated = self._words.turned(doc, hit)
        passive = any(t.lower_ == "by" or t.dep_ in {"nsubjpass", "auxpass"} for t in doc)
        if holder is None and recipient is None and stance != "undecided" and not (hit.noun or passive):
            return PositionQuestion()
        start = token_from(doc, recipient.end) if recipient else hit.last
        return PositionQuestion(
            "position" if yes_no else "what",
            holder.actor if holder else None,
            None if yes_no else stance,
            fronted(doc, hit, holder) or target_after(doc, start, skip=holder),
            holder.speaker if holder else None,
            recipient.actor if recipient else None,
            negated=negated and not yes_no,
            whether=yes_no,
        )

    def _is_another(self, doc: Doc, name: Named) -> bool:
        """Whether what a name belongs to acts by itself: "Ukraine's constitution", but not "Russia's proposal".

        A proposal or a demand speaks for whoever makes it; an agreement for nobody.
        """
        head = last_word(doc, name).head
        if not only_modifies(doc, name) or POSITION_NOUN.fullmatch(head.lower_):
            return False
        lemma = head.lemma_.lower()
        noun = self._stances.of_word("noun", lemma)
        return noun in (None, "accepts") and self._stances.of_word("verb", lemma) is None

    def _expectation(self, doc: Doc, named: list[Named], stanced: list[Stanced]) -> PositionQuestion | None:
        """Read what is foreseen of another: "What does X expect Y to reject?", "What is Y unlikely to accept?"."""
        for word in doc:
            doubts = self._stances.has_modifier("doubts", word.lemma_.lower())
            if not doubts and not self._stances.has_modifier("forecasts", word.lemma_.lower()):
                continue
            inner = next((s for s in stanced if s.first > word.i), None)
            if inner is None or inner.noun:
                continue
            before = [n for n in named if n.end <= word.idx]
            between = [n for n in named if word.idx < n.start < doc[inner.first].idx]
            if word.pos_ == "VERB" and before and between:
                holder, seer = between[-1], before[-1]
            elif word.pos_ in {"ADJ", "ADV"} and before and not between:
                holder, seer = before[-1], None
            else:
                continue
            stance, _ = self._words.turned(doc, inner, doubts)
            target = target_after(doc, inner.last)
            said_by = (seer.speaker or seer.actor) if seer else None
            return PositionQuestion("what", holder.actor, stance, target, said_by, modality="expected")
        return None

    def _asked_for(self, doc: Doc, stanced: list[Stanced]) -> Stanced:
        """Which of several words of stance is asked for: in "What guarantees did X offer?" the verb."""
        hit = stanced[0]
        if self._stances.has_modifier("reversals", doc[hit.first].lemma_.lower()):
            return stanced[-1]  # "refused to accept"
        if hit.noun:
            return next((other for other in stanced if not other.noun), hit)
        same = [other for other in stanced if other.stance == hit.stance]
        return same[-1] if same[-1].first == hit.last else hit  # "remains unresolved"

    # ------------------------------------------------------------------------------------------------ parts

    def _named(self, doc: Doc) -> list[Named]:
        found = [
            Named(start, end, self._actors.side_of(actor).name, actor.name if actor.kind == "person" else None, actor)
            for start, end, actor in self._actors.find(doc.text, any_case=True)
        ]
        for entity in doc.ents:
            if entity.label_ not in {"PERSON", "ORG"}:
                continue
            if not any(n.start < entity.end_char and entity.start_char < n.end for n in found):
                name = re.sub(r"['’]s?$", "", entity.text)
                speaker = name if entity.label_ == "PERSON" else None
                found.append(Named(entity.start_char, entity.end_char, name, speaker, None))
        for start, end in [*spelled_as_names(doc), *named_subjects(doc)]:
            if not any(n.start < end and start < n.end for n in found):
                found.append(Named(start, end, doc.text[start:end], doc.text[start:end], None))
        return sorted((n for n in found if not self._holds_nothing(doc, n)), key=lambda n: n.start)

    def _holds_nothing(self, doc: Doc, name: Named) -> bool:
        """Whether a name is a text's, or only tells where something comes from: "the Minsk agreement"."""
        if name.known is None:
            return is_a_thing(doc, name)
        if last_word(doc, name).dep_ not in {"compound", "amod"}:
            return False
        side = self._actors.side_of(name.known)
        words = doc.text[name.start : name.end].lower()
        return words in {metonym.lower() for metonym in side.metonyms} and self._is_another(doc, name)

    def _kin(self, doc: Doc, target: str | None) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Other words for what a target names: who asks about a "compromise" is told of "concessions" too."""
        stances = (
            (token.text, self._stances.of_word("noun", token.lemma_.lower())) for token in tokens_of(doc, target)
        )
        return tuple((word, self._stances.nouns(stance)) for word, stance in stances if stance is not None)

    def _aliases(self, reading: PositionQuestion, named: list[Named]) -> dict[str, tuple[str, ...]]:
        """The other names of whom a question asks about and of the recipient, by actor."""
        found: dict[str, tuple[str, ...]] = {}
        for name in named:
            if name.known is None or name.actor in found or name.actor not in {reading.actor, reading.recipient}:
                continue
            side = self._actors.side_of(name.known)
            people = [a.aliases[0] for a in self._actors if a.side == side.id and a.aliases][:8]
            found[name.actor] = (side.name, *side.metonyms[:4], *side.aliases[:4], *side.adjectives[:1], *people)
        return found

    def _terms(self, stance: str | None, aliases: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
        """Words to search for beside those of the question: the actors' other names and the stance's other words."""
        names = [name for each in aliases.values() for name in each]
        return tuple(dict.fromkeys([*names, *self._stances.vocabulary(stance or "")]))[:MAX_TERMS]


def _change(text: str, doc: Doc, named: list[Named]) -> PositionQuestion:
    subject = named[0] if named else None
    noun = POSITION_NOUN.search(text)
    target = target_after(doc, token_from(doc, noun.end())) if noun else None
    if target is not None:
        target = CHANGED.sub("", target) or None
    elif subject is None:
        about = re.search(r"\b(?:about|on|regarding|in|with|to) (?!since)(.+?)[\s?.!]*$", text)
        target = about.group(1) if about else None
    if subject is None:
        return PositionQuestion("change", target=target)
    return PositionQuestion("change", subject.actor, None, target, subject.speaker)


def _position(text: str, doc: Doc, named: list[Named]) -> PositionQuestion:
    """Read "What is Europe's position on …?", "What does the Kremlin say about …?", "Where does Kyiv stand on …?"."""
    if not named:
        return PositionQuestion()
    holder = named[0]
    noun = POSITION_NOUN.search(text)
    if noun and ASKS_FOR_NOUN.match(text):
        start = token_from(doc, max(noun.end(), holder.end if holder.start > noun.start() else 0))
        return PositionQuestion("position", holder.actor, None, target_after(doc, start), holder.speaker)
    verb = next((t for t in doc if t.lemma_.lower() in SPEAKING and t.idx >= holder.end), None)
    if verb is None or only_owns(doc, holder) or (verb.lemma_.lower() in ANSWERING and doc[0].lower_ in AUXILIARY):
        return PositionQuestion()  # "Did X comment?" asks whether anything was said
    start = verb.i + 1
    if verb.lemma_.lower() == "tell":  # whom they told is not what it is about
        start = next((t.i for t in doc[start:] if t.lower_ in {"about", "on"}), len(doc))
    return PositionQuestion("position", holder.actor, None, target_after(doc, start), holder.speaker)


def _whether(doc: Doc, named: list[Named]) -> PositionQuestion:
    """Read a yes-or-no question of a known actor: "Is Kyiv going to join the complaint?"."""
    holder = next((n for n in named if n.known is not None), None)
    if holder is None or doc[0].lower_ not in AUXILIARY or token_from(doc, holder.start) > 2:
        return PositionQuestion()
    if stands_before_a_noun(doc, holder) and doc[0].lemma_ == "be":
        return PositionQuestion()  # "Was the OSCE mission armed?" asks what it is
    if only_modifies(doc, holder) or any(token.dep_ == "auxpass" for token in doc):
        return PositionQuestion()  # "Was Kyiv invited?" asks what others did
    target = target_after(doc, token_from(doc, holder.end))
    return PositionQuestion("position", holder.actor, None, target, holder.speaker, firm=False, whether=True)
