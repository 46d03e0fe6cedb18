"""Each format as its own writer library makes it, and what a reader would expect back.

Every file here is written by the library that people's programs use for it; nothing is a stored fixture.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest

from assistant.curation.sandbox import Sandbox
from assistant.errors import InvalidDocument
from assistant.models import Block, LoadedDocument

pytestmark = pytest.mark.formats

SENTENCE = (
    "Envoys of four countries met in Berlin on Monday to discuss the draft, officials said, and agreed to meet again."
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as each:
        yield each


def parts(document: LoadedDocument) -> list[tuple[str, str]]:
    """Kinds and texts of the blocks, after checking that their spans are sound."""
    position = 0
    for block in document.blocks:
        assert position <= block.start < block.end <= len(document.text)
        position = block.end
    return [(block.kind, words(document, block)) for block in document.blocks]


def words(document: LoadedDocument, block: Block) -> str:
    return document.text[block.start : block.end]


def levels(document: LoadedDocument) -> list[tuple[str, int]]:
    return [(words(document, block), block.level) for block in document.blocks if block.kind == "heading"]


EXPECTED = [
    ("heading", "The Berlin draft"),
    ("paragraph", SENTENCE),
    ("heading", "What was agreed"),
    ("list_item", "A monitoring mission"),
    ("list_item", "An exchange of prisoners"),
    ("list_item", "First a ceasefire"),
    ("list_item", "Then talks"),
    ("table_row", "Party | Position"),
    ("table_row", "Kyiv | accepts the draft"),
    ("table_row", "Moscow | rejects the draft"),
]
LIST_TEXT = "- A monitoring mission\n- An exchange of prisoners\n1. First a ceasefire\n2. Then talks"
TABLE_TEXT = "Party | Position\nKyiv | accepts the draft\nMoscow | rejects the draft"


# DOCX, by python-docx


def docx_file(extra: Any = None) -> bytes:
    import docx

    document = docx.Document()
    document.core_properties.title = "Berlin: the draft"
    document.core_properties.author = "Ann Writer"
    document.core_properties.language = "en-GB"
    document.add_heading("The Berlin draft", 1)
    paragraph = document.add_paragraph("Envoys of four countries met in ")
    paragraph.add_run("Berlin").bold = True
    paragraph.add_run(SENTENCE.partition("Berlin")[2])
    document.add_heading("What was agreed", 2)
    for item in ("A monitoring mission", "An exchange of prisoners"):
        document.add_paragraph(item, style="List Bullet")
    for item in ("First a ceasefire", "Then talks"):
        document.add_paragraph(item, style="List Number")
    table = document.add_table(rows=0, cols=2)
    for row in (("Party", "Position"), ("Kyiv", "accepts the draft"), ("Moscow", "rejects the draft")):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    if extra is not None:
        extra(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_docx(sandbox: Sandbox) -> None:
    (document,) = sandbox.load(docx_file(), name="draft.docx")
    assert parts(document) == EXPECTED
    assert levels(document) == [("The Berlin draft", 1), ("What was agreed", 2)]
    assert LIST_TEXT in document.text
    assert TABLE_TEXT in document.text
    metadata = document.metadata
    assert (metadata.title, metadata.author, metadata.language) == ("Berlin: the draft", "Ann Writer", "en-GB")
    assert metadata.published_at is None  # the template says 2013, which nobody published


def test_docx_shows_insertions_and_hides_deletions(sandbox: Sandbox) -> None:
    from docx.oxml import parse_xml

    def change(document: Any) -> None:
        namespace = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
        for tag, text in (("ins", "t"), ("del", "delText")):
            run = f'<w:{tag} {namespace} w:id="1" w:author="A"><w:r><w:{text}>{tag} text</w:{text}></w:r></w:{tag}>'
            document.add_paragraph("Kept. ")._p.append(parse_xml(run))

    (document,) = sandbox.load(docx_file(change))
    assert parts(document)[-2:] == [("paragraph", "Kept. ins text"), ("paragraph", "Kept.")]


def test_docx_merged_cells_and_nested_tables_appear_once(sandbox: Sandbox) -> None:
    def add(document: Any) -> None:
        table = document.add_table(rows=2, cols=2)
        table.cell(0, 0).merge(table.cell(0, 1)).text = "Both"
        table.cell(1, 0).text = "Left"
        inner = table.cell(1, 1).add_table(rows=1, cols=2)
        inner.cell(0, 0).text, inner.cell(0, 1).text = "in", "side"

    (document,) = sandbox.load(docx_file(add))
    assert parts(document)[-2:] == [("table_row", "Both"), ("table_row", "Left | in side")]


# ODT, by odfpy


def odt_file() -> bytes:
    from odf.dc import Language, Title
    from odf.meta import InitialCreator
    from odf.opendocument import OpenDocumentText
    from odf.table import Table, TableCell, TableColumn, TableRow
    from odf.text import (
        H,
        LineBreak,
        List,
        ListItem,
        ListLevelStyleNumber,
        ListStyle,
        Note,
        NoteBody,
        NoteCitation,
        P,
        S,
    )

    document = OpenDocumentText()
    document.meta.addElement(Title(text="Berlin: the draft"))
    document.meta.addElement(InitialCreator(text="Ann Writer"))
    document.meta.addElement(Language(text="en-GB"))
    numbers = ListStyle(name="Numbers")
    numbers.addElement(ListLevelStyleNumber(level="1", numformat="1", numsuffix="."))
    document.automaticstyles.addElement(numbers)
    document.text.addElement(H(outlinelevel=1, text="The Berlin draft"))
    paragraph = P(text=SENTENCE.partition(" met")[0])
    paragraph.addElement(S(c=1))
    paragraph.addText(SENTENCE.partition(" met")[1].strip() + SENTENCE.partition(" met")[2])
    note = Note(noteclass="footnote")
    note.addElement(NoteCitation(text="1"))
    body = NoteBody()
    body.addElement(P(text="The footnote."))
    note.addElement(body)
    paragraph.addElement(note)
    document.text.addElement(paragraph)
    document.text.addElement(H(outlinelevel=2, text="What was agreed"))
    for style, items in (
        (None, ("A monitoring mission", "An exchange of prisoners")),
        (numbers, ("First a ceasefire", "Then talks")),
    ):
        items_list = List(stylename=style) if style else List()
        for item in items:
            entry = ListItem()
            entry.addElement(P(text=item))
            items_list.addElement(entry)
        document.text.addElement(items_list)
    table = Table(name="Positions")
    table.addElement(TableColumn(numbercolumnsrepeated=2))
    for row in (("Party", "Position"), ("Kyiv", "accepts the draft"), ("Moscow", "rejects the draft")):
        cells = TableRow()
        for text in row:
            cell = TableCell()
            cell.addElement(P(text=text))
            cells.addElement(cell)
        table.addElement(cells)
    document.text.addElement(table)
    last = P(text="One")
    last.addElement(LineBreak())
    last.addText("two.")
    document.text.addElement(last)
    out = io.BytesIO()
    document.write(out)
    return out.getvalue()


def test_odt(sandbox: Sandbox) -> None:
    (document,) = sandbox.load(odt_file(), name="draft.odt")
    assert parts(document) == [*EXPECTED, ("paragraph", "One\ntwo."), ("paragraph", "The footnote.")]
    assert levels(document) == [("The Berlin draft", 1), ("What was agreed", 2)]
    assert LIST_TEXT in document.text
    metadata = document.metadata
    assert (metadata.title, metadata.author, metadata.language) == ("Berlin: the draft", "Ann Writer", "en-GB")
    assert metadata.published_at is None


# EPUB, by ebooklib

BODY = (
    f"<h1>The Berlin draft</h1><p>{SENTENCE.replace('Berlin', '<b>Berlin</b>')}</p><h2>What was agreed</h2>"
    "<ul><li>A monitoring mission</li><li>An exchange of prisoners</li></ul>"
    "<ol><li>First a ceasefire</li><li>Then talks</li></ol>"
    "<table><tr><th>Party</th><th>Position</th></tr><tr><td>Kyiv</td><td>accepts the draft</td></tr>"
    "<tr><td>Moscow</td><td><p>rejects</p><p>the draft</p></td></tr></table>"
)


def epub_file() -> bytes:
    from ebooklib import epub

    book = epub.EpubBook()
    book.set_identifier("urn:isbn:9780000000000")
    book.set_title("Berlin: the draft")
    book.set_language("en")
    book.add_author("Ann Writer")
    book.add_metadata("DC", "date", "2025-12-15")
    book.add_metadata("DC", "publisher", "The Press")
    chapters = []
    for number, body in enumerate((BODY, "<h1>Second chapter</h1><p>It goes on.</p>"), 1):
        chapter = epub.EpubHtml(title=f"Chapter {number}", file_name=f"text/c{number}.xhtml", lang="en")
        chapter.content = f"<html><head><title>Hidden</title></head><body>{body}</body></html>"
        book.add_item(chapter)
        chapters.append(chapter)
    book.toc = chapters
    book.add_item(epub.EpubNcx())
    book.add_item(epub.EpubNav())
    book.spine = ["nav", *chapters]
    out = io.BytesIO()
    epub.write_epub(out, book)
    return out.getvalue()


def test_epub(sandbox: Sandbox) -> None:
    (document,) = sandbox.load(epub_file(), name="draft.epub")
    assert parts(document) == [*EXPECTED, ("heading", "Second chapter"), ("paragraph", "It goes on.")]
    assert LIST_TEXT in document.text
    metadata = document.metadata
    assert (metadata.title, metadata.author, metadata.source) == ("Berlin: the draft", "Ann Writer", "The Press")
    assert (metadata.language, metadata.published_at) == ("en", "2025-12-15")


# PDF, by reportlab


def pdf_file(pages: int = 3, **options: Any) -> bytes:
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import ListFlowable, ListItem, PageBreak, Paragraph, SimpleDocTemplate, Table

    styles = getSampleStyleSheet()
    body = styles["BodyText"]

    def furniture(canvas: Any, document: Any) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(72, 810, "The Daily Briefing")
        canvas.drawString(300, 30, f"Page {document.page}")

    def items(kind: str, *texts: str) -> Any:
        return ListFlowable([ListItem(Paragraph(text, body)) for text in texts], bulletType=kind)

    story: list[Any] = [
        Paragraph("The Berlin draft", styles["Heading1"]),
        Paragraph(SENTENCE, body),
        Paragraph("What was agreed", styles["Heading2"]),
        items("bullet", "A monitoring mission", "An exchange of prisoners"),
        items("1", "First a ceasefire", "Then talks"),
        Table([["Party", "Position"], ["Kyiv", "accepts the draft"], ["Moscow", "rejects the draft"]]),
    ]
    for number in range(2, pages + 1):
        story += [PageBreak(), Paragraph(f"Part {number}", styles["Heading1"]), Paragraph(SENTENCE * 3, body)]
    out = io.BytesIO()
    SimpleDocTemplate(out, pagesize=A4, title="Berlin: the draft", author="Ann Writer", **options).build(
        story, onFirstPage=furniture, onLaterPages=furniture
    )
    return out.getvalue()


def test_pdf(sandbox: Sandbox) -> None:
    (document,) = sandbox.load(pdf_file(), name="draft.pdf")
    assert parts(document)[: len(EXPECTED)] == EXPECTED
    assert LIST_TEXT in document.text
    assert TABLE_TEXT in document.text
    assert levels(document) == [("The Berlin draft", 1), ("What was agreed", 2), ("Part 2", 1), ("Part 3", 1)]
    assert [block.page for block in document.blocks] == [1] * len(EXPECTED) + [2, 2, 3, 3]
    assert "The Daily Briefing" not in document.text
    assert "Page 2" not in document.text
    assert (document.metadata.title, document.metadata.author) == ("Berlin: the draft", "Ann Writer")
    assert document.metadata.published_at is None  # the file was made today; nobody says it was published


def canvas_file(*pages: list[str], size: float = 11) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out)
    for lines in pages:
        text = canvas.beginText(72, 750)
        text.setFont("Helvetica", size)
        text.setLeading(1.2 * size)
        for line in lines:
            text.textLine(line)
        canvas.drawText(text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def test_pdf_line_breaks_and_hyphens(sandbox: Sandbox) -> None:
    lines = [
        "The negotiations went on for a long time and the term of the negoti-",
        "ations was extended. A long-term plan was asked for, and the U.S.-",
        "led mission too. Everyone wants a long-",
        "term plan that the parliament of the country can ratify before Christ-",
        "mas.",
    ]
    (document,) = sandbox.load(canvas_file(lines))
    assert "the negotiations was extended" in document.text
    assert "U.S.-led mission" in document.text
    assert "a long-term plan that" in document.text
    assert "before Christmas." in document.text
    assert len(document.blocks) == 1


def test_pdf_sentences_over_a_page_break_stay_whole(sandbox: Sandbox) -> None:
    (document,) = sandbox.load(canvas_file(["The talks ended without a result, said the"], ["minister on Monday."]))
    assert parts(document) == [("paragraph", "The talks ended without a result, said the minister on Monday.")]
    assert document.blocks[0].page == 1


def test_pdf_pages_without_text_are_named(sandbox: Sandbox) -> None:
    (document,) = sandbox.load(canvas_file(["First page."], [], ["Third page."]))
    assert [block.page for block in document.blocks] == [1, 3]
    assert "no text on page 2" in document.notes
    with pytest.raises(InvalidDocument, match="looks scanned"):
        sandbox.load(canvas_file([], []))


def test_pdf_that_only_forbids_printing_is_read(sandbox: Sandbox) -> None:
    import pypdf

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf_file()))
    writer.encrypt(user_password="", owner_password="owner", algorithm="AES-256")  # noqa: S106
    out = io.BytesIO()
    writer.write(out)
    (document,) = sandbox.load(out.getvalue())
    assert parts(document)[: len(EXPECTED)] == EXPECTED


def test_pdf_publication_date_in_prism(sandbox: Sandbox) -> None:
    import pypdf
    from pypdf.generic import NameObject, StreamObject

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf_file(1)))
    stream = StreamObject()
    stream.set_data(
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<r:Description xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/">'
        b"<prism:publicationDate>2025-12-15</prism:publicationDate></r:Description></r:RDF></x:xmpmeta>"
    )
    writer.root_object[NameObject("/Metadata")] = writer._add_object(stream)
    out = io.BytesIO()
    writer.write(out)
    assert sandbox.load(out.getvalue())[0].metadata.published_at == "2025-12-15"


# HTML, as sites write it


def page(head: str = "", body: str = BODY) -> bytes:
    surroundings = (
        "<nav><a href=/>Home</a> <a href=/w>World</a></nav>",
        "<footer>Imprint. Cookies. All rights.</footer>",
    )
    return (
        f'<!doctype html><html lang="en-GB"><head><title>The Berlin draft</title>{head}</head><body>{surroundings[0]}'
        f"<main><article>{body}</article></main>{surroundings[1]}<script>alert(1)</script></body></html>"
    ).encode()


def test_html(sandbox: Sandbox) -> None:
    head = (
        '<meta name="author" content="Ann Writer"><meta property="og:site_name" content="The Daily">'
        '<meta property="article:published_time" content="2025-12-15T10:30:00+02:00">'
        '<link rel="canonical" href="https://daily.example/berlin">'
    )
    (document,) = sandbox.load(page(head), name="berlin.html")
    assert parts(document) == EXPECTED
    assert LIST_TEXT in document.text
    assert TABLE_TEXT in document.text
    metadata = document.metadata
    assert (metadata.title, metadata.author, metadata.source) == ("The Berlin draft", "Ann Writer", "The Daily")
    assert metadata.url == "https://daily.example/berlin"
    assert (metadata.language, metadata.published_at) == ("en-GB", "2025-12-15T10:30:00+02:00")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ('<script type="application/ld+json">{"@graph": [{"datePublished": "2025-12-15"}]}</script>', "2025-12-15"),
        ('<meta itemprop="datePublished" content="15 December 2025">', "2025-12-15"),
        ('<meta name="DC.date.issued" content="2025-12">', "2025-12"),
        ('<meta property="article:modified_time" content="2025-12-16T00:00:00Z">', None),
        ('<link rel="canonical" href="https://daily.example/2025/12/15/berlin">', None),
        ("", None),
    ],
)
def test_html_dates_are_those_the_page_states(sandbox: Sandbox, head: str, expected: str | None) -> None:
    body = f"{BODY}<p>Copyright 2019. Updated 3 May 2020.</p>"
    assert sandbox.load(page(head, body))[0].metadata.published_at == expected


def test_html_long_article_is_found_among_its_surroundings(sandbox: Sandbox) -> None:
    paragraphs = "".join(f"<p>Paragraph {number}. {SENTENCE}</p>" for number in range(40))
    teasers = "".join(f"<div><a href='/t{number}'>Teaser {number} of the day</a></div>" for number in range(30))
    (document,) = sandbox.load(page(body=f"<h1>The Berlin draft</h1>{paragraphs}</article><aside>{teasers}</aside>"))
    assert "Paragraph 0." in document.text
    assert "Paragraph 39." in document.text
    assert "Teaser" not in document.text
    assert "Imprint" not in document.text


def test_html_hides_what_the_page_hides(sandbox: Sandbox) -> None:
    hidden = (
        '<p style="display:none">Hidden one.</p><p hidden>Hidden two.</p><p aria-hidden="true">Hidden three.</p>'
        '<p style="font-size:0">Hidden four.</p><!-- Hidden five. --><template>Hidden six.</template>'
    )
    (document,) = sandbox.load(page(body=BODY + hidden))
    assert "Hidden" not in document.text


def test_html_in_an_old_charset(sandbox: Sandbox) -> None:
    data = '<html><head><meta charset="windows-1251"></head><body><p>Переговори тривають</p></body></html>'
    (document,) = sandbox.load(data.encode("cp1251"))
    assert document.text == "Переговори тривають"
    assert document.notes == ()


# CSV, by the csv module


def csv_file(*rows: list[str], **options: Any) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, **options).writerows(rows)
    return out.getvalue().encode()


def test_csv_rows_with_text_are_documents(sandbox: Sandbox) -> None:
    data = csv_file(
        ["ID", "Title", "Text", "Date", "Topics"],
        ["a", "One", 'He said: "yes",\nand left.', "2025-12-15", "x, y"],
        ["b", "Two", "Second.", "", ""],
        ["c", "Empty", "", "", ""],
    )
    first, second = sandbox.load(data, name="rows.csv")
    assert (first.id, first.text, first.metadata.published_at) == ("a", 'He said: "yes",\nand left.', "2025-12-15")
    assert first.metadata.topics == ("x", "y")
    assert (second.id, second.metadata.title, second.metadata.published_at) == ("b", "Two", None)
    assert "1 rows without text were left out" in first.notes


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_without_text_is_a_table(sandbox: Sandbox, delimiter: str) -> None:
    rows = [["Party", "Position"], ["Kyiv", "accepts the draft"], ["Moscow", "rejects the draft"]]
    (document,) = sandbox.load(csv_file(*rows, delimiter=delimiter), name="positions.csv")
    assert document.text == TABLE_TEXT
    assert {kind for kind, _ in parts(document)} == {"table_row"}
    assert document.metadata.title == "positions"


# E-mail, by the email package


def message(**headers: str) -> EmailMessage:
    mail = EmailMessage()
    fields = {"From": "Ann Writer <ann@daily.example>", "Subject": "Re: the draft – Überblick"} | headers
    for name, value in fields.items():
        mail[name.replace("_", "-")] = value
    return mail


def test_mail(sandbox: Sandbox) -> None:
    mail = message(Date="Mon, 15 Dec 2025 10:30:00 +0200", Message_ID="<1234@daily.example>")
    mail.set_content("First paragraph – with “quotes”.\n\nSecond.\n")
    mail.add_alternative("<p>The other version</p>", subtype="html")
    mail.add_attachment(b"\x00", maintype="application", subtype="pdf", filename="../draft.pdf")
    (document,) = sandbox.load(bytes(mail), name="x.eml")
    assert parts(document) == [("paragraph", "First paragraph – with “quotes”."), ("paragraph", "Second.")]
    assert (document.id, document.metadata.title) == ("1234@daily.example", "Re: the draft – Überblick")
    assert (document.metadata.author, document.metadata.published_at) == ("Ann Writer", "2025-12-15T10:30:00+02:00")
    assert "attachments not read: ../draft.pdf" in document.notes


def test_mail_in_html(sandbox: Sandbox) -> None:
    mail = message(Date="Mon, 15 Dec 2025 10:30:00 +0200")
    mail.set_content(f"<html><body><table><tr><td>{BODY}</td></tr></table></body></html>", subtype="html")
    assert parts(sandbox.load(bytes(mail))[0]) == EXPECTED


def test_mail_without_date_is_undated(sandbox: Sandbox) -> None:
    mail = message(To="x@y.example")
    mail.set_content("Text.")
    (document,) = sandbox.load(bytes(mail), name="x.eml")
    assert document.metadata.published_at is None
    assert document.text == "Text.\n"


# Feeds, as their standards write them

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>The Daily</title><link>https://daily.example</link><language>en-gb</language>
<item><title>Draft &amp;amp; talks</title><link>https://daily.example/1</link><guid isPermaLink="false">daily:1</guid>
<pubDate>Mon, 15 Dec 2025 10:30:00 GMT</pubDate><dc:creator>Ann Writer</dc:creator>
<description>Short.</description><content:encoded><![CDATA[<p>Long <b>text</b>.</p><ul><li>point</li></ul><script>x()</script>]]></content:encoded></item>
<item><title>Undated</title><link>https://daily.example/2</link><description>&lt;p&gt;Second.&lt;/p&gt;</description></item>
<item><title>No text</title><link>https://daily.example/3</link></item>
</channel></rss>"""  # noqa: E501 -- a feed has long lines

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>The Daily</title><id>urn:feed</id>
<entry><id>urn:1</id><title>Talks</title><updated>2025-12-16T00:00:00Z</updated><published>2025-12-15T10:30:00Z</published>
<author><name>Ann Writer</name></author><link href="https://daily.example/1"/><content type="html">&lt;p&gt;Text.&lt;/p&gt;</content></entry>
<entry><id>urn:2</id><title>Only updated</title><updated>2025-12-16T00:00:00Z</updated><summary type="text">Plain  text.</summary></entry>
</feed>"""  # noqa: E501


def test_rss(sandbox: Sandbox) -> None:
    first, second = sandbox.load(RSS.encode(), media_type="application/rss+xml")
    assert (first.id, first.text) == ("daily:1", "Long text.\n\n- point")
    assert (first.metadata.title, first.metadata.author, first.metadata.source) == (
        "Draft & talks",
        "Ann Writer",
        "The Daily",
    )
    assert (first.metadata.url, first.metadata.language) == ("https://daily.example/1", "en-gb")
    assert first.metadata.published_at == "2025-12-15T10:30:00Z"
    assert (second.id, second.text, second.metadata.published_at) == ("https://daily.example/2", "Second.", None)


def test_atom(sandbox: Sandbox) -> None:
    first, second = sandbox.load(ATOM.encode())
    assert (first.id, first.text, first.metadata.published_at) == ("urn:1", "Text.", "2025-12-15T10:30:00Z")
    assert (second.id, second.text, second.metadata.published_at) == ("urn:2", "Plain  text.", None)
    assert "undated: the feed states only an update (2025-12-16T00:00:00Z)" in second.notes


# Whatever it is called


@pytest.mark.parametrize(
    ("make", "media_type"),
    [
        (docx_file, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (odt_file, "application/vnd.oasis.opendocument.text"),
        (epub_file, "application/epub+zip"),
        (pdf_file, "application/pdf"),
        (page, "text/html"),
        (RSS.encode, "application/feed+xml"),
    ],
)
@pytest.mark.parametrize("name", ["wrong.txt", "wrong.csv", "wrong.pdf", "none"])
def test_content_decides_and_not_the_name(sandbox: Sandbox, make: Any, media_type: str, name: str) -> None:
    assert sandbox.load(make(), name=name, media_type="text/plain")[0].media_type == media_type


def test_the_same_file_gives_the_same_document(sandbox: Sandbox) -> None:
    for data in (docx_file(), pdf_file(), page(), epub_file()):
        assert sandbox.load(data, name="x") == sandbox.load(data, name="x")


def test_archives_are_what_they_hold(sandbox: Sandbox) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    with pytest.raises(InvalidDocument, match="looks like an Excel workbook"):
        sandbox.load(out.getvalue(), name="report.docx")
