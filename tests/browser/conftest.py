"""A real server on a free port and a real Chromium, watched: no page may break its policy or call anybody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from assistant.services import Services
from tests.serving import serving

DEBIAN_CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="package")
def address(briefing: Services) -> Iterator[str]:
    """A server over the corpus that ships with the project."""
    with serving(briefing) as url:
        yield url


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One Chromium for all journeys; it ends with this package, because it keeps an event loop on the main thread."""
    path = str(DEBIAN_CHROMIUM) if DEBIAN_CHROMIUM.exists() else None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Watched:
    """What a page did that no page may do."""

    pages: list[Page] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def add(self, page: Page) -> None:
        self.pages.append(page)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(message.text)

    def check(self) -> None:
        for page in self.pages:
            if not page.is_closed() and not page.url.startswith("about:"):
                self.errors += page.evaluate("window.violations || []")
        assert not self.errors
        foreign = [url for url in self.requests if urlsplit(url).hostname != "127.0.0.1"]
        assert not foreign, "requests to somebody else"


OpenPage = Callable[..., Page]

PATIENCE_MS = 30_000  # a busy machine is slow, not wrong
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """Open an address in a browser of its own: ``open_page(url, color_scheme="dark", …)``."""
    watched = Watched()
    contexts = []

    def opened(url: str, **options: Any) -> Page:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(PATIENCE_MS)
        if options.get("java_script_enabled", True):
            context.add_init_script(WATCH)
        contexts.append(context)
        page = context.new_page()
        watched.add(page)
        page.goto(url)
        return page

    yield opened
    watched.check()
    for context in contexts:
        context.close()


def ask(page: Page, question: str) -> None:
    """Ask in the page and wait for this turn's outcome."""
    turns = page.locator(".turn").count()
    page.locator("#q").fill(question)
    page.keyboard.press("Enter")
    page.locator(".turn[data-status]").nth(turns).wait_for()
