"""Take the pictures in docs/screenshots: every page, light, dark and on a phone, from the corpus that ships.

    python scripts/screenshots.py [FOLDER]

Needs the development dependencies and a Chromium, like the browser tests.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from assistant.services import open_services
from assistant.settings import Settings
from tests.browser.conftest import DEBIAN_CHROMIUM, FLAGS
from tests.serving import serving

ROOT = Path(__file__).parent.parent
DESK = {"viewport": {"width": 1200, "height": 780}}
PHONE = {"viewport": {"width": 390, "height": 780}, "is_mobile": True, "has_touch": True}
QUESTION = "What does Russia reject?"
DRAFT = (
    "The Budapest Memorandum was signed in 1994. The Budapest Memorandum was signed in 1996. "
    "Russia rejects foreign troops in Ukraine. The talks will be held in Lisbon next week."
)
QUALITY = 78  # of WebP; text stays sharp


def ask(page: Page, address: str) -> None:
    """A question with its answer."""
    page.goto(address)
    page.locator("#q").fill(QUESTION)
    page.keyboard.press("Enter")
    page.locator(".turn[data-status]").wait_for()
    page.evaluate("document.activeElement.blur()")


def source(page: Page, address: str) -> None:
    """The source of a citation beside the answer, or over it where there is no room."""
    ask(page, address)
    page.locator(".chip").first.click()
    page.locator(".panel mark").wait_for()


def refusal(page: Page, address: str) -> None:
    """A question that the corpus does not answer."""
    page.goto(f"{address}/?q=Who+is+the+prime+minister+of+Japan%3F")


def draft(page: Page, address: str) -> None:
    """A draft with its verdicts."""
    page.goto(f"{address}/drafts")
    page.get_by_label("The draft").fill(DRAFT)
    page.get_by_role("button", name="Check").click()
    page.locator(".check").first.wait_for()
    page.evaluate("document.querySelector('#checked').scrollIntoView()")


def brief(page: Page, address: str) -> None:
    """A brief."""
    page.goto(f"{address}/briefs")
    page.get_by_label("Topic").fill("security guarantees")
    page.get_by_role("button", name="Write the brief").click()
    page.locator(".brief").wait_for()


def preview(page: Page, address: str) -> None:
    """What handing in two files would change."""
    page.goto(f"{address}/curate/add")
    text = (ROOT / "corpus" / "glossary.md").read_text(encoding="utf-8")
    text += "\nShuttle diplomacy: talks in which a mediator travels between sides that do not meet.\n"
    files = [
        {"name": "glossary.md", "mimeType": "text/markdown", "buffer": text.encode()},
        {"name": "communique.txt", "mimeType": "text/plain", "buffer": b"The ministers met in Vienna on Monday."},
    ]
    page.locator("#files").set_input_files(files)  # type: ignore[arg-type]
    page.get_by_role("button", name="Preview").click()
    page.locator(".previews li").first.wait_for()
    page.evaluate("document.querySelector('.dropzone').scrollIntoView()")


PAGES = {
    "start": "/",
    "answer": ask,
    "source": source,
    "refusal": refusal,
    "positions": "/positions",
    "timeline": "/timeline?from=2025-09-01&to=2025-12-31",
    "draft": draft,
    "brief": brief,
    "documents": "/documents?sort=published&order=desc",
    "document": "/documents/position-russia?start=227&end=268#p",
    "conversations": "/conversations",
    "add": preview,
    "curate": "/curate/document/position-russia?start=227&end=268",
    "index": "/curate/index",
}
LOOKS = {
    "light": {**DESK, "color_scheme": "light"},
    "dark": {**DESK, "color_scheme": "dark"},
    "phone": {**PHONE, "color_scheme": "light"},
}


@contextmanager
def shown() -> Iterator[str]:
    """The address of a server over the corpus that ships."""
    with (
        tempfile.TemporaryDirectory() as folder,
        open_services(Settings(data_dir=Path(folder) / "data")) as services,
    ):
        services.sync.run(ROOT / "corpus", by="screenshots")
        services.index.wait_ready(60)
        with serving(services) as address:
            yield address


def take(browser: Browser, address: str, folder: Path) -> None:
    """Every page in every look, as WebP."""
    for look, options in LOOKS.items():
        context = browser.new_context(**options, reduced_motion="reduce")  # type: ignore[arg-type]
        page = context.new_page()
        for name, way in PAGES.items():
            if callable(way):
                way(page, address)
            else:
                page.goto(address + way)
            page.wait_for_timeout(150)
            picture = Image.open(io.BytesIO(page.screenshot()))
            picture.save(folder / f"{name}-{look}.webp", quality=QUALITY, method=6)
        context.close()


def main() -> None:
    """Take them all."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    with shown() as address, sync_playwright() as playwright:
        path = str(DEBIAN_CHROMIUM) if DEBIAN_CHROMIUM.exists() else None
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        take(browser, address, folder)
        browser.close()


if __name__ == "__main__":
    main()
