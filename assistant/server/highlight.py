"""A version's text as blocks to show, with a span of it marked.

Offsets are code points, as everywhere. The pieces of all blocks together are the text without the white space between
blocks, so what is marked is what is cited.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from assistant.models import Block, BlockKind

CELL_SEPARATOR = " | "  # as the loaders join the cells of a row
_RUNS: frozenset[BlockKind] = frozenset({"list_item", "table_row"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text, marked or not."""

    text: str
    marked: bool = False
    first: bool = False  # the first marked piece: what links point at


Cell = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One block: its pieces, by cell where it is a row of a table."""

    kind: BlockKind
    cells: tuple[Cell, ...]
    depth: int = 0  # of a heading: 1 is the outermost, and none is skipped
    marker: str = ""  # of a list item that is numbered: "3."
    page: int | None = None  # where a page of the original begins with this block


@dataclass(frozen=True, slots=True)
class Group:
    """Blocks that belong in one element: a whole list, a whole table, or a single block."""

    kind: BlockKind
    blocks: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """What to mark: ``text[start:end]``."""

    start: int
    end: int

    def inside(self, text: str) -> bool:
        """Whether the span is a piece of ``text``."""
        return 0 <= self.start < self.end <= len(text)


def show(text: str, blocks: Sequence[Block], span: Span | None = None) -> list[Group]:
    """``text`` in the order of reading.

    Args:
        text: a version's text.
        blocks: its blocks, in order. What they leave out, other than a list item's marker, is shown as a paragraph.
        span: what to mark; one that is not inside ``text`` marks nothing.
    """
    marking = _Marking(text, span if span and span.inside(text) else None)
    shown = list(_shown(text, blocks, marking))
    groups: list[Group] = []
    for kind, together in groupby(shown, key=lambda block: block.kind):
        if kind in _RUNS:
            groups.extend(_runs(kind, tuple(together)))
        else:
            groups.extend(Group(kind, (block,)) for block in together)
    return groups


def _runs(kind: BlockKind, blocks: tuple[Shown, ...]) -> Iterator[Group]:
    """A list is one element; rows are one table as long as they have as many cells as the row before."""
    if kind == "list_item":
        yield Group(kind, blocks)
        return
    for _, rows in groupby(blocks, key=lambda row: len(row.cells)):
        yield Group(kind, tuple(rows))


def _shown(text: str, blocks: Sequence[Block], marking: _Marking) -> Iterator[Shown]:
    depths = _Depths()
    at, page = 0, None
    for block in blocks:
        between = text[at : block.start].strip()
        if between and block.kind != "list_item":
            yield Shown("paragraph", (marking.pieces(at, block.start),))
        yield Shown(
            block.kind,
            tuple(marking.cells(block)) if block.kind == "table_row" else (marking.pieces(block.start, block.end),),
            depths.of(block.level) if block.kind == "heading" else 0,
            between if block.kind == "list_item" and any(c.isalnum() for c in between) else "",
            block.page if block.page != page else None,
        )
        at, page = block.end, block.page
    if text[at:].strip():
        yield Shown("paragraph", (marking.pieces(at, len(text)),))


class _Depths:
    """Heading levels as depths without gaps, because a document may jump from level 1 to level 4."""

    def __init__(self) -> None:
        self._open: list[int] = []

    def of(self, level: int) -> int:
        while self._open and self._open[-1] >= level:
            self._open.pop()
        self._open.append(level)
        return len(self._open)


class _Marking:
    """Cuts stretches of a text where the span begins and ends."""

    def __init__(self, text: str, span: Span | None) -> None:
        self._text = text
        self._span = span
        self._begun = False

    def pieces(self, start: int, end: int) -> Cell:
        span = self._span
        if span is None or span.end <= start or span.start >= end:
            return (Piece(self._text[start:end]),) if start < end else ()
        low, high = max(span.start, start), min(span.end, end)
        first, self._begun = not self._begun, True
        cut = (
            Piece(self._text[start:low]),
            Piece(self._text[low:high], marked=True, first=first),
            Piece(self._text[high:end]),
        )
        return tuple(piece for piece in cut if piece.text)

    def cells(self, block: Block) -> Iterator[Cell]:
        at = block.start
        for cell in self._text[block.start : block.end].split(CELL_SEPARATOR):
            yield self.pieces(at, at + len(cell))
            at += len(cell) + len(CELL_SEPARATOR)
