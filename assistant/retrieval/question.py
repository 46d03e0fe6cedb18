"""Reading a question: whose position it asks for, which stance, about what, and when.

"What has Washington offered Kyiv since 1 December?" asks what (``asks``) the United States (``actor``) offers
(``stance``) to Ukraine (``recipient``) from 2025-12-01 (``since``). A question that asks for no position, such as
"When was the memorandum signed?", comes back with ``asks`` None and is left to the search for passages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from spacy.tokens import Doc, Token

from assistant.actors import OFFICES, Actor, ActorBook
from assistant.curation.statements.dates import period_named, published_day
from assistant.language import Language
from assistant.models import Modality
from assistant.stances import StanceBook

Asks = Literal["what", "who", "position", "everyone", "change"]

MAX_CHARS = 2_000  # what lies beyond is not read
MAX_TERMS = 60

_PLAIN = re.compile(r"^\s*(when|where (?!does|do|did|has|have)|how (many|much|old|long|far|big|often|large)|in (what|which) year)\b", re.IGNORECASE)
_WHO = re.compile(r"^\s*(?:and |but |so )?(who|whose|which (?:\w+ ){0,2}(?:countr\w+|states?|nations?|leaders?|sides?|part(?:y|ies)|governments?|allies|actors?|officials?|experts?|analysts?|members?|politicians?|people|capitals?|ministers?))\b", re.IGNORECASE)
_EVERYONE = re.compile(
    r"\b(everyone|everybody|each (?:side|party|country|actor)|every (?:side|party|country|actor)|(?:all|both|the (?:two )?) ?(?:the )?(?:sides|parties|actors|players)|who (?:says|said) what|who stands where)\b",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"\b(?:what(?:'s|’s| is| was| are)? (?:has |have |had |have |has been |is )?(?:been )?(?:changed|changing|new|different|happened to)|what(?: has| have)? (?:shifted|evolved)|"
    r"(?:how|has|have|did|in what way) .*\b(?:chang\w+|shift\w*|evolv\w+|develop\w+|moved on|softened|hardened)|(?:any|what) (?:change|changes|shift|shifts|updates?)\b)",
    re.IGNORECASE,
)
_POSITION_NOUN = re.compile(
    r"\b(positions?|stances?|views?|attitudes?|opinions?|lines?|stands?|take|reactions?|responses?|thinking|policy|policies|"
    r"thoughts?|feelings?|approach|assessment|perspective|statements?|comments?)\b",
    re.IGNORECASE,
)
_SPEAKING = frozenset("say tell think respond react feel view see comment argue claim believe state regard stand consider".split())
_ABOUT = frozenset("about on of regarding concerning over to towards toward for with against that".split())
_AUXILIARY = frozenset("do does did has have had is are was were be been being will would can could should may might must shall not n't n’t 'd 'll 's’s".split())
_NEGATIONS = frozenset({"not", "n't", "n’t", "never", "no", "nt"})
_QUESTION_WORDS = frozenset("what which who whom whose how why where when".split())
_FILLERS = frozenset("still now actually really exactly currently also ever so far yet publicly officially consistently already please and but then today recently".split())
_DATE = re.compile(
    r"\b(?P<word>since|after|from|as of|before|until|till|by|up to|during|in|on|between|prior to)\s+"
    r"(?P<when>(?:the )?(?:early |late |mid-?|end of |start of |beginning of )?(?:\d{4}-\d{2}-\d{2}|"
    r"(?:\d{1,2}(?:st|nd|rd|th)?(?: of)? )?(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?"
    r"(?: \d{1,2}(?:st|nd|rd|th)?\b(?!\d))?(?:,? \d{4})?|(?:19|20)\d{2}\b))",
    re.IGNORECASE,
)
_SINCE = frozenset({"since", "after", "from", "as of"})
_UNTIL = frozenset({"before", "until", "till", "by", "up to", "prior to"})
_EDGE = " \t\r\n?!.,;:\"“”‘’'()"


@dataclass(frozen=True, slots=True)
class PositionQuestion:
    """What a question asks of positions; ``asks`` is None when it asks for something else.

    ``actor`` is whose position is asked for, by the name that ``Statement.holder`` has; ``speaker`` is set too where
    the question names a person. ``modality`` is "expected" where it asks for forecasts of that position ("Who doubts
    that Putin will agree?"). ``since`` and ``until`` are ISO days, both inclusive, as the question writes them.
    """

    asks: Asks | None = None
    actor: str | None = None
    stance: str | None = None
    target: str | None = None
    speaker: str | None = None
    recipient: str | None = None
    modality: Modality | None = None
    since: str | None = None
    until: str | None = None
    search_terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Named:
    start: int  # characters of the question
    end: int
    actor: str
    speaker: str | None
    known: Actor | None


@dataclass(frozen=True, slots=True)
class _Stanced:
    first: int  # tokens of the question, half open
    last: int
    stance: str
    noun: bool


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
        self._asking = {
            word.strip('"').lower(): stance.key for stance in stances for word in stance.questions
        }

    def read(self, question: str, asked_on: str | None = None) -> PositionQuestion:
        """What a question asks; never raises, whatever the text.

        Args:
            question: as it was typed.
            asked_on: the ISO day on which it is asked, for days without a year ("since 1 December"); today when None.
        """
        text = " ".join(question[:MAX_CHARS].split())
        if not text:
            return PositionQuestion()
        since, until, rest = _period(text, published_day(asked_on) or date.today())
        doc = self._language.parse(rest)
        named = self._named(doc)
        reading = self._reading(rest, doc, named)
        if reading.asks is None:
            return PositionQuestion(since=since, until=until, search_terms=self._terms(None, reading, named))
        return PositionQuestion(
            reading.asks,
            reading.actor,
            reading.stance,
            reading.target,
            reading.speaker,
            reading.recipient,
            reading.modality,
            since,
            until,
            self._terms(reading.stance, reading, named),
        )

    # ------------------------------------------------------------------------------------------------ kinds

    def _reading(self, text: str, doc: Doc, named: list[_Named]) -> PositionQuestion:
        if _CHANGE.search(text):
            return self._change(text, doc, named)
        stanced = self._stanced(doc, named)
        if _EVERYONE.search(text) or self._compares(doc, named):
            match = _EVERYONE.search(text)
            if match is None:
                return PositionQuestion("everyone", target=_tail(doc, _disagreement(doc)))
            target = _tail(doc, _token_from(doc, match.end()))
            stance = stanced[0].stance if stanced and stanced[0].stance != "expects" else None
            return PositionQuestion("everyone", stance=stance, target=target)
        if _PLAIN.match(text):
            return PositionQuestion()
        who = _WHO.match(text)
        if who:
            return self._who(doc, named, stanced, _token_from(doc, who.end()))
        if stanced and not _asks_position(text, named):
            return self._what(doc, named, stanced)
        return self._position(text, doc, named)

    def _change(self, text: str, doc: Doc, named: list[_Named]) -> PositionQuestion:
        subject = named[0] if named else None
        noun = _POSITION_NOUN.search(text)
        target = _tail(doc, _token_from(doc, noun.end())) if noun else None
        if target is not None:
            target = re.sub(r"\s*\b(?:changed|shifted|evolved|developed|softened|hardened)\b.*$", "", target) or None
        elif subject is None:
            about = re.search(r"\b(?:about|on|regarding|in|with|to) (?!since)(.+?)[\s?.!]*$", text)
            target = about.group(1) if about else None
        return PositionQuestion("change", subject.actor if subject else None, None, target, subject.speaker if subject else None)

    def _who(self, doc: Doc, named: list[_Named], stanced: list[_Stanced], first: int) -> PositionQuestion:
        """ "Who opposes the plan?" asks for holders, "Who doubts that X will agree?" for those who say so of X."""
        outer = next((t for t in doc[first:] if t.pos_ in {"VERB", "AUX"} and t.lower_ not in _AUXILIARY), None)
        if outer is not None:
            inner = [s for s in stanced if s.first > outer.i]
            holder = next((n for n in named if n.start > outer.idx and inner and n.start < doc[inner[0].first].idx), None)
            lemma = outer.lemma_.lower()
            doubts = self._stances.has_modifier("doubts", lemma)
            forecasts = self._stances.has_modifier("forecasts", lemma)
            if holder is not None and (doubts or forecasts or lemma in _SPEAKING):
                stance = self._turned(doc, inner[0], doubts)
                return PositionQuestion(
                    "who", holder.actor, stance, _tail(doc, inner[0].last), None, None,
                    "expected" if doubts or forecasts else None,
                )
        if not stanced:
            lead = next((t for t in doc[first:] if t.lemma_.lower() in _SPEAKING), None)
            if lead is not None and lead.lemma_.lower() in {"say", "think", "believe", "claim", "argue"}:
                return PositionQuestion("who", target=_tail(doc, lead.i + 1))
            return PositionQuestion()
        hit = stanced[0]
        return PositionQuestion("who", None, self._turned(doc, hit, False), _tail(doc, hit.last))

    def _what(self, doc: Doc, named: list[_Named], stanced: list[_Stanced]) -> PositionQuestion:
        hit = self._asked_for(doc, stanced)
        place = doc[hit.first].idx
        before = [n for n in named if n.end <= place]
        after = [n for n in named if n.start >= place]
        by = next((n for n in after if doc[max(0, _token_from(doc, n.start) - 1)].lower_ in {"by", "for", "of"} and hit.noun or
                   doc[max(0, _token_from(doc, n.start) - 1)].lower_ == "by"), None)
        holder = before[-1] if before else by or (after[0] if hit.noun and after else None)
        stance = self._turned(doc, hit, False)
        yes_no = doc[0].lower_ in _AUXILIARY
        fronted = _fronted(doc, hit, holder)
        recipient = next((n for n in after if n is not holder and _directly_after(doc, hit, n)), None)
        start = _token_from(doc, recipient.end) if recipient else hit.last
        target = fronted or _tail(doc, start, skip=holder)
        if holder is None and stance != "undecided" and recipient is None and not hit.noun:
            if not any(t.lower_ == "by" or t.dep_ in {"nsubjpass", "auxpass"} for t in doc):
                return PositionQuestion()
        return PositionQuestion(
            "position" if yes_no else "what",
            holder.actor if holder else None,
            None if yes_no else stance,
            target,
            holder.speaker if holder else None,
            recipient.actor if recipient else None,
        )

    def _asked_for(self, doc: Doc, stanced: list[_Stanced]) -> _Stanced:
        """Which of several words of stance is asked for: the verb and not the noun before it ("What guarantees did …")."""
        hit = stanced[0]
        if self._stances.has_modifier("reversals", doc[hit.first].lemma_.lower()):
            return stanced[-1]  # "refused to accept"
        if hit.noun:
            return next((other for other in stanced if not other.noun), hit)
        same = [other for other in stanced if other.stance == hit.stance]
        return same[-1] if same[-1].first == hit.last else hit  # "remains unresolved"

    def _position(self, text: str, doc: Doc, named: list[_Named]) -> PositionQuestion:
        """ "What is Europe's position on …?", "What does the Kremlin say about …?", "Where does Kyiv stand on …?"."""
        if not named:
            return PositionQuestion()
        holder = named[0]
        noun = _POSITION_NOUN.search(text)
        verb = next((t for t in doc if t.lemma_.lower() in _SPEAKING and t.idx >= holder.end), None)
        if noun and re.match(r"^\s*(?:what|which|how|describe|summari[sz]e|explain|give|list|and)\b|.*['’]s? ", text, re.IGNORECASE):
            start = _token_from(doc, max(noun.end(), holder.end if holder.start > noun.start() else 0))
        elif verb is not None:
            start = verb.i + 1
            if _is_someones(doc, holder):
                return PositionQuestion()
            if verb.lemma_.lower() == "tell":
                start = next((t.i for t in doc[start:] if t.lower_ in {"about", "on"}), len(doc))
        else:
            return PositionQuestion()
        return PositionQuestion("position", holder.actor, None, _tail(doc, start), holder.speaker)

    def _compares(self, doc: Doc, named: list[_Named]) -> bool:
        lemmas = {token.lemma_.lower() for token in doc}
        return len({n.actor for n in named}) >= 2 and bool(lemmas & {"disagree", "differ", "compare", "agree"}) and doc[0].lower_ in {"where", "how", "on", "what"}

    # ------------------------------------------------------------------------------------------------ parts

    def _named(self, doc: Doc) -> list[_Named]:
        found = [
            _Named(start, end, self._actors.side_of(actor).name, actor.name if actor.kind == "person" else None, actor)
            for start, end, actor in self._actors.find(doc.text, any_case=True)
        ]
        for entity in doc.ents:
            if entity.label_ in {"PERSON", "ORG"} and not any(
                n.start < entity.end_char and entity.start_char < n.end for n in found
            ):
                name = re.sub(r"['’]s?$", "", entity.text)
                found.append(_Named(entity.start_char, entity.end_char, name, name if entity.label_ == "PERSON" else None, None))
        return sorted(found, key=lambda n: n.start)

    def _stanced(self, doc: Doc, named: Sequence[_Named]) -> list[_Stanced]:
        """The words that ask for a stance, left to right, longest first."""
        lemmas = [token.lemma_.lower() for token in doc]
        hits = [
            _Stanced(hit.start, hit.end, hit.stance, hit.kind == "verdict")
            for hit in self._stances.idioms(lemmas, [token.lower_ for token in doc])
            if not all(doc[i].lower_ in _AUXILIARY or doc[i].lower_ == "to" for i in range(hit.start, hit.end))
        ]
        for token in doc:
            if any(h.first <= token.i < h.last for h in hits) or any(n.start <= token.idx < n.end for n in named):
                continue
            hit = self._word(doc, lemmas, token)
            if hit is not None:
                hits.append(hit)
        return sorted(hits, key=lambda h: h.first)

    def _word(self, doc: Doc, lemmas: list[str], token: Token) -> _Stanced | None:
        place = token.i
        for length in (3, 2):
            if place + length > len(lemmas):
                continue
            words = " ".join([lemmas[place], *(t.lower_ for t in doc[place + 1 : place + length])])
            stance = self._stances.of_word("verb", words) or self._asking.get(words)
            if stance is not None:
                return _Stanced(place, place + length, stance, False)
        if lemmas[place] in {"say", "tell"} or token.pos_ in {"PROPN", "ADP", "AUX", "DET", "PRON"} and lemmas[place] != "against":
            return None
        noun = token.pos_ == "NOUN"
        stance = (
            (self._stances.of_word("noun", lemmas[place]) if noun else None)
            or (self._stances.of_word("verb", lemmas[place]) if token.pos_ == "VERB" else None)
            or (self._stances.of_word("adjective", lemmas[place]) if token.pos_ == "ADJ" else None)
            or self._asking.get(lemmas[place])
        )
        if stance is None or (noun and not _owned(token)):
            return None
        return _Stanced(place, place + 1, stance, noun)

    def _turned(self, doc: Doc, hit: _Stanced, doubted: bool) -> str:
        """The stance after "not", "never", "refuse to" and doubt."""
        lead = [token for token in doc[: hit.first]]
        turns = sum(token.lower_ in _NEGATIONS for token in lead) + doubted
        turns += sum(self._stances.has_modifier("reversals", t.lemma_.lower()) for t in lead if t.lower_ not in _NEGATIONS)
        if turns % 2 == 0:
            return hit.stance
        return self._stances.negation_of(hit.stance) or hit.stance

    def _terms(self, stance: str | None, reading: PositionQuestion, named: list[_Named]) -> tuple[str, ...]:
        """Words to search for beside those of the question: the actor's other names and the stance's other words."""
        terms: list[str] = []
        for name in named:
            if name.known is None or name.actor not in {reading.actor, reading.recipient}:
                continue
            side = self._actors.side_of(name.known)
            terms += [side.name, *side.metonyms[:4], *side.aliases[:4], *side.adjectives[:1]]
            terms += [a.aliases[0] for a in self._actors if a.side == side.id and a.aliases][:8]
        if stance is not None:
            terms += self._stances.vocabulary(stance)
        return tuple(dict.fromkeys(terms))[:MAX_TERMS]


def _asks_position(text: str, named: list[_Named]) -> bool:
    """Whether the question is for an actor's position as a whole, though a word in it also names a stance."""
    return bool(named) and bool(
        re.search(r"['’]s? (?:current |official |public |overall )*(?:position|stance|view|attitude|opinion|line)s? ", text, re.IGNORECASE)
        or re.match(r"^\s*what (?:is|are|was|were) the (?:position|stance|view|attitude|opinion)s? of ", text, re.IGNORECASE)
        or re.match(r"^\s*(?:what|how) (?:does|do|did|has|have) .{2,60}? (?:say|said|think|thought|feel|view) ", text, re.IGNORECASE)
    )


def _owned(noun: Token) -> bool:
    """Whether a stance's noun is what is asked for and not just part of a name: "demands of Russia", "which proposals"."""
    return noun.dep_ not in {"compound", "pobj"} or any(c.dep_ == "poss" for c in noun.children)


def _fronted(doc: Doc, hit: _Stanced, holder: _Named | None) -> str | None:
    """What stands between "what" and the verb: "What SECURITY GUARANTEES did the U.S. offer?"."""
    if doc[0].lower_ not in {"what", "which"}:
        return None
    words: list[Token] = []
    for token in doc[1 : hit.first]:
        if token.lower_ in _AUXILIARY or token.pos_ == "AUX" or (holder is not None and token.idx >= holder.start):
            break
        words.append(token)
    if not words or words[-1].pos_ not in {"NOUN", "PROPN"}:
        return None
    return doc.text[words[0].idx : words[-1].idx + len(words[-1].text)]


def _is_someones(doc: Doc, name: _Named) -> bool:
    """Whether a name only owns what is asked about: "NATO's Article 5", but not "Russia's foreign minister"."""
    place = _token_from(doc, name.end)
    if place >= len(doc) or doc[place].lower_ not in {"'s", "’s", "'", "’"}:
        return False
    following = [t.lower_ for t in doc[place + 1 : place + 5]]
    return not OFFICES & set(following)


def _directly_after(doc: Doc, hit: _Stanced, name: _Named) -> bool:
    """Whether a name stands right behind the stance, with at most a preposition between: "offered to Kyiv"."""
    place = _token_from(doc, name.start)
    between = [t for t in doc[hit.last : place] if t.lower_ not in {"the", "to", "from", "of", "on"}]
    following = doc[_token_from(doc, name.end) :]
    possessive = bool(following) and following[0].lower_ in {"'s", "’s", "'", "’"}
    adjective = name.known is not None and doc[place].pos_ == "ADJ"
    return not between and not possessive and not adjective and doc[place].dep_ != "compound"


def _token_from(doc: Doc, char: int) -> int:
    """The first token that starts at or after a character."""
    return next((token.i for token in doc if token.idx >= char), len(doc))


def _disagreement(doc: Doc) -> int:
    """The token after "disagree" or "differ"."""
    return next((t.i + 1 for t in doc if t.lemma_.lower() in {"disagree", "differ", "compare", "agree"}), len(doc))


def _tail(doc: Doc, first: int, skip: _Named | None = None) -> str | None:
    """The rest of a question from a token on, without what only leads to it."""
    while first < len(doc) and (
        doc[first].lower_ in _ABOUT
        or doc[first].lower_ in _FILLERS
        or doc[first].lower_ in _AUXILIARY
        or doc[first].lower_ in {"made", "make", "put", "by"}
        or doc[first].lemma_.lower() in _SPEAKING
        or doc[first].is_punct
        or (skip is not None and skip.start <= doc[first].idx < skip.end)
    ):
        first += 1
    words = [t for t in doc[first:]]
    while words and (words[-1].is_punct or words[-1].lower_ in _FILLERS or words[-1].lower_ in _AUXILIARY | _ABOUT):
        words.pop()
    if not words:
        return None
    text = doc.text[words[0].idx : words[-1].idx + len(words[-1].text)].strip(_EDGE)
    text = re.sub(r"^in (?:the )?(?!exchange|return)|^in (?:exchange|return) .*", "", text)
    return text if any(char.isalnum() for char in text) else None


def _period(text: str, today: date) -> tuple[str | None, str | None, str]:
    """Since, until and the question without the words that say so."""
    since: str | None = None
    until: str | None = None
    rest = text
    for match in _DATE.finditer(text):
        period = period_named(match["when"], today)
        if period is None:
            continue
        word = match["word"].lower()
        if word in _SINCE:
            since = period[1] if word == "after" and period[0] != period[1] else period[0]
        elif word in _UNTIL:
            until = _day_before(period[0]) if word in {"before", "prior to"} else period[1]
        else:
            since, until = since or period[0], period[1]
        rest = rest.replace(match.group(), " ", 1)
    if since is not None and since > today.isoformat() and not re.search(rf"\b{since[:4]}\b", text):
        since = f"{int(since[:4]) - 1}{since[4:]}"  # "since 1 December" looks back
    if re.search(r"\bbetween\b", text, re.IGNORECASE):
        second = re.search(r"\bbetween\b.*?\band\s+(.+)", text, re.IGNORECASE)
        period = period_named(second.group(1), today) if second else None
        if period is not None and since is not None:
            until = period[1]
    return since, until, " ".join(rest.split())


def _day_before(day: str) -> str:
    first = date.fromisoformat(day)
    return (first - timedelta(days=1)).isoformat() if first > date.min else day
