"""Bad files, each made as an attacker or an accident would make it, and the one error each has to end in."""

from __future__ import annotations

import io
import random
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assistant.errors import AssistantError, InvalidDocument, TooLarge

MEBIBYTE = 1024 * 1024
PRIVATE_FILE = "/etc/passwd"
PRIVATE_TEXT = "root:"
WORD_XML = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{}</w:body></w:document>'
CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type='
    '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
    "</Relationships>"
)
XXE = f'<!DOCTYPE d [<!ENTITY x SYSTEM "file://{PRIVATE_FILE}">]>'
LAUGHS = (
    '<!DOCTYPE d [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 20}">' for n in range(9))
    + "]>"
)
ODT_BODY = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text>{}'
    "</office:text></office:body></office:document-content>"
)
ODT_TYPE = "application/vnd.oasis.opendocument.text"
CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="{}"/></rootfiles></container>'
)


@dataclass(frozen=True, slots=True)
class Bad:
    """A file and what becomes of it."""

    name: str
    make: Callable[[], bytes]
    error: type[AssistantError]
    says: str  # part of the error's detail, as a pattern


def archive(members: dict[str, str | bytes], stored: tuple[str, ...] = ()) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(name, data, zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED)
    return out.getvalue()


def docx(document: str | bytes, **more: str | bytes) -> bytes:
    members = {"[Content_Types].xml": CONTENT_TYPES, "_rels/.rels": RELATIONS, "word/document.xml": document}
    return archive(members | more)


def odt(content: str | bytes, **more: str | bytes) -> bytes:
    return archive({"mimetype": ODT_TYPE, "content.xml": content} | more, stored=("mimetype",))


def epub(package: str, path: str = "content.opf", chapter: bytes = b"") -> bytes:
    members: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER.format(path),
        path: package,
        "c.xhtml": chapter,
    }
    return archive(members, stored=("mimetype",))


def many_members() -> bytes:
    return docx(WORD_XML.format("<w:p/>"), **{f"word/{n}.bin": b"" for n in range(10_100)})


def overlapping() -> bytes:
    """Two names for the bytes of one member: the trick by which a small archive inflates to any size."""
    data = bytearray(docx(WORD_XML.format("<w:p><w:r><w:t>x</w:t></w:r></w:p>"), **{"word/extra.bin": b"abc"}))
    entries = [at for at in range(len(data)) if data[at : at + 4] == b"PK\x01\x02"]
    struct.pack_into("<I", data, entries[-1] + 42, struct.unpack_from("<I", data, entries[-2] + 42)[0])
    return bytes(data)


def flagged_encrypted() -> bytes:
    data = bytearray(docx(WORD_XML.format("<w:p/>")))
    for at in range(len(data)):
        if data[at : at + 4] == b"PK\x01\x02":
            data[at + 8] |= 1
    return bytes(data)


def lying_about_sizes() -> bytes:
    """The directory says 40 bytes; the member holds two megabytes."""
    data = bytearray(docx(b" " * (2 * MEBIBYTE) + WORD_XML.format("<w:p/>").encode()))
    for at in range(len(data)):
        if data[at : at + 4] == b"PK\x01\x02" and data[at + 46 : at + 63] == b"word/document.xml":
            struct.pack_into("<I", data, at + 24, 40)
    return bytes(data)


def pdf(content: bytes = b"", *, pages: str = "/Kids[3 0 R]/Count 1", trailer: bytes = b"", root: bytes = b"") -> bytes:
    packed = zlib.compress(content, 9)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R" + root + b">>",
        f"<</Type/Pages{pages}>>".encode(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n" % len(packed) + packed + b"\nendstream",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, offsets = b"%PDF-1.7\n", []
    for number, each in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + each + b"\nendobj\n"
    table = b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + table + b"trailer\n<</Size 6/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (trailer, len(out))


def encrypted_pdf() -> bytes:
    import pypdf

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(b"BT /F 12 Tf (Hello) Tj ET")))
    writer.encrypt(user_password="user", algorithm="AES-256")  # noqa: S106
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def long_pdf() -> bytes:
    import pypdf

    writer = pypdf.PdfWriter()
    for _ in range(201):
        writer.add_blank_page(100, 100)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def noise() -> bytes:
    return random.Random(7).randbytes(100_000)


def program() -> bytes:
    with open(sys.executable, "rb") as file:
        return file.read(200_000)


def tar() -> bytes:
    import tarfile

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        info = tarfile.TarInfo("../../etc/cron.d/x")
        info.size = 4
        made.addfile(info, io.BytesIO(b"text"))
    return out.getvalue()


def nested_mail() -> bytes:
    parts = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000))
    return b"From: a@b.c\nTo: b@b.c\nSubject: c\nMIME-Version: 1.0\n" + parts + b"\ntext"


