"""Briefs as files: notes that work, text that stays text, and the same bytes for the same brief."""

from __future__ import annotations

import html
import io
import re
import sys
import zipfile

import docx
import pypdf
import pytest
from lxml import etree
from markdown_it import MarkdownIt

from assistant.answering.brief_model import Brief, BriefItem, BriefRequest, BriefSection
from assistant.answering.exports import EXPORTS
from assistant.answering.exports.markdown import plain
from assistant.errors import Unavailable
from assistant.models import Citation, Metadata
from assistant.services import Services

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

HOSTILE = (
    "<script>alert(1)</script> ![i](http://evil.example/i.png) [l](javascript:alert(1)) <img src=//evil.example/x> "
    "http://evil.example www.evil.example a@evil.example `c` **b** _i_ # h | t $m$ &lt; [^1] {{ x }} \x00\x07 \\* “q”"
)


def citation(number: int, quote: str, url: str | None = None) -> Citation:
    metadata = Metadata(title=f"Title {number}", source="Source", published_at="2025-12-16", url=url)
    return Citation(number, "doc", 1, "doc:1:0", metadata, quote, "", "", 0, len(quote))


def make(*, hostile: str = HOSTILE) -> Brief:
    return Brief(
        id="",
        title=f"Brief: {hostile}",
        topic=hostile,
        as_of="2025-12-17",
        since=None,
        corpus_state=7,
        newest_source="2025-12-16",
        sections=(
            BriefSection(
                "Positions by actor", (BriefItem(hostile, (1,), "Russia"), BriefItem("Ünï 和平", (2, 1), "A"))
            ),
            BriefSection("Gaps", (BriefItem("1. Nothing is known.", ()), BriefItem("- Nor this.", ()))),
        ),
        citations=(
            citation(1, hostile, "https://example.org/a?b=c&d=e"),
            citation(2, "Ünï 和平", "javascript:alert(1)"),
        ),
    ).identified()


@pytest.fixture(scope="module")
def real(briefing: Services) -> Brief:
    return briefing.briefing.brief(BriefRequest("multinational force"))


