"""Limited keys on PostgreSQL: connections are lent to one reader after another, and no scope goes on with them.

That nothing outside of a scope is found, counted or written is tested in ``tests/security/test_scopes.py``, on both
set-ups.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import TEXT, Connection, inspect, select
from sqlalchemy.exc import DBAPIError

from assistant.access_model import Principal, Role, Scope
from assistant.errors import StorageFailed
from assistant.index import lexical, schema
from assistant.index.catalog import corpus_state, whole_state
from assistant.index.database import Database
from assistant.index.scoped_schema import SCHEMA
from assistant.models import Filters, LoadedDocument, Metadata
from assistant.retrieval.words import stems_of
from assistant.server.app import build_app
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.conftest import HashEncoder
from tests.reliability.corpora import loaded

pytestmark = pytest.mark.scopes

SPARE = f"CREATE VIEW {SCHEMA}.spare AS SELECT spare FROM briefs"  # noqa: S608
TOPICS = ("harbour", "orchard", "quarry")


def put(services: Services, name: str, topic: str) -> None:
    document = loaded(f"The {topic} of {name} is open. Everybody works there.")
    metadata = Metadata(title=name, topics=(topic,), source=f"{topic} office")
    services.pipeline.ingest(name, LoadedDocument(document.text, document.blocks, metadata), origin="test", by="tests")


@pytest.fixture
def filled(services: Services) -> Services:
    for topic in TOPICS:
        for number in range(3):
            put(services, f"{topic}{number}", topic)
    return services


def desk(topic: str) -> Principal:
    return Principal(f"desk of {topic}", Role.READER, f"key-{topic}", Scope((topic,)))


def stem_of(word: str) -> str:
    (stem,) = stems_of(word)
    return stem


def seen(connection: Connection) -> set[str]:
    """Whatever a snapshot shows, by whichever table."""
    d, v, p, c = schema.documents, schema.versions, schema.passages, schema.changes
    columns = (d.c.id, v.c.document_id, p.c.document_id, c.c.document_id)
    names = {name for column in columns for name in connection.scalars(select(column))}
    by_seq = {row.seq: row.document_id for row in connection.execute(select(p.c.seq, p.c.document_id))}
    return names | {by_seq[seq] for seq, _ in lexical.search(connection, ["open", "harbour", "orchard"], 100)}


def test_readers_with_different_scopes_share_connections_and_see_their_own(filled: Services) -> None:
    def look(number: int) -> list[str]:
        topic = TOPICS[number % len(TOPICS)]
        views = filled.within(desk(topic))
        with views.database.read() as connection:
            wrong = [name for name in seen(connection) if not name.startswith(topic)]
            counts = lexical.document_frequencies(connection, [*map(stem_of, TOPICS), "work"])
            assert counts == {stem_of(topic): 3, "work": 3}
            assert lexical.count(connection) == 3
            assert (corpus_state(connection), whole_state(connection)) == (3, 9)
        hits = views.asker.search("Where does everybody work?", Filters(), 50)
        return wrong + [hit.passage.document_id for hit in hits if not hit.passage.document_id.startswith(topic)]

    with ThreadPoolExecutor(8) as readers:
        assert [name for wrong in readers.map(look, range(90)) for name in wrong] == []
    with filled.database.read() as connection:  # whoever is not limited has other connections
        assert len(seen(connection)) == 9


def test_a_connection_that_had_a_scope_shows_nothing_without_one(filled: Services) -> None:
    narrow = filled.database._backend.narrow
    with filled.within(desk("harbour")).database.read() as connection:
        first = connection.connection.dbapi_connection
        assert seen(connection)
    with narrow.begin() as connection:
        assert connection.connection.dbapi_connection is first
        assert connection.scalar(select(schema.generations.c.id)) is not None  # says nothing of the corpus
        for table in (schema.documents, schema.versions, schema.passages, schema.changes, schema.jobs):
            with pytest.raises(DBAPIError, match=r"json|assistant\.scope"), connection.begin_nested():
                connection.execute(select(table)).all()


def test_an_error_in_a_narrowed_transaction_leaves_no_scope_behind(filled: Services) -> None:
    for topic in TOPICS:
        with pytest.raises(ZeroDivisionError), filled.within(desk(topic)).database.read() as connection:
            raise ZeroDivisionError
        with filled.within(desk("harbour")).database.read() as connection:
            assert {name[:-1] for name in seen(connection)} == {"harbour"}


def test_without_the_views_of_this_version_nothing_is_read(filled: Services, settings: Settings) -> None:
    """A catalog that was put back without them, or is used by processes of two versions, must not show everything."""
    with filled.within(desk("harbour")).database.read() as connection:
        assert seen(connection)
    for change in (f"COMMENT ON SCHEMA {SCHEMA} IS 'another version'", f"DROP SCHEMA {SCHEMA} CASCADE"):
        with filled.database.write() as connection:
            connection.exec_driver_sql(change)
        with pytest.raises(StorageFailed, match="limit keys"), filled.within(desk("harbour")).database.read():
            pass
    with open_services(settings, HashEncoder()), filled.within(desk("harbour")).database.read() as connection:
        assert {name[:-1] for name in seen(connection)} == {"harbour"}  # the next start has made them again


def test_a_catalog_can_be_migrated_under_its_views(settings: Settings) -> None:
    """A column that a view shows cannot be altered, so that views make way."""
    database = Database(settings.database_url.get_secret_value())  # type: ignore[union-attr]
    database.migrate()
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE briefs ADD COLUMN spare varchar(3)")
        connection.exec_driver_sql(SPARE)
        connection.exec_driver_sql(f"COMMENT ON SCHEMA {SCHEMA} IS 'another version'")
    assert not database.is_current()
    database.migrate()
    assert database.is_current()
    with database.within(desk("harbour")).read() as connection:
        (column,) = [column for column in inspect(connection).get_columns("briefs") if column["name"] == "spare"]
        assert isinstance(column["type"], TEXT)
    database.close()


def test_a_limited_key_reads_the_start_page(filled: Services) -> None:
    """What it offers is kept for the state of the whole corpus, by which nobody may be told of it."""
    _, secret = filled.keys.add("desk", Role.READER, None, by="tests", scope=Scope(("orchard",)))
    headers = {"Authorization": f"Bearer {secret}"}
    with TestClient(build_app(filled), base_url="http://127.0.0.1", headers=headers) as client:
        page = client.get("/")
        assert page.status_code == 200
        assert "orchard office" in page.text
        assert "harbour office" not in page.text
        put(filled, "orchard9", "orchard")
        ids = {document["id"] for document in client.get("/api/v1/documents").json()["documents"]}
        assert ids == {"orchard0", "orchard1", "orchard2", "orchard9"}
