"""The journeys of somebody who prepares a briefing: positions, timeline, a draft, briefs; with a script and without."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage

DRAFT = "The Budapest Memorandum was signed in 1994. The Budapest Memorandum was signed in 1996. Bananas are blue."


def stay(page: Page) -> None:
    page.evaluate("window.untouched = true")


def stayed(page: Page) -> bool:
    return page.evaluate("window.untouched") is True


def test_a_cell_opens_its_statements_beside_the_table_and_on_to_the_source(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/positions")
    cell = page.get_by_role("link", name="Russia rejects: ceasefire monitoring")
    cell.click()
    panel = page.get_by_role("dialog")
    expect(panel.locator(".statement").first).to_contain_text("Russia rejects")
    page.keyboard.press("j")
    expect(panel.locator(".panel-position")).to_contain_text("Source")
    page.keyboard.press("k")
    expect(panel.locator("h2")).to_contain_text("ceasefire monitoring")
    quote = panel.locator(".statement q").first.inner_text()
    panel.locator(".cited a").first.click()
    expect(panel.locator("mark")).to_have_text(quote)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_a_cell_without_a_script(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/positions", java_script_enabled=False)
    page.get_by_role("link", name="Russia rejects: ceasefire monitoring").click()
    expect(page.locator("#statements .statement").first).to_contain_text("Russia rejects")
    page.locator("#statements .cited a").first.click()
    expect(page.locator("mark#p")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_subjects_of_ones_own(address: str, open_page: OpenPage, script: bool) -> None:
    page = open_page(f"{address}/positions", java_script_enabled=script)
    if script:
        stay(page)
    page.get_by_label("Subjects").fill("NATO membership, bananas")
    page.keyboard.press("Enter")
    expect(page.locator(".matrix thead th")).to_have_text(["Actor", "NATO membership"])
    expect(page.locator("#positions .notice")).to_contain_text("bananas")
    assert "subjects=NATO" in page.url
    if script:
        assert stayed(page)
        expect(page.locator("#announce")).to_contain_text("1 subjects")
        page.go_back()
        expect(page.locator(".matrix thead th")).not_to_have_count(2)


def test_the_timeline_is_zoomed_by_keys_and_every_event_opens_its_source(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/timeline")
    stay(page)
    whole = page.locator("#period").inner_text()
    page.locator(".drawing").focus()
    page.keyboard.press("+")
    expect(page.locator("#period")).not_to_have_text(whole)
    closer = page.locator("#period").inner_text()
    expect(page.locator(".drawing")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#period")).not_to_have_text(closer)
    expect(page.locator("#announce")).to_contain_text("event")
    page.keyboard.press("0")
    expect(page.locator("#period")).to_have_text(whole)
    assert stayed(page)
    dot = page.locator(".drawing svg a").first
    dot.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".event:target")).to_be_in_viewport()
    text = page.locator(".event .said").first.inner_text()
    page.locator(".event .cited a").first.click()
    expect(page.locator(".panel mark")).to_have_text(text)


def test_the_timeline_is_zoomed_by_links_without_a_script(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/timeline?from=2014-01-01&to=2025-12-31", java_script_enabled=False)
    more = page.locator(".drawing a:has(.more)").last
    told = more.get_attribute("aria-label") or ""
    more.click()
    expect(page.locator("#period")).to_contain_text("to")
    assert "look closer" in told and page.locator(".event").count() > 0
    page.get_by_role("link", name="Whole period").click()
    expect(page.locator("#period")).to_contain_text("1949")


@pytest.mark.parametrize("script", [True, False])
def test_a_pasted_draft_has_a_verdict_for_each_sentence(address: str, open_page: OpenPage, script: bool) -> None:
    page = open_page(f"{address}/drafts", java_script_enabled=script)
    page.get_by_label("The draft").fill(DRAFT)
    page.get_by_role("button", name="Check").click()
    expect(page.locator(".check .verdict")).to_have_text(["Supported", "Contradicted", "Not in the documents"])
    assert page.get_by_label("The draft").input_value() == DRAFT
    if script:
        expect(page.locator("#announce")).to_have_text("1 supported, 1 contradicted, 1 not in the documents.")
        expect(page.locator("#checked h2")).to_be_focused()
        page.locator(".check .source-title a").first.click()
        expect(page.locator(".panel mark")).to_be_in_viewport()


def test_a_draft_is_chosen_or_dropped_as_a_file(address: str, open_page: OpenPage, tmp_path: Path) -> None:
    draft = tmp_path / "<img src=x onerror=alert(1)>.md"
    draft.write_text(DRAFT)
    page = open_page(f"{address}/drafts")
    page.locator("#file").set_input_files(draft)
    expect(page.locator("[data-chosen]")).to_have_text(f"Chosen: {draft.name}")
    page.evaluate(
        """() => {
          const held = new DataTransfer();
          held.items.add(new File(["Bananas are blue."], "dropped.txt"));
          document.querySelector(".drop").dispatchEvent(new DragEvent("drop", { dataTransfer: held, bubbles: true }));
        }"""
    )
    expect(page.locator("[data-chosen]")).to_have_text("Chosen: dropped.txt")
    page.get_by_role("button", name="Check").click()
    expect(page.locator(".check .verdict")).to_have_text(["Not in the documents"])
    expect(page.locator("#checked h2")).to_contain_text("dropped.txt")


def test_what_cannot_be_checked_is_told_in_place(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/drafts")
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#checked .problem-detail")).to_have_text("The draft has no sentence to check.")
    page.route("**/drafts", lambda route: route.abort())
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#checked .problem-detail")).to_have_text("The server cannot be reached.")
    expect(page.locator("#announce")).to_contain_text("The server cannot be reached.")
    expect(page.get_by_role("button", name="Check")).to_be_enabled()


@pytest.mark.parametrize("script", [True, False])
def test_a_brief_is_written_read_and_taken_along(address: str, open_page: OpenPage, script: bool) -> None:
    page = open_page(f"{address}/briefs", java_script_enabled=script)
    page.get_by_label("Topic").fill("security guarantees")
    page.get_by_role("button", name="Write the brief").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("ecurity guarantees")
    expect(page.locator(".brief-section").nth(3)).to_be_visible()
    with page.expect_download() as taken:
        page.get_by_role("link", name="Word").click()
    assert taken.value.suggested_filename.endswith(".docx")
    if script:
        page.locator(".brief .chip").first.hover()
        expect(page.locator("#card q")).to_be_visible()
        page.locator(".brief .chip").first.click()
        expect(page.locator(".panel mark")).to_be_in_viewport()
        page.keyboard.press("Escape")
    page.get_by_label("What changed since").fill("2025-12-14")
    page.get_by_role("button", name="Show the changes").click()
    expect(page.get_by_role("heading", name="What changed")).to_be_visible()
    page.get_by_role("link", name="All briefs").click()
    expect(page.locator(".rows .row-title").nth(1)).to_be_visible()
