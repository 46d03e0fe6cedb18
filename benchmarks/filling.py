"""Data directories of any size, written by the assistant's own writer in large transactions.

The first passages are embedded; the vectors of the others are made (``likely_vectors``). What was embedded is kept, and
a directory that is filled in part is filled further, so that a run that was cut short goes on where it ended.
"""

from __future__ import annotations

import hashlib
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
from sqlalchemy import Connection, update

from assistant.catalogs import own_catalog
from assistant.curation import duplicates
from assistant.curation.statements.rules import rules_fingerprint
from assistant.engines import fingerprint_of
from assistant.index import generations, near, schema, writer
from assistant.index.counts import count_live
from assistant.index.embedding import EncoderInput
from assistant.index.onnx_encoder import OnnxEncoder
from assistant.index.records import content_digest
from assistant.onnx_session import cores
from assistant.paths import actors_path, stances_path
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
    embedded: int  # of these passages; the vectors of the others are made
    seconds: float | None  # that writing took; None where some of it had been written before


@dataclass(frozen=True, slots=True)
class Pool:
    """Passages that are really embedded, kept in a folder, a file for each block of reports.

    Args:
        folder: keeps the vectors.
        cache: has the exported encoder.
        blocks: how many are embedded.
        passages: how many passages that is.
        likeness: mean cosine of made and real vectors (``LikelyVectors.likeness``).
    """

    folder: Path
    cache: Path
    blocks: int
    passages: int
    likeness: float

    @classmethod
    def embedded(cls, folder: Path, cache: Path, wanted: int) -> Pool:
        """Embed what is missing of so many passages, and fit what makes the vectors of all others."""
        folder.mkdir(parents=True, exist_ok=True)
        encoder = OnnxEncoder(cache)
        inputs: list[EncoderInput] = []
        encoded: list[Encoded] = []
        for number in itertools.count():
            read = [item for one in _cuts(encoder, number) for item in one.inputs]
            path = _file(folder, number)
            if not path.exists():
                _save(path, encoder.encode_passages(read))
                tell(f"embedded {len(inputs) + len(read):,} passages")
            inputs += read
            encoded += _kept(path)
            if len(inputs) >= wanted:
                break
        likely = LikelyVectors.fitted(inputs, encoded)
        likely.save(folder / LIKELY)
        return cls(folder, cache, number + 1, len(inputs), likely.likeness)

    def made(self, number: int, signed: bool) -> list[Made]:
        """The rows of a block of reports.

        Args:
            number: of the block.
            signed: with the signatures by which near-duplicates are found.
        """
        encoder, likely = _tools(self.cache, self.folder / LIKELY)
        cuts = _cuts(encoder, number)
        inputs = [item for one in cuts for item in one.inputs]
        encoded = _kept(_file(self.folder, number)) if number < self.blocks else likely.of(inputs)
        vectors = iter(writer.PassageVectors(item.digest, *found) for item, found in zip(inputs, encoded, strict=True))
        made = []
        for one in cuts:
            values = duplicates.signature(one.loaded.text) if signed else None
            bands = duplicates.bands(values) if values is not None else []
            mine = list(itertools.islice(vectors, len(one.inputs)))
            made.append(Made(one, mine, values.tobytes() if values is not None else None, bands))
        return made


def state_of_texts(cache: Path) -> str:
    """A few characters that are others when texts, passages or the encoder have changed since something was kept."""
    encoder = OnnxEncoder(cache)
    digests = "".join(item.digest for one in _cuts(encoder, 0) for item in one.inputs)
    return hashlib.sha256((fingerprint_of(encoder) + digests).encode()).hexdigest()[:8]


def fill(data_dir: Path, passages: int, pool: Pool) -> Filled:
    """Write reports into a data directory until it has so many passages; nothing is indexed yet.

    Args:
        data_dir: empty, or filled in part.
        passages: how many.
        pool: what was embedded.
    """
    encoder, rules = OnnxEncoder(pool.cache), _rules()
    with own_catalog(load_settings(data_dir=data_dir), owned=False) as database:
        with database.write() as connection:
            generation = generations.ensure_generation(connection, fingerprint_of(encoder), encoder.dimension)
            documents, there = count_live(connection)
        seconds, before = 0.0, there
        with ProcessPoolExecutor(cores(), get_context("spawn")) as workers:
            making = _ahead(workers, pool, passages <= SIGNED, documents // BLOCK)
            while there < passages:
                made = next(making)
                began = time.perf_counter()
                with database.write() as connection:
                    for one in made:
                        if there < passages:
                            _write(connection, generation, one, rules)
                            documents, there = documents + 1, there + len(one.vectors)
                seconds += time.perf_counter() - began
                if documents % (20 * BLOCK) == 0:
                    tell(f"wrote {there:,} passages")
    return Filled(documents, there, min(pool.passages, there), round(seconds, 1) if before == 0 else None)


def tell(line: str) -> None:
    """Say how far it is."""
    print(line, file=sys.stderr, flush=True)


def keep_statements(data_dir: Path) -> None:
    """Have no server find the statements again, beside what is measured, because its rules are others by now."""
    v, rules = schema.versions, _rules()
    with own_catalog(load_settings(data_dir=data_dir), owned=False) as database, database.write() as connection:
        connection.execute(update(v).where(v.c.statement_rules.is_distinct_from(rules)).values(statement_rules=rules))


def _rules() -> str:
    settings = load_settings()
    return rules_fingerprint(actors_path(settings.actors_file), stances_path(settings.stances_file))


def _write(connection: Connection, generation: int, made: Made, rules: str) -> None:
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
        rules=rules,
    )


def _ahead(workers: ProcessPoolExecutor, pool: Pool, signed: bool, first: int) -> Iterator[list[Made]]:
    """Blocks in order, only a few made ahead, so that memory does not grow with their number."""
    waiting: deque[Future[list[Made]]] = deque()
    for number in itertools.count(first):
        waiting.append(workers.submit(pool.made, number, signed))
        if len(waiting) > 2 * cores():
            yield waiting.popleft().result()


@lru_cache(maxsize=1)
def _tools(cache: Path, likely: Path) -> tuple[OnnxEncoder, LikelyVectors]:
    """Of this process."""
    return OnnxEncoder(cache), LikelyVectors.load(likely)


def _cuts(encoder: OnnxEncoder, number: int) -> list[Cut]:
    numbers: Iterable[int] = range(number * BLOCK, (number + 1) * BLOCK)
    return [cut(report(each), encoder.count_tokens, encoder.max_tokens) for each in numbers]


def _file(folder: Path, number: int) -> Path:
    return folder / f"{number:05}.npz"


def _kept(path: Path) -> list[Encoded]:
    """Vectors of a block's passages and of their sentences."""
    with np.load(path) as kept:
        sentences = np.split(kept["sentences"].astype(np.float32), np.cumsum(kept["counts"])[:-1])
        return list(zip(kept["vectors"], sentences, strict=True))


def _save(path: Path, encoded: list[Encoded]) -> None:
    partial = path.with_suffix(".part.npz")
    np.savez(
        partial,
        vectors=np.stack([vector for vector, _ in encoded]),
        sentences=np.concatenate([sentences for _, sentences in encoded]).astype(np.float16),
        counts=np.array([len(sentences) for _, sentences in encoded]),
    )
    partial.replace(path)
