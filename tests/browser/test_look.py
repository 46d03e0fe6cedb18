"""How pages look and weigh: narrow, dark, enlarged, printed, and as seen by axe-core."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, ask

PAGES = {
    "start": "/",
    "answer": "/?q=What+does+Russia+reject%3F",
    "refusal": "/?q=Who+is+the+prime+minister+of+Japan%3F&as_of=2025-12-18",
    "mistake": "/?q=+",
    "documents": "/documents",
    "nothing found": "/documents?q=zzzz",
    "document": "/documents/position-russia?start=227&end=268#p",
    "misplaced": "/documents/position-russia?start=5&end=999999",
    "problem": "/documents/no-such-document",
    "positions": "/positions",
    "statements": "/positions?actor=Russia&about=NATO",
    "no position": "/positions?subjects=bananas",
    "timeline": "/timeline",
    "part of the timeline": "/timeline?from=2025-11-01&to=2025-12-31",
    "no event": "/timeline?from=1700-01-01&to=1701-01-01",
    "draft": "/drafts",
    "briefs": "/briefs",
    "add": "/curate/add",
    "jobs": "/curate/jobs",
    "index": "/curate/index",
    "actors": "/curate/actors",
    "curate": "/curate/document/position-russia?start=227&end=268",
    "conversations": "/conversations",
    "no conversation": "/conversations?q=zzzz",
    "signing in": "/sign-in",
    "problems": "/problems",
    "one problem": "/problems/not-found",
}
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


def accessible(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert not found, page.url + "\n".join(f"{v['id']}: {v['help']} {[n['target'] for n in v['nodes']]}" for v in found)


OVERFLOWS = """() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  const outside = [...document.querySelectorAll("body *")].filter((element) => {
    const box = element.getBoundingClientRect();
    return box.width && box.right > innerWidth + 1 && !element.closest(".table, pre, .visually-hidden, .limits-body");
  });
  const told = outside.map((element) => element.outerHTML.slice(0, 90));
  return scrollWidth > clientWidth ? ["the page scrolls sideways", ...told] : told;
}"""


def overflows(page: Page) -> list[str]:
    """The elements that reach beyond the window's right edge, outside areas that scroll by themselves."""
    found: list[str] = page.evaluate(OVERFLOWS)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(address: str, open_page: OpenPage, scheme: str) -> None:
    page = open_page("about:blank", color_scheme=scheme)
    for path in PAGES.values():
        page.goto(address + path)
        accessible(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_states_of_other_pages(address: str, open_page: OpenPage, scheme: str) -> None:
    page = open_page(f"{address}/positions", color_scheme=scheme, **PHONE)
    page.locator(".menu summary").click()
    accessible(page)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Russia rejects: ceasefire monitoring").tap()
    page.locator(".panel .statement").first.wait_for()
    accessible(page)
    page.goto(f"{address}/drafts")
    page.get_by_label("The draft").fill("Russia rejects foreign troops. Bananas are blue.")
    page.get_by_role("button", name="Check").click()
    page.locator(".check").first.wait_for()
    accessible(page)
    assert not overflows(page)
    page.goto(f"{address}/briefs")
    page.get_by_label("Topic").fill("NATO membership")
    page.get_by_role("button", name="Write the brief").click()
    page.locator(".brief-section").first.wait_for()
    accessible(page)
    assert not overflows(page)


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_states_of_the_chat(
    address: str, open_page: OpenPage, scheme: str, options: dict[str, Any]
) -> None:
    page = open_page(address, color_scheme=scheme, **options)
    page.locator("summary", has_text="Limit dates").click()
    accessible(page)
    page.locator("summary", has_text="Limit dates").click()
    ask(page, "What does Russia reject?")
    page.locator("summary", has_text="How this was answered").click()
    page.locator(".chip").first.click()
    page.locator(".panel mark").wait_for()
    accessible(page)
    page.keyboard.press("Escape")
    page.route("**/partials/answer*", lambda route: route.abort())
    page.locator("#q").fill("Again?")
    page.keyboard.press("Enter")
    page.locator(".problem-detail").wait_for()
    accessible(page)


def test_nothing_is_wider_than_a_phone(address: str, open_page: OpenPage) -> None:
    page = open_page("about:blank", **PHONE)
    for path in PAGES.values():
        page.goto(address + path)
        assert not overflows(page), path


def test_the_chat_on_a_phone(address: str, open_page: OpenPage) -> None:
    page = open_page(address, **PHONE)
    ask(page, "What does Russia reject?")
    assert not overflows(page)
    page.locator(".chip").first.tap()
    panel = page.get_by_role("dialog")
    expect(panel.locator("mark")).to_be_in_viewport()
    box = panel.bounding_box()
    assert box is not None and (box["width"], box["height"]) == (360, 740)
    assert not overflows(page)
    panel.get_by_role("button", name="Close").tap()
    expect(panel).to_be_hidden()


def test_twice_the_size_loses_nothing(address: str, open_page: OpenPage) -> None:
    page = open_page(address, viewport={"width": 640, "height": 450}, device_scale_factor=2)
    ask(page, "What does Russia reject?")
    assert not overflows(page)
    page.locator(".chip").first.click()
    expect(page.locator(".panel mark")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Ask")).to_be_visible()


def test_twice_the_size_loses_nothing_on_any_page(address: str, open_page: OpenPage) -> None:
    page = open_page("about:blank", viewport={"width": 640, "height": 450}, device_scale_factor=2)
    for path in PAGES.values():
        page.goto(address + path)
        assert not overflows(page), path
        page.locator(".menu summary").click()
        expect(page.locator(".menu nav a").last).to_be_visible()


def test_dark_is_dark_and_light_is_light(address: str, open_page: OpenPage) -> None:
    def brightness(scheme: str) -> float:
        page = open_page(address, color_scheme=scheme)
        colour = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        red, green, blue = (int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))
        return (red + green + blue) / 3

    assert brightness("light") > 230
    assert brightness("dark") < 40


def test_print_leaves_the_answer_and_its_sources(address: str, open_page: OpenPage) -> None:
    page = open_page(address + PAGES["answer"])
    page.emulate_media(media="print")
    expect(page.locator("#ask")).to_be_hidden()
    expect(page.locator("header.site")).to_be_hidden()
    expect(page.locator(".said").first).to_be_visible()
    expect(page.locator(".source q").first).to_be_visible()


def test_the_chat_page_is_light(address: str, open_page: OpenPage) -> None:
    page = open_page("about:blank")
    sizes: list[int] = []
    page.on("response", lambda response: sizes.append(sum(_size(response))))
    page.goto(address + PAGES["answer"], wait_until="networkidle")
    assert len(sizes) >= 3
    assert sum(sizes) < 60_000


def _size(response: Any) -> tuple[int, int]:
    sizes = response.request.sizes()
    return sizes["responseBodySize"], sizes["responseHeadersSize"]


def test_an_answer_does_not_move_what_was_there(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    page.evaluate(
        """() => {
          window.shifted = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
          }).observe({ type: "layout-shift", buffered: true });
        }"""
    )
    ask(page, "What does Russia reject?")
    page.wait_for_timeout(600)  # beyond the half second in which a shift is put down to the key pressed
    assert page.evaluate("window.shifted") < 0.05
