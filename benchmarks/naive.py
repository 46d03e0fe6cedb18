"""The usual recipe, to measure against: LangChain's splitter, sentence-transformers and Chroma, as tutorials have it.

    python -m benchmarks.naive import FILES STORE   a folder of texts into a new store; prints what it took
    python -m benchmarks.naive fill CATALOG STORE   the same passages and vectors as a catalog holds
    python -m benchmarks.naive serve STORE          a question a line on standard input; prints milliseconds

Everything is as a newcomer gets it: ``RecursiveCharacterTextSplitter`` with 1,000 and 200 characters, the model by
``SentenceTransformer`` in single precision and batches of 32, ``Chroma.from_documents``, the four nearest chunks.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from langchain_chroma import Chroma
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

from assistant.index.embedding import packaged

CHUNK_CHARS, OVERLAP_CHARS, NEAREST = 1_000, 200, 4
PAGE = 5_000  # passages filled in at once; Chroma takes no more


class HubEmbeddings(Embeddings):
    """What ``langchain_huggingface.HuggingFaceEmbeddings`` does with all-MiniLM-L6-v2 and nothing else given.

    That package cannot be installed beside the assistant's other ones.
    """

    def __init__(self) -> None:
        from sentence_transformers import SentenceTransformer

        self._model = SentenceTransformer(str(packaged()))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """A vector each, in batches of 32."""
        cleaned = [text.replace("\n", " ") for text in texts]
        vectors: list[list[float]] = self._model.encode(cleaned, show_progress_bar=False).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """A question's vector."""
        return self.embed_documents([text])[0]


class _Known(Embeddings):
    """Vectors that are there already."""

    vectors: list[list[float]]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self.vectors[: len(texts)]

    def embed_query(self, text: str) -> list[float]:
        raise NotImplementedError(text)


def build(texts: Iterable[tuple[str, str]], folder: Path, embeddings: Embeddings | None = None) -> Chroma:
    """A store of (document id, text) pairs in ``folder``."""
    return Chroma.from_documents(list(chunks(texts)), embeddings or HubEmbeddings(), persist_directory=str(folder))


def chunks(texts: Iterable[tuple[str, str]]) -> Iterator[Document]:
    """The recipe's passages."""
    splitter = RecursiveCharacterTextSplitter(chunk_size=CHUNK_CHARS, chunk_overlap=OVERLAP_CHARS)
    for document_id, text in texts:
        for piece in splitter.split_text(text):
            yield Document(piece, metadata={"document_id": document_id})


def retrieve(store: Chroma, question: str) -> list[Document]:
    """The nearest chunks, of which the first is the answer."""
    return store.similarity_search(question, k=NEAREST)


def _import(files: Path, store: Path) -> dict[str, Any]:
    embeddings = HubEmbeddings()
    embeddings.embed_query("ready")
    began, used = time.perf_counter(), time.process_time()
    texts = [(path.stem, path.read_text(encoding="utf-8")) for path in sorted(files.glob("*.md"))]
    documents = list(chunks(texts))
    split = time.perf_counter() - began
    Chroma.from_documents(documents, embeddings, persist_directory=str(store))
    seconds, used = time.perf_counter() - began, time.process_time() - used
    return {"passages": len(documents), "seconds": seconds, "split_s": split, "processor_s": used}


def _fill(catalog: Path, store: Path) -> None:
    """Add what is missing in the order of the catalog, so that a fill that was cut short goes on."""
    from assistant.index.catalog import live_passages, stream_vectors
    from assistant.index.database import Database
    from assistant.index.generations import current_generation
    from assistant.models import Filters

    known = _Known()
    filled = Chroma(embedding_function=known, persist_directory=str(store))
    there, seen = filled._collection.count(), 0
    database = Database(catalog)
    with database.read() as connection:
        for seqs, matrix in stream_vectors(connection, current_generation(connection).id, page=PAGE):
            seen += len(seqs)
            if seen <= there:
                continue
            passages = live_passages(connection, seqs, Filters())
            known.vectors = matrix.tolist()
            filled.add_texts(
                [passages[seq].passage.text for seq in seqs],
                [{"document_id": passages[seq].passage.document_id} for seq in seqs],
                ids=[str(seq) for seq in seqs],
            )
            print(f"naive recipe: {seen:,} passages", file=sys.stderr, flush=True)
    database.close()


def _serve(folder: Path) -> None:
    began = time.perf_counter()
    store = Chroma(embedding_function=HubEmbeddings(), persist_directory=str(folder))
    retrieve(store, "ready")
    print(time.perf_counter() - began, flush=True)
    for line in sys.stdin:
        began = time.perf_counter()
        retrieve(store, line.rstrip("\n"))
        print((time.perf_counter() - began) * 1000, flush=True)


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["import", "fill", "serve"])
    parser.add_argument("places", type=Path, nargs="+")
    given = parser.parse_args()
    if given.what == "serve":
        _serve(*given.places)
    elif given.what == "fill":
        _fill(*given.places)
    else:
        print(json.dumps(_import(*given.places)))


if __name__ == "__main__":
    main()
