"""Finding known names in running text: longest first, with the capitals that names have.

Names are compared word by word without accents, dots and case; then the capitals are checked, so that "US" is
not found in "us" and "Turkey" not in "turkey".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

T = TypeVar("T")

ARTICLES = frozenset({"the", "a", "an"})

_WORD = re.compile(r"(?:[^\W\d_]\.){2,}|\w+")
_JOINT = re.compile(r"[\s\-'’.,&]{0,3}")  # what may stand between two words of one name: "J. D.", "Guinea-Bissau"
_FOLDED_TRAPS = frozenset("us who it am is in on no or as at be do go he if me my of so to up we un".split())


def fold(word: str) -> str:
    """A word without accents, dots and case."""
    if word.isascii():
        return word.replace(".", "").lower()
    decomposed = unicodedata.normalize("NFKD", word.replace(".", ""))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


def words(text: str) -> list[tuple[int, int, str]]:
    """Start, end and folded form of every word of a text."""
    return [(match.start(), match.end(), fold(match.group())) for match in _WORD.finditer(text)]


@dataclass(frozen=True, slots=True)
class _Entry(Generic[T]):
    key: tuple[str, ...]
    name: str
    value: T


class NameIndex(Generic[T]):
    """An immutable index from names to values.

    Args:
        names: pairs of a name as a text spells it and what it stands for; a leading "the" is ignored.
    """

    def __init__(self, names: list[tuple[str, T]]) -> None:
        index: dict[str, list[_Entry[T]]] = {}
        exact: dict[tuple[str, ...], T] = {}
        for name, value in names:
            key = name_key(name)
            if not key:
                continue
            exact.setdefault(key, value)
            index.setdefault(key[0], []).append(_Entry(key, bare(name), value))
        for entries in index.values():
            entries.sort(key=lambda entry: -len(entry.key))
        self._index = index
        self._exact = exact

    def get(self, name: str) -> T | None:
        """What exactly this name stands for, whatever its case."""
        return self._exact.get(name_key(name))

    def find(self, text: str, *, any_case: bool = False) -> Iterator[tuple[int, int, T]]:
        """Every known name in the text, left to right, longest first, none overlapping.

        Args:
            text: where to look.
            any_case: accept names in lower case, as people type questions ("what does russia reject").
        """
        found = words(text)
        position = 0
        while position < len(found):
            hit = self._at(text, found, position, any_case)
            if hit is None:
                position += 1
                continue
            count, value = hit
            yield found[position][0], found[position + count - 1][1], value
            position += count

    def _at(self, text: str, found: list[tuple[int, int, str]], position: int, any_case: bool) -> tuple[int, T] | None:
        for entry in self._index.get(found[position][2], ()):
            count = len(entry.key)
            spans = found[position : position + count]
            if tuple(word for _, _, word in spans) != entry.key or not _joined(text, spans):
                continue
            shown = text[spans[0][0] : spans[-1][1]]
            if _capitals_fit(entry.name, shown) or (any_case and _typed_lower(text, spans, entry.key)):
                return count, entry.value
        return None


def name_key(name: str) -> tuple[str, ...]:
    """The folded words of a name without its article: what two names are compared by."""
    return tuple(word for _, _, word in words(bare(name)))


def bare(name: str) -> str:
    """A name without a leading "the"."""
    return name[4:] if name[:4].lower() == "the " else name


def _joined(text: str, spans: list[tuple[int, int, str]]) -> bool:
    return all(_JOINT.fullmatch(text, left[1], right[0]) is not None for left, right in pairwise(spans))


def _capitals_fit(name: str, shown: str) -> bool:
    """Whether the text has a capital wherever the name has one; an acronym must be all capitals."""
    letters = [char for char in name if char.isalpha()]
    if len(letters) <= 5 and all(char.isupper() for char in letters):
        return all(char.isupper() for char in shown if char.isalpha())
    if shown.isupper():
        return True
    heads = zip(_WORD.finditer(name), _WORD.finditer(shown), strict=False)
    return all(not a.group()[0].isupper() or b.group()[0].isupper() for a, b in heads)


def _typed_lower(text: str, spans: list[tuple[int, int, str]], key: tuple[str, ...]) -> bool:
    if len(key) == 1 and key[0] in _FOLDED_TRAPS:
        return text[: spans[0][0]].rstrip().lower().endswith(" the") or text[: spans[0][0]].strip().lower() == "the"
    return True
