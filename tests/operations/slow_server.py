"""A server in a process of its own whose chat model takes its time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.logs import configure_server
from assistant.redaction import Redactor
from assistant.server.run import serve
from assistant.services import Services
from assistant.settings import Settings
from tests.model.scripted import scripted
from tests.operations.conftest import corpus

SENTENCES = (
    "Russia closed the harbour of Lorn. [1] ",
    "The closure of the harbour stranded 41 ships. [1] ",
    "Ukraine condemned the closure. [1]",
)


def write(_message: str) -> Iterator[str]:
    """What the model writes, whatever it is told."""
    yield from SENTENCES


def main() -> None:
    """Serve until told to stop, and tell the address on standard output."""
    model, _ = scripted(write, pause=float(sys.argv[2]), seconds=600)
    settings = Settings(data_dir=Path(sys.argv[1]), refusal_threshold=0, port=0, shutdown_seconds=30)
    configure_server("json", "info", Redactor())

    @contextmanager
    def opening(settings: Settings) -> Iterator[Services]:
        with corpus(settings, model, owned=True) as (services, _encoder):
            yield services

    serve(settings, opening=opening, on_ready=lambda address: print(address, flush=True))
    print("closed", flush=True)


if __name__ == "__main__":
    main()
