"""What a corpus takes up on PostgreSQL and a Chroma server, and how long their parts of a question take.

    python -m benchmarks.servers [--passages N,N]

It starts both servers itself, on loopback and in temporary folders. The texts are sentences of the shipped corpus put
together anew and the vectors are random (384 dimensions), so sizes are real and rankings mean nothing. Writes
benchmarks/results/servers.json and servers.md.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert, text

from assistant.index import lexical, schema
from assistant.index.catalog import live_passages
from assistant.index.database import Database
from assistant.index.shared_index import SharedIndex
from assistant.index.vectors import ChromaServer
from assistant.models import Filters
from benchmarks.publishing import publish
from tests.server_setup.servers import ChromaProcess, PostgresServer

DIMENSION = 384
PER_DOCUMENT = 20  # passages
SENTENCES = 6  # a passage; about as many as the shipped corpus has
QUESTIONS = (
    "what does Russia reject",
    "when was the Budapest Memorandum signed",
    "what did the United States offer Ukraine",
    "security guarantees of the allies for Ukraine after a ceasefire",
    "who monitors the ceasefire line",
)


def sentences() -> list[str]:
    """Every sentence of the shipped corpus."""
    found: list[str] = []
    for file in sorted(Path("corpus").glob("*.md")):
        body = file.read_text(encoding="utf-8").split("---", 2)[-1]
        found += [line.strip() for line in body.replace("\n", " ").split(". ") if len(line.split()) > 5]
    return found


def unit(chance: np.random.Generator, rows: int) -> np.ndarray:
    """Random unit vectors."""
    vectors = chance.normal(size=(rows, DIMENSION)).astype("<f4")
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def fill(database: Database, passages: int) -> None:
    """Add documents until there are so many passages, in the tables that the pipeline writes."""
    chance, vectors = random.Random(1), np.random.default_rng(1)
    pool = sentences()
    with database.write() as connection:
        start = connection.scalar(text("SELECT count(*) FROM documents")) or 0
        if not start:
            values = {"id": 1, "fingerprint": "bench", "dimension": DIMENSION, "state": "current", "created_at": ""}
            connection.execute(insert(schema.generations).values(values))
    for number in range(start, passages // PER_DOCUMENT):
        texts = [". ".join(chance.sample(pool, SENTENCES)) + "." for _ in range(PER_DOCUMENT)]
        with database.write() as connection:
            _add(connection, f"d{number}", texts, unit(vectors, PER_DOCUMENT), vectors)


def _add(connection: Any, name: str, texts: list[str], vectors: np.ndarray, chance: np.random.Generator) -> None:
    at, whole = "2025-01-01T00:00:00.000000Z", "\n".join(texts)
    document = {"id": name, "state": "active", "current_version": 1, "origin": "bench", "created_at": at}
    connection.execute(insert(schema.documents).values(document | {"updated_at": at}))
    version = {"document_id": name, "number": 1, "state": "current", "text": whole, "blocks": "[]", "title": name}
    rest = {"topics": "[]", "content_sha256": "", "media_type": "text/plain", "created_at": at, "created_by": "bench"}
    connection.execute(insert(schema.versions).values(version | rest))
    rows, stored, offset = [], [], 0
    for ordinal, (passage, vector) in enumerate(zip(texts, vectors, strict=True)):
        end = offset + len(passage)
        digest = f"{name}-{ordinal}".rjust(64, "-")
        rows.append(
            {
                "document_id": name,
                "version": 1,
                "generation": 1,
                "ordinal": ordinal,
                "start_offset": offset,
                "end_offset": end,
                "text": passage,
                "headings": "[]",
                "sentences": json.dumps([[offset, end]] * SENTENCES),
                "input_sha256": digest,
                "live": True,
            }
        )
        each = unit(chance, SENTENCES).astype("<f2").tobytes()
        stored.append({"generation": 1, "input_sha256": digest, "vector": vector.tobytes(), "sentence_vectors": each})
        offset = end + 1
    connection.execute(insert(schema.passages), rows)
    connection.execute(insert(schema.vectors), stored)
    lexical.add_version(connection, name, 1)


def timed(repeat: int, work: Callable[[int], object]) -> dict[str, float]:
    """Milliseconds of ``work``: median and 95th percentile."""
    taken = []
    for number in range(repeat):
        begun = time.perf_counter()
        work(number)
        taken.append(1000 * (time.perf_counter() - begun))
    ordered = sorted(taken)
    return {"p50": round(statistics.median(ordered), 2), "p95": round(ordered[int(0.95 * (len(ordered) - 1))], 2)}


def measure(database: Database, index: SharedIndex, chroma: ChromaProcess, passages: int) -> dict[str, Any]:
    """Sizes and times at one size of the corpus."""
    begun = time.perf_counter()
    fill(database, passages)
    written = time.perf_counter() - begun
    begun = time.perf_counter()
    index.rebuild("it was filled from below").join()
    indexed = time.perf_counter() - begun
    chance = np.random.default_rng(7)
    with database.write() as connection:
        connection.execute(text("ANALYZE"))
    with database.read() as connection:
        rows = connection.execute(
            text(
                "SELECT relname, pg_total_relation_size(relid) AS size FROM pg_stat_user_tables "
                "WHERE pg_total_relation_size(relid) > 1000000 ORDER BY size DESC"
            )
        )
        sizes = {row.relname: row.size for row in rows}
        words = [lexical.content_words(question) for question in QUESTIONS]
        times = {
            "full text, 60 best": timed(40, lambda n: lexical.search(connection, words[n % len(words)], 60)),
            "vectors, 60 nearest": timed(40, lambda _: index.query(connection, unit(chance, 1)[0], 60)),
            "60 passages by number": timed(
                40, lambda n: live_passages(connection, list(range(1 + n, 1 + n + 60)), Filters())
            ),
        }
    return {
        "passages": passages,
        "written a second": round(passages / written),
        "indexed a second": round(passages / indexed),
        "PostgreSQL bytes a passage": {name: round(size / passages) for name, size in sizes.items()},
        "PostgreSQL bytes a passage in all": round(sum(sizes.values()) / passages),
        "Chroma bytes on disk a passage": round(_size(chroma.folder) / passages),
        "Chroma bytes in memory": _resident(chroma.pid),
        "milliseconds": times,
    }


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def table(results: list[dict[str, Any]]) -> Iterator[str]:
    """The results as Markdown."""
    yield "| passages | PostgreSQL, bytes a passage | Chroma, bytes a passage on disk | Chroma, MB in memory "
    yield "| full text p50 / p95 ms | vectors p50 / p95 ms | written/s | indexed/s |\n"
    yield "|---|---|---|---|---|---|---|---|\n"
    for item in results:
        full_text, near = item["milliseconds"]["full text, 60 best"], item["milliseconds"]["vectors, 60 nearest"]
        yield (
            f"| {item['passages']:,} | {item['PostgreSQL bytes a passage in all']:,} | "
            f"{item['Chroma bytes on disk a passage']:,} | {item['Chroma bytes in memory'] / 1e6:,.0f} | "
            f"{full_text['p50']} / {full_text['p95']} | {near['p50']} / {near['p95']} | "
            f"{item['written a second']:,} | {item['indexed a second']:,} |\n"
        )


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", default="10000,50000", help="sizes, smallest first")
    sizes = [int(size) for size in parser.parse_args().passages.split(",")]
    postgres, chroma = PostgresServer(), ChromaProcess()
    try:
        database, server = Database(postgres.database()), ChromaServer(chroma.url)
        database.migrate()
        index = SharedIndex(database, server, 1, "bench")
        results = [measure(database, index, chroma, size) for size in sizes]
        index.close()
        server.close()
        database.close()
    finally:
        chroma.remove()
        postgres.remove()
    load = os.getloadavg()[1]
    measured = {"cores": os.cpu_count(), "load": load, "sizes": results}
    publish("servers", measured, "".join(table(results)))


if __name__ == "__main__":
    main()
