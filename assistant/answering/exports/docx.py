"""A brief as a Word document with real endnotes.

python-docx writes everything but the endnotes, for which the part of WordprocessingML is made here (ISO/IEC 29500-1,
17.11). A citation is an endnote where it is first used; further uses are NOTEREF fields to it (17.16.5.42), so that
Word numbers and links them.
"""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

from docx import Document
from docx.document import Document as DocxDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt
from docx.text.paragraph import Paragraph
from lxml import etree

from assistant.answering.brief_model import Brief, BriefItem
from assistant.answering.exports.wording import address, groups, legal, note, stamp
from assistant.models import Citation

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.endnotes+xml"
REFERENCE, TEXT = "EndnoteReference", "EndnoteText"
EPOCH = datetime(1980, 1, 1, tzinfo=UTC)  # the earliest a zip file can hold; the same brief gives the same bytes


def render(brief: Brief) -> bytes:
    """The brief as a .docx file."""
    document = Document()
    _prepare(document, brief)
    document.add_heading(legal(brief.title), 0)
    document.add_paragraph(legal(stamp(brief))).runs[0].italic = True
    told: set[int] = set()
    for section in brief.sections:
        document.add_heading(legal(section.heading), 1)
        for name, items in groups(section.items):
            if name is not None:
                document.add_heading(legal(name), 2)
            for item in items:
                _add_item(document, item, told)
    _add_endnotes(document, brief.citations)
    buffer = io.BytesIO()
    document.save(buffer)
    return _fixed(buffer.getvalue())


def _prepare(document: DocxDocument, brief: Brief) -> None:
    styles = document.styles
    reference = styles.add_style("Endnote Reference", WD_STYLE_TYPE.CHARACTER)
    reference.font.superscript = True
    text = styles.add_style("Endnote Text", WD_STYLE_TYPE.PARAGRAPH)
    text.font.size = Pt(9)
    properties = document.core_properties
    properties.title = legal(brief.title)[:255]
    properties.author = properties.last_modified_by = "Briefing assistant"
    properties.comments = ""
    properties.identifier = brief.id
    properties.created = properties.modified = EPOCH.replace(tzinfo=None)
    # Endnotes are numbered in Roman numerals unless told otherwise.
    numbering = OxmlElement("w:endnotePr")
    for tag, value in (("w:numFmt", "decimal"), ("w:endnote", "-1"), ("w:endnote", "0")):
        child = OxmlElement(tag)
        child.set(qn("w:val" if tag == "w:numFmt" else "w:id"), value)
        numbering.append(child)
    document.settings.element.find(qn("w:compat")).addprevious(numbering)


def _add_item(document: DocxDocument, item: BriefItem, told: set[int]) -> None:
    paragraph = document.add_paragraph(legal(item.text), style="List Bullet")
    for position, number in enumerate(item.citations):
        if position:
            _superscript(paragraph, ", ")
        if number in told:
            _add_field(paragraph, number)
        else:
            told.add(number)
            _add_reference(paragraph, number)


def _superscript(paragraph: Paragraph, text: str) -> None:
    paragraph.add_run(text, style="Endnote Reference")


def _add_reference(paragraph: Paragraph, number: int) -> None:
    run = paragraph.add_run(style="Endnote Reference")
    mark = OxmlElement("w:endnoteReference")
    mark.set(qn("w:id"), str(number))
    run._r.append(mark)
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for element in (start, end):
        element.set(qn("w:id"), str(number))
    start.set(qn("w:name"), _bookmark(number))
    run._r.addprevious(start)
    run._r.addnext(end)


def _add_field(paragraph: Paragraph, number: int) -> None:
    """A complex field: begin, instruction, separator, the number as last computed, end."""
    for kind, text in (("begin", ""), ("", f" NOTEREF {_bookmark(number)} \\f \\h "), ("separate", "")):
        run = paragraph.add_run(style="Endnote Reference")
        if kind:
            run._r.append(_field_mark(kind))
        else:
            instruction = OxmlElement("w:instrText")
            instruction.set(qn("xml:space"), "preserve")
            instruction.text = text
            run._r.append(instruction)
    _superscript(paragraph, str(number))
    paragraph.add_run(style="Endnote Reference")._r.append(_field_mark("end"))


def _field_mark(kind: str) -> etree._Element:
    mark: etree._Element = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    return mark


def _bookmark(number: int) -> str:
    return f"_Note{number}"


def _add_endnotes(document: DocxDocument, citations: tuple[Citation, ...]) -> None:
    root = etree.fromstring(f"<w:endnotes {nsdecls('w')}/>")
    for note_id, kind in ((-1, "separator"), (0, "continuationSeparator")):
        endnote = _sub(root, "w:endnote", {"w:type": kind, "w:id": str(note_id)})
        _sub(_sub(_sub(endnote, "w:p"), "w:r"), f"w:{kind}")
    for citation in citations:
        endnote = _sub(root, "w:endnote", {"w:id": str(citation.number)})
        paragraph = _sub(endnote, "w:p")
        _sub(_sub(paragraph, "w:pPr"), "w:pStyle", {"w:val": TEXT})
        mark = _sub(paragraph, "w:r")
        _sub(_sub(mark, "w:rPr"), "w:rStyle", {"w:val": REFERENCE})
        _sub(mark, "w:endnoteRef")
        url = address(citation)
        text = _sub(_sub(paragraph, "w:r"), "w:t", {"xml:space": "preserve"})
        text.text = legal(f" {note(citation)}" + (f" {url}" if url else ""))
    blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    part = Part(PackURI("/word/endnotes.xml"), CONTENT_TYPE, blob, document.part.package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.ENDNOTES)


def _sub(parent: etree._Element, tag: str, attributes: dict[str, str] | None = None) -> etree._Element:
    return etree.SubElement(parent, qn(tag), {qn(name): value for name, value in (attributes or {}).items()})


def _fixed(archive: bytes) -> bytes:
    """The same zip file with a fixed time on every entry."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(buffer, "w") as new:
        for entry in old.infolist():
            info = zipfile.ZipInfo(entry.filename, EPOCH.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0
            new.writestr(info, old.read(entry))
    return buffer.getvalue()
