"""Which words mean the same and which the opposite: WordNet 3.0, as the package ``oyemi`` carries it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache, lru_cache
from importlib.metadata import files
from pathlib import Path

DISTRIBUTION, DATABASE = "oyemi", "lexicon.db"

# Opposites of news and business prose that WordNet does not list, or lists for other forms of the words only.
_OPPOSITES = (
    "rise fall, rise drop, rise decline, rise decrease, rise shrink, increase fall, increase drop, increase decline, "
    "increase reduce, increase cut, grow shrink, grow decline, grow fall, gain lose, growth decline, gain loss, "
    "profit loss, earnings losses, surplus deficit, income expense, improve worsen, improve deteriorate, "
    "strengthen weaken, expand shrink, expand contract, widen narrow, accelerate slow, raise lower, raise cut, "
    "high low, higher lower, highest lowest, more less, more fewer, most least, many few, up down, above below, "
    "over under, upward downward, upper lower, better worse, best worst, before after, early late, earlier later, "
    "begin end, start end, start stop, start finish, open close, continue stop, beginning end, "
    "accept reject, accept refuse, accept decline, agree disagree, agree refuse, approve reject, approve veto, "
    "support oppose, support reject, back oppose, favour oppose, favor oppose, endorse reject, endorse oppose, "
    "confirm deny, admit deny, allow ban, allow forbid, allow prohibit, allow block, permit ban, permit prohibit, "
    "include exclude, join leave, enter leave, arrive depart, withdraw deploy, win lose, victory defeat, "
    "succeed fail, success failure, pass fail, build destroy, attack defend, advance retreat, appoint dismiss, "
    "hire fire, arrest release, guilty innocent, convict acquit, legal illegal, lawful unlawful, buy sell, "
    "import export, lend borrow, first last, first second, north south, east west, northern southern, "
    "eastern western, public private, foreign domestic, internal external, local national, permanent temporary, "
    "short long, large small, big small, major minor, full partial, full empty, strong weak, hot cold, fast slow, "
    "easy hard, easy difficult, simple complex, safe dangerous, safe unsafe, optimistic pessimistic, "
    "positive negative, happy sad, happy unhappy, satisfied dissatisfied, pleased disappointed, likely unlikely, "
    "possible impossible, available unavailable, able unable, certain uncertain, voluntary mandatory, "
    "optional mandatory, optional required, online offline, true false, right wrong, left right, male female, "
    "man woman, boy girl, father mother, son daughter, brother sister, husband wife, son mother, daughter father, "
    "old new, old young, all none, all some, always never, everyone nobody, everything nothing, both neither, "
    "with without, despite because, war peace, friend enemy, ally enemy, love hate, praise criticise, "
    "praise criticize, praise condemn, welcome condemn, encourage discourage, remember forget, "
    "maximum minimum, majority minority, outside inside, morning evening, day night, winter summer, teacher student"
)


_NEGATIVE_PREFIXES = ("un", "in", "im", "il", "ir", "non", "non-", "dis", "mis")
_PREFIX_PAIRS = (("pre", "post"), ("pro-", "anti-"), ("over", "under"), ("up", "down"), ("in", "out"))


def _pairs() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for pair in _OPPOSITES.split(", "):
        one, other = pair.split()
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {word: frozenset(others) for word, others in found.items()}


def _by_prefix(word: str) -> frozenset[str]:
    """The words that a prefix turns into their opposite, whether or not they exist."""
    found = {word[len(prefix) :].lstrip("-") for prefix in _NEGATIVE_PREFIXES if word.startswith(prefix)}
    found |= {prefix + word for prefix in _NEGATIVE_PREFIXES}
    for one, other in _PREFIX_PAIRS:
        if word.startswith(one):
            found.add(other + word[len(one) :])
        if word.startswith(other):
            found.add(one + word[len(other) :])
    return frozenset(f for f in found if len(f) > 3)


@cache
def _address() -> str:
    path = next(Path(str(file.locate())) for file in files(DISTRIBUTION) or () if file.name == DATABASE)
    return f"{path.resolve().as_uri()}?mode=ro&immutable=1"


def _column(query: str, word: str) -> list[str]:
    # The package's own look-up ignores case, and with that its indexes: it reads 200,000 rows a word, 11 ms.
    with closing(sqlite3.connect(_address(), uri=True)) as database:
        return [str(value) for (value,) in database.execute(query, (word,))]


class Lexicon:
    """Word relations by lemma in lower case. What was looked up is remembered."""

    def __init__(self) -> None:
        self._curated = _pairs()
        self.senses = lru_cache(maxsize=50_000)(self._senses)
        self.opposites = lru_cache(maxsize=50_000)(self._opposites)

    def _senses(self, lemma: str) -> frozenset[str]:
        """The synsets of a word, as their codes without what ``oyemi`` adds; empty for a word that it does not know."""
        codes = _column("SELECT code FROM lexicon WHERE word = ?", lemma)
        if not codes:
            codes = _column("SELECT code FROM lemmas JOIN lexicon ON lexicon.word = lemma WHERE lemmas.word = ?", lemma)
        return frozenset(code[:10] for code in codes)

    def _opposites(self, lemma: str) -> frozenset[str]:
        """The words that mean the opposite of one."""
        found = _column("SELECT antonym FROM antonyms WHERE word = ?", lemma)
        return frozenset(found) | self._curated.get(lemma, frozenset()) | _by_prefix(lemma)

    def same(self, one: str, other: str) -> bool:
        """Whether two words share a meaning."""
        return one == other or not self.senses(one).isdisjoint(self.senses(other))
