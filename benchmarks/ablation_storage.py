"""The optimisations around the catalog and the vector index."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from chromadb.config import Settings as ChromaSettings
from sqlalchemy import delete

from assistant.curation import vectorizing
from assistant.curation.chunking import Chunk
from assistant.curation.sentences import sentence_spans
from assistant.index import building, schema
from assistant.index.database import Database
from assistant.index.exact import ExactIndex
from assistant.index.vectors import BATCH, ChromaIndex, configuration
from assistant.models import Submission
from assistant.services import Services, open_services
from assistant.settings import load_settings
from benchmarks import texts
from benchmarks.ablation import Case, wall
from benchmarks.servers import PER_DOCUMENT, fill, sentences, unit

SIZES = (1_000, 10_000)  # passages
NEAREST = 60  # that a question asks for
QUERIES = 50
KEPT = 2_000  # passages in the collections with and without texts
FILLED = 10_000  # passages that an index is filled with
REPORTS = 4  # documents that come again unchanged


@contextmanager
def cases(place: Path) -> Iterator[list[Case]]:
    """All of them, while what they need is open."""
    with ExitStack() as stack:
        services = stack.enter_context(open_services(load_settings(data_dir=place / "data")))
        found = [_unchanged(services), *_collections(place / "collections"), _filling(place / "filled")]
        found += [stack.enter_context(_exact(place / f"{size}", size)) for size in SIZES]
        yield found


def _unchanged(services: Services) -> Case:
    """A document's texts that come again, embedded before or not."""
    engine, chunks = services.engines.current, list[Chunk]()
    for number in range(REPORTS):
        made = texts.report(number)
        ((_, loaded),) = services.intake.read(Submission("file", f"{made.id}.md", made.markdown.encode()))
        chunks += engine.chunker.split(loaded, sentence_spans(services.language, loaded.text, loaded.blocks))

    def again(forget: bool) -> float:
        if forget:
            with services.database.write() as connection:
                connection.execute(delete(schema.vectors))
        return wall(lambda: vectorizing.embed(services.database, engine, chunks), len(chunks))

    return Case(
        "vectors found by what was encoded",
        "ms a passage that comes again",
        partial(again, forget=False),
        partial(again, forget=True),
        "encoding it again",
    )


def _collections(place: Path) -> Iterator[Case]:
    """A collection of ids and vectors, beside one that keeps the texts and metadata too, as the usual recipe does."""
    chance = np.random.default_rng(1)
    vectors, asked = unit(chance, KEPT), unit(chance, QUERIES)
    pool = sentences()
    kept = [" ".join(pool[(row + step) % len(pool)] for step in range(6)) for row in range(KEPT)]
    bare, full = (_Collection(place / name, vectors, held) for name, held in (("bare", None), ("full", kept)))
    for what, on, off in (
        ("ms a passage added", bare.filling, full.filling),
        ("ms a query", partial(bare.asking, asked, []), partial(full.asking, asked, ["documents", "metadatas"])),
        ("bytes on disk a passage", bare.size, full.size),
    ):
        yield Case("Chroma keeps ids and vectors alone", what, on, off, "texts and metadata too")


class _Collection:
    """A collection that is made anew each time it is filled."""

    def __init__(self, place: Path, vectors: Any, kept: Sequence[str] | None) -> None:
        self._place = place
        self._vectors = vectors
        self._kept = kept
        self._client = chromadb.PersistentClient(str(place), ChromaSettings(anonymized_telemetry=False))
        self._number = 0
        self.filling()

    def filling(self) -> float:
        self._number += 1
        self._collection = self._client.create_collection(
            f"number-{self._number}", configuration=configuration(), embedding_function=None
        )
        return wall(self._fill, len(self._vectors))

    def _fill(self) -> None:
        for start in range(0, len(self._vectors), BATCH):
            rows = range(start, min(start + BATCH, len(self._vectors)))
            held: dict[str, Any] = {}
            if self._kept is not None:
                held["documents"] = [self._kept[row] for row in rows]
                held["metadatas"] = [{"document_id": f"d{row // PER_DOCUMENT}", "ordinal": row} for row in rows]
            ids = [str(row) for row in rows]
            self._collection.upsert(ids=ids, embeddings=self._vectors[start : start + len(ids)], **held)

    def asking(self, asked: Any, include: list[Any]) -> float:
        def ask() -> None:
            for vector in asked:
                self._collection.query(
                    query_embeddings=vector[None], n_results=NEAREST, include=["distances", *include]
                )

        return wall(ask, len(asked))

    def size(self) -> float:
        """Of every collection that was made so far, for one passage of one."""
        held = sum(path.stat().st_size for path in self._place.rglob("*") if path.is_file())
        return held / self._number / len(self._vectors)


def _filling(place: Path) -> Case:
    """An index that is filled at once."""
    vectors = unit(np.random.default_rng(3), FILLED)
    numbers = itertools.count()

    def filled(expected: int) -> float:
        with closing(ChromaIndex(place / f"{next(numbers)}", expected=expected)) as index:
            return wall(lambda: index.upsert(range(FILLED), vectors), FILLED)

    return Case(
        "a graph that is filled put on disk 8 times",
        "ms a passage",
        partial(filled, FILLED),
        partial(filled, 0),
        "every 1,000 entries",
    )


@contextmanager
def _exact(place: Path, size: int) -> Iterator[Case]:
    """Chroma, beside a product of matrices over everything."""
    place.mkdir()
    asked = unit(np.random.default_rng(2), QUERIES)
    with closing(Database(place / "catalog.sqlite3")) as database:
        database.migrate()
        fill(database, size)
        (place / "index").mkdir()
        building.fill(database, 1, place / "index", threading.Event())
        exact = ExactIndex(1)
        with closing(ChromaIndex(place / "index")) as chroma:
            chroma.load()

            def scanning() -> float:
                with database.read() as connection:
                    return wall(lambda: [exact.query(connection, vector, NEAREST) for vector in asked], len(asked))

            def asking() -> float:
                return wall(lambda: [chroma.query(vector, NEAREST) for vector in asked], len(asked))

            yield Case(f"Chroma over {size:,} passages", "ms a query", asking, scanning, "an exact scan in memory")
