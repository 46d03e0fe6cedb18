from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from assistant.server.app import build_app
from assistant.services import Services


@pytest.fixture(scope="session")
def api(briefing: Services) -> Iterator[TestClient]:
    """The HTTP surface over the shipped corpus."""
    with TestClient(build_app(briefing), base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
def empty_api(services: Services) -> Iterator[TestClient]:
    """The HTTP surface over an empty corpus with the fast encoder."""
    with TestClient(build_app(services), base_url="http://127.0.0.1") as client:
        yield client
