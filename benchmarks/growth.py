"""How start, memory and questions fare as a corpus grows, beside the usual recipe and the floors, in one run.

    python -m benchmarks.growth [--sizes 1000 10000 100000] [--keep DIR [--fill-only]]

At each size a data directory is filled by the assistant's own writer, its index built by its own rebuild, and a real
``assistant serve`` asked over HTTP, one question at a time and none twice. Between its answers the same questions go to
the usual recipe (``benchmarks/naive.py``) over the same passages and vectors, to a bare FastAPI endpoint, to a NumPy
scan of all vectors and to the encoder alone, so that whatever else the machine does slows down all of them. The first
passages are embedded (``--embed``); the vectors of the others are made (``likely_vectors``). With ``--keep`` everything
that takes long stays in a folder for the next run, also what a run that was cut short has done. ``--fill-only`` ends
before anybody is asked, so that filling may go on beside other work, and asking waits for a quiet machine. The recipe's
store takes as long to fill as all the rest, so above ``--recipe-to`` passages it is left out.

Writes benchmarks/results/growth.json, growth.md and growth.svg.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assistant.catalogs import CATALOG
from assistant.index.onnx_encoder import OnnxEncoder
from benchmarks import growth_report, processes
from benchmarks.filling import Pool, fill, keep_statements, state_of_texts, tell
from benchmarks.floors import scan, vectors_of
from benchmarks.machine import load, machine, percentiles, size_of
from benchmarks.publishing import RESULTS, publish
from benchmarks.texts import questions, report

SIZES = (1_000, 10_000, 100_000)
WARM_UP = 20  # questions that are not counted
RECIPE_TO = 100_000
ADDED = 3  # reports that are handed in at each size
FRESH = 100_000_000  # and on: numbers of reports that are in no corpus

Call = Callable[[str], float]  # milliseconds that a question takes


def main() -> None:
    """Measure every size and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="passages, smallest first")
    parser.add_argument("--embed", type=int, default=10_000, help="passages that are really embedded")
    parser.add_argument("--questions", type=int, default=200, help="asked at each size")
    parser.add_argument("--recipe-to", type=int, default=RECIPE_TO, help="passages up to which the recipe is measured")
    parser.add_argument("--keep", type=Path, help="a folder for what takes long")
    parser.add_argument("--fill-only", action="store_true", help="ask nobody; needs --keep")
    given = parser.parse_args()
    if given.fill_only and not given.keep:
        parser.error("--fill-only needs --keep, or what it fills is gone when it ends")
    with ExitStack() as stack:
        place = given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cache = place / "cache"
        kept = place / state_of_texts(cache)
        pool = Pool.embedded(kept / "embedded", cache, min(given.embed, max(given.sizes)))
        if given.fill_only:
            for size in given.sizes:
                _prepared(kept / str(size), size, pool, size <= given.recipe_to)
            return
        results = {
            "machine": machine(),
            "likeness": round(pool.likeness, 3),
            "sizes": [
                measured(kept / str(size), size, pool, given.questions, size <= given.recipe_to) for size in given.sizes
            ],
        }
    publish("growth", results, growth_report.table(results))
    growth_report.plot(results, RESULTS / "growth.svg")


def measured(folder: Path, size: int, pool: Pool, wanted: int, with_recipe: bool) -> dict[str, Any]:
    """Everything at one size."""
    prepared = _prepared(folder, size, pool, with_recipe)
    tell(f"asking at {prepared['passages']:,} passages")
    before = load()
    with ExitStack() as stack:
        server = stack.enter_context(processes.assistant(folder / "data", pool.cache))
        server.wait_for_index()
        naive = stack.enter_context(processes.recipe(folder / "naive")) if with_recipe else None
        asked, floors = _Asked(server), _Floors(pool.cache, folder / "data" / CATALOG)
        answer = folder / "answer.json"
        answer.write_text(json.dumps(asked.answer("What does Russia reject?")), encoding="utf-8")
        endpoint = stack.enter_context(processes.endpoint(answer))
        calls: dict[str, Call] = {"assistant": asked.ask, "endpoint": _Asked(endpoint).ask}
        calls |= {"encoder": floors.encode, "numpy": floors.scan}
        if naive is not None:
            calls["recipe"] = naive.ask
        times = _in_turns(calls, questions(100, wanted + WARM_UP), asked)
        memory = {"assistant": server.resident_mb, "vectors": floors.megabytes}
        if naive is not None:
            memory["recipe"] = naive.resident_mb
        added = _added(server)
    ask = {name: percentiles(found) for name, found in times.items()}
    return {
        **prepared,
        "load": [before, load()],
        "questions": wanted,
        "statuses": dict(asked.statuses),
        "warm_s": round(server.ready_s, 1),
        "recipe_ready_s": round(naive.ready_s, 1) if naive is not None else None,
        "ask_ms": ask,
        "parts_ms": {name: percentiles(found) for name, found in asked.parts.items()},
        "ratio_p50": {name: round(ask["assistant"]["p50"] / one["p50"], 2) for name, one in ask.items()},
        "report_added_s": added,
        "memory_mb": memory,
    }


