"""Every journey with nothing but a keyboard: each control can be reached, and where the focus is can be seen."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from assistant.services import Services
from tests.browser.conftest import OpenPage
from tests.browser.test_curating import TEXT, add, corpus

__all__ = ["corpus"]  # a fixture of the module it comes from

MOST_STOPS = 150
SEEN = """() => {
  const style = getComputedStyle(document.activeElement);
  return document.activeElement === document.body || style.outlineStyle === "solid" || style.boxShadow !== "none";
}"""


def reach(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Press a key until the focus is on what is wanted; fails where it never comes there or cannot be seen."""
    for _ in range(MOST_STOPS):
        page.keyboard.press(key)
        assert page.evaluate(SEEN), f"the focus cannot be seen on {page.evaluate('document.activeElement.outerHTML')}"
        if wanted.evaluate("place => place === document.activeElement"):
            return
    raise AssertionError(f"{wanted} was not reached")


def press(page: Page, wanted: Locator, key: str = "Enter") -> None:
    """Go to a control and use it."""
    reach(page, wanted)
    page.keyboard.press(key)


def follow(page: Page, wanted: Locator | None = None) -> None:
    """Use a control that leads to another page, or send the form whose field has the focus, and be there."""
    if wanted is not None:
        reach(page, wanted)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_text_is_pasted_looked_at_added_and_watched(corpus: tuple[Services, str], open_page: OpenPage) -> None:
    page = open_page(f"{corpus[1]}/curate/add")
    press(page, page.locator("summary", has_text="Paste a text"))
    reach(page, page.locator("#text"))
    page.keyboard.type("The Lorn ferry was built in 1911 by hand.")
    press(page, page.locator("summary", has_text="Metadata"))
    reach(page, page.get_by_label("Title"))
    page.keyboard.type("A ferry of long ago")
    press(page, page.locator("#preview"), "Space")
    expect(page.locator("#previews h2")).to_be_focused()
    expect(page.locator(".previews .tag")).to_have_text("New")
    follow(page, page.locator("#add-these"))
    expect(page.locator("#job .lead")).to_contain_text("Done")
    follow(page, page.locator("#job a", has_text="text.txt").first)
    expect(page.locator(".text")).to_contain_text("built in 1911")


def test_the_table_is_sorted_and_searched(corpus: tuple[Services, str], open_page: OpenPage) -> None:
    page = open_page(f"{corpus[1]}/documents")
    reach(page, page.locator("#find"))
    page.keyboard.type("Report 123")
    page.keyboard.press("Enter")
    expect(page.locator(".documents tbody tr")).to_have_count(10)
    press(page, page.locator("#by-title"))
    expect(page.locator(".documents td.title").first).to_have_text("Report 1239")
    expect(page.locator("#by-title")).to_be_focused()
    follow(page, page.locator(".documents td.title a").first)
    expect(page.locator(".text")).to_contain_text("ceasefire")


def test_a_document_is_corrected_marked_and_withdrawn(corpus: tuple[Services, str], open_page: OpenPage) -> None:
    services, address = corpus
    add(services, "keyed", TEXT)
    page = open_page(f"{address}/documents/keyed")
    follow(page, page.get_by_role("link", name="Curate this document"))
    press(page, page.locator("summary", has_text="Metadata"))
    reach(page, page.get_by_role("textbox", name="Source"))
    page.keyboard.type("Harbour")
    follow(page)
    press(page, page.locator("summary", has_text="Versions"))
    expect(page.locator(".log li").first).to_be_visible()
    press(page, page.locator("#incorrect-1"), "Space")
    expect(page.locator("#incorrect-1")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#incorrect-1")).to_be_focused()
    follow(page, page.locator(".marks").get_by_role("link", name="in the text").first)
    expect(page.locator(".text-column mark")).to_be_in_viewport()
    follow(page, page.get_by_role("button", name="Withdraw this document"))
    follow(page, page.get_by_role("button", name="Withdraw it"))
    expect(page.locator("main")).to_contain_text("0 passages left")


def test_the_index_is_checked(corpus: tuple[Services, str], open_page: OpenPage) -> None:
    page = open_page(f"{corpus[1]}/curate/index")
    press(page, page.locator("#check"))
    expect(page.locator("#index h2")).to_be_focused()
    reach(page, page.get_by_role("link", name="Statements that curators marked"))


def test_a_cell_of_the_matrix_and_its_source(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/positions")
    press(page, page.locator(".matrix td a").first)
    panel = page.locator(".panel")
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.locator(".matrix td a").first).to_be_focused()


def test_a_draft_is_pasted_and_checked(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/drafts")
    reach(page, page.locator("textarea"))
    page.keyboard.type("Russia rejects foreign troops in Ukraine.")
    press(page, page.get_by_role("button", name="Check"))
    expect(page.locator("li.check")).to_have_count(1)


def test_a_brief_is_written_and_taken_along(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/briefs")
    reach(page, page.locator("#topic"))
    page.keyboard.type("security guarantees for Ukraine")
    page.keyboard.press("Enter")
    page.wait_for_url("**/briefs/*")
    reach(page, page.get_by_role("link", name="Word"))


def test_a_conversation_is_renamed_and_deleted(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    page.keyboard.type("What does Russia reject?")
    page.keyboard.press("Enter")
    page.locator(".turn[data-status]").wait_for()
    page.goto(f"{address}/conversations")
    press(page, page.locator(".rows summary").first)
    reach(page, page.get_by_label("Title", exact=True).first)
    page.keyboard.press("Control+A")
    page.keyboard.type("What Moscow refuses")
    follow(page)
    follow(page, page.locator(".rows a.row-title", has_text="What Moscow refuses").first)
    expect(page.get_by_role("heading", level=1)).to_have_text("What Moscow refuses")
    press(page, page.locator(".conversation-head summary"))
    follow(page, page.get_by_role("button", name="Delete").first)
    expect(page.locator("#start")).to_be_visible()
