"""Sentences out of a stream of words, each with the passages that it cites."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LONGEST = 1_200  # characters; what runs on without an end is cut here
_END = re.compile(r"[.!?…][\"”’')\]]*(?:\s*\[\d{1,3}(?:\s*,\s*\d{1,3})*\])*(?=\s)|\n")
_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|Gen|Lt|Col|Sgt|Sen|Rep|Gov|St|No|vs|etc|approx|e\.g|i\.e))\.$"
)
_MARKER = re.compile(r"\s*\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")
_COMING = re.compile(r"\[[\d,\s]*\]?")  # a marker that may still be on its way
_DECORATION = re.compile(r"^(?:[-*•#>]+\s+|\d{1,2}[.)]\s+)|\*\*|__|`")


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """A sentence as the model wrote it, its markers taken out."""

    text: str
    cited: tuple[int, ...]


def sentences(pieces: Iterable[str]) -> Iterator[DraftSentence]:
    """Each sentence as soon as it is complete."""
    held = ""
    for piece in pieces:
        held += piece
        while (end := _complete(held)) is not None:
            sentence = _read(held[:end])
            held = held[end:]
            if sentence is not None:
                yield sentence
    rest = _read(held)
    if rest is not None:
        yield rest


def _complete(held: str) -> int | None:
    """Where the first sentence ends, once it is certain that it does and that no marker follows."""
    for match in _END.finditer(held):
        end = match.end()
        following = held[end:].lstrip(" ")
        if match.group() != "\n" and (not following or _COMING.fullmatch(following)):
            return None
        if match.group() != "\n" and _ABBREVIATION.search(held[: match.start() + 1]):
            continue
        return end
    return LONGEST if len(held) > LONGEST else None


def _read(text: str) -> DraftSentence | None:
    cited: list[int] = []
    for match in _MARKER.finditer(text):
        cited += [int(number) for number in re.findall(r"\d+", match[1])]
    plain = " ".join(_DECORATION.sub("", _MARKER.sub("", text).strip()).split())
    if not any(character.isalnum() for character in plain):
        return None
    return DraftSentence(plain, tuple(dict.fromkeys(cited)))