@pytest.mark.parametrize("kind", sorted(EXPORTS))
def test_the_same_brief_gives_the_same_bytes(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    once = EXPORTS[kind].render(make())
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert EXPORTS[kind].render(make()) == once
    if kind == "docx":
        with zipfile.ZipFile(io.BytesIO(once)) as archive:
            assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


# ------------------------------------------------------------------------------------------------------ Markdown


def test_markdown_has_every_section_line_and_footnote(real: Brief) -> None:
    text = EXPORTS["md"].render(real).decode()
    for found in real.sections:
        assert f"\n## {found.heading}\n" in text
    defined = re.findall(r"^\[\^(\d+)\]: ", text, re.MULTILINE)
    used = set(re.findall(r"(?<!^)\[\^(\d+)\](?!:)", text))
    assert defined == [str(c.number) for c in real.citations]
    assert used == set(defined)
    assert f"brief {real.id}" in text
    assert len(re.findall(r"^- ", text, re.MULTILINE)) == sum(len(found.items) for found in real.sections)


def test_markdown_shows_text_as_it_is() -> None:
    rendered = MarkdownIt("commonmark").render(plain(HOSTILE))
    shown = re.sub(r"<[^>]*>", "", rendered)
    assert rendered.startswith("<p>") and rendered.count("<") == 2  # the paragraph and nothing else
    assert html.unescape(shown).strip() == " ".join(HOSTILE.replace("\x00", "\ufffd").split())


@pytest.mark.parametrize("text", ["1. x", "2) x", "- x", "+ x", "# x", "> x", "--- x", "=== x", "    x", ": x"])
def test_markdown_begins_no_block(text: str) -> None:
    assert MarkdownIt("commonmark").render(plain(text)) == f"<p>{' '.join(text.split())}</p>\n".replace(
        "> x<", "&gt; x<"
    )


def test_markdown_links_only_to_sources() -> None:
    text = EXPORTS["md"].render(make()).decode()
    page = MarkdownIt("commonmark").render(text)
    assert re.findall(r'href="([^"]*)"', page) == ["https://example.org/a?b=c&amp;d=e"]
    assert "<img" not in page
    assert "<script" not in page


# ---------------------------------------------------------------------------------------------------------- Word


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_word_has_real_endnotes(real: Brief) -> None:
    data = EXPORTS["docx"].render(real)
    files = parts(data)
    notes = etree.fromstring(files["word/endnotes.xml"])
    texts = {
        int(note.get(f"{W}id", "")): "".join(map(str, note.itertext()))
        for note in notes
        if note.get(f"{W}type") is None
    }
    assert sorted(texts) == [c.number for c in real.citations]
    for cited in real.citations:
        assert " ".join(cited.quote.split()) in texts[cited.number]
    body = etree.fromstring(files["word/document.xml"])
    references = [int(mark.get(f"{W}id", "")) for mark in body.iter(f"{W}endnoteReference")]
    assert references == [c.number for c in real.citations]  # each once, in the order in which Word numbers them
    bookmarks = {mark.get(f"{W}name") for mark in body.iter(f"{W}bookmarkStart")}
    fields = [(instruction.text or "").split() for instruction in body.iter(f"{W}instrText")]
    assert all(field[0] == "NOTEREF" and field[1] in bookmarks for field in fields)
    uses = sum(len(item.citations) for found in real.sections for item in found.items)
    assert len(references) + len(fields) == uses
    relations = files["word/_rels/document.xml.rels"].decode()
    assert "relationships/endnotes" in relations
    assert b"/word/endnotes.xml" in files["[Content_Types].xml"]


def test_word_opens_and_holds_every_line(real: Brief) -> None:
    document = docx.Document(io.BytesIO(EXPORTS["docx"].render(real)))
    bullets = [p for p in document.paragraphs if p.style is not None and p.style.name == "List Bullet"]
    lines = [item.text for found in real.sections for item in found.items]
    assert len(bullets) == len(lines)
    assert all(bullet.text.startswith(line) for bullet, line in zip(bullets, lines, strict=True))
    headings = [p.text for p in document.paragraphs if p.style is not None and p.style.name == "Heading 1"]
    assert headings == [found.heading for found in real.sections]


def test_word_takes_hostile_text_as_text() -> None:
    files = parts(EXPORTS["docx"].render(make()))
    body = etree.fromstring(files["word/document.xml"])
    assert "<script>alert(1)</script>" in "".join(map(str, body.itertext()))
    assert not list(body.iter(f"{W}hyperlink"))
    assert "evil.example" not in files["word/_rels/document.xml.rels"].decode()


# ----------------------------------------------------------------------------------------------------------- PDF


def addresses(data: bytes) -> set[str]:
    found = set()
    for page in pypdf.PdfReader(io.BytesIO(data)).pages:
        for annotation in page.get("/Annots") or []:
            action = annotation.get_object().get("/A")
            if action is not None and "/URI" in action:
                found.add(str(action["/URI"]))
    return found


def test_pdf_has_every_line_and_note(real: Brief) -> None:
    reader = pypdf.PdfReader(io.BytesIO(EXPORTS["pdf"].render(real)))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for found in real.sections:
        assert found.heading in text
    for cited in real.citations:
        assert cited.document_id.split("-")[0] in text
    assert real.id in text
    assert reader.metadata is not None
    assert reader.metadata.title == real.title


def test_pdf_links_only_to_sources_and_fetches_nothing() -> None:
    data = EXPORTS["pdf"].render(make())
    assert addresses(data) == {"https://example.org/a?b=c&d=e"}
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)
    assert "<script>" in text


def test_without_its_libraries_pdf_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(Unavailable) as caught:
        EXPORTS["pdf"].render(make())
    assert "Pango" in str(caught.value)
