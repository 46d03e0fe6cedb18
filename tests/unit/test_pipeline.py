"""Adding, changing and withdrawing documents, on a real catalog and a real Chroma."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.asking import AskRequest
from assistant.curation.loaders import blocks_of_text
from assistant.errors import AssistantError, Conflict, DataDirectoryLocked, InvalidDocument, NotFound, StorageFailed
from assistant.index import catalog, counts, document_table, lexical
from assistant.models import AnswerStatus, Filters, LoadedDocument, Metadata
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.conftest import HashEncoder

APPLES = "Apples grow in the northern orchard. The harvest begins in September."
PEARS = "Pears grow in the southern orchard. The harvest begins in October."


def document(words: str, title: str = "Fruit", **metadata: str) -> LoadedDocument:
    return LoadedDocument(words, tuple(blocks_of_text(words)), Metadata(title=title, **metadata))


def put(services: Services, document_id: str, words: str, **options: str) -> str:
    return services.pipeline.ingest(document_id, document(words), origin="test", by="tests", **options).outcome


def found(services: Services, query: str, filters: Filters | None = None) -> set[str]:
    return {item.passage.document_id for item in services.asker.search(query, filters or Filters(), 10)}


def test_an_added_document_is_searchable_at_once(services: Services) -> None:
    assert put(services, "apples", APPLES) == "added"
    assert found(services, "apples northern orchard") == {"apples"}


def test_the_same_document_again_changes_nothing(services: Services) -> None:
    put(services, "apples", APPLES)
    encoded = services.encoder.encoded  # type: ignore[attr-defined]
    with services.database.read() as connection:
        before = catalog.corpus_state(connection)
    assert put(services, "apples", APPLES) == "unchanged"
    assert services.encoder.encoded == encoded  # type: ignore[attr-defined]
    with services.database.read() as connection:
        assert catalog.corpus_state(connection) == before


def test_an_update_replaces_what_is_found_and_keeps_the_old_version(services: Services) -> None:
    put(services, "fruit", APPLES)
    assert put(services, "fruit", PEARS) == "updated"
    hits = services.asker.search("apples northern orchard September", Filters(), 10)
    assert all("Apples" not in item.passage.text for item in hits)
    with services.database.read() as connection:
        states = [(v.number, v.state) for v in catalog.list_versions(connection, "fruit")]
        assert states == [(1, "superseded"), (2, "current")]
        assert catalog.get_version(connection, "fruit", 1).text == APPLES


def test_only_changed_passages_are_embedded_again(services: Services) -> None:
    long = "\n\n".join(f"Sentence number {n} says something about item {n}." for n in range(60))
    put(services, "long", long)
    before = services.encoder.encoded  # type: ignore[attr-defined]
    put(services, "long", long + "\n\nOne more sentence.")
    assert services.encoder.encoded - before < before / 2  # type: ignore[attr-defined]


def test_a_withdrawn_document_is_nowhere(services: Services) -> None:
    put(services, "apples", APPLES)
    put(services, "pears", PEARS)
    assert services.pipeline.withdraw("apples", by="tests") == 1
    assert found(services, "apples northern orchard September") == {"pears"}
    with services.database.read() as connection:
        assert [s.document.id for s in document_table.list_documents(connection)] == ["pears"]
        assert counts.count_live(connection)[0] == 1
        with pytest.raises(NotFound, match="withdrawn"):
            catalog.get_version(connection, "apples")
        assert lexical.search(connection, ["apples"], 10) == []
        assert lexical.document_frequencies(connection, ["appl"]) == {}
    answer = services.asker.ask(AskRequest("When does the apples harvest in the northern orchard begin?"))
    assert all(c.document_id != "apples" for c in answer.citations)
    with pytest.raises(NotFound):
        services.pipeline.withdraw("apples", by="tests")


def test_a_withdrawn_document_can_come_back(services: Services) -> None:
    put(services, "apples", APPLES)
    services.pipeline.withdraw("apples", by="tests")
    encoded = services.encoder.encoded  # type: ignore[attr-defined]
    assert put(services, "apples", APPLES) == "added"
    assert found(services, "apples northern orchard") == {"apples"}
    assert services.encoder.encoded == encoded  # type: ignore[attr-defined]


def test_duplicates_are_handled_as_asked(services: Services) -> None:
    put(services, "fruit", APPLES)
    assert put(services, "fruit", PEARS, on_duplicate="skip") == "skipped"
    with pytest.raises(Conflict, match="exists already"):
        put(services, "fruit", PEARS, on_duplicate="error")
    assert "Apples" in services.asker.search("orchard", Filters(), 1)[0].passage.text


@pytest.mark.parametrize("document_id", ["", "  ", "x" * 201, "line\nbreak", "nul\x00"])
def test_an_id_that_cannot_be_kept_is_refused(services: Services, document_id: str) -> None:
    with pytest.raises(InvalidDocument, match="document id"):
        put(services, document_id, APPLES)


@pytest.mark.parametrize("words", ["", " \n\n ", "?! …"])
def test_a_document_without_words_is_refused(services: Services, words: str) -> None:
    with pytest.raises(InvalidDocument, match="no text"):
        put(services, "empty", words)


def test_filters_keep_to_their_part_of_the_corpus(services: Services) -> None:
    for number, (date, source, topic) in enumerate(
        [("2025-01-10", "Alpha", "trade"), ("2025-06-10", "Beta", "defence"), (None, "Alpha", "defence")]
    ):
        words = f"Orchard report {number} about the harvest."
        metadata = Metadata(title=f"Report {number}", source=source, published_at=date, topics=(topic,))
        loaded = LoadedDocument(words, tuple(blocks_of_text(words)), metadata)
        services.pipeline.ingest(str(number), loaded, origin="test", by="tests")
    query = "orchard harvest"
    assert found(services, query) == {"0", "1", "2"}
    assert found(services, query, Filters(sources=("Alpha",))) == {"0", "2"}
    assert found(services, query, Filters(topics=("defence",))) == {"1", "2"}
    assert found(services, query, Filters(document_ids=("2",))) == {"2"}
    assert found(services, query, Filters(published_from="2025-02")) == {"1"}
    assert found(services, query, Filters(published_to="2025-02-01")) == {"0"}
    assert found(services, query, Filters(as_of="2025-06-10")) == {"0", "1"}
    assert found(services, query, Filters(as_of="2025-06-09")) == {"0"}


def test_everything_is_there_after_a_restart(settings: Settings) -> None:
    with open_services(settings, HashEncoder()) as services:
        put(services, "apples", APPLES)
        put(services, "pears", PEARS)
        services.pipeline.withdraw("pears", by="tests")
    encoder = HashEncoder()
    with open_services(settings, encoder) as services:
        assert services.index.health().state == "ready"
        assert found(services, "orchard harvest") == {"apples"}
        assert encoder.encoded == 0


def test_a_lost_index_is_rebuilt_without_embedding(settings: Settings) -> None:
    import shutil

    with open_services(settings, HashEncoder()) as services:
        put(services, "apples", APPLES)
    shutil.rmtree(settings.data_dir / "index")
    encoder = HashEncoder()
    with open_services(settings, encoder) as services:
        assert found(services, "apples") == {"apples"}
        assert services.index.wait_ready(30)
        assert services.index.health().entries == 1
        assert found(services, "apples") == {"apples"}
        assert encoder.encoded == 0


def test_a_second_process_is_told_who_owns_the_directory(services: Services) -> None:
    with pytest.raises(DataDirectoryLocked, match="in use by process"), open_services(services.settings, HashEncoder()):
        pass


def test_another_encoder_is_noticed_and_never_mixed(settings: Settings) -> None:
    with open_services(settings, HashEncoder()) as services:
        put(services, "apples", APPLES)
    other = HashEncoder()
    other.fingerprint = "hash-64-revised"
    with pytest.raises(AssistantError, match=r"embedded with hash-64/.*reindex"), open_services(settings, other):
        pass
    with open_services(settings, HashEncoder()) as services:
        assert found(services, "apples") == {"apples"}


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with (
        pytest.raises(StorageFailed, match="cannot be used"),
        open_services(Settings(data_dir=tmp_path / "file" / "data"), HashEncoder()),
    ):
        pass


def test_sync_makes_the_corpus_match_the_folder(services: Services, write: Callable[..., Path]) -> None:
    folder = write({"a.md": f"# A\n\n{APPLES}\n", "sub/b.txt": PEARS, "README.md": "# Not a document", ".hidden": "no"})
    report = services.sync.run(folder, by="tests")
    assert (report.added, report.updated, report.removed, report.unchanged) == (2, 0, 0, 0)
    assert services.sync.run(folder, by="tests").unchanged == 2
    (folder / "a.md").write_text(f"# A\n\n{APPLES} It ends in November.\n")
    (folder / "sub" / "b.txt").unlink()
    report = services.sync.run(folder, by="tests")
    assert (report.added, report.updated, report.removed, report.unchanged) == (0, 1, 1, 0)
    assert found(services, "orchard harvest") == {"a.md"}


def test_one_bad_file_stops_nothing_and_withdraws_nothing(services: Services, write: Callable[..., Path]) -> None:
    folder = write({"good.md": f"# Good\n\n{APPLES}\n", "bad.md": f"---\nid: bad\n---\n\n{PEARS}\n"})
    services.sync.run(folder, by="tests")
    (folder / "bad.md").write_text("---\nid: [unclosed\n---\n\ntext\n")
    report = services.sync.run(folder, by="tests")
    assert [path for path, _ in report.failed] == ["bad.md"]
    assert (report.removed, report.unchanged) == (0, 1)
    assert found(services, "orchard harvest") == {"good.md", "bad"}


def test_two_files_with_one_id_are_told_apart(services: Services, write: Callable[..., Path]) -> None:
    folder = write({"one.md": f"---\nid: same\n---\n{APPLES}\n", "two.md": f"---\nid: same\n---\n{PEARS}\n"})
    report = services.sync.run(folder, by="tests")
    assert report.added == 1
    assert "used by one.md already" in report.failed[0][1]


def test_sync_leaves_other_documents_alone(services: Services, write: Callable[..., Path]) -> None:
    put(services, "by-api", PEARS)
    services.sync.run(write({"a.md": f"# A\n\n{APPLES}\n"}), by="tests")
    assert found(services, "orchard harvest") == {"by-api", "a.md"}


def test_an_empty_corpus_says_so(services: Services) -> None:
    answer = services.asker.ask(AskRequest("What grows in the orchard?"))
    assert answer.status == AnswerStatus.NOT_IN_CORPUS
    assert "empty" in answer.text
