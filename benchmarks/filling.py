"""Data directories of any size, written by the assistant's own writer in large transactions.

The first passages are embedded; the vectors of the others are made (``likely_vectors``). What was embedded is kept, and
a directory that is filled in part is filled further, so that a run that was cut short goes on where it ended.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from sqlalchemy import Connection

from assistant.catalogs import own_catalog
from assistant.curation import duplicates
from assistant.engines import fingerprint_of
from assistant.index import generations, near, writer
from assistant.index.catalog import count_live
from assistant.index.embedding import EncoderInput
from assistant.index.onnx_encoder import OnnxEncoder
from assistant.index.records import content_digest
from assistant.onnx_session import cores
from assistant.settings import load_settings
from benchmarks.cutting import Cut, cut
from benchmarks.likely_vectors import Encoded, LikelyVectors
from benchmarks.texts import report

BLOCK = 50  # reports in one transaction, about 300 passages
SIGNED = 100_000  # passages up to which documents get the signatures by which near-duplicates are found
LIKELY = "likely.npz"
BY = "benchmark"


@dataclass(frozen=True, slots=True)
class Made:
    """A report's rows, ready to be written."""

    cut: Cut
    vectors: list[writer.PassageVectors]
    signature: bytes | None
    bands: list[int]


@dataclass(frozen=True, slots=True)
class Filled:
    """What is in a data directory."""

    documents: int
    passages: int
    seconds: float | None  # that writing took; None where some of it had been written before


@dataclass(frozen=True, slots=True)
class Pool:
    """Passages that are really embedded, kept in a folder, a file for each block of reports.

    Args:
        folder: keeps the vectors.
        cache: has the exported encoder.
    """

    folder: Path
    cache: Path

    def embed(self, wanted: int) -> tuple[int, int, float]:
        """Embed what is missing of so many passages, and fit what makes the vectors of all others.

        Returns:
            blocks and passages that are embedded, and the likeness of vectors that are fitted.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        encoder = OnnxEncoder(self.cache)
        inputs: list[EncoderInput] = []
        encoded: list[Encoded] = []
        for number in itertools.count():
            read = [item for one in _cuts(encoder, number) for item in one.inputs]
            if not self._file(number).exists():
                _save(self._file(number), encoder.encode_passages(read))
                tell(f"embedded {len(inputs) + len(read):,} passages")
            inputs += read
            encoded += self.kept(number)
            if len(inputs) >= wanted:
                break
        likely = LikelyVectors.fitted(inputs, encoded)
        likely.save(self.folder / LIKELY)
        return number + 1, len(inputs), likely.likeness

    def kept(self, number: int) -> list[Encoded]:
        """Vectors of a block's passages and of their sentences."""
        with np.load(self._file(number)) as kept:
            sentences = np.split(kept["sentences"].astype(np.float32), np.cumsum(kept["counts"])[:-1])
            return list(zip(kept["vectors"], sentences, strict=True))

    def _file(self, number: int) -> Path:
        return self.folder / f"{number:05}.npz"


def fill(data_dir: Path, passages: int, pool: Pool, blocks: int) -> Filled:
    """Write reports into a data directory until it has so many passages; nothing is indexed yet.

    Args:
        data_dir: empty, or filled in part.
        passages: how many.
        pool: what was embedded.
        blocks: how much of it.
    """
    encoder = OnnxEncoder(pool.cache)
    with own_catalog(load_settings(data_dir=data_dir), owned=False) as database:
        with database.write() as connection:
            generation = generations.ensure_generation(connection, fingerprint_of(encoder), encoder.dimension)
            documents, there = count_live(connection)
        seconds, before = 0.0, there
        with ProcessPoolExecutor(cores(), get_context("spawn")) as workers:
            making = _ahead(workers, pool, blocks, passages <= SIGNED, documents // BLOCK)
            while there < passages:
                made = next(making)
                began = time.perf_counter()
                with database.write() as connection:
                    for one in made:
                        if there < passages:
                            _write(connection, generation, one)
                            documents, there = documents + 1, there + len(one.vectors)
                seconds += time.perf_counter() - began
                if documents % (20 * BLOCK) == 0:
                    tell(f"wrote {there:,} passages")
    return Filled(documents, there, round(seconds, 1) if before == 0 else None)


def tell(line: str) -> None:
    """Say how far it is."""
    print(line, file=sys.stderr, flush=True)


def _write(connection: Connection, generation: int, made: Made) -> None:
    """What the pipeline does with a document, in the caller's transaction."""
    one = made.cut
    writer.store_vectors(connection, generation, made.vectors)
    number, _ = writer.stage_version(
        connection,
        one.id,
        one.loaded,
        content_digest(one.loaded),
        one.drafts,
        generation=generation,
        origin=BY,
        by=BY,
    )
    if made.signature is not None:
        near.remember(connection, one.id, number, made.signature, made.bands, one.id)
    writer.publish_version(
        connection,
        one.id,
        number,
        one.statements,
        generation=generation,
        origin=BY,
        path=None,
        by=BY,
        action="added",
    )


def _ahead(workers: ProcessPoolExecutor, pool: Pool, blocks: int, signed: bool, first: int) -> Iterator[list[Made]]:
    """Blocks in order, only a few made ahead, so that memory does not grow with their number."""
    waiting: deque[Future[list[Made]]] = deque()
    for number in itertools.count(first):
        waiting.append(workers.submit(_made, pool, blocks, signed, number))
        if len(waiting) > 2 * cores():
            yield waiting.popleft().result()


def _made(pool: Pool, blocks: int, signed: bool, number: int) -> list[Made]:
    """The rows of a block of reports; runs in a process of its own."""
    encoder, likely = _tools(pool)
    cuts = _cuts(encoder, number)
    inputs = [item for one in cuts for item in one.inputs]
    encoded = pool.kept(number) if number < blocks else likely.of(inputs)
    vectors = iter(writer.PassageVectors(item.digest, *made) for item, made in zip(inputs, encoded, strict=True))
    made = []
    for one in cuts:
        values = duplicates.signature(one.loaded.text) if signed else None
        bands = duplicates.bands(values) if values is not None else []
        mine = list(itertools.islice(vectors, len(one.inputs)))
        made.append(Made(one, mine, values.tobytes() if values is not None else None, bands))
    return made


@lru_cache(maxsize=1)
def _tools(pool: Pool) -> tuple[OnnxEncoder, LikelyVectors]:
    return OnnxEncoder(pool.cache), LikelyVectors.load(pool.folder / LIKELY)


def _cuts(encoder: OnnxEncoder, number: int) -> list[Cut]:
    numbers: Iterable[int] = range(number * BLOCK, (number + 1) * BLOCK)
    return [cut(report(each), encoder.count_tokens, encoder.max_tokens) for each in numbers]


def _save(path: Path, encoded: list[Encoded]) -> None:
    partial = path.with_suffix(".part.npz")
    np.savez(
        partial,
        vectors=np.stack([vector for vector, _ in encoded]),
        sentences=np.concatenate([sentences for _, sentences in encoded]).astype(np.float16),
        counts=np.array([len(sentences) for _, sentences in encoded]),
    )
    partial.replace(path)
