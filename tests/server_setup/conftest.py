from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.conftest import HashEncoder
from tests.server_setup.servers import ChromaProcess, PostgresServer

HERE = "tests/server_setup/"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith(HERE):
            item.add_marker(pytest.mark.servers)


@pytest.fixture
def settings(tmp_path: Path, postgres: PostgresServer, chroma: ChromaProcess) -> Iterator[Settings]:
    """An empty catalog on a server, and a Chroma server: tests written for the embedded ones run on these too."""
    chroma.revive()
    address = postgres.database()
    yield Settings(data_dir=tmp_path / "data", database_url=SecretStr(address), chroma_url=chroma.url)
    postgres.drop(address)


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    with open_services(settings, HashEncoder()) as opened:
        assert opened.index.wait_ready(60)
        yield opened
