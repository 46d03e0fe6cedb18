"""Made-up corpora whose every sentence says which document and version it is from, and an encoder that is quick."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assistant.curation.loaders import blocks_of_text
from assistant.index import writer
from assistant.index.embedding import EncoderInput
from assistant.index.records import content_digest
from assistant.models import LoadedDocument, Metadata
from assistant.services import Services

FloatArray = NDArray[np.float32]

PLACES = "harbour orchard bridge station market library castle garden tower mill quarry chapel".split()
VERBS = "visits leaves repairs paints measures closes opens describes guards sells rents photographs".split()


class SignEncoder:
    """A vector of signs for each word, summed: different sentences differ, and nothing has to load.

    This is random indexing (Sahlgren 2005) with dense vectors.

    Args:
        dimension: of the vectors.
        max_tokens: the window in words; a small one makes a passage of every sentence.
    """

    def __init__(self, dimension: int = 64, max_tokens: int = 10) -> None:
        self.dimension = dimension
        self.max_tokens = max_tokens
        self.fingerprint = f"signs-{dimension}-{max_tokens}"
        self.encoded = 0  # passages so far

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def encode_question(self, question: str) -> FloatArray:
        return self._vector(question)

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[tuple[FloatArray, FloatArray]]:
        self.encoded += len(inputs)
        return [
            (self._vector(item.full), np.stack([self._vector(item.text[start:end]) for start, end in item.sentences]))
            for item in inputs
        ]

    def _vector(self, text: str) -> FloatArray:
        total = np.full(self.dimension, 1e-3, dtype=np.float32)
        for word in text.lower().split():
            total += _signs(word.strip(".,;:!?"), self.dimension)
        return total / np.linalg.norm(total)


@lru_cache(maxsize=50_000)
def _signs(word: str, dimension: int) -> FloatArray:
    seed = hashlib.shake_128(word.encode("utf-8", "surrogatepass")).digest(-(-dimension // 8))
    return np.unpackbits(np.frombuffer(seed, dtype=np.uint8))[:dimension].astype(np.float32) * 2 - 1


def text_of(name: str, version: int, sentences: int) -> str:
    """A text of so many sentences, none of which occurs in another document or version."""
    order = random.Random(f"{name} {version}")
    return "\n\n".join(
        f"Clerk {name}x{number} {order.choice(VERBS)} the {order.choice(PLACES)} e{version}."
        for number in range(sentences)
    )


def loaded(text: str, title: str = "Clerks", source: str | None = None) -> LoadedDocument:
    return LoadedDocument(text, tuple(blocks_of_text(text)), Metadata(title=title, source=source))


def store(services: Services, texts: Mapping[str, str], batch: int = 100) -> None:
    """Write documents into the catalog without parsing them: a passage each paragraph, no statements.

    The index does not learn of them; rebuild it afterwards.
    """
    engine = services.engines.current
    names = list(texts)
    for start in range(0, len(names), batch):
        with services.database.write() as connection:
            for name in names[start : start + batch]:
                document = loaded(texts[name])
                parts = [(b.start, b.end, texts[name][b.start : b.end]) for b in document.blocks]
                inputs = [EncoderInput(document.metadata.title, part, ((0, len(part)),)) for _, _, part in parts]
                encoded = engine.encoder.encode_passages(inputs)
                vectors = [writer.PassageVectors(i.digest, *e) for i, e in zip(inputs, encoded, strict=True)]
                drafts = [
                    writer.PassageDraft(begin, end, part, (), ((begin, end),), None, item.digest)
                    for (begin, end, part), item in zip(parts, inputs, strict=True)
                ]
                writer.store_vectors(connection, engine.generation, vectors)
                generation, sha = engine.generation, content_digest(document)
                number, _ = writer.stage_version(
                    connection, name, document, sha, drafts, generation=generation, origin="test", by="tests"
                )
                writer.publish_version(
                    connection,
                    name,
                    number,
                    (),
                    generation=generation,
                    origin="test",
                    path=None,
                    by="tests",
                    action="added",
                )


def record(document_id: str, text: str) -> bytes:
    """A line of JSON as ``import`` takes it."""
    return json.dumps({"id": document_id, "title": "Clerks", "text": text}).encode()


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
