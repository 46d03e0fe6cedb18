"""What one file may cost: the caps every loader keeps and the sandbox enforces."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps for reading one file; going over any of them raises ``TooLarge``."""

    bytes: int = 50 * MEBIBYTE  # size of the file; an archive may inflate to four times this
    pages: int = 5_000  # of a PDF
    characters: int = 5_000_000  # of all documents of the file together
    documents: int = 100_000  # in one CSV, JSONL or feed
    blocks: int = 500_000  # paragraphs, list items and rows of all documents of the file together
    seconds: float = 60.0  # wall-clock and CPU time, each
    memory: int = 1024 * MEBIBYTE  # address space of the process that reads

    @property
    def inflated_bytes(self) -> int:
        """How large the members of an archive may be together once inflated."""
        return 4 * self.bytes
