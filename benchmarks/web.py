"""What a reader waits for and receives: the chat page, an answer, a long document, a large corpus, in real Chromium.

Run with ``python -m benchmarks.web``. Writes benchmarks/results/web.json and web.md. Loopback, nothing cached.
"""

from __future__ import annotations

import platform
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import insert

from assistant.index import schema
from assistant.services import Services, open_services
from assistant.settings import Settings
from benchmarks.publishing import publish
from tests.browser.conftest import DEBIAN_CHROMIUM, FLAGS
from tests.browser.test_curating import SENTENCES, rows
from tests.conftest import HashEncoder
from tests.serving import serving

ROOT = Path(__file__).parent.parent
ROUNDS = 7
MANY = 5_000
QUESTION = "What does Russia reject?"
PAINTED = """() => new Promise((done) => new PerformanceObserver((list) => {
  const [paint] = list.getEntriesByName("first-contentful-paint");
  if (paint) done(paint.startTime);
}).observe({ type: "paint", buffered: true }))"""
SHIFTS = """window.shifted = 0; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifted += entry.hadRecentInput ? 0 : entry.value;
}).observe({ type: "layout-shift", buffered: true });"""


@contextmanager
def opened(browser: Browser, script: str = "") -> Iterator[Page]:
    """A page of its own, with nothing cached."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    if script:
        context.add_init_script(script)
    yield context.new_page()
    context.close()


def median(values: list[float]) -> float:
    """In milliseconds, to a tenth."""
    return round(statistics.median(values), 1)


def chat(browser: Browser, address: str) -> dict[str, Any]:
    """The start page and an answer to a question asked in it."""
    painted, answered, sizes, shifts = [], [], [], []
    for _ in range(ROUNDS):
        with opened(browser, SHIFTS) as page:
            received: list[int] = []
            page.on("response", lambda r, to=received: to.append(sum(_size(r))))  # type: ignore[misc]
            page.goto(address, wait_until="networkidle")
            painted.append(page.evaluate(PAINTED))
            sizes.append(sum(received))
            page.locator("#q").fill(QUESTION)
            began = page.evaluate("performance.now()")
            page.keyboard.press("Enter")
            page.locator(".turn[data-status]").wait_for()
            answered.append(page.evaluate("performance.now()") - began)
            page.wait_for_timeout(600)
            shifts.append(page.evaluate("window.shifted"))
    return {
        "first_contentful_paint_ms": median(painted),
        "slowest_first_contentful_paint_ms": round(max(painted), 1),
        "transferred_bytes": max(sizes),
        "answer_shown_ms": median(answered),
        "layout_shift": max(shifts),
    }


def _size(response: Any) -> tuple[int, int]:
    sizes = response.request.sizes()
    return sizes["responseBodySize"], sizes["responseHeadersSize"]


def large(browser: Browser, address: str) -> dict[str, Any]:
    """A document of 2,000 sentences opened at its 1,500th, and the table of 5,000 documents."""
    start = len(" ".join(SENTENCES[:1_500])) + 1
    path = f"/documents/long?start={start}&end={start + len(SENTENCES[1_500])}#p"
    marked, listed, sorted_by = [], [], []
    for _ in range(ROUNDS):
        with opened(browser) as page:
            page.goto(address + path)
            assert page.locator("mark").text_content() == SENTENCES[1_500]
            marked.append(page.evaluate(PAINTED))
            page.goto(f"{address}/documents")
            listed.append(page.evaluate(PAINTED))
            began = page.evaluate("performance.now()")
            page.locator("#by-source").click()
            page.locator("th[aria-sort=ascending]", has_text="Source").wait_for()
            sorted_by.append(page.evaluate("performance.now()") - began)
    return {
        "long_document_marked_ms": median(marked),
        "table_painted_ms": median(listed),
        "table_sorted_ms": median(sorted_by),
    }


@contextmanager
def large_corpus() -> Iterator[Services]:
    """5,000 short documents and a long one, as the catalog holds them."""
    with tempfile.TemporaryDirectory() as folder:
        with open_services(Settings(data_dir=Path(folder)), HashEncoder()) as services:
            made = [rows(f"d{number:04}", f"Report {number:04}", SENTENCES[0], ()) for number in range(MANY)]
            made.append(rows("long", "A long report", " ".join(SENTENCES), ()))
            with services.database.write() as connection:
                connection.execute(insert(schema.documents), [document for document, _ in made])
                connection.execute(insert(schema.versions), [version for _, version in made])
            yield services


def main() -> None:
    """Measure, and write the results."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        path = str(DEBIAN_CHROMIUM) if DEBIAN_CHROMIUM.exists() else None
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        with open_services(Settings(data_dir=Path(folder) / "data")) as services:
            services.sync.run(ROOT / "corpus", by="benchmark")
            services.index.wait_ready(60)
            services.warm_up()
            with serving(services) as address:
                found = chat(browser, address)
        with large_corpus() as services, serving(services) as address:
            found |= large(browser, address)
        found |= {"chromium": browser.version, "machine": f"{platform.machine()}, {platform.system()}"}
        browser.close()
    lines = [
        "# The web interface",
        "",
        f"Medians of {ROUNDS} rounds on loopback, nothing cached.",
        "",
        "| | |",
        "|---|--:|",
    ]
    lines += [f"| {name.replace('_', ' ')} | {value} |" for name, value in found.items()]
    publish("web", found, "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
