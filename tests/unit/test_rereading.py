"""Statements follow the actors and stances: what is changed there shows in documents that are there already."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from assistant.asking import AskRequest
from assistant.curation.rereading import reread
from assistant.index.statement_queries import documents_read_otherwise, statements_within
from assistant.models import Statement
from assistant.paths import shipped
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.conftest import HashEncoder

TEXT = "---\nid: note\ntitle: Note\npublished_at: 2025-11-03\n---\n\nThe Glass House rejects the toll.\n"


def with_actor(folder: Path) -> Path:
    book = yaml.safe_load(shipped("corpus/actors.yaml").read_text(encoding="utf-8"))
    book["actors"].append({"id": "pellonia", "name": "Pellonia", "kind": "state", "metonyms": ["the Glass House"]})
    path = folder / "actors.yaml"
    path.write_text(yaml.safe_dump(book, allow_unicode=True), encoding="utf-8")
    return path


def statements(services: Services) -> list[Statement]:
    with services.database.read() as connection:
        return statements_within(connection, {("note", 1)}).get(("note", 1), [])


@pytest.fixture
def plain(tmp_path: Path) -> Settings:
    """Settings of a corpus that was read by the actors that ship."""
    (tmp_path / "documents").mkdir()
    settings = Settings(data_dir=tmp_path / "data")
    with open_services(settings, HashEncoder()) as services:
        add(services, tmp_path / "documents")
    return settings


def add(services: Services, folder: Path) -> None:
    (folder / "note.md").write_text(TEXT, encoding="utf-8")
    services.sync.run(folder, by="tests")


def test_a_changed_file_is_read_again(tmp_path: Path, plain: Settings) -> None:
    with open_services(plain, HashEncoder()) as services:
        assert "Pellonia" not in [s.holder for s in statements(services)]
        assert reread(services.database, services.pipeline) == 0
    changed = plain.model_copy(update={"actors_file": with_actor(tmp_path)})
    with open_services(changed, HashEncoder()) as services:
        with services.database.read() as connection:
            assert documents_read_otherwise(connection, services.pipeline.rules) == ["note"]
        seen: list[tuple[int, int]] = []
        assert reread(services.database, services.pipeline, lambda done, total: seen.append((done, total))) == 1
        assert seen == [(1, 1)]
        assert [(s.holder, s.stance) for s in statements(services) if s.stance] == [("Pellonia", "rejects")]
        answer = services.asker.ask(AskRequest("What does Pellonia reject?"))
        assert [s.text for s in answer.sentences] == ["The Glass House rejects the toll."]
        assert reread(services.database, services.pipeline) == 0


def test_a_folder_that_is_synced_again_is_read_by_the_present_rules(tmp_path: Path, plain: Settings) -> None:
    changed = plain.model_copy(update={"actors_file": with_actor(tmp_path)})
    encoder = HashEncoder()
    with open_services(changed, encoder) as services:
        report = services.sync.run(tmp_path / "documents", by="tests")
        assert (report.unchanged, encoder.encoded) == (1, 0)
        assert [(s.holder, s.stance) for s in statements(services) if s.stance] == [("Pellonia", "rejects")]


def test_a_withdrawn_document_is_left_alone(tmp_path: Path, plain: Settings) -> None:
    with open_services(plain, HashEncoder()) as services:
        services.pipeline.withdraw("note", by="tests")
    changed = plain.model_copy(update={"actors_file": with_actor(tmp_path)})
    with open_services(changed, HashEncoder()) as services:
        assert reread(services.database, services.pipeline) == 0