def _prepared(folder: Path, size: int, pool: Pool, with_recipe: bool) -> dict[str, Any]:
    """Fill both stores and build the index, or what a run before has left to do of that; what each took."""
    done, data, naive = folder / "prepared.json", folder / "data", folder / "naive"
    if done.exists():
        keep_statements(data)
        found: dict[str, Any] = json.loads(done.read_text(encoding="utf-8"))
        return found
    tell(f"filling {size:,} passages")
    filled = fill(data, size, pool)
    keep_statements(data)
    began, fresh = time.perf_counter(), with_recipe and not naive.exists()
    if with_recipe:
        command = [sys.executable, "-m", "benchmarks.naive", "fill", str(data / CATALOG), str(naive)]
        subprocess.run(command, check=True)
    naive_s = time.perf_counter() - began
    shutil.rmtree(data / "index", ignore_errors=True)  # of a run that was cut short
    with tempfile.TemporaryDirectory() as empty, processes.assistant(data, Path(empty)) as server:
        tell("building the index")
        index_ready = server.ready_s + server.wait_for_index()
        cold = server.ready_s
    prepared = {
        **asdict(filled),
        "cold_s": round(cold, 1),
        "index_ready_s": round(index_ready, 1),
        "written_per_s": round(filled.passages / filled.seconds) if filled.seconds else None,
        "indexed_per_s": round(filled.passages / index_ready),
        "recipe_filled_per_s": round(filled.passages / naive_s) if fresh else None,
        "disk_mb": {
            "catalog": size_of(data) - size_of(data / "index"),
            "index": size_of(data / "index"),
            "recipe": size_of(naive) if with_recipe else None,
        },
    }
    done.write_text(json.dumps(prepared, indent=2) + "\n", encoding="utf-8")
    return prepared


class _Asked:
    """Asks a server, and keeps what its answers say of themselves.

    Args:
        server: which one.
    """

    def __init__(self, server: processes.Server) -> None:
        self._server = server
        self.parts: dict[str, list[float]] = {}
        self.statuses: Counter[str] = Counter()

    def answer(self, question: str) -> dict[str, Any]:
        """The whole answer."""
        response = self._server.client.post("/api/v1/ask", json={"question": question})
        found: dict[str, Any] = response.raise_for_status().json()
        return found

    def ask(self, question: str) -> float:
        """Milliseconds until the answer is there."""
        began = time.perf_counter()
        response = self._server.client.post("/api/v1/ask", json={"question": question})
        milliseconds = (time.perf_counter() - began) * 1000
        answer = response.raise_for_status().json()
        self.statuses[answer["status"]] += 1
        for name, value in answer["timings_ms"].items():
            self.parts.setdefault(name, []).append(value)
        return milliseconds

    def forget(self) -> None:
        """Begin to count."""
        self.parts.clear()
        self.statuses.clear()


class _Floors:
    """The encoder alone, and a scan of all vectors, in this process."""

    def __init__(self, cache: Path, catalog: Path) -> None:
        self._encoder = OnnxEncoder(cache)
        self._vectors = vectors_of(catalog)
        self._question = self._encoder.encode_question("ready")

    @property
    def megabytes(self) -> int:
        """Of the vectors."""
        return round(self._vectors.nbytes / 1_048_576)

    def encode(self, question: str) -> float:
        """Milliseconds of the question's vector."""
        began = time.perf_counter()
        self._question = self._encoder.encode_question(question)
        return (time.perf_counter() - began) * 1000

    def scan(self, _question: str) -> float:
        """Milliseconds of comparing the question encoded last with every passage."""
        began = time.perf_counter()
        scan(self._vectors, self._question)
        return (time.perf_counter() - began) * 1000


def _in_turns(calls: dict[str, Call], asked: list[str], counting: _Asked) -> dict[str, list[float]]:
    """Ask everybody every question, beginning with another one each time; the first questions only warm up."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    names = list(calls)
    for number, question in enumerate(asked):
        if number == WARM_UP:
            counting.forget()
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            took = calls[name](question)
            if number >= WARM_UP:
                times[name].append(took)
    return times


def _added(server: processes.Server) -> float:
    """Seconds until a report that is handed in can be found, the median of some, which are withdrawn again."""
    taken = []
    for number in range(ADDED):
        made = report(FRESH + time.time_ns() % FRESH + number)
        body = {"id": f"added-{made.id}", "title": made.title, "text": made.markdown.split("---\n", 2)[2]}
        began = time.perf_counter()
        server.client.post("/api/v1/documents?wait=true", json=body).raise_for_status()
        taken.append(time.perf_counter() - began)
        server.client.delete(f"/api/v1/documents/{body['id']}").raise_for_status()
    return round(statistics.median(taken), 2)


if __name__ == "__main__":
    main()
