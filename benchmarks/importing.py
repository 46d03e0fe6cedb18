"""How fast a folder comes in, beside the usual recipe and the encoder alone, over the same files in one run.

    python -m benchmarks.importing [--reports 60] [--rounds 2]

``FolderSync.run`` in a fresh process, as ``assistant sync`` does it, and the recipe (``benchmarks/naive.py``) in
another take turns; both have their models loaded before the clock starts. The two cut texts differently, so words of
the texts in a second are given beside passages in a second. Parts are timed one by one over the same files afterwards.

Writes benchmarks/results/importing.json and importing.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from assistant.actors import ActorBook
from assistant.curation import duplicates, vectorizing
from assistant.curation.chunking import Chunk
from assistant.curation.sentences import sentence_spans
from assistant.curation.statements import StatementExtractor
from assistant.index import near, writer
from assistant.index.embedding import Encoder
from assistant.index.records import content_digest
from assistant.language import Parses
from assistant.models import LoadedDocument, Statement
from assistant.paths import actors_path, stances_path
from assistant.services import Services, open_services
from assistant.settings import load_settings
from assistant.stances import StanceBook
from benchmarks.machine import load, machine, processor_seconds, resident
from benchmarks.publishing import publish
from benchmarks.texts import report, write_folder

BY = "benchmark"
LOOK = 0.2  # seconds between two looks at a process's memory
ASKED_FOR = 3.0  # times the recipe's passages a second

T = TypeVar("T")


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--sync", type=Path, nargs=2, help=argparse.SUPPRESS)  # a process of its own
    parser.add_argument("--parts", type=Path, nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.sync or given.parts:
        folder, data = given.sync or given.parts
        with open_services(load_settings(data_dir=data)) as services:
            services.warm_up()
            print(json.dumps(_synchronised(services, folder) if given.sync else _parts(services, folder)))
        return
    results = measure(given.reports, given.rounds)
    publish("importing", results, table(results))


def measure(reports: int, rounds: int) -> dict[str, Any]:
    """Both ways in turns, then the parts of ours."""
    before = load()
    words = sum(len(report(number).markdown.split()) for number in range(reports))
    ours, recipe = [], []
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        write_folder(place / "texts", reports)
        for turn in range(rounds):
            ours.append(_apart("importing", "--sync", place / "texts", place / f"data{turn}"))
            recipe.append(_apart("naive", "import", place / "texts", place / f"naive{turn}"))
        parts = _apart("importing", "--parts", place / "texts", place / "parts")
    us, them = _middle(ours, words), _middle(recipe, words)
    return {
        "machine": machine(),
        "load": [before, load()],
        "rounds": rounds,
        "documents": reports,
        "words": words,
        "assistant": us,
        "recipe": them,
        "encoder_alone": {"passages_per_s": parts.pop("alone_per_s")},
        "parts_ms_per_passage": parts["milliseconds"],
        "processor_ms_per_passage": parts["processor"],
        "ratio": {
            "passages_per_s to the recipe": round(us["passages_per_s"] / them["passages_per_s"], 2),
            "words_per_s to the recipe": round(us["words_per_s"] / them["words_per_s"], 2),
        },
    }


def table(results: dict[str, Any]) -> str:
    """The results as Markdown."""
    us, them, alone = results["assistant"], results["recipe"], results["encoder_alone"]["passages_per_s"]
    ratio = results["ratio"]
    rows = [
        f"{results['machine']['processor']}; {results['machine']['cores']} cores; load {results['load'][0]}; "
        f"{results['documents']} documents of {results['words']:,} words; medians of {results['rounds']} rounds.",
        "",
        "| | assistant | usual recipe | encoder alone |",
        "|---|--:|--:|--:|",
        f"| passages | {us['passages']:,} | {them['passages']:,} | {us['passages']:,} |",
        f"| passages/s | {us['passages_per_s']} | {them['passages_per_s']} | {alone} |",
        f"| words of the texts/s | {us['words_per_s']} | {them['words_per_s']} | |",
        *(
            f"| {name.replace('_', ' ')} | {us[name]} | {them[name]} | |"
            for name in ("processor_ms_per_passage", "processor_ms_per_100_words")
        ),
        f"| statements found | {us['statements']:,} | – | – |",
        f"| most memory, MB | {us['peak_mb']:,} | {them['peak_mb']:,} | |",
        "",
        "| part | ms a passage | processor ms a passage |",
        "|---|--:|--:|",
        *(
            f"| {name} | {value} | {results['processor_ms_per_passage'][name]} |"
            for name, value in results["parts_ms_per_passage"].items()
        ),
        "",
        f"- {ratio['passages_per_s to the recipe']} times the recipe’s passages a second, and "
        f"{ratio['words_per_s to the recipe']} times its words; asked for: {ASKED_FOR:g} times the passages.",
    ]
    return "\n".join(rows) + "\n"


def _synchronised(services: Services, folder: Path) -> dict[str, Any]:
    began, used = time.perf_counter(), processor_seconds(os.getpid())
    done = services.sync.run(folder, by=BY)
    seconds, used = time.perf_counter() - began, processor_seconds(os.getpid()) - used
    assert not done.failed, done.failed[0]
    with services.database.read() as connection:
        statements = connection.exec_driver_sql("SELECT count(*) FROM statements").scalar_one()
    return {"passages": done.passages, "seconds": seconds, "processor_s": used, "statements": statements}


class _Clock:
    """Seconds on the clock and of the processor, by part."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.processor: dict[str, float] = {}

    def time(self, part: str, work: Callable[[], T]) -> T:
        """What ``work`` returns; its time is added to the part's."""
        began, used = time.perf_counter(), time.process_time()
        found = work()
        self.seconds[part] = self.seconds.get(part, 0.0) + time.perf_counter() - began
        self.processor[part] = self.processor.get(part, 0.0) + time.process_time() - used
        return found


