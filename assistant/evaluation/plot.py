"""A picture of a run: every figure with its interval, and how refusals depend on the threshold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.evaluation.measures import Estimate, estimate
from assistant.evaluation.results import SetResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT = 0.32  # inches a figure
LEAST_HEIGHT = 3.0
WIDTH = 11.0


def plot(results: Sequence[SetResult], path: Path) -> Path | None:
    """Draw the results as SVG, a row of two panels for each data set.

    Returns:
        the file, or None where matplotlib (the extra ``plots``) is not installed.
    """
    try:
        from matplotlib import rc_context
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
    except ImportError:
        return None
    shown = [(result, _figures(result)) for result in results]
    heights = [max(LEAST_HEIGHT, HEIGHT * len(figures)) for _, figures in shown]
    with rc_context({"svg.hashsalt": "assistant", "font.size": 8}):
        figure = Figure(figsize=(WIDTH, sum(heights)), layout="constrained")
        FigureCanvasSVG(figure)
        grid = figure.subplots(len(shown), 2, squeeze=False, height_ratios=heights, width_ratios=[3, 2])
        for (result, figures), (left, right) in zip(shown, grid, strict=True):
            _bars(left, result.name, figures)
            _curve(right, result)
        figure.savefig(path, format="svg", metadata={"Date": None})
    return path


def _figures(result: SetResult) -> list[tuple[str, Estimate]]:
    """The figures of the whole set that are shares."""
    found = [(measure.name, estimate(measure)) for measure in result.measures if not measure.group]
    return [(name, value) for name, value in found if value is not None and 0 <= value.low and value.high <= 1]


def _bars(axes: Axes, title: str, figures: Sequence[tuple[str, Estimate]]) -> None:
    places = list(range(len(figures)))[::-1]
    values = [value for _, value in figures]
    around = [[v.value - v.low for v in values], [v.high - v.value for v in values]]
    axes.errorbar([v.value for v in values], places, xerr=around, fmt="o", color="#1f4e79", capsize=3)
    axes.set_yticks(places, [name for name, _ in figures])
    axes.set_xlim(0, 1)
    axes.grid(axis="x", alpha=0.3)
    axes.set_title(f"{title}, with 95 % intervals", loc="left")


def _curve(axes: Axes, result: SetResult) -> None:
    if not result.refusal_curve:
        axes.set_axis_off()
        return
    thresholds, right, wrong = zip(*result.refusal_curve, strict=True)
    axes.plot(thresholds, right, color="#1f4e79", label="unanswerable, refused")
    axes.plot(thresholds, wrong, color="#b3541e", linestyle="--", label="answerable, refused")
    axes.set_xlabel("threshold")
    axes.set_ylim(0, 1)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    axes.set_title("refusals", loc="left")
