"""Scoring answers to questions about positions: who holds what, by whose word, and how firmly.

A position counts as found when a sentence of the answer has the words that the gold file gives for it. What the
answer says of that sentence (holder, stance, speaker, modality, date) is then judged field by field; what is not found
is wrong in every field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from assistant.actors import ActorBook
from assistant.evaluation.datasets import ClaimAbout, ExpectedPosition, GoldQuestion
from assistant.evaluation.measures import Measure, mean_of, ratio_of

FIELDS = ("found", "holder and stance", "speaker", "modality", "date", "cited")
_ARTICLES = frozenset({"a", "an", "the"})
_QUOTES = str.maketrans({"“": '"', "”": '"', "’": "'", "‘": "'"})


@dataclass(frozen=True, slots=True)
class Shown:
    """One sentence as an answer shows it."""

    text: str
    holder: str | None = None
    stance: str | None = None
    speaker: str | None = None
    modality: str | None = None
    dates: frozenset[str] = frozenset()  # on which the position was stated
    documents: frozenset[str] = frozenset()  # that it cites


@dataclass(frozen=True, slots=True)
class Judged:
    """One expected position: whether each field that the gold file gives is right."""

    expected: ExpectedPosition
    right: Mapping[str, bool]
    sentence: int | None  # index of the sentence that has its words


@dataclass(frozen=True, slots=True)
class Scored:
    """One question with what its answer got right."""

    gold: GoldQuestion
    shown: tuple[Shown, ...]
    refused: bool
    positions: tuple[Judged, ...]
    answering: tuple[bool, ...]  # for each sentence whether it has the words of an expected position
    claims_as_own: tuple[tuple[ClaimAbout, str], ...] = field(default=())  # with the sentence

    @property
    def is_right(self) -> bool:
        """Whether there is nothing to mend."""
        if self.gold.must_refuse:
            return self.refused and not self.claims_as_own
        return all(all(judged.right.values()) for judged in self.positions) and not self.claims_as_own


class PositionScorer:
    """Judges answers.

    Args:
        actors: who is known by which names.
        questions: all of the gold file: a claim about an actor is wrong as that actor's own in any answer.
    """

    def __init__(self, actors: ActorBook, questions: Sequence[GoldQuestion]) -> None:
        self._actors = actors
        self._claims = tuple(dict.fromkeys(claim for question in questions for claim in question.claims))

    def score(self, gold: GoldQuestion, shown: Sequence[Shown], *, refused: bool) -> Scored:
        """Judge one answer."""
        return Scored(
            gold,
            tuple(shown),
            refused,
            tuple(self._judge(gold, expected, shown) for expected in gold.expected),
            tuple(any(has_words(s.text, e.phrases) for e in gold.expected) for s in shown),
            tuple((claim, s.text) for s in shown for claim in self._claims if self._is_own(claim, s)),
        )

    def same_actor(self, one: str | None, other: str | None) -> bool:
        """Whether two names are of one actor."""
        if one is None or other is None:
            return one == other
        if _words(one) == _words(other):
            return True
        first, second = self._actors.resolve(one), self._actors.resolve(other)
        return first is not None and first == second

    def same_speaker(self, expected: str | None, shown: str | None, holder: str | None) -> bool:
        """Whether a speaker is the one expected; for narration nobody, or the holder's side, is right."""
        if expected is None:
            return shown is None or self._speaks_for(shown, holder)
        if shown is None:
            return False
        one, other = set(_words(expected)), set(_words(shown))
        return (bool(one) and bool(other) and (one <= other or other <= one)) or self.same_actor(expected, shown)

    def right_holder_and_stance(self, expected: ExpectedPosition, holder: str | None, stance: str | None) -> bool:
        """Whether both are as expected. Of a question that is open, "undecided" is right too, whoever holds it."""
        if expected.modalities == ("asked",) and stance == "undecided":
            return True
        if expected.holders is not None and not any(self.same_actor(name, holder) for name in expected.holders):
            return False
        return expected.stances is None or stance in expected.stances

    def right_modality(self, expected: ExpectedPosition, stance: str | None, modality: str | None) -> bool:
        """Whether the modality is as expected; what is undecided is open however it is put."""
        if expected.modalities is None or (expected.modalities == ("asked",) and stance == "undecided"):
            return True
        return modality in expected.modalities

    def right_speaker(self, expected: ExpectedPosition, speaker: str | None) -> bool:
        """Whether the speaker is one of those expected."""
        if expected.speakers is None:
            return True
        holder = expected.holders[0] if expected.holders else None
        return any(self.same_speaker(name, speaker, holder) for name in expected.speakers)

    def _judge(self, gold: GoldQuestion, expected: ExpectedPosition, shown: Sequence[Shown]) -> Judged:
        verdicts = [
            (self._fields(gold, expected, sentence), place)
            for place, sentence in enumerate(shown)
            if has_words(sentence.text, expected.phrases)
        ]
        if not verdicts:
            wanted = self._fields(gold, expected, Shown(""))
            return Judged(expected, dict.fromkeys(wanted, False), None)
        right, place = max(verdicts, key=lambda verdict: (sum(verdict[0].values()), -verdict[1]))
        return Judged(expected, right, place)

    def _fields(self, gold: GoldQuestion, expected: ExpectedPosition, shown: Shown) -> dict[str, bool]:
        right = {"found": True}
        if expected.holders is not None or expected.stances is not None:
            right["holder and stance"] = self.right_holder_and_stance(expected, shown.holder, shown.stance)
        if expected.speakers is not None:
            right["speaker"] = self.right_speaker(expected, shown.speaker)
        if expected.modalities is not None:
            right["modality"] = self.right_modality(expected, shown.stance, shown.modality)
        if expected.date is not None:
            right["date"] = expected.date in shown.dates
        if gold.documents:
            right["cited"] = bool(gold.documents & shown.documents)
        return right

    def _is_own(self, claim: ClaimAbout, shown: Shown) -> bool:
        """Whether somebody's claim about an actor is shown as what that actor says of itself."""
        if not self.same_actor(claim.actor, shown.holder) or not has_words(shown.text, (claim.phrase,)):
            return False
        if shown.speaker is None:
            return shown.modality in (None, "stated", "negated")
        return self._speaks_for(shown.speaker, claim.actor)

    def _speaks_for(self, speaker: str, holder: str | None) -> bool:
        if self.same_actor(speaker, holder):
            return True
        actor = self._actors.resolve(speaker)
        return actor is not None and self.same_actor(self._actors.side_of(actor).name, holder)


