"""Which encoder, index and passages answer: one engine for each generation of vectors.

A changed model or chunker makes a new generation. It is filled while the old one serves, and the switch is a commit: a
reader takes the engine that its own snapshot names, so it never mixes two.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection

from assistant.curation.chunking import CHUNKER, Chunker
from assistant.index import generations
from assistant.index.database import Database
from assistant.index.embedding import Encoder
from assistant.index.supervisor import IndexSupervisor
from assistant.language import Language
from assistant.retrieval.hybrid import HybridRetriever
from assistant.settings import Settings


@dataclass(frozen=True, slots=True)
class Engine:
    """Everything that belongs to one generation of vectors."""

    generation: int
    fingerprint: str
    encoder: Encoder
    chunker: Chunker
    index: IndexSupervisor
    retriever: HybridRetriever


def fingerprint_of(encoder: Encoder) -> str:
    """Everything that decides which vectors a text has: the encoder and how passages are cut."""
    return f"{encoder.fingerprint}/{CHUNKER}"


def encoder_in(fingerprint: str) -> str:
    """The encoder's part of a fingerprint: its vectors may be compared however the passages were cut."""
    return fingerprint.rpartition("/")[0]


class Engines:
    """The engines of this process, by generation.

    Args:
        database: the catalog.
        settings: where indexes live and how scores are mixed.
        language: finds sentences for the chunkers.
    """

    def __init__(self, database: Database, settings: Settings, language: Language) -> None:
        self._database = database
        self._settings = settings
        self._language = language
        self._by_generation: dict[int, Engine] = {}

    def open(self, generation: int, fingerprint: str, encoder: Encoder) -> Engine:
        """Make and keep the engine of a generation."""
        key = hashlib.sha256(fingerprint.encode()).hexdigest()[:12]
        index = IndexSupervisor(self._database, self._settings.data_dir / "index", generation, key)
        engine = Engine(
            generation,
            fingerprint,
            encoder,
            Chunker(self._language, encoder.count_tokens, encoder.max_tokens),
            index,
            HybridRetriever(index, generation, self._settings.fusion_weight),
        )
        index.open()
        self._by_generation[generation] = engine
        return engine

    def of(self, connection: Connection) -> Engine:
        """The engine of the generation that is current in the caller's snapshot."""
        return self._by_generation[generations.current_generation(connection).id]

    @property
    def current(self) -> Engine:
        """The engine of the generation that is current now."""
        with self._database.read() as connection:
            return self.of(connection)

    def retire(self, generation: int) -> None:
        """Close and forget an engine that no new reader can need."""
        engine = self._by_generation.pop(generation, None)
        if engine is not None:
            engine.index.close()

    def close(self) -> None:
        """Close every index."""
        for generation in list(self._by_generation):
            self.retire(generation)
