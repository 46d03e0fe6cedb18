"""What happens by itself while serving: a folder is kept in step with, feeds are polled, a new model is filled."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from watchfiles import watch

from assistant.curation import feeds
from assistant.curation.feeds import FeedState
from assistant.curation.fetching import Fetched
from assistant.curation.pipeline import Pipeline
from assistant.curation.sandbox import Sandbox
from assistant.curation.sync import FolderSync
from assistant.errors import AssistantError
from assistant.index.advisory import Turn
from assistant.index.database import Database

log = logging.getLogger(__name__)

SETTLE_MS = 500  # an editor writes a file in several steps
TURN_SECONDS = 10.0  # until this process looks whether it can take over what another one does


class Background:
    """Threads that stop together.

    A failure is logged and tried again; it never takes the service down. Where several processes serve the same
    catalog, one of them does each of these things, and another goes on with it when that one ends.

    Args:
        database: the catalog.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def watch(self, folder: Path, sync: FolderSync) -> None:
        """Synchronise ``folder`` now and after every change in it."""

        def run(turn: Turn) -> None:
            self._guarded("Synchronising the watched folder", lambda: sync.run(folder, by="watch"))
            changes = watch(
                folder, stop_event=self._stop, debounce=SETTLE_MS, raise_interrupt=False, yield_on_timeout=True
            )
            for changed in changes:  # none, now and then
                if not turn.lasts():
                    return
                if changed:
                    self._guarded("Synchronising the watched folder", lambda: sync.run(folder, by="watch"))

        self._start("watch", lambda: self._in_turn(f"watch:{folder.resolve()}", run))

    def poll(
        self,
        addresses: Sequence[str],
        seconds: float,
        sandbox: Sandbox,
        pipeline: Pipeline,
        fetch: Callable[..., Fetched],
    ) -> None:
        """Read every feed now and each time ``seconds`` have passed; entries keep the feed's own ids."""
        states = {address: FeedState(address) for address in addresses}

        def read(address: str) -> None:
            documents, states[address] = feeds.poll(states[address], sandbox, fetch)
            for document in documents:
                if document.id:
                    pipeline.ingest(document.id, document, origin=f"feed:{address}", by="feed")

        def run(turn: Turn) -> None:
            while not self._stop.is_set() and turn.lasts():
                for address in addresses:
                    self._guarded(f"Reading the feed {address}", lambda address=address: read(address))  # type: ignore[misc]
                self._stop.wait(seconds)

        self._start("feeds", lambda: self._in_turn("feeds", run))

    @property
    def stopped(self) -> threading.Event:
        """Set when everything has to end."""
        return self._stop

    def once(self, name: str, work: Callable[[], object]) -> None:
        """Do something long beside serving."""
        self._start(name, lambda: self._guarded(name, work))

    def alone(self, name: str, work: Callable[[], object]) -> None:
        """Do something long beside serving, unless another process does it."""

        def in_turn() -> None:
            with self._database.alone(name) as mine:
                if mine:
                    work()

        self.once(name, in_turn)

    def close(self) -> None:
        """Stop, and wait for what is in hand."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _in_turn(self, name: str, work: Callable[[Turn], None]) -> None:
        """Do what one process does at a time, and that for as long as it lives or is let."""
        while not self._stop.is_set():
            try:
                with self._database.alone(name) as mine:
                    if mine:
                        work(mine)
            except AssistantError as error:
                log.error("Waiting for %s failed: %s", name, error)
            self._stop.wait(TURN_SECONDS)

    def _guarded(self, what: str, work: Callable[[], object]) -> None:
        try:
            work()
        except AssistantError as error:
            log.error("%s failed: %s", what, error)
        except Exception:  # the service goes on; the log says why
            log.exception("%s failed", what)

    def _start(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()
