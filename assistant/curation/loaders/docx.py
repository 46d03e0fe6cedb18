"""Word documents (Office Open XML), with lists, tables, footnotes and accepted changes as a reader sees them.

A file's own time stamps say when someone pressed "Save", so they are never taken for a publication date. The one
date that Word lets an author state, the cover page's ``PublishDate``, is.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assistant.curation.loaders.archive import Archive
from assistant.curation.loaders.builder import TextBuilder, folded
from assistant.curation.loaders.metadata import stated
from assistant.curation.loaders.source import Source
from assistant.models import BlockKind, LoadedDocument

if TYPE_CHECKING:
    from docx.document import Document

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_COVER_PAGE = "{http://schemas.microsoft.com/office/2006/coverPageProps}"
_HEADING_STYLE = re.compile(r"heading (\d)$", re.IGNORECASE)
_NOT_SHOWN = frozenset({f"{_W}del", f"{_W}moveFrom", f"{_W}instrText", _FALLBACK})
_CHARACTERS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_SEPARATORS = ("separator", "continuationSeparator", "continuationNotice")
_MAX_STYLE_CHAIN = 20


def load(source: Source) -> tuple[LoadedDocument, ...]:
    """One document; its metadata from the core properties.

    Raises:
        InvalidDocument, TooLarge: a damaged or hostile archive.
    """
    archive = Archive(source)
    archive.check_xml()
    import docx

    document = docx.Document(io.BytesIO(source.data))
    builder = TextBuilder(source.limits, source.label)
    writer = _Writer(document, builder)
    writer.write(document.element.body)
    for note in _notes(archive):
        writer.write(note)
    core = document.core_properties
    metadata, notes = stated(
        title=core.title or writer.title or builder.first_heading() or source.title,
        author=None if core.author == "python-docx" else core.author,
        language=core.language,
        published_at=_publish_date(archive),
    )
    text, blocks = builder.finish()
    return (LoadedDocument(text, blocks, metadata, None, MEDIA_TYPE, notes),)


def _publish_date(archive: Archive) -> str | None:
    for name in archive.names():
        if name.startswith("customXml/item") and name.endswith(".xml"):
            for element in archive.xml(name).iter(f"{_COVER_PAGE}PublishDate"):
                return str(element.text or "").removesuffix("T00:00:00") or None
    return None


def _notes(archive: Archive) -> Iterator[Any]:
    """The footnotes, then the endnotes; the lines that separate them from the text left out."""
    from docx.oxml import parse_xml

    for part, tag in (("word/footnotes.xml", "footnote"), ("word/endnotes.xml", "endnote")):
        if part in archive:
            for note in parse_xml(archive.read(part)).iter(f"{_W}{tag}"):
                if note.get(f"{_W}type") not in _SEPARATORS:
                    yield note


@dataclass(slots=True)
class _Writer:
    """Writes the body's paragraphs and tables as blocks, in order."""

    document: Document
    builder: TextBuilder
    title: str | None = None
    counters: Counter[tuple[str, int]] = field(default_factory=Counter)
    formats: dict[tuple[str, int], tuple[bool, int]] | None = None

    def write(self, parent: Any) -> None:
        for element in parent:
            if element.tag == f"{_W}p":
                self.paragraph(element)
            elif element.tag == f"{_W}tbl":
                self.table(element)
            elif element.tag == f"{_W}sdt":
                for content in element.iter(f"{_W}sdtContent"):
                    self.write(content)
                    break
            elif element.tag in (f"{_W}ins", f"{_W}moveTo", f"{_W}customXml"):
                self.write(element)

    def paragraph(self, element: Any) -> None:
        text = folded(_text(element))
        if not text:
            return
        name = self.style_names(element)
        level = _heading_level(element, name)
        if level:
            self.builder.add(text.replace("\n", " "), "heading", level=level)
            if self.title is None and "Title" in name:
                self.title = text
            return
        marker = self.marker(element, name)
        quoted = any("quote" in style.lower() for style in name)
        kind: BlockKind = "list_item" if marker else "quote" if quoted else "paragraph"
        self.builder.add(text, kind, marker=marker)

    def table(self, element: Any) -> None:
        for row in element.iter(f"{_W}tr"):
            if next(row.iterancestors(f"{_W}tbl")) is not element:
                continue  # a row of a table inside a cell; its text is in that cell
            cells = []
            for cell in row.iter(f"{_W}tc"):
                if next(cell.iterancestors(f"{_W}tr")) is row:
                    paragraphs = (folded(_text(paragraph)) for paragraph in cell.iter(f"{_W}p"))
                    cells.append(" ".join(filter(None, paragraphs)).replace("\n", " "))
            if any(cells):
                self.builder.add(" | ".join(cells), "table_row")

    def style_names(self, element: Any) -> tuple[str, ...]:
        """The paragraph's style and those it is based on, nearest first."""
        identifier = _value(element, "pPr", "pStyle")
        names: list[str] = []
        styles = self.document.styles.element
        while identifier and len(names) < _MAX_STYLE_CHAIN:
            style = styles.get_by_id(identifier)
            if style is None:
                break
            names.append(style.name_val or identifier)
            identifier = _value(style, "basedOn")
        return tuple(names)

    def marker(self, element: Any, styles: tuple[str, ...]) -> str:
        """What stands before a list item: its bullet as "- ", its number counted as Word counts it."""
        number = _value(element, "pPr", "numPr", "numId")
        level = int(_value(element, "pPr", "numPr", "ilvl") or 0)
        if number is None:
            number, level = self.style_numbering(element)
        if number == "0" or (number is None and not any(style.startswith("List ") for style in styles)):
            return ""
        ordered, start = self.numbering().get((number or "", level), (any("List Number" in s for s in styles), 1))
        if not ordered:
            return "- "
        key = (number or styles[0], level)
        for deeper in [other for other in self.counters if other[0] == key[0] and other[1] > level]:
            del self.counters[deeper]
        self.counters[key] += 1
        return f"{start + self.counters[key] - 1}. "

    def style_numbering(self, element: Any) -> tuple[str | None, int]:
        identifier = _value(element, "pPr", "pStyle")
        for _ in range(_MAX_STYLE_CHAIN):
            style = self.document.styles.element.get_by_id(identifier) if identifier else None
            if style is None:
                return None, 0
            number = _value(style, "pPr", "numPr", "numId")
            if number is not None:
                return number, int(_value(style, "pPr", "numPr", "ilvl") or 0)
            identifier = _value(style, "basedOn")
        return None, 0

    def numbering(self) -> dict[tuple[str, int], tuple[bool, int]]:
        """For each list and level: whether it counts, and from which number."""
        if self.formats is None:
            self.formats = dict(_numbering(self.document))
        return self.formats


