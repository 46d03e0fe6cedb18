"""The journeys of a curator, with a script and without: hand in, watch, correct, restore, mark, withdraw."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import insert

from assistant.index import schema
from assistant.index.records import blocks_json
from assistant.models import Block, LoadedDocument, Metadata
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.browser.conftest import OpenPage, serving
from tests.browser.test_look import accessible, overflows
from tests.conftest import HashEncoder

MANY = 5_000
AT = "2026-01-01T00:00:00.000000Z"
SENTENCES = [f"Sentence number {number} tells of the ferry to Lorn." for number in range(2_000)]
TEXT = "Russia rejects the presence of foreign troops in Ukraine. Kyiv demands a ceasefire."


def rows(document_id: str, title: str, text: str, blocks: tuple[Block, ...]) -> tuple[dict[str, object], ...]:
    """A document as the catalog holds it: what is tested is how it is shown, not how it came in."""
    document = {"id": document_id, "state": "active", "current_version": 1, "origin": "tests"}
    version = {"document_id": document_id, "number": 1, "state": "current", "text": text, "title": title}
    version |= {"blocks": blocks_json(blocks), "source": f"Wire {document_id[-1]}", "topics": "[]"}
    version |= {"content_sha256": "0" * 64, "media_type": "text/plain", "created_at": AT, "created_by": "tests"}
    return document | {"created_at": AT, "updated_at": AT}, version


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Services, str]]:
    """A corpus that may be written: 5,000 documents and a long one among them, and its server's address."""
    folder = tmp_path_factory.mktemp("curating")
    with open_services(Settings(data_dir=folder / "data"), HashEncoder()) as services:
        made = [rows(f"d{number:04}", f"Report {number:04}", TEXT, (Block(0, len(TEXT)),)) for number in range(MANY)]
        long = " ".join(SENTENCES)
        made.append(rows("long", "A long report", long, (Block(0, len(long)),)))
        with services.database.write() as connection:
            connection.execute(insert(schema.documents), [document for document, _ in made])
            connection.execute(insert(schema.versions), [version for _, version in made])
        services.jobs.start()
        with serving(services) as url:
            yield services, url


def add(services: Services, document_id: str, text: str = TEXT) -> None:
    document = LoadedDocument(text, (Block(0, len(text)),), Metadata(title=f"Title of {document_id}"))
    services.pipeline.ingest(document_id, document, origin="tests", by="tests")


@pytest.mark.parametrize("script", [True, False])
def test_five_thousand_documents_are_sorted_turned_and_found(
    corpus: tuple[Services, str], open_page: OpenPage, script: bool
) -> None:
    page = open_page(f"{corpus[1]}/documents", java_script_enabled=script)
    if script:
        page.evaluate("window.untouched = true")
    expect(page.locator(".documents tbody tr")).to_have_count(50)
    page.locator(".documents th a", has_text="Title").click()
    expect(page.locator(".documents td.title").first).to_have_text("Report 4999")
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Title")
    page.get_by_role("link", name="Next page").click()
    expect(page.locator(".documents td.title").first).to_have_text("Report 4949")
    page.get_by_role("link", name="Last page").click()
    expect(page.locator(".documents td.title").last).to_have_text("A long report")
    page.get_by_label("Find documents").fill("Report 123")
    page.keyboard.press("Enter")
    expect(page.locator(".documents tbody tr")).to_have_count(10)
    if script:
        expect(page.locator("#announce")).to_contain_text("10 documents")
        assert page.evaluate("window.untouched") is True


def test_a_document_of_two_thousand_sentences_opens_at_the_passage(
    corpus: tuple[Services, str], open_page: OpenPage
) -> None:
    start = len(" ".join(SENTENCES[:1_500])) + 1
    page = open_page(f"{corpus[1]}/documents/long?start={start}&end={start + len(SENTENCES[1_500])}#p")
    expect(page.locator("mark")).to_have_text(SENTENCES[1_500])
    expect(page.locator("mark")).to_be_in_viewport()


