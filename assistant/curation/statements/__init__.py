"""Who says what: the statements of a document, found when it is added."""

from assistant.curation.statements.extractor import StatementExtractor

__all__ = ["StatementExtractor"]
