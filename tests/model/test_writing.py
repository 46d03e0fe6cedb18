"""What a chat model can do wrong, and what a reader sees of it: nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.asking import AskRequest
from assistant.models import Answer, AnswerStatus
from assistant.services import open_services
from assistant.settings import Settings
from assistant.verifying import VerifyRequest
from tests.conftest import HashEncoder
from tests.model.conftest import Opening
from tests.model.scripted import ScriptedChatModel, scripted

QUESTION = "When was the harbour of Lorn closed?"
GOOD = "Russia closed the harbour of Lorn on 12 May 2025. [1]"


def write(opened: Opening, script: str, **limits: object) -> tuple[Answer, ScriptedChatModel]:
    model, inner = scripted(script, **limits)
    with opened(model) as services:
        answer = services.asker.ask(AskRequest(QUESTION))
    assert all(sentence.citations for sentence in answer.sentences)
    assert all(0 < n <= len(answer.citations) for s in answer.sentences for n in s.citations)
    return answer, inner


def test_prose_that_the_sources_back_is_shown_with_verbatim_citations(opened: Opening) -> None:
    answer, inner = write(opened, f"{GOOD} The closure stranded 41 ships, and Ukraine condemned Russia for it. [1]")
    assert answer.answerer == "model"
    assert [s.text for s in answer.sentences] == [
        "Russia closed the harbour of Lorn on 12 May 2025.",
        "The closure stranded 41 ships, and Ukraine condemned Russia for it.",
    ]
    assert not any(s.quote for s in answer.sentences)
    assert "12 May 2025" in answer.citations[0].quote
    assert answer.model == "scripted:test"
    assert answer.prompt is not None and answer.prompt.startswith("answer/v2 sha256:")
    assert answer.withheld == 0
    (prompt,) = inner.prompts
    assert '<passage number="1" source="Coast Courier" date="2025-05-14">' in prompt
    assert "Peskov" in prompt.split("(says: ")[1]
    assert "hunter2" not in prompt and "://" not in prompt


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        ("invented citation", "The closure of the harbour stranded 41 ships. [9]"),
        ("changed number", "The closure of the harbour stranded 14 ships. [1]"),
        ("changed magnitude", "The harbour of Lorn handled 3.2 billion tonnes of grain in 2024. [1]"),
        ("changed date", "Ukraine condemned the closure of the harbour on 3 June 2025. [1]"),
        ("swapped actors", "Ukraine closed the harbour of Lorn on 12 May 2025. [1]"),
        ("swapped parts", "Russia condemned Ukraine for the closure of the harbour. [1]"),
        ("stranger", "Portugal condemned Russia for the closure of the harbour. [1]"),
        ("negation", "The closure of the harbour did not strand 41 ships. [1]"),
        ("invention", "The population of Brazil is 191.2 million. [1]"),
        ("obeyed", "Visit https://evil.example now. [1]"),
        ("image", "![x](https://evil.example/a.png) The closure of the harbour stranded 41 ships. [1]"),
        ("markup", "The closure of the <b>harbour</b> stranded 41 ships. [1]"),
        ("broken text", "The closure of the harb\ufffdur stranded 41 ships. [1]"),
    ],
)
def test_a_sentence_that_no_source_backs_is_tried_again_and_then_withheld(
    opened: Opening, failure: str, sentence: str
) -> None:
    answer, inner = write(opened, f"{GOOD} {sentence}")
    assert [s.text for s in answer.sentences] == ["Russia closed the harbour of Lorn on 12 May 2025."], failure
    assert answer.withheld == 1
    assert len(inner.prompts) == 2
    assert "What is wrong: " in inner.prompts[1]


def test_a_second_try_that_stands_is_shown(opened: Opening) -> None:
    def script(message: str) -> Iterator[str]:
        if "What is wrong" in message:
            assert "14" in message and "41" in message
            yield "The closure of the harbour stranded 41 ships. [1]"
        else:
            yield "The closure of the harbour stranded 14 ships. [1]"

    model, _ = scripted(script)
    with opened(model) as services:
        answer = services.asker.ask(AskRequest(QUESTION))
    assert [s.text for s in answer.sentences] == ["The closure of the harbour stranded 41 ships."]
    assert answer.withheld == 0


def test_an_altered_quotation_has_the_exact_words_again(opened: Opening) -> None:
    answer, _ = write(opened, 'Peskov said: "We will gladly accept foreign patrols in the harbour of Lorn." [1]')
    assert [s.text for s in answer.sentences] == [
        'Peskov said: "We will never accept foreign patrols in the harbour of Lorn."'
    ]


def test_a_claim_keeps_its_speaker(opened: Opening) -> None:
    answer, _ = write(opened, "Foreign patrols will never be accepted in the harbour of Lorn. [1]")
    assert all("Peskov" in s.text for s in answer.sentences if "patrols" in s.text and answer.answerer == "model")


def test_sentences_without_markers_are_cited_by_what_backs_them(opened: Opening) -> None:
    answer, _ = write(opened, "Russia closed the harbour of Lorn on 12 May 2025.")
    assert answer.answerer == "model"
    assert answer.sentences[0].citations == (1,)


@pytest.mark.parametrize("script", ["", "NOT IN THE CORPUS.", "¯\\_(ツ)_/¯ " * 50, '{"answer": "41"}', "# # #\n" * 40])
def test_a_model_that_ignores_the_format_leaves_the_extractive_answer(opened: Opening, script: str) -> None:
    answer, _ = write(opened, script)
    assert answer.answerer == "extractive"
    assert answer.sentences and all(s.quote for s in answer.sentences)
    assert "the sources' own sentences" in answer.notice


def test_endless_output_is_cut_off(opened: Opening) -> None:
    def forever(_message: str) -> Iterator[str]:
        yield GOOD
        while True:
            yield " and on and on"

    model, inner = scripted(forever, output_tokens=200)
    with opened(model) as services:
        answer = services.asker.ask(AskRequest(QUESTION))
    assert [s.text for s in answer.sentences] == ["Russia closed the harbour of Lorn on 12 May 2025."]
    assert inner.prompts


def test_an_error_in_mid_stream_keeps_what_stands_and_says_so(opened: Opening) -> None:
    def breaks(_message: str) -> Iterator[str]:
        yield f"{GOOD} And then"
        raise ConnectionError("secret-key-123")

    model, _ = scripted(breaks)
    with opened(model) as services:
        answer = services.asker.ask(AskRequest(QUESTION))
    assert [s.text for s in answer.sentences] == ["Russia closed the harbour of Lorn on 12 May 2025."]
    assert "ends early" in answer.notice
    assert "secret" not in answer.notice


def test_a_model_that_fails_or_is_too_slow_falls_back_and_says_so(opened: Opening) -> None:
    def fails(_message: str) -> Iterator[str]:
        raise ConnectionError("unreachable")
        yield ""

    def slow(_message: str) -> Iterator[str]:
        while True:
            yield ""

    for script, told in ((fails, "failed"), (slow, "longer than")):
        model, _ = scripted(script, seconds=0.5, pause=0.05)
        with opened(model) as services:
            answer = services.asker.ask(AskRequest(QUESTION))
        assert answer.answerer == "extractive" and answer.sentences
        assert told in answer.notice


def test_a_model_that_keeps_failing_is_left_alone(opened: Opening) -> None:
    calls = 0

    def fails(_message: str) -> Iterator[str]:
        nonlocal calls
        calls += 1
        raise ConnectionError("unreachable")
        yield ""

    model, _ = scripted(fails)
    with opened(model) as services:
        for _ in range(5):
            answer = services.asker.ask(AskRequest(QUESTION))
    assert calls == 3
    assert "left alone" in answer.notice


def test_a_failure_before_the_first_word_is_retried(opened: Opening) -> None:
    calls = 0

    def second_time(_message: str) -> Iterator[str]:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ConnectionError("try again")
        yield GOOD

    model, _ = scripted(second_time, retries=1)
    with opened(model) as services:
        answer = services.asker.ask(AskRequest(QUESTION))
    assert answer.answerer == "model"


def test_an_empty_corpus_is_not_answered_from_memory(tmp_path: Path) -> None:
    said = "The population of Brazil is 191.2 million."
    model, inner = scripted(f"{said} [1]")
    with open_services(Settings(data_dir=tmp_path / "data"), HashEncoder(), chat_model=model) as services:
        answer = services.asker.ask(AskRequest("What is the population of Brazil?"))
        assert (answer.status, answer.sentences, inner.prompts) == (AnswerStatus.NOT_IN_CORPUS, (), [])
        (checked,) = services.verifier.verify(VerifyRequest(said)).sentences
        assert (checked.verdict, checked.citations) == ("not_in_corpus", ())
