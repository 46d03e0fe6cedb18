"""The words by which a question asks: its kinds, its dates, and the stretch that says what it is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from assistant.curation.statements.dates import period_named
from assistant.retrieval.question_names import PEOPLE, POSSESSIVES, Named, token_from

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

_GROUPS = (
    r"countr\w+|states?|nations?|leaders?|sides?|part(?:y|ies)|governments?|allies|actors?|officials?|experts?|"
    r"analysts?|members?|politicians?|people|capitals?|ministers?"
)
_MONTHS = (
    r"january|february|march|april|may|june|july|august|september|october|november|december|"
    r"jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
)
PLAIN = re.compile(
    r"^\s*(when|where (?!does|do|did|has|have)|how (many|much|old|long|far|big|often|large)|"
    r"(in|at|from|to|under|during) (what|which)|what (would|will|could|might) happen)\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"^\s*(?:(?:when (?=would|could|might)|(?:under|on|in) (?:what|which) (?:circumstances|conditions|terms|cases?) )"
    r"(?P<would>would|could|might|will|can)|what (?:would|will|does) it take for)\b",
    re.IGNORECASE,
)
DISPUTE = re.compile(
    r"\b(?:disagree(?:ments?)?|differ|differences|contradict(?:ions?)?|points? of contention|at odds|in dispute)\b",
    re.IGNORECASE,
)
SINCE_WHEN = re.compile(
    r"^\s*(?:since when|from when|how long (?=ha[sd]\b|have\b)|(?P<when>when (?=did\b|ha[sd]\b|have\b)))\s*",
    re.IGNORECASE,
)
WHY = re.compile(r"^\s*(?:and |but |so )?(?:why|how come|for what reason|on what grounds)\b", re.IGNORECASE)
WHO = re.compile(rf"^\s*(?:and |but |so )?(who|whose|which (?:\w+ ){{0,2}}(?:{_GROUPS}))\b", re.IGNORECASE)
EVERYONE = re.compile(
    r"\b(everyone|everybody|(?:each|every) (?:side|party|country|actor)|"
    r"(?:all|both|the (?:two )?) ?(?:the )?(?:sides|parties|actors|players)|who (?:says|said) what|who stands where)\b",
    re.IGNORECASE,
)
CHANGE = re.compile(
    r"\b(?:what(?:'s|’s| is| was| are)? (?:has |have |had |has been |is )?(?:been )?"
    r"(?:changed|changing|new|different|shifted|evolved|happened to (?=.*\b(?:position|stance|view|policy)))|"
    r"(?:how|has|have|did|in what way) .*\b(?:chang\w+|shift\w*|evolv\w+|moved on|softened|hardened)|"
    r"(?:any|what) (?:change|changes|shift|shifts|updates?)\b)",
    re.IGNORECASE,
)
CHANGED = re.compile(r"\s*\b(?:chang\w+|shift\w*|evolv\w+|softened|hardened)\b.*$", re.IGNORECASE)
POSITION_NOUN = re.compile(
    r"\b(positions?|stances?|views?|attitudes?|opinions?|lines?|stands?|take|reactions?|responses?|thinking|policy|"
    r"policies|thoughts?|feelings?|approach|assessment|perspective|statements?|comments?)\b",
    re.IGNORECASE,
)
OWN_POSITION = (
    re.compile(
        r"['’]s? (?:current |official |public |overall )*(?:position|stance|view|attitude|opinion|line)s? ",
        re.IGNORECASE,
    ),
    re.compile(r"^\s*what (?:is|are|was|were) the (?:position|stance|view|attitude|opinion)s? of ", re.IGNORECASE),
    re.compile(
        r"^\s*(?:what|how) (?:does|do|did|has|have) .{2,60}? "
        r"(?:say|said|think|thought|feel|view|see|judge|assess|answer|reply|replied|respond|responded|react|reacted) ",
        re.IGNORECASE,
    ),
)
ASKS_FOR_NOUN = re.compile(
    r"^\s*(?:what|which|how|describe|summari[sz]e|explain|give|list|and|(?:the )?(?:positions?|stances?|views?) of)\b"
    r"|.*['’]s? ",
    re.IGNORECASE,
)
SPEAKING = frozenset(
    """say tell think respond react answer reply feel view see comment argue claim believe state regard stand consider
    judge assess""".split()
)
ANSWERING = frozenset("answer comment react reply respond".split())
_DOING = frozenset({"do", "does", "did"})
TAKING = frozenset("express give have hold issue make raise take voice".split())  # a stance that a noun names
AUXILIARY = frozenset(
    """do does did has have had is are was were be been being will would can could should may might must shall not
    n't n’t 'd 'll 's’s wo ca""".split()
)
_QUESTION_WORDS = frozenset({"what", "which", "who", "whom", "whose", "when", "where", "why", "how"})
_NOMINAL = frozenset({"PROPN", "NOUN", "PRON", "DET"})
_FINITE = frozenset({"VBD", "VBZ", "VBP", "MD"})
_LEADING_IN = re.compile(r"^.{15,}[\w)”\"][a-z0-9%)”\"][.!]\s+(?=[A-Z“].*\?\s*$)")
_STATED = re.compile(r"[.:!]\s*$")
LONG_STATEMENT = 8  # words
# Verbs of standing against something; elsewhere "against" names an opponent or an illness.
_STANDING = frozenset("be come speak stand vote argue decide push fight lobby campaign rule turn side".split())
NEGATIONS = frozenset({"not", "n't", "n’t", "never", "no", "nt"})
_ABOUT = frozenset("about on of regarding concerning over to towards toward for with against that".split())
_FILLERS = frozenset(
    """still now actually really exactly currently also ever so far yet publicly officially consistently already
    please and but then today recently""".split()
)
_LEADING = _ABOUT | _FILLERS | AUXILIARY | {"made", "make", "put", "by"}
_TRAILING = _ABOUT | _FILLERS | AUXILIARY
_DISAGREEING = frozenset({"disagree", "differ", "compare", "agree"})
_DATE = re.compile(
    r"\b(?P<word>since|after|from|as of|before|until|till|by|up to|during|in|on|between|prior to)\s+"
    r"(?P<when>(?:the )?(?:early |late |mid-?|end of |start of |beginning of )?(?:\d{4}-\d{2}-\d{2}|"
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)? )?(?:{_MONTHS})\b\.?"
    r"(?: \d{1,2}(?:st|nd|rd|th)?\b(?!\d))?(?:,? \d{4})?|(?:19|20)\d{2}\b))",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\bbetween\b.*?(?P<rest>\band\s+(?P<when>.+?))[\s?.!]*$", re.IGNORECASE)
_SINCE = frozenset({"since", "after", "from", "as of"})
_UNTIL = frozenset({"before", "until", "till", "by", "up to", "prior to"})
_EDGE = " \t\r\n?!.,;:\"“”‘’'()"


@dataclass(frozen=True, slots=True)
class Stanced:
    """Words of a question that ask for a stance; tokens, half open."""

    first: int
    last: int
    stance: str
    noun: bool


@dataclass(frozen=True, slots=True)
class Period:
    """The time that a question names, ISO days, both inclusive, and the question without the words that say so."""

    since: str | None
    until: str | None
    rest: str


def period_of(text: str, today: date) -> Period:
    """The time that a question asks about.

    Args:
        text: the question.
        today: the day it is asked, for days without a year.
    """
    since: str | None = None
    until: str | None = None
    rest = text
    between = _BETWEEN.search(text)
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
    second = period_named(between["when"], today) if between is not None and since is not None else None
    if between is not None and second is not None:
        until = second[1]
        rest = rest.replace(between["rest"], " ", 1)
    return Period(_looking_back(since, text, today), until, " ".join(rest.split()))


def _looking_back(since: str | None, text: str, today: date) -> str | None:
    """The start of a period: "since 1 December" is never in the future, unless the year stands there."""
    if since is None or since <= today.isoformat() or re.search(rf"\b{since[:4]}\b", text):
        return since
    return f"{int(since[:4]) - 1}{since[4:]}"


def _day_before(day: str) -> str:
    first = date.fromisoformat(day)
    return (first - timedelta(days=1)).isoformat() if first > date.min else day


def asked_sentence(text: str) -> str:
    """The question in a text that first tells what it is about: "The album is out. What is its title?"."""
    return _LEADING_IN.sub("", text)


def unconditional(text: str) -> str:
    """A question for the conditions of a step as one for the step: "When would X sign?" is "Would X sign?"."""
    match = _CONDITION.match(text)
    if match is None:
        return text
    if match["would"]:
        return f"{match['would'].capitalize()}{text[match.end() :]}"
    return f"Would{re.sub(r' to ', ' ', text[match.end() :], count=1)}"


def asks_for_detail(doc: Doc) -> bool:
    """Whether a question is for one detail of an event and not for what somebody holds.

    Three forms tell: the question word stands within a statement ("X agreed to buy a team in which league?"), "which"
    with its noun is who acts ("Which chain was forced to pull out?"), and a statement is left to be completed.
    """
    asking = next((token for token in doc if token.lower_ in _QUESTION_WORDS and token.tag_.startswith("W")), None)
    if asking is None:
        stated = _STATED.search(doc.text) is not None and doc[0].lower_ not in AUXILIARY
        return stated and sum(token.is_alpha for token in doc) >= LONG_STATEMENT
    lead = doc[: asking.i]
    if len(lead) and doc[0].lower_ not in AUXILIARY and asking.lower_ in {"what", "which", "how", "whose"}:
        bare = asking.lower_ == "what" and asking.dep_ not in {"det", "poss"}
        within = any(token.tag_ in _FINITE for token in lead) and not bare
        if within or (asking.i > 1 and doc[asking.i - 1].pos_ == "ADP" and asking.dep_ == "det"):
            return True
    noun = asking.head
    if asking.dep_ != "det" or asking.i > 1 or noun.dep_ not in {"nsubj", "nsubjpass"} or noun.head.i < noun.i:
        return False
    following = doc[noun.i + 1 : noun.i + 3]  # "What guarantees did Russia offer?" has another who acts
    inverted = len(following) == 2 and following[0].lower_ in AUXILIARY and following[1].pos_ in _NOMINAL
    return not inverted


def stands_against(token: Token) -> bool:
    """Whether "against" is a stance: "is against", "came out against"."""
    return token.head.lemma_.lower() in _STANDING or (token.dep_ in {"ROOT", "prep"} and token.head.pos_ == "AUX")


def is_done(token: Token) -> bool:
    """Whether a word that was taken for a noun is what somebody does: "What does the formula DEMAND?".

    Behind "does" there is a verb; where the parse has none, it is the last of the nouns that can be one.
    """
    asked = _auxiliary_do(token.doc)
    if token.pos_ != "NOUN" or asked is None or token.i <= asked + 1:
        return False
    rest = token.doc[asked + 1 :]
    return not any(other.pos_ == "VERB" or (other.i > token.i and other.pos_ == "NOUN") for other in rest)


def has_own_subject(doc: Doc, hit: Stanced) -> bool:
    """Whether something without a position does it: "What does THE FORMULA demand?"."""
    asked = _auxiliary_do(doc)
    if asked is None:
        return False
    return any(token.pos_ == "NOUN" and token.lower_ not in PEOPLE for token in doc[asked + 1 : hit.first])


def _auxiliary_do(doc: Doc) -> int | None:
    return next((token.i for token in doc if token.lower_ in _DOING), None)


def is_naming(verb: Token) -> bool:
    """Whether a verb only gives a name: "called the plan a trap", "What did X call the plan?"."""
    if verb.lemma_ != "call":
        return False
    named = any(child.dep_ == "oprd" for child in verb.children)
    objects = [child for child in verb.children if child.dep_ in {"dobj", "attr"}]
    return named or (len(objects) > 1 and objects[0].lower_ == "what")


def target_after(doc: Doc, first: int, skip: Named | None = None) -> str | None:
    """What a question is about: the rest of it from a token on, without what only leads there."""
    while first < len(doc) and _only_leads(doc[first], skip):
        first += 1
    words = list(doc[first:])
    while words and (words[-1].is_punct or words[-1].lower_ in _TRAILING):
        words.pop()
    if not words:
        return None
    text = doc.text[words[0].idx : words[-1].idx + len(words[-1].text)].strip(_EDGE)
    text = re.sub(r"^in (?:the )?(?!exchange|return)|^in (?:exchange|return) .*|^(?:after|before|during) .*", "", text)
    return text if any(char.isalnum() for char in text) else None


def tokens_of(doc: Doc, target: str | None) -> list[Token]:
    """The tokens of a target; none where it does not stand in the question in one piece."""
    start = doc.text.find(target) if target else -1
    if start < 0 or target is None:
        return []
    return [token for token in doc if start <= token.idx < start + len(target)]


def focus_of(doc: Doc, target: str | None) -> tuple[str, ...]:
    """The nouns, names, adjectives and numbers of a target, the noun that the others belong to first.

    Verbs are left out, which texts put in other words: "keep the fleets apart" is about the fleets.
    """
    tokens = [t for t in tokens_of(doc, target) if t.pos_ in {"NOUN", "PROPN", "NUM", "ADJ"}]
    heads = [t for t in tokens if t.pos_ in {"NOUN", "PROPN"} and t.dep_ != "compound"]
    return tuple(dict.fromkeys(t.text for t in [*heads[:1], *tokens]))


def _only_leads(token: Token, skip: Named | None) -> bool:
    if token.is_punct or token.lower_ in _LEADING or token.lemma_.lower() in SPEAKING:
        return True
    return skip is not None and skip.start <= token.idx < skip.end


def compares(doc: Doc, named: list[Named]) -> int | None:
    """Where a question asks how several actors differ, the token after the word that says so; None otherwise."""
    if len({n.actor for n in named}) < 2 or doc[0].lower_ not in {"where", "how", "on", "what"}:
        return None
    return next((token.i + 1 for token in doc if token.lemma_.lower() in _DISAGREEING), None)


def asks_position(text: str, named: list[Named]) -> bool:
    """Whether a question is for a whole position, though a word in it also names a stance."""
    return bool(named) and any(pattern.search(text) for pattern in OWN_POSITION)


def is_asked_for(noun: Token) -> bool:
    """Whether a stance's noun is what is asked for and not just part of a name: "the Minsk agreement"."""
    children = [child.dep_ for child in noun.children]
    if "compound" in children and noun.head.lemma_ == "be":
        return False
    if noun.dep_ == "nsubj" and any(t.lower_ in _DOING and t.i < noun.i for t in noun.head.children):
        return False  # "Why did the agreements fail?"
    return noun.dep_ not in {"compound", "pobj"} or "poss" in children


