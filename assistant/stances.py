"""What an actor does with a plan, a demand or a claim, and the words that say so.

A ``StanceBook`` is ``stances.yaml`` made fast to look up: lemmas and runs of lemmas on one side, the stance and the
way it is said (verb, noun, adjective, phrase, verdict) on the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from assistant.yamlfile import Section, check_keys, invalid, read_yaml, text_list

WordKind = Literal["verb", "noun", "adjective", "phrase", "verdict"]
Modifier = Literal["doubts", "forecasts", "reversals", "silences"]

_LISTS: dict[str, WordKind] = {
    "verbs": "verb",
    "nouns": "noun",
    "adjectives": "adjective",
    "phrases": "phrase",
    "verdicts": "verdict",
}
_MODIFIERS: tuple[Modifier, ...] = ("doubts", "forecasts", "reversals", "silences")
_KEY = re.compile(r"[a-z]+(?:_[a-z]+)*")
_GAP = "..."
MAX_GAP = 4  # words that "..." may stand for


@dataclass(frozen=True, slots=True)
class Stance:
    """One kind of position; ``negated`` is the key of what "not" makes of it, None when "not" only takes it back."""

    key: str
    label: str
    negated: str | None
    words: tuple[tuple[WordKind, str], ...]
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StanceHit:
    """Words of a stance in a run of lemmas; ``start`` and ``end`` are positions in that run, half open."""

    stance: str
    kind: WordKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Pattern:
    words: tuple[str, ...]
    stance: str
    kind: WordKind


class StanceBook:
    """All stances, immutable once loaded.

    Args:
        stances: the stances in the order in which answers list them.
        modifiers: words that turn a stance round or make it a forecast.
    """

    def __init__(self, stances: Iterable[Stance], modifiers: dict[Modifier, tuple[str, ...]] | None = None) -> None:
        self._stances = {stance.key: stance for stance in stances}
        self._patterns: dict[str, list[_Pattern]] = {}
        single: dict[tuple[WordKind, str], str] = {}
        for stance in self._stances.values():
            for kind, text in stance.words:
                words = tuple(text.lower().split())
                single[kind, " ".join(words)] = stance.key
                if kind in {"phrase", "verdict"}:
                    self._patterns.setdefault(words[0], []).append(_Pattern(words, stance.key, kind))
        for patterns in self._patterns.values():
            patterns.sort(key=lambda pattern: -len(pattern.words))
        self._single = MappingProxyType(single)
        given = modifiers or {}
        self._modifiers = {name: frozenset(given.get(name, ())) for name in _MODIFIERS}

    @classmethod
    def load(cls, path: Path | str) -> StanceBook:
        """Read ``stances.yaml``.

        Raises:
            InvalidConfiguration: the file cannot be read, or an entry is unusable: unknown keys, a word that belongs to
                two stances, or a ``negated`` that is not the key of a stance.
        """
        return _read(Path(path))

    def __iter__(self) -> Iterator[Stance]:
        """The stances in the order of the file."""
        return iter(self._stances.values())

    def __contains__(self, key: object) -> bool:
        """Whether ``key`` is the key of a stance."""
        return key in self._stances

    def get(self, key: str) -> Stance | None:
        """The stance with that key."""
        return self._stances.get(key)

    def negation_of(self, key: str) -> str | None:
        """What "not" makes of a stance; None when it only takes it back."""
        stance = self._stances.get(key)
        return stance.negated if stance else None

    def of_word(self, kind: WordKind, word: str) -> str | None:
        """The stance of one verb (with its particle: "rule out"), noun or adjective, as a lemma."""
        return self._single.get((kind, word))

    def has_modifier(self, name: Modifier, word: str) -> bool:
        """Whether a lemma is one of the words that turn a stance round or make it a forecast."""
        return word in self._modifiers[name]

    def idioms(self, lemmas: Sequence[str], words: Sequence[str] | None = None) -> list[StanceHit]:
        """The phrases and verdicts in a run of words, left to right, longest first, none overlapping.

        Args:
            lemmas: the words' lemmas in lower case.
            words: the words themselves in lower case; either may match ("sticking point", though "stick" is the lemma).
        """
        shown = lemmas if words is None else words
        hits: list[StanceHit] = []
        position = 0
        while position < len(lemmas):
            patterns = self._patterns.get(lemmas[position], [])
            if shown[position] != lemmas[position]:
                patterns = [*self._patterns.get(shown[position], ()), *patterns]
            for pattern in patterns:
                end = _match(pattern.words, lemmas, shown, position)
                if end is not None:
                    hits.append(StanceHit(pattern.stance, pattern.kind, position, end))
                    position = end - 1
                    break
            position += 1
        return hits

    def nouns(self, key: str) -> tuple[str, ...]:
        """The nouns of a stance."""
        stance = self._stances.get(key)
        return tuple(text for kind, text in stance.words if kind == "noun") if stance else ()

    def vocabulary(self, key: str) -> tuple[str, ...]:
        """Plain words of a stance, for searching: its verbs, nouns, adjectives and question words."""
        stance = self._stances.get(key)
        if stance is None:
            return ()
        plain = [text for kind, text in stance.words if kind in {"verb", "noun", "adjective"}]
        return tuple(dict.fromkeys([*stance.questions, *plain]))


def _match(pattern: tuple[str, ...], lemmas: Sequence[str], words: Sequence[str], start: int) -> int | None:
    """The end of a pattern that starts at ``start``, or None; "..." skips up to MAX_GAP words."""
    position = start
    for index, word in enumerate(pattern):
        if word == _GAP:
            rest = pattern[index + 1 :]
            ends = (_match(rest, lemmas, words, position + gap) for gap in range(MAX_GAP + 1))
            return next((end for end in ends if end is not None), None)
        if position >= len(lemmas) or word not in (lemmas[position], words[position]):
            return None
        position += 1
    return position


def _read(path: Path) -> StanceBook:
    data = read_yaml(path)
    check_keys(path, data, frozenset({"modifiers", "stances"}), "the file")
    sections = data.get("stances")
    if not isinstance(sections, Section) or not sections:
        raise invalid(path, data.line, "'stances' is not a mapping", "List the stances below 'stances:'.")
    owners: dict[tuple[WordKind, str], str] = {}
    stances = [_stance(path, key, section, owners) for key, section in sections.items()]
    for stance in stances:
        if stance.negated is not None and stance.negated not in sections:
            raise invalid(
                path,
                sections[stance.key].line,
                f"{stance.key!r} has the unknown opposite {stance.negated!r}",
                f"Use one of: {', '.join(sections)}.",
            )
    return StanceBook(stances, _read_modifiers(path, data))


def _read_modifiers(path: Path, data: Section) -> dict[Modifier, tuple[str, ...]]:
    section = data.get("modifiers", Section())
    if not isinstance(section, Section):
        raise invalid(path, data.line, "'modifiers' is not a mapping", f"Use the keys {', '.join(_MODIFIERS)}.")
    check_keys(path, section, frozenset(_MODIFIERS), "'modifiers'")
    return {name: tuple(word.lower() for word in text_list(path, section, name)) for name in _MODIFIERS}


def _stance(path: Path, key: str, section: object, owners: dict[tuple[WordKind, str], str]) -> Stance:
    if not isinstance(section, Section) or not _KEY.fullmatch(key):
        raise invalid(
            path, getattr(section, "line", 1), f"{key!r} is not a stance", "Name it in lower case and give it words."
        )
    check_keys(path, section, frozenset({"label", "negated", "questions", *_LISTS}), f"the stance {key!r}")
    negated = section.get("negated")
    label = section.get("label", key)
    if not isinstance(label, str) or not (negated is None or isinstance(negated, str)):
        raise invalid(path, section.line, f"{key!r} has a label or opposite that is not text", "Write one word.")
    words: list[tuple[WordKind, str]] = []
    for name, kind in _LISTS.items():
        for text in text_list(path, section, name):
            word = (kind, text.lower())
            if text.split()[0] == _GAP or text.split()[-1] == _GAP:
                raise invalid(path, section.line, f"{text!r} starts or ends with '...'", "Put words on both sides.")
            owner = owners.setdefault(word, key)
            if word in words or owner != key:
                raise invalid(
                    path,
                    section.line,
                    f"{text!r} stands in both {owner!r} and {key!r}" if owner != key else f"{text!r} stands twice",
                    "A word can belong to one stance only: keep it where it belongs.",
                )
            words.append(word)
    return Stance(key, label, negated, tuple(words), text_list(path, section, "questions"))
