"""Markdown (CommonMark with tables and footnotes) under optional front matter, stored as the text it reads as."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from assistant.curation.loaders import front_matter
from assistant.curation.loaders.builder import TextBuilder, folded
from assistant.curation.loaders.source import Source
from assistant.curation.loaders.text import clean_text, cleaning_notes, decode
from assistant.errors import InvalidDocument
from assistant.models import BlockKind, LoadedDocument, Metadata

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MEDIA_TYPE = "text/markdown"
_MAX_NESTING = 100  # levels; the parser leaves out what lies deeper, so such a document is refused
_LINE_BREAK_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)


def load(source: Source) -> tuple[LoadedDocument, ...]:
    """One document: metadata from the front matter, structure from the Markdown.

    Raises:
        InvalidDocument: the front matter cannot be used, or the text is nested over 49 lists deep.
    """
    raw, notes = decode(source)
    text = clean_text(raw)
    notes = (*notes, *cleaning_notes(raw, text))
    header = front_matter.read(text, source.label)
    builder = TextBuilder(source.limits, source.label)
    tokens = _parser().parse(text[header.body_start :] if header else text)
    if any(token.level >= _MAX_NESTING - 1 for token in tokens):
        raise InvalidDocument(f"{source.label} is nested too deep to be read.", "Save it again more simply.")
    _Writer(builder, source).write(tokens)
    body, blocks = builder.finish()
    metadata = header.metadata if header else Metadata()
    if not metadata.title:
        metadata = replace(metadata, title=(builder.first_heading() or source.title)[:500])
    return (LoadedDocument(body, blocks, metadata, header.id if header else None, MEDIA_TYPE, notes),)


def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.footnote import footnote_plugin

    parser = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING})
    return parser.enable(["table", "strikethrough"]).use(footnote_plugin)


@dataclass(slots=True)
class _List:
    """A list being read: the number of its next item, or ``None`` where it has bullets."""

    next_number: int | None

    def marker(self) -> str:
        if self.next_number is None:
            return "- "
        self.next_number += 1
        return f"{self.next_number - 1}. "


@dataclass(slots=True)
class _Writer:
    """Turns the parser's flat list of tokens into blocks."""

    builder: TextBuilder
    source: Source
    lists: list[_List] = field(default_factory=list)
    quotes: int = 0
    item: str = ""  # the marker of an item of which no text has come yet
    heading: int = 0
    cells: list[str] | None = None

    def write(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            step = _STEPS.get(token.type)
            if step is not None:
                step(self, token)

    def open_list(self, token: Token) -> None:
        self.lists.append(_List(int(token.attrGet("start") or 1) if token.type == "ordered_list_open" else None))

    def close_list(self, _: Token) -> None:
        self.lists.pop()

    def open_item(self, _: Token) -> None:
        self.item = self.lists[-1].marker()

    def close_item(self, _: Token) -> None:
        self.item = ""

    def open_quote(self, _: Token) -> None:
        self.quotes += 1

    def close_quote(self, _: Token) -> None:
        self.quotes -= 1

    def open_heading(self, token: Token) -> None:
        self.heading = int(token.tag[1:])

    def close_heading(self, _: Token) -> None:
        self.heading = 0

    def open_row(self, _: Token) -> None:
        self.cells = []

    def close_row(self, _: Token) -> None:
        if self.cells and any(self.cells):
            self.builder.add(" | ".join(self.cells), "table_row")
        self.cells = None

    def inline(self, token: Token) -> None:
        text = folded(_inline_text(token.children or ()))
        if self.cells is not None:
            self.cells.append(text.replace("\n", " "))
        elif self.heading:
            self.builder.add(text.replace("\n", " "), "heading", level=self.heading)
        else:
            self.paragraph(text)

    def paragraph(self, text: str) -> None:
        if not text:
            return
        kind: BlockKind = "list_item" if self.item else "quote" if self.quotes else "paragraph"
        self.builder.add(text, kind, marker=self.item)
        self.item = ""

    def code(self, token: Token) -> None:
        self.builder.add(token.content.strip("\r\n").rstrip(), "code")

    def html(self, token: Token) -> None:
        from assistant.curation.loaders.markup import append_html

        append_html(token.content, self.builder)


_STEPS = {
    "bullet_list_open": _Writer.open_list,
    "ordered_list_open": _Writer.open_list,
    "bullet_list_close": _Writer.close_list,
    "ordered_list_close": _Writer.close_list,
    "list_item_open": _Writer.open_item,
    "list_item_close": _Writer.close_item,
    "blockquote_open": _Writer.open_quote,
    "blockquote_close": _Writer.close_quote,
    "heading_open": _Writer.open_heading,
    "heading_close": _Writer.close_heading,
    "tr_open": _Writer.open_row,
    "tr_close": _Writer.close_row,
    "inline": _Writer.inline,
    "fence": _Writer.code,
    "code_block": _Writer.code,
    "html_block": _Writer.html,
}


def _inline_text(tokens: Sequence[Token]) -> str:
    """What a reader sees of inline markup: no asterisks, link addresses, tags or footnote marks."""
    pieces: list[str] = []
    for token in tokens:
        if token.type in ("text", "code_inline", "text_special"):
            pieces.append(token.content)
        elif token.type == "softbreak":
            pieces.append(" ")
        elif token.type == "hardbreak" or (token.type == "html_inline" and _LINE_BREAK_TAG.fullmatch(token.content)):
            pieces.append("\n")
        elif token.type == "image":
            pieces.append(_inline_text(token.children or ()))
    return "".join(pieces)