def fronted(doc: Doc, hit: Stanced, holder: Named | None) -> str | None:
    """What stands between "what" and the verb, and what it is about: "What LIMITS does X want ON TROOPS?"."""
    if doc[0].lower_ not in {"what", "which"}:
        return None
    words: list[Token] = []
    for token in doc[1 : hit.first]:
        if token.lower_ in AUXILIARY or token.pos_ == "AUX" or (holder is not None and token.idx >= holder.start):
            break
        words.append(token)
    if not words or (words[-1].pos_ not in {"NOUN", "PROPN"} and doc[0].dep_ != "det"):
        return None
    text = doc.text[words[0].idx : words[-1].idx + len(words[-1].text)]
    behind = doc[hit.last : hit.last + 1]
    if len(behind) and behind[0].lower_ in _ABOUT:
        rest = target_after(doc, hit.last)
        return f"{text} {behind[0].text} {rest}" if rest else text
    return text


def directly_after(doc: Doc, hit: Stanced, name: Named) -> bool:
    """Whether a name stands right behind the stance, with at most a preposition between: "offered to Kyiv"."""
    place = token_from(doc, name.start)
    if any(token.lower_ not in {"the", "to", "from", "of", "on"} for token in doc[hit.last : place]):
        return False
    following = doc[token_from(doc, name.end) :]
    if len(following) and following[0].lower_ in POSSESSIVES:
        return False
    return doc[place].dep_ != "compound" and not (name.known is not None and doc[place].pos_ == "ADJ")


def name_behind(doc: Doc, hit: Stanced, after: list[Named]) -> Named | None:
    """The holder behind the stance: "rejected by Moscow", "red lines for Putin"."""
    links = {"by", "for", "of"} if hit.noun else {"by"}
    for name in after:
        if doc[max(0, token_from(doc, name.start) - 1)].lower_ in links:
            return name
    return after[0] if hit.noun and after else None
