"""Figures with their intervals: a measure keeps what every question or document gave, so that it can be resampled.

Intervals are percentile intervals of the bootstrap over units (Efron and Tibshirani, "An Introduction to the
Bootstrap", 1993, chapter 13). Two runs are compared on the units that both have, drawn together each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

RESAMPLES = 2_000
LEVEL = 0.95
SEED = 20251216


@dataclass(frozen=True, slots=True)
class Part:
    """A ratio of sums over units, such as true positives over predictions."""

    numerators: tuple[float, ...]
    denominators: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of a data set: the mean of its parts, each a ratio of sums over ``units``.

    A mean has one part whose denominators are 1; balanced accuracy has two parts.
    """

    name: str
    units: tuple[str, ...]
    parts: tuple[Part, ...]
    group: str = ""  # the kind of question it is of; empty for the whole data set
    higher_is_better: bool = True

    @property
    def key(self) -> str:
        """What the measure is found by in another report."""
        return f"{self.group}/{self.name}" if self.group else self.name


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval."""

    value: float
    low: float
    high: float
    units: int


@dataclass(frozen=True, slots=True)
class Change:
    """The difference of a measure between two runs, on the units that both have."""

    key: str
    before: float
    after: float
    low: float
    high: float
    units: int
    higher_is_better: bool

    @property
    def significant(self) -> bool:
        """Whether the interval of the difference leaves out zero."""
        return self.low > 0 or self.high < 0

    @property
    def is_loss(self) -> bool:
        """Whether it is significantly worse."""
        return self.high < 0 if self.higher_is_better else self.low > 0


def mean_of(name: str, values: Mapping[str, float], *, group: str = "", higher_is_better: bool = True) -> Measure:
    """The mean of one value a unit."""
    numbers = tuple(float(value) for value in values.values())
    return Measure(name, tuple(values), (Part(numbers, (1.0,) * len(numbers)),), group, higher_is_better)


def ratio_of(
    name: str, counts: Mapping[str, tuple[float, float]], *, group: str = "", higher_is_better: bool = True
) -> Measure:
    """A ratio of sums of (numerator, denominator) over units."""
    part = Part(tuple(float(a) for a, _ in counts.values()), tuple(float(b) for _, b in counts.values()))
    return Measure(name, tuple(counts), (part,), group, higher_is_better)


def estimate(measure: Measure) -> Estimate | None:
    """The value with its 95 % interval; None where nothing could be counted."""
    everything = np.ones((1, len(measure.units)))
    value = _values(measure.parts, everything)[0] if measure.units else np.nan
    if np.isnan(value):
        return None
    drawn = _values(measure.parts, _resampled(len(measure.units)))
    low, high = _interval(drawn)
    counted = sum(any(part.denominators[unit] for part in measure.parts) for unit in range(len(measure.units)))
    return Estimate(float(value), low, high, counted)


def change(before: Measure, after: Measure) -> Change | None:
    """How a measure changed; None where the two runs have no unit in common."""
    units = [unit for unit in after.units if unit in set(before.units)]
    if not units or len(before.parts) != len(after.parts):
        return None
    one, two = _restricted(before, units), _restricted(after, units)
    weights = _resampled(len(units))
    whole = np.ones((1, len(units)))
    first, second = _values(one, whole)[0], _values(two, whole)[0]
    if np.isnan(first) or np.isnan(second):
        return None
    low, high = _interval(_values(two, weights) - _values(one, weights))
    return Change(after.key, float(first), float(second), low, high, len(units), after.higher_is_better)


def percentiles(values: Sequence[float], wanted: Iterable[int]) -> dict[str, Estimate]:
    """Percentiles with their intervals, named "p50"; none without values."""
    if not values:
        return {}
    data = np.asarray(values, dtype=float)
    draws = np.random.default_rng(SEED).integers(0, len(data), (RESAMPLES, len(data)))
    found = {}
    for percent in wanted:
        low, high = _interval(np.percentile(data[draws], percent, axis=1))
        found[f"p{percent}"] = Estimate(float(np.percentile(data, percent)), low, high, len(data))
    return found


def _resampled(units: int) -> FloatArray:
    """How often each unit is drawn, shape (resamples, units)."""
    draws = np.random.default_rng(SEED).multinomial(units, np.full(units, 1 / units), RESAMPLES)
    return draws.astype(np.float64)


def _values(parts: Sequence[Part], weights: FloatArray) -> FloatArray:
    ratios = []
    for part in parts:
        below = weights @ np.asarray(part.denominators)
        above = weights @ np.asarray(part.numerators)
        ratios.append(np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0))
    return np.asarray(np.mean(ratios, axis=0))


def _interval(drawn: FloatArray) -> tuple[float, float]:
    kept = drawn[~np.isnan(drawn)]
    if not kept.size:
        return float("nan"), float("nan")
    edge = (1 - LEVEL) / 2 * 100
    low, high = np.percentile(kept, [edge, 100 - edge])
    return float(low), float(high)


def _restricted(measure: Measure, units: Sequence[str]) -> list[Part]:
    place = {unit: row for row, unit in enumerate(measure.units)}
    rows = [place[unit] for unit in units]
    return [
        Part(tuple(part.numerators[row] for row in rows), tuple(part.denominators[row] for row in rows))
        for part in measure.parts
    ]
