"""Servers with a corpus of one document, set up as each test wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from assistant.access_model import Role
from assistant.answering.chat_model import ChatModel
from assistant.metrics import Metrics
from assistant.models import Block, LoadedDocument, Metadata
from assistant.server.app import build_app
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.conftest import HashEncoder

LOCAL = "http://127.0.0.1"
TEXT = "Russia closed the harbour of Lorn. The closure of the harbour stranded 41 ships. Ukraine condemned the closure."
QUESTION = {"question": "Who closed the harbour of Lorn?"}


@dataclass(frozen=True)
class Server:
    """A corpus, its HTTP surface and the encoder that counts what it is given."""

    services: Services
    client: TestClient
    encoder: HashEncoder

    def key(self, role: Role = Role.READER, name: str = "") -> dict[str, str]:
        """Headers with a new key."""
        _, secret = self.services.keys.add(name or role, role, None, by="tests")
        return {"Authorization": f"Bearer {secret}"}


Opening = Callable[..., AbstractContextManager[Server]]


@contextmanager
def corpus(
    settings: Settings, chat_model: ChatModel | None = None, *, owned: bool = False
) -> Iterator[tuple[Services, HashEncoder]]:
    """Services over one document."""
    encoder = HashEncoder()
    with open_services(settings, encoder, chat_model=chat_model, owned=owned) as services:
        loaded = LoadedDocument(TEXT, (Block(0, len(TEXT)),), Metadata(title="The harbour"))
        services.pipeline.ingest("harbour", loaded, origin="tests", by="tests")
        assert services.index.wait_ready(60)
        yield services, encoder


@pytest.fixture(scope="package")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Services, HashEncoder]]:
    """A corpus whose documents no test changes."""
    folder = tmp_path_factory.mktemp("operations")
    with corpus(Settings(data_dir=folder / "data", refusal_threshold=0)) as opened:
        yield opened


@pytest.fixture
def opened(shared: tuple[Services, HashEncoder]) -> Opening:
    """Serves that corpus with the settings of a server, without keys at first."""

    @contextmanager
    def opening(**changes: Any) -> Iterator[Server]:
        base, encoder = shared
        metrics = Metrics()
        settings = Settings(data_dir=base.settings.data_dir, **changes)
        asker = replace(base.asker, listeners=(metrics.answered,), max_question_chars=settings.max_question_chars)
        services = replace(base, settings=settings, asker=asker, metrics=metrics)
        with TestClient(build_app(services), base_url=LOCAL) as client:
            yield Server(services, client, encoder)
        with base.database.write() as connection:
            connection.exec_driver_sql("DELETE FROM api_keys")

    return opening


@pytest.fixture
def opened_alone(tmp_path: Path) -> Opening:
    """Serves a corpus of the test's own, which it may change."""

    @contextmanager
    def opening(*, chat_model: ChatModel | None = None, **changes: Any) -> Iterator[Server]:
        settings = Settings(data_dir=tmp_path / "data", refusal_threshold=0, **changes)
        with (
            corpus(settings, chat_model) as (services, encoder),
            TestClient(build_app(services), base_url=LOCAL) as client,
        ):
            yield Server(services, client, encoder)

    return opening
