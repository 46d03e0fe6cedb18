"""Many users at once: throughput and latency of a real server, beside what its models alone can give.

    python -m benchmarks.load [--keep DIR] [--passages N] [--users N] [--seconds N] [--beside N]

Each user asks one question after the other over HTTP, none of them twice; locust runs the users. Before and after, with
no server running, a process of its own measures what the encoder alone gives for the same questions, and what the
encoder and the reader give together, on all cores. For comparison the same is asked, for a shorter time, of a server
without the reader and of the route that only finds passages, where the encoder is the only model. Nothing else is set
for the run: limits are those that ship, and without keys there is none on requests.

Writes benchmarks/results/load.json and load.md. What takes long to fill stays in the folder of ``--keep``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.index.counts import count_live
from assistant.services import Services, open_services
from assistant.settings import load_settings
from benchmarks.filling import Pool, fill, keep_statements
from benchmarks.machine import load, machine, percentiles
from benchmarks.publishing import publish
from benchmarks.serving import serving
from benchmarks.texts import questions

MOST_QUESTIONS = 20_000
EMBEDDED = 2_000  # passages; the vectors of the others are made
ALONE_SECONDS = 20.0
LAST_ANSWERS_SECONDS = 120  # that the answers under way at the end are waited for


@dataclass(frozen=True, slots=True)
class Way:
    """What is asked of the server, and how it is set up."""

    route: str
    field: str
    settings: Mapping[str, str]


SHIPPED = "answers"
WAYS = {
    SHIPPED: Way("/api/v1/ask", "question", {}),
    "answers, reader off": Way("/api/v1/ask", "question", {"ASSISTANT_READER": "off"}),
    "passages only": Way("/api/v1/search", "query", {}),
}


def prepare(keep: Path, passages: int, file: Path) -> tuple[Path, int]:
    """Fill a data directory where it holds too little, and write questions about it.

    Returns:
        the data directory, and how many passages are there.
    """
    data_dir = keep / "load" / "data"
    settings = load_settings(data_dir=data_dir)
    with open_services(settings) as services:
        documents, there = _held(services)
    if there < passages:
        pool = Pool.embedded(keep / "embedded", settings.cache_dir, min(EMBEDDED, passages))
        filled = fill(data_dir, passages, pool)
        documents, there = filled.documents, filled.passages
    keep_statements(data_dir)
    with open_services(settings) as services:
        services.index.wait_ready()
    file.write_text("\n".join(questions(documents, MOST_QUESTIONS)), encoding="utf-8")
    return data_dir, there


def _held(services: Services) -> tuple[int, int]:
    with services.database.read() as connection:
        return count_live(connection)


def alone(data_dir: Path, file: Path, seconds: float) -> dict[str, Any]:
    """What the models alone give, measured in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.models_alone", str(data_dir), str(file), "--seconds", str(seconds)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def under_load(way: Way, data_dir: Path, file: Path, users: int, seconds: int, place: Path) -> dict[str, Any]:
    """What came of ``users`` asking for ``seconds``."""
    found = place / "found.json"
    variables = {
        "LOAD_QUESTIONS": str(file),
        "LOAD_ROUTE": way.route,
        "LOAD_FIELD": way.field,
        "LOAD_FOUND": str(found),
    }
    with serving(data_dir, place / "server.log", way.settings) as server:
        before = server.sample()
        subprocess.run(
            [
                *(sys.executable, "-m", "locust", "--locustfile", str(Path(__file__).parent / "load_users.py")),
                *("--headless", "--host", server.address, "--users", str(users), "--spawn-rate", str(users)),
                *("--run-time", f"{seconds}s", "--stop-timeout", str(LAST_ANSWERS_SECONDS), "--only-summary"),
            ],
            env=os.environ | variables,
            stdout=subprocess.DEVNULL,
            stderr=(place / "locust.log").open("w"),
            check=False,  # its status tells of failed requests, which are counted below
        )
        after = server.sample()
        logged = server.problems()
    rows: list[dict[str, Any]] = json.loads(found.read_text(encoding="utf-8"))
    used = after.processor_seconds - before.processor_seconds
    return {
        **summary(rows, seconds),
        "errors_logged": len(logged),
        "processor_ms_an_answer": round(used / len(rows) * 1000, 1),
        "server": {"before": asdict(before), "after": asdict(after)},
    }


