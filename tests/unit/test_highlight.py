"""Blocks with a marked span: whatever the text, what is marked is what the offsets say."""

from __future__ import annotations

from itertools import pairwise
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from assistant.models import Block, BlockKind
from assistant.server.highlight import Group, Piece, Span, show

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
KINDS: st.SearchStrategy[BlockKind] = st.sampled_from(get_args(BlockKind))


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, tuple[Block, ...]]:
    text, blocks = "", []
    for _ in range(draw(st.integers(0, 6))):
        text += draw(st.sampled_from(["", "\n", "\n\n", "- ", "3. ", "left over\n"]))
        start = len(text)
        text += draw(TEXT.filter(bool))
        blocks.append(Block(start, len(text), draw(KINDS), draw(st.integers(1, 6))))
    return text + draw(st.sampled_from(["", "\n", " left over"])), tuple(blocks)


def pieces(groups: list[Group]) -> list[Piece]:
    return [piece for group in groups for block in group.blocks for cell in block.cells for piece in cell]


def whole(text: str, blocks: tuple[Block, ...]) -> bool:
    """Whether the blocks hold the whole text, with nothing but white space between them and no cells to take apart."""
    starts = [*(block.start for block in blocks), len(text)]
    ends = [0, *(block.end for block in blocks)]
    between = "".join(text[end:start] for end, start in zip(ends, starts, strict=True))
    return not between.strip() and not any(block.kind == "table_row" for block in blocks)


@given(documents(), st.integers(-2, 200), st.integers(-2, 200))
def test_what_is_marked_is_the_span(document: tuple[str, tuple[Block, ...]], start: int, end: int) -> None:
    text, blocks = document
    found = pieces(show(text, blocks, Span(start, end)))
    marked = [piece for piece in found if piece.marked]
    if not 0 <= start < end <= len(text):
        assert not marked
        return
    assert all(piece.text in text[start:end] for piece in marked)
    if whole(text, blocks):
        inside = "".join(text[max(block.start, start) : min(block.end, end)] for block in blocks)
        assert "".join(piece.text for piece in marked) == inside
    assert [piece.first for piece in marked] == [True] * bool(marked) + [False] * (len(marked) - 1)


@given(documents())
def test_nothing_of_the_text_is_lost(document: tuple[str, tuple[Block, ...]]) -> None:
    text, blocks = document
    groups = show(text, blocks)
    shown = "".join(piece.text for piece in pieces(groups))
    markers = "".join(block.marker for group in groups for block in group.blocks)
    kept = sorted("".join((shown + markers).split()))
    dropped = "|-"  # the separators of cells, and the bullets that the list itself draws
    assert [c for c in kept if c not in dropped] == [c for c in sorted("".join(text.split())) if c not in dropped]


@given(st.lists(st.integers(1, 6), min_size=1, max_size=12))
def test_headings_never_skip_a_depth(levels: list[int]) -> None:
    blocks = tuple(Block(2 * n, 2 * n + 1, "heading", level) for n, level in enumerate(levels))
    depths = [group.blocks[0].depth for group in show("x " * len(levels), blocks)]
    assert depths[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(depths))


def test_rows_with_as_many_cells_are_one_table_and_numbers_stay() -> None:
    text = "a | b\nc | d\n\n1. one\n2. two\n\n- dot"
    blocks = (
        Block(0, 5, "table_row"),
        Block(6, 11, "table_row"),
        Block(16, 19, "list_item"),
        Block(23, 26, "list_item"),
        Block(30, 33, "list_item"),
    )
    table, numbered = show(text, blocks, Span(4, 7))
    assert [[cell[0].text for cell in row.cells] for row in table.blocks] == [["a", "b"], ["c", "d"]]
    assert [item.marker for item in numbered.blocks] == ["1.", "2.", ""]
    marked = [piece.text for piece in pieces([table]) if piece.marked]
    assert marked == ["b", "c"]


def test_a_page_is_told_where_it_begins() -> None:
    blocks = (Block(0, 1, page=1), Block(2, 3, page=1), Block(4, 5, page=2))
    assert [group.blocks[0].page for group in show("a b c", blocks)] == [1, None, 2]
