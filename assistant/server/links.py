"""Addresses for other tools: where a citation, a passage or a document can be opened, never empty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from assistant.models import Citation, Metadata, RetrievedPassage
from assistant.server.presentation import citation_url, document_url, passage_url, web_url
from assistant.settings import Settings


@dataclass(frozen=True, slots=True)
class Links:
    """The source's own address where it is one that a browser can follow, else our page of the document.

    Args:
        base: where our own pages are, without a slash at the end.
    """

    base: str

    @classmethod
    def of(cls, request: Request, settings: Settings) -> Links:
        """For the answer to a request: the address that it was sent to, unless a setting names another."""
        return cls((settings.public_url or str(request.base_url)).rstrip("/"))

    @classmethod
    def outside(cls, settings: Settings) -> Links:
        """For answers that no HTTP request asked for, such as those of MCP on stdio."""
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        return cls((settings.public_url or f"http://{host}:{settings.port}").rstrip("/"))

    def citation(self, citation: Citation) -> str:
        """Where the cited words are."""
        return web_url(citation.metadata.url) or self.base + citation_url(citation)

    def passage(self, retrieved: RetrievedPassage) -> str:
        """Where a passage is."""
        return web_url(retrieved.metadata.url) or self.base + passage_url(retrieved)

    def document(self, document_id: str, metadata: Metadata) -> str:
        """Where a document is."""
        return web_url(metadata.url) or self.base + document_url(document_id)


def _links(request: Request) -> Links:
    settings: Settings = request.app.state.services.settings
    return Links.of(request, settings)


LinksDep = Annotated[Links, Depends(_links)]