FILES: tuple[Bad, ...] = (
    # nothing in it
    Bad("zero.md", lambda: b"", InvalidDocument, r"is empty \(0 bytes\)"),
    Bad("blank.txt", lambda: b" \r\n\t\n" * 50, InvalidDocument, "is empty"),
    Bad("nuls.txt", lambda: b"\x00" * 4096, InvalidDocument, "is empty"),
    Bad("script.html", lambda: b"<!doctype html><script>render()</script>", InvalidDocument, "holds no text"),
    Bad("scan.pdf", pdf, InvalidDocument, "looks scanned"),
    Bad("empty.eml", lambda: b"From: a@b.c\nTo: b@b.c\nSubject: c\n\n\n", InvalidDocument, "holds no text"),
    # not documents
    Bad("picture.md", lambda: b"\x89PNG\r\n\x1a\n" + noise(), InvalidDocument, "looks like PNG"),
    Bad("photo.txt", lambda: b"\xff\xd8\xff\xe0" + noise(), InvalidDocument, "looks like JPEG"),
    Bad("program.pdf", program, InvalidDocument, "a program"),
    Bad("windows.docx", lambda: b"MZ\x90\x00\x03" + noise(), InvalidDocument, "a program"),
    Bad("packed.txt", lambda: b"\x1f\x8b\x08\x00" + noise(), InvalidDocument, "a gzip archive"),
    Bad("../../up.tar", tar, InvalidDocument, "a tar archive"),
    Bad("old.docx", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + noise(), InvalidDocument, "Office file before 2007"),
    Bad("letter.docx", lambda: b"{\\rtf1 Hello}", InvalidDocument, "looks like RTF"),
    Bad("data.csv", lambda: b"SQLite format 3\x00" + noise(), InvalidDocument, "SQLite"),
    Bad("sheet.docx", lambda: archive({"xl/workbook.xml": "<x/>"}), InvalidDocument, "an Excel workbook"),
    Bad("plain.zip", lambda: archive({"../../a.txt": "x"}), InvalidDocument, "a ZIP archive"),
    Bad("config.xml", lambda: b'<?xml version="1.0"?><config/>', InvalidDocument, "XML with the root <config>"),
    Bad("noise.txt", noise, InvalidDocument, "not text"),
    Bad("high.txt", lambda: bytes(range(128, 256)) * 500, InvalidDocument, "not text"),
    # archives that swell, lie or break
    Bad("bomb.docx", lambda: docx(b" " * (64 * MEBIBYTE)), TooLarge, "inflates to"),
    Bad("bomb.odt", lambda: odt(b" " * (64 * MEBIBYTE)), TooLarge, "inflates to"),
    Bad("bomb.epub", lambda: epub("<x/>", chapter=b" " * (64 * MEBIBYTE)), TooLarge, "inflates to"),
    Bad("many.docx", many_members, TooLarge, "an archive of 10,103 files"),
    Bad("overlap.docx", overlapping, InvalidDocument, "overlap|damaged"),
    Bad("sizes.docx", lying_about_sizes, InvalidDocument, "damaged"),
    Bad("locked.docx", flagged_encrypted, InvalidDocument, "encrypted with a password"),
    Bad("cut.docx", lambda: docx(WORD_XML.format("<w:p/>"))[:-60], InvalidDocument, "damaged archive"),
    Bad("bare.docx", lambda: archive({"word/document.xml": "<x/>"}), InvalidDocument, "cannot be read as docx"),
    Bad(
        "locked.odt",
        lambda: odt(ODT_BODY.format(""), **{"META-INF/manifest.xml": "<m><encryption-data/></m>"}),
        InvalidDocument,
        "encrypted with a password",
    ),
    Bad("lost.epub", lambda: archive({"mimetype": "application/epub+zip"}), InvalidDocument, "it has no"),
    Bad("away.epub", lambda: epub("<x/>", "../../../etc/passwd"), InvalidDocument, "holds no text"),
    # XML that reaches out or explodes
    Bad("xxe.docx", lambda: docx(XXE + WORD_XML.format("&x;")), InvalidDocument, "declares XML entities"),
    Bad("laughs.docx", lambda: docx(LAUGHS + WORD_XML.format("&j;")), InvalidDocument, "declares XML entities"),
    Bad(
        "xxe16.docx",
        lambda: docx(('<?xml version="1.0" encoding="utf-16"?>' + XXE + WORD_XML.format("&x;")).encode("utf-16")),
        InvalidDocument,
        "declares XML entities",
    ),
    Bad("xxe.odt", lambda: odt(XXE + ODT_BODY.format("&x;")), InvalidDocument, "declares XML entities"),
    Bad("laughs.odt", lambda: odt(LAUGHS + ODT_BODY.format("&j;")), InvalidDocument, "declares XML entities"),
    Bad("xxe.epub", lambda: epub(XXE + "<package>&x;</package>"), InvalidDocument, "declares XML entities"),
    Bad("xxe.rss", lambda: f"{XXE}<rss><channel>&x;</channel></rss>".encode(), InvalidDocument, "entities"),
    Bad("laughs.rss", lambda: f"{LAUGHS}<rss><title>&j;</title></rss>".encode(), InvalidDocument, "entities"),
    Bad("xxe.xhtml", lambda: f"{XXE}<html><body><p>&x;</p></body></html>".encode(), InvalidDocument, "entities"),
    Bad("deep.odt", lambda: odt(ODT_BODY.format("<text:section>" * 50_000)), InvalidDocument, "damaged|nested"),
    Bad(
        "deepclosed.odt",
        lambda: odt(ODT_BODY.format("<text:section>" * 50_000 + "</text:section>" * 50_000)),
        InvalidDocument,
        "nested too deep|brought its parser down|holds no text",
    ),
    # PDF
    Bad("locked.pdf", encrypted_pdf, InvalidDocument, "encrypted with a password"),
    Bad("long.pdf", long_pdf, TooLarge, "201 pages; at most 200"),
    Bad("cut.pdf", lambda: pdf(b"BT (x) Tj ET")[:200], InvalidDocument, "damaged PDF"),
    Bad("garbage.pdf", lambda: b"%PDF-1.7\n" + noise(), InvalidDocument, "damaged PDF|cannot be read as pdf"),
    Bad("loop.pdf", lambda: pdf(pages="/Kids[2 0 R 3 0 R]/Count 2"), InvalidDocument, "damaged PDF"),
    Bad("swollen.pdf", lambda: pdf(b" " * (100 * MEBIBYTE)), InvalidDocument, "Limit reached"),
    Bad("nested.pdf", lambda: pdf(b"BT " + b"[" * 200_000), InvalidDocument, "nested too deep"),
    Bad(
        "string.pdf",
        lambda: pdf(b"BT (" + b"a" * 40 * MEBIBYTE + b") Tj ET"),
        TooLarge,
        "memory|charact|longer",
    ),
    Bad("trailer.pdf", lambda: pdf(trailer=b"/A" + b"[" * 100_000), InvalidDocument, "damaged|nested|cannot"),
    # text formats
    Bad("big.txt", lambda: b"a" * (5 * MEBIBYTE + 1), TooLarge, "at most 5,242,880 are read"),
    Bad("wordy.txt", lambda: b"word " * 80_000, TooLarge, "at most 300,000 are kept"),
    Bad("crumbs.txt", lambda: b"a\n" * 60_000, TooLarge, "60,000 paragraphs"),
    Bad("quotes.md", lambda: b">" * 100_000 + b" x", InvalidDocument, "nested too deep"),
    Bad("aliases.md", lambda: b"---\ntitle: &a [x]\ntopics: [*a, *a]\n---\nx", InvalidDocument, "aliases"),
    Bad("objects.md", lambda: b"---\nid: !!python/name:os.system x\nx: y\n---\n", InvalidDocument, "not known"),
    Bad("open.md", lambda: b"---\ntitle: x\n", InvalidDocument, "never closed"),
    Bad("deep.html", lambda: b"<html>" + b"<div>" * 500_000 + b"x", InvalidDocument, "nested too deep"),
    Bad("slow.html", lambda: b"<html>" + b"<b><p>" * 300_000 + b"x", TooLarge, "longer than|memory"),
    Bad("field.csv", lambda: b'id,text\n1,"' + b"a" * 400_000 + b'"', TooLarge, "a field has more than"),
    Bad("open.csv", lambda: b'id,text\n1,"never closed', InvalidDocument, "not a table"),
    Bad("deep.jsonl", lambda: b'{"text": ' + b"[" * 100_000, InvalidDocument, "nested too deep|not JSON"),
    Bad("lines.jsonl", lambda: b'{"text": "good"}\n{"text": 7}\n', InvalidDocument, "line 2"),
    Bad("rows.jsonl", lambda: b'{"text": "a b"}\n' * 1_001, TooLarge, "more than 1,000 documents"),
    Bad("nested.eml", nested_mail, InvalidDocument, "nested too deep"),
    Bad(
        "secret.eml",
        lambda: (
            b"From: a@b.c\nTo: b@b.c\nSubject: c\nMIME-Version: 1.0\n"
            b'Content-Type: multipart/encrypted; boundary="b"\n\n--b\n\nx\n--b--\n'
        ),
        InvalidDocument,
        "is encrypted",
    ),
    Bad("none.rss", lambda: b'<rss version="2.0"><channel></channel></rss>', InvalidDocument, "without entries"),
)


def made() -> Iterator[tuple[Bad, bytes]]:
    """Every file, made when it is asked for and not kept."""
    for bad in FILES:
        yield bad, bad.make()
