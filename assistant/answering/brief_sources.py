"""The list of sources at the end of a brief."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answering.brief_lines import source_line
from assistant.answering.brief_model import BriefItem
from assistant.models import Citation


def source_items(citations: Sequence[Citation]) -> list[BriefItem]:
    """Each version that is cited, in the order of first use, with all citations of it."""
    by_document: dict[tuple[str, int], list[Citation]] = {}
    for citation in citations:
        by_document.setdefault((citation.document_id, citation.version), []).append(citation)
    return [
        BriefItem(source_line(found[0].metadata, *document), tuple(c.number for c in found))
        for document, found in by_document.items()
    ]
