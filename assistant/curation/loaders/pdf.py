"""PDF: text with its page numbers, and the metadata that is about the document rather than the file.

The file's creation date says when it was made, which for a reprint or a download is not when it was published, so
only a date in the PRISM publication vocabulary counts.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from assistant.curation.loaders.builder import TextBuilder, folded
from assistant.curation.loaders.metadata import stated
from assistant.curation.loaders.pdf_layout import Element, Piece, elements_of, rows_of, without_furniture
from assistant.curation.loaders.source import Source
from assistant.errors import InvalidDocument, TooLarge
from assistant.models import LoadedDocument

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

MEDIA_TYPE = "application/pdf"
_MAX_XMP = 1024 * 1024
_PRISM_DATES = ("publicationDate", "coverDate", "onlineDate")
_SHOWN_PAGES = 10
_FILE_TITLE = re.compile(
    r"^microsoft (?:word|powerpoint)\s*-\s*|\.(?:docx?|odt|tex|pdf|indd|dvi|qxd|pptx?)$", re.IGNORECASE
)
_BOLD = re.compile(r"bold|black|heavy|cmbx|cmb10|-medi", re.IGNORECASE)
_MONOSPACED = re.compile(r"mono|courier|consol|typewriter|cmtt|cmsltt|nimbusmon", re.IGNORECASE)
_NO_TITLE = ("untitled", "(unspecified)", "unknown", "anonymous", "(anonymous)", "document", "title")


def load(source: Source) -> tuple[LoadedDocument, ...]:
    """One document; pages without text, such as scans, are named in its notes.

    Raises:
        InvalidDocument: encrypted with a password, damaged, or without any text.
        TooLarge: more pages or characters than allowed.
    """
    reader = _open(source)
    pages, empty = _rows(reader, source)
    pages, furniture = without_furniture(pages)
    elements = elements_of(pages)
    if not elements:
        raise InvalidDocument(
            f"{source.label} has no text on its {len(pages)} page{'s' if len(pages) != 1 else ''}: it looks scanned.",
            "Run text recognition (OCR) on it first.",
        )
    builder = TextBuilder(source.limits, source.label)
    for element in elements:
        builder.add(folded(element.text), element.kind, level=element.level, page=element.page, marker=element.marker)
    text, blocks = builder.finish()
    metadata, notes = stated(
        title=_title(reader, elements) or source.title,
        author=_information(reader, "/Author"),
        language=_text(reader.root_object.get("/Lang")),
        published_at=_publication_date(reader),
    )
    return (LoadedDocument(text, blocks, metadata, None, MEDIA_TYPE, (*notes, *_notes(empty, furniture))),)


def _open(source: Source) -> PdfReader:
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, PdfReadError

    try:
        reader = PdfReader(io.BytesIO(source.data))
        # Many publishers encrypt with an empty password only to forbid printing; anyone may read those.
        if reader.is_encrypted and not reader.decrypt(""):
            raise InvalidDocument(f"{source.label} is encrypted with a password.", "Save it without one.")
        count = len(reader.pages)
    except DependencyError as error:
        raise InvalidDocument(f"{source.label} is encrypted.", "Save it without a password.") from error
    except PdfReadError as error:
        raise InvalidDocument(f"{source.label} is a damaged PDF ({error}).", "Save it again.") from error
    if count > source.limits.pages:
        raise TooLarge(f"{source.label} has {count:,} pages; at most {source.limits.pages:,} are read.", "Split it.")
    if count == 0:
        raise InvalidDocument(f"{source.label} has no pages.", "Save it again.")
    return reader


def _rows(reader: PdfReader, source: Source) -> tuple[list[list[Any]], list[int]]:
    """The lines of every page, and the numbers of the pages that have none."""
    pages, empty = [], []
    characters = 0
    for number, page in enumerate(reader.pages, 1):
        pieces = _pieces(page, number, source)
        characters += sum(len(piece.text) for piece in pieces)
        if characters > source.limits.characters:
            raise TooLarge(
                f"{source.label} has more than {source.limits.characters:,} characters of text.",
                "Split it into several documents.",
            )
        rows = rows_of(pieces)
        if not rows:
            empty.append(number)
        pages.append(rows)
    return pages, empty


def _pieces(page: PageObject, number: int, source: Source) -> list[Piece]:
    pieces: list[Piece] = []

    def visit(text: str, matrix: list[float], text_matrix: list[float], font: Any, size: float) -> None:
        if not text.strip():
            return
        if len(pieces) > source.limits.characters:
            raise TooLarge(f"{source.label} places too many pieces of text on page {number}.", "Save it again.")
        a, b, c, d, e, f = (float(value) for value in matrix)
        x, y = float(text_matrix[4]), float(text_matrix[5])
        scale = abs(float(text_matrix[3]) or float(text_matrix[1])) * abs(d or b)
        name = str(font.get("/BaseFont", "")) if font else ""
        pieces.append(
            Piece(
                text,
                x * a + y * c + e,
                x * b + y * d + f,
                max(1.0, abs(size) * scale),
                number,
                bold=bool(_BOLD.search(name)),
                monospaced=bool(_MONOSPACED.search(name)),
            )
        )

    page.extract_text(visitor_text=visit)
    return pieces


def _title(reader: PdfReader, elements: list[Element]) -> str | None:
    stated_title = _information(reader, "/Title")
    if stated_title:
        return stated_title
    headings = [element for element in elements if element.kind == "heading" and element.page == elements[0].page]
    return min(headings, key=lambda heading: heading.level).text if headings else None


def _information(reader: PdfReader, name: str) -> str | None:
    """An entry of the information dictionary, unless a program filled it in with nothing or with a file name."""
    metadata = reader.metadata
    value = _text(metadata.get(name)) if metadata is not None else None
    if value is None or value.strip().lower() in _NO_TITLE:
        return None
    return None if _FILE_TITLE.search(value.strip()) else value


def _text(value: Any) -> str | None:
    resolved = value.get_object() if hasattr(value, "get_object") else value
    return str(resolved) if isinstance(resolved, str) and resolved.strip() else None


def _publication_date(reader: PdfReader) -> str | None:
    """The date of publication in the XMP packet, in the PRISM vocabulary that publishers use."""
    stream = reader.root_object.get("/Metadata")
    stream = stream.get_object() if stream is not None else None
    if stream is None or not hasattr(stream, "get_data"):
        return None
    packet = stream.get_data()
    if len(packet) > _MAX_XMP:
        return None
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(packet.strip(b"\x00 \r\n"), forbid_dtd=True)
    except (DefusedXmlException, ParseError, ValueError, LookupError):
        return None
    for name in _PRISM_DATES:
        for element in root.iter():
            if "prism" in element.tag and element.tag.endswith(f"}}{name}") and (element.text or "").strip():
                return str(element.text)
            for key, value in element.attrib.items():
                if "prism" in key and key.endswith(f"}}{name}"):
                    return str(value)
    return None


def _notes(empty: list[int], furniture: int) -> tuple[str, ...]:
    notes: list[str] = []
    if empty:
        shown = ", ".join(str(number) for number in empty[:_SHOWN_PAGES])
        more = f" and {len(empty) - _SHOWN_PAGES} more" if len(empty) > _SHOWN_PAGES else ""
        notes.append(f"no text on page{'s' if len(empty) > 1 else ''} {shown}{more}")
    if furniture:
        notes.append(f"{furniture} running headers, footers and page numbers left out")
    return tuple(notes)
