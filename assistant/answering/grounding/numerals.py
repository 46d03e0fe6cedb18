"""The numbers in a sentence, with their magnitude and kind, so that they can be compared however they are written.

"$1.5bn", "1,500 million dollars" and "one and a half billion dollars" are the same number; "12 %" and "12" are not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

Kind = Literal["count", "percent", "money", "ordinal"]

_UNITS = {
    name: value
    for value, name in enumerate(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
        seventeen eighteen nineteen""".split()
    )
}
_TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True))
_SCALES = {
    "hundred": 1e2,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
    "dozen": 12.0,
    "k": 1e3,
    "m": 1e6,
    "mn": 1e6,
    "bn": 1e9,
    "b": 1e9,
    "tn": 1e12,
    "hundreds": 1e2,
    "thousands": 1e3,
    "millions": 1e6,
    "billions": 1e9,
    "trillions": 1e12,
    "dozens": 12.0,
}
_ORDINALS = {
    name: value + 1
    for value, name in enumerate(
        """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
        fifteenth""".split()
    )
}
_FRACTIONS = {"half": 0.5, "quarter": 0.25, "third": 1 / 3, "thirds": 1 / 3, "quarters": 0.25}
_SMALL = "|".join([*_UNITS, *_TENS])
_SPELLED = rf"(?:(?:{_SMALL})(?:[- ](?:{'|'.join(_UNITS)}))?)"
_SCALE = r"(?:hundreds?|thousands?|millions?|billions?|trillions?|dozens?)"
_NUMBER = re.compile(
    rf"""
    (?P<money>[$€£¥]|\b(?:USD|EUR|GBP|US\$)\s?)?
    (?P<sign>(?<![\w\d])[-−](?=\d))?
    (?: (?P<digits>(?<![\w.])\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?
            |(?<![A-Za-z\d.,])(?<![A-Za-z]-)\d+(?:\.\d+)?(?![A-Za-z]\d))
        (?:[ -]?(?P<scale>{_SCALE}|(?:k|mn?|bn?|tn)(?![A-Za-z0-9])))?
      | \b(?P<words>{_SPELLED}(?:[ -](?:and[ -])?(?:{_SPELLED}|{_SCALE}))*|(?:a[ ])?{_SCALE}(?:[ -]{_SCALE})*)\b )
    (?P<unit>\s?%|[ -]?(?:percent\b|per\s?cent\b|percentage\b|basis\s+points?\b|pct\b|bps\b)
        |\s(?:dollars?|euros?|pounds?|yen|yuan|roubles?|rubles?|rupees?|hryvnias?|cents?)\b)?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ORDINAL = re.compile(rf"\b(?:(?P<word>{'|'.join(_ORDINALS)})|(?P<digits>\d+)(?:st|nd|rd|th))\b", re.IGNORECASE)
_QUARTER = re.compile(r"\bQ(?P<number>[1-4])\b")
_RANGE = re.compile(r"\s?(?:-|–|—|to|and|or)\s?")
_FRACTION = re.compile(
    r"\b(?:(?P<many>a|two|three|one)[ -](?P<part>half|thirds?|quarters?)|(?<!first )(?<!second )(?P<half>half))"
    r"(?=\s+(?:of|the|a|its|his|her|their|all)\b)",
    re.IGNORECASE,
)
APPROXIMATE = re.compile(
    r"\b(?:about|around|roughly|nearly|almost|approximately|some|over|under|more than|less than|fewer than|at least"
    r"|at most|up to|close to|just)\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Numeral:
    """One number in a text: ``text[start:end]``."""

    start: int
    end: int
    shown: str
    value: float
    kind: Kind
    digits: int  # significant digits as written: how precise it claims to be
    approximate: bool = False
    vague: bool = False  # "dozens", "thousands": an order of magnitude, no number
    spelled: bool = False


def numerals(text: str, taken: Iterable[tuple[int, int]] = ()) -> tuple[Numeral, ...]:
    """The numbers of a text from left to right.

    Args:
        text: where to look.
        taken: spans that are something else, such as dates.
    """
    spans = list(taken)
    found: list[Numeral] = []
    for pattern, read in ((_QUARTER, _quarter), (_FRACTION, _fraction), (_ORDINAL, _ordinal), (_NUMBER, _number)):
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(a < end and start < b for a, b in spans):
                continue
            numeral = read(text, match)
            if numeral is not None:
                found.append(numeral)
                spans.append((start, end))
    return tuple(_ranges(text, sorted(found, key=lambda n: n.start)))


def _ranges(text: str, found: list[Numeral]) -> list[Numeral]:
    """The first number of a range has the unit of the second: "4-7%", "$3.5 to $4 billion"."""
    whole = list(found)
    for place, (one, other) in enumerate(pairwise(found)):
        if one.kind == "count" and other.kind != "count" and _RANGE.fullmatch(text, one.end, other.start):
            whole[place] = replace(one, kind=other.kind)
    return whole


def agrees(draft: Numeral, source: Numeral) -> bool:
    """Whether ``source`` backs ``draft``: the same number, or one that ``draft`` rounds."""
    if draft.kind != source.kind and {draft.kind, source.kind} != {"count", "money"}:
        return False
    if draft.vague or source.vague:
        return draft.vague and _order(draft.value) == _order(source.value)
    if math.isclose(draft.value, source.value, rel_tol=1e-9):
        return True
    if draft.digits >= source.digits or draft.digits < (1 if draft.approximate else 2) or draft.kind == "ordinal":
        return False
    return math.isclose(_rounded(source.value, draft.digits), draft.value, rel_tol=1e-9)


def _order(value: float) -> int:
    return math.floor(math.log10(abs(value))) // 3 if value else 0


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{max(digits - 1, 0)}e}")


def _significant(written: str) -> int:
    digits = written.replace(",", "").replace(".", "").lstrip("0")
    return len(digits) if "." in written else len(digits.rstrip("0")) or 1


def _quarter(_text: str, match: re.Match[str]) -> Numeral:
    return Numeral(*match.span(), match.group(), float(match["number"]), "ordinal", 1)


def _ordinal(_text: str, match: re.Match[str]) -> Numeral | None:
    value = _ORDINALS[match["word"].lower()] if match["word"] else int(match["digits"])
    return Numeral(*match.span(), match.group(), float(value), "ordinal", 2)


def _fraction(_text: str, match: re.Match[str]) -> Numeral:
    many = _UNITS.get((match["many"] or "one").lower(), 1)
    value = 100 * many * _FRACTIONS[(match["part"] or match["half"]).lower()]
    return Numeral(*match.span(), match.group(), value, "percent", 2, approximate=True)


def _number(text: str, match: re.Match[str]) -> Numeral | None:
    shown = match.group()
    if match["digits"]:
        value = float(match["digits"].replace(",", ""))
        precision = _significant(match["digits"])
        scale = (match["scale"] or "").lower()
        value *= _SCALES.get(scale, 1.0)
        vague = False
    else:
        spelled = match["words"].lower()
        if spelled in {"one", "zero"}:  # a pronoun far more often than a number
            return None
        value, vague = _spelled(spelled)
        precision = _significant(f"{value:.10g}")
    unit = (match["unit"] or "").strip(" -").lower()
    kind: Kind = "count"
    if unit.startswith(("%", "percent", "per", "pct")):
        kind = "percent"
    elif unit.startswith(("basis", "bps")):
        kind, value = "percent", value / 100
    elif unit or match["money"]:
        kind = "money"
        value = value / 100 if unit.startswith("cent") else value
    lead = len(shown) - len(shown.lstrip())
    approximate = bool(APPROXIMATE.search(text[max(0, match.start() - 16) : match.start()]))
    if match["sign"]:
        value = -value
    return Numeral(
        match.start() + lead,
        match.end(),
        shown.strip(),
        value,
        kind,
        precision,
        approximate,
        vague,
        not match["digits"],
    )


def _spelled(words: str) -> tuple[float, bool]:
    """The value of a number in words, and whether it is only an order of magnitude ("thousands")."""
    total = current = 0.0
    plain = False
    parts = [part for part in re.split(r"[\s-]+", words) if part not in {"and", "a"}]
    for part in parts:
        if part in _UNITS or part in _TENS:
            current += _UNITS.get(part, 0) or _TENS.get(part, 0)
            plain = True
        elif _SCALES.get(part, 0) >= 1e3:
            total += (current or 1) * _SCALES[part]
            current = 0
        else:
            current = (current or 1) * _SCALES[part]
    return total + current, not plain and parts[0].endswith("s")
