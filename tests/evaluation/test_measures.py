from __future__ import annotations

import pytest

from assistant.evaluation.measures import Measure, Part, change, estimate, mean_of, percentiles, ratio_of


def test_a_mean_has_an_interval_round_it() -> None:
    found = estimate(mean_of("hits", {str(n): n % 4 != 0 for n in range(400)}))
    assert found is not None
    assert found.value == 0.75
    # The standard error of a share of .75 over 400 is .0217; the interval is twice 1.96 of them wide.
    assert found.low == pytest.approx(0.75 - 1.96 * 0.0217, abs=0.01)
    assert found.high == pytest.approx(0.75 + 1.96 * 0.0217, abs=0.01)
    assert found.units == 400


def test_the_same_units_give_the_same_interval() -> None:
    measure = mean_of("hits", {str(n): n % 3 == 0 for n in range(50)})
    assert estimate(measure) == estimate(measure)


def test_a_ratio_is_of_sums_and_not_a_mean_of_ratios() -> None:
    found = estimate(ratio_of("precision", {"long": (9, 10), "short": (0, 1)}))
    assert found is not None
    assert found.value == pytest.approx(9 / 11)


def test_balanced_accuracy_is_the_mean_of_its_parts() -> None:
    refused_rightly = Part((1, 1, 0, 0, 0, 0), (1, 1, 0, 0, 0, 0))
    answered_rightly = Part((0, 0, 1, 0, 0, 0), (0, 0, 1, 1, 1, 1))
    found = estimate(Measure("balanced accuracy", tuple("abcdef"), (refused_rightly, answered_rightly)))
    assert found is not None
    assert found.value == pytest.approx((1 + 0.25) / 2)


def test_what_cannot_be_counted_has_no_estimate() -> None:
    assert estimate(ratio_of("precision", {"one": (0, 0)})) is None
    assert estimate(mean_of("hits", {})) is None


def test_a_change_is_judged_on_the_units_that_both_runs_have() -> None:
    before = mean_of("hits", {str(n): 1 for n in range(40)} | {"gone": 0})
    after = mean_of("hits", {str(n): 1 for n in range(40)} | {"new": 0})
    found = change(before, after)
    assert found is not None
    assert (found.before, found.after, found.units) == (1, 1, 40)
    assert not found.significant


def test_a_significant_loss_is_told_from_chance() -> None:
    before = mean_of("hits", {str(n): 1 for n in range(60)})
    slightly = change(before, mean_of("hits", {str(n): n > 0 for n in range(60)}))
    clearly = change(before, mean_of("hits", {str(n): n > 12 for n in range(60)}))
    assert slightly is not None
    assert clearly is not None
    assert not slightly.is_loss
    assert clearly.is_loss
    assert clearly.high < 0


def test_a_rise_of_what_should_be_low_is_a_loss() -> None:
    before = mean_of("false refusals", {str(n): 0 for n in range(60)}, higher_is_better=False)
    found = change(before, mean_of("false refusals", {str(n): n < 20 for n in range(60)}, higher_is_better=False))
    assert found is not None
    assert found.is_loss


def test_percentiles_lie_within_their_intervals() -> None:
    found = percentiles([float(n) for n in range(1, 101)], (50, 95))
    assert found["p50"].value == pytest.approx(50.5)
    assert found["p50"].low < 50.5 < found["p50"].high
    assert found["p95"].value > found["p50"].value
    assert percentiles([], (50,)) == {}
