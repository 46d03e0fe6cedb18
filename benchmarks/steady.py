"""A long run of asking and importing at once: does a server grow?

    python -m benchmarks.steady [--keep DIR] [--passages N] [--minutes N] [--users N]

Some users ask questions, none of them twice, while documents are added, changed and withdrawn over HTTP, so that the
corpus changes all the time and does not grow. Every few seconds the server's memory, file descriptors and threads are
noted. Their slopes are those of a straight line fitted by least squares to what was noted after the first third, in
which caches and pools fill up.

Writes benchmarks/results/steady.json, steady.md and steady.svg. What takes long to fill stays in the folder of
``--keep``.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import count, islice
from pathlib import Path
from typing import Any

import httpx

from assistant.catalogs import CATALOG
from benchmarks import texts
from benchmarks.load import prepare
from benchmarks.machine import MEGABYTE, load, machine
from benchmarks.publishing import RESULTS, publish
from benchmarks.serving import Served, serving

EVERY_SECONDS = 5.0
WARM_UP = 1 / 3  # of the time
THINKING_SECONDS = 0.2  # of a user between an answer and the next question
RESTING_SECONDS = 1.0  # between two documents
FIRST_FRESH = 1_000_000  # number of a report; those before it may be in the corpus
KEPT = 20  # documents, before the oldest is withdrawn
BY_FILE = 3  # every so many documents come as a file, which is read in a process of its own
MEASURED = {
    "megabytes": "memory, MB",
    "with_children": "with its processes, MB",
    "descriptors": "descriptors",
    "threads": "threads",
    "log": "write-ahead log, MB",
}


class Work:
    """What is done to a server until it is told to end; anything but success is counted by what it was.

    Args:
        server: what answers.
    """

    def __init__(self, server: Served) -> None:
        self.done: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self._server = server
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []

    def begin(self, what: Callable[[httpx.Client], Iterator[None]]) -> None:
        """Do it in a thread of its own: it does one step for each time it is asked for the next."""

        def run() -> None:
            with httpx.Client(base_url=self._server.address, timeout=120) as client:
                for _ in what(client):
                    if self._ended.is_set():
                        return

        thread = threading.Thread(target=run)
        self._threads.append(thread)
        thread.start()

    def end(self) -> None:
        """Wait for what is under way."""
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def send(self, kind: str, client: httpx.Client, method: str, path: str, **body: Any) -> None:
        """One request."""
        try:
            status = client.request(method, path, **body).status_code
        except httpx.HTTPError as error:
            self.errors[f"{kind}: {type(error).__name__}"] += 1
            return
        if status in (200, 201):
            self.done[kind] += 1
        else:
            self.errors[f"{kind}: {status}"] += 1

    def asking(self, questions: Iterator[str]) -> Callable[[httpx.Client], Iterator[None]]:
        """A user who asks each of the questions."""

        def steps(client: httpx.Client) -> Iterator[None]:
            for question in questions:
                self.send("asked", client, "POST", "/api/v1/ask", json={"question": question})
                yield
                time.sleep(THINKING_SECONDS)

        return steps

    def importing(self, documents: Iterator[str]) -> Callable[[httpx.Client], Iterator[None]]:
        """A curator who adds documents, gives each another text once, and withdraws it some time later."""

        def steps(client: httpx.Client) -> Iterator[None]:
            for number, (document, changed) in enumerate(zip(documents, documents, strict=False)):
                name = f"steady-{number}"
                if number % BY_FILE:
                    body: dict[str, Any] = {"json": {"id": name, "text": document}}
                else:
                    body = {"files": {"file": (f"{name}.md", document.encode())}, "data": {"id": name}}
                self.send("added", client, "POST", "/api/v1/documents?wait=true", **body)
                yield
                self.send("changed", client, "PUT", f"/api/v1/documents/{name}", json={"text": changed})
                yield
                if number >= KEPT:
                    self.send("withdrawn", client, "DELETE", f"/api/v1/documents/steady-{number - KEPT}")
                yield
                time.sleep(RESTING_SECONDS)

        return steps


def _body(report: texts.Report) -> str:
    """Its text without front matter: the name that it is given is not its own."""
    return report.markdown.split("---\n", 2)[-1].strip()


def watch(server: Served, catalog: Path, seconds: float) -> list[dict[str, float]]:
    """What the server takes every few seconds, each with its ``minute``."""
    log = catalog.with_name(f"{catalog.name}-wal")
    began, found = time.monotonic(), []
    while (passed := time.monotonic() - began) < seconds:
        written = round(log.stat().st_size / MEGABYTE, 1) if log.exists() else 0.0
        found.append({"minute": round(passed / 60, 3), **asdict(server.sample()), "log": written})
        time.sleep(min(EVERY_SECONDS, max(0.0, seconds - passed)))
    return found


def slopes(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """How much each of what is measured grows in a minute."""
    minutes = [row["minute"] for row in rows]
    return {
        name: round(statistics.linear_regression(minutes, [row[name] for row in rows]).slope, 3) for name in MEASURED
    }


def measure(arguments: argparse.Namespace, place: Path) -> dict[str, Any]:
    """Run it."""
    before, file = load(), place / "questions.txt"
    data_dir, passages = prepare(arguments.keep or place, arguments.passages, file)
    questions = file.read_text(encoding="utf-8").splitlines()
    with serving(data_dir, place / "server.log") as server:
        work = Work(server)
        for user in range(arguments.users):
            work.begin(work.asking(islice(questions, user, None, arguments.users)))
        fresh = count(FIRST_FRESH + int(time.time()) % FIRST_FRESH)  # so that a second run brings others
        work.begin(work.importing(_body(texts.report(number)) for number in fresh))
        rows = watch(server, data_dir / CATALOG, arguments.minutes * 60)
        work.end()
        logged = server.problems()
    warm = [row for row in rows if row["minute"] >= arguments.minutes * WARM_UP]
    return {
        "machine": machine(),
        "load_before": before,
        "passages": passages,
        "minutes": arguments.minutes,
        "users": arguments.users,
        "done": dict(work.done),
        "errors": dict(work.errors),
        "errors_logged": len(logged),
        "a_minute_after_warm_up": slopes(warm),
        "first": rows[0],
        "after_warm_up": warm[0],
        "last": rows[-1],
        "rows": rows,
    }


def table(results: Mapping[str, Any]) -> str:
    """The results as Markdown."""
    done = ", ".join(f"{count:,} {what}" for what, count in results["done"].items())
    lines = [
        f"{results['minutes']:g} minutes, {results['users']} users and an importer, {results['passages']:,} passages, "
        f"{results['machine']['cores']} cores, load {results['load_before']} before. {done}; "
        f"{sum(results['errors'].values())} errors.",
        "",
        "| of the server | at the start | after a third | at the end | a minute, after a third |",
        "|---|---|---|---|---|",
    ]
    for name, what in MEASURED.items():
        places = " | ".join(f"{results[at][name]:g}" for at in ("first", "after_warm_up", "last"))
        lines.append(f"| {what} | {places} | {results['a_minute_after_warm_up'][name]:+g} |")
    return "\n".join(lines) + "\n"


def draw(rows: Sequence[Mapping[str, float]], path: Path) -> None:
    """Memory and descriptors over time, as SVG."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    minutes = [row["minute"] for row in rows]
    with rc_context({"svg.hashsalt": "assistant", "font.size": 8}):
        figure = Figure(figsize=(9, 5), layout="constrained")
        FigureCanvasSVG(figure)
        above, below = figure.subplots(2, 1, sharex=True)
        for axes, names in ((above, ("megabytes", "with_children")), (below, ("descriptors", "threads"))):
            for name, colour in zip(names, ("#1f4e79", "#b3541e"), strict=True):
                axes.plot(minutes, [row[name] for row in rows], color=colour, label=MEASURED[name])
            axes.set_ylim(bottom=0)
            axes.axvline(minutes[-1] * WARM_UP, color="#777777", linewidth=0.8, linestyle=":")
            axes.grid(alpha=0.3)
            axes.legend(frameon=False, loc="lower right")
        below.set_xlabel("minutes")
        figure.savefig(path, format="svg", metadata={"Date": None})


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, help="a folder for what takes long")
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--users", type=int, default=4)
    with tempfile.TemporaryDirectory() as temporary:
        results = measure(parser.parse_args(), Path(temporary))
    publish("steady", results, table(results))
    draw(results["rows"], RESULTS / "steady.svg")


if __name__ == "__main__":
    main()