def _parts(services: Services, folder: Path) -> dict[str, Any]:
    """Each step of an import over all files, one after the other and in one process."""
    clock, engine, settings = _Clock(), services.engines.current, services.settings
    actors, stances = ActorBook.load(actors_path(settings.actors_file)), StanceBook.load(stances_path(None))
    extractor = StatementExtractor(services.language, actors, stances)
    inputs, passages = [], 0
    for file in sorted(folder.glob("*.md")):
        data = file.read_bytes()
        (loaded,) = clock.time("parse", partial(services.sandbox.load, data, name=file.name))
        parses = Parses(services.language)
        sentences = clock.time("sentences", partial(sentence_spans, parses, loaded.text, loaded.blocks))
        found = partial(extractor.extract, loaded.text, loaded.metadata.published_at, loaded.blocks, parses)
        statements = clock.time("statements", found)
        chunks = clock.time("split", partial(engine.chunker.split, loaded, sentences))
        read = [chunk.encoder_input for chunk in chunks]
        encoded = clock.time("embed", partial(engine.encoder.encode_passages, read))
        vectors = [writer.PassageVectors(i.digest, *made) for i, made in zip(read, encoded, strict=True)]
        _write(services, clock, loaded, chunks, statements, vectors)
        inputs += read
        passages += len(chunks)
    return {
        "alone_per_s": _alone(engine.encoder, inputs),
        "milliseconds": {part: round(1000 * value / passages, 1) for part, value in clock.seconds.items()},
        "processor": {part: round(1000 * value / passages, 1) for part, value in clock.processor.items()},
    }


def _write(
    services: Services,
    clock: _Clock,
    loaded: LoadedDocument,
    chunks: list[Chunk],
    statements: tuple[Statement, ...],
    vectors: list[writer.PassageVectors],
) -> None:
    """The transactions of the pipeline, and what it does between them."""
    engine, database, name = services.engines.current, services.database, loaded.id or ""
    drafts = vectorizing.drafts(loaded.text, chunks)
    origin = {"generation": engine.generation, "origin": BY, "by": BY}

    def stage() -> tuple[int, list[int]]:
        with database.write() as connection:
            writer.store_vectors(connection, engine.generation, vectors)
        with database.write() as connection:
            return writer.stage_version(connection, name, loaded, content_digest(loaded), drafts, **origin)  # type: ignore[arg-type]

    def sign() -> tuple[duplicates.Signature, list[int], str]:
        values = duplicates.signature(loaded.text)
        bands = duplicates.bands(values)
        with database.read() as connection:
            twins = duplicates.most_similar(values, near.candidates(connection, bands, leave_out=name))
            return values, bands, near.group_of(connection, twins[0].document_id) if twins else name

    def publish() -> None:
        with database.write() as connection:
            near.remember(connection, name, number, values.tobytes(), bands, group)
            writer.publish_version(connection, name, number, statements, path=None, action="added", **origin)  # type: ignore[arg-type]

    number, seqs = clock.time("write", stage)
    clock.time("index", lambda: vectorizing.index(database, engine, seqs, drafts))
    values, bands, group = clock.time("near-duplicates", sign)
    clock.time("write", publish)


def _alone(encoder: Encoder, inputs: list[Any]) -> float:
    began = time.perf_counter()
    encoder.encode_passages(inputs)
    return round(len(inputs) / (time.perf_counter() - began), 1)


def _apart(module: str, *arguments: object) -> dict[str, Any]:
    """What a process of its own prints, and the most memory that it and its processes had."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    print(" ".join(command[2:4]), "…", file=sys.stderr)
    most = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        output = ""
        while process.returncode is None:
            with suppress(subprocess.TimeoutExpired):
                output = process.communicate(timeout=LOOK)[0]
            most = max(most, resident(process.pid))
    assert process.returncode == 0, f"{' '.join(command)} failed"
    figures: dict[str, Any] = json.loads(output.splitlines()[-1])
    return figures | {"peak_mb": most}


def _middle(rounds: list[dict[str, Any]], words: int) -> dict[str, Any]:
    """The round of median duration."""
    middle = sorted(rounds, key=lambda one: one["seconds"])[(len(rounds) - 1) // 2]
    seconds = middle["seconds"]
    return {
        **middle,
        "seconds": round(seconds, 1),
        "all_seconds": [round(one["seconds"], 1) for one in rounds],
        "passages_per_s": round(middle["passages"] / seconds, 1),
        "words_per_s": round(words / seconds),
        "processor_ms_per_passage": round(1000 * middle["processor_s"] / middle["passages"], 1),
        "processor_ms_per_100_words": round(100_000 * middle["processor_s"] / words, 1),
    }


if __name__ == "__main__":
    main()
