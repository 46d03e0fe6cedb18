"""Names, capitals and demonyms of every country, from the ``countryinfo`` package.

Only the English side is used: news in English says "Japanese", "Tokyo" or "the Republic of Korea".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from countryinfo import CountryInfo, all_countries

MIN_POPULATION_OF_METONYM = 250_000  # below it capitals are mostly surnames and towns elsewhere: Stanley, Hamilton
_LATIN = re.compile(r"[A-Za-zÀ-ÿ'’.\- ]+")
_ARTICLE = re.compile(r"^(the|state of)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Country:
    """One country as a text may name it; ``demonyms`` serve as adjectives and for people."""

    name: str
    names: tuple[str, ...]
    capital: str | None
    demonyms: tuple[str, ...]
    population: int


@cache
def load_countries() -> tuple[Country, ...]:
    """All countries, the most populous first, so that a shared demonym ("Indian") falls to the larger one."""
    countries = [_country(info) for info in all_countries() if _has_code(info)]
    return tuple(sorted(countries, key=lambda country: (-country.population, country.name)))


def _has_code(info: CountryInfo) -> bool:
    """Whether it is the one that its ISO 3166 code stands for: leaves out second entries such as Burma and Wales."""
    code = info.iso(2)
    return bool(code) and CountryInfo(str(code)).name() == info.name()


def _country(info: CountryInfo) -> Country:
    name = _ARTICLE.sub("", info.name().partition(",")[0])  # "Palestine, State of"
    population = info.population() or 0
    capital = info.capital()
    if not isinstance(capital, str) or population < MIN_POPULATION_OF_METONYM or not _is_name(capital):
        capital = None
    demonyms = re.split(r",|/| and ", info.demonym() or "")
    return Country(
        name=name,
        names=tuple(_english([name, *info.alt_spellings()], {str(info.iso(2)), str(info.iso(3))})),
        capital=capital,
        demonyms=tuple(word.strip() for word in demonyms if _is_name(word.strip())),
        population=population,
    )


def _is_name(word: str) -> bool:
    return len(word) > 2 and word[0].isupper() and bool(_LATIN.fullmatch(word))  # "Lao", but no "IT" or "AND"


def _english(names: Iterable[str], codes: set[str]) -> list[str]:
    """The spellings worth searching for: no ISO codes ("IT", "AND") and no other alphabets; "UAE" is a name."""
    kept = [name.strip() for name in names if _is_name(name.strip()) and name.strip() not in codes]
    return list(dict.fromkeys(_ARTICLE.sub("", name) for name in kept))
