"""Start-up and question latency over the shipped corpus, over HTTP, beside the usual recipe in process.

Run with ``make bench``. Writes benchmarks/results/ask.json and ask.md.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks import naive

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"
ROUNDS = 10
QUESTIONS = (
    "What does Russia reject?",
    "When was the Budapest Memorandum signed?",
    "Who proposes a multinational force?",
    "What did Zelenskyy give up?",
    "What has Washington offered Kyiv?",
    "How many times has NATO invoked Article 5?",
    "Who is the prime minister of Japan?",
    "What did the Minsk agreements provide for?",
    "Which mission monitored the ceasefire in eastern Ukraine?",
    "What remains unresolved?",
)


@contextmanager
def server(data_dir: Path) -> Iterator[tuple[str, float]]:
    """A serving process over the shipped corpus: its address, and the seconds until it answered."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "assistant", "--data-dir", str(data_dir), "serve", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--sync", str(ROOT / "corpus")], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "answers on" in line:
                address = line.split()[-1]
                httpx.get(f"{address}/readyz", timeout=60).raise_for_status()
                yield address, time.perf_counter() - began
                break
    finally:
        process.terminate()
        process.wait(30)


def milliseconds(call: Callable[[str], object]) -> list[float]:
    """Latency of ``call`` for every question in every round, after one round to warm up."""
    for question in QUESTIONS:
        call(question)
    found = []
    for turn in range(ROUNDS):
        for question in QUESTIONS:
            # A different wording each time, so that no cache of question vectors helps.
            varied = f"{question} ({turn})"
            began = time.perf_counter()
            call(varied)
            found.append((time.perf_counter() - began) * 1000)
    return found


def summary(values: list[float]) -> dict[str, float]:
    """Percentiles of latencies in milliseconds."""
    cuts = statistics.quantiles(values, n=100)
    return {"p50": round(cuts[49], 1), "p95": round(cuts[94], 1), "p99": round(cuts[98], 1)}


def main() -> None:
    """Measure and write the results."""
    with tempfile.TemporaryDirectory() as temporary:
        data = Path(temporary) / "data"
        with server(data) as (_, cold):
            pass
        with server(data) as (address, warm), httpx.Client(base_url=address, timeout=60) as client:
            parts: dict[str, list[float]] = {}

            def over_http(question: str) -> object:
                answer = client.post("/api/v1/ask", json={"question": question}).raise_for_status().json()
                for name, value in answer["timings_ms"].items():
                    parts.setdefault(name, []).append(value)
                return answer

            ask = summary(milliseconds(over_http))
        texts = [(path.stem, path.read_text(encoding="utf-8")) for path in sorted((ROOT / "corpus").glob("*.md"))]
        store = naive.build(texts, Path(temporary) / "naive")
        usual = summary(milliseconds(lambda question: naive.retrieve(store, question)))
    results = {
        "machine": {"cpus": os.cpu_count(), "processor": platform.machine(), "python": platform.python_version()},
        "start_cold_s": round(cold, 1),
        "start_warm_s": round(warm, 1),
        "ask_http_ms": ask,
        "ask_parts_p50_ms": {name: round(statistics.median(values), 1) for name, values in parts.items()},
        "usual_recipe_retrieve_only_ms": usual,
        "ratio_p50": round(ask["p50"] / usual["p50"], 2),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "ask.json").write_text(json.dumps(results, indent=2) + "\n")
    table = _table(results, ask, usual)
    (RESULTS / "ask.md").write_text(table)
    print(table)


def _table(results: dict[str, object], ask: dict[str, float], usual: dict[str, float]) -> str:
    rows = [
        "| measured | value |",
        "|---|---|",
        f"| first start: sync, embed, serve | {results['start_cold_s']} s |",
        f"| second start: nothing to embed | {results['start_warm_s']} s |",
        f"| `POST /ask` p50 / p95 / p99 | {ask['p50']} / {ask['p95']} / {ask['p99']} ms |",
        f"| usual recipe, retrieve only, p50 / p95 / p99 | {usual['p50']} / {usual['p95']} / {usual['p99']} ms |",
        f"| ratio of the medians | {results['ratio_p50']} |",
    ]
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    main()
