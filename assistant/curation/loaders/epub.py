"""EPUB books (2 and 3): the chapters in reading order, and the metadata of the package document.

Source of the structure: EPUB 3.3, sections 4 (container) and 5 (package document).
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from assistant.curation.loaders.archive import Archive, relative_to
from assistant.curation.loaders.builder import TextBuilder
from assistant.curation.loaders.markup import append_html
from assistant.curation.loaders.metadata import stated
from assistant.curation.loaders.source import Source
from assistant.curation.loaders.text import decode
from assistant.errors import InvalidDocument
from assistant.models import LoadedDocument

MEDIA_TYPE = "application/epub+zip"
_CONTAINER = "META-INF/container.xml"
_ROOTFILE = "{urn:oasis:names:tc:opendocument:xmlns:container}rootfile"
_OPF = "{http://www.idpf.org/2007/opf}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_CHAPTER_TYPES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")
_XML_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_PROTECTED = ("META-INF/rights.xml", "META-INF/sinf.xml")


def load(source: Source) -> tuple[LoadedDocument, ...]:
    """One document: the whole book.

    Raises:
        InvalidDocument, TooLarge: a damaged, protected or hostile archive.
    """
    archive = Archive(source)
    if any(name in archive for name in _PROTECTED):
        raise InvalidDocument(f"{source.label} is protected against copying.", "Add an edition without protection.")
    root = archive.xml(_CONTAINER).find(f".//{_ROOTFILE}")
    path = relative_to("", unquote(root.get("full-path", ""))) if root is not None else ""
    package = archive.xml(path)
    builder = TextBuilder(source.limits, source.label)
    missing = 0
    for name in _reading_order(package, path):
        if name not in archive:
            missing += 1
            continue
        chapter, _ = decode(Source(archive.read(name), source.name, None, source.limits))
        append_html(_XML_DECLARATION.sub("", chapter), builder)
    metadata, notes = _metadata(package, builder, source)
    if missing:
        notes = (*notes, f"{missing} chapters that the book lists are missing from it")
    text, blocks = builder.finish()
    return (LoadedDocument(text, blocks, metadata, None, MEDIA_TYPE, notes),)


def _reading_order(package: Any, path: str) -> list[str]:
    """The members that the spine puts in order, each once; the table of contents and the cover's picture left out."""
    manifest = {
        item.get("id"): item
        for item in package.iter(f"{_OPF}item")
        if item.get("media-type") in _CHAPTER_TYPES and "nav" not in (item.get("properties") or "").split()
    }
    order = (manifest.get(reference.get("idref")) for reference in package.iter(f"{_OPF}itemref"))
    names = (relative_to(path, unquote(item.get("href", "").partition("#")[0])) for item in order if item is not None)
    return list(dict.fromkeys(names))


def _metadata(package: Any, builder: TextBuilder, source: Source) -> tuple[Any, tuple[str, ...]]:
    def first(name: str) -> str | None:
        return next((e.text.strip() for e in package.iter(f"{_DC}{name}") if e.text and e.text.strip()), None)

    return stated(
        title=first("title") or builder.first_heading() or source.title,
        author=", ".join(e.text.strip() for e in package.iter(f"{_DC}creator") if e.text and e.text.strip()),
        source=first("publisher"),
        language=first("language"),
        published_at=_publication_date(package),
    )


def _publication_date(package: Any) -> str | None:
    """The book's ``dc:date``; EPUB 2 also marks dates of creation and modification, which are not publication."""
    for date in package.iter(f"{_DC}date"):
        if date.get(f"{_OPF}event", "publication") in ("publication", "original-publication") and date.text:
            return str(date.text)
    return None
