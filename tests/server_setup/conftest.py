from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.conftest import HashEncoder
from tests.server_setup.servers import ChromaProcess, PostgresServer


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def chroma() -> Iterator[ChromaProcess]:
    server = ChromaProcess()
    yield server
    server.remove()


@pytest.fixture
def server_settings(tmp_path: Path, postgres: PostgresServer, chroma: ChromaProcess) -> Settings:
    """An empty catalog on a server, and a Chroma server."""
    return Settings(data_dir=tmp_path / "data", database_url=SecretStr(postgres.database()), chroma_url=chroma.url)


@pytest.fixture
def on_servers(server_settings: Settings) -> Iterator[Services]:
    with open_services(server_settings, HashEncoder()) as opened:
        assert opened.index.wait_ready(60)
        yield opened
