"""The end of a server: no stream begins any more, those under way are finished, and then it leaves.

SIGTERM → not ready, no new stream → the last answer under way is sent → closed
"""

from __future__ import annotations

import threading
import time

import uvicorn


class Draining:
    """Whether a server is about to stop; shared by what has to know it."""

    def __init__(self) -> None:
        self._begun = threading.Event()

    @property
    def begun(self) -> bool:
        """Whether the server takes no new streams."""
        return self._begun.is_set()

    def begin(self) -> None:
        """Take no new streams from now on."""
        self._begun.set()


class DrainingServer(uvicorn.Server):
    """Answers while it drains: those who look whether it is ready learn that it is not, instead of being cut off.

    Args:
        config: as for any server; ``timeout_graceful_shutdown`` is what is given from the signal on.
        draining: told when it begins.
    """

    def __init__(self, config: uvicorn.Config, draining: Draining) -> None:
        super().__init__(config)
        self._draining = draining
        self._leave_at = 0.0

    def drain(self) -> None:
        """Begin to leave; at once when told again. Called from any thread."""
        if self._draining.begun:
            self.should_exit = self.force_exit = True
            return
        self._leave_at = time.monotonic() + (self.config.timeout_graceful_shutdown or 0)
        self._draining.begin()

    async def on_tick(self, counter: int) -> bool:
        """Whether to leave: nothing is under way any more, or it takes too long."""
        if self._draining.begun and not self.should_exit:
            left = self._leave_at - time.monotonic()
            if left <= 0 or not self.server_state.tasks:
                self.should_exit = True
                self.config.timeout_graceful_shutdown = max(1, int(left))
        return await super().on_tick(counter)
