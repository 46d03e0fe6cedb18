"""What each optimisation gives: the same work with it and without it, in the same run on the same texts.

    python -m benchmarks.ablation [--rounds N] [--only WORD] [--data DIR]

Each case does its work in both ways in turn, some rounds of them, and reports the medians. Those that gave nothing are
in the table too. Writes benchmarks/results/ablation.json and ablation.md.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import load, machine
from benchmarks.publishing import publish

NOTHING = 0.1  # a difference by less than this share is none on a machine that others use too


@dataclass(frozen=True, slots=True)
class Case:
    """One optimisation."""

    name: str
    unit: str  # of the figures; less is better
    on: Callable[[], float]
    off: Callable[[], float]
    instead: str  # what is done without it


@dataclass(frozen=True, slots=True)
class Found:
    """The medians of one case."""

    name: str
    instead: str
    unit: str
    on: float
    off: float

    @property
    def verdict(self) -> str:
        """How many times less it takes."""
        times = self.off / self.on if self.on else float("inf")
        return "nothing" if abs(times - 1) < NOTHING else f"{times:.2f} ×"


def wall(work: Callable[[], object], of: int) -> float:
    """Milliseconds on the clock for each of ``of`` things that ``work`` does."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) / of * 1000


def measured(case: Case, rounds: int) -> Found:
    """Both ways in turn, so that what else the machine does meets both; the first round warms up and is left out."""
    on, off = [], []
    for turn in range(rounds + 1):
        for way, figures in ((case.on, on), (case.off, off)):
            figure = way()
            if turn:
                figures.append(figure)
    return Found(case.name, case.instead, case.unit, *(_short(statistics.median(each)) for each in (on, off)))


def _short(figure: float) -> float:
    return float(f"{figure:.3g}")


def table(found: Sequence[Found], before: float) -> str:
    """The results as Markdown."""
    lines = [
        f"{machine()['cores']} cores ({machine()['processor']}), load {before} before.",
        "",
        "| optimisation | instead of | measured | with | without | gives |",
        "|---|---|---|---|---|---|",
    ]
    for one in found:
        lines.append(f"| {one.name} | {one.instead} | {one.unit} | {one.on:g} | {one.off:g} | {one.verdict} |")
    return "\n".join(lines) + "\n"


@contextmanager
def every_case(place: Path) -> Iterator[list[Case]]:
    """All cases, ready to be measured."""
    from benchmarks import ablation_models, ablation_storage  # here, so that a case's process loads what it measures

    with ExitStack() as stack:
        cases = [*ablation_models.cases(), *stack.enter_context(ablation_storage.cases(place))]
        yield cases


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="cases whose name has this in it; nothing is written")
    arguments = parser.parse_args()
    before = load()
    found: list[Found] = []
    with tempfile.TemporaryDirectory() as temporary, every_case(Path(temporary)) as cases:
        for case in cases:
            if arguments.only in case.name:
                print(f"{case.name} …", file=sys.stderr)
                found.append(measured(case, arguments.rounds))
    if arguments.only:
        print(table(found, before))
        return
    results: dict[str, Any] = {
        "machine": machine(),
        "load_before": before,
        "cases": [{**asdict(one), "verdict": one.verdict} for one in found],
    }
    publish("ablation", results, table(found, before))


if __name__ == "__main__":
    main()