def hand_in(page: Page, address: str, files: list[Path]) -> None:
    page.goto(f"{address}/curate/add")
    page.locator("#files").set_input_files(files)


@pytest.mark.parametrize("script", [True, False])
def test_files_are_looked_at_handed_in_and_watched(
    corpus: tuple[Services, str], open_page: OpenPage, tmp_path: Path, script: bool
) -> None:
    services, address = corpus
    name = f"bridge-{script}.txt"
    add(services, name, "A bridge opens in May. Kyiv demands a ceasefire.")
    good, broken = tmp_path / name, tmp_path / "broken.docx"
    good.write_text("A bridge opens in June. Kyiv demands a ceasefire.")
    broken.write_bytes(b"PK nothing")
    page = open_page("about:blank", java_script_enabled=script)
    hand_in(page, address, [good, broken])
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".previews .tag")).to_have_text(["Replaces", "Cannot be read"])
    expect(page.locator(".diff ins")).to_contain_text("June")
    if script:
        accessible(page)
    page.get_by_role("button", name="Add these").click()
    page.wait_for_url("**/curate/jobs/*")
    for _ in range(100):
        if script or page.get_by_text(re.compile("^Done")).count():
            break
        page.get_by_role("link", name="Look again").click()
    expect(page.locator("#job .lead")).to_contain_text("Done")
    expect(page.locator("#job .failed")).to_contain_text("broken.docx")
    page.get_by_role("link", name=name).click()
    expect(page.locator(".text")).to_contain_text("June")


@pytest.mark.parametrize("script", [True, False])
def test_a_document_is_corrected_compared_restored_marked_and_withdrawn(
    corpus: tuple[Services, str], open_page: OpenPage, script: bool
) -> None:
    services, address = corpus
    name = f"ferry/{script}"
    add(services, name)
    add(services, name, TEXT.replace("a ceasefire", "a truce"))
    page = open_page(f"{address}/documents/ferry%2F{script}", java_script_enabled=script)
    page.get_by_role("link", name="Curate this document").click()
    page.locator("summary", has_text="Metadata").click()
    page.get_by_role("textbox", name="Source").fill("Harbour")
    page.get_by_label("Published").fill("2025-12-01")
    page.get_by_role("button", name="Save").click()
    page.locator("summary", has_text="Versions").click()
    page.get_by_role("link", name="Changes since version 1").click()
    expect(page.locator(".diff ins")).to_contain_text("truce")
    page.get_by_role("button", name="Restore Version 1").click()
    expect(page.locator(".text-column")).to_contain_text("a ceasefire")
    page.locator(".marks").get_by_role("button", name="Incorrect").first.click()
    expect(page.locator(".marks [aria-pressed=true]")).to_have_text("Incorrect")
    if script:
        expect(page.locator("#announce")).to_have_text("Incorrect")
        accessible(page)
        assert not overflows(page)
    page.locator(".marks").get_by_role("link", name="in the text").first.click()
    expect(page.locator(".text-column mark")).to_be_visible()
    page.get_by_role("button", name="Withdraw this document").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Withdraw this document?")
    page.get_by_role("link", name="Keep it").click()
    page.get_by_role("button", name="Withdraw this document").click()
    page.get_by_role("button", name="Withdraw it").click()
    expect(page.locator("main")).to_contain_text("0 passages left")
    if script:
        accessible(page)


def test_the_index_is_checked_and_rebuilt_in_place(corpus: tuple[Services, str], open_page: OpenPage) -> None:
    page = open_page(f"{corpus[1]}/curate/index")
    page.get_by_role("button", name="Check now").click()
    expect(page.locator(".findings li")).not_to_have_count(0)
    expect(page.locator("#index h2")).to_be_focused()
    accessible(page)
    page.get_by_role("button", name="Rebuild").click()
    expect(page.locator(".findings")).to_have_count(0)