def has_words(text: str, phrases: Iterable[str]) -> bool:
    """Whether a text has one of the phrases, whatever its quotation marks, spaces and capitals."""
    plain = _plain(text)
    return any(_plain(phrase) in plain for phrase in phrases)


def measures_of(scored: Sequence[Scored]) -> list[Measure]:
    """Figures over all questions, then by shape."""
    figures = _measures(scored, "")
    for shape in dict.fromkeys(s.gold.shape for s in scored):
        figures += _measures([s for s in scored if s.gold.shape == shape], shape)
    return figures


def _measures(scored: Sequence[Scored], group: str) -> list[Measure]:
    asked = [s for s in scored if not s.gold.must_refuse]
    figures = []
    for name in FIELDS:
        counts = {
            s.gold.id: (
                sum(judged.right[name] for judged in s.positions if name in judged.right),
                sum(name in judged.right for judged in s.positions),
            )
            for s in asked
        }
        figures.append(ratio_of(name, {key: pair for key, pair in counts.items() if pair[1]}, group=group))
    figures += [
        mean_of("everything right", {s.gold.id: s.is_right for s in asked}, group=group),
        mean_of("first sentence answers", {s.gold.id: bool(s.answering[:1] == (True,)) for s in asked}, group=group),
        ratio_of(
            "sentences that answer", {s.gold.id: (sum(s.answering), len(s.answering)) for s in asked}, group=group
        ),
        mean_of("wrongly refused", {s.gold.id: s.refused for s in asked}, group=group, higher_is_better=False),
        mean_of("rightly refused", {s.gold.id: s.refused for s in scored if s.gold.must_refuse}, group=group),
        mean_of(
            "claims shown as own",
            {s.gold.id: len(s.claims_as_own) for s in scored},
            group=group,
            higher_is_better=False,
        ),
    ]
    return [figure for figure in figures if figure.units]


def _plain(text: str) -> str:
    return " ".join(text.translate(_QUOTES).lower().split())


def _words(name: str) -> tuple[str, ...]:
    words = [word.strip(".,;:\"'") for word in _plain(name).split()]
    return tuple(word for word in words if word and word not in _ARTICLES)
