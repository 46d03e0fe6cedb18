from __future__ import annotations

from pathlib import Path

import pytest

from assistant.actors import ActorBook
from assistant.evaluation.datasets import ClaimAbout, ExpectedPosition, GoldQuestion
from assistant.evaluation.measures import estimate
from assistant.evaluation.positions import PositionScorer, Scored, Shown, measures_of

ROOT = Path(__file__).parent.parent.parent
CLAIM = ClaimAbout("Russia", "Russia will accept it", "United States")
SENTENCE = 'Foreign troops "cannot be part of a deal," Ryabkov said.'


@pytest.fixture(scope="module")
def actors() -> ActorBook:
    return ActorBook.load(ROOT / "corpus" / "actors.yaml")


def question(*expected: ExpectedPosition, must_refuse: bool = False) -> GoldQuestion:
    return GoldQuestion("q", "What does Russia reject?", frozenset({"a"}), "shape", expected, (CLAIM,), must_refuse)


TROOPS = ExpectedPosition(
    ("cannot be part of a deal",), ("Russia",), ("rejects",), ("Sergei Ryabkov",), ("stated",), "2025-12-15"
)
RIGHT = Shown(
    SENTENCE, "Russia", "rejects", "Sergei Ryabkov", "stated", frozenset({"2025-12-15"}), frozenset({"a", "b"})
)


def score(actors: ActorBook, gold: GoldQuestion, *shown: Shown, refused: bool = False) -> Scored:
    return PositionScorer(actors, [gold]).score(gold, shown, refused=refused)


def test_what_is_right_is_right_in_every_field(actors: ActorBook) -> None:
    scored = score(actors, question(TROOPS), RIGHT)
    assert dict(scored.positions[0].right) == dict.fromkeys(
        ("found", "holder and stance", "speaker", "modality", "date", "cited"), True
    )
    assert scored.is_right


@pytest.mark.parametrize(
    ("wrong", "shown"),
    [
        ("holder and stance", {"holder": "Ukraine"}),
        ("holder and stance", {"stance": "accepts"}),
        ("holder and stance", {"holder": None}),
        ("speaker", {"speaker": "John Lough"}),
        ("speaker", {"speaker": None}),
        ("modality", {"modality": "expected"}),
        ("date", {"dates": frozenset({"2025-12-14"})}),
        ("cited", {"documents": frozenset({"b"})}),
    ],
)
def test_each_field_is_judged_by_itself(actors: ActorBook, wrong: str, shown: dict[str, object]) -> None:
    fields = {name: getattr(RIGHT, name) for name in Shown.__dataclass_fields__}
    scored = score(actors, question(TROOPS), Shown(**{**fields, **shown}))
    assert [name for name, right in scored.positions[0].right.items() if not right] == [wrong]
    assert not scored.is_right


def test_a_position_whose_words_are_not_shown_is_wrong_in_every_field(actors: ActorBook) -> None:
    scored = score(actors, question(TROOPS), Shown("Ryabkov met reporters.", "Russia", "rejects", "Sergei Ryabkov"))
    assert not any(scored.positions[0].right.values())
    assert scored.answering == (False,)


@pytest.mark.parametrize("name", ["Ryabkov", "Russian Deputy Foreign Minister Sergei Ryabkov", "the Sergei Ryabkov"])
def test_a_speaker_may_go_by_several_names(actors: ActorBook, name: str) -> None:
    gold = question(TROOPS)
    assert PositionScorer(actors, [gold]).right_speaker(TROOPS, name)


@pytest.mark.parametrize(
    ("shown", "right"), [(None, True), ("Moscow", True), ("Sergei Ryabkov", True), ("John Lough", False)]
)
def test_narration_is_nobodys_or_the_holders_word(actors: ActorBook, shown: str | None, right: bool) -> None:
    narrated = ExpectedPosition(("x",), ("Russia",), ("rejects",), (None,), ("stated",))
    assert PositionScorer(actors, []).right_speaker(narrated, shown) is right


def test_an_open_question_is_also_right_as_undecided_but_not_as_stated(actors: ActorBook) -> None:
    asked = ExpectedPosition(("whether Russia will accept",), ("Russia",), ("accepts",), None, ("asked",))
    scorer = PositionScorer(actors, [])
    assert scorer.right_holder_and_stance(asked, None, "undecided")
    assert scorer.right_modality(asked, "undecided", "stated")
    assert scorer.right_holder_and_stance(asked, "Russia", "accepts")
    assert not scorer.right_modality(asked, "accepts", "stated")


@pytest.mark.parametrize(
    ("speaker", "modality", "own"),
    [
        (None, "stated", True),
        ("Vladimir Putin", "stated", True),
        ("the Kremlin", "expected", True),
        ("a U.S. official", "stated", False),
        (None, "expected", False),
    ],
)
def test_a_claim_about_an_actor_may_not_look_like_its_own(
    actors: ActorBook, speaker: str | None, modality: str, own: bool
) -> None:
    shown = Shown("They believe Russia will accept it.", "Russia", "accepts", speaker, modality)
    assert bool(score(actors, question(TROOPS), RIGHT, shown).claims_as_own) is own


def test_a_question_that_must_be_refused_is_right_only_when_it_is(actors: ActorBook) -> None:
    gold = question(must_refuse=True)
    assert score(actors, gold, refused=True).is_right
    assert not score(actors, gold, RIGHT).is_right


def test_figures_count_positions_and_questions(actors: ActorBook) -> None:
    gold = question(TROOPS, ExpectedPosition(("no such words",), ("Russia",)))
    figures = {m.key: estimate(m) for m in measures_of([score(actors, gold, Shown("Nothing here."), RIGHT)])}
    values = {key: found.value for key, found in figures.items() if found is not None}
    assert values["found"] == 0.5
    assert values["speaker"] == 1
    assert values["everything right"] == 0
    assert values["first sentence answers"] == 0
    assert values["sentences that answer"] == 0.5
    assert values["shape/found"] == 0.5
    assert "rightly refused" not in values