def _numbering(document: Document) -> Iterator[tuple[tuple[str, int], tuple[bool, int]]]:
    from docx.opc.constants import RELATIONSHIP_TYPE

    if not any(relation.reltype == RELATIONSHIP_TYPE.NUMBERING for relation in document.part.rels.values()):
        return
    root = document.part.numbering_part.element
    abstract = {each.get(f"{_W}abstractNumId"): each for each in root.iter(f"{_W}abstractNum")}
    for number in root.iter(f"{_W}num"):
        definition = abstract.get(_value(number, "abstractNumId"))
        for level in definition.iter(f"{_W}lvl") if definition is not None else ():
            counts = _value(level, "numFmt") not in ("bullet", "none", None)
            start = _value(level, "start") or "1"
            key = (number.get(f"{_W}numId"), int(level.get(f"{_W}ilvl", "0")))
            yield key, (counts, int(start) if start.isdigit() else 1)


def _heading_level(element: Any, styles: tuple[str, ...]) -> int:
    for style in styles:
        match = _HEADING_STYLE.match(style)
        if match:
            return int(match[1])
        if style == "Title":
            return 1
    outline = _value(element, "pPr", "outlineLvl")
    return int(outline) + 1 if outline and outline.isdigit() and int(outline) < 9 else 0


def _value(element: Any, *path: str) -> str | None:
    """The ``w:val`` attribute of a descendant, or ``None`` where a step of the path is missing."""
    for step in path:
        element = element.find(f"{_W}{step}")
        if element is None:
            return None
    value: str | None = element.get(f"{_W}val")
    return value


def _text(element: Any) -> str:
    """The characters that a reader sees, with insertions accepted and deletions gone."""
    pieces: list[str] = []
    pending = [element]
    while pending:
        current = pending.pop()
        if current.tag in _NOT_SHOWN:
            continue
        if current.tag == f"{_W}t":
            pieces.append(current.text or "")
        elif current.tag in _CHARACTERS:
            pieces.append(_CHARACTERS[current.tag])
        if current.tag != f"{_W}pPr":
            pending.extend(reversed(current))
    return "".join(pieces)
