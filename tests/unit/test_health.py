"""Check, reindex, backup and restore on real stores."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from assistant.catalogs import CATALOG
from assistant.curation.loaders import blocks_of_text
from assistant.curation.reindexing import reembed
from assistant.data_dir import own_data_dir
from assistant.errors import InvalidInput, StorageFailed
from assistant.index import catalog, counts, writer
from assistant.index.backup import backup, restore
from assistant.index.health import audit
from assistant.models import Filters, LoadedDocument, Metadata
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.conftest import HashEncoder


class OtherEncoder(HashEncoder):
    """Another model: other vectors of another length."""

    fingerprint = "hash-32"
    dimension = 32


def put(services: Services, document_id: str, words: str) -> None:
    loaded = LoadedDocument(words, tuple(blocks_of_text(words)), Metadata(title="Report"))
    services.pipeline.ingest(document_id, loaded, origin="test", by="tests")


def fill(services: Services, count: int = 30) -> None:
    for number in range(count):
        put(services, f"d{number}", f"Report {number} tells about orchard {number}. It has {number} trees.")


def failed(services: Services) -> list[str]:
    engine = services.engines.current
    return [finding.name for finding in audit(services.database, engine.index, engine.fingerprint) if not finding.ok]


def found(services: Services, query: str) -> set[str]:
    return {item.passage.document_id for item in services.asker.search(query, Filters(), 10)}


def test_a_sound_corpus_passes(services: Services) -> None:
    services.index.wait_ready()
    fill(services)
    services.pipeline.withdraw("d3", by="tests")
    assert failed(services) == []


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        ("UPDATE passages SET text = 'x' WHERE seq = 1", "passages are slices of their versions"),
        ("UPDATE versions SET state = 'superseded' WHERE document_id = 'd1'", "only current versions are found"),
        ("DELETE FROM vectors WHERE rowid IN (SELECT rowid FROM vectors LIMIT 1)", "every passage has a vector"),
        ("UPDATE generations SET fingerprint = 'other'", "the encoder is the one that made the vectors"),
        ("INSERT INTO passages_fts(passages_fts) VALUES ('delete-all')", "full text holds the live passages"),
    ],
)
def test_damage_in_the_catalog_is_found(services: Services, damage: str, finding: str) -> None:
    services.index.wait_ready()
    fill(services, 5)
    with services.database.write() as connection:
        connection.execute(text(damage))
    assert finding in failed(services)


def test_damage_in_the_index_is_found(services: Services) -> None:
    services.index.wait_ready()
    fill(services, 5)
    index = services.index._index
    assert index is not None
    index.delete([2])
    index.upsert([999], np.eye(1, HashEncoder.dimension, dtype=np.float32))
    assert {"the index holds every passage", "the index holds nothing unknown"} <= set(failed(services))
    services.index.rebuild("asked for").join()
    assert failed(services) == []


def test_what_a_failed_import_left_in_the_index_is_known_until_it_is_swept(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.index.wait_ready()
    fill(services, 5)

    def fail(*_: object, **__: object) -> None:
        raise StorageFailed("The data directory cannot be used.", None)

    with monkeypatch.context() as patched:
        patched.setattr(writer, "publish_version", fail)
        with pytest.raises(StorageFailed):
            put(services, "lost", "A report that is indexed and then cannot be published.")
    with services.database.read() as connection:
        left = services.index.stored_ids() - set(catalog.live_seqs(connection))
    assert left
    assert failed(services) == []
    assert services.index.sweep(grace_seconds=0) == len(left)
    assert services.index.stored_ids().isdisjoint(left)
    assert failed(services) == []


def test_what_a_process_has_staged_before_it_died_is_no_fault(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.index.wait_ready()
    fill(services, 5)

    class Died(BaseException):
        """Whatever would tidy up is not there to do it either."""

    def die(*_: object, **__: object) -> None:
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(type(services.index), "add", die)
        patched.setattr(writer, "discard_staged_of", lambda *_: None)
        with pytest.raises(Died):
            put(services, "half", "A report of which the passages never came to the index.")
    with services.database.read() as connection:
        staged = set(catalog.indexable_seqs(connection, 1)) - set(catalog.live_seqs(connection))
    assert staged
    assert staged.isdisjoint(services.index.stored_ids())
    assert failed(services) == []
    put(services, "half", "A report of which the passages come to the index at the second try.")
    assert failed(services) == []


def test_another_model_takes_over_without_a_gap(settings: Settings) -> None:
    with open_services(settings, HashEncoder()) as services:
        fill(services)
    encoder = OtherEncoder()
    with open_services(settings, encoder, to_reindex=True) as services:
        assert services.successor is not None
        seen: list[tuple[int, int]] = []
        reembed(
            services.database,
            services.engines,
            services.pipeline,
            services.successor,
            progress=lambda done, total: seen.append((done, total)),
        )
        assert seen[-1] == (30, 30)
        assert services.encoder is encoder
        assert found(services, "orchard 7") >= {"d7"}
        put(services, "new", "A new report about the vineyard.")
        assert found(services, "vineyard") >= {"new"}
        services.index.wait_ready()
        assert failed(services) == []
    with open_services(settings, OtherEncoder()) as services:
        assert services.successor is None
        assert found(services, "orchard 7") >= {"d7"}


def test_the_old_model_serves_while_the_new_one_is_filled(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_services(settings, HashEncoder()) as services:
        fill(services)
    monkeypatch.setattr("assistant.services._encoder_of", lambda *_: HashEncoder())
    with open_services(settings, OtherEncoder()) as services:
        successor = services.successor
        assert successor is not None
        assert services.encoder.fingerprint == "hash-64"
        misses: list[str] = []
        stop = threading.Event()

        def ask() -> None:
            while not stop.is_set():
                if "d7" not in found(services, "report 7 orchard 7 trees"):
                    misses.append("d7")

        reader = threading.Thread(target=ask)
        reader.start()
        put(services, "d7", "Report 7 tells about orchard 7 anew.")
        reembed(services.database, services.engines, services.pipeline, successor)
        stop.set()
        reader.join()
        assert misses == []
        assert services.encoder.fingerprint == "hash-32"
        assert "anew" in services.asker.search("report 7 anew", Filters(), 1)[0].passage.text


def test_a_live_corpus_is_backed_up_and_restored(services: Services, tmp_path: Path) -> None:
    fill(services, 10)
    catalog_file = services.settings.data_dir / CATALOG
    copy = tmp_path / "corpus.backup"
    writer = threading.Thread(target=fill, args=(services, 30))
    writer.start()
    assert backup(catalog_file, copy) > 0
    writer.join()
    target = Settings(data_dir=tmp_path / "restored")
    with own_data_dir(target):
        assert restore(copy, target.data_dir, CATALOG) is None
    encoder = HashEncoder()
    with open_services(target, encoder) as restored:
        assert restored.index.wait_ready(30)
        assert encoder.encoded == 0
        with restored.database.read() as connection:
            assert counts.count_live(connection)[0] >= 10
        assert failed(restored) == []
        put(restored, "later", "Something later.")
    with own_data_dir(target):
        kept = restore(copy, target.data_dir, CATALOG)
    assert kept is not None
    with open_services(target, HashEncoder()) as restored, restored.database.read() as connection:
        assert catalog.find_document(connection, "later") is None


def test_what_is_no_backup_is_refused_and_nothing_is_lost(services: Services, tmp_path: Path) -> None:
    fill(services, 2)
    (tmp_path / "text").write_text("not a database")
    sqlite3.connect(tmp_path / "other.sqlite3").execute("CREATE TABLE x (y)").connection.close()
    for name, message in (("none", "no file"), ("text", "not a backup"), ("other.sqlite3", "not a backup")):
        with pytest.raises(InvalidInput, match=message):
            restore(tmp_path / name, services.settings.data_dir, CATALOG)
    assert found(services, "orchard 1") >= {"d1"}


def test_what_runs_the_encoder_is_part_of_the_vectors(tmp_path: Path) -> None:
    with open_services(Settings(data_dir=tmp_path, embedding_backend="torch")) as services:
        put(services, "kelm", "The lighthouse of Port Kelm was finished in 1874.")
        before = services.encoder.fingerprint
    with open_services(Settings(data_dir=tmp_path)) as services:
        successor = services.successor
        assert successor is not None
        assert services.encoder.fingerprint == before  # answered with what it was embedded with
        assert successor.encoder.fingerprint != before
        assert found(services, "lighthouse") == {"kelm"}
        reembed(services.database, services.engines, services.pipeline, successor)
        assert services.encoder.fingerprint == successor.encoder.fingerprint
        assert found(services, "lighthouse") == {"kelm"}
