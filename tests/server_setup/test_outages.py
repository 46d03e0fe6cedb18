"""Servers go away and come back: requests fail with a reason or are answered exactly, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from assistant.errors import CatalogUnreachable, StorageFailed
from assistant.index.health import audit
from assistant.models import Filters
from assistant.server.app import build_app
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.conftest import HashEncoder
from tests.server_setup.servers import ChromaProcess, PostgresServer
from tests.unit.test_pipeline import put
from tests.waiting import eventually


@pytest.fixture
def api(services: Services) -> Iterator[TestClient]:
    with TestClient(build_app(services), base_url="http://127.0.0.1") as client:
        yield client


def found(services: Services, query: str) -> list[str]:
    return [hit.passage.document_id for hit in services.asker.search(query, Filters(), 3)]


def sound(services: Services) -> bool:
    engine = services.engines.current
    return all(finding.ok for finding in audit(services.database, engine.index, engine.fingerprint))


def is_ready(services: Services) -> bool:
    return services.index.health().state == "ready"


def test_answers_and_writes_go_on_while_the_vectors_are_away(services: Services, chroma: ChromaProcess) -> None:
    for number in range(30):
        put(services, f"d{number}", f"Report {number} tells about the orchard of village {number}.")
    chroma.kill()
    try:
        assert "d7" in found(services, "report 7 village 7")
        put(services, "later", "A note about the lighthouse.")
        services.pipeline.withdraw("d8", by="tests")
        assert found(services, "lighthouse note")[0] == "later"
        assert services.index.health().state == "rebuilding"
    finally:
        chroma.start()
    assert eventually(lambda: is_ready(services))
    assert found(services, "lighthouse note")[0] == "later"
    assert "d8" not in found(services, "report 8 village 8")
    assert sound(services)


def test_vectors_that_their_server_has_lost_are_put_there_again(services: Services, chroma: ChromaProcess) -> None:
    for number in range(10):
        put(services, f"d{number}", f"Report {number} tells about the orchard of village {number}.")
    encoded = services.encoder.encoded  # type: ignore[attr-defined]
    chroma.kill()
    chroma.forget_everything()
    chroma.start()
    assert "d7" in found(services, "report 7 village 7")
    assert eventually(lambda: is_ready(services) and services.index.health().entries == 10)
    assert sound(services)
    assert services.encoder.encoded == encoded  # type: ignore[attr-defined]


def test_it_opens_without_the_vectors_and_takes_them_up_later(settings: Settings, chroma: ChromaProcess) -> None:
    with open_services(settings, HashEncoder()) as services:
        put(services, "d1", "A note about the lighthouse.")
    chroma.kill()
    try:
        with open_services(settings, HashEncoder()) as services:
            assert found(services, "lighthouse") == ["d1"]
            chroma.start()
            assert eventually(lambda: is_ready(services))
    finally:
        if chroma._process is None:
            chroma.start()


def test_requests_say_that_the_catalog_is_away_and_recover(
    services: Services, api: TestClient, postgres: PostgresServer
) -> None:
    put(services, "d1", "A note about the lighthouse.")
    question = {"question": "Where is the lighthouse?"}
    assert api.post("/api/v1/ask", json=question).status_code == 200
    postgres.stop()
    try:
        for answer in (api.post("/api/v1/ask", json=question), api.delete("/api/v1/documents/d1"), api.get("/readyz")):
            assert answer.status_code == 503
            problem = answer.json()
            assert problem["type"] == "/problems/catalog-unreachable"
            assert "nothing acknowledged is lost" in problem["hint"]
            assert "secret-word" not in answer.text
        assert api.get("/healthz").status_code == 200
        with pytest.raises(CatalogUnreachable):
            put(services, "d2", "Another note.")
    finally:
        postgres.start()
    assert eventually(lambda: api.get("/readyz").status_code == 200)
    assert api.post("/api/v1/ask", json=question).status_code == 200
    put(services, "d2", "Another note.")
    assert eventually(lambda: is_ready(services))
    assert sound(services)


def test_a_write_whose_connection_breaks_is_not_acknowledged(services: Services, postgres: PostgresServer) -> None:
    with pytest.raises(StorageFailed), services.database.write() as connection:
        connection.exec_driver_sql("INSERT INTO changes (at, actor, action, document_id) VALUES ('x', 'x', 'x', 'x')")
        postgres.stop()
        postgres.start()
    with services.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM changes").scalar() == 0


def test_a_wrong_password_or_database_is_named_without_the_password(settings: Settings) -> None:
    assert settings.database_url is not None
    address = settings.database_url.get_secret_value()
    from assistant.index.database import Database

    for wrong, said in (
        (address + "x", "does not exist"),
        (address.replace("assistant:secret-word@", "nobody:secret-word@"), "nobody"),
    ):
        database = Database(wrong)
        with pytest.raises(CatalogUnreachable, match=said) as raised, database.read():
            pass
        assert "secret-word" not in f"{raised.value} {raised.value.detail}"
        database.close()
