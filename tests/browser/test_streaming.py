"""Answers that a model is still writing: what is seen and heard of them, stopped, broken off, slow, offline."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, expect

from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.browser.conftest import OpenPage
from tests.conftest import HashEncoder
from tests.model.conftest import ARTICLE
from tests.model.scripted import ScriptedChatModel, scripted
from tests.serving import Serving

QUESTION = "Who closed the harbour of Lorn?"
FIRST = "Russia closed the harbour of Lorn on 12 May 2025. [1]"
SECOND = "The closure of the harbour stranded 41 ships. [1]"
SHIFTS = """() => {
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
  }).observe({ type: "layout-shift" });
}"""


@dataclass
class Desk:
    """A server whose model writes one sentence, waits, and writes the other."""

    services: Services
    model: ScriptedChatModel
    gate: threading.Event
    server: Serving = field(init=False)

    @property
    def address(self) -> str:
        return self.server.address


@pytest.fixture(scope="module")
def opened_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    (folder / "documents").mkdir()
    (folder / "documents" / "harbour.md").write_text(ARTICLE)
    gate = threading.Event()

    def script(message: str) -> Iterator[str]:
        if "What is wrong" in message:
            yield "NOT IN THE CORPUS."
            return
        yield f"{FIRST} {SECOND[:12]}"  # a sentence is over where the next one begins
        while not gate.is_set():
            yield ""
        yield SECOND[12:]

    model, inner = scripted(script, pause=0.01)
    settings = Settings(data_dir=folder / "data", refusal_threshold=0)
    with open_services(settings, HashEncoder(), chat_model=model) as services:
        assert not services.sync.run(folder / "documents", by="tests").failed
        assert services.index.wait_ready(60)
        yield Desk(services, inner, gate)
        gate.set()


@pytest.fixture
def desk(opened_desk: Desk) -> Iterator[Desk]:
    opened_desk.gate.clear()
    opened_desk.model.stopped.clear()
    opened_desk.server = Serving(opened_desk.services)
    with opened_desk.server:
        yield opened_desk
        opened_desk.gate.set()


def begin(page: Page, question: str = QUESTION) -> None:
    """Ask, and wait for the first sentence."""
    page.locator("#q").fill(question)
    page.keyboard.press("Enter")
    expect(page.locator(".turn").last.locator(".said-text")).to_have_text([FIRST.removesuffix(" [1]")])


def test_sentences_come_one_by_one_and_move_nothing(desk: Desk, open_page: OpenPage) -> None:
    page = open_page(desk.address)
    begin(page)
    turn, heard = page.locator(".turn"), page.locator("#announce")
    expect(turn).to_have_attribute("aria-busy", "true")
    expect(heard).to_have_attribute("role", "status")
    expect(heard).to_have_text(FIRST.removesuffix(" [1]"))
    expect(turn.locator(".sources")).to_be_hidden()
    turn.locator(".chip").hover()
    expect(page.locator("#card q")).to_contain_text("Russia closed the harbour")
    page.mouse.move(2, 2)
    page.wait_for_timeout(700)  # beyond the half second in which a shift is put down to the key pressed
    page.evaluate(SHIFTS)
    where = turn.locator(".said").bounding_box()
    desk.gate.set()
    page.locator(".turn[data-status=answered]").wait_for()
    expect(turn.locator(".said-text")).to_have_count(2)
    expect(turn.locator(".source")).not_to_have_count(0)
    assert turn.locator(".said").first.bounding_box() == where
    page.wait_for_timeout(100)
    assert page.evaluate("window.shifted") == 0
    expect(heard).to_have_text("Answered.")
    expect(turn).to_contain_text("a language model, checked sentence by sentence")


def test_stopping_keeps_what_has_been_checked_and_stops_the_model(desk: Desk, open_page: OpenPage) -> None:
    page = open_page(desk.address)
    begin(page)
    page.keyboard.press("Escape")
    expect(page.locator(".problem-detail")).to_have_text("Stopped before the answer was whole.")
    expect(page.locator(".said-text")).to_have_text([FIRST.removesuffix(" [1]")])
    expect(page.locator(".source q")).to_be_visible()
    assert desk.model.stopped.wait(10)
    desk.gate.set()
    page.get_by_role("button", name="Try again").click()
    page.locator(".turn[data-status=answered]").wait_for()
    expect(page.locator(".turn")).to_have_count(1)


def test_a_server_that_restarts_in_the_middle_of_an_answer(desk: Desk, open_page: OpenPage) -> None:
    page = open_page(desk.address)
    begin(page)
    desk.server.stop(at_once=True)
    expect(page.locator(".problem-detail")).to_have_text("The connection broke off before the answer was whole.")
    expect(page.locator(".said-text")).to_have_text([FIRST.removesuffix(" [1]")])
    expect(page.locator("#announce")).to_contain_text("The connection broke off")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".problem-detail")).to_have_text("The server cannot be reached.")
    desk.server.start()
    desk.gate.set()
    page.get_by_role("button", name="Try again").click()
    page.locator(".turn[data-status=answered]").wait_for()
    expect(page.locator(".turn")).to_have_count(1)


def test_two_tabs_are_answered_each_with_its_own(desk: Desk, open_page: OpenPage) -> None:
    one = open_page(desk.address)
    other = one.context.new_page()
    other.goto(desk.address)
    begin(one)
    begin(other, "How many ships did the closure of the harbour strand?")
    one.keyboard.press("Escape")
    expect(one.locator(".problem-detail")).to_be_visible()
    desk.gate.set()
    other.locator(".turn[data-status=answered]").wait_for()
    expect(other.locator(".question")).to_have_text("How many ships did the closure of the harbour strand?")
    expect(other.locator(".said-text")).to_have_count(2)
    expect(one.locator(".said-text")).to_have_count(1)


def test_a_slow_network_shows_each_state(desk: Desk, open_page: OpenPage) -> None:
    page = open_page("about:blank")
    slow = {"offline": False, "latency": 300, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    page.goto(desk.address)
    page.locator("#q").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".working")).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(page.locator(".said-text")).to_have_count(1)
    desk.gate.set()
    page.locator(".turn[data-status=answered]").wait_for()
    page.locator(".chip").first.click()
    expect(page.locator(".panel mark")).to_be_in_viewport()


def test_offline_is_told_and_over_when_it_is_over(desk: Desk, open_page: OpenPage) -> None:
    page = open_page(desk.address)
    banner = page.locator("#offline")
    expect(banner).to_be_hidden()
    page.context.set_offline(True)
    expect(banner).to_be_visible()
    page.locator("#q").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".problem-detail")).to_have_text("The server cannot be reached.")
    page.context.set_offline(False)
    expect(banner).to_be_hidden()
    desk.gate.set()
    page.get_by_role("button", name="Try again").click()
    page.locator(".turn[data-status=answered]").wait_for()
