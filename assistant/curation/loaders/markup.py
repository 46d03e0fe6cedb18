"""HTML to blocks: pages, chapters, mail bodies and feed entries all come through here.

Only what a reader would see becomes text: no scripts, comments, forms or elements that are styled away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from lxml import etree
from lxml import html as lxml_html

from assistant.curation.loaders.builder import TextBuilder, folded
from assistant.curation.loaders.limits import Limits
from assistant.errors import InvalidDocument
from assistant.models import Block, BlockKind

_SKIPPED = frozenset(
    "head script style noscript template nav form button select textarea iframe object embed svg math audio video "
    "canvas map dialog menu rp rt".split()
)
_BLOCKS = frozenset(
    "html body p div section article main header footer aside address figure figcaption details summary center hr "
    "dl dt dd fieldset caption tbody thead tfoot".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_HIDING_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?!\.?[\d]*[1-9])|opacity\s*:\s*0(?!\.\d*[1-9])", re.I
)
_WHITE_SPACE = re.compile(r"\s+")


def parse_html(markup: str) -> Any:
    """The element tree of a page, however broken its markup; ``None`` when there is no element in it.

    Nothing outside the markup is ever loaded: no entity, no document type, no network.

    Raises:
        InvalidDocument: nested deeper than the parser follows, which would lose text without a word.
    """
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, remove_pis=True, huge_tree=False)
    try:
        tree = lxml_html.document_fromstring(markup.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:
        tree = None
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise InvalidDocument("The HTML is nested too deep to be read whole.", "Save it again more simply.")
    return tree


def append_html(markup: str, builder: TextBuilder) -> None:
    """Add the blocks of an HTML page or fragment to a text."""
    if not markup.strip():
        return
    tree = parse_html(markup)
    if tree is not None:
        append_tree(tree, builder)


def html_blocks(markup: str, limits: Limits, label: str) -> tuple[str, tuple[Block, ...]]:
    """An HTML page or fragment as a text and its blocks."""
    builder = TextBuilder(limits, label)
    append_html(markup, builder)
    return builder.finish()


def remove_hidden(tree: Any) -> None:
    """Take out of a page, in place, the elements that are styled away from its readers."""
    for element in [element for element in tree.iter() if isinstance(element.tag, str) and _is_hidden(element)]:
        if element.getparent() is not None:
            element.drop_tree()


def append_tree(tree: Any, builder: TextBuilder) -> None:
    """Add the blocks of an element tree to a text, in document order."""
    writer = _Writer(builder)
    walk = etree.iterwalk(tree, events=("start", "end", "comment"))
    for event, element in walk:
        if event == "comment":
            writer.characters(element.tail)
        elif event == "start":
            tag = _tag(element)
            if tag in _SKIPPED or _is_hidden(element):
                walk.skip_subtree()
                writer.hidden.append(element)
                continue
            writer.start(tag, element)
            writer.characters(element.text)
        else:
            if writer.hidden and writer.hidden[-1] is element:
                writer.hidden.pop()
            else:
                writer.end(_tag(element))
            if element is not tree:
                writer.characters(element.tail)
    writer.flush()


def _tag(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _is_hidden(element: Any) -> bool:
    attributes = element.attrib
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    style = attributes.get("style")
    return bool(style and _HIDING_STYLE.search(style))


@dataclass(slots=True)
class _Writer:
    """Gathers inline text and writes a block whenever a block-level element begins or ends."""

    builder: TextBuilder
    inline: list[str] = field(default_factory=list)
    hidden: list[Any] = field(default_factory=list)
    lists: list[int | None] = field(default_factory=list)  # next number, None for bullets
    tables: list[bool] = field(default_factory=list)  # whether each open table holds data
    cells: list[list[str]] | None = None
    item: str = ""
    quotes: int = 0
    heading: int = 0
    preformatted: int = 0

    def characters(self, text: str | None) -> None:
        if text:
            self.inline.append(text if self.preformatted else _WHITE_SPACE.sub(" ", text))

    def start(self, tag: str, element: Any) -> None:
        if tag == "br":
            self.inline.append("\n")
        elif tag in _STARTS:
            self.flush()
            _STARTS[tag](self, element)
        elif tag in _BLOCKS:
            self.flush()

    def end(self, tag: str) -> None:
        if tag in _ENDS:
            self.flush()
            _ENDS[tag](self)
        elif tag in _BLOCKS or tag in _STARTS:
            self.flush()

    def flush(self) -> None:
        """Write the inline text gathered so far as one block, of the kind its surroundings give it."""
        gathered = "".join(self.inline)
        self.inline.clear()
        text = gathered.strip("\r\n").rstrip() if self.preformatted else folded(gathered)
        if not text.strip():
            return
        if self.cells is not None:
            if self.cells:
                self.cells[-1].append(text.replace("\n", " "))
        elif self.preformatted:
            self.builder.add(text, "code")
        elif self.heading:
            self.builder.add(text.replace("\n", " "), "heading", level=self.heading)
        else:
            kind: BlockKind = "list_item" if self.item else "quote" if self.quotes else "paragraph"
            self.builder.add(text, kind, marker=self.item)
            self.item = ""

    def start_heading(self, element: Any) -> None:
        self.heading = _HEADINGS[_tag(element)]

    def end_heading(self) -> None:
        self.heading = 0

    def start_list(self, element: Any) -> None:
        start = element.get("start", "1")
        number = int(start) if start.isascii() and start.isdigit() and len(start) < 7 else 1
        self.lists.append(number if _tag(element) == "ol" else None)

    def end_list(self) -> None:
        if self.lists:
            self.lists.pop()

    def start_item(self, _: Any) -> None:
        number = self.lists[-1] if self.lists else None
        if number is not None:
            self.lists[-1] = number + 1
        self.item = "- " if number is None else f"{number}. "

    def end_item(self) -> None:
        self.item = ""

    def start_quote(self, _: Any) -> None:
        self.quotes += 1

    def end_quote(self) -> None:
        self.quotes = max(0, self.quotes - 1)

    def start_preformatted(self, _: Any) -> None:
        self.preformatted += 1

    def end_preformatted(self) -> None:
        self.preformatted = max(0, self.preformatted - 1)

    def start_table(self, element: Any) -> None:
        self.tables.append(self.cells is None and _holds_data(element))

    def end_table(self) -> None:
        if self.tables:
            self.tables.pop()

    def start_row(self, _: Any) -> None:
        if self.tables and self.tables[-1]:
            self.cells = []

    def end_row(self) -> None:
        if self.tables and self.tables[-1] and self.cells is not None:
            row = [" ".join(cell) for cell in self.cells]
            self.cells = None
            if any(row):
                self.builder.add(" | ".join(row), "table_row")

    def start_cell(self, _: Any) -> None:
        if self.cells is not None:
            self.cells.append([])

    def end_cell(self) -> None:
        """A cell of a layout table ends a block; that of a data table ends with its row."""


_STARTS = {
    **dict.fromkeys(_HEADINGS, _Writer.start_heading),
    **dict.fromkeys(("ul", "ol"), _Writer.start_list),
    "li": _Writer.start_item,
    "blockquote": _Writer.start_quote,
    "pre": _Writer.start_preformatted,
    "table": _Writer.start_table,
    "tr": _Writer.start_row,
    "td": _Writer.start_cell,
    "th": _Writer.start_cell,
}
_ENDS = {
    **dict.fromkeys(_HEADINGS, _Writer.end_heading),
    **dict.fromkeys(("ul", "ol"), _Writer.end_list),
    "li": _Writer.end_item,
    "blockquote": _Writer.end_quote,
    "pre": _Writer.end_preformatted,
    "table": _Writer.end_table,
    "tr": _Writer.end_row,
    "td": _Writer.end_cell,
    "th": _Writer.end_cell,
}


def _holds_data(table: Any) -> bool:
    """Whether a table is one to read across: mail and old pages also use tables to place things on the screen."""
    if table.get("role") in ("presentation", "none") or table.find(".//table") is not None:
        return False
    return any(sum(1 for cell in row if _tag(cell) in ("td", "th")) > 1 for row in table.iter("tr"))
