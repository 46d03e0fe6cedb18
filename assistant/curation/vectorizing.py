"""Passages get their vectors: encoded once for each input, kept in the catalog, given to the index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.curation.chunking import Chunk
from assistant.engines import Engine
from assistant.errors import StorageFailed
from assistant.index import writer
from assistant.index.database import Database

AT_ONCE = 256  # passages whose vectors are in memory together


def embed(database: Database, engine: Engine, chunks: Sequence[Chunk]) -> int:
    """Store the vectors that are not stored yet, a bounded number at a time.

    Returns:
        how many passages the encoder had to read.
    """
    embedded = 0
    for start in range(0, len(chunks), AT_ONCE):
        inputs = {chunk.encoder_input.digest: chunk.encoder_input for chunk in chunks[start : start + AT_ONCE]}
        with database.read() as connection:
            known = writer.known_inputs(connection, engine.generation, list(inputs))
        fresh = {digest: item for digest, item in inputs.items() if digest not in known}
        if not fresh:
            continue
        encoded = engine.encoder.encode_passages(list(fresh.values()))
        vectors = [
            writer.PassageVectors(digest, vector, sentences)
            for digest, (vector, sentences) in zip(fresh, encoded, strict=True)
        ]
        with database.write() as connection:
            writer.store_vectors(connection, engine.generation, vectors)
        embedded += len(fresh)
    return embedded


def drafts(text: str, chunks: Sequence[Chunk]) -> list[writer.PassageDraft]:
    """Passages of ``text`` as the catalog takes them."""
    return [
        writer.PassageDraft(
            chunk.start,
            chunk.end,
            text[chunk.start : chunk.end],
            chunk.headings,
            chunk.sentences,
            chunk.page,
            chunk.encoder_input.digest,
        )
        for chunk in chunks
    ]


def index(database: Database, engine: Engine, seqs: Sequence[int], passages: Sequence[writer.PassageDraft]) -> None:
    """Give stored vectors to the index under their passages' row numbers.

    Raises:
        StorageFailed: they are not stored any more, because another process has put another model in place.
    """
    for start in range(0, len(seqs), AT_ONCE):
        part = [draft.input_sha256 for draft in passages[start : start + AT_ONCE]]
        with database.read() as connection:
            vectors = writer.vectors_by_input(connection, engine.generation, part)
        if any(digest not in vectors for digest in part):
            raise StorageFailed("Another process has removed these vectors.", "Send the document again.")
        engine.index.add(seqs[start : start + AT_ONCE], np.stack([vectors[digest] for digest in part]))
