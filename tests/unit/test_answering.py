"""Which sentences an answer has, and what it never does, on made-up documents with the fast encoder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.asking import AskRequest
from assistant.curation.loaders import blocks_of_text
from assistant.models import Answer, LoadedDocument, Metadata
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.conftest import HashEncoder


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """Answers whatever the support, so that selection is seen alone."""
    with open_services(Settings(data_dir=tmp_path / "data", refusal_threshold=0), HashEncoder()) as opened:
        yield opened


def put(services: Services, document_id: str, text: str, title: str = "") -> None:
    loaded = LoadedDocument(text, tuple(blocks_of_text(text)), Metadata(title=title))
    services.pipeline.ingest(document_id, loaded, origin="test", by="tests")


def ask(services: Services, question: str) -> Answer:
    return services.asker.ask(AskRequest(question))


FILLER = " ".join(f"Clause {n} of the report lists the quay, the crane and the tide of pier {n}." for n in range(30))


def test_copies_of_one_report_are_one_origin(services: Services) -> None:
    report = f"The harbour of Kelm opened its new lighthouse in June. {FILLER}"
    put(services, "agency", report)
    put(services, "paper-a", "By our correspondent. " + report)
    put(services, "paper-b", report + " All rights reserved.")
    put(services, "other", "The harbour of Kelm opened its new lighthouse in June. Crowds came to see it.")
    answer = ask(services, "When did the harbour of Kelm open its new lighthouse?")
    first = answer.sentences[0]
    assert "lighthouse in June" in first.text
    cited = {answer.citations[number - 1].document_id for number in first.citations}
    assert "other" in cited
    assert len(cited & {"agency", "paper-a", "paper-b"}) == 1


def test_no_two_sentences_say_the_same(services: Services) -> None:
    put(services, "a", "The lighthouse of Kelm was built in 1850. Rain is common there.")
    put(services, "b", "The lighthouse of Kelm was built in 1850!")
    put(services, "c", "The lighthouse of Kelm was built in 1860.")
    texts = [
        sentence.text.rstrip(".!") for sentence in ask(services, "When was the lighthouse of Kelm built?").sentences
    ]
    assert len(texts) == len(set(texts))
    assert any("1850" in text for text in texts)
    assert any("1860" in text for text in texts), "different numbers are different facts"


def test_an_answer_has_at_most_five_sentences_and_each_is_verbatim(services: Services) -> None:
    for number in range(12):
        put(services, f"d{number}", f"Lighthouse keeper number {number} of Kelm reported storm {number} at sea.")
    answer = ask(services, "What did the lighthouse keepers of Kelm report?")
    assert 1 <= len(answer.sentences) <= 5
    for sentence in answer.sentences:
        assert answer.citations[sentence.citations[0] - 1].quote == sentence.text


def test_what_looks_alike_and_says_the_opposite_is_not_offered(services: Services) -> None:
    put(services, "news", "Officials believe Japan will accept the fishing plan. The talks went on for days.")
    put(services, "wire", "Japan rejected the fishing quota, said Aiko Mori, a spokeswoman. The talks went on.")
    answer = ask(services, "What does Japan reject?")
    assert answer.question.actor == "Japan"
    assert [sentence.text for sentence in answer.sentences] == [
        "Japan rejected the fishing quota, said Aiko Mori, a spokeswoman."
    ]
    put(services, "late", "Japan ruled out the joint patrols on Friday.")
    said = {sentence.text for sentence in ask(services, "What does Japan reject?").sentences}
    assert "Japan ruled out the joint patrols on Friday." in said


def test_a_question_is_no_answer(services: Services) -> None:
    put(services, "a", "Will the lighthouse of Kelm be closed? The mayor of Kelm said the lighthouse stays open.")
    texts = [sentence.text for sentence in ask(services, "Will the lighthouse of Kelm be closed?").sentences]
    assert texts
    assert not any(text.endswith("?") for text in texts)
