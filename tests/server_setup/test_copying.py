"""A corpus moves between the set-ups and back without being embedded again, and both find the same in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import SecretStr
from sqlalchemy import Connection, select

from assistant.catalogs import CATALOG
from assistant.cli import cli
from assistant.index import copying, lexical, schema
from assistant.index.database import Database
from assistant.models import Filters
from assistant.retrieval.words import stems_of
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.conftest import HashEncoder
from tests.server_setup.servers import PostgresServer

QUESTIONS = (
    "What does Russia reject?",
    "When was the Budapest Memorandum signed?",
    "What did the U.S. offer Ukraine?",
    "security guarantees for Ukraine",
    "Who says that a ceasefire needs monitoring?",
    "Zelensky's peace plan, foo_bar and Ångström",
    "the of and",
    "nothing-of-this-occurs qwertzuiop",
)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The corpus that ships, embedded, with one document withdrawn and one changed."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("embedded") / "data")
    with open_services(settings, HashEncoder()) as services:
        assert not services.sync.run(Path("corpus"), by="tests").failed
        services.pipeline.withdraw("analysts-views", by="tests")
        services.index.wait_ready()
    return settings


def ranked(connection: Connection, question: str) -> tuple[list[int], list[float]]:
    found = lexical.search(connection, lexical.content_words(question), 40)
    return [seq for seq, _ in found], [score for _, score in found]


def test_both_databases_rank_the_same_passages_alike(embedded: Settings, postgres: PostgresServer) -> None:
    here, there = Database(embedded.data_dir / CATALOG), Database(postgres.database())
    copying.fill(here, there)
    with here.read() as one, there.read() as other:
        assert lexical.count(one) == lexical.count(other) > 200
        for question in QUESTIONS:
            (seqs, scores), (seqs_there, scores_there) = ranked(one, question), ranked(other, question)
            assert seqs_there == seqs
            assert scores_there == pytest.approx(scores, rel=1e-9)
            within = seqs[::3]
            words = lexical.content_words(question)
            assert [seq for seq, _ in lexical.search(other, words, 5, within)] == [
                seq for seq, _ in lexical.search(one, words, 5, within)
            ]
            stems = stems_of(question)
            assert lexical.document_frequencies(other, stems) == lexical.document_frequencies(one, stems)
    here.close()
    there.close()


def test_a_migrated_corpus_answers_without_embedding_and_goes_on(
    embedded: Settings, settings: Settings, tmp_path: Path
) -> None:
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value()
    moved = CliRunner().invoke(cli, ["--data-dir", str(embedded.data_dir), "migrate", "--to", url])
    assert moved.exit_code == 0, moved.output
    again = CliRunner().invoke(cli, ["--data-dir", str(embedded.data_dir), "migrate", "--to", url])
    assert again.exit_code != 0
    assert "a corpus already" in again.output
    encoder = HashEncoder()
    with open_services(embedded, HashEncoder()) as before, open_services(settings, encoder) as after:
        assert after.index.wait_ready(60)
        assert encoder.encoded == 0
        query = "What does Russia reject?"
        places = [hit.passage.id for hit in before.asker.search(query, Filters(), 10)]
        assert [hit.passage.id for hit in after.asker.search(query, Filters(), 10)] == places
        add(after, "later", "A later note about the lighthouse.")  # its numbers go on after those that were copied
        assert after.asker.search("lighthouse note", Filters(), 1)[0].passage.document_id == "later"
    back = tmp_path / "back"
    returned = CliRunner().invoke(cli, ["--data-dir", str(back), "migrate", "--from", url])
    assert returned.exit_code == 0, returned.output
    with open_services(Settings(data_dir=back), HashEncoder()) as restored:
        assert restored.asker.search("lighthouse note", Filters(), 1)[0].passage.document_id == "later"
        there = Database(url)
        assert count_rows(restored.database) == count_rows(there)
        there.close()


def test_a_backup_of_a_server_is_a_file_that_both_restore(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_services(settings, HashEncoder()) as services:
        add(services, "kept", "A note about the orchard.")
        copying.export(services.database, tmp_path / "corpus.backup")
        add(services, "later", "A later note about the lighthouse.")
        refused = restore(settings, tmp_path / "corpus.backup", monkeypatch)
        assert "Other processes use the catalog" in refused
    database = Database(settings.database_url.get_secret_value())  # type: ignore[union-attr]
    copying.bring_back(tmp_path / "corpus.backup", database, tmp_path)
    database.close()
    file = tmp_path / "folder" / CATALOG
    file.parent.mkdir()
    (tmp_path / "corpus.backup").rename(file)
    for place in (settings, Settings(data_dir=file.parent)):
        encoder = HashEncoder()
        with open_services(place, encoder) as services:
            assert services.index.wait_ready(60)
            found = {hit.passage.document_id for hit in services.asker.search("note lighthouse", Filters(), 5)}
            assert found == {"kept"}
            assert encoder.encoded == 0


def restore(settings: Settings, file: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    with monkeypatch.context() as patched:
        patched.setenv("ASSISTANT_DATABASE_URL", settings.database_url.get_secret_value())  # type: ignore[union-attr]
        patched.setenv("ASSISTANT_CHROMA_URL", str(settings.chroma_url))
        return CliRunner().invoke(cli, ["--data-dir", str(settings.data_dir), "restore", str(file)]).output


def add(services: Services, document_id: str, words: str) -> None:
    from tests.unit.test_pipeline import put

    put(services, document_id, words)


def count_rows(database: Database) -> dict[str, int]:
    with database.read() as connection:
        return {table.name: len(connection.execute(select(table)).all()) for table in copying.TABLES}


def test_what_its_text_cannot_hold_is_replaced_in_place(settings: Settings) -> None:
    database = Database(SecretStr.get_secret_value(settings.database_url))  # type: ignore[arg-type]
    database.migrate()
    with database.write() as connection:
        values = {"id": "c", "title": "a\x00b\ud800c", "created_at": "x", "updated_at": "x"}
        connection.execute(schema.conversations.insert().values(values))
    with database.read() as connection:
        assert connection.scalar(select(schema.conversations.c.title)) == "a\ufffdb\ufffdc"
    database.close()


def test_text_is_ordered_by_code_point_whatever_the_locale(settings: Settings) -> None:
    database = Database(SecretStr.get_secret_value(settings.database_url))  # type: ignore[arg-type]
    database.migrate()
    ids = ["a", "B", "_c", "é", "Z", "10", "9"]
    with database.write() as connection:
        for name in ids:
            values = {"id": name, "title": name, "created_at": "x" * 40, "updated_at": "x"}
            connection.execute(schema.conversations.insert().values(values))
    with database.read() as connection:
        c = schema.conversations.c.id
        assert list(connection.scalars(select(c).order_by(c))) == sorted(ids)
    database.close()
