"""The ways to run the default encoder, beside each other: speed, memory and what retrieval is worth.

    python -m benchmarks.encoder DATA [DATA …] [--documents N]

Each DATA is a folder with corpus.jsonl and queries*.jsonl as ``assistant evaluate`` reads them. Every document is one
passage, cut at the encoder's window; a question finds its evidence by cosine alone. Each way runs in a process of its
own. Writes benchmarks/results/encoder.json and encoder.md; the fastest way whose MRR@10 is within .005 of single
precision is the default (docs/performance.md, ADR 13).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from assistant.evaluation.datasets import QuestionSet, read_dataset
from assistant.index.embedding import Encoder, EncoderInput
from benchmarks.machine import machine
from benchmarks.publishing import publish

WAYS = {"torch fp32": "torch", "onnx fp32": "fp32", "onnx int8": "int8"}
BASE = "torch fp32"
TOLERANCE = 0.005  # of MRR@10
DEPTH = 10
ASKING = 8  # threads that ask at once


def main() -> None:
    """Measure every way and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--documents", type=int, help="only the first N documents of each set, for a quick look")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)  # a process of its own
    parser.add_argument("--cache", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way is not None:
        print(json.dumps(measure(WAYS[arguments.way], arguments.cache, arguments.data, arguments.documents)))
        return
    with tempfile.TemporaryDirectory() as cache:
        for precision in ("fp32", "int8"):
            _open(precision, Path(cache)).encode_question("export")  # so that no process measured does it
        ways = {way: _apart(way, Path(cache), sys.argv[1:]) for way in WAYS}
    results = {
        "machine": machine(),
        "load": [round(value, 1) for value in os.getloadavg()],
        "data": [folder.name for folder in arguments.data],
        "ways": ways,
        "default": _fastest(ways),
    }
    publish("encoder", results, _table(results))


def measure(how: str, cache: Path, folders: list[Path], most: int | None) -> dict[str, Any]:
    """The figures of one way, in this process."""
    began = time.perf_counter()
    encoder = _open(how, cache)
    encoder.encode_question("ready")
    first = time.perf_counter() - began
    passages, seconds, used = 0, 0.0, 0.0
    scores: dict[str, float] = {}
    questions: list[str] = []
    for folder in folders:
        dataset = read_dataset(folder)
        assert isinstance(dataset, QuestionSet), f"{folder} holds no questions with evidence"
        rows = [json.loads(line) for line in dataset.corpus.read_text("utf-8").splitlines()][:most]
        inputs = [EncoderInput(row.get("title") or "", row["text"], ()) for row in rows]
        began, cpu = time.perf_counter(), time.process_time()
        vectors = np.stack([vector for vector, _ in encoder.encode_passages(inputs)])
        seconds, used = seconds + time.perf_counter() - began, used + time.process_time() - cpu
        passages += len(inputs)
        places = {row["doc_id"]: place for place, row in enumerate(rows)}
        ranks = []
        for query in dataset.queries:
            wanted = {places[document] for document in query.evidence if document in places}
            if query.answerable is False or query.history or not wanted:
                continue
            questions.append(query.text)
            best = np.argsort(-(vectors @ encoder.encode_question(query.text)), kind="stable")[:DEPTH]
            ranks.append(next((1 / (place + 1) for place, row in enumerate(best) if row in wanted), 0.0))
        scores[folder.name] = round(statistics.mean(ranks), 4)
    return {
        "first_vector_s": round(first, 2),
        "passages": passages,
        "passages_per_s": round(passages / seconds, 1),
        "cpu_ms_per_passage": round(used / passages * 1000, 1),
        "mrr10": scores,
        "mrr10_mean": round(statistics.mean(scores.values()), 4),
        **_asking(encoder, questions[:300]),
        "memory_mb": _peak_mb(),
    }


def _asking(encoder: Encoder, questions: list[str]) -> dict[str, float]:
    """Milliseconds of one question, and questions a second when several are asked at once; never from the cache."""
    found = []
    for question in questions:
        began = time.perf_counter()
        encoder.encode_question(f"{question} (once more)")
        found.append((time.perf_counter() - began) * 1000)
    cuts = statistics.quantiles(found, n=100)
    with ThreadPoolExecutor(ASKING) as asking:
        began = time.perf_counter()
        list(asking.map(encoder.encode_question, [f"{question} (together)" for question in questions]))
        together = len(questions) / (time.perf_counter() - began)
    return {
        "question_p50_ms": round(cuts[49], 1),
        "question_p95_ms": round(cuts[94], 1),
        "together_per_s": round(together),
    }


def _open(how: str, cache: Path) -> Encoder:
    if how == "torch":
        from assistant.index.torch_encoder import SentenceTransformerEncoder

        return SentenceTransformerEncoder()
    from assistant.index.onnx_encoder import OnnxEncoder

    return OnnxEncoder(cache, precision=how)  # type: ignore[arg-type]


def _apart(way: str, cache: Path, arguments: list[str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.encoder", *arguments, "--way", way, "--cache", str(cache)]
    print(f"{way} …", file=sys.stderr)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _peak_mb() -> int:
    """The most memory this process had; the figure of ``getrusage`` would include its parent's."""
    status = Path("/proc/self/status").read_text()
    return round(int(status.split("VmHWM:")[1].split()[0]) / 1024)


def _fastest(ways: dict[str, dict[str, Any]]) -> str:
    least = ways[BASE]["mrr10_mean"] - TOLERANCE
    good = [way for way, figures in ways.items() if figures["mrr10_mean"] >= least]
    # Processor time tells the same on a quiet machine, and still tells it on a busy one.
    return min(good, key=lambda way: ways[way]["cpu_ms_per_passage"])


def _table(results: dict[str, Any]) -> str:
    of = results["machine"]
    rows = [
        f"{of['processor']}; {of['cores']} cores; load {results['load'][0]}; {', '.join(results['data'])}.",
        "",
        "| way | passages/s | processor ms a passage | question p50 / p95 ms | 8 asking, questions/s | first vector s "
        "| memory MB | MRR@10 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for way, one in results["ways"].items():
        name = f"**{way}**" if way == results["default"] else way
        rows.append(
            f"| {name} | {one['passages_per_s']} | {one['cpu_ms_per_passage']} "
            f"| {one['question_p50_ms']} / {one['question_p95_ms']} | {one['together_per_s']} "
            f"| {one['first_vector_s']} | {one['memory_mb']} | {one['mrr10_mean']:.4f} |"
        )
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    main()
