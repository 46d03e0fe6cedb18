"""Articles of the project, the shipped ones and those made up for tests, to alter sentences of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.index.catalog import passages_of
from assistant.index.document_table import list_documents
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.conftest import HashEncoder
from tests.unit.grounding.alterations import WORDS_LEAST, WORDS_MOST, Original

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def articles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The shipped corpus and the made-up articles in one, with the fast encoder."""
    with open_services(Settings(data_dir=tmp_path_factory.mktemp("articles") / "data"), HashEncoder()) as opened:
        for folder in (ROOT.parent / "corpus", ROOT / "evaluation" / "positions" / "articles"):
            report = opened.sync.run(folder, by=folder.name)
            assert not report.failed
        yield opened


@pytest.fixture(scope="session")
def originals(articles: Services) -> list[Original]:
    """Every sentence of the articles that has a plain length."""
    found: list[Original] = []
    analyse = articles.verifier.checker.analyse
    with articles.database.read() as connection:
        summaries = list_documents(connection)
        documents = [
            (s.document.id, passages_of(connection, s.document.id, s.document.current_version or 1)) for s in summaries
        ]
    for document_id, passages in documents:
        texts = [
            " ".join(p.text[start - p.start : end - p.start].split())
            for p in passages
            for start, end in p.sentences
            if WORDS_LEAST <= len(p.text[start - p.start : end - p.start].split()) <= WORDS_MOST
        ]
        texts = [t for t in texts if t.endswith((".", "”", '"')) and "|" not in t]
        analyses = [analyse(doc[:]) for doc in articles.language.parse_many(texts)]
        names = tuple(
            dict.fromkeys(
                (n.shown, n.actor)
                for a in analyses
                for n in a.names
                if n.actor and not n.person and n.shown[-2:] not in {"an", "sh", "se", "ns"}
            )
        )
        found += [Original(document_id, a.text, a, names) for a in analyses]
    assert len(found) > 300
    return found
