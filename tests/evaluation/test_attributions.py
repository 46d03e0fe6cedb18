from __future__ import annotations

import pytest

from assistant.evaluation.attributions import (
    INVENTED,
    MERGED,
    MISSED,
    SPLIT,
    WRONG_CONTENT,
    WRONG_SOURCE,
    Predicted,
    errors_by_kind,
    measures_of,
    offsets_between,
    predictions_of,
    score_article,
)
from assistant.evaluation.datasets import GoldAttribution
from assistant.evaluation.measures import estimate
from assistant.models import Statement

TEXT = "Ann said the plan was good. Bob denied that it was. Eve wept."
ANN, GOOD = (0, 3), (9, 26)
BOB, DENIED = (28, 31), (39, 50)


def gold(name: str, source: tuple[int, int] | None, *content: tuple[int, int]) -> GoldAttribution:
    return GoldAttribution(name, "article", (source,) if source else (), "said", content)


def predicted(speaker: tuple[int, int] | None, content: tuple[int, int]) -> Predicted:
    return Predicted(speaker, content, None, "said")


def test_overlap_of_source_and_content_is_enough_to_find_and_equality_is_exact() -> None:
    score = score_article(
        "article",
        TEXT,
        [gold("one", ANN, GOOD), gold("two", BOB, DENIED)],
        [predicted(ANN, GOOD), predicted((28, 38), (36, 45))],
    )
    assert (score.found, score.exact_source, score.exact_content, score.exact_both) == (2, 1, 1, 1)
    assert score.errors == ()


def test_a_statement_finds_one_attribution_only() -> None:
    score = score_article("article", TEXT, [gold("one", ANN, GOOD), gold("two", ANN, (13, 20))], [predicted(ANN, GOOD)])
    assert score.found == 1
    assert [error.kind for error in score.errors] == [MERGED]


def test_as_many_as_possible_are_matched() -> None:
    # Taken greedily, the wide statement would take the first attribution and leave the second without one.
    score = score_article(
        "article",
        TEXT,
        [gold("one", ANN, (9, 15)), gold("two", ANN, (20, 26))],
        [predicted(ANN, GOOD), predicted(ANN, (9, 15))],
    )
    assert score.found == 2


@pytest.mark.parametrize(
    ("statement", "missed", "false"),
    [
        (predicted(BOB, GOOD), WRONG_SOURCE, WRONG_SOURCE),
        (predicted(ANN, DENIED), WRONG_CONTENT, WRONG_CONTENT),
        (predicted(BOB, DENIED), MISSED, INVENTED),
    ],
)
def test_errors_have_a_kind(statement: Predicted, missed: str, false: str) -> None:
    score = score_article("article", TEXT, [gold("one", ANN, GOOD)], [statement])
    assert errors_by_kind([score]) == {f"missed: {missed}": 1, f"false: {false}": 1}


def test_one_attribution_in_two_statements_is_one_found_and_one_false() -> None:
    score = score_article(
        "article", TEXT, [gold("one", ANN, GOOD)], [predicted(ANN, (9, 15)), predicted(ANN, (16, 26))]
    )
    assert score.found == 1
    assert errors_by_kind([score]) == {f"false: {SPLIT}": 1}


def test_what_has_no_speaker_or_source_counts_in_the_strict_figures_only() -> None:
    score = score_article(
        "article",
        TEXT,
        [gold("one", ANN, GOOD), gold("two", None, DENIED)],
        [predicted(ANN, GOOD), predicted(None, DENIED)],
    )
    values = {measure.name: estimate(measure) for measure in measures_of([score])}
    assert {name: found.value for name, found in values.items() if found is not None} == {
        "precision": 1,
        "recall": 1,
        "F1": 1,
        "precision, statements without speaker too": 0.5,
        "recall, attributions without source too": 0.5,
        "exact source and content, precision": 1,
        "exact source and content, recall": 1,
        "exact source, of those found": 1,
        "exact content, of those found": 1,
    }


def test_several_positions_in_one_thing_said_are_one_attribution() -> None:
    def statement(holder: str) -> Statement:
        return Statement("Ann", 0, 3, "said", 9, 26, holder, "supports", None, "stated", False, None)

    assert len(predictions_of([statement("Ann"), statement("Bob")])) == 1


def test_offsets_lead_back_to_a_text_that_lost_characters_when_it_was_stored() -> None:
    original = "Ann\u200e said\x07 so."
    stored = "Ann said so."
    place = offsets_between(stored, original)
    assert place is not None
    start, end = stored.index("said"), stored.index("said") + 4
    assert original[place[start] : place[end]].replace("\x07", "") == "said"
    assert original[place[stored.index("so")] :] == "so."
    assert offsets_between(original, original) is None
