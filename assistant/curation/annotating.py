"""What the language model finds in a document: the sentences that passages are made of, and the statements.

Both come from one parse, which costs about as much as the vectors do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from assistant.curation.sentences import Span, sentence_spans
from assistant.curation.statements import StatementExtractor
from assistant.language import Language, Parses
from assistant.models import LoadedDocument, Statement


@dataclass(frozen=True, slots=True)
class Annotations:
    """Where sentences stand in a text, and who says what in it."""

    sentences: tuple[tuple[Span, ...], ...]  # of each block
    statements: tuple[Statement, ...]


class Annotator(Protocol):
    """Annotates documents, here or in another process."""

    def annotate(self, document: LoadedDocument) -> Annotations:
        """Sentences and statements of a document."""


class LanguageAnnotator:
    """Annotates in this process, one text at a time.

    Args:
        language: the parser.
        extractor: finds statements in what it parses.
    """

    def __init__(self, language: Language, extractor: StatementExtractor) -> None:
        self._language = language
        self._extractor = extractor

    def annotate(self, document: LoadedDocument) -> Annotations:
        """Sentences and statements of a document."""
        parses = Parses(self._language)
        sentences = sentence_spans(parses, document.text, document.blocks)
        published = document.metadata.published_at
        return Annotations(sentences, self._extractor.extract(document.text, published, document.blocks, parses))
