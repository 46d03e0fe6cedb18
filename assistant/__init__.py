"""A briefing assistant over a curated corpus: answers whose every sentence is cited, or a refusal.

``from assistant import CorpusRetriever`` gives LangChain a retriever over the corpus; it is loaded only when asked for,
so that ``import assistant`` stays cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.retriever import CorpusRetriever as CorpusRetriever

__all__ = ["CorpusRetriever"]


def __getattr__(name: str) -> object:
    if name == "CorpusRetriever":
        from assistant.retriever import CorpusRetriever

        return CorpusRetriever
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
