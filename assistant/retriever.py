"""The corpus as a retriever of LangChain: ranked passages as its documents, for chains and agents."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import Field, InstanceOf

from assistant.catalogs import existing_corpus
from assistant.models import Filters, RetrievedPassage
from assistant.server.links import Links
from assistant.services import Services, open_services
from assistant.settings import load_settings


class CorpusRetriever(BaseRetriever):
    """Passages nearest to a query by meaning and words, best first.

    A document's ``id`` is the passage's, its ``page_content`` is ``text[start:end]`` of the cited version, and its
    metadata says where it is from: ``document_id``, ``version``, ``start``, ``end``, ``title``, ``url`` (never empty),
    ``source``, ``published_at`` and ``score``.

    Args:
        services: opened services; ``CorpusRetriever.open`` opens them itself.
        k: most passages.
        filters: which part of the corpus may be used.

    Raises:
        InvalidQuestion: (on use) the query is empty.
        TooLarge: (on use) the query is longer than allowed.
    """

    services: InstanceOf[Services]
    k: int = Field(default=5, ge=1, le=100)
    filters: Filters = Filters()

    @classmethod
    @contextmanager
    def open(cls, data_dir: Path | str | None = None, **options: Any) -> Iterator[CorpusRetriever]:
        """A retriever over the corpus in a data directory, which no other process may use meanwhile.

        Args:
            data_dir: where the corpus is; by default as ``ASSISTANT_DATA_DIR`` says.
            options: ``k`` and ``filters``.

        Raises:
            NotFound: there is no corpus.
            DataDirectoryLocked: another process uses it.
        """
        settings = load_settings(data_dir=None if data_dir is None else Path(data_dir))
        existing_corpus(settings)
        with open_services(settings) as services:
            yield cls(services=services, **options)

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:  # noqa: ARG002  # LangChain's signature
        links = Links.outside(self.services.settings)
        return [_document(found, links) for found in self.services.asker.search(query, self.filters, self.k)]


def _document(found: RetrievedPassage, links: Links) -> Document:
    passage, metadata = found.passage, found.metadata
    return Document(
        id=passage.id,
        page_content=passage.text,
        metadata={
            "document_id": passage.document_id,
            "version": passage.version,
            "start": passage.start,
            "end": passage.end,
            "title": metadata.title or passage.document_id,
            "url": links.passage(found),
            "source": metadata.source,
            "published_at": metadata.published_at,
            "score": found.score,
        },
    )
