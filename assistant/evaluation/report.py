"""What a run writes: figures as JSON and Markdown, failures as JSON lines, and the comparison with an earlier run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.errors import InvalidInput, NotFound, StorageFailed
from assistant.evaluation.measures import Change, Estimate, Measure, Part, change, estimate
from assistant.evaluation.plot import plot
from assistant.evaluation.results import SetResult

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Report:
    """A run over one or more data sets."""

    results: tuple[SetResult, ...]
    system: Mapping[str, str] = field(default_factory=dict)  # what was measured: versions, model


def write(report: Report, path: Path) -> tuple[Path, ...]:
    """Write the report as JSON to ``path``, as Markdown and a plot beside it, and its failures as JSON lines.

    The plot needs the extra ``plots``; without it there is none.

    Returns:
        the files written.

    Raises:
        StorageFailed: a file cannot be written.
    """
    markdown, failed = path.with_suffix(".md"), path.with_suffix(".failures.jsonl")
    rows = [{"set": result.name, **row} for result in report.results for row in result.failures]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(_as_json(report), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        markdown.write_text(as_markdown(report), encoding="utf-8")
        failed.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    except OSError as error:
        raise StorageFailed(f"{path} cannot be written: {error.strerror}.", "Choose another place with -o.") from error
    plotted = plot(report.results, path.with_suffix(".svg"))
    return (path, markdown, failed, plotted) if plotted else (path, markdown, failed)


def read_measures(path: Path) -> dict[str, dict[str, Measure]]:
    """The measures of an earlier report, by data set and key.

    Raises:
        NotFound: there is no such file.
        InvalidInput: it is not a report.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise ValueError(f"format {data['format']}")
        return {
            result["name"]: {measure.key: measure for measure in map(_measure, result["measures"])}
            for result in data["sets"]
        }
    except FileNotFoundError as error:
        raise NotFound(f"There is no report {path}.", "Give a file that `assistant evaluate -o` wrote.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(
            f"{path} is not a report: {error}.", "Give the .json file that `assistant evaluate -o` wrote."
        ) from error


def compare(report: Report, before: Mapping[str, Mapping[str, Measure]]) -> list[tuple[str, Change]]:
    """How every measure that both runs have has changed, with the name of its data set."""
    changes = []
    for result in report.results:
        for measure in result.measures:
            former = before.get(result.name, {}).get(measure.key)
            found = change(former, measure) if former is not None else None
            if found is not None:
                changes.append((result.name, found))
    return changes


def as_markdown(report: Report) -> str:
    """Tables of all figures with their intervals."""
    parts = []
    if report.system:
        parts.append("Measured: " + ", ".join(f"{name} {value}" for name, value in report.system.items()) + ".\n")
    for result in report.results:
        parts.append(f"## {result.name}\n")
        parts.append(_figures([measure for measure in result.measures if not measure.group]))
        parts.append(_by_group(result.measures))
        if result.latency_ms:
            rows = [f"| {name} | {e.value:.1f} | {e.low:.1f} – {e.high:.1f} |" for name, e in result.latency_ms.items()]
            parts.append("\n".join(["| latency | ms | 95 % interval |", "|---|---|---|", *rows]) + "\n")
        if result.counts:
            counted = [f"| {name} | {count} |" for name, count in result.counts.items()]
            parts.append("\n".join(["| errors | count |", "|---|---|", *counted]) + "\n")
        if result.refusal_curve:
            rows = [f"| {t:.2f} | {right:.3f} | {wrong:.3f} |" for t, right, wrong in result.refusal_curve]
            head = ["| threshold | unanswerable refused | answerable refused |", "|---|---|---|"]
            parts.append("\n".join([*head, *rows]) + "\n")
        parts += [f"{note}\n" for note in result.notes]
    return "\n".join(part for part in parts if part)


def changes_as_markdown(changes: Sequence[tuple[str, Change]]) -> str:
    """What changed significantly; one line where nothing did."""
    rows = [
        f"| {name} | {c.key} | {c.before:.3f} | {c.after:.3f} | {c.low:+.3f} – {c.high:+.3f} | "
        f"{'worse' if c.is_loss else 'better'} |"
        for name, c in changes
        if c.significant
    ]
    if not rows:
        return "No figure has changed significantly.\n"
    return (
        "\n".join(
            ["| set | figure | before | now | 95 % interval of the change | |", "|---|---|---|---|---|---|", *rows]
        )
        + "\n"
    )


def _figures(measures: Sequence[Measure]) -> str:
    rows = []
    for measure in measures:
        found = estimate(measure)
        if found is not None:
            rows.append(f"| {measure.name} | {found.value:.3f} | {found.low:.3f} – {found.high:.3f} | {found.units} |")
    return "\n".join(["| figure | value | 95 % interval | n |", "|---|---|---|---|", *rows]) + "\n"


def _by_group(measures: Sequence[Measure]) -> str:
    """One row a group, one column a figure."""
    groups = list(dict.fromkeys(measure.group for measure in measures if measure.group))
    if not groups:
        return ""
    names = list(dict.fromkeys(measure.name for measure in measures if measure.group))
    values = {(measure.group, measure.name): estimate(measure) for measure in measures if measure.group}
    rows = []
    for group in groups:
        cells = []
        for name in names:
            found = values.get((group, name))
            cells.append(f"{found.value:.2f}" if found is not None else "")
        size = max((found.units for (of, _), found in values.items() if of == group and found is not None), default=0)
        rows.append(f"| {group} | {size} | {' | '.join(cells)} |")
    return "\n".join([f"| | n | {' | '.join(names)} |", f"|---|---|{'---|' * len(names)}", *rows]) + "\n"


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "system": dict(report.system),
        "sets": [
            {
                "name": result.name,
                "kind": result.kind,
                "figures": [_figure(measure) for measure in result.measures],
                "latency_ms": {name: _estimate(found) for name, found in result.latency_ms.items()},
                "counts": dict(result.counts),
                "failures": len(result.failures),
                "notes": list(result.notes),
                "refusal_curve": [list(point) for point in result.refusal_curve],
                "measures": [
                    {
                        "name": measure.name,
                        "group": measure.group,
                        "higher_is_better": measure.higher_is_better,
                        "units": measure.units,
                        "parts": [[part.numerators, part.denominators] for part in measure.parts],
                    }
                    for measure in result.measures
                ],
            }
            for result in report.results
        ],
    }


def _figure(measure: Measure) -> dict[str, Any]:
    found = estimate(measure)
    values = _estimate(found) if found is not None else {}
    return {"name": measure.name, "group": measure.group, **values, "higher_is_better": measure.higher_is_better}


def _estimate(found: Estimate) -> dict[str, float]:
    return {
        "value": round(found.value, 4),
        "low": round(found.low, 4),
        "high": round(found.high, 4),
        "units": found.units,
    }


def _measure(row: Mapping[str, Any]) -> Measure:
    parts = tuple(Part(tuple(above), tuple(below)) for above, below in row["parts"])
    return Measure(row["name"], tuple(row["units"]), parts, row["group"], row["higher_is_better"])
