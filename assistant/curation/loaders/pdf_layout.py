"""From pieces of text placed on pages to paragraphs, headings, list items and table rows.

A PDF says where glyphs stand, not what they are. What is read off here is only what typesetters do consistently:
headings are larger or bold, paragraphs leave a gap or an indent, list items begin with a mark, the cells of a
table row share a base line and keep their distance, and headers and footers repeat from page to page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from assistant.models import BlockKind

_EM, _MONOSPACED_EM = 0.5, 0.6  # mean width of a character in units of the font size
_CELL_GAP, _FLOWING_CELL_GAP = 1.5, 3.0  # font sizes of white that part two cells
_HEADING_SIZE = 1.15  # times the body's size
_MAX_HEADING, _LONGEST_MARK = 200, 8  # characters
_PARAGRAPH_GAP = 1.25  # times the usual distance of two lines
_EDGE_LINES = 2  # at the top and the bottom of a page, where headers and footers stand
_BULLETS = "\u2022\u2023\u25e6\u2043\u2219\u25aa\u25cf\u25cb\u25a0\u00b7\uf0b7\uf0a7\u2013-*\x7f"
_BULLET = re.compile(rf"[{re.escape(_BULLETS)}](?:\s+|$)")
_NUMBER = re.compile(r"\(?(?:\d{1,3}|[a-z])[.)](?:\s+|$)")
_BARE_NUMBER = re.compile(r"\d{1,3}$")
_SENTENCE_END = re.compile(r"[.!?:;\u2026]['\"\u201d\u2019\u00bb)\]]*\d{0,3}$")
_ENDS_IN_HYPHEN = re.compile(r"\S[-\u2010\u00ad]$")
_TAIL = 64  # characters at the end of a line that are looked at for how it ends
_HYPHENATED = re.compile(r"(\w+)[-\u2010\u00ad]$")
_LEADERS = re.compile(r"(?:\. ?){4,}")
_FIGURES = re.compile(r"\d+|\b[ivxlc]+\b")
_WORD = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text in one font; ``x`` and ``y`` in points from the lower left corner, ``size`` in points."""

    text: str
    x: float
    y: float
    size: float
    page: int
    bold: bool = False
    monospaced: bool = False

    @property
    def end(self) -> float:
        """About where the run ends on its right."""
        return self.x + len(self.text.strip("\r\n")) * (_MONOSPACED_EM if self.monospaced else _EM) * self.size


@dataclass(frozen=True, slots=True)
class Row:
    """What stands on one base line: one cell in running text, several in a table."""

    cells: tuple[str, ...]
    x: float
    y: float
    end: float
    size: float
    page: int
    bold: bool

    @property
    def text(self) -> str:
        """The whole line."""
        return " ".join(self.cells)

    @property
    def width(self) -> float:
        """About how wide the line is, in points."""
        return self.end - self.x


@dataclass(frozen=True, slots=True)
class Element:
    """A block of the document before it is written out."""

    text: str
    kind: BlockKind
    page: int
    level: int = 0
    marker: str = ""


def rows_of(pieces: Iterable[Piece]) -> list[Row]:
    """The lines of a page, in the order in which the file draws them."""
    rows: list[_OpenRow] = []
    flowing = False  # the piece before did not end its line, so that a space may only part two words
    for piece in pieces:
        if not piece.text.strip():
            continue
        if rows and rows[-1].takes(piece):
            rows[-1].append(piece, _FLOWING_CELL_GAP if flowing and piece.text[0].isspace() else _CELL_GAP)
        else:
            rows.append(_OpenRow(piece))
        flowing = not piece.text.endswith("\n")
    return [row.close() for row in rows]


class _OpenRow:
    """A line that pieces are still added to."""

    def __init__(self, piece: Piece) -> None:
        self._first = self._longest = piece
        self._end = piece.end
        self._cells = [[piece.text.strip("\r\n")]]
        self._length = len(piece.text)

    def takes(self, piece: Piece) -> bool:
        """Whether a piece stands on this line's base line, allowing for figures raised or lowered."""
        near = abs(piece.y - self._first.y) <= 0.5 * min(piece.size, self._longest.size)
        return near and piece.x >= self._first.x

    def append(self, piece: Piece, gap: float) -> None:
        """Add a piece, to the last cell unless ``gap`` font sizes of white or a list mark part them."""
        text = piece.text.strip("\r\n")
        marked = self._length <= _LONGEST_MARK and _is_mark("".join(self._cells[-1]))
        if piece.x - self._end > gap * self._longest.size or marked:
            self._cells.append([text])
        else:
            self._cells[-1].append(text)
        self._end = max(self._end, piece.end)
        self._length += len(text)
        if len(text) > len(self._longest.text):
            self._longest = piece

    def close(self) -> Row:
        """The line as it stands; its longest piece decides the size and the weight."""
        cells = tuple(cell for cell in ("".join(parts).strip() for parts in self._cells) if cell)
        first, longest = self._first, self._longest
        return Row(cells, first.x, first.y, self._end, longest.size, first.page, longest.bold)


