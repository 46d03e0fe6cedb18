"""What a serving process does by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from assistant.curation.fetching import Fetched
from assistant.curation.watching import Background
from assistant.index import catalog, document_table
from assistant.services import Services
from tests import waiting

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour news</title>
<item><guid>harbour-1</guid><title>Opening</title><pubDate>Mon, 15 Dec 2025 10:00:00 +0000</pubDate>
<description>The harbour opened its new pier on Monday.</description></item></channel></rss>"""


eventually = partial(waiting.eventually, seconds=20)


def ids(services: Services) -> set[str]:
    with services.database.read() as connection:
        return {summary.document.id for summary in document_table.list_documents(connection)}


def test_a_watched_folder_is_kept_in_step_with(services: Services, write: Callable[..., Path]) -> None:
    folder = write({"a.txt": "The first note is about ships."})
    background = Background(services.database)
    background.watch(folder, services.sync)
    try:
        assert eventually(lambda: ids(services) == {"a.txt"})
        time.sleep(0.5)  # until the watcher listens
        (folder / "b.txt").write_text("The second note is about piers.")
        assert eventually(lambda: ids(services) == {"a.txt", "b.txt"})
        (folder / "a.txt").unlink()
        assert eventually(lambda: ids(services) == {"b.txt"})
    finally:
        background.close()


def test_feeds_are_polled_and_a_failing_one_stops_nothing(services: Services) -> None:
    asked: list[str] = []

    def fetch(url: str, *_: object, **__: object) -> Fetched:
        asked.append(url)
        if "broken" in url:
            raise OSError("no route")
        return Fetched(FEED.encode(), url, "application/rss+xml")

    background = Background(services.database)
    addresses = ["https://example.org/broken", "https://example.org/feed"]
    background.poll(addresses, 0.2, services.sandbox, services.pipeline, fetch)
    try:
        assert eventually(lambda: "harbour-1" in ids(services))
        assert eventually(lambda: len(asked) >= 4)
    finally:
        background.close()
    with services.database.read() as connection:
        version = catalog.get_version(connection, "harbour-1")
        assert version.number == 1
        assert (version.metadata.published_at or "").startswith("2025-12-15")
