"""Which encoder, index and passages answer: one engine for each generation of vectors.

A changed model or chunker makes a new generation. It is filled while the old one serves, and the switch is a commit: a
reader takes the engine that its own snapshot names, so it never mixes two.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from assistant.curation.chunking import CHUNKER, Chunker
from assistant.errors import ModelUnavailable
from assistant.index import generations
from assistant.index.database import Database
from assistant.index.embedding import Encoder
from assistant.index.nearest import VectorIndex
from assistant.index.shared_index import SharedIndex
from assistant.index.supervisor import IndexSupervisor
from assistant.index.vectors import ChromaServer
from assistant.retrieval.hybrid import HybridRetriever
from assistant.settings import Settings


@dataclass(frozen=True, slots=True)
class Engine:
    """Everything that belongs to one generation of vectors."""

    generation: int
    fingerprint: str
    encoder: Encoder
    chunker: Chunker
    index: VectorIndex
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
        encoder_of: the encoder of a fingerprint, for generations that another process has made current; None where its
            model is not to be had.
        server: keeps the indexes, instead of the data directory.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        encoder_of: Callable[[str], Encoder | None],
        server: ChromaServer | None = None,
    ) -> None:
        self._database = database
        self._settings = settings
        self._encoder_of = encoder_of
        self._server = server
        self._by_generation: dict[int, Engine] = {}
        self._retired: dict[int, Engine] = {}  # for readers whose snapshot is older; they scan exactly
        self._opening = threading.Lock()

    def open(self, generation: int, fingerprint: str, encoder: Encoder) -> Engine:
        """Make and keep the engine of a generation."""
        key = hashlib.sha256(fingerprint.encode()).hexdigest()[:12]
        index = self._index(generation, key)
        engine = Engine(
            generation,
            fingerprint,
            encoder,
            Chunker(encoder.count_tokens, encoder.max_tokens),
            index,
            HybridRetriever(index, generation, self._settings.fusion_weight),
        )
        index.open()
        self._by_generation[generation] = engine
        return engine

    def of(self, connection: Connection) -> Engine:
        """The engine of the generation that is current in the caller's snapshot.

        Raises:
            ModelUnavailable: another process has made one current whose model this one cannot load.
        """
        current = generations.current_generation(connection)
        engine = self._by_generation.get(current.id) or self._retired.get(current.id)
        return engine if engine is not None else self._follow(current)

    @property
    def current(self) -> Engine:
        """The engine of the generation that is current now."""
        with self._database.read() as connection:
            return self.of(connection)

    def _follow(self, current: generations.Generation) -> Engine:
        with self._opening:
            engine = self._by_generation.get(current.id)
            if engine is not None:
                return engine
            encoder = self._encoder_of(current.fingerprint)
            if encoder is None:
                raise ModelUnavailable(
                    f"The corpus is embedded with {current.fingerprint} now, which this process cannot load.",
                    "Start it again with the ASSISTANT_EMBEDDING_MODEL of the other processes.",
                )
            return self.open(current.id, current.fingerprint, encoder)

    def _index(self, generation: int, key: str) -> VectorIndex:
        if self._server is not None:
            return SharedIndex(self._database, self._server, generation, key)
        return IndexSupervisor(self._database, self._settings.data_dir / "index", generation, key)

    def retire(self, generation: int) -> None:
        """Close and forget an engine that no new reader can need."""
        engine = self._by_generation.pop(generation, None)
        if engine is not None:
            self._retired = {generation: engine}
            engine.index.close()

    def retire_others(self, generation: int) -> None:
        """Retire every engine but one."""
        for other in list(self._by_generation):
            if other != generation:
                self.retire(other)

    def close(self) -> None:
        """Close every index."""
        for generation in list(self._by_generation):
            self.retire(generation)