def without_furniture(pages: list[list[Row]]) -> tuple[list[list[Row]], int]:
    """The pages without running headers, footers and page numbers, and how many such lines there were."""
    body = _body_size([row for rows in pages for row in rows])
    edges = [_edges(rows, body) for rows in pages]
    texts = Counter(key for rows in edges for key in {_furniture_key(row) for row in rows})
    often = max(3, len(pages) // 3)
    repeated = {key for key, count in texts.items() if count >= often}
    heights = {height for _, height in repeated}
    kept: list[list[Row]] = []
    removed = 0
    for rows, outermost in zip(pages, edges, strict=True):
        furniture = {id(row) for row in outermost if _is_furniture(row, repeated, heights, len(pages))}
        kept.append([row for row in rows if id(row) not in furniture])
        removed += len(furniture)
    return kept, removed


def elements_of(pages: list[list[Row]]) -> list[Element]:
    """The blocks of the document in reading order."""
    rows = [row for page in pages for row in page]
    if not rows:
        return []
    reader = _Reader(rows)
    elements = list(reader.elements(rows))
    return _joined_over_pages(elements, reader.vocabulary)


def joined_lines(first: str, second: str, vocabulary: Counter[str]) -> str:
    """Two lines as one text; a hyphen at the end of the first goes where it only served to break a word.

    It stays before capitals and figures, where the document writes the word with it elsewhere, and where both
    halves are words of the document and the whole is not ("long-term").
    """
    if not _ENDS_IN_HYPHEN.search(first[-2:]) or not second[:1].isalnum():
        return f"{first} {second}"
    match = _HYPHENATED.search(first[-_TAIL:])
    following = _WORD.match(second)
    if not match or not following or not following[0][0].islower():
        return f"{first}{second}"
    head, tail = match[1].lower(), following[0].lower().partition("-")[0]
    whole, compound = head + tail, f"{head}-{tail}"
    keep = vocabulary[compound] > vocabulary[whole] or (not vocabulary[whole] and vocabulary[head] and vocabulary[tail])
    return f"{first[:-1]}-{second}" if keep else f"{first[:-1]}{second}"


def _whole_words(line: str) -> str:
    """A line without the half word that a hyphen leaves at its end."""
    return line[:-_TAIL] + _HYPHENATED.sub("", line[-_TAIL:])


def _ends_sentence(text: str) -> bool:
    return bool(_SENTENCE_END.search(text[-_TAIL:]))


def _edges(rows: list[Row], body: float) -> list[Row]:
    """The highest and the lowest line of a page with what stands close to them; headings are never furniture."""
    by_height = sorted(rows, key=lambda row: -row.y)
    edges: dict[int, Row] = {}
    for ordered in (by_height, by_height[::-1]):
        for row in ordered[:_EDGE_LINES]:
            if row.size >= body * _HEADING_SIZE or abs(row.y - ordered[0].y) > 2 * row.size:
                break
            edges[id(row)] = row
    return list(edges.values())


def _furniture_key(row: Row) -> tuple[str, int]:
    """A line with its figures blotted out and its height: page numbers differ, their place does not."""
    return _FIGURES.sub("#", row.text), round(row.y / 4)


def _is_furniture(row: Row, repeated: set[tuple[str, int]], heights: set[int], pages: int) -> bool:
    key = _furniture_key(row)
    if key in repeated:
        return True
    numbered = key[0].startswith("#") or key[0].endswith("#")
    return (key[0] == "#" and pages >= 3) or (numbered and key[1] in heights)


def _body_size(rows: Iterable[Row]) -> float:
    """The font size that most characters have, in points, to the nearest half."""
    sizes: Counter[float] = Counter()
    for row in rows:
        sizes[round(row.size * 2) / 2] += len(row.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _is_mark(text: str) -> bool:
    text = text.strip()
    return bool(_BULLET.fullmatch(text) or _NUMBER.fullmatch(text) or _BARE_NUMBER.fullmatch(text))


class _Reader:
    """Knows the document's usual size, leading and words, and reads its lines by them."""

    def __init__(self, rows: list[Row]) -> None:
        self._body = _body_size(rows)
        self.vocabulary = Counter(word.lower() for row in rows for word in _WORD.findall(_whole_words(row.text)))
        larger = {round(row.size * 2) / 2 for row in rows if row.size >= self._body * _HEADING_SIZE}
        self._levels = {size: min(level, 6) for level, size in enumerate(sorted(larger, reverse=True), 1)}
        gaps = Counter(
            round(above.y - below.y)
            for above, below in pairwise(rows)
            if above.page == below.page and 0 < above.y - below.y < 3 * self._body
        )
        self._leading = gaps.most_common(1)[0][0] if gaps else 1.2 * self._body
        self._width = sorted(row.width for row in rows)[len(rows) * 9 // 10]

    def elements(self, rows: list[Row]) -> Iterator[Element]:
        current: Element | None = None
        last: Row | None = None
        for row in rows:
            element = self._element(row)
            if current is not None and last is not None and self._continues(current, element, last, row):
                text = joined_lines(current.text, element.text, self.vocabulary)
                current = replace(current, text=text)
            else:
                if current is not None:
                    yield current
                current = element
            last = row
        if current is not None:
            yield current

    def _element(self, row: Row) -> Element:
        level = self._heading_level(row)
        if level:
            return Element(row.text, "heading", row.page, level)
        if len(row.cells) > 1 and _is_mark(row.cells[0]):
            mark, text = row.cells[0], " ".join(row.cells[1:])
            return Element(text, "list_item", row.page, marker=_marker(mark))
        if len(row.cells) > 1:
            return Element(" | ".join(row.cells), "table_row", row.page)
        match = _BULLET.match(row.text) or _NUMBER.match(row.text)
        if match and match.end() < len(row.text):
            return Element(row.text[match.end() :], "list_item", row.page, marker=_marker(match[0]))
        return Element(row.text, "paragraph", row.page)

    def _heading_level(self, row: Row) -> int:
        if len(row.text) > _MAX_HEADING or not any(c.isalpha() for c in row.text) or _LEADERS.search(row.text):
            return 0
        level = self._levels.get(round(row.size * 2) / 2, 0) if row.size >= self._body * _HEADING_SIZE else 0
        if level or not row.bold or len(row.cells) > 1:
            return level
        short = row.width < self._width * 0.8 and not _ends_sentence(row.text)
        return min(len(self._levels) + 1, 6) if short and row.size >= self._body * 0.98 else 0

    def _continues(self, current: Element, element: Element, last: Row, row: Row) -> bool:
        """Whether a line goes on with the block of the line above it."""
        if last.page != row.page or (len(last.cells) != len(row.cells) and element.kind != "paragraph"):
            return False
        gap = last.y - row.y
        near = 0 < gap <= _PARAGRAPH_GAP * max(self._leading, 1.1 * row.size)
        if current.kind == "heading" or element.kind == "heading":
            return near and current.kind == element.kind and current.level == element.level
        if element.kind != "paragraph" or current.kind == "table_row" or not near:
            return False
        if current.kind == "list_item":
            return row.x >= last.x - 1 or not _ends_sentence(current.text)
        indented = row.x - last.x > row.size
        short = 0.8 if _ends_sentence(current.text) else 0.6 if element.text[0].isupper() else 0.0
        ended = last.width < self._width * short
        return not indented and not ended


def _marker(mark: str) -> str:
    """A list item's mark as it is stored: every bullet as "- ", numbers as they are."""
    mark = mark.strip()
    if mark in _BULLETS:
        return "- "
    return f"{mark}. " if mark.isdigit() else f"{mark} "


def _joined_over_pages(elements: list[Element], vocabulary: Counter[str]) -> list[Element]:
    """Paragraphs that a page break or column break cuts in the middle of a sentence, whole again."""
    joined: list[Element] = []
    for element in elements:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.kind in ("paragraph", "list_item")
            and element.kind == "paragraph"
            and element.text[0].islower()
            and not _ends_sentence(last.text)
            and element.page - last.page in (0, 1)
        ):
            joined[-1] = replace(last, text=joined_lines(last.text, element.text, vocabulary))
        else:
            joined.append(element)
    return joined
