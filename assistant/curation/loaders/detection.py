"""What a file is, by its content; its name and media type only choose among formats that are all plain text."""

from __future__ import annotations

import io
import json
import re
import zipfile
from email.parser import BytesHeaderParser

from assistant.curation.loaders import front_matter
from assistant.curation.loaders.source import Source
from assistant.errors import InvalidDocument

READS = "Markdown, text, HTML, PDF, DOCX, ODT, EPUB, CSV, JSONL, e-mail (.eml) and RSS or Atom feeds"

# Signatures of files that hold no document text, or hold it in a form that is not read.
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"8BPS", "Photoshop"),
    (b"\x00\x00\x01\x00", "ICO"),
    (b"\x7fELF", "a program (ELF)"),
    (b"MZ", "a program (Windows)"),
    (b"\xcf\xfa\xed\xfe", "a program (macOS)"),
    (b"\xca\xfe\xba\xbe", "a program (Java or macOS)"),
    (b"\x00asm", "a program (WebAssembly)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"ID3", "MP3 audio"),
    (b"OggS", "Ogg media"),
    (b"fLaC", "FLAC audio"),
    (b"RIFF", "RIFF media (WebP, WAV or AVI)"),
    (b"\x1aE\xdf\xa3", "Matroska or WebM video"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
    (b"OTTO", "a font"),
    (b"{\\rtf", "RTF"),
    (b"%!PS", "PostScript"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office file before 2007, or one with a password"),
)
_HINTS = {
    "md": "markdown",
    "markdown": "markdown",
    "text/markdown": "markdown",
    "txt": "text",
    "text": "text",
    "csv": "csv",
    "tsv": "csv",
    "text/csv": "csv",
    "text/tab-separated-values": "csv",
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "json": "jsonl",
    "application/jsonl": "jsonl",
    "application/x-ndjson": "jsonl",
    "application/json": "jsonl",
    "htm": "html",
    "html": "html",
    "xhtml": "html",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "eml": "email",
    "message/rfc822": "email",
    "text/plain": "text",
}
_HTML_ROOT = re.compile(r"<(?:html|head|body)\b", re.IGNORECASE)
_HTML_DOCTYPE = re.compile(r"<!doctype\s+html", re.IGNORECASE)
_ROOT = re.compile(r"<([A-Za-z_][\w.:-]*)")
_FEED_ROOTS = ("rss", "feed", "rdf:rdf")
_HEADER_LINE = re.compile(rb"[A-Za-z][A-Za-z0-9-]{1,60}:[ \t\r\n]")
_MAIL_HEADERS = ("from", "to", "subject", "date", "message-id", "received", "mime-version", "return-path")
_SAMPLE = 8_192


def detect(source: Source) -> str:
    """The kind of a file: a key of the table of loaders.

    Raises:
        InvalidDocument: an empty file, or one in a format that is not read.
    """
    data = source.data
    if not data.strip(b" \t\r\n\x00"):
        raise InvalidDocument(f"{source.label} is empty ({len(data)} bytes).", "Add a file that has text in it.")
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith(b"PK"):
        return _archive(source)
    foreign = _foreign(data)
    if foreign:
        raise not_read(source, foreign)
    return _textual(source)


def not_read(source: Source, looks_like: str) -> InvalidDocument:
    """The error for a file in a format that is not read."""
    return InvalidDocument(
        f"{source.label} is not a document the assistant reads (looks like {looks_like}).",
        f"It reads {READS}.",
    )


def _foreign(data: bytes) -> str | None:
    for signature, name in _FOREIGN:
        # Two letters ("BM", "MZ") also begin words, so they count only where binary data follows.
        if data.startswith(signature) and (len(signature) > 3 or _is_binary(data[:512])):
            return name
    if data[4:8] == b"ftyp":
        return "MP4 or HEIC media"
    if data[257:262] == b"ustar":
        return "a tar archive"
    return None


def _is_binary(sample: bytes) -> bool:
    controls = sum(1 for byte in sample if byte < 32 and byte not in b"\t\n\r\f\x1b")
    return controls * 20 > len(sample) or any(byte >= 0x80 for byte in sample[:4])


def _archive(source: Source) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            names = set(archive.namelist())
            declared = archive.read("mimetype")[:80].decode("ascii", "replace").strip() if "mimetype" in names else ""
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError, EOFError) as error:
        raise InvalidDocument(
            f"{source.label} is a damaged archive ({error}).", "Save the document again and add the new file."
        ) from error
    if declared == "application/epub+zip":
        return "epub"
    if declared.startswith("application/vnd.oasis.opendocument.text"):
        return "odt"
    if "word/document.xml" in names:
        return "docx"
    for member, name in (
        ("xl/workbook.xml", "an Excel workbook"),
        ("ppt/presentation.xml", "a PowerPoint presentation"),
        ("META-INF/container.xml", "an EPUB without its media type"),
        ("META-INF/MANIFEST.MF", "a Java archive"),
    ):
        if member in names:
            if name.startswith("an EPUB"):
                return "epub"
            raise not_read(source, name)
    if declared.startswith("application/vnd.oasis"):
        raise not_read(source, "an OpenDocument file that is not text")
    raise not_read(source, "a ZIP archive")


def _textual(source: Source) -> str:
    head = _head(source.data)
    hint = _HINTS.get(source.extension) or _HINTS.get(source.declared_media_type)
    kind = _markup(head, source)
    if kind:
        return kind
    if front_matter.is_complete(head):
        return "markdown"
    if hint in ("html", "email", "csv", "jsonl"):
        return hint
    if _is_json_document(head, source):
        return "jsonl"
    if _is_mail(source.data):
        return "email"
    return hint or ("markdown" if head.startswith("---") else "text")


def _markup(head: str, source: Source) -> str | None:
    """HTML and feeds, by what follows the declarations and comments at the top."""
    start, declared_html = _after_prolog(head, source.label)
    root = _ROOT.match(head, start)
    if declared_html or _HTML_ROOT.match(head, start):
        return "html"
    if root and root[1].lower() in _FEED_ROOTS:
        return "feed"
    if root and head.lstrip()[:5].lower() == "<?xml":
        raise not_read(source, f"XML with the root <{root[1][:40]}>")
    return None


def _after_prolog(head: str, label: str) -> tuple[int, bool]:
    """Where the root element begins, and whether a document type before it says HTML.

    Raises:
        InvalidDocument: the document type declares entities, which only ever served to read other files or to swell.
    """
    position, declared_html = 0, False
    while True:
        while position < len(head) and head[position].isspace():
            position += 1
        if head.startswith("<!--", position):
            end = head.find("-->", position + 4) + 3
        elif head.startswith("<?", position):
            end = head.find("?>", position + 2) + 2
        elif head[position : position + 9].lower() == "<!doctype":
            declared_html = declared_html or bool(_HTML_DOCTYPE.match(head, position))
            end = head.find(">", position) + 1
            subset = head.find("[", position, end)
            if subset >= 0:
                end = head.find("]>", subset) + 2
                if "<!entity" in head[subset:].lower():
                    raise InvalidDocument(f"{label} declares XML entities.", "Save it again without them.")
        else:
            return position, declared_html
        if end <= position:
            return position, declared_html
        position = end


def _head(data: bytes) -> str:
    """The beginning of the file as text, well enough to recognise markup."""
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(mark):
            return data[2 : 2 + 65_536 * 2].decode(encoding, "replace")
    return data[:65_536].decode("utf-8", "replace").lstrip("\ufeff")


def _is_json_document(head: str, source: Source) -> bool:
    """Whether the first line is a JSON object that has a text; a longer line is judged by how it begins."""
    first = head.lstrip().split("\n", 1)[0]
    if first[:1] != "{":
        return False
    if len(first) >= 60_000 or (len(head) >= 65_536 and "\n" not in head.lstrip()):
        return '"text"' in first and first[1:].lstrip().startswith('"') and source.extension not in ("md", "txt")
    try:
        record = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(record, dict) and isinstance(record.get("text"), str)


def _is_mail(data: bytes) -> bool:
    """At least three of the headers that mail has, in one unbroken header block at the top."""
    if not _HEADER_LINE.match(data):
        return False
    end = re.search(rb"\r?\n\r?\n", data[: 16 * _SAMPLE])
    headers = BytesHeaderParser().parsebytes(data[: end.start() if end else _SAMPLE])
    found = sum(1 for name in _MAIL_HEADERS if name in headers)
    return not headers.defects and found >= 3 and "from" in headers