def summary(rows: Sequence[Mapping[str, Any]], seconds: float) -> dict[str, Any]:
    """Throughput, latency and errors of what came back.

    Args:
        rows: a request each, with ``at``, ``ms``, ``status`` and ``answer``.
        seconds: for how long requests were made; what came later is no throughput.
    """
    began = min(row["at"] - row["ms"] / 1000 for row in rows)
    good = [row for row in rows if row["answer"] is not None]
    return {
        "requests": len(rows),
        "errors": dict(Counter(str(row["status"]) for row in rows if row["answer"] is None)),
        "answers": dict(Counter(row["answer"] for row in good)),
        "per_s": round(sum(row["at"] - began <= seconds for row in good) / seconds, 2),
        "latency_ms": percentiles([row["ms"] for row in good]),
    }


def measure(arguments: argparse.Namespace, place: Path) -> dict[str, Any]:
    """Everything, one after the other."""
    before, file = load(), place / "questions.txt"
    data_dir, passages = prepare(arguments.keep or place, arguments.passages, file)
    alone_before = alone(data_dir, file, ALONE_SECONDS)
    ways = {}
    for name, way in WAYS.items():
        seconds = arguments.seconds if name == SHIPPED else min(arguments.seconds, arguments.beside)
        if seconds:
            print(f"{name}: {arguments.users} users for {seconds} s …", file=sys.stderr)
            ways[name] = {"seconds": seconds} | under_load(way, data_dir, file, arguments.users, seconds, place)
    alone_after = alone(data_dir, file, ALONE_SECONDS)
    can = {
        what: statistics.mean([alone_before[what]["per_s"], alone_after[what]["per_s"]])
        for what in ("encoder", "models")
    }
    for name, found in ways.items():
        found["of_the_encoder"] = round(found["per_s"] / can["encoder"], 3)
        found["of_its_models"] = round(found["per_s"] / can["models" if name == SHIPPED else "encoder"], 3)
    return {
        "machine": machine(),
        "load_before": before,
        "passages": passages,
        "users": arguments.users,
        "alone": {"before": alone_before, "after": alone_after},
        "ways": ways,
    }


def table(results: Mapping[str, Any]) -> str:
    """The results as Markdown."""
    before, after = results["alone"]["before"], results["alone"]["after"]
    lines = [
        f"{results['users']} users, {results['passages']:,} passages, {results['machine']['cores']} cores "
        f"({results['machine']['processor']}), load {results['load_before']} before.",
        "",
        "| nothing but the models, all cores | before, per second | after, per second | processor ms |",
        "|---|---|---|---|",
    ]
    for what, name in (("encoder", "questions encoded"), ("models", "questions encoded, best passages read")):
        one, other = before[what], after[what]
        lines.append(f"| {name} | {one['per_s']} | {other['per_s']} | {one['processor_ms']} |")
    lines += [
        "",
        "| asked for | seconds | requests | errors | per second | p50 / p95 / p99 ms | of the encoder alone "
        "| of its models alone | processor ms |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, found in results["ways"].items():
        ms = found["latency_ms"]
        lines.append(
            f"| {name} | {found['seconds']} | {found['requests']:,} | {sum(found['errors'].values())} "
            f"| {found['per_s']} | {ms['p50']:.0f} / {ms['p95']:.0f} / {ms['p99']:.0f} | {found['of_the_encoder']} "
            f"| {found['of_its_models']} | {found['processor_ms_an_answer']} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, help="a folder for what takes long")
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--beside", type=int, default=60, help="seconds for each of the other ways; 0 for none")
    with tempfile.TemporaryDirectory() as temporary:
        results = measure(parser.parse_args(), Path(temporary))
    publish("load", results, table(results))


if __name__ == "__main__":
    main()
