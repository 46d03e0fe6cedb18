"""The text of a structured document, written out block by block with the span of each kept."""

from __future__ import annotations

import re

from assistant.curation.loaders.limits import Limits
from assistant.curation.loaders.text import clean_text
from assistant.errors import TooLarge
from assistant.models import Block, BlockKind

_SPACES = re.compile(r"[ \t\r\f\v\u00a0\u2028\u2029]+")
_AROUND_BREAK = re.compile(r" ?\n ?")
_TOGETHER = ("list_item", "table_row")  # one a line; every other block stands between blank lines


def folded(text: str) -> str:
    """Text of markup as it reads: hidden characters and soft hyphens gone, runs of spaces one space."""
    visible = clean_text(text).replace("\u00ad", "")
    return _AROUND_BREAK.sub("\n", _SPACES.sub(" ", visible)).strip()


class TextBuilder:
    """Collects blocks into one text.

    Raises:
        TooLarge: from ``add``, as soon as the text is over its limit of characters.
    """

    def __init__(self, limits: Limits, label: str = "The file") -> None:
        """Start an empty text; ``label`` is what messages call the file."""
        self._pieces: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0
        self._limits = limits
        self._label = label

    def __len__(self) -> int:
        """Characters so far."""
        return self._length

    def add(
        self, text: str, kind: BlockKind = "paragraph", *, level: int = 0, page: int | None = None, marker: str = ""
    ) -> None:
        """Append a block; ``marker`` ("- ", "1. ") stands before it in the text and outside its span."""
        if not text or text.isspace():
            return
        if self._length + len(text) > self._limits.characters:
            raise TooLarge(
                f"{self._label} has more than {self._limits.characters:,} characters of text.",
                "Split it into several documents.",
            )
        if self._blocks:
            before = self._blocks[-1].kind
            self._append("\n" if kind == before and kind in _TOGETHER else "\n\n")
        self._append(marker)
        start = self._length
        self._append(text)
        self._blocks.append(Block(start, self._length, kind, level, page))

    def _append(self, piece: str) -> None:
        self._pieces.append(piece)
        self._length += len(piece)

    def finish(self) -> tuple[str, tuple[Block, ...]]:
        """The whole text and its blocks."""
        return "".join(self._pieces), tuple(self._blocks)

    def first_heading(self) -> str | None:
        """The words of the outermost heading that comes first, for documents that state no title."""
        headings = [block for block in self._blocks if block.kind == "heading"]
        if not headings:
            return None
        block = min(headings, key=lambda heading: (heading.level, heading.start))
        return "".join(self._pieces)[block.start : block.end]
