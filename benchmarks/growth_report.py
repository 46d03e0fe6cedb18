"""What ``growth`` found, as a table and as a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Colours that everybody can tell apart (Okabe & Ito 2008), and markers for those who see none.
SERIES = {
    "assistant": ("ask, answered over HTTP", "#0072B2", "o"),
    "recipe": ("usual recipe, retrieval only", "#D55E00", "s"),
    "encoder": ("floor: encoder alone", "#009E73", "^"),
    "numpy": ("floor: NumPy over all vectors", "#CC79A7", "v"),
    "endpoint": ("floor: bare FastAPI endpoint", "#56606B", "D"),
}
WITHIN = 0.5  # of the recipe's time for retrieval alone that an answer may take, at …
AT = 10_000  # passages
NOTHING = 0.1  # milliseconds: parts that take no more are left out of the picture
GROWTH = 2.0  # times that the slowest answers may take ten times further on


def table(results: dict[str, Any]) -> str:
    """The results as Markdown."""
    sizes: list[dict[str, Any]] = results["sizes"]
    machine = results["machine"]
    made = [size for size in sizes if size["embedded"] < size["passages"]]
    lines = [
        f"{machine['processor']}; {machine['cores']} cores; load {', '.join(str(size['load'][0]) for size in sizes)}; "
        f"{sizes[0]['questions']} questions at each size.",
        "",
    ]
    if made:
        lines += [
            f"Vectors are the encoder's for the first {made[0]['embedded']:,} passages and made for the others "
            f"(a fit whose cosine to the encoder's is {results['likeness']} on passages that it did not see).",
            "",
        ]
    lines += [
        "| | " + " | ".join(f"{size['passages']:,} passages" for size in sizes) + " |",
        "|---|" + "--:|" * len(sizes),
    ]
    lines += [f"| {name} | {' | '.join(values)} |" for name, values in _rows(sizes)]
    return "\n".join([*lines, "", *_promises(sizes)]) + "\n"


def plot(results: dict[str, Any], path: Path) -> None:
    """Draw time by size, parts by size and memory by size, as SVG."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    sizes: list[dict[str, Any]] = results["sizes"]
    with rc_context({"svg.hashsalt": "assistant", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(13, 5.2), layout="constrained", facecolor="white")
        FigureCanvasSVG(figure)
        times, parts, memory = figure.subplots(1, 3)
        _times(times, sizes)
        _parts(parts, sizes)
        _memory(memory, sizes)
        figure.savefig(path, format="svg", metadata={"Date": None})


def _rows(sizes: Sequence[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    def each(*path: str) -> list[str]:
        return [_shown(_at(size, path)) for size in sizes]

    rows = []
    for name, (label, _, _) in SERIES.items():
        values = [
            " / ".join(_shown(size["ask_ms"].get(name, {}).get(p)) for p in ("p50", "p95", "p99")) for size in sizes
        ]
        rows.append((f"{label}, ms p50 / p95 / p99", values))
    rows += [(f"ratio of medians to: {SERIES[name][0]}", each("ratio_p50", name)) for name in SERIES if name != _US]
    for name in dict.fromkeys(name for size in sizes for name in size["parts_ms"]):
        values = [" / ".join(_shown(size["parts_ms"].get(name, {}).get(p)) for p in ("p50", "p95")) for size in sizes]
        rows.append((f"part *{name}*, ms p50 / p95", values))
    rows += [
        ("cold start, s", each("cold_s")),
        ("… until the index is built, s", each("index_ready_s")),
        ("warm start, s", each("warm_s")),
        ("start of the recipe, s", each("recipe_ready_s")),
        ("written, passages/s", each("written_per_s")),
        ("indexed, passages/s", each("indexed_per_s")),
        ("the recipe’s Chroma filled, passages/s", each("recipe_filled_per_s")),
        ("a report handed in until it is found, s", each("report_added_s")),
        ("memory of the server, MB", each("memory_mb", _US)),
        ("memory of the recipe, MB", each("memory_mb", "recipe")),
        ("the vectors alone, MB", each("memory_mb", "vectors")),
        ("catalog / index on disk, MB", _both(sizes, "catalog", "index")),
        ("the recipe’s store on disk, MB", each("disk_mb", "recipe")),
        ("answers", [", ".join(f"{n} {s}" for s, n in sorted(size["statuses"].items())) for size in sizes]),
    ]
    return rows


_US = "assistant"


def _both(sizes: Sequence[dict[str, Any]], one: str, other: str) -> list[str]:
    return [f"{size['disk_mb'][one]:,} / {size['disk_mb'][other]:,}" for size in sizes]


def _at(found: Any, path: Sequence[str]) -> Any:
    for name in path:
        found = found.get(name) if found is not None else None
    return found


def _shown(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 or isinstance(value, int) else f"{value:.3g}"


def _promises(sizes: Sequence[dict[str, Any]]) -> list[str]:
    """Whether what is asked for is met, as far as these sizes tell."""
    by_size = {_rounded(size["passages"]): size for size in sizes}
    lines = []
    if AT in by_size:
        ratio = by_size[AT]["ratio_p50"]["recipe"]
        lines.append(f"- An answer at {AT:,} passages takes {ratio} of the recipe’s retrieval; asked for: {WITHIN}.")
    if AT in by_size and 10 * AT in by_size:
        slow, slower = (by_size[size]["ask_ms"][_US]["p95"] for size in (AT, 10 * AT))
        lines.append(f"- p95 grows {slower / slow:.2f} times from {AT:,} to {10 * AT:,}; asked for: {GROWTH}.")
    return lines


def _rounded(passages: int) -> int:
    """The size that was asked for: a corpus ends with a whole report."""
    return int(10 ** round(len(str(passages)) - 1)) if str(passages)[0] == "1" else passages


def _times(axes: Axes, sizes: Sequence[dict[str, Any]]) -> None:
    passages = [size["passages"] for size in sizes]
    for name, (label, colour, marker) in SERIES.items():
        for p, line in (("p50", "-"), ("p95", ":")):
            values = [size["ask_ms"].get(name, {}).get(p, math.nan) for size in sizes]
            axes.plot(passages, values, line, color=colour, marker=marker, label=label if p == "p50" else None)
    _finish(axes, "one question (solid: p50, dotted: p95)", "milliseconds")


def _parts(axes: Axes, sizes: Sequence[dict[str, Any]]) -> None:
    passages = [size["passages"] for size in sizes]
    names = [
        name
        for name in dict.fromkeys(n for size in sizes for n in size["parts_ms"])
        if name != "total" and any(size["parts_ms"].get(name, {}).get("p50", 0) > NOTHING for size in sizes)
    ]
    styles = [(colour, marker) for _, colour, marker in SERIES.values()] + [("#E69F00", "P"), ("#000000", "X")]
    for name, (colour, marker) in zip(names, styles, strict=False):
        values = [size["parts_ms"].get(name, {}).get("p50", 0) for size in sizes]
        axes.plot(passages, values, color=colour, marker=marker, label=name)
    _finish(axes, "parts of an answer, p50", "milliseconds")


def _memory(axes: Axes, sizes: Sequence[dict[str, Any]]) -> None:
    passages = [size["passages"] for size in sizes]
    for name, label in ((_US, "assistant’s server"), ("recipe", "usual recipe"), ("vectors", "the vectors alone")):
        _, colour, marker = SERIES.get(name, SERIES["numpy"])
        values = [max(size["memory_mb"].get(name, math.nan), 1) for size in sizes]
        axes.plot(passages, values, color=colour, marker=marker, label=label)
    _finish(axes, "resident memory", "MB")


def _finish(axes: Axes, title: str, unit: str) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("passages")
    axes.set_ylabel(unit)
    axes.set_title(title, loc="left")
    axes.grid(alpha=0.3, which="both")
    axes.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2)
