"""The journeys of somebody who asks, with a script and without one."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import OpenPage, ask

QUESTION = "What does Russia reject?"
UNANSWERED = "Who is the prime minister of Japan?"


def answer_of(address: str, question: str) -> dict[str, Any]:
    body: dict[str, Any] = httpx.post(f"{address}/api/v1/ask", json={"question": question}, timeout=30).json()
    return body


@pytest.fixture
def asked(address: str, open_page: OpenPage) -> Page:
    page = open_page(address)
    ask(page, QUESTION)
    return page


def test_asking_without_a_script_shows_the_answer_and_opens_the_source(address: str, open_page: OpenPage) -> None:
    page = open_page(address, java_script_enabled=False)
    page.locator("#q").fill(QUESTION)
    page.get_by_role("button", name="Ask").click()

    answer = answer_of(address, QUESTION)
    assert urlsplit(page.url).path.startswith("/conversations/")
    expect(page.locator(".said-text")).to_have_text([s["text"] for s in answer["sentences"]])
    quote = page.locator(".source q").first.inner_text()
    page.locator(".chip").first.click()
    assert urlsplit(page.url).path.startswith("/documents/")
    expect(page.locator("mark#p")).to_have_text(quote)
    expect(page.locator("mark#p")).to_be_in_viewport(ratio=1)


def test_the_answer_arrives_without_a_reload_and_has_an_address(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    page.evaluate("window.untouched = true")
    ask(page, QUESTION)

    assert page.evaluate("window.untouched") is True
    assert page.locator(".said-text").all_inner_texts() == [
        s["text"] for s in answer_of(address, QUESTION)["sentences"]
    ]
    assert page.locator("#q").input_value() == ""
    expect(page.locator("#q")).to_be_focused()
    assert QUESTION in page.title()
    again = open_page(page.url)
    assert again.locator(".said-text").all_inner_texts() == page.locator(".said-text").all_inner_texts()
    link = page.locator("a[data-share]").get_attribute("href")
    assert link is not None and parse_qs(urlsplit(link).query)["q"] == [QUESTION]
    shared = open_page(address + link)
    assert shared.locator(".said-text").all_inner_texts() == page.locator(".said-text").all_inner_texts()


def test_what_is_cited_is_told_with_its_source_and_date(asked: Page, address: str) -> None:
    for citation in answer_of(address, QUESTION)["citations"]:
        source = asked.locator(f"#source-1-{citation['number']}")
        assert source.locator("q").text_content() == citation["quote"]
        assert citation["title"] in source.inner_text()
        assert source.locator("time").get_attribute("datetime") == citation["published_at"]


def test_an_expectation_is_not_shown_as_a_position(asked: Page, address: str) -> None:
    expected = [s["text"] for s in answer_of(address, QUESTION)["sentences"] if s["modality"] == "expected"]
    assert expected
    for text in expected:
        sentence = asked.locator(".sentence", has_text=text)
        expect(sentence.locator(".tag-expected")).to_be_visible()
    assert asked.locator(".tag-expected").count() == len(expected)


def test_turns_stay_on_the_page_and_are_there_after_a_reload(asked: Page) -> None:
    ask(asked, UNANSWERED)
    assert asked.locator(".turn .question").all_inner_texts() == [QUESTION, UNANSWERED]
    expect(asked.locator("#turn-2 .question")).to_be_in_viewport(ratio=1)
    address = asked.url
    asked.reload()
    assert asked.url == address
    expect(asked.locator(".turn .question")).to_have_text([QUESTION, UNANSWERED])
    asked.go_back()
    expect(asked.locator("#start")).to_be_visible()
    expect(asked.locator(".turn")).to_have_count(0)
    asked.go_forward()
    expect(asked.locator(".turn .question")).to_have_text([QUESTION, UNANSWERED])


def test_a_question_goes_on_with_what_was_said_before(asked: Page, open_page: OpenPage) -> None:
    ask(asked, "And Ukraine?")
    turn = asked.locator("#turn-2")
    expect(turn.locator(".facts").first).to_contain_text("What does Ukraine reject?")
    plain = open_page(asked.url, java_script_enabled=False)
    plain.locator("#q").fill("And the United States?")
    plain.get_by_role("button", name="Ask").click()
    assert urlsplit(plain.url).path == urlsplit(asked.url).path
    asked_so_far = [QUESTION, "And Ukraine?", "And the United States?"]
    expect(plain.locator(".turn .question")).to_have_text(asked_so_far)
    plain.locator("#q").fill("?")
    plain.get_by_role("button", name="Ask").click()
    expect(plain.get_by_role("alert")).to_contain_text("The question is empty")
    expect(plain.locator(".turn")).to_have_count(4)


@pytest.mark.parametrize("script", [True, False])
def test_an_answer_is_rated_with_a_reason(address: str, open_page: OpenPage, script: bool) -> None:
    page = open_page(address, java_script_enabled=script)
    page.locator("#q").fill(QUESTION)
    page.get_by_role("button", name="Ask").click()
    page.locator(".turn[data-status]").wait_for()
    page.get_by_role("button", name="Wrong").click()
    expect(page.get_by_role("button", name="Wrong")).to_have_attribute("aria-pressed", "true")
    if script:
        expect(page.locator("#announce")).to_contain_text("Thank you")
        expect(page.get_by_role("button", name="Wrong")).to_be_focused()
    page.get_by_label("Why? (optional)").fill("<b>dates</b> are missing")
    page.get_by_role("button", name="Send").click()
    # What was typed is the field's value at once; its attribute is what the server sends back.
    expect(page.get_by_label("Why? (optional)")).to_have_attribute("value", "<b>dates</b> are missing")
    kept = httpx.get(f"{address}/api/v1{urlsplit(page.url).path}", timeout=30).json()
    assert kept["messages"][1]["feedback"]["rating"] == "down"
    assert kept["messages"][1]["feedback"]["reason"] == "<b>dates</b> are missing"


@pytest.mark.parametrize("script", [True, False])
def test_conversations_are_found_renamed_taken_along_and_deleted(
    address: str, open_page: OpenPage, script: bool
) -> None:
    page = open_page(address, java_script_enabled=script)
    page.locator("#q").fill(f"Who is Steve Witkoff, {script}?")
    page.get_by_role("button", name="Ask").click()
    page.locator(".turn[data-status]").wait_for()
    page.goto(f"{address}/conversations")
    page.get_by_label("Find conversations").fill(f"Witkoff, {script}")
    page.keyboard.press("Enter")
    expect(page.locator(".rows > li")).to_have_count(1)
    page.locator(".rows summary").click()
    page.get_by_label("Title", exact=True).fill("Envoys <i>for Monday</i>")
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("link", name="Envoys <i>for Monday</i>").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Envoys <i>for Monday</i>")
    page.locator(".conversation-head summary").click()
    with page.expect_download() as taken:
        page.get_by_role("link", name="Export as Markdown").click()
    assert "Who is Steve Witkoff" in taken.value.path().read_text(encoding="utf-8")
    here = page.url
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("#start")).to_be_visible()
    response = page.goto(here)
    assert response is not None and response.status == 404


def test_a_conversation_that_was_deleted_in_another_tab_is_told(asked: Page) -> None:
    other = asked.context.new_page()
    other.goto(asked.url)
    other.locator(".conversation-head summary").click()
    other.get_by_role("button", name="Delete").click()
    expect(other.locator("#start")).to_be_visible()
    asked.locator("#q").fill("And Ukraine?")
    asked.keyboard.press("Enter")
    expect(asked.locator(".problem-detail")).to_contain_text("There is no conversation")


def test_an_answer_is_copied_as_markdown_and_as_a_link(asked: Page, address: str) -> None:
    asked.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    asked.locator(".copy summary").click()
    expect(asked.locator("#announce")).to_have_text("Copied")
    copied = asked.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"## {QUESTION}") and "[^1]: “" in copied
    asked.get_by_role("link", name="Copy the link").click()
    expect(asked.locator("[data-share]")).to_have_attribute("data-done", "Copied")
    assert asked.evaluate("navigator.clipboard.readText()").startswith(f"{address}/?q=")
    asked.get_by_role("link", name="Edit the question").click()
    expect(asked.locator("#q")).to_have_value(QUESTION)
    expect(asked.locator("#q")).to_be_focused()


def test_the_answer_is_announced_politely(asked: Page) -> None:
    status = asked.get_by_role("status")
    first = asked.locator(".said-text").first.inner_text()
    expect(status).to_contain_text(first)
    expect(status).to_contain_text("Answered")


def test_a_citation_opens_its_passage_beside_the_answer(asked: Page) -> None:
    asked.locator(".chip").first.click()
    panel = asked.get_by_role("dialog")
    expect(panel.locator("mark")).to_have_text(asked.locator("#source-1-1 q").inner_text())
    expect(asked.locator(".panel mark")).to_be_in_viewport(ratio=1)
    assert urlsplit(asked.url).path.startswith("/conversations/")

    total = asked.locator(".sources .source").count()
    asked.keyboard.press("j")
    expect(panel.locator(".panel-position")).to_have_text(f"Source 2 of {total}")
    expect(panel.locator("mark")).to_have_text(asked.locator("#source-1-2 q").inner_text())
    asked.keyboard.press("ArrowRight")
    expect(panel.locator("mark")).to_have_text(asked.locator("#source-1-3 q").inner_text())
    asked.keyboard.press("k")
    expect(panel.locator("mark")).to_have_text(asked.locator("#source-1-2 q").inner_text())
    asked.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(asked.locator(".chip").first).to_be_focused()


def test_every_marked_passage_is_the_quote(asked: Page) -> None:
    asked.locator(".chip").first.click()
    for source in asked.locator(".sources .source").all():
        source.get_by_role("link").click()
        expect(asked.locator(".panel mark")).to_have_text(source.locator("q").inner_text())


def test_a_citation_tells_its_quote_on_hover_and_on_focus(asked: Page) -> None:
    card = asked.locator("#card")
    asked.locator(".chip").nth(1).hover()
    expect(card).to_be_visible()
    expect(card.locator("q")).to_have_text(asked.locator("#source-1-2 q").inner_text())
    asked.keyboard.press("Escape")
    expect(card).to_be_hidden()

    asked.locator("#q").focus()
    asked.keyboard.press("Shift+Tab")
    for _ in range(60):
        if asked.evaluate("document.activeElement.matches('.chip')"):
            break
        asked.keyboard.press("Shift+Tab")
    expect(card).to_be_visible()
    number = asked.evaluate("document.activeElement.dataset.cite")
    expect(card.locator("q")).to_have_text(asked.locator(f"#source-1-{number} q").inner_text())


def test_a_refusal_says_so_and_what_to_do(address: str, open_page: OpenPage) -> None:
    for script in (True, False):
        page = open_page(f"{address}/?q={UNANSWERED}", java_script_enabled=script)
        turn = page.locator(".turn")
        assert turn.get_attribute("data-status") == "not_in_corpus"
        assert turn.locator(".chip").count() == 0
        expect(turn).to_contain_text("Related, but does not answer")
        expect(turn).to_contain_text("What you can do")
        related = turn.locator(".related .source")
        assert related.count() > 0
        if not script:
            related.first.get_by_role("link").click()
            expect(page.locator("mark#p")).to_have_count(1)


def test_an_empty_question_is_told_beside_the_box(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    page.locator("#q").fill("  \n ")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("alert")).to_contain_text("Write a question first")
    expect(page.locator("#q")).to_be_focused()
    assert page.locator(".turn").count() == 0
    page.keyboard.type("W")
    expect(page.get_by_role("alert")).to_be_hidden()

    plain = open_page(f"{address}/?q=+", java_script_enabled=False)
    expect(plain.get_by_role("alert")).to_contain_text("The question is empty")
    expect(plain.locator("#q")).to_be_visible()


def test_a_question_that_is_too_long_is_told_before_it_is_sent(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    page.locator("#q").fill("why " * 1000)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("at most 2,000")
    assert page.locator("#q").input_value().startswith("why")


def test_waiting_can_be_stopped_and_tried_again(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    held: list[Route] = []
    page.route("**/partials/answer*", lambda route: held.append(route))
    page.locator("#q").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_contain_text("Looking through the documents")
    expect(page.get_by_role("status")).to_have_text("Looking for an answer.")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".turn")).to_contain_text("Stopped before the answer was whole")
    page.unroute("**/partials/answer*")
    page.get_by_role("button", name="Edit the question").click()
    assert page.locator("#q").input_value() == QUESTION
    page.get_by_role("button", name="Try again").click()
    page.locator(".turn[data-status=answered]").wait_for()
    assert page.locator(".turn").count() == 1


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (503, '{"title": "Busy", "detail": "The index is away.", "hint": "Wait a minute."}', "The index is away."),
        (502, "<h1>Bad gateway</h1>", "The server sent something that is not an answer."),
        (None, "", "The server cannot be reached."),
    ],
)
def test_errors_are_told_with_what_to_do(
    address: str, open_page: OpenPage, status: int | None, body: str, told: str
) -> None:
    page = open_page(address)
    kind = "application/problem+json" if body.startswith("{") else "text/html"

    def fail(route: Route) -> None:
        if status is None:
            route.abort()
        else:
            route.fulfill(status=status, content_type=kind, body=body)

    page.route("**/partials/answer*", fail)
    page.locator("#q").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".problem-detail")).to_have_text(told)
    expect(page.locator(".problem-hint")).not_to_be_empty()
    expect(page.get_by_role("status")).to_contain_text(told)


def test_an_error_of_the_service_is_told_in_the_page(address: str, open_page: OpenPage) -> None:
    page = open_page(f"{address}/?as_of=2025-12-15")
    page.evaluate("document.querySelector('[name=as_of]').type = 'text'")
    page.locator("summary", has_text="Limited").click()
    page.locator("[name=as_of]").fill("yesterday")
    page.locator("#q").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".problem-detail")).to_have_text("'yesterday' is not a date.")
    expect(page.locator(".problem-hint")).to_contain_text("YYYY-MM-DD")


def test_only_the_keyboard(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    page.locator(".turn[data-status]").wait_for()
    page.keyboard.press("Shift+Tab")
    reached = []
    for _ in range(60):
        focused = page.evaluate("document.activeElement.className")
        reached.append(focused)
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", f"focus on {focused!r} cannot be seen"
        if focused == "chip":
            break
        page.keyboard.press("Shift+Tab")
    assert reached[-1] == "chip"
    page.keyboard.press("Enter")
    expect(page.locator(".panel mark")).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_function("document.activeElement.className === 'chip'")


def test_limits_narrow_the_answer_and_can_be_removed(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    page.locator("summary", has_text="Limit dates").click()
    page.get_by_label("As of").fill("2025-12-16")
    page.get_by_label("negotiations").check()
    expect(page.locator(".limits summary")).to_have_text(re.compile("Limited: .*2025-12-16 · negotiations"))
    ask(page, QUESTION)
    turn = page.locator("#turn-1")
    expect(turn.locator(".limited")).to_contain_text("as of 16 December 2025 · negotiations")
    dates = turn.locator(".sources time").evaluate_all("times => times.map(time => time.dateTime)")
    assert dates and max(dates) <= "2025-12-16"
    query = parse_qs(urlsplit(turn.locator("a[data-share]").get_attribute("href") or "").query)
    assert (query["as_of"], query["topic"]) == (["2025-12-16"], ["negotiations"])

    page.get_by_label("As of").fill("1990-01-01")
    ask(page, QUESTION)
    assert page.locator("#turn-2").get_attribute("data-status") == "not_in_corpus"
    page.locator("#turn-2").get_by_role("link", name="Remove the limits").click()
    page.locator("#turn-3[data-status=answered]").wait_for()
    assert page.locator("#turn-3 .limited").count() == 0


def test_every_suggested_question_has_an_answer(address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    questions = page.locator(".suggestions a").all_inner_texts()
    assert len(questions) == 4
    for question in questions:
        assert answer_of(address, question)["status"] == "answered", question
    page.locator(".suggestions a").first.click()
    page.locator(".turn[data-status=answered]").wait_for()
    assert page.locator(".turn .question").all_inner_texts() == questions[:1]


def test_another_tab_is_the_browsers_business(asked: Page) -> None:
    with asked.context.expect_page() as opened:
        asked.locator(".chip").first.click(modifiers=["Control"])
    assert urlsplit(opened.value.url).path.startswith("/documents/")
    expect(asked.get_by_role("dialog")).to_be_hidden()
