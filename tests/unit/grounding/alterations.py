"""Sentences of a corpus, altered by rule in one fact, or reworded by rule in none."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from assistant.answering.grounding.analysis import Analysis
from assistant.curation.statements.quotes import find_quotes

WORDS_LEAST, WORDS_MOST = 8, 45
MONTHS = "January February March April May June July August September October November December".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


@dataclass(frozen=True)
class Original:
    """A sentence, taken apart, and the names that its document has."""

    document_id: str
    text: str
    analysis: Analysis
    names: tuple[tuple[str, str], ...]  # of actors that are no persons, with their ids


@dataclass(frozen=True)
class Altered:
    """A sentence made from ``original`` by ``rule``."""

    rule: str
    text: str
    original: Original


Rule = Callable[[Original, random.Random], str | None]


def number(original: Original, chance: random.Random) -> str | None:
    """Another value for a number in digits."""
    found = [n for n in original.analysis.numerals if re.fullmatch(r"[$€£]?[\d,.]+", n.shown) and n.kind != "ordinal"]
    if not found:
        return None
    chosen = chance.choice(found)
    digits = re.search(r"[\d,.]*\d", chosen.shown)
    assert digits
    value = float(digits.group().replace(",", ""))
    other = value * chance.choice((2, 3, 0.5)) + chance.choice((1, 7))
    shown = f"{other:,.0f}" if value >= 1000 else f"{other:.0f}" if value == int(value) else f"{other:.1f}"
    start = chosen.start + original.text[chosen.start : chosen.end].index(digits.group())
    return original.text[:start] + shown + original.text[start + len(digits.group()) :]


def date(original: Original, chance: random.Random) -> str | None:
    """Another year, month or weekday."""
    found = [m for m in original.analysis.moments if m.year or m.month or m.weekday is not None]
    if not found:
        return None
    chosen = chance.choice(found)
    shown = chosen.shown
    for names in (MONTHS, DAYS):
        for name in names:
            if re.search(rf"\b{name}\b", shown):
                other = names[(names.index(name) + chance.randint(2, 5)) % len(names)]
                return _put(original.text, chosen.start, chosen.end, shown.replace(name, other))
    year = re.search(r"\d{4}", shown)
    if year is None:
        return None
    other = str(int(year.group()) + chance.choice((-3, -2, 2, 5)))
    return _put(original.text, chosen.start, chosen.end, shown.replace(year.group(), other))


def name(original: Original, chance: random.Random) -> str | None:
    """A name that the document does not have."""
    strangers = {
        True: ("Ingrid Solberg", "Tomasz Wierzbicki", "Amara Okafor"),
        False: ("Portugal", "Bolivia", "Mongolia", "Kenya"),
    }
    found = [n for n in original.analysis.names if n.person or n.actor]
    if not found:
        return None
    chosen = chance.choice(found)
    if re.search(r"(ian|an|ish|ese|s)$", chosen.shown) and not chosen.person:
        return None  # "Russian": an adjective needs an adjective
    return _put(original.text, chosen.start, chosen.end, chance.choice(strangers[chosen.person]))


def negation(original: Original, _chance: random.Random) -> str | None:
    """A negation put in, or taken out."""
    text = original.text
    if re.search(r"\b(?:not|n’t|n't|never|no)\b", text):
        changed = re.sub(r"\b(?:do|does|did) not\b|\b(?<!whether or )not (?!only|least)", "", text, count=1)
        return None if changed == text else " ".join(changed.split())
    changed = re.sub(
        r"\b(is|are|was|were|will|would|has|have|can|could|should|must)\b(?! not)", r"\1 not", text, count=1
    )
    return None if changed == text else changed


def actor(original: Original, chance: random.Random) -> str | None:
    """Another actor of the same document in the place of one, or two that change places."""
    found = [n for n in original.analysis.names if n.actor and not re.search(r"(ian|ish|ese)$", n.shown)]
    distinct = [
        (a, b) for a in found for b in found if a.start < b.start and a.actor != b.actor and a.person == b.person
    ]
    distinct = [
        (a, b)
        for a in found
        for b in found
        if a.start < b.start
        and a.actor != b.actor
        and a.person == b.person
        and original.text[a.end : b.start].strip() not in {"and", "or", ","}  # a list has no order
    ]
    if distinct:
        a, b = chance.choice(distinct)
        text = original.text
        return text[: a.start] + b.shown + text[a.end : b.start] + a.shown + text[b.end :]
    own = {n.actor for n in original.analysis.names}
    others = [shown for shown, actor_id in original.names if actor_id not in own]
    if not found or not others:
        return None
    chosen = found[0]
    return _put(original.text, chosen.start, chosen.end, chance.choice(others))


def quotation(original: Original, chance: random.Random) -> str | None:
    """Words changed inside a quotation."""
    quotes = [q for q in find_quotes(original.text) if len(q.inner(original.text).split()) >= 4]
    if not quotes:
        return None
    inner = quotes[0].inner(original.text)
    words = inner.split()
    places = [i for i, word in enumerate(words) if len(word) > 4 and word.isalpha()]
    if not places:
        return None
    words[chance.choice(places)] = chance.choice(("entirely", "nothing", "tomorrow", "together"))
    return original.text.replace(inner, " ".join(words))


ALTERATIONS: dict[str, Rule] = {
    "number": number,
    "date": date,
    "name": name,
    "negation": negation,
    "actor": actor,
    "quotation": quotation,
}


def verbatim(original: Original, _chance: random.Random) -> str | None:
    """The sentence itself."""
    return original.text


def without_lead(original: Original, _chance: random.Random) -> str | None:
    """Without a first word that only joins it to what came before."""
    changed = re.sub(r"^(?:However|But|And|Meanwhile|Instead|Still|Also|In addition|Later|Then),? ", "", original.text)
    return None if changed == original.text else changed[0].upper() + changed[1:]


def without_aside(original: Original, _chance: random.Random) -> str | None:
    """Without what stands in brackets or between dashes."""
    changed = re.sub(r" \([^()]*\)| [–—] [^–—]* [–—](?= )", "", original.text, count=1)
    return None if changed == original.text else changed


def without_tail(original: Original, _chance: random.Random) -> str | None:
    """Without a last clause that adds something."""
    changed = re.sub(r", (?:including|which|where|who|after|while|as) [^,“”\"]*\.$", ".", original.text)
    return None if changed == original.text or len(changed.split()) < WORDS_LEAST else changed


SYNONYMS = {
    "said": "stated",
    "began": "started",
    "large": "big",
    "big": "large",
    "help": "assist",
    "also": "too",
    "about": "around",
    "must": "has to",
    "several": "various",
    "rapid": "quick",
    "signed": "concluded",
    "ended": "finished",
    "nearly": "almost",
    "because": "since",
    "talks": "discussions",
    "agreement": "accord",
    "attack": "assault",
    "proposed": "suggested",
    "start": "begin",
    "main": "chief",
    "important": "significant",
    "buy": "purchase",
    "shows": "demonstrates",
    "soldiers": "troops",
}


def reworded(original: Original, _chance: random.Random) -> str | None:
    """With words of the same meaning."""
    pattern = re.compile(r"\b(" + "|".join(SYNONYMS) + r")\b")
    plain = "".join(
        piece if place % 2 else pattern.sub(lambda m: SYNONYMS[m.group()], piece)
        for place, piece in enumerate(re.split(r"([“\"][^”\"]*[”\"])", original.text))
    )
    return None if plain == original.text else plain


def renumbered(original: Original, _chance: random.Random) -> str | None:
    """With a number written in another way."""
    for pattern, written in (
        (r"\b(\d{1,3}) million\b", lambda m: f"{m.group(1)},000,000"),
        (r"\bper cent\b", lambda m: "percent"),
        (r"(\d) ?percent\b", lambda m: f"{m.group(1)}%"),
        (r"(\d)%", lambda m: f"{m.group(1)} percent"),
        (r"\bthree\b(?![- ](?:hundred|thousand|quarters))", lambda m: "3"),
        (r"\btwo\b(?![- ]thirds)", lambda m: "2"),
        (r"\b(\d{1,2}) (January|February|March|April|June|July|August|September|October|November|December)\b(?! \d)",
         lambda m: f"{m.group(2)} {m.group(1)}"),
    ):  # fmt: skip
        changed = re.sub(pattern, written, original.text, count=1)
        if changed != original.text:
            return changed
    return None


FAITHFUL: dict[str, Rule] = {
    "verbatim": verbatim,
    "without_lead": without_lead,
    "without_aside": without_aside,
    "without_tail": without_tail,
    "reworded": reworded,
    "renumbered": renumbered,
}


def made(originals: Sequence[Original], rules: dict[str, Rule], count: int, seed: int = 7) -> list[Altered]:
    """``count`` sentences, rule after rule in turn, each from another original where there are enough."""
    chance = random.Random(seed)
    queues = {rule: iter(_shuffled(originals, chance)) for rule in rules}
    found: list[Altered] = []
    while len(found) < count and queues:
        for rule in list(queues):
            altered = next(_attempts(rule, rules[rule], queues[rule], chance), None)
            if altered is None:
                del queues[rule]
            elif len(found) < count:
                found.append(altered)
    return found


def _attempts(rule: str, make: Rule, originals: Iterable[Original], chance: random.Random) -> Iterator[Altered]:
    for original in originals:
        text = make(original, chance)
        if text is not None and (text != original.text or make is verbatim):
            yield Altered(rule, text, original)


def _shuffled(originals: Sequence[Original], chance: random.Random) -> list[Original]:
    order = list(originals)
    chance.shuffle(order)
    return order


def _put(text: str, start: int, end: int, words: str) -> str:
    return text[:start] + words + text[end:]
