"""OpenDocument text, read from its XML parts: the format is small and stays as the standard describes it.

Source of the element names: OASIS Open Document Format 1.3, part 3. Deleted text of tracked changes is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from assistant.curation.loaders.archive import Archive
from assistant.curation.loaders.builder import TextBuilder, folded
from assistant.curation.loaders.metadata import stated
from assistant.curation.loaders.source import Source
from assistant.errors import InvalidDocument
from assistant.models import BlockKind, LoadedDocument

MEDIA_TYPE = "application/vnd.oasis.opendocument.text"
_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _TABLE, _OFFICE = (f"{{{_NAMESPACE}{name}:1.0}}" for name in ("text", "table", "office"))
_META, _STYLE = (f"{{{_NAMESPACE}{name}:1.0}}" for name in ("meta", "style"))
_DC = "{http://purl.org/dc/elements/1.1/}"
_WHITE_SPACE = re.compile(r"\s+")
_NOT_SHOWN = frozenset(
    {f"{_TEXT}tracked-changes", f"{_OFFICE}annotation", f"{_TEXT}sequence-decls", f"{_TEXT}note-citation"}
)
_CHARACTERS = {f"{_TEXT}s": " ", f"{_TEXT}tab": " ", f"{_TEXT}line-break": "\n"}
_PARAGRAPHS = (f"{_TEXT}p", f"{_TEXT}h")
_CONTAINERS = frozenset(
    {f"{_TEXT}section", f"{_TEXT}index-body", f"{_OFFICE}text", f"{_TEXT}numbered-paragraph", f"{_TEXT}soft-page-break"}
)

_INDEXES = frozenset(
    f"{_TEXT}{name}"
    for name in (
        "table-of-content",
        "alphabetical-index",
        "illustration-index",
        "table-index",
        "user-index",
        "bibliography",
    )
)


def load(source: Source) -> tuple[LoadedDocument, ...]:
    """One document; its metadata from ``meta.xml``. The dates there are those of the file, not of publication.

    Raises:
        InvalidDocument, TooLarge: a damaged, encrypted or hostile archive.
    """
    archive = Archive(source)
    if "META-INF/manifest.xml" in archive and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise InvalidDocument(f"{source.label} is encrypted with a password.", "Save it without one.")
    content = archive.xml("content.xml")
    body = content.find(f"{_OFFICE}body/{_OFFICE}text")
    if body is None:
        raise InvalidDocument(f"{source.label} is an OpenDocument file without text.", "Add a text document.")
    builder = TextBuilder(source.limits, source.label)
    styles = [content] + ([archive.xml("styles.xml")] if "styles.xml" in archive else [])
    writer = _Writer(builder, _ordered_lists(styles))
    writer.write(body)
    for note in writer.notes:
        writer.write(note)
    meta = archive.xml("meta.xml") if "meta.xml" in archive else None
    metadata, notes = stated(
        title=_field(meta, f"{_DC}title") or builder.first_heading() or source.title,
        author=_field(meta, f"{_META}initial-creator") or _field(meta, f"{_DC}creator"),
        language=_field(meta, f"{_DC}language"),
    )
    text, blocks = builder.finish()
    return (LoadedDocument(text, blocks, metadata, None, MEDIA_TYPE, notes),)


def _field(meta: Any, name: str) -> str | None:
    found = None if meta is None else meta.find(f"{_OFFICE}meta/{name}")
    return None if found is None else found.text


def _ordered_lists(roots: list[Any]) -> frozenset[tuple[str, int]]:
    """The list styles and levels that number their items."""
    return frozenset(
        (style.get(f"{_STYLE}name", ""), int(level.get(f"{_TEXT}level", "1")))
        for root in roots
        for style in root.iter(f"{_TEXT}list-style")
        for level in style.iter(f"{_TEXT}list-level-style-number")
    )


@dataclass(slots=True)
class _Writer:
    """Writes paragraphs, lists and tables as blocks; footnotes are gathered for the end."""

    builder: TextBuilder
    ordered: frozenset[tuple[str, int]]
    notes: list[Any] = field(default_factory=list)

    def write(self, parent: Any, style: str = "", depth: int = 0, marker: str = "") -> None:
        for element in parent:
            tag = element.tag
            if tag == f"{_TEXT}h":
                level = element.get(f"{_TEXT}outline-level", "1")
                self.builder.add(
                    self.text(element).replace("\n", " "), "heading", level=int(level) if level.isdigit() else 1
                )
            elif tag == f"{_TEXT}p":
                self.paragraph(element, marker)
                marker = ""
            elif tag == f"{_TEXT}list":
                self.list(element, style, depth + 1)
            elif tag == f"{_TABLE}table":
                self.table(element)
            elif tag in _CONTAINERS or tag in _INDEXES:
                self.write(element, style, depth, marker)

    def paragraph(self, element: Any, marker: str) -> None:
        name = element.get(f"{_TEXT}style-name", "").lower()
        quoted = "quot" in name
        kind: BlockKind = "list_item" if marker else "quote" if quoted else "paragraph"
        if name == "title" and not marker:
            self.builder.add(self.text(element).replace("\n", " "), "heading", level=1)
            return
        self.builder.add(self.text(element), kind, marker=marker)

    def list(self, element: Any, style: str, depth: int) -> None:
        style = element.get(f"{_TEXT}style-name") or style
        ordered = (style, depth) in self.ordered
        number = 0
        for item in element:
            if item.tag == f"{_TEXT}list-item":
                number += 1
                self.write(item, style, depth, f"{number}. " if ordered else "- ")
            elif item.tag == f"{_TEXT}list-header":
                self.write(item, style, depth)

    def table(self, element: Any) -> None:
        for row in element.iter(f"{_TABLE}table-row"):
            cells = [
                " ".join(filter(None, (self.text(p) for p in cell.iter() if p.tag in _PARAGRAPHS))).replace("\n", " ")
                for cell in row
                if cell.tag == f"{_TABLE}table-cell"
            ]
            if any(cells):
                self.builder.add(" | ".join(cells), "table_row")

    def text(self, element: Any) -> str:
        """The characters of a paragraph; a footnote leaves its place and is kept for the end."""
        pieces: list[str] = []
        pending: list[Any] = [element]
        while pending:
            current = pending.pop()
            if isinstance(current, str):
                pieces.append(_WHITE_SPACE.sub(" ", current))
                continue
            if current is not element:
                pending.append(current.tail or "")
            if current.tag == f"{_TEXT}note":
                self.notes.extend(current.iter(f"{_TEXT}note-body"))
            elif current.tag in _CHARACTERS:
                pieces.append(_CHARACTERS[current.tag])
            elif current.tag not in _NOT_SHOWN:
                pending.extend(reversed(current))
                pending.append(current.text or "")
        return folded("".join(pieces))
