"""The usual recipe, to measure against: LangChain's splitter, the same encoder, Chroma, the four nearest chunks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from langchain_chroma import Chroma
from langchain_core.documents import Document
from langchain_text_splitters import RecursiveCharacterTextSplitter

from assistant.index.torch_encoder import SentenceTransformerEncoder

CHUNK_CHARS, OVERLAP_CHARS, NEAREST = 1_000, 200, 4


def build(texts: Iterable[tuple[str, str]], folder: Path) -> Chroma:
    """A store of (document id, text) pairs in ``folder``."""
    splitter = RecursiveCharacterTextSplitter(chunk_size=CHUNK_CHARS, chunk_overlap=OVERLAP_CHARS)
    store = Chroma(embedding_function=SentenceTransformerEncoder(), persist_directory=str(folder))
    chunks = [
        Document(piece, metadata={"document_id": document_id})
        for document_id, text in texts
        for piece in splitter.split_text(text)
    ]
    store.add_documents(chunks)
    return store


def retrieve(store: Chroma, question: str) -> list[Document]:
    """The nearest chunks, of which the first is the answer."""
    return store.similarity_search(question, k=NEAREST)
